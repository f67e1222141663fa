#include "tests/integration/sip_net/wire_fixture.hpp"

#include <fstream>
#include <iomanip>
#include <sstream>

using namespace ims;
using namespace ims::sip;
using boost::asio::ip::tcp;

TEST_CASE("messages on a stream are cut out by their length, however the octets come", "[RFC3261-18.3]") {
    WireFixture wire;
    const auto at = wire.listen(Transport::Tcp);
    StreamPeer peer{wire.io, at};
    const auto stream = options("t1", "TCP") + options("t2", "TCP") + options("t3", "TCP");
    for (std::size_t i = 0; i < stream.size(); i += 100) {
        peer.send(std::string_view{stream}.substr(i, 100));
        wire.turn();
    }
    REQUIRE(wire.run_until([&] { return wire.received.size() == 3; }));
    CHECK(*wire.received[1].bytes == options("t2", "TCP"));
    const auto& flow = wire.received[0].flow;
    CHECK(flow.transport == Transport::Tcp);
    CHECK(flow.remote == peer.local());
    CHECK(flow.local == at);
    CHECK(flow.connection != 0);

    wire.transports.send({1, make_buffer("SIP/2.0 200 OK\r\n\r\n"), flow});
    REQUIRE(wire.run_until([&] { return !peer.read().empty(); }));
    CHECK(peer.read() == "SIP/2.0 200 OK\r\n\r\n");
}

TEST_CASE("a double CRLF is answered with one", "[RFC5626-4.4.1]") {
    WireFixture wire;
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    peer.send("\r\n\r\n");
    REQUIRE(wire.run_until([&] { return !peer.read().empty(); }));
    CHECK(peer.read() == "\r\n");
    peer.send("\r\n\r\n" + options("t1", "TCP"));
    REQUIRE(wire.run_until([&] { return wire.received.size() == 1 && peer.read().size() == 4; }));
    CHECK(wire.transports.counters().keepalives == 2);
}

TEST_CASE("a target reuses the connection to it, whoever opened it, and a new one is opened only once",
          "[RFC3261-18.1.1]") {
    WireFixture wire;
    const auto at = wire.listen(Transport::Tcp);
    StreamPeer in{wire.io, at};
    REQUIRE(wire.run_until([&] { return wire.transports.counters().connections == 1; }));
    wire.transports.send({1, make_buffer(options("back", "TCP")), Target{Transport::Tcp, in.local(), {}}});
    REQUIRE(wire.run_until([&] { return !in.read().empty(); }));
    CHECK(wire.transports.counters().connections == 1);

    tcp::acceptor acceptor{wire.io, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
    const Target target{Transport::Tcp, endpoint_of(acceptor.local_endpoint()), {}};
    wire.transports.send({2, make_buffer(options("a", "TCP")), target});
    wire.transports.send({3, make_buffer(options("b", "TCP")), target});
    REQUIRE(wire.run_until([&] { return wire.transports.counters().of(Transport::Tcp).sent == 3; }));
    StreamPeer out{acceptor.accept()};
    REQUIRE(wire.run_until([&] { return out.read().size() == 2 * options("a", "TCP").size(); }));
    CHECK(out.read() == options("a", "TCP") + options("b", "TCP"));
    CHECK(out.remote().address == at.address);
    CHECK(wire.transports.counters().connections == 2);
    CHECK(wire.run_until([&] { return wire.noted("sip.net.connection.opened"); }));

    out.send(options("answer", "TCP"));
    REQUIRE(wire.run_until([&] { return wire.received.size() == 1; }));
    out.close();
    REQUIRE(wire.run_until([&] { return wire.closed.size() == 1; }));
    CHECK(wire.closed[0].flow == wire.received[0].flow);
    CHECK(wire.failed.empty());
}

TEST_CASE("a connection that is still being opened from one address is none from another",
          "[RFC3261-18.1.1]") {
    WireFixture wire;
    tcp::acceptor acceptor{wire.io, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
    const auto send = [&](std::uint64_t id, const std::string& call_id, std::string_view from) {
        wire.transports.send(
            {id, make_buffer(options(call_id, "TCP")),
             Target{Transport::Tcp, endpoint_of(acceptor.local_endpoint()), IpEndpoint::parse(from)}});
    };
    send(1, "a", "127.0.0.2:5060");
    send(2, "b", "127.0.0.3:5060");
    send(3, "c", "127.0.0.2:5060");
    REQUIRE(wire.run_until([&] { return wire.transports.counters().of(Transport::Tcp).sent == 3; }));
    REQUIRE(wire.transports.counters().connections == 2);
    for (int i = 0; i < 2; ++i) {
        StreamPeer peer{acceptor.accept()};
        const bool first = peer.remote().address == *IpAddress::parse("127.0.0.2");
        const auto wanted = first ? options("a", "TCP") + options("c", "TCP") : options("b", "TCP");
        REQUIRE(wire.run_until([&] { return peer.read().size() >= wanted.size(); }));
        CHECK(peer.read() == wanted);
    }
}

TEST_CASE("a refused connection fails every transmit that waited for it", "[RFC3261-18.4]") {
    WireFixture wire;
    wire.listen(Transport::Tcp);
    const auto nobody = [&] {
        tcp::acceptor gone{wire.io, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
        return endpoint_of(gone.local_endpoint());
    }();
    for (const std::uint64_t id : {1, 2})
        wire.transports.send({id, make_buffer(options("x", "TCP")), Target{Transport::Tcp, nobody, {}}});
    REQUIRE(wire.run_until([&] { return wire.failed.size() == 2; }));
    CHECK(wire.failed[0].transmit == 1);
    CHECK(wire.failed[1].detail == "Connection refused");
    CHECK(wire.closed.empty());
    CHECK(wire.noted("sip.net.connect.failed", "Connection refused"));
    CHECK(wire.transports.counters().connections == 0);
}

TEST_CASE("a stream without Content-Length is answered 400 and closed", "[RFC3261-18.3]") {
    WireFixture wire;
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    auto message = options("t1", "TCP");
    message.erase(message.find("Content-Length"), std::string_view{"Content-Length: 0\r\n"}.size());
    peer.send(message);
    REQUIRE(wire.run_until([&] { return peer.ended(); }));
    const auto answer = Message::parse(peer.read());
    REQUIRE(answer.has_value());
    CHECK(answer->status() == 400);
    CHECK(answer->call_id() == "t1");
    peer.close();
    REQUIRE(wire.run_until([&] { return wire.closed.size() == 1; }));
    CHECK(wire.received.empty());
    CHECK(wire.noted("sip.net.stream.broken"));
}

TEST_CASE("a message that says it is larger than we take is answered 513 and the stream closed",
          "[RFC3261-21.5.14]") {
    TransportsConfig config;
    config.message_octets = 4096;
    WireFixture wire{config};
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    auto message = options("t1", "TCP");
    message.replace(message.find("Content-Length: 0"), 17, "Content-Length: 100000");
    peer.send(message);
    REQUIRE(wire.run_until([&] { return peer.ended(); }));
    const auto answer = Message::parse(peer.read());
    REQUIRE(answer.has_value());
    CHECK(answer->status() == 513);
}

TEST_CASE("octets that are no SIP close the stream", "[RFC3261-18.3]") {
    TransportsConfig config;
    config.message_octets = 4096;
    WireFixture wire{config};
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    for (int i = 0; i < 10; ++i) {
        peer.send(std::string(1000, '\x16'));
        wire.turn();
    }
    REQUIRE(wire.run_until([&] { return wire.closed.size() == 1; }));
    CHECK(wire.received.empty());
    CHECK(wire.noted("sip.net.stream.broken"));
}

TEST_CASE("one address opens no more connections than its share, and may again when one ends",
          "[transports]") {
    TransportsConfig config;
    config.connections_per_peer = 2;
    WireFixture wire{config};
    const auto at = wire.listen(Transport::Tcp);
    StreamPeer a{wire.io, at}, b{wire.io, at}, c{wire.io, at};
    REQUIRE(wire.run_until(
        [&] { return wire.noted("sip.net.connection.refused", "connections_per_peer: limit reached"); }));
    CHECK(wire.run_until([&] { return c.ended(); }));
    CHECK(wire.transports.counters().connections == 2);
    a.close();
    REQUIRE(wire.run_until([&] { return wire.transports.counters().connections == 1; }));
    StreamPeer d{wire.io, at};
    d.send(options("d", "TCP"));
    CHECK(wire.run_until([&] { return wire.received.size() == 1; }));
}

TEST_CASE("an idle connection is closed, and so is one that never finishes its message", "[transports]") {
    TransportsConfig config;
    SECTION("idle") {
        config.idle_timeout = 40ms;
    }
    SECTION("unfinished") {
        config.message_timeout = 40ms;
    }
    WireFixture wire{config};
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    peer.send("OPTIONS sip:b@ims.example SIP/2.0\r\n");
    REQUIRE(wire.run_until([&] { return wire.closed.size() == 1; }));
    CHECK(wire.run_until([&] { return peer.ended(); }));
    CHECK(wire.noted("sip.net.connection.closed",
                     config.idle_timeout == 40ms ? "idle" : "message not finished in time"));
}

TEST_CASE("keep-alives keep a connection that carries nothing else", "[RFC5626-4.4.1][RFC6223]") {
    TransportsConfig config;
    config.idle_timeout = 1s;
    WireFixture wire{config};
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 1; round <= 8; ++round) {  // one every 200 ms
        peer.send("\r\n\r\n");
        REQUIRE(wire.run_until([&] { return std::chrono::steady_clock::now() - begin >= round * 200ms; }));
    }
    CHECK(wire.closed.empty());
    CHECK(wire.transports.counters().keepalives == 8);
    REQUIRE(wire.run_until([&] { return wire.closed.size() == 1; }));
}

TEST_CASE("a connection that is needed is not closed for being idle, until it is not", "[RFC5626-4.4.1]") {
    TransportsConfig config;
    config.idle_timeout = 1s;
    WireFixture wire{config};
    StreamPeer kept{wire.io, wire.listen(Transport::Tcp)},
        other{wire.io, wire.transports.listening()[0].second};
    kept.send(options("kept", "TCP"));
    REQUIRE(wire.run_until([&] { return wire.received.size() == 1; }));
    auto needed = std::optional{wire.received[0].flow};
    wire.transports.keep_idle([&](const Flow& flow) { return flow == needed; });
    REQUIRE(wire.run_until([&] { return wire.closed.size() == 1; }));
    CHECK(wire.closed[0].flow.remote != needed->remote);
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(wire.run_until([&] { return std::chrono::steady_clock::now() - begin >= 1s; }));
    CHECK(wire.closed.size() == 1);
    needed.reset();
    REQUIRE(wire.run_until([&] { return wire.closed.size() == 2; }));
}

TEST_CASE("the kernel asks on a silent connection whether the peer is there", "[RFC9293-3.8.4]") {
    TransportsConfig config;
    config.probe_after = 77s;
    WireFixture wire{config};
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    peer.send(options("probed", "TCP"));
    REQUIRE(wire.run_until([&] { return wire.received.size() == 1; }));
    // What /proc/net/tcp says of our end: timer 2 is the keep-alive's, and when it is due, in hundredths of a
    // second.
    const auto ours = [port = wire.received[0].flow.local.port](const std::string& line) {
        std::istringstream words{line};
        std::string number, local, remote, state, queues, timer;
        words >> number >> local >> remote >> state >> queues >> timer;
        return state == "01" && local.size() > 4 &&
                       local.substr(local.size() - 4) == (std::ostringstream{} << std::hex << std::uppercase
                                                                               << std::setw(4)
                                                                               << std::setfill('0') << port)
                                                             .str()
                   ? timer
                   : std::string{};
    };
    std::ifstream table{"/proc/net/tcp"};
    std::string found;
    for (std::string line; found.empty() && std::getline(table, line);) found = ours(line);
    REQUIRE(found.substr(0, 3) == "02:");
    const auto hundredths = std::stoul(found.substr(3), nullptr, 16);
    CHECK(hundredths <= 7700);
    CHECK(hundredths > 7000);
}

TEST_CASE("a peer that does not read fills its queue and no more; what does not fit fails", "[transports]") {
    TransportsConfig config;
    config.write_queue_octets = 100'000;
    WireFixture wire{config};
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    peer.send(options("t", "TCP"));
    REQUIRE(wire.run_until([&] { return wire.received.size() == 1; }));
    const auto big = make_buffer(std::string(50'000, 'x'));
    for (std::uint64_t id = 1; id <= 1000 && wire.failed.empty(); ++id) {
        wire.transports.send({id, big, wire.received[0].flow});
        wire.turn();
    }
    REQUIRE_FALSE(wire.failed.empty());
    CHECK(wire.failed[0].detail == "write queue full");
    CHECK(wire.closed.empty());
    // When it reads again, the rest flows.
    const auto before = wire.transports.counters().of(Transport::Tcp).sent;
    CHECK(wire.run_until([&] {
        peer.read();
        return wire.transports.counters().of(Transport::Tcp).sent > before;
    }));
}

TEST_CASE("closing tells the peer by the end of the stream and forgets all", "[transports]") {
    WireFixture wire;
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    peer.send(options("t", "TCP"));
    REQUIRE(wire.run_until([&] { return wire.received.size() == 1; }));
    wire.transports.send({1, make_buffer("SIP/2.0 200 OK\r\n\r\n"), wire.received[0].flow});
    wire.transports.close();
    CHECK(wire.run_until([&] { return peer.ended(); }));
    CHECK(peer.read() == "SIP/2.0 200 OK\r\n\r\n");
    wire.turn();
    CHECK(wire.transports.counters().connections == 0);
}

TEST_CASE("a busy stream that is always in the middle of some message is left alone", "[transports]") {
    TransportsConfig config;
    config.message_timeout = 1s;
    WireFixture wire{config};
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    const auto message = options("t", "TCP");
    const auto half = message.size() / 2;
    peer.send(message.substr(0, half));
    const auto begun = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begun < 1500ms) {
        wire.io.restart();
        wire.io.run_for(100ms);
        peer.send(message.substr(half) + message.substr(0, half));
    }
    wire.turn();
    CHECK(wire.closed.empty());
    CHECK(wire.received.size() > 1);
}
