// UEs whose first hop is TLS or a WebSocket, as browsers have it, through the whole core (RFC 7118, RFC 5626,
// RFC 5627, TS 33.203 annex O).
#include "tests/scenario/flows.hpp"
#include "tests/support/world/why.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;
using sip::Transport;

namespace {

Options with_connections(bool required = false) {
    Options o;
    o.connections = true;
    o.security_required = required;
    return o;
}

std::function<void(ue::Config&)> over(Transport transport) {
    return [=](ue::Config& c) { World::first_hop(c, transport); };
}

// Nobody may look for a page in DNS (RFC 7118 B.1).
void watch_dns(World& world) {
    world.on_turn = [](const Host&, const Event*, const Effects& effects) {
        for (const auto& effect : effects)
            if (const auto* query = std::get_if<sip::dns::Query>(&effect))
                FAIL("DNS is asked for " << query->name);
    };
}

void call_message_and_hang_up(World& world, Phone& caller, Phone& callee) {
    caller.calls(callee);
    REQUIRE(world.until([&] { return callee.is_ringing(); }));
    callee.answers();
    REQUIRE(world.until([&] { return caller.is_in_call() && callee.is_in_call(); }));
    callee.hangs_up();
    REQUIRE(world.until([&] { return caller.has_no_call() && callee.has_no_call(); }));
    const auto before = callee.count<ue::MessageReceived>();
    caller.sends("hello", callee);
    REQUIRE(world.until([&] { return callee.count<ue::MessageReceived>() == before + 1; }));
}

}  // namespace

TEST_CASE("over TLS and secure WebSockets a password is enough where security is required",
          "[TS33.203-O][RFC7118]") {
    const auto transport = GENERATE(Transport::Tls, Transport::Wss);
    World world{with_connections(true)};
    watch_dns(world);
    auto& alice = world.ue("alice", over(transport));
    auto& bob = world.ue("bob", over(transport));
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    call_message_and_hang_up(world, alice, bob);
    call_message_and_hang_up(world, bob, alice);
    world.run();
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::Registered>() == 2; }));
    CHECK(std::any_of(world.crossings().begin(), world.crossings().end(), [](const auto& c) {
        return c.from == "pcscf" && c.text.find("integrity-protected=\"tls-yes\"") != std::string::npos;
    }));
    alice.deregisters();
    bob.deregisters();
    world.run();
    world.advance(300s);
    CHECK(world.pcscf().bindings() == 0);
    // All that UEs said and heard crossed on the connections they made.
    for (const auto& c : world.crossings())
        if (c.from == "alice" || c.to == "alice") CHECK(c.transport == transport);
}

TEST_CASE("a page and a phone call each other", "[RFC7118]") {
    World world{with_connections()};
    watch_dns(world);
    auto& page = world.ue("page", over(Transport::Ws));
    auto& phone = world.ue("phone");
    REQUIRE(flows::registers(world, page));
    REQUIRE(flows::registers(world, phone));
    call_message_and_hang_up(world, page, phone);
    call_message_and_hang_up(world, phone, page);
}

TEST_CASE("without TLS a password is refused where security is required", "[TS33.203-O]") {
    World world{with_connections(true)};
    auto& page = world.ue("page", over(Transport::Ws));
    page.registers();
    world.run();
    REQUIRE(page.count<ue::RegistrationFailed>() == 1);
    CHECK(page.last<ue::RegistrationFailed>()->status == 421);
    CHECK(Why(world, page.impi().value()).cause() == "security-not-offered");
}

TEST_CASE("a wrong password is 403 on a WebSocket too, and the connection stays free",
          "[TS24.229-5.4.1.2.3B]") {
    World world{with_connections()};
    auto& page = world.ue("page", [](ue::Config& c) {
        World::first_hop(c, Transport::Ws);
        c.misbehaviour = ue::Misbehaviour::WrongResponse;
    });
    page.registers();
    world.run();
    CHECK_FALSE(page.is_registered());
    CHECK(page.last<ue::RegistrationFailed>()->status == 403);
    page.ue().set_misbehaviour(ue::Misbehaviour::None);
    page.registers();
    world.run();
    CHECK(page.is_registered());
}

TEST_CASE("a call for a page whose flow is gone takes its other flow", "[RFC5626-7][RFC5626-5.3.1]") {
    World world{with_connections()};
    watch_dns(world);
    auto& bob = world.ue("bob");
    auto& page = world.ue("page", over(Transport::Ws));
    auto& second = world.ue("second", [&](ue::Config& c) {  // another connection of the same device
        World::first_hop(c, Transport::Ws);
        c.impi = page.impi();
        c.impu = page.impu();
        c.instance = "urn:uuid:11111111-1111-4111-8111-111111111111";
        c.reg_id = 2;
    });
    page.ue();
    REQUIRE(flows::registers(world, bob));
    REQUIRE(flows::registers(world, page));
    world.advance(1s);
    REQUIRE(flows::registers(world, second));
    world.cut_connections("second");
    world.run();
    CHECK(world.noted("pcscf.flow.closed") == 1);

    bob.calls(page);
    REQUIRE(world.until([&] { return page.is_ringing(); }));
    CHECK_FALSE(second.is_ringing());
    page.rejects(486);
    world.run();

    world.cut_connections("page");
    world.run();
    bob.forgets_what_happened();
    bob.calls(page);
    REQUIRE(world.until([&] { return bob.count<ue::CallEnded>() == 1; }));
    CHECK(bob.last<ue::CallEnded>()->status == 480);
    world.run();
    CHECK(Why(world, bob.impi().value()).cause() == "callee-flow-dead");

    // Until it comes back, which a page does by itself.
    page.registers();
    world.run();
    bob.sends("again", page);
    CHECK(world.until([&] { return page.count<ue::MessageReceived>() == 1; }));
}

TEST_CASE("a call goes on when its page comes back on a new WebSocket", "[RFC5626-4.4]") {
    World world{with_connections()};
    auto& bob = world.ue("bob");
    auto& page = world.ue("page", over(Transport::Wss));
    REQUIRE(flows::registers(world, bob));
    REQUIRE(flows::registers(world, page));
    bob.calls(page);
    REQUIRE(world.until([&] { return page.is_ringing(); }));
    page.answers();
    REQUIRE(world.until([&] { return bob.is_in_call() && page.is_in_call(); }));
    world.run();
    world.cut_connections("page");
    world.run();
    page.registers();
    world.run();
    CHECK(page.count<ue::Registered>() == 2);
    CHECK(world.noted("scscf.session.released") == 0);
    bob.hangs_up();
    REQUIRE(world.until([&] { return bob.has_no_call() && page.has_no_call(); }));
    CHECK(world.pcscf().bindings() == 2);
}

TEST_CASE("a page is called by its GRUU, and nobody by that of a page that is gone", "[RFC5627-4.4]") {
    World world{with_connections()};
    watch_dns(world);
    auto& bob = world.ue("bob");
    auto& page = world.ue("page", [](ue::Config& c) {
        World::first_hop(c, Transport::Ws);
        c.gruu = true;
    });
    REQUIRE(flows::registers(world, bob));
    REQUIRE(flows::registers(world, page));
    const auto* registered = page.last<ue::Registered>();
    REQUIRE_FALSE(registered->public_gruu.empty());
    REQUIRE_FALSE(registered->temporary_gruu.empty());
    for (const auto& gruu : {registered->public_gruu, registered->temporary_gruu}) {
        bob.calls(Impu{gruu});
        REQUIRE(world.until([&] { return page.is_ringing(); }));
        page.answers();
        // Her Contact is the public GRUU: what bob says in the dialog finds the page by it.
        REQUIRE(world.until([&] { return bob.is_in_call() && page.is_in_call(); }));
        bob.hangs_up();
        REQUIRE(world.until([&] { return bob.has_no_call() && page.has_no_call(); }));
        world.run();
    }
    world.cut_connections("page");
    world.run();
    bob.forgets_what_happened();
    bob.calls(page);
    REQUIRE(world.until([&] { return bob.count<ue::CallEnded>() == 1; }));
    CHECK(bob.last<ue::CallEnded>()->status == 480);
}
