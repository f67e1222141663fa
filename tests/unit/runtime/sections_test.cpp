#include "common/runtime/sections.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::runtime;

namespace {

std::vector<std::string> mistakes_of(std::string_view yaml) {
    auto document = Document::parse(yaml, "f");
    read_cscf(document.root());
    document.finish();
    std::vector<std::string> all;
    for (const auto& e : document.errors()) all.push_back(e.text());
    return all;
}

}  // namespace

TEST_CASE("where a path's MTU is known, requests go over UDP up to 200 octets below it",
          "[config][RFC3261-18.1.1]") {
    const auto largest = [](std::string_view listen) {
        auto document = Document::parse("listen: {" + std::string{listen} + "}", "f");
        const auto points = read_cscf(document.root()).element.listen;
        REQUIRE(points.size() == 1);
        return points.front().largest_datagram;
    };
    CHECK(largest("udp: 192.0.2.1:5060") == 1300);
    CHECK(largest("udp: '[2001:db8::1]:5060'") == 1300);
    CHECK(largest("udp: 192.0.2.1:5060, path_mtu: 9000") == 8800);
    CHECK(largest("udp: 127.0.1.30:6060") == 65336);
    CHECK(largest("udp: '[::1]:6060'") == 65336);
    CHECK(largest("udp: 127.0.1.30:6060, path_mtu: 1500") == 1300);
    CHECK_FALSE(mistakes_of("listen: {udp: 192.0.2.1:5060, path_mtu: 100}").empty());
}

TEST_CASE("the common sections of a CSCF become its element, transports and resolver", "[config]") {
    auto document = Document::parse(R"(
listen:
  udp: [127.0.1.30:6060, '[::1]:6060']
  tcp: 127.0.1.30:6060
names: [scscf.ims.example]
transports: [tcp, udp]
routes:
  - host: icscf.ims.example
    targets: [127.0.1.20:4060, 127.0.1.21;transport=tcp]
dns: {servers: [127.0.0.1, '127.0.0.1:5353', ns.example, 'ns:5353'], timeout: 1s, attempts: 3}
timers: {t1: 2s, t2: 16s, t4: 17s, c: 200s}
limits: {message_size: 16384, headers: 100, connections_per_peer: 3, transactions: 1000}
state: {file: /var/lib/ims/scscf.json, interval: 10s}
)");
    const auto s = read_cscf(document.root());
    document.finish();
    for (const auto& e : document.errors()) FAIL(e.text());
    REQUIRE(s.element.listen.size() == 3);
    CHECK(s.element.listen[1].endpoint.text() == "[::1]:6060");
    CHECK(s.element.listen[2].transport == sip::Transport::Tcp);
    CHECK(s.element.own_names == std::vector<std::string>{"scscf.ims.example"});
    CHECK(s.element.timers == sip::gm_timers);
    CHECK(s.element.timer_c == 200s);
    CHECK(s.element.max_transactions == 1000);
    REQUIRE(s.element.locator.routes.size() == 1);
    CHECK(s.element.locator.routes[0].targets.size() == 2);
    CHECK(s.element.locator.transports.front() == sip::Transport::Tcp);
    CHECK(s.element.locator.ipv6);
    CHECK(s.resolver.servers[0].text() == "127.0.0.1:53");
    CHECK(s.resolver.servers[1].port == 5353);
    REQUIRE(s.resolver.named_servers.size() == 2);
    CHECK(s.resolver.named_servers[0].host == "ns.example");
    CHECK(s.resolver.named_servers[0].port == 53);
    CHECK(s.resolver.named_servers[1].host == "ns");
    CHECK(s.resolver.named_servers[1].port == 5353);
    CHECK(s.transports.message_octets == 16384);
    CHECK(s.transports.header_lines == 100);
    CHECK(s.state_file == "/var/lib/ims/scscf.json");
    CHECK(s.state_interval == 10s);
}

TEST_CASE("a CSCF must listen somewhere, and where it can be reached", "[config]") {
    CHECK(mistakes_of("names: [a]") ==
          std::vector<std::string>{
              "f:1: 'listen' must name at least one endpoint under udp, tcp, tls, ws, wss or sctp"});
    CHECK(mistakes_of("listen:\n  udp: ['0.0.0.0:5060', '127.0.0.1:5060']") ==
          std::vector<std::string>{
              "f:2: 'udp' must be addresses that peers can reach, not 0.0.0.0:5060: they go into Via"});
}

TEST_CASE("TLS and WebSockets have ports, certificates, paths and origins", "[config][RFC5922][RFC7118]") {
    const std::string listen = "listen: {tls: 127.0.0.1:5061, ws: 127.0.0.1:8080, wss: 127.0.0.1:7443}\n";
    auto document = Document::parse(listen + R"(
tls: {certificate: /c.pem, key: /k.pem, ca: /ca.pem, client_certificates: optional, verify_servers: false}
web_socket: {path: /sip, origins: ['https://phone.example']}
limits: {handshake_timeout: 3s}
routes: [{host: icscf.example, targets: ['192.0.2.1:5061;transport=tls']}]
)",
                                    "f");
    const auto s = read_cscf(document.root());
    document.finish();
    CHECK(document.errors().empty());
    using sip::Transport;
    REQUIRE(s.element.listen.size() == 3);
    CHECK(s.element.listen[0].transport == Transport::Tls);
    CHECK(s.element.listen[1].transport == Transport::Ws);
    CHECK(s.element.listen[2].endpoint.text() == "127.0.0.1:7443");
    REQUIRE(s.tls);
    CHECK(*s.tls ==
          sip::TlsConfig{"/c.pem", "/k.pem", "/ca.pem", sip::TlsConfig::ClientCertificates::Optional, false});
    CHECK(s.transports.web_socket.path == "/sip");
    CHECK(s.transports.web_socket.origins == std::vector<std::string>{"https://phone.example"});
    CHECK(s.transports.handshake_timeout == 3s);
    CHECK(s.element.locator.transports == std::vector{Transport::Udp, Transport::Tcp, Transport::Tls});
    CHECK(s.element.locator.routes[0].targets[0].transport == Transport::Tls);

    CHECK(mistakes_of("listen: {tls: 127.0.0.1:5061}") ==
          std::vector<std::string>{"f:1: 'tls' is missing, but listen has tls or wss"});
    CHECK(mistakes_of("listen: {udp: 127.0.0.1:5060}\ntls: {certificat: /c}") ==
          std::vector<std::string>{"f:2: 'certificate' is missing", "f:2: 'key' is missing",
                                   "f:2: unknown key 'certificat', did you mean 'certificate'?"});
    CHECK(mistakes_of(listen + "tls: {certificate: /c, key: /k, client_certificates: required}") ==
          std::vector<std::string>{"f:2: 'ca' is missing: it says whose client certificates are believed"});
    CHECK(mistakes_of("listen: {udp: 127.0.0.1:5060}\ntransports: [udp, tls]\nweb_socket: {path: sip}") ==
          std::vector<std::string>{
              "f:2: 'transports' has tls, which needs listen.tls: its address goes into Via",
              "f:3: 'path' must begin with /"});
}

TEST_CASE("rules between keys are checked where the keys stand", "[config]") {
    CHECK(mistakes_of("listen: {udp: 127.0.0.1:5060}\ntimers: {t1: 4s, t2: 2s}\nroutes:\n  - {host: "
                      "a}\nstate: {interval: 5s}\n") ==
          std::vector<std::string>{"f:2: 't2' must not be below t1",
                                   "f:4: 'targets' must name at least one address",
                                   "f:5: 'file' is missing"});
}

TEST_CASE("a name server is an address or a name; an address with a mistake is no name", "[config]") {
    const std::string listen = "listen: {udp: 127.0.0.1:5060}\n";
    for (const auto* wrong : {"127.0.0.256", "ns.example:0", "ns.example:99999", "ns example", ":53"}) {
        CAPTURE(wrong);
        CHECK(
            mistakes_of(listen + "dns: {servers: ['" + wrong + "']}") ==
            std::vector<std::string>{"f:2: 'servers' must be a list of addresses and host names, with a port "
                                     "or without, not '" +
                                     std::string{wrong} + "'"});
    }
}

TEST_CASE("a Diameter section has an identity, a realm and peers", "[RFC6733-5]") {
    auto document = Document::parse(R"(
identity: scscf.ims.example
realm: ims.example
listen: 127.0.1.30:3868
peers:
  - {identity: hss.ims.example, host: 127.0.1.40, port: 3868, relay: true}
  - {identity: hss2.ims.example, transport: tls}
watchdog: 5s
)",
                                    "f");
    const auto config = read_diameter(document.root());
    document.finish();
    CHECK(config.identity == "scscf.ims.example");
    REQUIRE(config.peers.size() == 2);
    CHECK(config.peers[0].relay);
    CHECK(config.peers[1].transport == diameter::PeerTransport::Tls);
    REQUIRE(document.errors().size() == 2);
    CHECK(document.errors()[0].what == "'tls' is missing, but a peer or listen_tls needs it");
    CHECK(document.errors()[1].text() == "f:8: 'watchdog' must be from 6s to 10m");
}

TEST_CASE("SCTP endpoints have several addresses, all of which mean the element", "[RFC4168-6]") {
    auto document = Document::parse(R"(
listen:
  udp: 192.0.2.30:6060
  sctp: ['192.0.2.30,198.51.100.30:6060', '[2001:db8::1]:6060']
names: [scscf.ims.example]
routes:
  - {host: icscf.ims.example, targets: [192.0.2.20:4060;transport=sctp]}
)");
    const auto s = read_cscf(document.root());
    document.finish();
    for (const auto& e : document.errors()) FAIL(e.text());
    REQUIRE(s.sctp.size() == 2);
    CHECK(s.sctp[0].text() == "192.0.2.30,198.51.100.30:6060");
    REQUIRE(s.element.listen.size() == 3);
    CHECK(s.element.listen[1].transport == sip::Transport::Sctp);
    CHECK(s.element.listen[1].endpoint.text() == "192.0.2.30:6060");
    CHECK(s.element.own_names == std::vector<std::string>{"scscf.ims.example", "198.51.100.30:6060"});
    // Who leaves the choice gets it last; a route may ask for it.
    using sip::Transport;
    CHECK(s.element.locator.transports == std::vector{Transport::Udp, Transport::Tcp, Transport::Sctp});
    CHECK(s.element.locator.routes[0].targets[0].transport == Transport::Sctp);

    CHECK(mistakes_of("listen:\n  sctp: ['192.0.2.1,0.0.0.0:5060']") ==
          std::vector<std::string>{"f:2: 'sctp' must be addresses that peers can reach, not "
                                   "192.0.2.1,0.0.0.0:5060: they are told to each peer"});
    CHECK(mistakes_of("listen:\n  sctp: ['192.0.2.1,198.51.100.1']").size() == 2);
}

TEST_CASE("a Diameter peer over SCTP has several hosts, another one does not", "[RFC6733-2.1]") {
    auto document = Document::parse(R"(
identity: scscf.ims.example
realm: ims.example
listen_sctp: '127.0.1.30,127.0.2.30:3868'
sctp_addresses: [127.0.1.30, 127.0.2.30]
peers:
  - {identity: hss.ims.example, host: [127.0.1.40, 127.0.2.40], transport: sctp}
  - {identity: hss2.ims.example, host: [127.0.1.41, 127.0.2.41]}
)",
                                    "f");
    const auto config = read_diameter(document.root());
    document.finish();
    REQUIRE(config.listen_sctp.size() == 1);
    CHECK(config.listen_sctp[0].text() == "127.0.1.30,127.0.2.30:3868");
    CHECK(config.sctp_addresses.size() == 2);
    REQUIRE(config.peers.size() == 2);
    CHECK(config.peers[0].transport == diameter::PeerTransport::Sctp);
    CHECK(config.peers[0].host == "127.0.1.40");
    CHECK(config.peers[0].further_hosts == std::vector<std::string>{"127.0.2.40"});
    REQUIRE(document.errors().size() == 1);
    CHECK(document.errors()[0].what == "'host' must be one, unless the transport is sctp");
}

TEST_CASE("what a service remembers has a size, or is nothing at all", "[config]") {
    const auto read = [](std::string_view yaml) {
        auto document = Document::parse(yaml, "f");
        const auto octets = read_trace(document.root().section("trace")).octets;
        document.finish();
        return std::pair{octets, document.errors().empty() ? std::string{} : document.errors().front().what};
    };
    CHECK(read("{}") == std::pair{std::size_t{33554432}, std::string{}});
    CHECK(read("trace: {octets: 0}") == std::pair{std::size_t{0}, std::string{}});
    CHECK(read("trace: {octets: 1048576}") == std::pair{std::size_t{1048576}, std::string{}});
    CHECK(read("trace: {octets: 1000}").second == "'octets' must be 0 or between 1048576 and 17179869184");
    CHECK(read("trace: {octest: 0}").second.find("octest") != std::string::npos);
}

TEST_CASE("a collector of all messages is an address or a name with a port, and its key is in a file",
          "[config]") {
    const auto read = [](const std::string& yaml) {
        auto document = Document::parse(yaml, "f");
        auto config = read_trace(document.root().section("trace"));
        document.finish();
        return std::pair{config.hep,
                         document.errors().empty() ? std::string{} : document.errors().front().what};
    };
    CHECK_FALSE(read("trace: {octets: 0}").first);
    const auto v6 = read("trace: {hep: {collector: '[2001:db8::1]:9060', id: 7}}");
    CHECK(v6.second.empty());
    REQUIRE(v6.first);
    CHECK(v6.first->text() == "[2001:db8::1]:9060");
    CHECK(v6.first->id == 7);
    CHECK(read("trace: {hep: {collector: 'homer:9060'}}").first->id == 1);
    CHECK(read("trace: {hep: {collector: homer}}").second.find("must be an address or a name with a port") !=
          std::string::npos);
    CHECK(read("trace: {hep: {id: 7}}").second.find("collector") != std::string::npos);
    CHECK(read("trace: {hep: {collector: 'h:1', key_file: /nowhere}}").second ==
          "'key_file' cannot read '/nowhere'");
    CHECK(read("trace: {hep: {collector: 'h:1', keyfile: /x}}").second.find("key_file") != std::string::npos);
}
