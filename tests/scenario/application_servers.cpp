#include "tests/support/world/world.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

// Calls and messages through application servers, with real cores: TS 24.229 5.4.3.2, 5.4.3.3.

namespace {

struct TwoPhones {
    explicit TwoPhones(const std::function<void(World&)>& servers)
        : alice{world.ue("alice")}, bob{world.ue("bob")} {
        servers(world);
        alice.registers();
        bob.registers();
        world.run();
        REQUIRE(alice.is_registered());
        REQUIRE(bob.is_registered());
    }

    // A call from its beginning to its end, with a re-INVITE and an UPDATE.
    void call() {
        alice.calls(bob);
        INFO(world.ladder());
        REQUIRE(world.until([&] { return bob.is_ringing(); }, 60s));
        bob.answers();
        REQUIRE(world.until([&] { return alice.is_in_call() && bob.is_in_call(); }, 60s));
        world.run();
        alice.holds();
        world.run();
        bob.updates();
        world.run();
        CHECK(alice.is_in_call());
        bob.hangs_up();
        world.run();
        CHECK(alice.has_no_call());
        CHECK(bob.has_no_call());
    }
    bool message() {
        alice.sends("hello", bob);
        world.run();
        return bob.last<ue::MessageReceived>() != nullptr;
    }

    World world;
    Phone& alice;
    Phone& bob;
};

constexpr auto originating = SessionCase::OriginatingRegistered;
constexpr auto terminating = SessionCase::TerminatingRegistered;

}  // namespace

TEST_CASE("a call passes the caller's and the called user's application servers", "[TS24.229-5.4.3]") {
    TwoPhones two{[](World& world) {
        world.application_server("as1", "INVITE", originating);
        world.application_server("as2", "INVITE", terminating);
        world.application_server("as3", "INVITE", originating);
    }};
    two.call();
    const auto served = [&](const char* as) { return two.world.server(as).served; };
    const auto user = [](const std::string& number, const char* side) {
        return "INVITE <sip:+1555000000" + number + "@" + std::string{home} + ">;sescase=" + side +
               ";regstate=reg";
    };
    CHECK(served("as1") == std::vector<std::string>{user("1", "orig")});
    CHECK(served("as3") == std::vector<std::string>{user("1", "orig")});
    REQUIRE(served("as2").size() == 1);
    CHECK(served("as2")[0].find(";sescase=term;regstate=reg") != std::string::npos);
    // 4.5.4: type 3 with application servers, type 1 with P-CSCFs, from the INVITE to the BYE.
    std::size_t looked_at = 0;
    for (const auto& crossing : two.world.crossings()) {
        const auto& text = crossing.text;
        const bool charged = text.find("orig-ioi=") != std::string::npos &&
                             text.compare(0, 7, "SIP/2.0") != 0 && text.compare(0, 3, "ACK") != 0;
        if (crossing.from != "scscf" || !charged || text.find("CSeq: ") == std::string::npos) continue;
        const bool to_server = crossing.to.compare(0, 2, "as") == 0;
        if (!to_server && crossing.to != "pcscf") continue;
        INFO(text);
        ++looked_at;
        CHECK(text.find(to_server ? "orig-ioi=\"Type 3" : "orig-ioi=\"Type 1") != std::string::npos);
    }
    CHECK(looked_at > 20);
    // Nothing of the call is left, and its messages met nobody who did not know what to do with them.
    const auto gauges = two.world.scscf().gauges();
    for (const auto& gauge : gauges)
        if (gauge.name == "scscf_dialogs") CHECK(gauge.value == 0);
    CHECK(two.world.noted("scscf.session.rejected") == 0);
}

TEST_CASE("a message passes the caller's and the called user's application servers", "[TS24.229-5.4.3]") {
    TwoPhones two{[](World& world) {
        world.application_server("as1", "MESSAGE", originating);
        world.application_server("as2", "MESSAGE", terminating);
    }};
    CHECK(two.message());
    CHECK(two.world.server("as1").served.size() == 1);
    CHECK(two.world.server("as2").served.size() == 1);
}

TEST_CASE("a dead application server is passed over where its default handling says so",
          "[TS24.229-5.4.3.2]") {
    for (const auto session_case : {originating, terminating}) {
        INFO(static_cast<int>(session_case));
        TwoPhones two{[&](World& world) {
            world.application_server("dead", "INVITE", session_case, DefaultHandling::SessionContinued);
            world.application_server("alive", "INVITE", session_case, DefaultHandling::SessionTerminated);
            world.application_server("dead2", "MESSAGE", session_case);
            world.kill("dead");
            world.kill("dead2");
        }};
        two.call();
        CHECK(two.world.server("alive").served.size() == 1);
        CHECK(two.message());
        CHECK(two.world.noted("scscf.application_server.passed_over") == 2);
    }
}

TEST_CASE("a dead application server ends the session where its default handling says so",
          "[TS24.229-5.4.3.2]") {
    for (const auto session_case : {originating, terminating}) {
        INFO(static_cast<int>(session_case));
        TwoPhones two{[&](World& world) {
            world.application_server("dead", "INVITE", session_case, DefaultHandling::SessionTerminated);
            world.application_server("dead2", "MESSAGE", session_case, DefaultHandling::SessionTerminated);
            world.kill("dead");
            world.kill("dead2");
        }};
        two.alice.calls(two.bob);
        two.world.run();
        CHECK(two.alice.has_no_call());
        CHECK(two.bob.count<ue::IncomingCall>() == 0);
        CHECK_FALSE(two.message());
        REQUIRE(two.alice.last<ue::MessageFailed>() != nullptr);
        CHECK(two.alice.last<ue::MessageFailed>()->status == 504);
        CHECK(two.world.noted("scscf.application_server.ended_session") == 2);
    }
}

TEST_CASE("a call through application servers ends once with a registration of either side",
          "[TS24.229-5.4.5]") {
    for (const bool of_caller : {true, false}) {
        INFO(of_caller);
        TwoPhones two{[](World& world) {
            world.application_server("as1", "INVITE", originating);
            world.application_server("as2", "INVITE", terminating);
        }};
        two.alice.calls(two.bob);
        REQUIRE(two.world.until([&] { return two.bob.is_ringing(); }, 60s));
        two.bob.answers();
        REQUIRE(two.world.until([&] { return two.alice.is_in_call() && two.bob.is_in_call(); }, 60s));
        two.world.run();
        two.world.push(two.world.hss_store().bar(of_caller ? two.alice.impi() : two.bob.impi()));
        two.world.run();
        INFO(two.world.ladder());
        CHECK(two.alice.has_no_call());
        CHECK(two.bob.has_no_call());
        CHECK(two.world.noted("scscf.session.released") == 1);
        for (const auto& gauge : two.world.scscf().gauges())
            if (gauge.name == "scscf_dialogs") CHECK(gauge.value == 0);
    }
}

TEST_CASE("an application server diverts a call to somebody else", "[TS24.229-5.4.3.3]") {
    World world;
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    auto& carol = world.ue("carol");
    world.application_server("as1", "INVITE", terminating);
    for (auto* phone : {&alice, &bob, &carol}) phone->registers();
    world.run();
    // It would divert the call to carol to carol, which is no change.
    world.server("as1").diverts_to = carol.number().value();
    alice.calls(bob);
    INFO(world.ladder());
    REQUIRE(world.until([&] { return carol.is_ringing(); }, 60s));
    carol.answers();
    REQUIRE(world.until([&] { return alice.is_in_call(); }, 60s));
    alice.hangs_up();
    world.run();
    CHECK(carol.has_no_call());
    CHECK(bob.count<ue::IncomingCall>() == 0);
}

TEST_CASE("an S-CSCF that was restarted takes a request back from an application server as a new one",
          "[TS24.229-5.4.3.4]") {
    TwoPhones two{[](World& world) { world.application_server("as1", "MESSAGE", originating); }};
    two.world.freeze("as1", true);
    two.alice.sends("hello", two.bob);
    two.world.advance(1s);
    two.world.save_and_restore("scscf");
    two.world.freeze("as1", false);
    CHECK(two.world.until([&] { return two.bob.last<ue::MessageReceived>() != nullptr; }, 120s));
}
