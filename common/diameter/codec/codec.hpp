#pragma once
#include "common/base/result.hpp"
#include "common/base/text.hpp"
#include "common/diameter/types/base.hpp"
#include "common/diameter/types/cx.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Diameter messages: octets <-> structs. Whatever octets come in, the answer is a Message or a Malformed.
//
// What our dictionary knows is read and written here, octet by octet; libfdproto, which appears nowhere but
// in this folder, is asked about the rest, and the tests hold both against it
// (tests/unit/diameter/by_libfdproto.hpp).
namespace ims::diameter::codec {

struct Header {  // RFC 6733 3
    bool request = false, proxiable = false, error = false, retransmitted = false;
    std::uint32_t command_code = 0;
    std::uint32_t application_id = 0;
    std::uint32_t hop_by_hop = 0;
    std::uint32_t end_to_end = 0;
    bool operator==(const Header&) const = default;
};

// What every Cx command carries around its own AVPs (29.229 6.1). Vendor-Specific-Application-Id and
// Auth-Session-State (NO_STATE_MAINTAINED) are the codec's.
struct Head {
    std::string session_id;
    std::string origin_host, origin_realm;
    std::optional<std::string> destination_host;  // requests
    std::string destination_realm;                // requests
    std::vector<std::string> route_record;        // requests
    std::vector<Octets> proxy_info;               // whole AVPs as they came, for the answer (RFC 6733 6.2)
    bool operator==(const Head&) const = default;
};

using Content = std::variant<cx::Request, cx::Answer, CapabilitiesExchangeRequest, CapabilitiesExchangeAnswer,
                             DisconnectPeerRequest, DisconnectPeerAnswer, DeviceWatchdogRequest,
                             DeviceWatchdogAnswer, ErrorAnswer>;

struct Message {
    Header header;
    Head head;  // empty for the commands of the base protocol
    Content content;
};

// Why octets are no message of ours, and what RFC 6733 7 wants done. If `answer` the sender gets
// encode_error() of this; if `close` the stream cannot be trusted any further. Neither: drop it (an answer
// that makes no sense).
struct Malformed {
    ResultCode code = ResultCode::UnableToComply;
    std::string detail;  // "SIP-Number-Auth-Items (607) is 3 octets long, not 4"
    bool answer = false;
    bool close = false;
    Header header;  // as far as it could be read
    std::string session_id;
    std::vector<Octets> proxy_info;
    Octets failed_avp;  // a whole AVP, or empty
};

// `octets`: exactly one message as a Framer cut it.
ims::Result<Message, Malformed> decode(std::span<const std::uint8_t> octets);

// Flags R, P and E follow from what is encoded; T and the ids are taken from `header`.
Octets encode(const Header& header, const Head& head, const cx::Request& request);
Octets encode(const Header& header, const Head& head, const cx::Answer& answer);
Octets encode(const Header& header, const BaseCommand& command);

// The answer without the command's own AVPs: to a malformed request, or with a protocol error of ours.
Octets encode_error(const Malformed& request, std::string_view origin_host, std::string_view origin_realm);

// For a retransmission to another peer: the same octets with another Hop-by-Hop Identifier and the T flag.
void set_hop_by_hop(Octets& message, std::uint32_t hop_by_hop);
void set_retransmitted(Octets& message);

}  // namespace ims::diameter::codec
