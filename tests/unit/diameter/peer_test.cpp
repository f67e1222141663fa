#include "wire.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::diameter;

namespace {

// An S-CSCF that connects to an HSS.
struct Pair {
    Wire wire;
    Wire::Member *hss, *scscf;

    Pair() {
        auto hss_config = config_of("hss.ims.example");
        hss_config.accept_unknown_peers = true;
        hss = &wire.add(hss_config);
        hss->application = usual_application;
        auto scscf_config = config_of("scscf.ims.example");
        scscf_config.peers = {peer_at("hss.ims.example")};
        scscf = &wire.add(scscf_config);
    }
    void start() {
        wire.start(*hss);
        wire.start(*scscf);
    }
    void restart_hss() {  // the same name, a new process
        auto config = config_of("hss.ims.example");
        config.accept_unknown_peers = true;
        hss = &wire.add(config, 2000);
        hss->application = usual_application;
    }
};

// Two nodes that each connect to the other.
struct Mutual {
    Wire wire;
    Wire::Member *alpha, *beta;

    Mutual() {
        auto a = config_of("alpha.ims.example");
        a.peers = {peer_at("beta.ims.example")};
        auto b = config_of("beta.ims.example");
        b.peers = {peer_at("alpha.ims.example")};
        alpha = &wire.add(a);
        beta = &wire.add(b);
    }
};

}  // namespace

TEST_CASE("a node connects, exchanges capabilities and both ends are open", "[RFC6733-5.3]") {
    Pair world;
    world.start();
    CHECK(world.scscf->state_of("hss.ims.example") == Peer::State::IOpen);
    CHECK(world.hss->state_of("scscf.ims.example") == Peer::State::ROpen);

    const auto cers = world.wire.sent<CapabilitiesExchangeRequest>("scscf.ims.example");
    REQUIRE(cers.size() == 1);
    const auto& cer = std::get<CapabilitiesExchangeRequest>(cers[0].message.content);
    CHECK(cer.supported_vendor_id == std::vector<std::uint32_t>{10415, 13019});
    CHECK(cer.vendor_specific_application_id ==
          std::vector<VendorSpecificApplicationId>{{10415, 16777216, {}}, {13019, 16777216, {}}});
    CHECK(cer.inband_security_id == std::vector<std::uint32_t>{0});
    CHECK(cer.origin_state_id == 1000u);
}

TEST_CASE("an unknown peer is told so and disconnected", "[RFC6733-5.3]") {
    Wire wire;
    auto& hss = wire.add(config_of("hss.ims.example"));
    auto scscf_config = config_of("stranger.example");
    scscf_config.peers = {peer_at("hss.ims.example")};
    auto& stranger = wire.add(scscf_config);
    wire.start(stranger);

    CHECK(wire.links() == 0);
    CHECK(hss.reason_of("diameter.peer.unknown") == "not in diameter.peers");
    const auto ceas = wire.sent<ErrorAnswer>("hss.ims.example");
    REQUIRE(ceas.size() == 1);
    CHECK(ceas[0].message.header.error);
    CHECK(std::get<ErrorAnswer>(ceas[0].message.content).result_code == ResultCode::UnknownPeer);
    CHECK(stranger.state_of("hss.ims.example") == Peer::State::Closed);
}

TEST_CASE(
    "a peer that offers nothing we speak gets NO_COMMON_APPLICATION, one that wants inband TLS "
    "NO_COMMON_SECURITY",
    "[RFC6733-5.3]") {
    CapabilitiesExchangeRequest cer = our_capabilities({"x", "y", "z", 1}, {});
    CHECK(judge(cer) == ResultCode::Success);
    cer.vendor_specific_application_id = {{10415, 16777251, {}}};  // S6a
    CHECK(judge(cer) == ResultCode::NoCommonApplication);
    cer.auth_application_id = {relay_application};
    CHECK(judge(cer) == ResultCode::Success);
    cer.inband_security_id = {1};
    CHECK(judge(cer) == ResultCode::NoCommonSecurity);
    cer.inband_security_id = {1, 0};
    CHECK(judge(cer) == ResultCode::Success);
}

TEST_CASE("a connection that never says who it is is closed after ten seconds", "[RFC6733-5.6.1]") {
    SeededRandom random{1};
    Node hss{config_of("hss.ims.example"), 1, random};
    const TimePoint t0{std::chrono::hours{1}};
    Effects out;
    const auto c = hss.accepted({}, t0, out);
    REQUIRE(hss.next_deadline() == t0 + 10s);
    hss.handle_timeout(t0 + 10s - 1ms, out);
    CHECK(out.empty());
    hss.handle_timeout(t0 + 10s, out);
    REQUIRE(out.size() == 2);
    CHECK(std::get<Close>(out[1]).connection == c);
}

TEST_CASE("anything but a CER as the first message closes the connection", "[RFC6733-5.6.1]") {
    SeededRandom random{1};
    Node hss{config_of("hss.ims.example"), 1, random};
    Effects out;
    const auto c = hss.accepted({}, {}, out);
    hss.received(c, codec::encode(samples::header(), samples::head(), samples::usual_mar()), {}, out);
    REQUIRE(out.size() == 1);
    CHECK(std::get<Close>(out[0]).connection == c);
}

TEST_CASE("when both ends open at once the greater identity keeps the connection it accepted",
          "[RFC6733-5.6.4]") {
    Mutual world;
    world.wire.hold_connects = true;
    world.wire.start(*world.alpha);
    world.wire.start(*world.beta);
    CHECK(world.alpha->state_of("beta.ims.example") == Peer::State::WaitConnAck);
    CHECK(world.beta->state_of("alpha.ims.example") == Peer::State::WaitConnAck);
    world.wire.connect_all();

    CHECK(world.beta->state_of("alpha.ims.example") == Peer::State::ROpen);  // won
    CHECK(world.alpha->state_of("beta.ims.example") == Peer::State::IOpen);  // lost
    CHECK(world.wire.links() == 1);
}

TEST_CASE("when their CER arrives while our connection is under way the election waits for it",
          "[RFC6733-5.6]") {
    Mutual world;
    world.wire.hold_connects = true;
    world.wire.start(*world.beta);  // stays in Wait-Conn-Ack
    world.wire.hold_connects = false;
    world.wire.start(*world.alpha);  // its CER reaches beta
    CHECK(world.beta->state_of("alpha.ims.example") == Peer::State::WaitConnAckElect);
    CHECK(world.alpha->state_of("beta.ims.example") == Peer::State::WaitICea);

    SECTION("our connection is made: we are the greater and win") {
        world.wire.connect_all();
        CHECK(world.beta->state_of("alpha.ims.example") == Peer::State::ROpen);
        CHECK(world.alpha->state_of("beta.ims.example") == Peer::State::IOpen);
        CHECK(world.wire.links() == 1);
    }
    SECTION("theirs goes away: back to Wait-Conn-Ack") {
        world.wire.cut(*world.alpha, *world.beta);
        CHECK(world.beta->state_of("alpha.ims.example") == Peer::State::WaitConnAck);
    }
    SECTION("ours never comes up: after ten seconds everything is closed and tried again") {
        world.wire.advance(10s);
        CHECK(world.beta->state_of("alpha.ims.example") != Peer::State::WaitConnAckElect);
        world.wire.connect_all();
        world.wire.advance(60s);
        CHECK(world.beta->node.any_open());
        CHECK(world.alpha->node.any_open());
        CHECK(world.wire.links() == 1);
    }
}

TEST_CASE("a second connection of a peer that is open is rejected", "[RFC6733-5.6]") {
    Pair world;
    world.start();
    Effects out;
    const auto second = world.hss->node.accepted({}, world.wire.now, out);
    auto cer = our_capabilities({"scscf.ims.example", "ims.example", "ims", 1000}, {});
    world.hss->node.received(second, codec::encode(samples::header(), cer), world.wire.now, out);
    REQUIRE(out.size() == 1);
    CHECK(std::get<Close>(out[0]).connection == second);
    CHECK(world.hss->state_of("scscf.ims.example") == Peer::State::ROpen);

    SECTION("unless its Origin-State-Id says that it has restarted") {
        out.clear();
        cer.origin_state_id = 1001;
        const auto third = world.hss->node.accepted({}, world.wire.now, out);
        world.hss->node.received(third, codec::encode(samples::header(), cer), world.wire.now, out);
        CHECK(std::holds_alternative<Close>(out.front()));
        CHECK(world.hss->state_of("scscf.ims.example") == Peer::State::ROpen);
    }
}

TEST_CASE("a refused connection is tried again after Tc, doubled up to its maximum", "[RFC6733-2.1]") {
    Pair world;
    world.hss->listens = false;
    world.wire.start(*world.scscf);
    world.wire.advance(120s);
    const auto& at = world.scscf->connects;
    REQUIRE(at.size() >= 7);
    const Duration expected[] = {1s, 2s, 4s, 8s, 16s, 30s};
    for (std::size_t i = 0; i < 6; ++i) {
        const auto waited = at[i + 1] - at[i];
        CHECK(waited >= expected[i]);
        CHECK(waited <= expected[i] * 5 / 4);  // spread by chance, so that many do not return in step
    }
}

TEST_CASE("a peer whose CEA never comes is given up after ten seconds", "[RFC6733-5.6]") {
    Pair world;
    world.hss->deaf = true;
    world.wire.start(*world.scscf);
    CHECK(world.scscf->state_of("hss.ims.example") == Peer::State::WaitICea);
    world.wire.advance(10s - 1ms);
    CHECK(world.scscf->state_of("hss.ims.example") == Peer::State::WaitICea);
    world.wire.advance(1ms);
    CHECK(world.scscf->state_of("hss.ims.example") == Peer::State::Closed);
}

TEST_CASE("a quiet peer is asked every Tw, give or take two seconds", "[RFC3539-3.4.1]") {
    Pair world;
    world.start();
    world.wire.advance(10min);
    std::vector<TimePoint> asked;  // by whoever's Tw came first: it resets the other's
    for (const auto& sent : world.wire.log)
        if (std::holds_alternative<DeviceWatchdogRequest>(sent.message.content)) asked.push_back(sent.at);
    REQUIRE(asked.size() >= 18);
    std::set<Duration> gaps;
    for (std::size_t i = 1; i < asked.size(); ++i) {
        gaps.insert(asked[i] - asked[i - 1]);
        CHECK(asked[i] - asked[i - 1] >= 28s);
        CHECK(asked[i] - asked[i - 1] <= 32s);
    }
    CHECK(gaps.size() > 1);
    CHECK(world.scscf->watchdog_of("hss.ims.example") == Watchdog::Status::Okay);
}

TEST_CASE("a peer that stops answering is suspect after one Tw without a DWA and closed after another",
          "[RFC3539-3.4.1]") {
    SeededRandom random{3};
    Watchdog w{30s};
    TimePoint t{std::chrono::hours{1}};
    const auto expire = [&] {
        t = *w.deadline();
        return w.expired(t, random);
    };
    CHECK(w.connection_up(t, random) == Watchdog::Action::None);
    CHECK(expire() == Watchdog::Action::SendWatchdog);
    CHECK(w.status() == Watchdog::Status::Okay);
    CHECK(expire() == Watchdog::Action::None);
    CHECK(w.status() == Watchdog::Status::Suspect);

    SECTION("anything it says brings it back") {
        w.received(false, t + 1s);
        CHECK(w.status() == Watchdog::Status::Okay);
        CHECK(w.deadline() > t + 1s + 27s);
    }
    SECTION("silence closes it, and the next connection has to earn three DWAs") {
        CHECK(expire() == Watchdog::Action::CloseConnection);
        w.connection_down();
        CHECK_FALSE(w.deadline());
        CHECK(w.connection_up(t, random) == Watchdog::Action::SendWatchdog);
        CHECK(w.status() == Watchdog::Status::Reopen);
        w.received(true, t);
        CHECK(expire() == Watchdog::Action::SendWatchdog);
        w.received(true, t);
        w.received(false, t);  // other messages do not count
        CHECK(w.status() == Watchdog::Status::Reopen);
        CHECK(expire() == Watchdog::Action::SendWatchdog);
        w.received(true, t);
        CHECK(w.status() == Watchdog::Status::Okay);
    }
    SECTION("a reopened connection that stays silent is closed after two Tw") {
        CHECK(expire() == Watchdog::Action::CloseConnection);
        w.connection_down();
        w.connection_up(t, random);
        CHECK(expire() == Watchdog::Action::None);
        CHECK(expire() == Watchdog::Action::CloseConnection);
    }
}

TEST_CASE("a node that stops sends DPR, its peer answers and does not come back in a hurry",
          "[RFC6733-5.4]") {
    Pair world;
    world.start();
    world.wire.stop(*world.hss);
    CHECK(world.hss->stopped);
    CHECK(world.wire.links() == 0);
    CHECK(world.wire.sent<DisconnectPeerRequest>("hss.ims.example").size() == 1);
    CHECK(world.wire.sent<DisconnectPeerAnswer>("scscf.ims.example").size() == 1);
    CHECK(world.scscf->noted("diameter.peer.disconnecting"));
}

TEST_CASE("a stopping node leaves without its DPA after three seconds", "[RFC6733-5.6]") {
    Pair world;
    world.start();
    world.scscf->deaf = true;
    world.wire.stop(*world.hss);
    CHECK_FALSE(world.hss->stopped);
    world.wire.advance(3s - 1ms);
    CHECK_FALSE(world.hss->stopped);
    world.wire.advance(1ms);
    CHECK(world.hss->stopped);
}

TEST_CASE("a peer that was killed is found again when it is back", "[RFC6733-2.1]") {
    Pair world;
    world.start();
    world.wire.kill(*world.hss);
    CHECK(world.scscf->state_of("hss.ims.example") == Peer::State::Closed);
    world.restart_hss();
    world.wire.advance(2s);
    CHECK(world.scscf->state_of("hss.ims.example") == Peer::State::IOpen);
    CHECK(world.scscf->watchdog_of("hss.ims.example") == Watchdog::Status::Reopen);

    // There is no other HSS, so requests go there before its three DWAs (see Peer::trusted).
    world.wire.send_mar(*world.scscf, 1);
    CHECK(world.scscf->answers.size() == 1);
    world.wire.advance(70s);
    CHECK(world.scscf->watchdog_of("hss.ims.example") == Watchdog::Status::Okay);
}
