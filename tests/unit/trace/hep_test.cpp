#include "common/trace/hep.hpp"

#include <map>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::trace;

namespace {

std::uint64_t number(std::string_view octets) {
    std::uint64_t n = 0;
    for (const char c : octets) n = n << 8 | static_cast<std::uint8_t>(c);
    return n;
}

std::map<unsigned, std::string> chunks_of(const std::string& packet) {
    REQUIRE(packet.substr(0, 4) == "HEP3");
    REQUIRE(number(packet.substr(4, 2)) == packet.size());
    std::map<unsigned, std::string> chunks;
    for (std::size_t at = 6; at < packet.size();) {
        REQUIRE(number(packet.substr(at, 2)) == 0);
        const auto length = number(packet.substr(at + 4, 2));
        REQUIRE(length >= 6);
        chunks[static_cast<unsigned>(number(packet.substr(at + 2, 2)))] = packet.substr(at + 6, length - 6);
        at += length;
        REQUIRE(at <= packet.size());
    }
    return chunks;
}

WireMessage message(std::string_view text, bool out, std::string_view local, std::string_view remote) {
    return {WireMessage::Protocol::Sip,
            out,
            WallClock{std::chrono::microseconds{1'700'000'000'123'456}},
            {sip::Transport::Udp, true, *IpEndpoint::parse(local), *IpEndpoint::parse(remote), 0},
            text};
}

}  // namespace

TEST_CASE("a HEP packet has the chunks a collector wants, over IPv4 and IPv6, sent and received", "[trace]") {
    const Collector collector{"192.0.2.7", 9060, 2001, "secret"};
    const auto v4 = chunks_of(
        hep_packet(message("OPTIONS", true, "192.0.2.1:5060", "192.0.2.2:4060"), "call-1", collector, "pcscf")
            .octets);
    CHECK(number(v4.at(1)) == 2);
    CHECK(number(v4.at(2)) == 17);
    CHECK(v4.at(3) == std::string("\xC0\x00\x02\x01", 4));
    CHECK(v4.at(4) == std::string("\xC0\x00\x02\x02", 4));
    CHECK(number(v4.at(7)) == 5060);
    CHECK(number(v4.at(8)) == 4060);
    CHECK(number(v4.at(9)) == 1'700'000'000);
    CHECK(number(v4.at(10)) == 123'456);
    CHECK(number(v4.at(11)) == 1);
    CHECK(number(v4.at(12)) == 2001);
    CHECK(v4.at(14) == "secret");
    CHECK(v4.at(15) == "OPTIONS");
    CHECK(v4.at(17) == "call-1");
    CHECK(v4.at(19) == "pcscf");
    CHECK_FALSE(v4.contains(5));

    const auto v6 = chunks_of(
        hep_packet(message("OPTIONS", false, "[2001:db8::1]:5060", "[2001:db8::2]:4060"), "", {}, "pcscf")
            .octets);
    CHECK(number(v6.at(1)) == 10);
    CHECK(v6.at(5).size() == 16);
    CHECK(v6.at(5).back() == 2);
    CHECK(v6.at(6).back() == 1);
    CHECK(number(v6.at(7)) == 4060);
    CHECK_FALSE(v6.contains(3));
    CHECK_FALSE(v6.contains(14));
    CHECK_FALSE(v6.contains(17));
}

TEST_CASE("what is too long for a datagram is cut, and says so", "[trace]") {
    const std::string text(70'000, 'x');
    const auto packet =
        hep_packet(message(text, true, "192.0.2.1:5060", "192.0.2.2:4060"), "call-1", {}, "pcscf");
    CHECK(packet.cut);
    CHECK(packet.octets.size() <= 65'507);
    CHECK(chunks_of(packet.octets).at(15).size() > 65'000);
    CHECK_FALSE(hep_packet(message("x", true, "192.0.2.1:5060", "192.0.2.2:4060"), "c", {}, "pcscf").cut);
}

TEST_CASE("where our own address is not known it is of the other's family", "[trace]") {
    auto m = message("x", true, "192.0.2.1:5060", "[2001:db8::2]:4060");
    m.way.local = {};
    const auto chunks = chunks_of(hep_packet(m, "", {}, "pcscf").octets);
    CHECK(chunks.at(5) == std::string(16, '\0'));
    CHECK(chunks.at(6).size() == 16);
}

TEST_CASE("a collector is an address or a name with a port", "[trace]") {
    CHECK(parse_collector("192.0.2.1:9060")->text() == "192.0.2.1:9060");
    CHECK(parse_collector("[2001:db8::1]:9060")->host == "2001:db8::1");
    CHECK(parse_collector("[2001:db8::1]:9060")->text() == "[2001:db8::1]:9060");
    CHECK(parse_collector("homer:9060")->host == "homer");
    for (const auto* wrong : {"", "homer", ":9060", "homer:", "homer:0", "homer:65536", "2001:db8::1:9060",
                              "[homer]:9060", "ho mer:9060"})
        CHECK_FALSE(parse_collector(wrong));
}
