#pragma once
#include "common/sip/message/flow.hpp"

#include <optional>
#include <variant>

namespace ims::sip {

using Destination = std::variant<Flow, Target>;
Transport transport_of(const Destination& to);
std::string destination_text(const Destination& to);

// RFC 3581 4, RFC 3261 18.2.1: writes where the request really came from into its top Via: `received` always,
// `rport` if it was asked for. Returns the Via as it came, which is what reply_path() wants.
ViaValue note_source(Message& request, const Flow& flow);

// Where the responses to a request go (RFC 3261 18.2.2, RFC 3581 4).
struct ReplyPath {
    Destination to;
    std::optional<Target> backup;  // for streams: if the connection is gone
    bool compress = false;         // comp=sigcomp (RFC 3486 5)
};
bool asks_for_sigcomp(const Params& params);  // of a Via or a URI (RFC 3486 8)

ReplyPath reply_path(const ViaValue& via, const Flow& flow);
// The same from the Via alone, as note_source() left it; nothing if it names no address.
std::optional<Target> reply_target(const ViaValue& via);

}  // namespace ims::sip
