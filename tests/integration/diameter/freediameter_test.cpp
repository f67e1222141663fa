#include "freediameter.hpp"

#include "service_fixture.hpp"

#include <csignal>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::diameter;

// Debian's freeDiameterd is the judge: another implementation of RFC 6733 that refuses what it should refuse.

namespace {

constexpr auto relay_identity = "relay.ims.example";

PeerConfig relay_peer(std::uint16_t port) {
    PeerConfig p;
    p.identity = relay_identity;
    p.host = "127.0.0.1";
    p.port = port;
    p.relay = true;
    return p;
}

// S-CSCF -- freeDiameterd -- HSS; both of ours connect to it.
struct Relayed {
    boost::asio::io_context io;
    FreeDiameter relay{relay_identity, {}};
    std::unique_ptr<Host> hss, scscf;

    explicit Relayed(Duration watchdog = 30s) {
        relay.start();
        for (auto [host, identity] :
             {std::pair{&hss, "hss.ims.example"}, std::pair{&scscf, "scscf.ims.example"}}) {
            auto config = config_of(identity);
            config.peers = {relay_peer(relay.port())};
            config.watchdog = watchdog;
            *host = std::make_unique<Host>(io, config);
            (*host)->service.start();
        }
        hss->answer_mars();
        INFO(relay.log());
        REQUIRE(wait_until(io, [this] { return both_open(); }));
    }
    bool both_open() const {
        return hss->service.any_open() && scscf->service.any_open() && relay.has_open("hss.ims.example") &&
               relay.has_open("scscf.ims.example");
    }
};

}  // namespace

TEST_CASE("freeDiameterd accepts our CER and relays Cx between our S-CSCF and our HSS", "[RFC6733-6.1]") {
    REQUIRE(FreeDiameter::installed());
    Relayed world;
    world.scscf->send_mar(1, "hss.ims.example");
    INFO(world.relay.log());
    REQUIRE(wait_until(world.io,
                       [&] { return world.scscf->answers.size() + world.scscf->failures.size() == 1; }));
    REQUIRE(world.scscf->failures.empty());
    CHECK(world.scscf->answers[0].origin_host == "hss.ims.example");
    CHECK(world.hss->requests.at(0).origin_host == "scscf.ims.example");

    SECTION("and back, from the HSS to the S-CSCF") {
        world.scscf->on_request = [&](const cx::RequestArrived& r) {
            world.scscf->service.reply({r.id, cx::PushProfileAnswer{ResultCode::Success, {}}});
        };
        cx::PushProfileRequest ppr;
        ppr.user_name = Impi{"a@ims.example"};
        ppr.user_data = "<IMSSubscription/>";
        world.hss->service.send({cx::RequestId{9}, ppr, "scscf.ims.example"});
        REQUIRE(wait_until(world.io, [&] { return !world.hss->answers.empty(); }));
        CHECK(is(cx::result(world.hss->answers[0].answer), ResultCode::Success));
    }
    SECTION("five hundred at once") {
        for (std::uint64_t i = 2; i <= 501; ++i) world.scscf->send_mar(i, "hss.ims.example");
        REQUIRE(wait_until(world.io, [&] { return world.scscf->answers.size() == 501; }));
        CHECK(world.scscf->failures.empty());
    }
    SECTION("a request for a host that does not exist comes back as DIAMETER_UNABLE_TO_DELIVER") {
        world.scscf->send_mar(2, "nowhere.ims.example");
        REQUIRE(wait_until(world.io, [&] { return !world.scscf->failures.empty(); }));
        CHECK(world.scscf->failures[0].detail == "DIAMETER_UNABLE_TO_DELIVER (3002)");
    }
}

TEST_CASE("freeDiameterd and we keep each other's watchdog quiet, and part with a DPR",
          "[RFC3539-3.4.1][RFC6733-5.4]") {
    REQUIRE(FreeDiameter::installed());
    Relayed world{1s};  // ours; theirs is six seconds, its minimum
    const auto seven_seconds = std::chrono::steady_clock::now() + 7s;
    wait_until(world.io, [&] { return std::chrono::steady_clock::now() > seven_seconds; });
    CHECK(world.both_open());
    CHECK_FALSE(world.scscf->noted("diameter.peer.suspect"));

    SECTION("when it is told to leave") {
        world.relay.signal(SIGTERM);
        CHECK(wait_until(world.io, [&] { return world.scscf->noted("diameter.peer.disconnecting"); }));
        CHECK(wait_until(world.io, [&] { return !world.scscf->service.any_open(); }));
    }
    SECTION("when we leave") {
        bool stopped = false;
        world.scscf->service.stop([&] { stopped = true; });
        CHECK(wait_until(world.io, [&] { return stopped; }));
        CHECK_FALSE(world.scscf->service.any_open());
    }
}

TEST_CASE("a relay killed in the middle of a request loses it visibly, and service returns with it",
          "[RFC6733-5.5.4]") {
    REQUIRE(FreeDiameter::installed());
    Relayed world;
    world.hss->on_request = {};
    world.scscf->send_mar(1, "hss.ims.example");
    REQUIRE(wait_until(world.io, [&] { return !world.hss->requests.empty(); }));
    world.relay.signal(SIGKILL);
    REQUIRE(world.relay.wait());
    REQUIRE(wait_until(world.io, [&] { return !world.scscf->failures.empty(); }));
    CHECK(world.scscf->failures[0].reason == cx::SendFailed::Reason::PeerLost);
    REQUIRE(wait_until(world.io, [&] { return !world.hss->service.any_open(); }));

    world.relay.start();
    INFO(world.relay.log());
    REQUIRE(wait_until(world.io, [&] { return world.both_open(); }));
    world.hss->answer_mars();
    world.scscf->send_mar(2, "hss.ims.example");
    CHECK(wait_until(world.io, [&] { return world.scscf->answers.size() == 1; }));
}

TEST_CASE("freeDiameterd connects to us, finds our CEA good and answers our watchdog", "[RFC6733-5.3]") {
    REQUIRE(FreeDiameter::installed());
    boost::asio::io_context io;
    auto config = config_of("hss.ims.example");
    config.listen = {loopback()};
    config.accept_unknown_peers = true;
    config.watchdog = 1s;
    Host hss{io, config};
    hss.service.start();
    FreeDiameter client{relay_identity, {{"hss.ims.example", hss.service.listening().at(0).port}}};
    client.start();
    REQUIRE(wait_until(io, [&] { return hss.state_of(relay_identity) == "R-Open"; }));
    const auto three_seconds = std::chrono::steady_clock::now() + 3s;
    wait_until(io, [&] { return std::chrono::steady_clock::now() > three_seconds; });
    INFO(client.log());
    CHECK(hss.state_of(relay_identity) == "R-Open");
    CHECK_FALSE(hss.noted("diameter.peer.suspect"));
    CHECK(client.log().find("STATE_OPEN") != std::string::npos);
}
