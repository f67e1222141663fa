#include "common/sip/locate/locator.hpp"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sip;
using dns::Type;

namespace {

constexpr TimePoint t0{std::chrono::hours{1}};

IpEndpoint at(std::string_view text) {
    const auto endpoint = IpEndpoint::parse(text);
    REQUIRE(endpoint.has_value());
    return *endpoint;
}
dns::Record a(std::string_view address, std::chrono::seconds ttl = 60s) {
    const auto parsed = IpAddress::parse(address);
    REQUIRE(parsed.has_value());
    dns::Record record;
    record.type = parsed->is_v6() ? Type::Aaaa : Type::A;
    record.ttl = ttl;
    record.address = *parsed;
    return record;
}
dns::Record srv(std::uint16_t priority, std::uint16_t weight, std::uint16_t port, std::string target) {
    dns::Record record;
    record.type = Type::Srv;
    record.ttl = 60s;
    record.priority = priority;
    record.weight = weight;
    record.port = port;
    record.target = std::move(target);
    return record;
}
dns::Record naptr(std::uint16_t order, std::uint16_t preference, std::string service,
                  std::string replacement) {
    dns::Record record;
    record.type = Type::Naptr;
    record.ttl = 60s;
    record.priority = order;
    record.weight = preference;
    record.flags = "s";
    record.service = std::move(service);
    record.target = std::move(replacement);
    return record;
}

// A locator with a name server that knows a zone and counts what it is asked.
class Bench {
  public:
    explicit Bench(LocatorConfig config = {}) : locator{std::move(config), random_} {}

    std::map<std::pair<std::string, Type>, std::vector<dns::Record>> zone;
    std::vector<std::string> asked;
    TimePoint now = t0;
    std::string why;
    std::string host;  // of the last target

    std::vector<std::string> locate(std::string_view text) {
        const auto uri = Uri::parse(text);
        REQUIRE(uri.has_value());
        Locator::Outputs out;
        locator.locate(*uri, now, out);
        while (out.located.empty()) {
            REQUIRE_FALSE(out.queries.empty());
            const auto queries = std::exchange(out.queries, {});
            for (const auto& query : queries) {
                asked.push_back(std::string{dns::type_text(query.type)} + " " + query.name);
                const auto found = zone.find({query.name, query.type});
                locator.handle(
                    dns::Answer{
                        query, found == zone.end() ? std::vector<dns::Record>{} : found->second, false, {}},
                    now, out);
            }
        }
        why = out.located[0].why;
        std::vector<std::string> targets;
        host.clear();
        for (const auto& target : out.located[0].targets) {
            targets.push_back(std::string{transport_text(target.transport)} + " " + target.remote.text());
            host = target.host;
        }
        return targets;
    }

  private:
    SeededRandom random_{3};

  public:
    Locator locator;
};

using Targets = std::vector<std::string>;

LocatorConfig with_tls() {
    LocatorConfig config;
    config.transports = {Transport::Udp, Transport::Tcp, Transport::Tls};
    return config;
}

}  // namespace

TEST_CASE("a numeric host needs no name server", "[RFC3263-4.2]") {
    Bench b{with_tls()};
    CHECK(b.locate("sip:192.0.2.1") == Targets{"UDP 192.0.2.1:5060"});
    CHECK(b.locate("sip:192.0.2.1:5070") == Targets{"UDP 192.0.2.1:5070"});
    CHECK(b.locate("sip:[2001:db8::1]") == Targets{"UDP [2001:db8::1]:5060"});
    CHECK(b.locate("sip:192.0.2.1;transport=tcp") == Targets{"TCP 192.0.2.1:5060"});
    CHECK(b.locate("sips:192.0.2.1") == Targets{"TLS 192.0.2.1:5061"});
    CHECK(b.locate("sips:192.0.2.1;transport=tcp") == Targets{"TLS 192.0.2.1:5061"});
    CHECK(b.locate("sip:example.com;maddr=192.0.2.9") == Targets{"UDP 192.0.2.9:5060"});
    CHECK(b.asked.empty());
}

TEST_CASE("a WebSocket is at the ports of HTTP where none is named", "[RFC7118-5][RFC6455-3]") {
    LocatorConfig config;
    config.transports = {Transport::Udp, Transport::Ws, Transport::Wss};
    Bench b{config};
    CHECK(b.locate("sip:192.0.2.1;transport=ws") == Targets{"WS 192.0.2.1:80"});
    CHECK(b.locate("sip:192.0.2.1;transport=wss") == Targets{"WSS 192.0.2.1:443"});
    CHECK(b.locate("sips:192.0.2.1;transport=ws") == Targets{"WSS 192.0.2.1:443"});
    CHECK(b.locate("sip:192.0.2.1:8080;transport=ws") == Targets{"WS 192.0.2.1:8080"});
}

TEST_CASE("what cannot be reached says why", "[RFC3263-4.1]") {
    Bench b;
    CHECK(b.locate("tel:+4912345").empty());
    CHECK(b.why.find("not a SIP URI") != std::string::npos);
    CHECK(b.locate("sip:192.0.2.1;transport=sctp").empty());
    CHECK(b.why.find("SCTP") != std::string::npos);
    CHECK(b.locate("sip:192.0.2.1;transport=pigeon").empty());
    CHECK(b.locate("sips:192.0.2.1").empty());  // this element has no TLS
    CHECK(b.locate("sip:nowhere.example:5060").empty());
    CHECK(b.why == "A nowhere.example: no such record");
}

TEST_CASE("NAPTR chooses the transport, SRV the server, A and AAAA its addresses", "[RFC3263-4.1]") {
    Bench b;
    b.zone[{"ims.example", Type::Naptr}] = {naptr(20, 50, "SIP+D2T", "_sip._tcp.ims.example"),
                                            naptr(10, 50, "SIP+D2U", "_sip._udp.ims.example"),
                                            naptr(5, 50, "SIPS+D2T", "_sips._tcp.ims.example")};
    b.zone[{"_sip._udp.ims.example", Type::Srv}] = {srv(20, 0, 5062, "second.ims.example"),
                                                    srv(10, 0, 5061, "first.ims.example")};
    b.zone[{"first.ims.example", Type::A}] = {a("192.0.2.1")};
    b.zone[{"first.ims.example", Type::Aaaa}] = {a("2001:db8::1")};
    b.zone[{"second.ims.example", Type::A}] = {a("192.0.2.2")};
    CHECK(b.locate("sip:IMS.example") ==
          Targets{"UDP 192.0.2.1:5061", "UDP [2001:db8::1]:5061", "UDP 192.0.2.2:5062"});
    CHECK(b.asked.size() == 6);
}

TEST_CASE("a sips URI takes only what is secure", "[RFC3263-4.1]") {
    Bench b{with_tls()};
    b.zone[{"ims.example", Type::Naptr}] = {naptr(10, 50, "SIP+D2U", "_sip._udp.ims.example"),
                                            naptr(20, 50, "SIPS+D2T", "_sips._tcp.ims.example")};
    b.zone[{"_sips._tcp.ims.example", Type::Srv}] = {srv(1, 0, 5071, "s.ims.example")};
    b.zone[{"s.ims.example", Type::A}] = {a("192.0.2.1")};
    CHECK(b.locate("sips:ims.example") == Targets{"TLS 192.0.2.1:5071"});
}

TEST_CASE("without NAPTR the SRV records of all transports are asked for, without SRV the addresses",
          "[RFC3263-4.1]") {
    Bench b;
    b.zone[{"_sip._tcp.tcp.example", Type::Srv}] = {srv(1, 0, 5080, "s.tcp.example")};
    b.zone[{"s.tcp.example", Type::A}] = {a("192.0.2.1")};
    CHECK(b.locate("sip:tcp.example") == Targets{"TCP 192.0.2.1:5080"});
    b.zone[{"plain.example", Type::A}] = {a("192.0.2.2"), a("192.0.2.3")};
    CHECK(b.locate("sip:plain.example") == Targets{"UDP 192.0.2.2:5060", "UDP 192.0.2.3:5060"});
}

TEST_CASE("an explicit port, even 5060, means addresses and never SRV", "[RFC3263-4.2]") {
    Bench b;
    b.zone[{"s.example", Type::A}] = {a("192.0.2.1")};
    CHECK(b.locate("sip:s.example:5060") == Targets{"UDP 192.0.2.1:5060"});
    CHECK(b.asked == Targets{"A s.example", "AAAA s.example"});
}

TEST_CASE("a transport without a port asks SRV of that transport", "[RFC3263-4.2]") {
    Bench b;
    b.zone[{"_sip._tcp.s.example", Type::Srv}] = {srv(1, 0, 5090, "h.example")};
    b.zone[{"h.example", Type::A}] = {a("192.0.2.1")};
    CHECK(b.locate("sip:s.example;transport=tcp") == Targets{"TCP 192.0.2.1:5090"});
    CHECK(b.asked.front() == "SRV _sip._tcp.s.example");
}

TEST_CASE("an SRV record with the target \".\" says that there is no such service", "[RFC2782]") {
    Bench b;
    b.zone[{"_sip._udp.none.example", Type::Srv}] = {srv(0, 0, 0, ".")};
    b.zone[{"none.example", Type::A}] = {a("192.0.2.1")};
    CHECK(b.locate("sip:none.example").empty());
    CHECK(b.why.find("not offered") != std::string::npos);
}

TEST_CASE("inside a priority the weights decide how often a server comes first", "[RFC2782]") {
    Bench b;
    b.zone[{"_sip._udp.w.example", Type::Srv}] = {srv(1, 30, 5061, "192.0.2.1"),
                                                  srv(1, 10, 5062, "192.0.2.2"), srv(1, 0, 5063, "192.0.2.3"),
                                                  srv(0, 0, 5064, "192.0.2.4")};
    std::map<std::string, int> first;
    constexpr int rounds = 4100;
    for (int i = 0; i < rounds; ++i) {
        const auto targets = b.locate("sip:w.example;transport=udp");
        REQUIRE(targets.size() == 4);
        CHECK(targets[0] == "UDP 192.0.2.4:5064");
        ++first[targets[1]];
    }
    CHECK(first["UDP 192.0.2.1:5061"] == Approx(3000).margin(150));
    CHECK(first["UDP 192.0.2.2:5062"] == Approx(1000).margin(120));
    CHECK(first["UDP 192.0.2.3:5063"] == Approx(100).margin(40));
}

TEST_CASE("answers are kept for their TTL, and \"no such record\" for the negative one", "[RFC2308]") {
    Bench b;
    b.zone[{"s.example", Type::A}] = {a("192.0.2.1", 60s)};
    b.locate("sip:s.example:5060");
    REQUIRE(b.asked.size() == 2);
    b.locate("sip:s.example:5060");
    CHECK(b.asked.size() == 2);
    b.now += 31s;  // the AAAA that does not exist has run out
    b.locate("sip:s.example:5060");
    CHECK(b.asked.size() == 3);
    CHECK(b.asked.back() == "AAAA s.example");
    b.now += 30s;
    b.locate("sip:s.example:5060");
    CHECK(b.asked.size() == 5);
}

TEST_CASE("a TTL of zero serves the location that asked, and no other", "[RFC1035-3.2.1]") {
    Bench b;
    b.zone[{"_sip._udp.s.example", Type::Srv}] = {srv(1, 0, 5061, "h.example")};
    b.zone[{"_sip._udp.s.example", Type::Srv}][0].ttl = 0s;
    b.zone[{"h.example", Type::A}] = {a("192.0.2.1", 0s)};
    CHECK(b.locate("sip:s.example;transport=udp") == Targets{"UDP 192.0.2.1:5061"});
    const auto asked = b.asked.size();
    b.now += 1ms;
    b.locate("sip:s.example;transport=udp");
    CHECK(b.asked.size() > asked);
}

TEST_CASE("two locations that need the same answer ask once", "[RFC3263-4]") {
    Bench b;
    const auto uri = Uri::sip("x", "s.example", 5060);
    Locator::Outputs out;
    const auto one = b.locator.locate(uri, t0, out);
    const auto two = b.locator.locate(uri, t0, out);
    CHECK(out.queries.size() == 2);  // A and AAAA
    b.locator.handle({{"s.example", Type::A}, {a("192.0.2.1")}, false, {}}, t0, out);
    CHECK(out.located.empty());
    b.locator.handle({{"S.example.", Type::Aaaa}, {}, false, {}}, t0, out);
    REQUIRE(out.located.size() == 2);
    CHECK(out.located[0].ticket == one);
    CHECK(out.located[1].ticket == two);
}

TEST_CASE("a name server that does not answer is given up in time and asked again the next time",
          "[RFC3263-4]") {
    Bench b;
    Locator::Outputs out;
    b.locator.locate(Uri::sip("x", "s.example", 5060), t0, out);
    REQUIRE(b.locator.next_deadline() == t0 + 5s);
    b.locator.handle_timeout(t0 + 5s - 1ns, out);
    CHECK(out.located.empty());
    b.locator.handle_timeout(t0 + 5s, out);
    REQUIRE(out.located.size() == 1);
    CHECK(out.located[0].targets.empty());
    CHECK(out.located[0].why == "A s.example: the name server did not answer");
    CHECK_FALSE(b.locator.next_deadline());

    Locator::Outputs again;
    b.locator.locate(Uri::sip("x", "s.example", 5060), t0 + 5s + 1ns, again);
    CHECK(again.queries.size() == 2);
}

TEST_CASE("static routes go before the name server, a port of 0 is the URI's or the default", "[RFC3263-4]") {
    LocatorConfig config;
    config.routes = {
        {"icscf.ims.example",
         {{Transport::Tcp, at("127.0.1.20:4060"), {}}, {Transport::Udp, at("127.0.1.21:0"), {}}}}};
    Bench b{config};
    CHECK(b.locate("sip:ICSCF.ims.example") == Targets{"TCP 127.0.1.20:4060", "UDP 127.0.1.21:5060"});
    CHECK(b.locate("sip:icscf.ims.example:4070") == Targets{"TCP 127.0.1.20:4060", "UDP 127.0.1.21:4070"});
    CHECK(b.asked.empty());
    b.locator.reload({});
    CHECK(b.locate("sip:icscf.ims.example:4070").empty());
}

TEST_CASE("a target that asked for rest comes last until then", "[RFC3263-4.3]") {
    Bench b;
    b.zone[{"s.example", Type::A}] = {a("192.0.2.1", 600s), a("192.0.2.2", 600s)};
    b.locator.penalize({Transport::Udp, at("192.0.2.1:5060"), {}}, t0, 10s);
    CHECK(b.locate("sip:s.example:5060") == Targets{"UDP 192.0.2.2:5060", "UDP 192.0.2.1:5060"});
    b.now += 10s;
    CHECK(b.locate("sip:s.example:5060") == Targets{"UDP 192.0.2.1:5060", "UDP 192.0.2.2:5060"});
}

TEST_CASE("an address family that is switched off is neither asked for nor used", "[RFC3263-4]") {
    LocatorConfig config;
    config.ipv6 = false;
    Bench b{config};
    b.zone[{"s.example", Type::A}] = {a("192.0.2.1")};
    CHECK(b.locate("sip:s.example:5060") == Targets{"UDP 192.0.2.1:5060"});
    CHECK(b.asked == Targets{"A s.example"});
    CHECK(b.locate("sip:[2001:db8::1]").empty());
}

TEST_CASE("an answer nobody asked for changes nothing", "[RFC5452]") {
    Bench b;
    Locator::Outputs out;
    b.locator.handle({{"s.example", Type::A}, {a("203.0.113.66")}, false, {}}, t0, out);
    CHECK(b.locator.cached() == 0);
    CHECK(b.locate("sip:s.example:5060").empty());
}

TEST_CASE("many questions without an answer run out each at its time", "[RFC3263-4]") {
    Bench b;
    Locator::Outputs out;
    for (int i = 0; i < 1000; ++i)
        b.locator.locate(Uri::sip("x", "h" + std::to_string(i) + ".example", 5060), t0 + i * 1ms, out);
    CHECK(out.queries.size() == 2000);
    b.locator.handle({{"h0.example", Type::A}, {a("192.0.2.1")}, false, {}}, t0 + 2s, out);
    b.locator.handle({{"h0.example", Type::Aaaa}, {}, false, {}}, t0 + 2s, out);
    CHECK(out.located.size() == 1);
    CHECK(b.locator.next_deadline() == t0 + 5s + 1ms);
    b.locator.handle_timeout(t0 + 5s + 499ms, out);
    CHECK(out.located.size() == 500);
    b.locator.handle_timeout(t0 + 5s + 999ms, out);
    CHECK(out.located.size() == 1000);
    CHECK_FALSE(b.locator.next_deadline());
}

TEST_CASE("the host of the URI goes with a target of TLS, not what SRV led to", "[RFC5922-4]") {
    auto config = with_tls();
    config.routes = {{"static.example", {{Transport::Tls, *IpEndpoint::parse("192.0.2.5:5061"), {}}}}};
    Bench b{std::move(config)};
    b.zone[{"ims.example", Type::Naptr}] = {naptr(20, 50, "SIPS+D2T", "_sips._tcp.other.example")};
    b.zone[{"_sips._tcp.other.example", Type::Srv}] = {srv(1, 0, 5071, "s.other.example")};
    b.zone[{"s.other.example", Type::A}] = {a("192.0.2.1")};
    CHECK(b.locate("sips:ims.example") == Targets{"TLS 192.0.2.1:5071"});
    CHECK(b.host == "ims.example");
    CHECK(b.locate("sip:static.example") == Targets{"TLS 192.0.2.5:5061"});
    CHECK(b.host == "static.example");
    CHECK(b.locate("sip:192.0.2.9;transport=tls") == Targets{"TLS 192.0.2.9:5061"});
    CHECK(b.host == "192.0.2.9");
    CHECK(b.locate("sip:192.0.2.9") == Targets{"UDP 192.0.2.9:5060"});
    CHECK(b.host.empty());
}
