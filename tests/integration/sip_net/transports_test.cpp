#include "tests/integration/sip_net/wire_fixture.hpp"

using namespace ims;
using namespace ims::sip;

TEST_CASE("a datagram arrives with the pair of endpoints it came on, and the answer leaves from there",
          "[RFC3261-18.2.2]") {
    WireFixture wire;
    const auto first = wire.listen(Transport::Udp);
    const auto second = wire.listen(Transport::Udp);
    DatagramPeer peer{wire.io};
    wire.on_received = [&](const Received& r) {
        wire.transports.send({1, make_buffer("SIP/2.0 200 OK\r\n\r\n"), r.flow});
    };
    for (const auto& at : {second, first}) {
        peer.send(options("c1"), at);
        REQUIRE(wire.run_until([&] { return peer.waiting() > 0; }));
        CHECK(wire.received.back().flow == Flow{Transport::Udp, at, peer.local(), 0});
        CHECK(*wire.received.back().bytes == options("c1"));
        IpEndpoint from;
        CHECK(peer.receive(&from) == "SIP/2.0 200 OK\r\n\r\n");
        CHECK(from == at);
    }
    CHECK(wire.failed.empty());
}

TEST_CASE("IPv6 datagrams work as IPv4 ones do", "[RFC3261-18]") {
    WireFixture wire;
    const auto at = wire.listen(Transport::Udp, "[::1]:0");
    DatagramPeer peer{wire.io, "[::1]:0"};
    wire.on_received = [&](const Received& r) { wire.transports.send({1, r.bytes, r.flow}); };
    peer.send(options("c6"), at);
    REQUIRE(wire.run_until([&] { return peer.waiting() > 0; }));
    CHECK(peer.receive() == options("c6"));
}

TEST_CASE("more datagrams than a batch all arrive, in order, and as many leave", "[transports]") {
    constexpr std::size_t many = 1000;
    WireFixture wire;
    const auto at = wire.listen(Transport::Udp);
    DatagramPeer peer{wire.io};
    wire.on_received = [&](const Received& r) { wire.transports.send({1, r.bytes, r.flow}); };
    std::size_t back = 0;
    for (std::size_t i = 0; i < many; ++i) {
        peer.send(options("c" + std::to_string(i)), at);
        if (i % 100 == 99) {  // our own receive buffer is of the default size
            REQUIRE(wire.run_until([&] { return wire.received.size() == i + 1; }));
            wire.turn();
            for (; back <= i; ++back) CHECK(peer.receive() == options("c" + std::to_string(back)));
        }
    }
    CHECK(wire.transports.counters().of(Transport::Udp).received == many);
    CHECK(wire.transports.counters().of(Transport::Udp).sent == many);
}

TEST_CASE("keep-alive and empty datagrams are swallowed in silence", "[RFC5626-4.4.1]") {
    WireFixture wire;
    const auto at = wire.listen(Transport::Udp);
    DatagramPeer peer{wire.io};
    for (const std::string_view nothing : {std::string_view{}, std::string_view{"\r\n\r\n"},
                                           std::string_view{"\r\n"}, std::string_view{"\0\0\0\0", 4}})
        peer.send(nothing, at);
    peer.send(options("after"), at);
    REQUIRE(wire.run_until([&] { return !wire.received.empty(); }));
    CHECK(wire.received.size() == 1);
    CHECK(wire.notes.empty());
    CHECK(wire.transports.counters().keepalives == 4);
    CHECK(peer.waiting() == 0);
}

TEST_CASE("a STUN keep-alive is answered from the port it came to, and no SIP for it", "[RFC5626-8]") {
    WireFixture wire;
    const auto at = wire.listen(Transport::Udp);
    DatagramPeer peer{wire.io};
    const std::string transaction{"\x21\x12\xA4\x42transaction1"};
    peer.send(std::string{"\0\1\0\0", 4} + transaction, at);
    REQUIRE(wire.run_until([&] { return peer.waiting() > 0; }));
    IpEndpoint from;
    const auto answer = peer.receive(&from);
    CHECK(from == at);
    CHECK(answer.substr(0, 2) == "\1\1");
    CHECK(answer.substr(4, transaction.size()) == transaction);
    CHECK(wire.received.empty());
    CHECK(wire.transports.counters().keepalives == 1);
}

TEST_CASE("a datagram above the limit is answered 513, one with too many headers 400, each with a note",
          "[RFC3261-21.5.14]") {
    TransportsConfig config;
    config.message_octets = 2000;
    config.header_lines = 20;
    WireFixture wire{config};
    const auto at = wire.listen(Transport::Udp);
    DatagramPeer peer{wire.io};

    peer.send(options("big", "UDP", "Subject: " + std::string(2000, 'x') + "\r\n"), at);
    REQUIRE(wire.run_until([&] { return peer.waiting() > 0; }));
    auto answer = Message::parse(peer.receive());
    REQUIRE(answer.has_value());
    CHECK(answer->status() == 513);
    CHECK(answer->call_id() == "big");
    CHECK_FALSE(answer->to_tag().empty());
    CHECK(wire.run_until([&] { return wire.noted("sip.net.datagram.refused", "Message Too Large"); }));

    std::string many;
    for (int i = 0; i < 30; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
    peer.send(options("many", "UDP", many), at);
    REQUIRE(wire.run_until([&] { return peer.waiting() > 0; }));
    answer = Message::parse(peer.receive());
    REQUIRE(answer.has_value());
    CHECK(answer->status() == 400);
    CHECK(wire.run_until([&] { return wire.noted("sip.net.datagram.refused", "Too Many Headers"); }));
    CHECK(wire.received.empty());
    CHECK(wire.transports.counters().refused == 2);
}

TEST_CASE("a port unreachable fails the transmit it is about, and only that", "[RFC3261-18.4]") {
    WireFixture wire;
    wire.listen(Transport::Udp);
    DatagramPeer alive{wire.io};
    const auto dead = [&] {
        DatagramPeer gone{wire.io};
        return gone.local();
    }();
    wire.transports.send({7, make_buffer(options("alive")), Target{Transport::Udp, alive.local(), {}}});
    wire.transports.send({8, make_buffer(options("dead")), Target{Transport::Udp, dead, {}}});
    wire.transports.send({9, make_buffer(options("alive")), Target{Transport::Udp, alive.local(), {}}});
    REQUIRE(wire.run_until([&] { return !wire.failed.empty(); }));
    REQUIRE(wire.failed.size() == 1);
    CHECK(wire.failed[0].transmit == 8);
    CHECK(wire.failed[0].detail == "Connection refused");
    CHECK(alive.receive() == options("alive"));
    CHECK(alive.receive() == options("alive"));
}

TEST_CASE("what cannot be sent is a failure told later, never a silence", "[RFC3261-18.4]") {
    WireFixture wire;
    const auto at = wire.listen(Transport::Udp);
    const auto v6 = *IpEndpoint::parse("[::1]:5060");
    const auto v4 = *IpEndpoint::parse("127.0.0.1:5060");
    wire.transports.send({1, make_buffer("x"), Target{Transport::Udp, v6, {}}});    // no such socket
    wire.transports.send({2, make_buffer("x"), Target{Transport::Tls, v4, {}}});    // no certificates
    wire.transports.send({3, make_buffer("x"), Flow{Transport::Tcp, at, v4, 77}});  // long gone
    wire.transports.send({4, make_buffer("x"), Flow{Transport::Udp, v4, v4, 0}});   // not ours
    wire.transports.send(
        {5, make_buffer(std::string(70'000, 'x')), Target{Transport::Udp, v4, {}}});  // EMSGSIZE
    CHECK(wire.failed.empty());
    REQUIRE(wire.run_until([&] { return wire.failed.size() == 5; }));
    std::vector<std::uint64_t> ids;
    for (const auto& f : wire.failed) {
        ids.push_back(f.transmit);
        CHECK_FALSE(f.detail.empty());
    }
    std::sort(ids.begin(), ids.end());
    CHECK(ids == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("a target with a local endpoint leaves from that one", "[transports]") {
    WireFixture wire;
    wire.listen(Transport::Udp);
    const auto second = wire.listen(Transport::Udp, "127.0.0.2:0");
    DatagramPeer peer{wire.io};
    wire.transports.send({1, make_buffer(options("x")), Target{Transport::Udp, peer.local(), second}});
    wire.transports.flush();
    IpEndpoint from;
    peer.receive(&from);
    CHECK(from == second);
}

TEST_CASE("an address that is taken, or is none to be reached at, is refused with the reason",
          "[transports]") {
    WireFixture wire;
    const auto at = wire.listen(Transport::Tcp);
    const auto again = wire.transports.listen(Transport::Tcp, at);
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error() == "Address already in use");
    CHECK_FALSE(wire.transports.listen(Transport::Udp, *IpEndpoint::parse("0.0.0.0:0")).has_value());
    CHECK_FALSE(wire.transports.listen(Transport::Tls, *IpEndpoint::parse("127.0.0.1:0")).has_value());
}
