#include "common/trace/follower.hpp"

#include "common/trace/redact.hpp"
#include "tests/unit/trace/support.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::trace;
using namespace ims::trace::test;

namespace {

constexpr auto imsi = "001010000000001";
constexpr auto impi = "001010000000001@ims.mnc001.mcc001.3gppnetwork.org";
constexpr auto impu = "sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org";
constexpr auto number = "tel:+15550001";
constexpr auto bob = "sip:+15550002@ims.mnc001.mcc001.3gppnetwork.org";
constexpr auto scscf = "sip:scscf.ims.mnc001.mcc001.3gppnetwork.org";

WireMessage sip_message(const std::string& text, int second = 0, bool out = false) {
    return {WireMessage::Protocol::Sip,
            out,
            at(second),
            {sip::Transport::Udp, true, flow.local, flow.remote, 0},
            text};
}

std::string response(std::string_view method, std::string_view from, std::string_view to,
                     std::string_view call_id, std::string_view more = {}) {
    return "SIP/2.0 200 OK\r\nFrom: <" + std::string{from} + ">;tag=1\r\nTo: <" + std::string{to} +
           ">;tag=2\r\nCall-ID: " + std::string{call_id} + "\r\nCSeq: 1 " + std::string{method} + "\r\n" +
           std::string{more} + "\r\n";
}

// ---- Diameter, written down by hand

std::string big_endian(std::uint64_t value, unsigned octets) {
    std::string out;
    while (octets-- > 0) out += static_cast<char>(value >> (octets * 8) & 0xff);
    return out;
}
std::string avp(std::uint32_t code, std::string_view value, bool of_3gpp = true) {
    auto out =
        big_endian(code, 4) + (of_3gpp ? "\xC0" : "\x40") + big_endian(value.size() + (of_3gpp ? 12 : 8), 3);
    if (of_3gpp) out += big_endian(10415, 4);
    out += value;
    while (out.size() % 4 != 0) out += '\0';
    return out;
}
std::string command(bool request, std::uint32_t command, std::uint32_t hop_by_hop, const std::string& avps,
                    std::uint32_t application = 16777216) {
    return "\x01" + big_endian(20 + avps.size(), 3) + (request ? "\xC0" : "\x40") + big_endian(command, 3) +
           big_endian(application, 4) + big_endian(hop_by_hop, 4) + big_endian(7, 4) + avps;
}
std::string session(std::string_view id) {
    return avp(263, id, false);
}
WireMessage wire(const std::string& octets, bool out) {
    return {WireMessage::Protocol::Diameter,
            out,
            at(1),
            {sip::Transport::Tcp, true, flow.local, flow.remote, 3},
            octets};
}

struct Service {
    Memory memory{4U << 20};
    Follower follower;

    Follower::Number follow(std::string_view subscriber, std::vector<std::string> identities = {},
                            int from = 0, int until = 3600) {
        std::vector<std::string> keys = identities;
        keys.emplace_back(subscriber);
        const auto whose =
            follower.follow({std::string{subscriber}, std::move(identities), at(from), at(until)});
        Question past{memory, keys};
        follower.remember(whose, past);
        return whose;
    }
    bool sees(const WireMessage& m) { return !follower.see(m).empty(); }
    bool sees(const std::string& sip) { return sees(sip_message(sip)); }
    std::vector<std::string> kept(Follower::Number whose) const {
        std::vector<std::string> octets;
        follower.each_kept(whose, 0, SIZE_MAX, [&](const Follower::Kept& k) { octets.push_back(k.octets); });
        return octets;
    }
};

}  // namespace

TEST_CASE("a subscriber is followed by identities that his registration teaches, and nobody else is",
          "[trace]") {
    Service service;
    CHECK_FALSE(service.follower.on());
    service.follow(imsi);
    CHECK(service.follower.on());

    CHECK(service.sees(request("REGISTER", impu, impu, "reg-1")));
    CHECK_FALSE(service.sees(request("REGISTER", bob, bob, "reg-2")));
    CHECK_FALSE(service.sees(request("INVITE", number, bob, "call-0")));  // not known yet
    const std::string associated = "P-Associated-URI: <" + std::string{impu} + ">, <" + number + ">\r\n";
    CHECK(service.sees(response("REGISTER", impu, impu, "reg-1", associated)));

    CHECK(service.sees(request("INVITE", number, bob, "call-1", "P-Charging-Vector: icid-value=icid-7\r\n")));
    // What names nobody he is known by: his dialog, and its other leg.
    CHECK(service.sees(
        request("BYE", "sip:anonymous@anonymous.invalid", "sip:anonymous@anonymous.invalid", "call-1")));
    CHECK(service.sees(request("INVITE", "sip:as@ims.example", bob, "call-2",
                               "P-Charging-Vector: icid-value=\"icid-7\"\r\n")));
    CHECK(service.sees(response("BYE", "sip:x@y", "sip:z@y", "call-2")));
    // The other party is not followed.
    CHECK_FALSE(service.sees(request("MESSAGE", bob, "sip:carol@ims.example", "im-1")));
}

TEST_CASE("third-party REGISTERs of one S-CSCF do not make all its users one", "[trace]") {
    Service service;
    service.follow(imsi);
    CHECK(service.sees(request("REGISTER", scscf, impu, "third-1")));
    CHECK_FALSE(service.sees(request("REGISTER", scscf, bob, "third-2")));
    CHECK_FALSE(service.sees(request("REGISTER", bob, bob, "reg-2")));

    service.memory.turn(received(request("REGISTER", scscf, impu, "third-1")), {}, at(0));
    service.memory.turn(received(request("REGISTER", scscf, bob, "third-2")), {}, at(0));
    CHECK(ask(service.memory, {imsi})["keys"]["call_id"] == nlohmann::json{"third-1"});
}

TEST_CASE("Cx commands are followed by User-Name, Public-Identity, session and hop-by-hop identifier",
          "[trace]") {
    Service service;
    service.follow(imsi);
    CHECK(service.sees(wire(command(true, 303, 1, session("s;1") + avp(1, impi, false)), true)));
    CHECK(service.sees(wire(command(false, 303, 1, session("s;1")), false)));
    CHECK(service.sees(wire(command(false, 303, 99, session("s;1")), false)));  // by its session
    CHECK(service.sees(wire(command(false, 303, 1, ""), false)));               // by its request
    CHECK_FALSE(service.sees(wire(command(false, 303, 2, session("s;2")), false)));
    CHECK_FALSE(
        service.sees(wire(command(false, 303, 1, ""), true)));  // an answer of ours to another's request
    CHECK_FALSE(
        service.sees(wire(command(true, 280, 5, avp(1, impi, false), 0), true)));  // a watchdog is nobody's

    // The profile in an SAA says by which other names he goes.
    const std::string profile =
        "<IMSSubscription><Identity>" + std::string{number} + "</Identity></IMSSubscription>";
    CHECK(service.sees(wire(command(true, 301, 3, session("s;3") + avp(1, impi, false)), true)));
    CHECK_FALSE(service.sees(wire(command(true, 302, 4, session("s;4") + avp(601, number)), true)));
    CHECK(service.sees(
        wire(command(false, 301, 3, session("s;3") + avp(1, impi, false) + avp(606, profile)), false)));
    CHECK(service.sees(wire(command(true, 302, 5, session("s;5") + avp(601, number)), true)));
}

TEST_CASE("what is asked of the HSS while a message of his is handled is his, whoever it is about",
          "[trace]") {
    Service service;
    service.follow(imsi);
    const auto lir = [](std::uint32_t n) {
        return command(true, 302, n, session("l;" + std::to_string(n)) + avp(601, bob));
    };
    const auto lia = [](std::uint32_t n) {
        return command(false, 302, n, session("l;" + std::to_string(n)));
    };
    CHECK(service.sees(request("INVITE", impu, bob, "call-1")));
    CHECK(service.sees(wire(lir(1), true)));
    service.follower.turn_over();
    CHECK_FALSE(service.sees(wire(lir(2), true)));
    CHECK(service.sees(wire(lia(1), false)));
    CHECK_FALSE(service.sees(wire(lia(2), false)));
    CHECK_FALSE(service.sees(request("REGISTER", bob, bob, "reg-2")));  // the callee's names are not his
}

TEST_CASE("what the memory had of a subscriber is his from the beginning", "[trace]") {
    Service service;
    const std::string associated = "P-Associated-URI: <" + std::string{number} + ">\r\n";
    service.memory.turn(received(request("REGISTER", impu, impu, "reg-1")), {}, at(0));
    service.memory.turn(received(response("REGISTER", impu, impu, "reg-1", associated)), {}, at(0));
    service.memory.turn(received(request("INVITE", number, bob, "call-1")), {}, at(1));
    const auto whose = service.follow(imsi, {}, 2);
    CHECK(service.kept(whose).size() == 3);
    CHECK(service.sees(request("BYE", "sip:x@y", "sip:z@y", "call-1")));
    CHECK(service.sees(request("INVITE", number, bob, "call-2")));
}

TEST_CASE("a trace ends by itself or when asked, and what it saw stays until the next of the same subscriber",
          "[trace]") {
    Service service;
    const auto first = service.follow(imsi, {}, 0, 10);
    CHECK(service.sees(sip_message(request("REGISTER", impu, impu, "a"), 9)));
    CHECK_FALSE(service.sees(sip_message(request("REGISTER", impu, impu, "b"), 10)));
    CHECK_FALSE(service.follower.on());
    CHECK(service.kept(first).size() == 1);
    REQUIRE(service.follower.find(imsi) != nullptr);
    CHECK(service.follower.find(imsi)->ended);
    CHECK_FALSE(service.follower.stop(imsi, at(11)));

    const auto second = service.follow(imsi, {}, 20, 30);
    CHECK(second != first);
    CHECK(service.kept(first).empty());
    CHECK(service.sees(sip_message(request("REGISTER", impu, impu, "c"), 21)));
    CHECK(service.follower.stop(imsi, at(22)));
    CHECK_FALSE(service.sees(sip_message(request("REGISTER", impu, impu, "d"), 23)));
    CHECK(service.kept(second).size() == 1);
    CHECK(service.follower.followed().size() == 1);
}

TEST_CASE(
    "two who call each other have the call both; there is an end to how many are traced and how much is kept",
    "[trace]") {
    Service service;
    service.follower = Follower{20'000};
    const auto alice = service.follow(imsi);
    const auto other = service.follow(bob);
    const auto call = request("INVITE", impu, bob, "call-1");
    CHECK(service.follower.see(sip_message(call)) == std::vector<Follower::Number>{alice, other});
    CHECK(service.kept(alice) == service.kept(other));
    for (int n = 0; n < 200; ++n) service.sees(request("MESSAGE", impu, bob, "im-" + std::to_string(n)));
    std::size_t octets = 0;
    for (const auto& text : service.kept(alice)) octets += text.size();
    CHECK(octets > 5'000);
    CHECK(octets < 20'000);
    CHECK(service.follower.dropped() == 201 - service.kept(alice).size());

    for (int n = 0; n < 62; ++n) CHECK(service.follow("+1777" + std::to_string(1000 + n)) != 0);
    CHECK(service.follow("+19990000") == 0);
    CHECK(service.follower.stop(bob, at(1)));
    CHECK(service.follow("+19990000") != 0);
}

TEST_CASE("what is kept comes in pieces, in the order it was seen", "[trace]") {
    Service service;
    const auto whose = service.follow(imsi);
    for (int n = 0; n < 10; ++n) service.sees(request("MESSAGE", impu, bob, "im-" + std::to_string(n)));
    std::vector<std::uint64_t> numbers;
    std::uint64_t after = 0;
    int pieces = 0;
    for (bool more = true; more; ++pieces)
        more = !service.follower.each_kept(
            whose, after, 600, [&](const Follower::Kept& k) { numbers.push_back(after = k.number); });
    CHECK(numbers == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    CHECK(pieces > 2);
}

TEST_CASE("keys are in nothing that is kept", "[trace]") {
    Service service;
    const auto whose = service.follow(imsi);
    service.sees(request("REGISTER", impu, impu, "a",
                         "WWW-Authenticate: Digest nonce=n,ck=\"00112233\",ik=\"44556677\"\r\n"));
    const auto item = avp(612, avp(608, "Digest-AKAv1-MD5") + avp(609, "RANDAUTN") + avp(610, "XRESXRES") +
                                   avp(625, "CKCKCKCKCKCKCKCK") + avp(626, "IKIKIKIKIKIKIKIK"));
    const auto digest = avp(612, avp(635, avp(121, "HA1HA1HA1", false)));
    service.sees(wire(
        command(true, 303, 1, session("s;1") + avp(1, impi, false) + avp(612, avp(610, "RANDAUTS"))), true));
    const auto maa = command(false, 303, 1, session("s;1") + item + digest);
    service.sees(wire(maa, false));
    const auto kept = service.kept(whose);
    REQUIRE(kept.size() == 3);
    for (const auto& text : kept)
        for (const auto* secret : {"00112233", "44556677", "XRES", "CKCK", "IKIK", "HA1"})
            CHECK(text.find(secret) == std::string::npos);
    CHECK(kept[1].find("RANDAUTS") != std::string::npos);
    CHECK(kept[2].find("RANDAUTN") != std::string::npos);
    CHECK(kept[2].size() == maa.size());
}

TEST_CASE("damaged Diameter is looked at as far as it goes", "[trace]") {
    Service service;
    service.follow(imsi);
    const auto whole = command(true, 303, 1, session("s;1") + avp(1, impi, false) + avp(606, "<Identity>x"));
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const auto cut = whole.substr(0, size);
        service.sees(wire(cut, true));
        CHECK(redacted_diameter(cut).size() == size);
    }
    auto wrong = whole;
    wrong[27] = '\x01';  // an AVP shorter than its head
    CHECK_FALSE(service.sees(wire(wrong, true)));
}
