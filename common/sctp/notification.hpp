#pragma once
#include "common/base/ip.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

// What a kernel tells of an association among the messages that it delivers (RFC 6458 6.1).
namespace ims::sctp {

struct AssociationUp {
    std::uint16_t outbound_streams = 0, inbound_streams = 0;
};
struct AssociationRestarted {};  // the peer has lost its memory and begun anew (RFC 9260 5.2)
struct AssociationEnded {
    std::string reason;  // "lost", "shut down", "not accepted", with the cause of an ABORT where there is one
};
struct PathChanged {  // a way to the peer, named by the peer's address
    enum class State : std::uint8_t { Available, Unreachable, Removed, Added, Primary, Confirmed, Failing };
    IpEndpoint to;
    State state = State::Available;
};
struct SendFailed {  // a message that the peer may not have seen
    std::uint32_t context = 0;
    bool was_on_the_wire = false;
};
struct PeerShutsDown {};
struct DeliveryAborted {};  // the rest of a message that has begun to arrive does not come

using Notification = std::variant<AssociationUp, AssociationRestarted, AssociationEnded, PathChanged,
                                  SendFailed, PeerShutsDown, DeliveryAborted>;

// Of its octets, or of as many of the first ones as there are: what failed to be sent stands behind it.
// Nothing for what we do not ask for, and for what is too short.
std::optional<Notification> parse_notification(std::string_view octets);

std::string_view path_state_text(PathChanged::State state);  // "unreachable"

}  // namespace ims::sctp
