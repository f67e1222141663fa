#include "tests/integration/sip_net/wire_fixture.hpp"

#include <array>

using namespace ims;
using namespace ims::sip;

namespace {

constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 1.3
constexpr std::string_view sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

struct Upgrade {
    std::string path = "/";
    std::string protocol = "Sec-WebSocket-Protocol: sip\r\n";
    std::string origin{};
    std::string version = "13";
    std::string text() const {
        return "GET " + path +
               " HTTP/1.1\r\nHost: pcscf.example\r\nUpgrade: websocket\r\nConnection: keep-alive, "
               "Upgrade\r\n" +
               "Sec-WebSocket-Key: " + std::string{sample_key} + "\r\n" + protocol + origin +
               "Sec-WebSocket-Version: " + version + "\r\n\r\n";
    }
};

enum Opcode : unsigned char { Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };

// A frame as a client sends it, masked with zeros (RFC 6455 5.2).
std::string frame(Opcode opcode, std::string_view payload, bool last = true) {
    std::string out;
    out += static_cast<char>(opcode | (last ? 0x80 : 0));
    if (payload.size() < 126) {
        out += static_cast<char>(0x80U | payload.size());
    } else {
        out += static_cast<char>(0x80 | 126);
        out += static_cast<char>(payload.size() >> 8);
        out += static_cast<char>(payload.size() & 0xff);
    }
    return out + std::string(4, '\0') + std::string{payload};
}

// A browser, as far as octets go: the upgrade is done, what came since is its own.
struct Browser {
    Browser(WireFixture& w, const IpEndpoint& at, const Upgrade& upgrade = {}) : wire{w}, peer{w.io, at} {
        peer.send(upgrade.text());
        REQUIRE(wire.run_until([&] { return peer.read().find("\r\n\r\n") != std::string::npos; }));
        head = peer.read().size();
    }
    std::string answer() const { return peer_text().substr(0, head); }
    std::string peer_text() const { return const_cast<StreamPeer&>(peer).read(); }
    // The octets since the upgrade.
    std::string frames() const { return peer_text().substr(head); }
    WireFixture& wire;
    StreamPeer peer;
    std::size_t head = 0;
};

}  // namespace

TEST_CASE("a browser asks for the subprotocol sip and gets it", "[RFC7118-4.1][RFC6455-4.2.2]") {
    WireFixture wire;
    Browser browser{wire, wire.listen(Transport::Ws)};
    const auto answer = browser.answer();
    CHECK(answer.starts_with("HTTP/1.1 101 "));
    CHECK(answer.find("Sec-WebSocket-Accept: " + std::string{sample_accept} + "\r\n") != answer.npos);
    CHECK(answer.find("Sec-WebSocket-Protocol: sip\r\n") != answer.npos);
    CHECK(answer.find("Beast") == answer.npos);
}

TEST_CASE("a SIP message is a frame, text or binary, whole or in pieces, and so is what is sent",
          "[RFC7118-5]") {
    WireFixture wire;
    const auto at = wire.listen(Transport::Ws);
    Browser browser{wire, at};
    const auto message = options("w1", "WS");
    browser.peer.send(frame(Text, message));
    browser.peer.send(frame(Binary, message));
    browser.peer.send(frame(Text, message.substr(0, 20), false));
    browser.peer.send(frame(Ping, "between"));
    browser.peer.send(frame(Continuation, message.substr(20)));
    REQUIRE(wire.run_until([&] { return wire.received.size() == 3; }));
    for (const auto& r : wire.received) CHECK(*r.bytes == message);
    const auto flow = wire.received[0].flow;
    CHECK(flow.transport == Transport::Ws);
    CHECK(flow.local == at);
    CHECK(flow.remote == browser.peer.local());
    CHECK(flow.connection != 0);
    CHECK(wire.transports.counters().of(Transport::Ws).received == 3);

    const std::string pong =
        "\x8a\x07"
        "between";
    REQUIRE(wire.run_until([&] { return browser.frames() == pong; }));
    wire.transports.send({1, make_buffer("SIP/2.0 200 Gr\xc3\xbc\xc3\x9f\r\n\r\n"), flow});
    wire.transports.send({2, make_buffer("SIP/2.0 200 \xff\xfe\r\n\r\n"), flow});
    const std::string text = "\x81\x16SIP/2.0 200 Gr\xc3\xbc\xc3\x9f\r\n\r\n";
    const std::string binary = "\x82\x12SIP/2.0 200 \xff\xfe\r\n\r\n";  // no UTF-8, so no text
    CHECK(
        wire.run_until([&] { return browser.frames().size() == pong.size() + text.size() + binary.size(); }));
    CHECK(browser.frames() == pong + text + binary);
    CHECK(wire.run_until([&] { return wire.transports.counters().of(Transport::Ws).sent == 2; }));
    CHECK(wire.failed.empty());
}

TEST_CASE("a frame of a double CRLF is answered with one", "[RFC7118-6][RFC5626-4.4.1]") {
    WireFixture wire;
    Browser browser{wire, wire.listen(Transport::Ws)};
    browser.peer.send(frame(Text, "\r\n\r\n"));
    REQUIRE(wire.run_until([&] { return browser.frames() == "\x81\x02\r\n"; }));
    CHECK(wire.transports.counters().keepalives == 1);
    CHECK(wire.received.empty());
}

TEST_CASE("who asks for anything but SIP over WebSocket is told what is wanted", "[RFC6455-4.2.2]") {
    TransportsConfig config;
    config.web_socket = {"/sip", {"https://phone.example"}};
    WireFixture wire{config};
    const auto at = wire.listen(Transport::Ws);
    Upgrade right;
    right.path = "/sip?x=1";
    right.origin = "Origin: https://phone.example\r\n";
    const auto refused = [&](const std::string& request, const std::string& status,
                             const std::string& reason) {
        StreamPeer peer{wire.io, at};
        peer.send(request);
        REQUIRE(wire.run_until([&] { return peer.ended(); }));
        INFO(peer.read());
        CHECK(peer.read().starts_with("HTTP/1.1 " + status + " "));
        CHECK(peer.read().find(reason) != std::string::npos);
        CHECK(wire.run_until([&] { return wire.noted("sip.net.handshake.failed"); }));
        CHECK(wire.notes.back().field("reason").find(reason) != std::string::npos);
        CHECK(wire.notes.back().severity == Severity::Warning);
        wire.notes.clear();
    };
    auto wrong = right;
    wrong.path = "/chat";
    refused(wrong.text(), "404", "nothing at /chat");
    wrong = right;
    wrong.protocol = "Sec-WebSocket-Protocol: soap, xmpp\r\n";
    refused(wrong.text(), "400", "does not offer sip");
    wrong.protocol.clear();
    refused(wrong.text(), "400", "does not offer sip");
    wrong = right;
    wrong.origin = "Origin: https://evil.example\r\n";
    refused(wrong.text(), "403", "pages of https://evil.example may not use this");
    wrong = right;
    wrong.version = "8";
    refused(wrong.text(), "426", "version 13");
    refused("GET /sip HTTP/1.1\r\nHost: x\r\n\r\n", "426", "SIP over WebSocket");
    refused(options("w1", "WS"), "400", "no HTTP request");
    refused("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n", "400", "no HTTP request");
    CHECK(wire.transports.counters().of(Transport::Ws).handshakes_failed == 8);
    CHECK(wire.transports.counters().connections == 0);
    CHECK(wire.closed.empty());

    wrong = right;
    wrong.origin.clear();  // no browser
    wrong.protocol = "Sec-WebSocket-Protocol: xmpp\r\nSec-WebSocket-Protocol: soap,  sip\r\n";
    CHECK(Browser(wire, at, right).answer().starts_with("HTTP/1.1 101 "));
    CHECK(Browser(wire, at, wrong).answer().starts_with("HTTP/1.1 101 "));
}

TEST_CASE("who connects and says nothing, or half of it, is closed in time", "[transports]") {
    TransportsConfig config;
    config.handshake_timeout = 50ms;
    WireFixture wire{config};
    StreamPeer peer{wire.io, wire.listen(Transport::Ws)};
    SECTION("nothing") {}
    SECTION("half of it") {
        peer.send("GET / HTTP/1.1\r\nHost: x\r\n");
    }
    REQUIRE(wire.run_until([&] { return peer.ended(); }));
    CHECK(wire.run_until([&] { return wire.noted("sip.net.handshake.failed", "no handshake in time"); }));
    CHECK(wire.transports.counters().of(Transport::Ws).handshakes_failed == 1);
}

TEST_CASE("a frame that is too large, unmasked or no frame at all ends the connection",
          "[RFC6455-5.1][RFC6455-7.4.1]") {
    TransportsConfig config;
    config.message_octets = 4096;
    WireFixture wire{config};
    Browser browser{wire, wire.listen(Transport::Ws)};
    int status = 1002;
    SECTION("too large") {
        browser.peer.send(frame(Text, std::string(5000, 'x')));
        status = 1009;
    }
    SECTION("too large in pieces") {
        browser.peer.send(frame(Text, std::string(3000, 'x'), false) +
                          frame(Continuation, std::string(3000, 'x'), false));
        status = 1009;
    }
    SECTION("too large a length, and nothing of it") {
        browser.peer.send(std::string("\x81\xff\x00\x00\x00\x7f\xff\xff\xff\xff\0\0\0\0", 14));
        status = 1009;
    }
    SECTION("not masked") {
        browser.peer.send("\x81\x05hello");
    }
    SECTION("an opcode nobody knows") {
        browser.peer.send(frame(static_cast<Opcode>(5), "hello"));
    }
    SECTION("text that is no UTF-8") {
        browser.peer.send(frame(Text, "\xff\xff"));
    }
    REQUIRE(wire.run_until([&] { return wire.closed.size() == 1; }));
    CHECK(wire.received.empty());
    CHECK(wire.noted("sip.net.stream.broken"));
    CHECK(wire.transports.counters().refused == 1);
    CHECK(wire.run_until([&] { return browser.peer.ended(); }));
    if (status == 1009) CHECK(browser.frames().substr(0, 4) == "\x88\x02\x03\xf1");
}

TEST_CASE("a message with too many header lines is answered 400 and the WebSocket goes on", "[RFC7118-5]") {
    TransportsConfig config;
    config.header_lines = 20;
    WireFixture wire{config};
    Browser browser{wire, wire.listen(Transport::Ws)};
    std::string many;
    for (int i = 0; i < 30; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
    browser.peer.send(frame(Text, options("many", "WS", many)));
    REQUIRE(wire.run_until(
        [&] { return browser.frames().find("SIP/2.0 400 Too Many Headers") != std::string::npos; }));
    browser.peer.send(frame(Text, options("few", "WS")));
    REQUIRE(wire.run_until([&] { return wire.received.size() == 1; }));
    CHECK(wire.closed.empty());
}

TEST_CASE("a browser that answers no ping is gone, one that does stays", "[RFC6455-5.5.2]") {
    TransportsConfig config;
    config.idle_timeout = 1s;
    WireFixture wire{config};
    Browser browser{wire, wire.listen(Transport::Ws)};
    const bool alive = GENERATE(false, true);
    std::size_t pinged = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto over = [&] {
        const auto frames = browser.frames();
        if (alive && frames.size() >= pinged + 2) {
            CHECK(frames.substr(pinged, 2) == std::string("\x89\0", 2));
            browser.peer.send(frame(Pong, ""));
            pinged += 2;
        }
        return std::chrono::steady_clock::now() - begin > 3s || !wire.closed.empty();
    };
    REQUIRE(wire.run_until(over));
    CHECK(wire.closed.empty() == alive);
    CHECK((pinged >= 8) == alive);
    CHECK(wire.noted("sip.net.connection.closed", "idle") != alive);
}

TEST_CASE("a message that is never finished closes the WebSocket", "[transports]") {
    TransportsConfig config;
    config.message_timeout = 100ms;
    WireFixture wire{config};
    Browser browser{wire, wire.listen(Transport::Ws)};
    browser.peer.send(frame(Text, "OPTIONS sip:b@ims.example SIP/2.0\r\n", false));
    REQUIRE(wire.run_until([&] { return wire.closed.size() == 1; }));
    CHECK(wire.noted("sip.net.connection.closed", "message not finished in time"));
}

TEST_CASE("a browser that does not read fills its queue and no more", "[transports]") {
    TransportsConfig config;
    config.write_queue_octets = 100'000;
    WireFixture wire{config};
    Browser browser{wire, wire.listen(Transport::Ws)};
    browser.peer.send(frame(Text, options("t", "WS")));
    REQUIRE(wire.run_until([&] { return wire.received.size() == 1; }));
    const auto big = make_buffer(std::string(50'000, 'x'));
    for (std::uint64_t id = 1; id <= 1000 && wire.failed.empty(); ++id) {
        wire.transports.send({id, big, wire.received[0].flow});
        wire.turn();
    }
    REQUIRE_FALSE(wire.failed.empty());
    CHECK(wire.failed[0].detail == "write queue full");
    CHECK(wire.closed.empty());
}

TEST_CASE("a goodbye of either side ends the flow", "[RFC6455-7]") {
    WireFixture wire;
    Browser browser{wire, wire.listen(Transport::Ws)};
    browser.peer.send(frame(Text, options("t", "WS")));
    REQUIRE(wire.run_until([&] { return wire.received.size() == 1; }));
    SECTION("the browser's") {
        browser.peer.send(frame(Close, "\x03\xe8"));
        REQUIRE(wire.run_until([&] { return wire.closed.size() == 1; }));
        CHECK(wire.closed[0].flow == wire.received[0].flow);
        CHECK(wire.noted("sip.net.connection.closed", "closed by the peer"));
        CHECK_FALSE(wire.noted("sip.net.stream.broken"));
        CHECK(wire.run_until([&] { return browser.frames() == "\x88\x02\x03\xe8"; }));
    }
    SECTION("ours") {
        wire.transports.close();
        REQUIRE(wire.run_until([&] { return browser.peer.ended(); }));
        CHECK(browser.frames() == "\x88\x02\x03\xe9");  // going away
    }
}

TEST_CASE("a WebSocket can be opened too, and what waits goes when it is open", "[RFC7118]") {
    WireFixture server, client;
    const auto at = server.listen(Transport::Ws);
    server.on_received = [&](const Received& r) {
        server.transports.send({1, make_buffer("SIP/2.0 200 OK\r\n\r\n"), r.flow});
    };
    for (const std::uint64_t id : {1, 2})
        client.transports.send({id, make_buffer(options("out", "WS")), Target{Transport::Ws, at, {}}});
    const auto both = [&] {
        server.turn();
        return client.received.size() == 2;
    };
    REQUIRE(client.run_until(both));
    CHECK(server.received.size() == 2);
    CHECK(*client.received[0].bytes == "SIP/2.0 200 OK\r\n\r\n");
    CHECK(client.transports.counters().connections == 1);
}

TEST_CASE("a server that is none of WebSockets fails what waited for it", "[RFC7118]") {
    WireFixture wire;
    const auto at = wire.listen(Transport::Tcp);
    wire.transports.send({7, make_buffer(options("out", "WS")), Target{Transport::Ws, at, {}}});
    REQUIRE(wire.run_until([&] { return wire.failed.size() == 1; }));
    CHECK(wire.failed[0].transmit == 7);
    CHECK(wire.noted("sip.net.connect.failed"));
}
