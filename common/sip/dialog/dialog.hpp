#pragma once
#include "common/base/result.hpp"
#include "common/sip/message/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A dialog of a user agent (RFC 3261 12): a value that can be saved and restored. INVITE and SUBSCRIBE
// dialogs alike; what the dialog is for (session, subscription) stands beside it, not in it.
//
//   UAC: Dialog::of_response(request, response)   at a 1xx with a To tag or a 2xx      -> early or confirmed
//   UAS: Dialog::of_request(request, local tag)   when it answers with a tag           -> early
//   both: request(method) builds the next request; accepts(request) checks one that came
namespace ims::sip {

struct Dialog {
    enum class State : std::uint8_t { Early, Confirmed };

    State state = State::Early;
    std::string call_id;
    NameAddr local;                   // From of our requests, with our tag
    NameAddr remote;                  // To of our requests, with the peer's tag if it has one
    Uri remote_target;                // the peer's Contact
    std::vector<NameAddr> route_set;  // in the order in which Route carries it
    std::uint32_t local_cseq = 0;     // of our last request; 0: none yet
    std::optional<std::uint32_t> remote_cseq;
    bool secure = false;  // RFC 3261 12.1: SIPS and TLS

    // 12.1.2, from our request and a response to it that has a To tag; nothing if the response has no usable
    // Contact where one is needed (a 2xx, or any that we would send a request under).
    static std::optional<Dialog> of_response(const Message& request, const Message& response);
    // 12.1.1, from a request with a Contact that we answer with `local_tag`.
    static std::optional<Dialog> of_request(const Message& request, std::string_view local_tag);

    std::string_view local_tag() const { return local.tag().value_or(std::string_view{}); }
    std::string_view remote_tag() const { return remote.tag().value_or(std::string_view{}); }
    // Call-ID and both tags of a request that came (our tag is in To), or of a response to our request.
    bool matches_request(const Message& request) const;
    bool matches_response(const Message& response) const;

    // 12.2.1.1: the next request within the dialog, with Request-URI, Route, From, To, Call-ID and CSeq.
    // Contact, body and the rest are the caller's. Strict first routers are honoured. Not for ACK and CANCEL.
    Message request(Method method);
    // 13.2.2.4: the ACK for a 2xx to the INVITE with this CSeq number.
    Message ack(std::uint32_t invite_cseq) const;

    // 12.2.2: takes the CSeq of a request that came. OutOfOrder wants 500.
    enum class Order : std::uint8_t { InOrder, OutOfOrder };
    Order accept(const Message& request);
    // 12.2.1.2, 12.2.2: a target refresh (INVITE, UPDATE, SUBSCRIBE, NOTIFY and their 2xx) moves the remote
    // target.
    void refresh_target(const Message& message);
    // 13.2.2.4: a 2xx settles the route set of a dialog that was early.
    void confirm(const Message& response);

    bool operator==(const Dialog&) const = default;
};

// The identifier (RFC 3261 12) as one text, for maps: Call-ID, local tag, remote tag.
std::string dialog_key(std::string_view call_id, std::string_view local_tag, std::string_view remote_tag);

}  // namespace ims::sip
