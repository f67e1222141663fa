#include "tests/scenario/why.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

// What an application server does to calls and messages, provoked with real cores.

namespace {

struct WithServer {
    WithServer(const std::string& method, SessionCase session_case, DefaultHandling handling)
        : alice{world.ue("alice")}, bob{world.ue("bob")} {
        world.application_server("as", method, session_case, handling);
        alice.registers();
        bob.registers();
        world.run();
        REQUIRE(alice.is_registered());
        REQUIRE(bob.is_registered());
    }
    Why why() { return Why{world, "001010000000001"}; }

    World world;
    Phone& alice;
    Phone& bob;
};

constexpr auto originating = SessionCase::OriginatingRegistered;
constexpr auto terminating = SessionCase::TerminatingRegistered;
constexpr auto continued = DefaultHandling::SessionContinued;
constexpr auto terminated = DefaultHandling::SessionTerminated;

}  // namespace

TEST_CASE("why: application-server-dead, of the caller and of the callee", "[why]") {
    for (const auto session_case : {originating, terminating}) {
        WithServer two{"INVITE", session_case, terminated};
        two.world.kill("as");
        two.alice.calls(two.bob);
        two.world.run();
        const auto why = two.why();
        INFO(why.text());
        CHECK(why.cause() == "application-server-dead");
        CHECK(why.sentence().find("The application server sip:127.0.1.51:5060 does not answer (") == 0);
        CHECK(why.sentence().find("ends the INVITE") != std::string::npos);
        CHECK(why.text().find("AS 127.0.1.51:5060") != std::string::npos);
    }
}

TEST_CASE("why: application-server-dead, with a message and with a server that answers 503", "[why]") {
    {
        WithServer two{"MESSAGE", originating, terminated};
        two.world.kill("as");
        two.alice.sends("hello", two.bob);
        two.world.run();
        const auto why = two.why();
        INFO(why.text());
        CHECK(why.cause() == "application-server-dead");
    }
    WithServer two{"MESSAGE", originating, terminated};
    two.world.server("as").answers = 503;
    two.alice.sends("hello", two.bob);
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "application-server-dead");
    CHECK(why.sentence().find("answers 500") != std::string::npos);
}

TEST_CASE("why: application-server-passed-over, where the call went well without it", "[why]") {
    WithServer two{"INVITE", originating, continued};
    two.world.kill("as");
    two.alice.calls(two.bob);
    REQUIRE(two.world.until([&] { return two.bob.is_ringing(); }));
    two.bob.answers();
    REQUIRE(two.world.until([&] { return two.alice.is_in_call(); }));
    two.alice.hangs_up();
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "application-server-passed-over");
    CHECK(why.sentence().find("The INVITE went well, but without the application server sip:127.0.1.51:5060, "
                              "which does not answer") == 0);
}

TEST_CASE("why: what happens after a dead application server is passed over has its own cause", "[why]") {
    WithServer two{"INVITE", originating, continued};
    two.world.kill("as");
    two.alice.calls(two.bob);
    REQUIRE(two.world.until([&] { return two.bob.is_ringing(); }));
    two.bob.rejects(486);
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "busy");
}

TEST_CASE("why: a refusal of an application server is not taken for one of the callee", "[why]") {
    for (const int status : {403, 486, 488, 603}) {
        WithServer two{"INVITE", terminating, terminated};
        two.world.server("as").answers = status;
        two.alice.calls(two.bob);
        two.world.run();
        const auto why = two.why();
        INFO(why.text());
        CHECK(why.cause() == "refused");
        CHECK(why.sentence().find("The application server at 127.0.1.51:5060 answered " +
                                  std::to_string(status)) == 0);
    }
}

TEST_CASE("why: a call through an application server that lives has no cause", "[why]") {
    WithServer two{"INVITE", terminating, terminated};
    two.alice.calls(two.bob);
    REQUIRE(two.world.until([&] { return two.bob.is_ringing(); }));
    two.bob.answers();
    REQUIRE(two.world.until([&] { return two.alice.is_in_call(); }));
    two.alice.hangs_up();
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause().empty());
}
