#include "tests/scenario/flows.hpp"

#include <catch2/catch.hpp>

// TS 24.229 5.4.5, 5.4.1.6: what the network does to a user who is in a call, or whom it wants to see again.
using namespace ims;
using namespace ims::world;

namespace {

struct Call {
    World world;
    Phone& alice = world.ue("alice", [](ue::Config& c) { c.register_again_by_itself = false; });
    Phone& bob = world.ue("bob");
    Call() {
        alice.registers();
        bob.registers();
        world.run();
        alice.calls(bob);
        REQUIRE(world.until([&] { return bob.is_ringing(); }));
    }
    void is_answered() {
        bob.answers();
        REQUIRE(world.until([&] { return alice.is_in_call() && bob.is_in_call(); }));
        world.run();
    }
    double dialogs() {
        for (const auto& gauge : world.scscf().gauges())
            if (gauge.name == "scscf_dialogs") return gauge.value;
        return -1;
    }
};

}  // namespace

TEST_CASE("a caller who is barred loses his call, and the other side is told", "[TS24.229-5.4.5.1.2]") {
    Call t;
    t.is_answered();
    CHECK(t.dialogs() == 2);  // one served user on each side
    t.world.push(t.world.hss_store().bar(t.alice.impi()));
    t.world.run();
    CHECK(t.alice.has_no_call());
    CHECK(t.bob.has_no_call());
    CHECK(t.bob.is_registered());
    CHECK(t.dialogs() == 0);
    CHECK(t.world.scscf().idle());
}

TEST_CASE("a callee who is barred loses his call, and the other side is told", "[TS24.229-5.4.5.1.2]") {
    Call t;
    t.is_answered();
    t.world.push(t.world.hss_store().bar(t.bob.impi()));
    t.world.run();
    CHECK(t.alice.has_no_call());
    CHECK(t.bob.has_no_call());
    CHECK(t.alice.is_registered());
    CHECK(t.dialogs() == 0);
}

TEST_CASE("a call that rings at a phone whose user is barred ends", "[TS24.229-5.4.5.1.1]") {
    Call t;
    t.world.push(t.world.hss_store().bar(t.bob.impi()));
    t.world.run();
    REQUIRE(t.alice.last<ue::CallEnded>() != nullptr);
    CHECK(t.alice.last<ue::CallEnded>()->status == 480);
    CHECK(t.bob.has_no_call());
}

TEST_CASE("a call survives a restart of the S-CSCF and still ends with the registration",
          "[TS24.229-5.4.5.1.2]") {
    Call t;
    t.is_answered();
    t.world.save_and_restore("scscf");
    t.world.push(t.world.hss_store().bar(t.alice.impi()));
    t.world.run();
    CHECK(t.alice.has_no_call());
    CHECK(t.bob.has_no_call());
}

TEST_CASE("a user whom the network wants to authenticate again comes back in time", "[TS24.229-5.4.1.6]") {
    World world;
    auto& alice = world.ue("alice");
    alice.registers();
    world.run();
    world.on<scscf::Scscf>("scscf", [&](scscf::Scscf& node, TimePoint now, Effects& out) {
        REQUIRE(node.reauthenticate(alice.number(), 120s, now, out));
    });
    world.advance(121s);
    CHECK(alice.is_registered());
    CHECK(alice.count<ue::RegistrationFailed>() == 0);
    CHECK(world.scscf().contacts(alice.number()) == 1);
    CHECK(world.noted("scscf.registration.refreshed") == 1);
}
