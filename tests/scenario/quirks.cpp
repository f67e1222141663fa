// What real phones write otherwise than our test UE, each as a phone of that kind would: what leaves the UE
// is rewritten on its way. The numbers are of no standard; they are those of our list of phones in
// docs/gm.md.
#include "tests/scenario/gm.hpp"

#include <algorithm>
#include <functional>
#include <regex>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

namespace {

// Re-registrations are not challenged, as most networks have it.
Options refreshed_unchallenged() {
    Options o;
    o.ipsec = true;
    return o;
}

// Short lists: only what grows by the answer to a challenge is too long for a datagram.
Options with_short_lists() {
    auto o = refreshed_unchallenged();
    o.pcscf.ipsec.transforms = {{ipsec::Integrity::HmacSha1_96, ipsec::Encryption::AesCbc}};
    return o;
}

// Header lines, the first line and the body can be worked on one by one.
struct Text {
    std::string first;
    std::vector<std::string> lines;
    std::string body;

    explicit Text(const std::string& text) {
        const auto end = text.find("\r\n\r\n");
        body = text.substr(end + 4);
        std::size_t at = text.find("\r\n");
        first = text.substr(0, at);
        for (at += 2; at < end;) {
            const auto next = std::min(text.find("\r\n", at), end);
            lines.push_back(text.substr(at, next - at));
            at = next + 2;
        }
    }
    std::string text() const {
        std::string out = first + "\r\n";
        for (const auto& line : lines) out += line + "\r\n";
        return out + "\r\n" + body;
    }
    std::string* find(std::string_view name) {
        for (auto& line : lines)
            if (line.starts_with(std::string{name} + ":")) return &line;
        return nullptr;
    }
};

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

// A phone that writes like this registers, is called and calls, sends and receives a message, and leaves.
void lives(World& world, Phone& alice) {
    auto& bob = world.ue("bob");
    (void)flows::registers(world, alice);
    INFO(world.ladder());
    REQUIRE(alice.is_registered());
    REQUIRE(flows::registers(world, bob));
    call(world, bob, alice, alice);
    call(world, alice, bob, alice);
    bob.sends("to the phone", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }));
    alice.sends("from the phone", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    alice.deregisters();
    world.run();
    CHECK_FALSE(world.scscf().is_registered(alice.impu()));
}

using Rewrite = std::function<void(Text&)>;
void alice_writes(World& world, const Rewrite& change) {
    world.rewrite = [change](const std::string& from, std::string& text) {
        if (from != "alice") return;
        Text t{text};
        change(t);
        text = t.text();
    };
}

}  // namespace

TEST_CASE("phone 1: a REGISTER over UDP, the answer over TCP, then UDP again, on one set of associations",
          "[quirks]") {
    World world{with_short_lists()};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.ipsec.transforms.resize(2); });
    REQUIRE(flows::registers(world, alice));
    std::vector<std::string> ways;
    for (const auto& c : world.crossings())
        if (c.from == "alice" && !c.text.starts_with("SIP/2.0"))
            ways.push_back(c.text.substr(0, c.text.find(' ')) + (c.by_stream ? " TCP" : " UDP"));
    REQUIRE(ways.size() >= 3);
    for (const auto& c : world.crossings())
        if (c.from == "alice") UNSCOPED_INFO(c.text.size() << " " << c.text.substr(0, 20));
    CHECK(ways[0] == "REGISTER UDP");
    CHECK(ways[1] == "REGISTER TCP");
    CHECK(ways[2] == "SUBSCRIBE UDP");
    CHECK(world.host("pcscf").associations.size() == 1);
}

TEST_CASE("phone 2: what the UE sends answers to is the protected server port, in Via and Record-Route",
          "[quirks][TS24.229-5.2.6.4.3]") {
    World world{with_short_lists()};
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    bob.sends("short", alice);
    REQUIRE(world.until([&] { return alice.count<ue::MessageReceived>() == 1; }));
    bob.calls(alice);
    REQUIRE(world.until([&] { return alice.is_ringing(); }));
    std::size_t requests = 0, datagrams = 0;
    for (const auto& c : world.crossings()) {
        if (c.to != "alice" || c.text.starts_with("SIP/2.0")) continue;
        ++requests;
        Text t{c.text};
        CHECK(t.find("Via")->find("127.0.1.10:5063") != std::string::npos);
        if (const auto* route = t.find("Record-Route"))
            CHECK(route->find("@127.0.1.10:5063") != std::string::npos);
        if (c.by_stream) continue;          // on the connection that the UE opened
        CHECK(c.destination.port == 5062);  // port-us
        CHECK(c.source.port != 5063);       // from port-pc (33.203 7.1)
        ++datagrams;
    }
    CHECK(requests >= 2);
    CHECK(datagrams >= 1);
}

TEST_CASE("phone 3: a Contact without user, Authorization joined by bare commas, Via with rport and keep",
          "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    alice_writes(world, [](Text& t) {
        if (auto* contact = t.find("Contact")) replace_all(*contact, "sip:001010000000001@", "sip:");
        if (auto* authorization = t.find("Authorization")) replace_all(*authorization, ", ", ",");
        if (auto* via = t.find("Via"); via != nullptr && !t.first.starts_with("SIP/2.0")) *via += ";keep";
    });
    lives(world, alice);
}

TEST_CASE("phone 4: qop unquoted, nc and qop after algorithm", "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    alice_writes(world, [](Text& t) {
        auto* authorization = t.find("Authorization");
        if (authorization == nullptr) return;
        static const std::regex part{R"(, (nc=[0-9a-f]+|qop="?[a-z-]+"?|cnonce="[^"]*"))"};
        std::string moved;
        for (std::sregex_iterator it{authorization->begin(), authorization->end(), part}, end; it != end;
             ++it)
            moved += it->str();
        *authorization = std::regex_replace(*authorization, part, "") + moved;
    });
    lives(world, alice);
}

TEST_CASE(
    "phone 5: SUBSCRIBE to the reg event with tel URIs everywhere, Expires 600000 and two Route headers",
    "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    alice_writes(world, [&](Text& t) {
        if (!t.first.starts_with("SUBSCRIBE")) return;
        const auto tel = alice.number().value();
        t.first = "SUBSCRIBE " + tel + " SIP/2.0";
        for (const auto* name : {"To", "From", "P-Preferred-Identity"})
            if (auto* line = t.find(name)) {
                const auto from = line->find('<');
                line->replace(from, line->find('>') - from + 1, "<" + tel + ">");
            }
        if (auto* expires = t.find("Expires")) *expires = "Expires: 600000";
        std::vector<std::string> lines;
        for (const auto& line : t.lines) {
            const auto comma = line.starts_with("Route:") ? line.find(",<") : std::string::npos;
            const auto spaced = line.starts_with("Route:") ? line.find(", <") : std::string::npos;
            const auto at = std::min(comma, spaced);
            if (at == std::string::npos) {
                lines.push_back(line);
                continue;
            }
            lines.push_back(line.substr(0, at));
            lines.push_back("Route: " + line.substr(line.find('<', at)));
        }
        t.lines = lines;
    });
    REQUIRE(flows::registers(world, alice));
    CHECK(alice.count<ue::RegistrationStateNotified>() >= 1);
    const auto refused = std::count_if(world.crossings().begin(), world.crossings().end(), [](const auto& c) {
        return c.to == "alice" && c.text.find("SUBSCRIBE") != std::string::npos &&
               c.text.starts_with("SIP/2.0 4");
    });
    CHECK(refused == 0);
}

TEST_CASE("phone 6: INVITE to a number with a phone-context that is no domain, and user=phone", "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    alice_writes(world, [](Text& t) {
        if (!t.first.starts_with("INVITE")) return;
        t.first = "INVITE sip:5550002;phone-context=" + std::string{home} + "@" + std::string{home} +
                  ";user=phone SIP/2.0";
        t.lines.push_back("X-Filler: " + std::string(1500, 'x'));  // those of such phones pass 2000 octets
    });
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    alice.calls(bob);
    REQUIRE(world.until([&] { return alice.count<ue::CallEnded>() == 1; }));
    // A number of its own network, which nobody has: the HSS is asked, and no node finds it malformed.
    CHECK(alice.last<ue::CallEnded>()->status == 404);
    CHECK(std::any_of(world.crossings().begin(), world.crossings().end(), [](const auto& c) {
        return c.to == "icscf" && c.text.starts_with("INVITE ") && c.text.size() > 2000;
    }));
}

TEST_CASE("phone 7: a 180 with Max-Forwards and Require: precondition, and routes that go on being loose",
          "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    alice_writes(world, [](Text& t) {
        if (t.first.starts_with("SIP/2.0 18")) {
            t.lines.emplace_back("Max-Forwards: 70");
            if (auto* require = t.find("Require"))
                *require += ", precondition";
            else
                t.lines.emplace_back("Supported: precondition");
        }
    });
    lives(world, alice);
}

TEST_CASE(
    "phone 8: no security agreement, no User-Agent, no algorithm, and another From tag in each REGISTER",
    "[quirks]") {
    Options options;
    options.pcscf.security = pcscf::Security::Preferred;
    World world{options};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.ipsec = {}; });
    alice_writes(world, [](Text& t) {
        std::erase_if(t.lines, [](const auto& line) { return line.starts_with("User-Agent:"); });
        if (auto* via = t.find("Via"); via != nullptr && !t.first.starts_with("SIP/2.0"))
            replace_all(*via, ";rport", "");
        if (!t.first.starts_with("REGISTER")) return;
        if (auto* authorization = t.find("Authorization"))
            *authorization = std::regex_replace(*authorization, std::regex{R"(, algorithm=[^,]+)"}, "");
        auto* from = t.find("From");
        const auto* cseq = t.find("CSeq");
        *from += cseq->substr(6, cseq->find(' ', 6) - 6);
    });
    lives(world, alice);
}

TEST_CASE("phone 9: two routes in one Route header, a comma and no space; requests over TCP from any port",
          "[quirks]") {
    Options options;
    options.pcscf.security = pcscf::Security::Off;
    World world{options};
    auto& alice = world.ue("alice", [](ue::Config& c) { c.transport = sip::Transport::Tcp; });
    alice_writes(world, [](Text& t) {
        std::string all;
        for (const auto& line : t.lines)
            if (line.starts_with("Route:")) all += (all.empty() ? "" : ",") + line.substr(7);
        replace_all(all, ", ", ",");
        const auto first = std::find_if(t.lines.begin(), t.lines.end(),
                                        [](const auto& line) { return line.starts_with("Route:"); });
        if (first == t.lines.end()) return;
        *first = "Route: " + all;
        const auto keep = *first;
        std::size_t seen = 0;
        std::erase_if(t.lines, [&](const auto& line) { return line.starts_with("Route:") && seen++ > 0; });
    });
    lives(world, alice);
}

TEST_CASE("phone 10: proposals with spaces, without prot and mod, and SPIs above 2^31", "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    alice_writes(world, [](Text& t) {
        for (auto& line : t.lines)
            if (line.starts_with("Security-Client:")) {
                replace_all(line, ";prot=esp", "");
                replace_all(line, ";mod=trans", "");
                replace_all(line, ";", "; ");
            }
    });
    lives(world, alice);
}

TEST_CASE("phone 11: 3DES first, and something acceptable further down: we choose by our preference",
          "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue(
        "alice", [](ue::Config& c) { std::reverse(c.ipsec.transforms.begin(), c.ipsec.transforms.end()); });
    REQUIRE(flows::registers(world, alice));
    CHECK(world.host("pcscf").associations.begin()->second.set.transform.text() == "hmac-sha-1-96/aes-cbc");
}

TEST_CASE("phone 14: the Authorization header is folded in its middle", "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    alice_writes(world, [](Text& t) {
        auto* authorization = t.find("Authorization");
        if (authorization == nullptr) return;
        const auto comma = authorization->rfind(", ");
        authorization->replace(comma, 2, ",\r\n        ");
    });
    lives(world, alice);
}

TEST_CASE("phone 15: no UE ever sees ck or ik", "[quirks][TS24.229-5.2.2.2]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    REQUIRE(flows::registers(world, alice));
    std::size_t challenges = 0;
    for (const auto& c : world.crossings()) {
        if (c.to != "alice" || !c.text.starts_with("SIP/2.0 401")) continue;
        ++challenges;
        CHECK(c.text.find("ck=") == std::string::npos);
        CHECK(c.text.find("ik=") == std::string::npos);
    }
    CHECK(challenges == 1);
}

TEST_CASE("phone 16: Via comes last, digest parameters are sorted, and CRLFCRLF follows a message",
          "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    alice_writes(world, [](Text& t) {
        std::stable_partition(t.lines.begin(), t.lines.end(),
                              [](const auto& line) { return !line.starts_with("Via:"); });
        if (auto* authorization = t.find("Authorization")) {
            const std::string head = "Authorization: Digest ";
            std::vector<std::string> parts;
            auto rest = authorization->substr(head.size());
            for (std::size_t at = 0; !rest.empty(); rest.erase(0, std::min(rest.size(), at + 2))) {
                at = std::min(rest.find(", "), rest.size());
                parts.push_back(rest.substr(0, at));
            }
            std::sort(parts.begin(), parts.end());
            *authorization = head;
            for (const auto& part : parts) *authorization += (part == parts.front() ? "" : ", ") + part;
        }
    });
    lives(world, alice);
}

TEST_CASE("phone 17: compact names without a space, and mechanisms nobody knows in Security-Verify",
          "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    alice_writes(world, [](Text& t) {
        for (auto& line : t.lines) {
            for (const auto& [name, compact] :
                 {std::pair{"Via: ", "v:"}, std::pair{"From: ", "f:"}, std::pair{"To: ", "t:"},
                  std::pair{"Call-ID: ", "i:"}, std::pair{"Contact: ", "m:"}, std::pair{"Supported: ", "k:"}})
                if (line.starts_with(name)) line.replace(0, std::string_view{name}.size(), compact);
            if (line.starts_with("Security-Verify:"))
                line += ", rfc9999-magic;q=0.1;alg=none, sdes-srtp;mediasec";
        }
    });
    lives(world, alice);
}

TEST_CASE("phone 18: the first REGISTER over TCP, a bare IPv6 address in Call-ID, odd access information",
          "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice", [](ue::Config& c) {
        c.transport = sip::Transport::Tcp;
        c.access_network = "3GPP-NR-FDD;utran-cell-id-3gpp=00101000100000001";
    });
    const auto here = [](std::string& text, bool leaves) {
        const std::string plain = "@127.0.2.1\r\n", odd = "@fd00:10::7:1\r\n";
        Text t{text};
        if (auto* id = t.find("Call-ID")) {
            auto line = *id + "\r\n";
            replace_all(line, leaves ? plain : odd, leaves ? odd : plain);
            *id = line.substr(0, line.size() - 2);
        }
        text = t.text();
    };
    world.rewrite = [&](const std::string& from, std::string& text) {
        if (from == "alice") here(text, true);
        // What comes back must fit the UE's own idea of the Call-ID.
        if (from == "pcscf" && text.find("fd00:10::7:1") != std::string::npos &&
            text.find("Via: SIP/2.0/TCP 127.0.2.1") != std::string::npos)
            here(text, false);
        if (from == "pcscf" && text.find("127.0.2.1:5062 SIP/2.0") != std::string::npos) here(text, false);
    };
    REQUIRE(flows::registers(world, alice));
    CHECK(world.scscf().is_registered(alice.impu()));
}

TEST_CASE("phone 19: From is the temporary identity; what is asserted is what was registered", "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    alice_writes(world, [&](Text& t) {
        if (!t.first.starts_with("MESSAGE")) return;
        auto* from = t.find("From");
        const auto at = from->find('<');
        from->replace(at, from->find('>') - at + 1, "<" + alice.impu().value() + ">");
        std::erase_if(t.lines, [](const auto& line) { return line.starts_with("P-Preferred-Identity:"); });
    });
    REQUIRE(flows::registers(world, alice));
    REQUIRE(flows::registers(world, bob));
    alice.sends("who is it?", bob);
    REQUIRE(world.until([&] { return bob.count<ue::MessageReceived>() == 1; }));
    const auto& associated = alice.last<ue::Registered>()->associated_uris;
    CHECK(bob.last<ue::MessageReceived>()->from == associated.front());
}

TEST_CASE("phone 20: a BYE with a space before the semicolon of its Reason, and a very long Request-URI",
          "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    alice_writes(world, [](Text& t) {
        if (!t.first.starts_with("BYE")) return;
        t.lines.emplace_back("Reason: RELEASE_CAUSE ;cause=1 ;text=\"User ends call\"");
        const auto end = t.first.rfind(" SIP/2.0");
        t.first.insert(end, ";x-device=" + std::string(200, 'a'));
    });
    lives(world, alice);
}

TEST_CASE("phone 21: airplane mode: a new address, and the old registration is replaced", "[quirks]") {
    World world{refreshed_unchallenged()};
    auto& alice = world.ue("alice");
    REQUIRE(flows::registers(world, alice));
    world.kill("alice");
    world.host("alice").associations.clear();
    auto& again = world.ue("again", [&](ue::Config& c) {
        c.impi = alice.impi();
        c.impu = alice.impu();
    });
    REQUIRE(flows::registers(world, again));
    world.run();
    CHECK(world.pcscf().bindings() == 1);
    CHECK(world.host("pcscf").associations.size() == 1);
}
