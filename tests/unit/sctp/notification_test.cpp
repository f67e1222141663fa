#include "common/sctp/notification.hpp"

#include <cstring>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <netinet/sctp.h>

using namespace ims;
using namespace ims::sctp;

namespace {

template <class T>
std::string octets_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string association_change(std::uint16_t state, std::uint16_t cause = 0) {
    sctp_assoc_change change{};
    change.sac_type = SCTP_ASSOC_CHANGE;
    change.sac_state = state;
    change.sac_error = htons(cause);
    change.sac_outbound_streams = 16;
    change.sac_inbound_streams = 10;
    return octets_of(change);
}

std::string path_change(int state, const sockaddr_storage& address) {
    sctp_paddr_change change{};
    change.spc_type = SCTP_PEER_ADDR_CHANGE;
    change.spc_state = state;
    std::memcpy(&change.spc_aaddr, &address, sizeof address);
    return octets_of(change);
}

sockaddr_storage v4(std::array<std::uint8_t, 4> octets, std::uint16_t port) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, octets.data(), octets.size());
    sockaddr_storage storage{};
    std::memcpy(&storage, &in, sizeof in);
    return storage;
}

sockaddr_storage v6(std::array<std::uint8_t, 16> octets, std::uint16_t port) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, octets.data(), octets.size());
    sockaddr_storage storage{};
    std::memcpy(&storage, &in, sizeof in);
    return storage;
}

template <class T>
T parsed(const std::string& octets) {
    const auto notification = parse_notification(octets);
    REQUIRE(notification);
    REQUIRE(std::holds_alternative<T>(*notification));
    return std::get<T>(*notification);
}

}  // namespace

TEST_CASE("the beginning and the end of an association are told with their reasons", "[RFC6458-6.1.1]") {
    CHECK(parsed<AssociationUp>(association_change(SCTP_COMM_UP)).outbound_streams == 16);
    CHECK(parsed<AssociationUp>(association_change(SCTP_COMM_UP)).inbound_streams == 10);
    CHECK(parsed<AssociationEnded>(association_change(SCTP_COMM_LOST)).reason == "association lost");
    CHECK(parsed<AssociationEnded>(association_change(SCTP_COMM_LOST, 12)).reason ==
          "association lost: aborted by the user");
    CHECK(parsed<AssociationEnded>(association_change(SCTP_COMM_LOST, 77)).reason ==
          "association lost: cause 77");
    CHECK(parsed<AssociationEnded>(association_change(SCTP_SHUTDOWN_COMP)).reason == "closed by the peer");
    CHECK(parsed<AssociationEnded>(association_change(SCTP_CANT_STR_ASSOC)).reason == "no association");
    parsed<AssociationRestarted>(association_change(SCTP_RESTART));
}

TEST_CASE("a path is named by the peer's address, IPv4 as IPv4 also on an IPv6 socket", "[RFC6458-6.1.2]") {
    const auto gone = parsed<PathChanged>(path_change(SCTP_ADDR_UNREACHABLE, v4({198, 18, 0, 2}, 5060)));
    CHECK(gone.to.text() == "198.18.0.2:5060");
    CHECK(gone.state == PathChanged::State::Unreachable);
    CHECK(path_state_text(gone.state) == "unreachable");
    const auto back = parsed<PathChanged>(path_change(
        SCTP_ADDR_AVAILABLE, v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 18, 0, 2}, 5060)));
    CHECK(back.to.text() == "198.18.0.2:5060");
    CHECK(path_state_text(back.state) == "available");
    const auto six = parsed<PathChanged>(
        path_change(SCTP_ADDR_CONFIRMED, v6({0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 5060)));
    CHECK(six.to.text() == "[fd00::2]:5060");
}

TEST_CASE("a message that failed comes back with its context, its octets behind it", "[RFC6458-6.1.11]") {
    sctp_send_failed_event failed{};
    failed.ssf_type = SCTP_SEND_FAILED_EVENT;
    failed.ssf_flags = SCTP_DATA_SENT;
    failed.ssfe_info.snd_context = 4711;
    const auto was_sent = parsed<SendFailed>(octets_of(failed) + "OPTIONS sip:b@ims.example SIP/2.0");
    CHECK(was_sent.context == 4711);
    CHECK(was_sent.was_on_the_wire);
    failed.ssf_flags = SCTP_DATA_UNSENT;
    CHECK_FALSE(parsed<SendFailed>(octets_of(failed)).was_on_the_wire);
}

TEST_CASE("what is too short or not asked for is nothing", "[RFC6458-6.1]") {
    for (const auto& whole :
         {association_change(SCTP_COMM_UP), path_change(SCTP_ADDR_UNREACHABLE, v4({198, 18, 0, 2}, 5060))})
        for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(parse_notification(whole.substr(0, n)));
    sctp_shutdown_event shutdown{};
    shutdown.sse_type = SCTP_SHUTDOWN_EVENT;
    parsed<PeerShutsDown>(octets_of(shutdown));
    shutdown.sse_type = SCTP_ADAPTATION_INDICATION;
    CHECK_FALSE(parse_notification(octets_of(shutdown)));
    CHECK_FALSE(parse_notification(association_change(99)));
}
