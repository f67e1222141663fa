#include "tests/integration/sip_net/credentials.hpp"
#include "tests/integration/sip_net/wire_fixture.hpp"

#include <ctime>
#include <fstream>

using namespace ims;
using namespace ims::sip;

namespace {

using Clients = TlsConfig::ClientCertificates;

const std::string names = "DNS:pcscf.example,URI:sip:ims.example,IP:127.0.0.1";

// A server that answers, and a client of it.
struct TlsPair {
    explicit TlsPair(TransportsConfig config = {}) : server{config}, client{config} {
        server.on_received = [this](const Received& r) {
            server.transports.send({1, make_buffer("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"), r.flow});
        };
    }
    void certify(WireFixture& wire, const TlsConfig& config) {
        std::string why;
        INFO(why);
        REQUIRE(wire.transports.use_certificates(config, why));
    }
    void start(const TlsConfig& of_server, const TlsConfig& of_client, Transport transport = Transport::Tls) {
        certify(server, of_server);
        certify(client, of_client);
        at = server.listen(transport);
        kind = transport;
    }
    void send(std::uint64_t id, std::string host = "pcscf.example") {
        client.transports.send({id, make_buffer(options("t" + std::to_string(id), "TLS")),
                                Target{kind, at, {}, std::move(host)}});
    }
    bool until(const std::function<bool()>& done) {
        return client.run_until([&] {
            server.turn();
            return done();
        });
    }
    bool answered(std::size_t times) {
        return until([&] { return client.received.size() == times || !client.failed.empty(); }) &&
               client.failed.empty();
    }
    std::string refused() {  // why the client's request failed
        return until([&] { return !client.failed.empty(); }) ? client.failed.back().detail
                                                             : "it went through";
    }
    std::string server_note(std::string_view id) {
        std::string reason;
        const auto noted = [&] {
            for (const auto& n : server.notes)
                if (n.id == id) reason = n.field("reason");
            return !reason.empty();
        };
        return until(noted) ? reason : "no such note";
    }
    const Note* established(const WireFixture& wire) const {
        for (const auto& n : wire.notes)
            if (n.id == "sip.net.tls.established") return &n;
        return nullptr;
    }
    WireFixture server, client;
    IpEndpoint at;
    Transport kind = Transport::Tls;
};

bool contains(std::string_view text, std::string_view part) {
    INFO(text << " should have " << part);
    CHECK(text.find(part) != text.npos);
    return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("SIP goes over TLS and WSS as over TCP and WS", "[RFC3261-26.2][RFC7118]") {
    const Credentials credentials;
    const auto transport = GENERATE(Transport::Tls, Transport::Wss);
    TlsPair pair;
    pair.start(credentials.of("pcscf", names), {.certificate = {}, .key = {}, .ca = credentials.ca()},
               transport);
    pair.send(1);
    pair.send(2);
    REQUIRE(pair.answered(2));
    const auto& flow = pair.server.received[0].flow;
    CHECK(flow.transport == transport);
    CHECK(flow.local == pair.at);
    CHECK(*pair.server.received[1].bytes == options("t2", "TLS"));
    CHECK(pair.client.transports.counters().connections == 1);
    CHECK(pair.server.transports.counters().of(transport).received == 2);
    CHECK(pair.client.transports.counters().of(transport).connections == 1);
    const auto* note = pair.established(pair.client);
    REQUIRE(note != nullptr);
    CHECK(note->field("peer") == "CN=pcscf");
    CHECK(note->field("detail").starts_with("TLSv1.3 "));

    // More than a record and more than the socket takes at once, both ways.
    const std::string body(60'000, 'b');
    const auto large = "OPTIONS sip:b@ims.example SIP/2.0\r\nContent-Length: 60000\r\n\r\n" + body;
    for (std::uint64_t i = 0; i < 50; ++i) {
        pair.client.transports.send(
            {100 + i, make_buffer(std::string{large}), Target{transport, pair.at, {}, "pcscf.example"}});
        pair.server.transports.send({200 + i, make_buffer(std::string{large}), flow});
        REQUIRE(pair.until(
            [&] { return pair.server.received.size() + 10 > i && pair.client.received.size() + 10 > i; }));
    }
    const auto all_came = [&] {
        return pair.server.received.size() == 52 && pair.client.received.size() == 102;
    };
    const bool came = pair.until(all_came);
    CAPTURE(transport_text(transport), pair.server.received.size(), pair.client.received.size());
    REQUIRE(came);
    CHECK(*pair.server.received.back().bytes == large);
    CHECK(pair.client.failed.empty());
    CHECK(pair.server.failed.empty());

    pair.client.transports.close();
    REQUIRE(pair.until([&] { return pair.server.closed.size() == 1; }));
    CHECK(pair.server.noted("sip.net.connection.closed", "closed by the peer"));
}

TEST_CASE("whom we connect to must be who we look for", "[RFC5922-7]") {
    const Credentials credentials, other{"another root"};
    TlsPair pair;
    const TlsConfig believes{.certificate = {}, .key = {}, .ca = credentials.ca()};
    const auto server = credentials.of("pcscf", names);
    SECTION("a DNS name, a SIP URI and an address of its certificate are") {
        pair.start(server, believes);
        std::size_t answers = 0;
        for (const std::string name : {"pcscf.example", "PCSCF.example", "ims.example", "127.0.0.1"}) {
            pair.send(answers + 1, name);
            REQUIRE(pair.answered(++answers));
        }
        CHECK(pair.client.transports.counters().connections == 1);  // RFC 5923 9: they are all its own
    }
    SECTION("another name is not, and has no part in a connection that stands") {
        pair.start(server, believes);
        pair.send(1);
        REQUIRE(pair.answered(1));
        pair.send(2, "hss.example");
        contains(pair.refused(), "(CN=pcscf) does not speak of hss.example");
        CHECK(pair.client.noted("sip.net.connect.failed"));
        CHECK(pair.server.received.size() == 1);
    }
    SECTION("a wildcard speaks of nobody") {
        pair.start(credentials.of("wild", "DNS:*.example"), believes);
        pair.send(1);
        contains(pair.refused(), "does not speak of pcscf.example");
    }
    SECTION("a root we do not know is no root") {
        pair.start(server, {.certificate = {}, .key = {}, .ca = other.ca()});
        pair.send(1);
        contains(pair.refused(), "TLS: certificate verify failed, ");
        contains(pair.server_note("sip.net.handshake.failed"), "unknown ca");
        CHECK(pair.server.transports.counters().of(Transport::Tls).handshakes_failed == 1);
        CHECK(pair.server.closed.empty());
    }
    SECTION("who does not care connects all the same") {
        pair.start(server, {.certificate = {}, .key = {}, .ca = other.ca(), .verify_servers = false});
        pair.send(1, "hss.example");
        CHECK(pair.answered(1));
    }
}

TEST_CASE("certificates of clients: none asked for, optional or required", "[RFC3261-26.3.1]") {
    const Credentials credentials, other{"another root"};
    TlsPair pair;
    auto server = credentials.of("pcscf", names);
    const TlsConfig without{.certificate = {}, .key = {}, .ca = credentials.ca()};
    auto stranger = other.of("stranger", "DNS:stranger.example");
    stranger.ca = credentials.ca();
    SECTION("optional: with one") {
        server.client_certificates = Clients::Optional;
        pair.start(server, credentials.of("icscf", "DNS:icscf.example"));
        pair.send(1);
        REQUIRE(pair.answered(1));
        REQUIRE(pair.established(pair.server) != nullptr);
        CHECK(pair.established(pair.server)->field("peer") == "CN=icscf");
    }
    SECTION("optional: without one") {
        server.client_certificates = Clients::Optional;
        pair.start(server, without);
        pair.send(1);
        REQUIRE(pair.answered(1));
        CHECK(pair.established(pair.server)->field("peer").empty());
    }
    SECTION("optional: one of a root that is not known") {
        server.client_certificates = Clients::Optional;
        pair.start(server, stranger);
        pair.send(1);
        contains(pair.server_note("sip.net.handshake.failed"), "unable to get local issuer certificate");
        CHECK_FALSE(pair.refused().empty());
    }
    SECTION("required: without one") {
        server.client_certificates = Clients::Required;
        pair.start(server, without);
        pair.send(1);
        contains(pair.server_note("sip.net.handshake.failed"), "peer did not return a certificate");
        CHECK(pair.server.received.empty());
    }
}

TEST_CASE("a certificate out of its time is refused, and both sides say since when", "[RFC5280-4.1.2.5]") {
    constexpr long day = 86400;
    const Credentials credentials;
    const TlsConfig believes{.certificate = {}, .key = {}, .ca = credentials.ca()};
    const Credentials::Validity expired{-3 * day, -day}, to_come{day, 3 * day};
    const auto date = [](long from_now) {
        const std::time_t t = std::time(nullptr) + from_now;
        std::string text(10, ' ');
        std::strftime(text.data(), 11, "%Y-%m-%d", std::gmtime(&t));
        return text;
    };
    TlsPair pair;
    auto good = credentials.of("pcscf", names);
    SECTION("of the server: who connects does not believe it, who is connected does not notice") {
        const bool past = GENERATE(true, false);
        pair.start(good, believes);
        pair.send(1);
        REQUIRE(pair.answered(1));
        pair.certify(pair.server, credentials.of("late", names, past ? expired : to_come));
        WireFixture another;
        pair.certify(another, believes);
        another.transports.send(
            {1, make_buffer(options("x", "TLS")), Target{Transport::Tls, pair.at, {}, "pcscf.example"}});
        REQUIRE(another.run_until([&] {
            pair.server.turn();
            return !another.failed.empty() && pair.server.noted("sip.net.handshake.failed");
        }));
        const auto time = past ? "expired on " + date(-day) : "valid from " + date(day);
        contains(another.failed[0].detail, past ? "certificate has expired" : "certificate is not yet valid");
        contains(another.failed[0].detail, "(CN=late, " + time);
        CHECK(another.noted("sip.net.connect.failed", another.failed[0].detail));
        contains(pair.server_note("sip.net.handshake.failed"), "our own certificate: " + time);
        CHECK(pair.server.transports.counters().of(Transport::Tls).handshakes_failed == 1);
        CHECK(pair.server.received.size() == 1);
        pair.send(2);
        CHECK(pair.answered(2));
        CHECK(pair.server.closed.empty());
    }
    SECTION("of a client: it is refused, another is not") {
        const bool past = GENERATE(true, false);
        good.client_certificates = Clients::Required;
        pair.start(good, credentials.of("ue1", "DNS:ue1.example"));
        pair.send(1);
        REQUIRE(pair.answered(1));
        WireFixture another;
        pair.certify(another, credentials.of("ue2", "DNS:ue2.example", past ? expired : to_come));
        another.transports.send(
            {1, make_buffer(options("x", "TLS")), Target{Transport::Tls, pair.at, {}, "pcscf.example"}});
        REQUIRE(another.run_until([&] {
            pair.server.turn();
            return pair.server.noted("sip.net.handshake.failed");
        }));
        const auto reason = pair.server_note("sip.net.handshake.failed");
        contains(reason, past ? "certificate has expired (CN=ue2, expired on " + date(-day)
                              : "certificate is not yet valid (CN=ue2, valid from " + date(day));
        CHECK(pair.server.transports.counters().of(Transport::Tls).handshakes_failed == 1);
        CHECK(pair.server.received.size() == 1);
        pair.send(2);
        CHECK(pair.answered(2));
        CHECK(pair.server.closed.empty());
    }
}

TEST_CASE("a new certificate is for connections to come, and a broken one for none", "[transports]") {
    const Credentials credentials;
    TlsPair pair;
    const TlsConfig believes{.certificate = {}, .key = {}, .ca = credentials.ca()};
    pair.start(credentials.of("old", names), believes);
    pair.send(1);
    REQUIRE(pair.answered(1));
    std::string why;
    CHECK_FALSE(pair.server.transports.use_certificates(
        {.certificate = "/nowhere.pem", .key = "/nowhere.key", .ca = {}}, why));
    contains(why, "certificate /nowhere.pem: ");
    auto mixed = credentials.of("new", names);
    mixed.key = credentials.path("old.key");
    CHECK_FALSE(pair.server.transports.use_certificates(mixed, why));
    contains(why, "key values mismatch");
    std::ofstream{credentials.path("broken.pem")}
        << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    mixed.certificate = credentials.path("broken.pem");
    CHECK_FALSE(pair.server.transports.use_certificates(mixed, why));

    const auto who_answers = [&] {
        WireFixture client;
        pair.certify(client, believes);
        client.transports.send(
            {1, make_buffer(options("x", "TLS")), Target{Transport::Tls, pair.at, {}, "pcscf.example"}});
        REQUIRE(client.run_until([&] {
            pair.server.turn();
            return client.received.size() == 1;
        }));
        return std::string{pair.established(client)->field("peer")};
    };
    CHECK(who_answers() == "CN=old");
    pair.certify(pair.server, credentials.of("new", names));
    CHECK(who_answers() == "CN=new");
    pair.send(2);  // on the old connection
    CHECK(pair.answered(2));
    CHECK(pair.client.transports.counters().connections == 1);
}

TEST_CASE("who does not speak TLS on its port is told by what he said", "[RFC8446-6.2]") {
    const Credentials credentials;
    TransportsConfig config;
    config.handshake_timeout = 300ms;
    WireFixture wire{config};
    std::string why;
    REQUIRE(wire.transports.use_certificates(credentials.of("pcscf", names), why));
    StreamPeer peer{wire.io, wire.listen(Transport::Tls)};
    std::string reason;
    SECTION("SIP in clear") {
        peer.send(options("t1", "TCP"));
        reason = "no TLS: it begins with 'OPTIONS.sip:b@im'";
    }
    SECTION("octets") {
        peer.send(std::string("\0\xff\x01", 3));
        reason = "no TLS: it begins with '...'";
    }
    SECTION("nothing") {
        reason = "no handshake in time";
    }
    SECTION("the beginning of a handshake") {
        peer.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
        reason = "no handshake in time";
    }
    SECTION("a handshake record full of nonsense") {
        peer.send(std::string("\x16\x03\x01\x00\x10", 5) + std::string(16, 'x'));
        reason = "TLS: ";
    }
    SECTION("TLS 1.1") {
        const std::string hello = std::string("\x03\x02", 2) + std::string(32, 'r') +
                                  std::string("\0\0\x04\xc0\x13\xc0\x14\x01\0", 9);
        peer.send(std::string("\x16\x03\x01\0", 4) + static_cast<char>(hello.size() + 4) +
                  std::string("\x01\0\0", 3) + static_cast<char>(hello.size()) + hello);
        reason = "TLS: unsupported protocol";
    }
    SECTION("he leaves") {
        peer.close();
        reason = "closed by the peer";
    }
    REQUIRE(wire.run_until([&] { return wire.noted("sip.net.handshake.failed"); }));
    for (const auto& n : wire.notes)
        if (n.id == "sip.net.handshake.failed") contains(n.field("reason"), reason);
    CHECK(wire.transports.counters().of(Transport::Tls).handshakes_failed == 1);
    CHECK(wire.transports.counters().connections == 0);
    CHECK(wire.closed.empty());
    CHECK(wire.received.empty());
}

TEST_CASE("without a certificate nobody listens for TLS, and without a connection nobody is told it went",
          "[transports]") {
    WireFixture wire;
    const auto at = *IpEndpoint::parse("127.0.0.1:0");
    for (const auto transport : {Transport::Tls, Transport::Wss}) {
        const auto listening = wire.transports.listen(transport, at);
        REQUIRE_FALSE(listening.has_value());
        CHECK(listening.error() == "a certificate is needed");
    }
    wire.transports.send(
        {1, make_buffer("x"), Target{Transport::Tls, *IpEndpoint::parse("127.0.0.1:5061"), {}}});
    REQUIRE(wire.run_until([&] { return wire.failed.size() == 1; }));
    CHECK(wire.failed[0].detail == "no certificates for TLS");
}

TEST_CASE("a TLS client that is idle, or does not read, is handled as one of TCP", "[transports]") {
    const Credentials credentials;
    TransportsConfig config;
    config.idle_timeout = 400ms;
    config.write_queue_octets = 100'000;
    TlsPair pair{config};
    pair.start(credentials.of("pcscf", names), {.certificate = {}, .key = {}, .ca = credentials.ca()});
    pair.send(1);
    REQUIRE(pair.answered(1));
    const auto flow = pair.server.received[0].flow;
    const auto big = make_buffer(std::string(50'000, 'x'));
    for (std::uint64_t id = 10; id < 1000 && pair.server.failed.empty(); ++id) {  // the client does not turn
        pair.server.transports.send({id, big, flow});
        pair.server.turn();
    }
    REQUIRE_FALSE(pair.server.failed.empty());
    CHECK(pair.server.failed[0].detail == "write queue full");
    CHECK(pair.server.closed.empty());
    REQUIRE(pair.server.run_until([&] { return pair.server.closed.size() == 1; }));
    CHECK(pair.server.noted("sip.net.connection.closed", "idle"));
}
