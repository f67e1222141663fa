// Diameter over SCTP (RFC 6733 2.1.1) between two hosts with two paths.
#include "tests/integration/diameter/freediameter.hpp"
#include "tests/integration/diameter/service_fixture.hpp"
#include "tests/kernel/sctp/paths.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::test;
using diameter::config_of;
using std::chrono::seconds;

namespace {

using Node = diameter::Host;

const SctpEndpoint at_left{{address("198.18.0.1"), address("198.18.1.1")}, 3868};
const SctpEndpoint at_right{{address("198.18.0.2"), address("198.18.1.2")}, 3868};

diameter::Config listening(std::string identity, const SctpEndpoint& at) {
    auto config = config_of(std::move(identity));
    config.listen_sctp = {at};
    config.accept_unknown_peers = true;
    return config;
}

diameter::PeerConfig peer_at(std::string identity, const SctpEndpoint& at) {
    diameter::PeerConfig peer;
    peer.identity = std::move(identity);
    peer.host = at.addresses.front().text();
    for (std::size_t i = 1; i < at.addresses.size(); ++i)
        peer.further_hosts.push_back(at.addresses[i].text());
    peer.port = at.port;
    peer.transport = diameter::PeerTransport::Sctp;
    return peer;
}

diameter::Config connecting(std::string identity, const SctpEndpoint& from, diameter::PeerConfig peer) {
    auto config = config_of(std::move(identity));
    config.sctp_addresses = from.addresses;
    config.peers = {std::move(peer)};
    return config;
}

// The S-CSCF on the left connects to the HSS on the right.
struct Pair {
    TwoPaths paths;
    boost::asio::io_context io{1};
    Node hss{io, listening("hss.ims.example", at_right)};
    Node scscf{io, connecting("scscf.ims.example", at_left, peer_at("hss.ims.example", at_right))};

    Pair() {
        paths.right.in([&] { hss.service.start(); });
        // Sockets are opened as peers are looked up, so the loop has to turn where they belong.
        paths.left.in([&] {
            scscf.service.start();
            REQUIRE(
                turns(io, seconds{20}, [&] { return scscf.service.any_open() && hss.service.any_open(); }));
        });
    }
    bool turn(seconds at_most, const std::function<bool()>& done) {
        return paths.left.in([&] { return turns(io, at_most, done); });
    }
};

}  // namespace

TEST_CASE("an S-CSCF asks an HSS over SCTP, and both push and pull", "[RFC6733-2.1.1]") {
    Pair world;
    world.hss.answer_mars();
    for (std::uint64_t i = 0; i < 1000; ++i) world.scscf.send_mar(i);
    REQUIRE(world.turn(seconds{20}, [&] { return world.scscf.answers.size() == 1000; }));
    for (const auto& a : world.scscf.answers)
        CHECK(std::get<cx::MultimediaAuthAnswer>(a.answer).user_name ==
              Impi{"user" + std::to_string(a.id.value()) + "@ims.example"});
    CHECK(world.scscf.state_of("hss.ims.example") == "I-Open");
    CHECK(world.hss.state_of("scscf.ims.example") == "R-Open");

    world.scscf.on_request = [&](const cx::RequestArrived& r) {
        world.scscf.service.reply(
            {r.id, cx::RegistrationTerminationAnswer{diameter::ResultCode::Success, {}, {}, {}}});
    };
    cx::RegistrationTerminationRequest rtr;
    rtr.user_name = Impi{"a@ims.example"};
    world.hss.service.send({cx::RequestId{1}, rtr, "scscf.ims.example"});
    REQUIRE(world.turn(seconds{10}, [&] { return !world.hss.answers.empty(); }));

    bool stopped = false;
    world.hss.service.stop([&] { stopped = true; });
    REQUIRE(world.turn(seconds{10}, [&] { return stopped && !world.scscf.service.any_open(); }));
}

TEST_CASE("CER and CEA bear a Host-IP-Address for each address", "[RFC6733-5.3.5]") {
    TwoPaths paths;
    boost::asio::io_context io{1};
    Node hss{io, listening("hss.ims.example", at_right)};
    std::vector<std::vector<std::uint8_t>> came;
    hss.service.tap([&](const diameter::Service::Wire& wire) {
        came.emplace_back(wire.octets.begin(), wire.octets.end());
    });
    Node scscf{io, connecting("scscf.ims.example", at_left, peer_at("hss.ims.example", at_right))};
    paths.right.in([&] { hss.service.start(); });
    paths.left.in([&] {
        scscf.service.start();
        REQUIRE(turns(io, seconds{20}, [&] { return scscf.service.any_open(); }));
    });
    // AVP 257, mandatory, 14 octets, address family 1 (RFC 6733 4.3.1).
    const auto has = [&](const std::vector<std::uint8_t>& message, std::uint8_t net, std::uint8_t host) {
        const std::vector<std::uint8_t> avp{0, 0, 1, 1, 0x40, 0, 0, 14, 0, 1, 198, 18, net, host};
        return std::search(message.begin(), message.end(), avp.begin(), avp.end()) != message.end();
    };
    REQUIRE(came.size() >= 2);
    for (std::uint8_t net = 0; net < 2; ++net) {
        CHECK(has(came[0], net, 1));  // CER
        CHECK(has(came[1], net, 2));  // CEA
    }
}

TEST_CASE("a path is cut, and Diameter goes on over the other one", "[RFC6733-2.1]") {
    Pair world;
    world.hss.answer_mars();
    world.scscf.send_mar(1);
    REQUIRE(world.turn(seconds{10}, [&] { return world.scscf.answers.size() == 1; }));
    static_cast<void>(world.turn(seconds{3}, [] { return false; }));  // heartbeats confirm the second path
    world.paths.right.run("ip link set one down");
    for (std::uint64_t i = 2; i < 10; ++i) world.scscf.send_mar(i);
    REQUIRE(world.turn(seconds{20}, [&] { return world.scscf.answers.size() == 9; }));
    CHECK(world.scscf.failures.empty());
    CHECK(world.scscf.service.any_open());
    CHECK_FALSE(world.scscf.noted("diameter.peer.closed"));
}

TEST_CASE("an HSS that is not there is connected to when it comes", "[RFC6733-2.1]") {
    TwoPaths paths;
    boost::asio::io_context io{1};
    Node scscf{io, connecting("scscf.ims.example", at_left, peer_at("hss.ims.example", at_right))};
    paths.left.in([&] {
        scscf.service.start();
        REQUIRE(turns(io, seconds{10}, [&] { return scscf.noted("diameter.peer.unreachable"); }));
    });
    Node hss{io, listening("hss.ims.example", at_right)};
    paths.right.in([&] { hss.service.start(); });
    paths.left.in([&] { REQUIRE(turns(io, seconds{20}, [&] { return scscf.service.any_open(); })); });
}

TEST_CASE("freeDiameterd relays Cx between an S-CSCF and an HSS, all over SCTP", "[RFC6733-2.1.1]") {
    if (!diameter::FreeDiameter::installed()) return skip("Debian's package freediameterd is not installed");
    TwoPaths paths;
    boost::asio::io_context io{1};
    constexpr auto relay_identity = "relay.ims.example";
    diameter::FreeDiameter relay{relay_identity, {}, {"198.18.0.2", "198.18.1.2"}};
    paths.right.in([&] { relay.start(); });
    auto to_relay = peer_at(relay_identity, {at_right.addresses, relay.port()});
    to_relay.relay = true;
    Node hss{io, connecting("hss.ims.example", at_left, to_relay)};
    Node scscf{io, connecting("scscf.ims.example", at_left, to_relay)};
    paths.left.in([&] {
        hss.service.start();
        scscf.service.start();
        INFO(relay.log());
        CHECK(turns(io, seconds{60}, [&] { return scscf.service.any_open() && hss.service.any_open(); }));
        // It routes to the HSS when it has heard of it once more (RFC 6733 5.6, here a watchdog).
        CHECK(turns(io, seconds{60}, [&] { return relay.has_open("hss.ims.example"); }));
    });
    hss.answer_mars();
    for (std::uint64_t i = 0; i < 20; ++i) scscf.send_mar(i, "hss.ims.example");
    paths.left.in([&] { turns(io, seconds{20}, [&] { return scscf.answers.size() == 20; }); });
    INFO(relay.log());
    CHECK(scscf.answers.size() == 20);
    CHECK(scscf.failures.empty());
}

TEST_CASE("freeDiameterd connects to us over SCTP and finds our CEA good", "[RFC6733-5.3]") {
    if (!diameter::FreeDiameter::installed()) return skip("Debian's package freediameterd is not installed");
    TwoPaths paths;
    boost::asio::io_context io{1};
    Node hss{io, listening("hss.ims.example", at_left)};
    paths.left.in([&] { hss.service.start(); });
    diameter::FreeDiameter client{"relay.ims.example",
                                  {{"hss.ims.example", 3868, {"198.18.0.1", "198.18.1.1"}}},
                                  {"198.18.0.2", "198.18.1.2"}};
    paths.right.in([&] { client.start(); });
    const bool open = turns(io, seconds{60}, [&] { return hss.state_of("relay.ims.example") == "R-Open"; });
    INFO(client.log());
    CHECK(open);
}
