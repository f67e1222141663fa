#include "tests/scenario/flows.hpp"

#include <catch2/catch.hpp>

// TS 23.380: the S-CSCF loses its memory, and nobody who is registered notices.
using namespace ims;
using namespace ims::world;

namespace {

struct Forgetful {
    World world;
    Phone& alice = world.ue("alice");
    Phone& bob = world.ue("bob");
    Forgetful() {
        alice.registers();
        bob.registers();
        world.run();
        REQUIRE(alice.is_registered());
        REQUIRE(bob.is_registered());
        world.kill("scscf");
        world.start("scscf");
        REQUIRE(world.scscf().registered_users() == 0);
    }
    void talks(Phone& caller, Phone& called) {
        caller.calls(called);
        REQUIRE(world.until([&] { return called.is_ringing(); }));
        called.answers();
        REQUIRE(world.until([&] { return caller.is_in_call() && called.is_in_call(); }));
        world.run();
        called.hangs_up();
        world.run();
        CHECK(caller.has_no_call());
        CHECK(called.has_no_call());
    }
};

}  // namespace

TEST_CASE("a call between users whom the S-CSCF has forgotten", "[TS23.380-4.4][TS24.229-4.14]") {
    Forgetful t;
    t.talks(t.alice, t.bob);
    CHECK(t.world.noted("scscf.registration.restored") == 2);
    CHECK(t.world.scscf().contacts(t.alice.number()) == 1);
    CHECK(t.world.scscf().contacts(t.bob.number()) == 1);
    t.talks(t.bob, t.alice);
    CHECK(t.world.noted("scscf.registration.restored") == 2);  // they are known again
}

TEST_CASE("a forgotten user refreshes his registration and is called", "[TS23.380-4.3][TS24.229-4.14]") {
    Forgetful t;
    const auto granted = t.bob.granted_expiry();
    t.bob.forgets_what_happened();
    t.world.advance(granted - 10s);
    t.world.run();
    CHECK(t.bob.is_registered());
    CHECK(t.bob.count<ue::RegistrationFailed>() == 0);
    CHECK(t.world.scscf().contacts(t.bob.number()) == 1);
    t.talks(t.alice, t.bob);
}

TEST_CASE("a forgotten user deregisters, and then nobody reaches him", "[TS23.380-4.3][TS24.229-5.4.1.4]") {
    Forgetful t;
    t.bob.deregisters();
    t.world.run();
    CHECK_FALSE(t.bob.is_registered());
    t.alice.calls(t.bob);
    t.world.run();
    REQUIRE(t.alice.last<ue::CallEnded>() != nullptr);
    CHECK(t.alice.last<ue::CallEnded>()->status == 480);
}

TEST_CASE("a message to a forgotten user arrives", "[TS23.380-4.4]") {
    Forgetful t;
    t.alice.sends("still there?", t.bob);
    t.world.run();
    CHECK(t.bob.count<ue::MessageReceived>() == 1);
}
