#include "common/sctp/notification.hpp"

#include "common/sctp/socket_addresses.hpp"

#include <cstring>

#include <netinet/sctp.h>

namespace ims::sctp {

namespace {

// The fixed part: some structures of the API have a tail of any length.
template <class T>
bool read(std::string_view from, T& into) {
    if (from.size() < sizeof into) return false;
    std::memcpy(&into, from.data(), sizeof into);
    return true;
}

// RFC 9260 3.3.10; the socket API hands out the cause code in network order.
std::string cause_text(std::uint16_t in_network_order) {
    const auto* octets = reinterpret_cast<const std::uint8_t*>(&in_network_order);
    const int cause = octets[0] << 8 | octets[1];
    switch (cause) {
        case 0: return {};
        case 4: return ": out of resource";
        case 5: return ": unresolvable address";
        case 9: return ": no user data";
        case 11: return ": restart with new addresses";
        case 12: return ": aborted by the user";
        case 13: return ": protocol violation";
        default: return ": cause " + std::to_string(cause);
    }
}

std::optional<Notification> association_change(std::string_view octets) {
    sctp_assoc_change change{};
    if (!read(octets, change)) return {};
    switch (change.sac_state) {
        case SCTP_COMM_UP: return AssociationUp{change.sac_outbound_streams, change.sac_inbound_streams};
        case SCTP_COMM_LOST: return AssociationEnded{"association lost" + cause_text(change.sac_error)};
        case SCTP_RESTART: return AssociationRestarted{};
        case SCTP_SHUTDOWN_COMP: return AssociationEnded{"closed by the peer"};
        case SCTP_CANT_STR_ASSOC: return AssociationEnded{"no association" + cause_text(change.sac_error)};
        default: return {};
    }
}

std::optional<Notification> path_change(std::string_view octets) {
    sctp_paddr_change change{};
    if (!read(octets, change)) return {};
    sockaddr_storage address{};
    std::memcpy(&address, octets.data() + offsetof(sctp_paddr_change, spc_aaddr), sizeof address);
    using State = PathChanged::State;
    const auto said = [&](State state) { return PathChanged{endpoint_of(address), state}; };
    switch (change.spc_state) {
        case SCTP_ADDR_AVAILABLE: return said(State::Available);
        case SCTP_ADDR_UNREACHABLE: return said(State::Unreachable);
        case SCTP_ADDR_REMOVED: return said(State::Removed);
        case SCTP_ADDR_ADDED: return said(State::Added);
        case SCTP_ADDR_MADE_PRIM: return said(State::Primary);
        case SCTP_ADDR_CONFIRMED: return said(State::Confirmed);
        case SCTP_ADDR_POTENTIALLY_FAILED: return said(State::Failing);
        default: return {};
    }
}

}  // namespace

std::optional<Notification> parse_notification(std::string_view octets) {
    std::uint16_t type = 0;
    if (!read(octets, type)) return {};
    switch (type) {
        case SCTP_ASSOC_CHANGE: return association_change(octets);
        case SCTP_PEER_ADDR_CHANGE: return path_change(octets);
        case SCTP_SHUTDOWN_EVENT: return PeerShutsDown{};
        case SCTP_SEND_FAILED_EVENT: {
            sctp_send_failed_event failed{};
            if (!read(octets, failed)) return {};
            return SendFailed{failed.ssfe_info.snd_context, failed.ssf_flags == SCTP_DATA_SENT};
        }
        case SCTP_PARTIAL_DELIVERY_EVENT: {
            sctp_pdapi_event event{};
            if (!read(octets, event) || event.pdapi_indication != SCTP_PARTIAL_DELIVERY_ABORTED) return {};
            return DeliveryAborted{};
        }
        default: return {};
    }
}

std::string_view path_state_text(PathChanged::State state) {
    using State = PathChanged::State;
    switch (state) {
        case State::Available: return "available";
        case State::Unreachable: return "unreachable";
        case State::Removed: return "removed";
        case State::Added: return "added";
        case State::Primary: return "primary";
        case State::Confirmed: return "confirmed";
        case State::Failing: return "failing";
    }
    return {};
}

}  // namespace ims::sctp
