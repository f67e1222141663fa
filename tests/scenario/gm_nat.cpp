// UEs behind a NAT: ESP in UDP, TS 33.203 annex M and TS 24.229 annex F. The NAT is that of
// tests/support/world/wire.hpp; tests/kernel has a real one.
#include "tests/scenario/gm.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

namespace {

const auto outside = *IpAddress::parse("198.51.100.7");

Phone& behind_nat(World& world, const std::string& name,
                  const std::function<void(ue::Config&)>& change = {}) {
    auto& phone = world.ue(name, [&](ue::Config& c) {
        c.ipsec.outside = outside;
        if (change) change(c);
    });
    world.puts_nat_before(name, outside);
    return phone;
}

std::vector<std::string> in_clear(const World& world, std::string_view phone) {
    std::vector<std::string> lines;
    for (const auto& c : world.crossings())
        if (!c.by_esp && (c.from == phone || c.to == phone))
            lines.push_back(c.text.substr(0, c.text.find(' ', c.text.find(' ') + 1)));
    return lines;
}

}  // namespace

TEST_CASE("a UE behind a NAT is served in UDP-encapsulated tunnel mode, both ways", "[TS33.203-M]") {
    const auto transport = GENERATE(sip::Transport::Udp, sip::Transport::Tcp);
    World world{with_ipsec()};
    auto& alice = behind_nat(world, "alice", [&](ue::Config& c) { c.transport = transport; });
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    CHECK(in_clear(world, "alice") ==
          std::vector<std::string>{"REGISTER sip:" + std::string{home}, "SIP/2.0 401"});
    const auto set = world.pcscf().associations(world.now()).front().set;
    CHECK(set.mode == ipsec::Mode::UdpEncapsulatedTunnel);
    CHECK(set.peer.address == outside);
    CHECK(set.encapsulation_port >= 20000);
    CHECK(newest(world, "bob").mode == ipsec::Mode::Transport);
    // What is registered is how it is seen outside (24.229 F.2.1.2.2).
    const auto second = std::find_if(
        world.crossings().begin(), world.crossings().end(),
        [](const Crossing& c) { return c.from == "alice" && c.by_esp && c.text.starts_with("REGISTER "); });
    REQUIRE(second != world.crossings().end());
    CHECK(second->text.find("Contact: <sip:001010000000001@198.51.100.7:5062") != std::string::npos);
    const auto via = second->text.substr(second->text.find("Via: SIP/2.0/"), 60);
    CHECK(via.find(" 198.51.100.7:5062;branch=") != std::string::npos);

    call(world, alice, bob, bob);
    call(world, bob, alice, alice);
    bob.sends("through the NAT", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }));
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::Registered>() == 2; }));
    call(world, bob, alice, alice);
    alice.deregisters();
    world.run();
    world.advance(300s);
    CHECK(world.host("alice").associations.empty());
    CHECK(world.host("pcscf").associations.size() == 1);
    CHECK(in_clear(world, "alice").size() == 2);
}

TEST_CASE("a NAT that sends from another port is followed as soon as the UE speaks, and not before",
          "[TS33.203-M][RFC3948-4]") {
    World world{with_ipsec()};
    auto& alice = behind_nat(world, "alice");
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    world.nat_forgets("alice");
    bob.sends("into the void", alice);
    REQUIRE(world.until([&] { return bob.count<ue::MessageFailed>() == 1; }));
    world.run();
    CHECK(alice.count<ue::MessageReceived>() == 0);
    const auto before = world.noted("pcscf.nat.mapped");
    alice.sends("I am here", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    CHECK(world.noted("pcscf.nat.mapped") == before + 1);
    bob.sends("so I see", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }));
    REQUIRE(world.until([&] { return alice.count<ue::MessageDelivered>() == 1; }));
}

TEST_CASE("in the middle of a re-registration the NAT's new port holds for the old associations and the new",
          "[TS33.203-M]") {
    World world{with_ipsec()};
    auto& alice = behind_nat(world, "alice");
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::Challenged>() == 2; }));
    world.nat_forgets("alice");
    REQUIRE(world.until([&] { return alice.count<ue::Registered>() == 2; }));
    bob.sends("on the old ones", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }));
    const auto sets = world.pcscf().associations(world.now());
    REQUIRE(sets.size() == 3);
    CHECK(sets[0].set.encapsulation_port == sets[2].set.encapsulation_port);
}

TEST_CASE("a NAT that changes its own address is named once, and not followed", "[TS33.203-M]") {
    World world{with_ipsec()};
    auto& alice = behind_nat(world, "alice", [](ue::Config& c) { c.expires = 3600s; });
    REQUIRE(flows::registers(world, alice));
    const auto elsewhere = *IpAddress::parse("198.51.100.8");
    world.puts_nat_before("alice", elsewhere);
    alice.asks_options_of(alice);
    world.run();
    CHECK(world.noted("pcscf.nat.other_address") == 1);
    CHECK(alice.count<ue::OptionsAnswered>() == 1);
    CHECK(alice.last<ue::OptionsAnswered>()->status != 200);  // nothing reaches her
}

TEST_CASE("without a NAT between, or where the UE does not offer it, there is no tunnel", "[TS33.203-M]") {
    World world{with_ipsec()};
    SECTION("no NAT: what both modes offer is used in transport mode") {
        auto& alice = world.ue("alice", [](ue::Config& c) { c.ipsec.outside = outside; });
        REQUIRE(flows::registers(world, alice));
        CHECK(newest(world, "pcscf").mode == ipsec::Mode::Transport);
    }
    SECTION("a NAT, and trans alone is offered: 403, with the reason in the log") {
        auto& alice = world.ue("alice");
        world.puts_nat_before("alice", outside);
        alice.registers();
        REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() == 1; }));
        CHECK(alice.last<ue::RegistrationFailed>()->status == 403);
        CHECK(world.host("pcscf").associations.empty());
    }
}

TEST_CASE("where UDP encapsulation is off, a UE behind a NAT gets 403 and is told why", "[TS33.203-M]") {
    World world{with_ipsec()};
    world.on<pcscf::Pcscf>("pcscf", [](pcscf::Pcscf& p, TimePoint now, Effects& out) {
        p.handle(ipsec::Report{ipsec::Started{.missing = {}, .no_encapsulation = true}}, now, out);
    });
    auto& alice = behind_nat(world, "alice");
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::RegistrationFailed>() == 1; }));
    CHECK(alice.last<ue::RegistrationFailed>()->status == 403);
    const auto& remarks = world.remarks();
    CHECK(std::any_of(remarks.begin(), remarks.end(), [](const auto& r) {
        return r.note.id == "pcscf.registration.refused" &&
               r.note.field("reason").ends_with("no UDP encapsulation here");
    }));
}

TEST_CASE("two UEs behind one NAT are told apart by their ports, and must have their own", "[TS33.203-M]") {
    World world{with_ipsec()};
    auto& alice = behind_nat(world, "alice");
    REQUIRE(flows::registers(world, alice));
    SECTION("other ports") {
        auto& bob = behind_nat(world, "bob", [](ue::Config& c) {
            c.ipsec.server_port = 6062;
            c.ipsec.client_ports = {6064, 6066, 6068};
        });
        REQUIRE(flows::registers(world, bob));
        call(world, alice, bob, bob);
        call(world, bob, alice, alice);
    }
    SECTION("the same port-c") {
        auto& bob = behind_nat(world, "bob", [](ue::Config& c) { c.ipsec.server_port = 6062; });
        bob.registers();
        REQUIRE(world.until([&] { return bob.count<ue::RegistrationFailed>() == 1; }));
        CHECK(bob.last<ue::RegistrationFailed>()->status == 403);
    }
    SECTION("the same port-s") {
        auto& bob = behind_nat(world, "bob", [](ue::Config& c) {
            c.ipsec.client_ports = {6064, 6066, 6068};
        });
        bob.registers();
        REQUIRE(world.until([&] { return bob.count<ue::RegistrationFailed>() == 1; }));
        CHECK(bob.last<ue::RegistrationFailed>()->status == 403);
        CHECK(bob.last<ue::RegistrationFailed>()->reason == "port-s is in use");
    }
    CHECK(alice.is_registered());
}

TEST_CASE("a P-CSCF that is killed goes on with a UE behind a NAT, at the port it last had", "[TS33.203-M]") {
    World world{with_ipsec()};
    auto& alice = behind_nat(world, "alice");
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    SECTION("with the journal") {
        world.crashes("pcscf");
    }
    SECTION("with a save") {
        world.save_and_restore("pcscf");
    }
    SECTION("after the NAT has changed its port") {
        world.nat_forgets("alice");
        alice.sends("I am here", bob);
        REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
        world.crashes("pcscf");
    }
    bob.sends("still there?", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }));
    CHECK(world.noted("pcscf.associations.lost") == 0);
}

TEST_CASE("a UE that was switched off behind its NAT comes back through another port of it", "[TS33.203-M]") {
    World world{with_ipsec()};
    auto& alice = behind_nat(world, "alice");
    REQUIRE(flows::registers(world, alice));
    world.kill("alice");
    world.host("alice").associations.clear();
    world.nat_forgets("alice");
    world.start("alice");
    REQUIRE(flows::registers(world, alice));
    world.run();
    CHECK(world.host("pcscf").associations.size() == 1);
    CHECK(world.pcscf().bindings() == 1);
}
