#include "tests/scenario/flows.hpp"

#include <map>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

namespace {
struct Two {
    World world;
    Phone& alice = world.ue("alice");
    Phone& bob = world.ue("bob");
    Two() {
        alice.registers();
        bob.registers();
        world.run();
        REQUIRE(alice.is_registered());
        REQUIRE(bob.is_registered());
    }
};
}  // namespace

TEST_CASE("Alice calls Bob, both talk, Alice hangs up", "[TS23.228-5.4][TS24.229-5.4.3]") {
    Two t;
    t.alice.calls(t.bob);
    REQUIRE(t.world.until([&] { return t.bob.is_ringing(); }));
    CHECK(t.bob.last<ue::IncomingCall>()->from.find("+15550000001") != std::string::npos);
    REQUIRE(t.world.until([&] { return t.alice.hears_ringing(); }));
    t.bob.answers();
    REQUIRE(t.world.until([&] { return t.alice.is_in_call() && t.bob.is_in_call(); }));
    t.world.run();
    CHECK(t.world.pcscf().dialogs() >= 2);
    t.world.advance(60s);
    t.alice.hangs_up();
    t.world.run();
    CHECK(t.alice.has_no_call());
    CHECK(t.bob.has_no_call());
    CHECK(t.bob.last<ue::CallEnded>()->cause == ue::CallEnded::Cause::PeerHungUp);
}

TEST_CASE("a call of an hour ends as well as a short one", "[TS24.229-5.2.6.3]") {
    Two t;
    t.alice.calls(t.bob);
    REQUIRE(t.world.until([&] { return t.alice.hears_ringing(); }));
    t.bob.answers();
    REQUIRE(t.world.until([&] { return t.alice.is_in_call() && t.bob.is_in_call(); }));
    t.world.advance(3600s);
    t.bob.hangs_up();
    t.world.run();
    CHECK(t.alice.has_no_call());
    CHECK(t.bob.has_no_call());
    t.world.advance(300s);
    CHECK(t.world.pcscf().dialogs() == 2);  // the UEs' reg event subscriptions
}

TEST_CASE("Bob calls Alice and Alice, who was called, hangs up", "[TS24.229-5.4.3]") {
    Two t;
    t.bob.calls(t.alice);
    REQUIRE(t.world.until([&] { return t.alice.is_ringing(); }));
    t.alice.answers();
    REQUIRE(t.world.until([&] { return t.alice.is_in_call() && t.bob.is_in_call(); }));
    t.world.run();
    t.alice.hangs_up();
    t.world.run();
    CHECK(t.bob.last<ue::CallEnded>()->cause == ue::CallEnded::Cause::PeerHungUp);
    CHECK(t.bob.has_no_call());
}

TEST_CASE(
    "provisional responses are reliable where both ends want it, and the dialog is refreshed in between",
    "[RFC3262-3][RFC3311-5]") {
    Two t;
    t.alice.calls(t.bob);
    REQUIRE(t.world.until([&] { return t.alice.hears_ringing(); }));
    t.world.advance(2s);
    const auto ladder = t.world.ladder();
    CHECK(ladder.find("alice -> pcscf  PRACK") != std::string::npos);
    CHECK(ladder.find("pcscf -> bob  PRACK") != std::string::npos);
    t.bob.answers();
    REQUIRE(t.world.until([&] { return t.alice.is_in_call() && t.bob.is_in_call(); }));
    t.world.run();
    t.alice.updates();
    t.world.run();
    t.bob.forgets_what_happened();
    t.alice.holds();
    t.world.run();
    REQUIRE(t.bob.last<ue::MediaChanged>() != nullptr);
    CHECK(t.bob.last<ue::MediaChanged>()->direction == sdp::Direction::RecvOnly);
    CHECK(t.alice.is_in_call());
    t.bob.hangs_up();
    t.world.run();
    CHECK(t.alice.has_no_call());
}

TEST_CASE("a caller who gives up while it rings cancels", "[RFC3261-9]") {
    Two t;
    t.alice.calls(t.bob);
    REQUIRE(t.world.until([&] { return t.alice.hears_ringing(); }));
    t.alice.hangs_up();
    t.world.run();
    CHECK(t.alice.last<ue::CallEnded>()->cause == ue::CallEnded::Cause::Cancelled);
    CHECK(t.bob.last<ue::CallEnded>()->cause == ue::CallEnded::Cause::PeerCancelled);
    t.world.advance(300s);
    CHECK(t.world.pcscf().idle());
    CHECK(t.world.scscf().idle());
}

TEST_CASE("a callee who is busy says so", "[RFC3261-21.4.24]") {
    Two t;
    t.alice.calls(t.bob);
    REQUIRE(t.world.until([&] { return t.bob.is_ringing(); }));
    t.bob.rejects(486);
    t.world.run();
    REQUIRE(t.alice.last<ue::CallEnded>() != nullptr);
    CHECK(t.alice.last<ue::CallEnded>()->status == 486);
    CHECK(t.alice.has_no_call());
}

TEST_CASE("a callee who does not pick up lets the call end by itself", "[RFC3261-16.8]") {
    Two t;
    t.alice.calls(t.bob);
    REQUIRE(t.world.until([&] { return t.bob.is_ringing(); }));
    t.world.advance(1000s);
    CHECK(t.alice.has_no_call());
    CHECK(t.bob.has_no_call());
    REQUIRE(t.alice.last<ue::CallEnded>() != nullptr);
    CHECK(t.alice.last<ue::CallEnded>()->cause != ue::CallEnded::Cause::HungUp);
}

TEST_CASE("an unknown number is 404", "[TS24.229-5.3.2.1]") {
    Two t;
    t.alice.calls(Impu{"tel:+19998887777"});
    t.world.run();
    REQUIRE(t.alice.last<ue::CallEnded>() != nullptr);
    CHECK(t.alice.last<ue::CallEnded>()->status == 404);
}

TEST_CASE("a subscriber who is not registered is 480", "[TS24.229-5.3.2.1]") {
    Two t;
    auto& carol = t.world.ue("carol");
    t.alice.calls(carol);
    t.world.run();
    REQUIRE(t.alice.last<ue::CallEnded>() != nullptr);
    CHECK(t.alice.last<ue::CallEnded>()->status == 480);
}

TEST_CASE("a MESSAGE arrives, and its sender is told", "[RFC3428]") {
    Two t;
    t.alice.sends("Hello, Bob", t.bob);
    t.world.run();
    REQUIRE(t.bob.last<ue::MessageReceived>() != nullptr);
    CHECK(t.bob.last<ue::MessageReceived>()->text == "Hello, Bob");
    CHECK(t.alice.count<ue::MessageDelivered>() == 1);
    t.bob.sends("Hello, Alice", t.alice);
    t.world.run();
    CHECK(t.alice.last<ue::MessageReceived>()->text == "Hello, Alice");
}

TEST_CASE("OPTIONS is answered by the other UE", "[RFC3261-11]") {
    Two t;
    t.alice.asks_options_of(t.bob);
    t.world.run();
    REQUIRE(t.alice.last<ue::OptionsAnswered>() != nullptr);
    CHECK(t.alice.last<ue::OptionsAnswered>()->status == 200);
}

TEST_CASE("a UE that is not registered is met with silence and gives up by itself", "[TS24.229-5.2.6.3.2A]") {
    World world;
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    alice.calls(bob);
    REQUIRE(world.until([&] { return alice.last<ue::CallEnded>() != nullptr; }));
    CHECK(alice.last<ue::CallEnded>()->cause == ue::CallEnded::Cause::NoAnswer);
    CHECK(world.noted("pcscf.request.discarded") > 0);
}

TEST_CASE("a call to a UE that vanished ends with an error", "[TS24.229-5.2.6.4]") {
    Two t;
    t.world.kill("bob");
    t.alice.calls(t.bob);
    REQUIRE(t.world.until([&] { return t.alice.last<ue::CallEnded>() != nullptr; }));
    CHECK(t.alice.last<ue::CallEnded>()->status >= 400);
    CHECK(t.world.until([&] { return t.alice.has_no_call(); }));
}

TEST_CASE("two UEs over TCP call each other", "[TS24.229-4.2A]") {
    World world;
    const auto over_tcp = [](ue::Config& c) { c.transport = sip::Transport::Tcp; };
    auto& alice = world.ue("alice", over_tcp);
    auto& bob = world.ue("bob", over_tcp);
    alice.registers();
    bob.registers();
    world.run();
    alice.calls(bob);
    REQUIRE(world.until([&] { return bob.is_ringing(); }));
    bob.answers();
    REQUIRE(world.until([&] { return alice.is_in_call() && bob.is_in_call(); }));
    world.run();
    bob.hangs_up();
    world.run();
    CHECK(alice.has_no_call());
}

TEST_CASE(
    "a UE on IPv6 and one on IPv4 call each other, and what they say of their media arrives as it was said",
    "[RFC6157-3]") {
    Options options;
    options.ipv6 = true;
    World world{options};
    const auto transport = GENERATE(sip::Transport::Udp, sip::Transport::Tcp);
    const bool caller_on_ipv6 = GENERATE(true, false);
    CAPTURE(caller_on_ipv6, transport);
    auto& six = world.ue("six", [&](ue::Config& c) {
        World::on_ipv6(c);
        c.transport = transport;
    });
    auto& four = world.ue("four", [&](ue::Config& c) { c.transport = transport; });
    REQUIRE(flows::registers(world, six));
    REQUIRE(flows::registers(world, four));
    auto& caller = caller_on_ipv6 ? six : four;
    auto& callee = caller_on_ipv6 ? four : six;
    const auto registered = world.crossings().size();
    caller.calls(callee);
    REQUIRE(world.until([&] { return callee.is_ringing(); }));
    callee.answers();
    REQUIRE(world.until([&] { return caller.is_in_call() && callee.is_in_call(); }));
    caller.holds();
    world.run();
    callee.hangs_up();
    REQUIRE(world.until([&] { return caller.has_no_call() && callee.has_no_call(); }));
    callee.sends("hello", caller);
    REQUIRE(world.until([&] { return caller.count<ue::MessageReceived>() == 1; }));
    world.run();

    // Each body is what one of the two wrote, and says his family; and what leads to either is of his own.
    std::map<std::string, std::size_t> bodies;  // how often each crossed
    for (auto i = registered; i < world.crossings().size(); ++i) {
        const auto& c = world.crossings()[i];
        CAPTURE(c.text);
        CHECK_FALSE(c.lost);
        CHECK(c.source.address.is_v6() == c.destination.address.is_v6());
        CHECK(c.source.address.is_v6() == (c.from == "six" || c.to == "six"));
        const auto body = c.text.substr(c.text.find("\r\n\r\n") + 4);
        if (body.starts_with("v=0")) ++bodies[body];
        if (c.to != "six" && c.to != "four") continue;
        const auto via = c.text.find("\r\nVia: ");
        if (!c.text.starts_with("SIP/2.0 "))
            CHECK((c.text.find("[fd00::1:10]", via) < c.text.find("\r\n", via + 2)) == (c.to == "six"));
    }
    REQUIRE(bodies.size() == 4);  // an offer and an answer, twice
    std::size_t of_six = 0;
    for (const auto& [body, times] : bodies) {
        CHECK(times >= 5);  // UE, P-CSCF, S-CSCF, which has both sides, P-CSCF, UE
        const bool six_wrote_it = body.find("c=IN IP6 fd00::2:1\r\n") != std::string::npos;
        CHECK(six_wrote_it != (body.find("c=IN IP4 127.0.2.2\r\n") != std::string::npos));
        of_six += six_wrote_it ? 1U : 0U;
    }
    CHECK(of_six == 2);
}

TEST_CASE("a UE whose TCP connection is gone is called, and its call goes on and ends",
          "[RFC3261-18.1.1][TS24.229-5.2.6.4]") {
    World world;
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob", [](ue::Config& c) { c.transport = sip::Transport::Tcp; });
    alice.registers();
    bob.registers();
    world.run();
    world.cut_connections("bob");
    world.run();
    CHECK(world.noted("pcscf.flow.closed") == 1);
    alice.calls(bob);
    REQUIRE(world.until([&] { return bob.is_ringing(); }));
    bob.answers();
    REQUIRE(world.until([&] { return alice.is_in_call() && bob.is_in_call(); }));
    world.run();
    SECTION("as it is") {}
    SECTION("when the new connection is cut too") {
        world.cut_connections("bob");
    }
    SECTION("when the P-CSCF restarts") {
        world.save_and_restore("pcscf");
    }
    world.run();
    alice.hangs_up();
    world.run();
    CHECK(alice.has_no_call());
    REQUIRE(bob.last<ue::CallEnded>() != nullptr);
    CHECK(bob.last<ue::CallEnded>()->cause == ue::CallEnded::Cause::PeerHungUp);
}

TEST_CASE("a P-CSCF that restarts while a call rings leaves nobody waiting and no dialog behind",
          "[TS24.229-5.2.6]") {
    Two t;
    t.alice.calls(t.bob);
    REQUIRE(t.world.until([&] { return t.alice.hears_ringing(); }));
    t.world.run(2s);
    t.world.save_and_restore("pcscf");
    // Where the INVITE's transaction is gone no answer comes through (RFC 6026 8.9), nor a CANCEL.
    SECTION("the callee picks up, nobody acknowledges, he hears of it by his own timer") {
        t.bob.answers();
        CHECK(t.world.until([&] { return t.bob.has_no_call(); }, 200s));
        t.alice.hangs_up();
    }
    SECTION("the caller gives up, the callee lets it ring until his S-CSCF has had enough") {
        t.alice.hangs_up();
    }
    SECTION("both let it ring, then the caller gives up") {
        t.world.advance(300s);
        t.alice.hangs_up();
    }
    INFO(t.world.ladder());
    CHECK(t.world.until([&] { return t.alice.has_no_call(); }, 200s));
    if (!t.world.until([&] { return t.bob.has_no_call(); }, 300s)) t.bob.hangs_up();  // a person would
    CHECK(t.world.until([&] { return t.bob.has_no_call(); }, 200s));
    t.world.advance(400s);
    CHECK(t.world.pcscf().dialogs() == 2);  // the UEs' reg event subscriptions
    CHECK(t.world.pcscf().idle());
    // And the next call is as any other.
    t.bob.calls(t.alice);
    REQUIRE(t.world.until([&] { return t.alice.is_ringing(); }));
    t.alice.answers();
    CHECK(t.world.until([&] { return t.alice.is_in_call() && t.bob.is_in_call(); }));
}

TEST_CASE("of two devices of one user a GRUU rings the one it names, the number both",
          "[RFC5627][TS24.229-5.4.7A]") {
    World world;
    auto& phone = world.ue("phone", [](ue::Config& c) { c.gruu = true; });
    // The same user: the card was read twice, and takes what the other one has not seen.
    const auto of_phone = phone.ue().config();
    auto& tablet = world.ue("tablet", [&](ue::Config& c) {
        c.impi = of_phone.impi;
        c.impu = of_phone.impu;
        c.instance = "urn:uuid:00000000-0000-4000-8000-00000000beef";
        c.gruu = true;
    });
    auto& bob = world.ue("bob");
    for (auto* one : {&phone, &tablet, &bob}) REQUIRE(flows::registers(world, *one));
    REQUIRE(world.scscf().contacts(phone.impu()) == 2);
    const auto public_gruu = tablet.last<ue::Registered>()->public_gruu;
    const auto temporary_gruu = phone.last<ue::Registered>()->temporary_gruu;
    REQUIRE_FALSE(public_gruu.empty());
    REQUIRE_FALSE(temporary_gruu.empty());

    const auto rings = [&](const Impu& called, bool at_phone, bool at_tablet) {
        bob.calls(called);
        REQUIRE(world.until([&] { return bob.hears_ringing(); }));
        world.advance(1s);
        CHECK(phone.is_ringing() == at_phone);
        CHECK(tablet.is_ringing() == at_tablet);
        auto& who = at_tablet ? tablet : phone;
        who.answers();
        REQUIRE(world.until([&] { return bob.is_in_call() && who.is_in_call(); }));
        // The device gave its GRUU as Contact: what follows finds it by that.
        world.advance(1s);
        bob.hangs_up();
        REQUIRE(world.until([&] { return who.has_no_call(); }));
        world.run();
    };
    rings(phone.number(), true, true);
    rings(Impu{public_gruu}, false, true);
    rings(Impu{temporary_gruu}, true, false);

    // The S-CSCF restarts, the UEs do not notice.
    world.save_and_restore("scscf");
    rings(Impu{public_gruu}, false, true);
    rings(Impu{temporary_gruu}, true, false);

    phone.deregisters();
    world.run();
    bob.calls(Impu{temporary_gruu});
    REQUIRE(world.until([&] { return bob.last<ue::CallEnded>() != nullptr && bob.has_no_call(); }));
    CHECK(bob.last<ue::CallEnded>()->status == 404);
}
