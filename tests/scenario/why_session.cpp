#include "tests/scenario/why.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

// Why calls and messages fail, provoked with real cores.

namespace {

struct TwoPhones {
    explicit TwoPhones(const Options& options = {}, const std::function<void(ue::Config&)>& change_bob = {})
        : world{options}, alice{world.ue("alice")}, bob{world.ue("bob", change_bob)} {
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

}  // namespace

TEST_CASE("why: a call that went well has no cause", "[why]") {
    TwoPhones two;
    two.alice.calls(two.bob);
    REQUIRE(two.world.until([&] { return two.bob.is_ringing(); }));
    two.bob.answers();
    REQUIRE(two.world.until([&] { return two.alice.is_in_call(); }));
    two.alice.hangs_up();
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause().empty());
    CHECK(why.sentence().find("The call from ") == 0);
}

TEST_CASE("why: caller-not-registered", "[why]") {
    World world;
    auto& alice = world.ue("alice");
    world.ue("bob");
    alice.calls(Impu{"tel:+15550000002"});
    world.advance(5s);
    const Why why{world, "001010000000001"};
    INFO(why.text());
    CHECK(why.cause() == "caller-not-registered");
}

TEST_CASE("why: caller-barred", "[why]") {
    Options options;
    options.pcscf.subscribe_to_reg_event =
        false;  // else the P-CSCF hears of it, and asserts another identity
    TwoPhones two{options};
    two.world.push(two.world.hss_store().change(two.alice.impi(), [](hss::Subscription& s) {
        for (auto& r : s.implicit_registration_sets.front().public_identities)
            if (r.identity.identity.value().starts_with("sip:+")) r.identity.barring_indication = true;
    }));
    two.world.run();
    two.alice.calls(two.bob);
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "caller-barred");
}

TEST_CASE("why: request-uri-not-served", "[why]") {
    TwoPhones two;
    two.alice.calls(Impu{"urn:service:pizza"});
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "request-uri-not-served");
}

TEST_CASE("why: callee-unknown, with the number that differs by a digit", "[why]") {
    TwoPhones two;
    two.alice.calls(Impu{"tel:+15550000022"});
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "callee-unknown");
    CHECK(why.sentence() ==
          "The HSS does not know the called identity tel:+15550000022. It has tel:+15550000002: one digit "
          "differs, is "
          "missing or is too much.");
}

TEST_CASE("why: callee-not-registered", "[why]") {
    TwoPhones two;
    two.bob.deregisters();
    two.world.run();
    two.alice.calls(two.bob);
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "callee-not-registered");
    CHECK(why.sentence() == "The callee tel:+15550000002 is known and not registered.");
}

TEST_CASE("why: callee-barred", "[why]") {
    TwoPhones two;
    two.world.push(two.world.hss_store().change(two.bob.impi(), [](hss::Subscription& s) {
        for (auto& r : s.implicit_registration_sets.front().public_identities)
            if (r.identity.identity.value().starts_with("tel:")) r.identity.barring_indication = true;
    }));
    two.world.run();
    two.alice.calls(two.bob);
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "callee-barred");
}

TEST_CASE("why: callee-flow-dead", "[why]") {
    TwoPhones two{{}, [](ue::Config& c) { c.transport = sip::Transport::Tcp; }};
    two.world.kill("bob");
    two.world.advance(1s);
    two.alice.calls(two.bob);
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "callee-flow-dead");
}

TEST_CASE("why: callee-silent", "[why]") {
    TwoPhones two;
    two.world.kill("bob");
    two.alice.sends("hello", two.bob);
    two.world.advance(60s);
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "callee-silent");
    CHECK(why.sentence().find("127.0.2.2:5060") != std::string::npos);
}

TEST_CASE("why: message-too-large for the path to the UE", "[why]") {
    Options options;
    options.udp_only = true;
    TwoPhones two{options};
    two.world.drop = [](std::uint64_t, const Crossing& c) { return c.to == "bob" && c.text.size() > 1300; };
    two.alice.sends(std::string(1500, 'x'), two.bob);
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "message-too-large");
}

TEST_CASE("why: busy, media-refused and callee-refused are what the callee said", "[why]") {
    const auto rejected_with = [](int status) {
        TwoPhones two;
        two.alice.calls(two.bob);
        REQUIRE(two.world.until([&] { return two.bob.is_ringing(); }));
        two.bob.rejects(status);
        two.world.run();
        return two.why().cause();
    };
    CHECK(rejected_with(486) == "busy");
    CHECK(rejected_with(600) == "busy");
    CHECK(rejected_with(488) == "media-refused");
    CHECK(rejected_with(606) == "media-refused");
    CHECK(rejected_with(603) == "callee-refused");
}

TEST_CASE("why: no-answer, when the caller gives up", "[why]") {
    TwoPhones two;
    two.alice.calls(two.bob);
    REQUIRE(two.world.until([&] { return two.alice.hears_ringing(); }));
    two.world.advance(15s);
    two.alice.hangs_up();
    two.world.run();
    const auto why = two.why();
    INFO(why.text());
    CHECK(why.cause() == "no-answer");
    CHECK(why.sentence() == "The callee rang for 15 s and nobody answered: the caller gave up.");
}

TEST_CASE("why: a call is found by its Call-ID and its ICID too", "[why]") {
    TwoPhones two;
    two.alice.calls(two.bob);
    REQUIRE(two.world.until([&] { return two.bob.is_ringing(); }));
    two.bob.rejects(486);
    two.world.run();
    const auto by_number = two.why();
    for (const auto& a : by_number.story.accounts) {
        if (a.service != "scscf") continue;
        REQUIRE_FALSE(a.icids.empty());
    }
    std::string call_id;
    std::string icid;
    for (const auto& e : by_number.story.entries)
        if (e.is_request() && e.message->method() == sip::Method::Invite) {
            call_id = e.message->call_id();
            if (const auto vector = e.message->get<sip::h::PChargingVector>())
                icid = vector->params.get("icid-value").value_or("");
        }
    for (const auto& key : {call_id, icid}) {
        const Why why{two.world, key};
        INFO(why.text());
        CHECK(why.cause() == "busy");
        CHECK(why.answer.all.size() == 1);  // the call, not the registrations
    }
}
