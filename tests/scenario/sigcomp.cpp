// Signalling compression between UE and P-CSCF (TS 24.229 8, RFC 3486, RFC 5049): what crosses is SigComp,
// what the nodes and whoever watches them see is SIP.
#include "common/sigcomp/stream.hpp"
#include "tests/scenario/gm.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

namespace {

void compresses(ue::Config& c) {
    c.sigcomp = true;
}

bool is_of(const Crossing& c, std::string_view phone) {
    return c.from == phone || c.to == phone;
}
struct Totals {
    std::size_t messages = 0, compressed = 0, octets = 0, text = 0;
};
Totals between(const World& world, std::string_view phone, std::size_t from = 0) {
    Totals t;
    for (std::size_t i = from; i < world.crossings().size(); ++i) {
        const auto& c = world.crossings()[i];
        if (!is_of(c, phone) || c.lost) continue;
        ++t.messages;
        t.compressed += c.compressed ? 1U : 0U;
        t.octets += c.octets;
        t.text += c.text.size();
    }
    return t;
}
const Crossing& last(const World& world, std::string_view from, std::string_view text) {
    const auto& all = world.crossings();
    const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Crossing& c) {
        return c.from == from && c.text.find(text) != std::string::npos;
    });
    REQUIRE(found != all.rend());
    return *found;
}
std::size_t compartments(World& world) {
    return world.host("pcscf").compression->endpoint().compartments();
}
std::vector<std::string> reasons(const World& world, std::string_view host, std::string_view id) {
    std::vector<std::string> found;
    for (const auto& r : world.remarks())
        if (r.host == host && r.note.id == id)
            for (const auto& f : r.note.fields)
                if (f.name == "reason") found.push_back(f.value);
    return found;
}

}  // namespace

TEST_CASE("on security associations everything is compressed, both ways, from the answer to the challenge on",
          "[TS24.229-8.2]") {
    const auto transport = GENERATE(sip::Transport::Udp, sip::Transport::Tcp);
    World world{with_ipsec()};
    auto& alice = world.ue("alice", [&](ue::Config& c) {
        compresses(c);
        c.transport = transport;
        c.expires = 3600s;
    });
    auto& bob = world.ue("bob", [&](ue::Config& c) { c.transport = transport; });
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    CHECK(compartments(world) == 1);

    const auto registered = world.crossings().size();
    alice.registers();
    REQUIRE(world.until([&] { return alice.count<ue::Registered>() == 2; }));
    for (auto [caller, callee] : {std::pair{&alice, &bob}, std::pair{&bob, &alice}}) {
        caller->calls(*callee);
        REQUIRE(world.until([&, c = callee] { return c->is_ringing(); }));
        callee->answers();
        REQUIRE(world.until([&, a = caller, b = callee] { return a->is_in_call() && b->is_in_call(); }));
        callee->hangs_up();
        REQUIRE(world.until([&, a = caller, b = callee] { return a->has_no_call() && b->has_no_call(); }));
        caller->sends("hello", *callee);
        REQUIRE(world.until([&, b = callee] { return b->count<ue::MessageReceived>() == 1; }));
    }
    world.run();
    const auto of_alice = between(world, "alice", registered);
    CHECK(of_alice.messages > 20);
    CHECK(of_alice.compressed == of_alice.messages);
    CHECK(of_alice.octets * 4 < of_alice.text);
    CHECK(between(world, "bob").compressed == 0);
    // A re-REGISTER is what the one before it was, but for a few words.
    const auto& again = last(world, "alice", "REGISTER sip:");
    CHECK(again.octets * 100 < again.text.size() * 15);
    CHECK(world.noted("sigcomp.message.refused") == 0);
    CHECK(world.noted("sigcomp.nack.received") == 0);

    // The compartment was one through all associations, and ends with them.
    CHECK(compartments(world) == 1);
    alice.deregisters();
    world.run();
    CHECK(between(world, "alice", registered).compressed == between(world, "alice", registered).messages);
    world.advance(300s);
    CHECK(compartments(world) == 0);
}

TEST_CASE("what leads to the P-CSCF says comp=sigcomp on the UE's side only", "[RFC3486-5][RFC5049-9.1]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", compresses);
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    bob.calls(alice);
    REQUIRE(world.until([&] { return alice.is_ringing(); }));
    alice.answers();
    REQUIRE(world.until([&] { return bob.is_in_call() && alice.is_in_call(); }));

    const auto line = [](const std::string& text, std::string_view name) {
        const auto at = text.find("\r\n" + std::string{name} + ":");
        return text.substr(at + 2, text.find("\r\n", at + 2) - at - 2);
    };
    const auto& to_alice = last(world, "pcscf", "INVITE sip:");
    const auto& invite = to_alice.to == "alice" ? to_alice.text : std::string{};
    REQUIRE_FALSE(invite.empty());
    CHECK(to_alice.compressed);
    CHECK(invite.substr(0, invite.find("\r\n")).find(";comp=sigcomp") != std::string::npos);
    CHECK(line(invite, "Via").find(";comp=sigcomp;sigcomp-id=\"urn:uuid:") != std::string::npos);
    CHECK(line(invite, "Record-Route").find(";comp=sigcomp;sigcomp-id=urn:uuid:") != std::string::npos);
    // Towards the core and the other UE our own entries say nothing of it.
    std::size_t seen = 0;
    for (const auto& c : world.crossings()) {
        if (c.from != "pcscf" || c.to == "alice") continue;
        for (const auto name : {"Record-Route", "Path"}) {
            if (c.text.find("\r\n" + std::string{name} + ":") == std::string::npos) continue;
            ++seen;
            CHECK(line(c.text, name).find("comp=sigcomp") == std::string::npos);
        }
        if (!c.text.starts_with("SIP/2.0")) CHECK(line(c.text, "Via").find("comp=") == std::string::npos);
    }
    CHECK(seen > 3);
}

TEST_CASE("before there is a security association nothing is kept", "[TS24.229-8.2.1]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", compresses);
    // Another phone, which compresses its first REGISTER in clear, and asks for states.
    sigcomp::Endpoint stranger;
    REQUIRE(stranger.open("pcscf"));
    (void)alice;
    const std::string text =
        "REGISTER sip:" + std::string{home} +
        " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.2.1:5060;branch=z9hG4bK1;comp=sigcomp\r\n"
        "From: <sip:x@" +
        std::string{home} + ">;tag=1\r\nTo: <sip:x@" + std::string{home} +
        ">\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"
        "Max-Forwards: 70\r\nContact: <sip:x@127.0.2.1:5060;comp=sigcomp>\r\nContent-Length: 0\r\n\r\n";
    const auto message = stranger.compress("pcscf", text, sigcomp::TransportKind::MessageBased);
    REQUIRE(message.has_value());
    const auto before = world.host("pcscf").compression->endpoint().octets();
    const sip::Flow flow{sip::Transport::Udp, *IpEndpoint::parse("127.0.2.1:5060"),
                         *IpEndpoint::parse("127.0.1.10:5060"), 0};
    world.inject("alice", flow, std::string{message->begin(), message->end()});
    world.run();
    const auto& counters = world.host("pcscf").compression->endpoint().counters();
    CHECK(counters.received == 1);
    CHECK(counters.received_text_octets == text.size());
    CHECK(compartments(world) == 0);
    CHECK(world.host("pcscf").compression->endpoint().octets() == before);
    // It is answered as a REGISTER without security agreement is, and as text.
    CHECK_FALSE(last(world, "pcscf", "SIP/2.0 4").compressed);
}

TEST_CASE("a P-CSCF that lost its states says so, and what it could not read comes again at once",
          "[RFC4077][RFC5049-8]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", compresses);
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    alice.sends("once", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    world.run();
    world.crashes("pcscf");
    world.run();
    REQUIRE(compartments(world) == 0);
    const auto began = world.now();
    alice.sends("twice", bob);
    REQUIRE(world.until([&] { return alice.count<ue::MessageDelivered>() == 2; }));
    CHECK(world.now() - began < 500ms);  // T1 of a UE is two seconds
    CHECK(reasons(world, "pcscf", "sigcomp.message.refused") == std::vector<std::string>{"STATE_NOT_FOUND"});
    CHECK(reasons(world, "alice", "sigcomp.nack.received") == std::vector<std::string>{"STATE_NOT_FOUND"});
    world.run();
    const auto healed = world.crossings().size();
    alice.sends("thrice", bob);
    bob.sends("back", alice);
    world.run();
    CHECK(bob.count<ue::MessageReceived>() == 3);
    CHECK(alice.count<ue::MessageReceived>() == 1);
    const auto after = between(world, "alice", healed);
    CHECK(after.compressed == after.messages);
    CHECK(world.noted("sigcomp.message.refused") == 1);
}

TEST_CASE("a UE that lost its states gets what was sent to it again", "[RFC4077]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", compresses);
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    alice.sends("one", bob);
    world.run();
    world.switch_sigcomp("alice", true);  // a fresh endpoint
    bob.sends("two", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }, 1s));
    CHECK(reasons(world, "alice", "sigcomp.message.refused") == std::vector<std::string>{"STATE_NOT_FOUND"});
    CHECK(reasons(world, "pcscf", "sigcomp.nack.received") == std::vector<std::string>{"STATE_NOT_FOUND"});
}

TEST_CASE("in clear, where that is allowed, the compartment belongs to the registered flow",
          "[TS24.229-8.1.1]") {
    const auto transport = GENERATE(sip::Transport::Udp, sip::Transport::Tcp);
    World world;
    auto& alice = world.ue("alice", [&](ue::Config& c) {
        c.transport = transport;
        c.sigcomp = true;
    });
    auto& bob = world.ue("bob", [&](ue::Config& c) { c.transport = transport; });
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    const auto registered = world.crossings().size();
    alice.sends("hello", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    alice.calls(bob);
    REQUIRE(world.until([&] { return bob.is_ringing(); }));
    bob.answers();
    REQUIRE(world.until([&] { return alice.is_in_call() && bob.is_in_call(); }));
    alice.hangs_up();
    world.run();
    const auto of_alice = between(world, "alice", registered);
    // What was too long for a datagram goes on a connection of its own, which the P-CSCF does not know.
    for (auto i = registered; i < world.crossings().size(); ++i) {
        const auto& c = world.crossings()[i];
        if (is_of(c, "alice")) CHECK(c.compressed == (transport == sip::Transport::Tcp || !c.by_stream));
    }
    CHECK(of_alice.compressed > 6);
    CHECK(world.noted("sigcomp.message.refused") == 0);
    CHECK(compartments(world) == 1);
    alice.deregisters();
    world.run();
    world.advance(300s);
    CHECK(compartments(world) == 0);
}

TEST_CASE("hostile messages end with their datagram, and nobody else notices", "[RFC3320-8.6]") {
    World world{with_ipsec()};
    auto& alice = world.ue("alice", compresses);
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    const sip::Flow flow{sip::Transport::Udp, *IpEndpoint::parse("127.0.2.1:5060"),
                         *IpEndpoint::parse("127.0.1.10:5060"), 0};
    const auto bomb = [](std::initializer_list<int> code) {  // uploaded to address 128
        std::string m{"\xf8", 1};
        m += static_cast<char>(code.size() >> 4);
        m += static_cast<char>((code.size() & 15) << 4 | 1);
        for (const int octet : code) m += static_cast<char>(octet);
        return m;
    };
    world.inject("alice", flow, bomb({22, 0x00, 0x00}));                     // JUMP to itself
    world.inject("alice", flow, bomb({34, 0x00, 0x9f, 0xff, 22, 0xff, 0}));  // OUTPUT, again and again
    world.inject("alice", flow, "\xff");                                     // names nothing
    world.inject("alice", flow, std::string(1200, '\xf8'));
    world.run();
    CHECK(reasons(world, "pcscf", "sigcomp.message.refused").size() == 4);
    CHECK(reasons(world, "pcscf", "sigcomp.message.refused").front() == "CYCLES_EXHAUSTED");
    CHECK(compartments(world) == 1);
    alice.sends("hello", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    CHECK(last(world, "alice", "MESSAGE ").compressed);
}

namespace {

// Bytecode of 4 kB that jumps to itself, which RFC 3320 grants half a million cycles: all at once, from one
// address or from thousands.
void strangers_flood(World& world, std::size_t messages, bool from_everywhere) {
    std::string bomb{"\xf8\xff\xf1\x16\x00\x00", 6};
    bomb.resize(3 + 4095);
    for (std::size_t n = 0; n < messages; ++n) {
        const auto third = static_cast<std::uint8_t>(from_everywhere ? n / 250 : 0);
        const auto fourth = static_cast<std::uint8_t>(from_everywhere ? n % 250 : 1);
        const IpEndpoint source{IpAddress::v4({198, 51, third, fourth}),
                                static_cast<std::uint16_t>(2000 + n)};
        world.inject("alice", {sip::Transport::Udp, source, world.host("pcscf").at, 0}, bomb);
    }
}

}  // namespace

TEST_CASE("strangers that flood the port in clear get the cycles that are theirs, and nobody else notices",
          "[RFC3320-8.6][RFC4077]") {
    constexpr std::size_t flood = 5000;
    const bool from_everywhere = GENERATE(false, true);
    CAPTURE(from_everywhere);
    World world{with_ipsec()};
    auto& alice = world.ue("alice", compresses);
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    const auto before = world.crossings().size();
    strangers_flood(world, flood, from_everywhere);
    world.advance(20ms);
    const Strangers::Config limits;
    const auto allowed = from_everywhere ? limits.cycles_per_second : limits.address_cycles_per_second;
    const auto& strangers = world.host("pcscf").compression->strangers().counters();
    CHECK(strangers.cycles + limits.message_cycles > allowed * 9 / 10);
    CHECK(strangers.cycles < allowed + limits.message_cycles);
    CHECK(strangers.messages + strangers.refused == flood);
    CHECK(world.noted("sigcomp.message.dropped") == strangers.refused);
    CHECK(world.noted("sigcomp.strangers.limited") == 1);
    std::size_t answered = 0;  // a NACK for what was looked at, and silence for the rest
    for (auto i = before; i < world.crossings().size(); ++i) answered += world.crossings()[i].from == "pcscf";
    CHECK(answered == strangers.messages);

    // Alice is known by her associations: what she sends is read at once, and her NACKs, states and calls
    // with it.
    const auto began = world.now();
    alice.sends("hello", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    bob.calls(alice);
    REQUIRE(world.until([&] { return alice.is_ringing(); }));
    CHECK(world.now() - began < 500ms);
    CHECK(last(world, "alice", "SIP/2.0 180").compressed);
    alice.rejects(486);
    world.run();
}

TEST_CASE("beside a flood a UE gets in with a compressed first REGISTER, or as text when nobody answers it",
          "[TS24.229-8.1.1][RFC3486-7]") {
    const bool from_everywhere = GENERATE(false, true);
    CAPTURE(from_everywhere);
    World world;
    auto& alice = world.ue("alice", [](ue::Config& c) {
        c.sigcomp = true;
        c.transport = sip::Transport::Tcp;  // a connection begins with SigComp
    });
    strangers_flood(world, 5000, from_everywhere);
    const auto before = world.crossings().size();
    world.advance(20ms);
    const auto began = world.now();
    alice.registers();
    REQUIRE(world.until([&] { return alice.is_registered(); }));
    CHECK((world.now() - began < 500ms) == !from_everywhere);
    CHECK(world.noted("sip.sigcomp.unanswered") == (from_everywhere ? 1 : 0));
    std::size_t as_text = 0, compressed = 0;
    for (auto i = before; i < world.crossings().size(); ++i) {
        const auto& c = world.crossings()[i];
        if (c.from == "alice" && c.text.starts_with("REGISTER")) ++(c.compressed ? compressed : as_text);
    }
    CHECK(compressed > 0);
    CHECK((as_text > 0) == from_everywhere);
}

TEST_CASE("where SigComp is off a compressed REGISTER stays without answer, and comes again as text",
          "[RFC3486-7]") {
    auto options = with_ipsec();
    options.pcscf.sigcomp = false;
    World world{options};
    auto& alice = world.ue("alice", compresses);
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, bob));
    alice.registers();
    REQUIRE(world.until([&] { return alice.is_registered(); }));
    CHECK(world.noted("sip.sigcomp.unanswered") == 1);
    const auto registered = world.crossings().size();
    alice.sends("hello", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }, 2s));
    bob.sends("hello", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }, 2s));
    CHECK(between(world, "alice", registered).compressed == 0);
}

TEST_CASE("registration and message come about whichever compressed datagram is lost", "[RFC5049-8]") {
    const auto once = [](std::optional<std::uint64_t> lost) {
        World world;  // in clear: what is protected is too long for datagrams, mostly
        auto& alice = world.ue("alice", compresses);
        auto& bob = world.ue("bob");
        std::uint64_t compressed = 0;
        world.drop = [&](std::uint64_t, const Crossing& c) { return c.compressed && compressed++ == lost; };
        REQUIRE(flows::registers(world, bob));
        REQUIRE(flows::registers(world, alice));
        for (int i = 1; i <= 2; ++i) {
            alice.sends("there", bob);
            REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == std::size_t(i); }));
            bob.sends("and back", alice);
            REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == std::size_t(i); }));
        }
        world.run();
        CHECK(world.noted("sigcomp.message.refused") == 0);  // nothing is taken for known that may be lost
        return compressed;
    };
    const auto all = once(std::nullopt);
    CHECK(all > 10);
    for (std::uint64_t lost = 0; lost < all; ++lost) once(lost);
}
