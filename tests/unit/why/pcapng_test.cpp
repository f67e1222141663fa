#include "common/why/pcapng.hpp"

#include "common/base/text.hpp"

#include <map>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace ims;
using namespace ims::why;

namespace {

std::uint64_t big(std::string_view octets, std::size_t at, std::size_t count) {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < count; ++i) n = n << 8 | static_cast<std::uint8_t>(octets[at + i]);
    return n;
}
std::uint64_t little(std::string_view octets, std::size_t at, std::size_t count) {
    std::uint64_t n = 0;
    for (std::size_t i = count; i-- > 0;) n = n << 8 | static_cast<std::uint8_t>(octets[at + i]);
    return n;
}

struct File {
    struct Interface {
        std::uint64_t link_type = 0;
        std::string name;
    };
    struct Captured {
        std::uint64_t interface = 0, at = 0;
        std::string octets, comment;
    };
    std::vector<Interface> interfaces;
    std::vector<Captured> packets;
};

std::map<std::uint64_t, std::string> options_of(std::string_view text) {
    std::map<std::uint64_t, std::string> options;
    while (text.size() >= 4 && little(text, 0, 2) != 0) {
        const auto length = little(text, 2, 2);
        options[little(text, 0, 2)] = text.substr(4, length);
        text.remove_prefix(4 + (length + 3) / 4 * 4);
    }
    return options;
}

File read(std::string_view text) {
    File file;
    REQUIRE(little(text, 0, 4) == 0x0A0D0D0A);
    REQUIRE(little(text, 8, 4) == 0x1A2B3C4D);
    while (!text.empty()) {
        const auto length = little(text, 4, 4);
        REQUIRE(length % 4 == 0);
        REQUIRE(length <= text.size());
        REQUIRE(little(text, length - 4, 4) == length);
        const auto body = text.substr(8, length - 12);
        if (const auto type = little(text, 0, 4); type == 1) {
            file.interfaces.push_back({little(body, 0, 2), options_of(body.substr(8)).at(2)});
        } else if (type == 6) {
            const auto size = little(body, 12, 4);
            REQUIRE(size == little(body, 16, 4));
            file.packets.push_back({little(body, 0, 4), little(body, 4, 4) << 32 | little(body, 8, 4),
                                    std::string{body.substr(20, size)},
                                    options_of(body.substr(20 + (size + 3) / 4 * 4)).at(1)});
        }
        text.remove_prefix(length);
    }
    return file;
}

std::uint16_t sum(std::string_view octets) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < octets.size(); i += 2)
        total += big(octets, i, 1) << 8 | (i + 1 < octets.size() ? big(octets, i + 1, 1) : 0);
    while (total >> 16 != 0) total = (total & 0xffff) + (total >> 16);
    return static_cast<std::uint16_t>(total);
}

Packet packet(std::string_view transport, std::string_view from, std::string_view to, std::string octets,
              std::int64_t at = 1) {
    Packet p;
    p.service = "pcscf";
    p.at = at;
    p.transport = transport;
    p.source = *IpEndpoint::parse(from);
    p.destination = *IpEndpoint::parse(to);
    p.octets = std::move(octets);
    p.comment = "sent by pcscf";
    return p;
}

SeenMessage seen(std::string service, bool out, std::string_view local, std::string_view remote,
                 std::int64_t at, std::string octets = "OPTIONS") {
    SeenMessage m;
    m.service = std::move(service);
    m.out = out;
    m.at = at;
    m.transport = "TCP";
    m.local = *IpEndpoint::parse(local);
    m.remote = *IpEndpoint::parse(remote);
    m.octets = std::move(octets);
    return m;
}

}  // namespace

TEST_CASE("a datagram has IPv4 or IPv6 and UDP headers whose checksums are right", "[why]") {
    const auto file = read(pcapng_of({packet("UDP", "192.0.2.1:5060", "192.0.2.2:4060", "odd", 0x123456789),
                                      packet("UDP", "[2001:db8::1]:5060", "[2001:db8::2]:4060", "even")}));
    REQUIRE(file.interfaces.size() == 1);
    CHECK(file.interfaces[0].link_type == 101);
    CHECK(file.interfaces[0].name == "pcscf");
    REQUIRE(file.packets.size() == 2);
    const auto& v4 = file.packets[0].octets;
    CHECK(file.packets[0].at == 0x123456789);
    CHECK(file.packets[0].comment == "sent by pcscf");
    REQUIRE(v4.size() == 20 + 8 + 3);
    CHECK(big(v4, 0, 1) == 0x45);
    CHECK(big(v4, 2, 2) == v4.size());
    CHECK(big(v4, 9, 1) == 17);
    CHECK(sum(std::string_view{v4}.substr(0, 20)) == 0xffff);
    CHECK(big(v4, 20, 2) == 5060);
    CHECK(big(v4, 22, 2) == 4060);
    CHECK(big(v4, 24, 2) == 11);
    const std::string pseudo_v4 = v4.substr(12, 8) + std::string("\0\x11\0\x0B", 4);
    CHECK(sum(pseudo_v4 + v4.substr(20)) == 0xffff);
    CHECK(v4.substr(28) == "odd");

    const auto& v6 = file.packets[1].octets;
    REQUIRE(v6.size() == 40 + 8 + 4);
    CHECK(big(v6, 0, 4) == 0x60000000);
    CHECK(big(v6, 4, 2) == 12);
    CHECK(big(v6, 6, 1) == 17);
    const std::string pseudo_v6 = v6.substr(8, 32) + std::string("\0\0\0\x0C\0\0\0\x11", 8);
    CHECK(sum(pseudo_v6 + v6.substr(40)) == 0xffff);
}

TEST_CASE("the octets of a connection are numbered in each direction, however long a message is", "[why]") {
    const std::string longest(150'000, 'x');
    const auto file = read(pcapng_of({packet("TCP", "192.0.2.1:4000", "192.0.2.2:3868", "first"),
                                      packet("TCP", "192.0.2.2:3868", "192.0.2.1:4000", "answer"),
                                      packet("TCP", "192.0.2.1:4000", "192.0.2.2:3868", longest),
                                      packet("TCP", "192.0.2.1:4001", "192.0.2.2:3868", "another connection"),
                                      packet("TCP", "192.0.2.1:4000", "192.0.2.2:3868", "last")}));
    REQUIRE(file.packets.size() == 7);
    struct Expected {
        std::uint64_t sequence, acknowledged, payload;
    };
    const std::vector<Expected> expected{
        {1, 1, 5},  {1, 6, 6},      {6, 7, 60'000}, {60'006, 7, 60'000}, {120'006, 7, 30'000},
        {1, 1, 18}, {150'006, 7, 4}};
    std::string together;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto& octets = file.packets[i].octets;
        CHECK(big(octets, 9, 1) == 6);
        CHECK(big(octets, 2, 2) == octets.size());
        CHECK(big(octets, 24, 4) == expected[i].sequence);
        CHECK(big(octets, 28, 4) == expected[i].acknowledged);
        CHECK(octets.size() == 40 + expected[i].payload);
        std::string pseudo = octets.substr(12, 8) + std::string("\0\x06", 2);
        pseudo += static_cast<char>((octets.size() - 20) >> 8);
        pseudo += static_cast<char>((octets.size() - 20) & 0xff);
        CHECK(sum(pseudo + octets.substr(20)) == 0xffff);
        if (i >= 2 && i <= 4) together += octets.substr(40);
    }
    CHECK(together == longest);
}

TEST_CASE("a stream whose port Wireshark takes for another protocol is written as an exported PDU", "[why]") {
    auto diameter = packet("TLS", "[2001:db8::1]:4000", "[2001:db8::2]:5868", "message");
    diameter.diameter = true;
    const auto file = read(pcapng_of({packet("TCP", "192.0.2.1:6060", "192.0.2.2:4000", "message"), diameter,
                                      packet("UDP", "192.0.2.1:6060", "192.0.2.2:4000", "message")}));
    REQUIRE(file.interfaces.size() == 2);
    CHECK(file.interfaces[0].link_type == 252);
    CHECK(file.interfaces[0].name == "pcscf, exported");
    CHECK(file.interfaces[1].link_type == 101);
    REQUIRE(file.packets.size() == 3);
    CHECK(file.packets[0].octets.substr(0, 8) == std::string("\0\x0C\0\x04sip\0", 8));
    CHECK(file.packets[0].octets.ends_with(std::string("\0\0\0\0message", 11)));
    CHECK(file.packets[1].octets.substr(4, 8) == "diameter");
    CHECK(file.packets[2].interface == 1);
}

TEST_CASE("what two services saw of one message is one packet, as often as it was sent", "[why]") {
    const auto a = "192.0.2.1:5060", b = "192.0.2.2:4060", ue = "192.0.2.9:40000";
    const auto packets = packets_of(
        {seen("pcscf", false, a, ue, 10), seen("pcscf", true, a, b, 20), seen("icscf", false, b, a, 1'230),
         seen("pcscf", true, a, b, 500'020), seen("pcscf", true, a, b, 1'000'020),
         seen("icscf", false, b, a, 1'000'500), seen("icscf", false, b, ue, 1'000'600)});
    std::vector<std::string> comments;
    for (const auto& p : packets) comments.push_back(p.comment);
    CHECK(comments == std::vector<std::string>{"received by pcscf",
                                               "sent by pcscf, received by icscf 1.210 ms later",
                                               "sent by pcscf, received by icscf 500.480 ms later",
                                               "sent by pcscf", "received by icscf"});
    CHECK(packets[1].source.text() == a);
    CHECK(packets[1].destination.text() == b);
    CHECK(packets[0].source.text() == ue);
}

TEST_CASE("a port that the sender did not know is the one the receiver saw", "[why]") {
    auto out = seen("pcscf", true, "192.0.2.1:5060", "192.0.2.2:4060", 20);
    const auto in = seen("icscf", false, "192.0.2.2:4060", "192.0.2.1:40123", 30);
    CHECK(packets_of({out, in}).size() == 2);
    out.local_is_guessed = true;
    const auto packets = packets_of({out, in});
    REQUIRE(packets.size() == 1);
    CHECK(packets[0].source.text() == "192.0.2.1:40123");
}

TEST_CASE("the answer of a service is read, and nonsense is not", "[why]") {
    const auto text =
        R"({"service":"hss","now":5,"dropped":2,"more":true,"messages":[{"number":7,"at":4,
        "protocol":"diameter",
        "direction":"out","transport":"TCP","local":"[::1]:3868","remote":"[::1]:4000","octets":"AQID"}]})";
    const auto read = read_seen_messages(text);
    REQUIRE(read.has_value());
    CHECK(read->more);
    CHECK(read->dropped == 2);
    REQUIRE(read->messages.size() == 1);
    const auto& m = read->messages[0];
    CHECK(m.service == "hss");
    CHECK(m.diameter);
    CHECK(m.out);
    CHECK(m.octets == "\x01\x02\x03");
    CHECK(m.local.text() == "[::1]:3868");
    CHECK_FALSE(read_seen_messages("[]").has_value());
    CHECK_FALSE(read_seen_messages(R"({"service":"hss","messages":[{"local":"x"}]})").has_value());
}
