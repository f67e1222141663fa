#include "tests/scenario/flows.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

TEST_CASE("a UE registers with AKA, is known to P- and S-CSCF, and to the HSS as registered",
          "[TS24.229-5.4.1.2]") {
    World world;
    auto& alice = world.ue("alice");
    alice.registers();
    world.run();

    CHECK(alice.is_registered());
    CHECK(alice.count<ue::Challenged>() == 1);
    CHECK(world.pcscf().is_registered(alice.number()));
    CHECK(world.scscf().is_registered(alice.impu()));
    const auto* subscription = world.hss_store().find(alice.impi());
    REQUIRE(subscription != nullptr);
    CHECK(subscription->implicit_registration_sets.front().state == hss::RegistrationState::Registered);
    // All of the implicit set, the default identity first.
    CHECK(alice.last<ue::Registered>()->associated_uris.size() == 3);
    // Both UE and P-CSCF hear of registration changes.
    CHECK(world.pcscf().subscriptions() == 1);
    CHECK(alice.count<ue::RegistrationStateNotified>() >= 1);
}

TEST_CASE("a UE refreshes before expiry on its own", "[TS24.229-5.1.1.4.1]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.expires = std::chrono::seconds{3600}; });
    alice.registers();
    world.run();
    const auto granted = alice.granted_expiry();
    CHECK(granted == std::chrono::seconds{3600});
    world.advance(granted * 5);
    CHECK(alice.is_registered());
    CHECK(alice.count<ue::Registered>() >= 5);
    CHECK(world.scscf().is_registered(alice.impu()));
    CHECK(world.pcscf().is_registered(alice.impu()));
    CHECK(world.pcscf().bindings() == 1);
    CHECK(world.pcscf().subscriptions() == 1);
}

TEST_CASE("a UE that deregisters leaves nothing anywhere", "[TS24.229-5.4.1.4]") {
    World world;
    auto& alice = world.ue("alice");
    alice.registers();
    world.run();
    alice.deregisters();
    world.run();
    CHECK_FALSE(alice.is_registered());
    CHECK_FALSE(world.scscf().is_registered(alice.impu()));
    CHECK_FALSE(world.pcscf().is_registered(alice.impu()));
    CHECK(world.hss_store().find(alice.impi())->implicit_registration_sets.front().state ==
          hss::RegistrationState::NotRegistered);
    world.advance(200s);
    CHECK(world.pcscf().bindings() == 0);
    CHECK(world.pcscf().subscriptions() == 0);
    CHECK(world.pcscf().dialogs() == 0);
}

TEST_CASE("a UE that goes silent is deregistered when its time runs out", "[TS24.229-5.4.1.6]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.expires = std::chrono::seconds{600}; });
    alice.registers();
    world.run();
    world.kill("alice");
    world.advance(700s);
    world.advance(300s);
    CHECK_FALSE(world.scscf().is_registered(alice.impu()));
    CHECK_FALSE(world.pcscf().is_registered(alice.impu()));
    CHECK(world.hss_store().find(alice.impi())->implicit_registration_sets.front().state ==
          hss::RegistrationState::NotRegistered);
}

TEST_CASE("a UE that answers the challenge wrongly is not registered", "[TS24.229-5.4.1.2.3]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.misbehaviour = ue::Misbehaviour::WrongResponse; });
    alice.registers();
    world.run();
    CHECK_FALSE(alice.is_registered());
    REQUIRE(alice.last<ue::RegistrationFailed>() != nullptr);
    CHECK(alice.last<ue::RegistrationFailed>()->status == 403);
    CHECK_FALSE(world.scscf().is_registered(alice.impu()));
    CHECK_FALSE(world.pcscf().is_registered(alice.impu()));
}

TEST_CASE("a card with another K notices that the network is not its own", "[TS33.203-6.1.2.2]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) {
        std::get<crypto::MilenageKeys>(std::get<ue::Card>(c.credentials).keys).k[0] ^= 1;
    });
    alice.registers();
    world.run();
    CHECK_FALSE(alice.is_registered());
    REQUIRE(alice.last<ue::Challenged>() != nullptr);
    CHECK(alice.last<ue::Challenged>()->verdict == ue::Challenged::Verdict::MacFailure);
    CHECK(alice.count<ue::RegistrationFailed>() == 1);
    CHECK_FALSE(world.pcscf().is_registered(alice.impu()));
}

TEST_CASE("a card that is ahead of the HSS is resynchronised and registers", "[TS33.102-6.3.5]") {
    World world;
    auto& alice =
        world.ue("alice", [](ue::Config& c) { std::get<ue::Card>(c.credentials).sqn_ms = 5U << 20; });
    alice.registers();
    world.run();
    CHECK(alice.is_registered());
    CHECK(alice.count<ue::Challenged>() == 2);
}

TEST_CASE("an unknown subscriber is refused", "[TS24.229-5.3.1.3]") {
    World world;
    auto& alice = world.ue("alice");
    world.hss_store().remove(alice.impi());
    alice.registers();
    world.run();
    REQUIRE(alice.last<ue::RegistrationFailed>() != nullptr);
    CHECK(alice.last<ue::RegistrationFailed>()->status == 403);
}

TEST_CASE("a deregistration by the network reaches UE and P-CSCF", "[TS24.229-5.4.1.5]") {
    World world;
    auto& alice = world.ue("alice");
    alice.registers();
    world.run();
    alice.forgets_what_happened();
    world.push(world.hss_store().bar(alice.impi()));
    world.run();
    CHECK_FALSE(alice.is_registered());
    REQUIRE(alice.last<ue::Deregistered>() != nullptr);
    CHECK(alice.last<ue::Deregistered>()->by_network);
    CHECK_FALSE(world.pcscf().is_registered(alice.impu()));
    CHECK_FALSE(world.scscf().is_registered(alice.impu()));
    alice.registers();
    world.run();
    CHECK_FALSE(alice.is_registered());
}

TEST_CASE("without an HSS a registration is refused, and works when it is back", "[TS24.229-5.3.1.3]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.register_again_by_itself = false; });
    world.kill("hss");
    alice.registers();
    world.run();
    REQUIRE(alice.last<ue::RegistrationFailed>() != nullptr);
    CHECK(alice.last<ue::RegistrationFailed>()->status >= 400);
    world.start("hss");
    alice.registers();
    world.run();
    CHECK(alice.is_registered());
}

TEST_CASE("a phone that was switched off registers anew and replaces itself", "[TS24.229-5.4.1.2]") {
    World world;
    auto& alice = world.ue("alice");
    alice.registers();
    world.run();
    world.kill("alice");
    world.advance(60s);
    world.start("alice");
    alice.registers();
    world.run();
    CHECK(alice.is_registered());
    CHECK(world.scscf().contacts(alice.impu()) == 1);
    CHECK(world.pcscf().bindings() == 1);
}

TEST_CASE("a UE registers over TCP", "[TS24.229-4.2A]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.transport = sip::Transport::Tcp; });
    alice.registers();
    world.run();
    CHECK(alice.is_registered());
}

TEST_CASE("a dead S-CSCF gives the UE an error, not silence", "[TS24.229-5.3.1.3]") {
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) { c.register_again_by_itself = false; });
    world.kill("scscf");
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() > 0; }));
    CHECK(alice.last<ue::RegistrationFailed>()->status == 504);
}
