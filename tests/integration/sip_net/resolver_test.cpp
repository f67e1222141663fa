#include "common/sip/net/resolver.hpp"

#include "common/base/text.hpp"
#include "common/sip/net/dns_message.hpp"
#include "common/sip/net/socket_address.hpp"

#include <functional>
#include <map>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sip;
using boost::asio::ip::udp;

namespace {

std::string u16(unsigned n) {
    return {static_cast<char>(n >> 8), static_cast<char>(n & 0xff)};
}
std::string u32(std::uint32_t n) {
    return u16(n >> 16) + u16(n & 0xffff);
}
std::string name(std::string_view dotted) {
    std::string out;
    while (!dotted.empty()) {
        const auto label = dotted.substr(0, dotted.find('.'));
        out += static_cast<char>(label.size());
        out += label;
        dotted.remove_prefix(std::min(label.size() + 1, dotted.size()));
    }
    return out + '\0';
}
std::string text(std::string_view t) {
    return static_cast<char>(t.size()) + std::string{t};
}
std::string record(std::string_view owner, unsigned type, std::uint32_t ttl, const std::string& data) {
    return std::string{owner} + u16(type) + u16(1) + u32(ttl) + u16(static_cast<unsigned>(data.size())) +
           data;
}
const std::string question_name = "\xc0\x0c";  // a pointer to the name in the question

// A name server that answers by question: "A ims.example" -> records.
class NameServer {
  public:
    struct Reply {
        std::vector<std::string> records;
        unsigned rcode = 0;
    };
    explicit NameServer(boost::asio::io_context& io)
        : socket_{io, udp::endpoint{boost::asio::ip::address_v4::loopback(), 0}} {
        serve();
    }
    IpEndpoint local() const { return endpoint_of(socket_.local_endpoint()); }
    std::map<std::string, Reply> replies;
    bool silent = false;
    unsigned asked = 0;

  private:
    void serve() {
        socket_.async_receive_from(boost::asio::buffer(in_), from_,
                                   [this](const boost::system::error_code& error, std::size_t n) {
                                       if (error) return;
                                       ++asked;
                                       if (!silent) answer({in_.data(), n});
                                       serve();
                                   });
    }
    void answer(std::string_view query) {
        std::size_t at = 12;
        std::string key;
        while (query.at(at) != 0) {
            key += (key.empty() ? "" : ".") +
                   std::string{query.substr(at + 1, static_cast<std::size_t>(query[at]))};
            at += 1U + static_cast<std::size_t>(query[at]);
        }
        const unsigned type = static_cast<unsigned char>(query.at(at + 2));
        const auto question = query.substr(12, at + 5 - 12);
        const auto it = replies.find(std::to_string(type) + " " + to_lower(key));
        const Reply reply = it == replies.end() ? Reply{{}, 3} : it->second;
        std::string out{query.substr(0, 2)};
        out += u16(0x8580 | reply.rcode) + u16(1) + u16(static_cast<unsigned>(reply.records.size())) + u32(0);
        out += question;
        for (const auto& r : reply.records) out += r;
        socket_.send_to(boost::asio::buffer(out), from_);
    }
    udp::socket socket_;
    udp::endpoint from_;
    std::array<char, 2048> in_{};
};

struct ResolverFixture {
    boost::asio::io_context io{1};
    NameServer server{io};
    std::vector<dns::Answer> answers;
    Resolver resolver;

    ResolverFixture() : ResolverFixture{std::string{}} {}
    explicit ResolverFixture(const std::string& name_of_server, Resolver::Lookup lookup = {})
        : resolver{io, config(name_of_server), [this](dns::Answer a) { answers.push_back(std::move(a)); },
                   std::move(lookup)} {}
    ResolverConfig config(const std::string& name_of_server) const {
        if (name_of_server.empty()) return {.servers = {server.local()}, .timeout = 100ms, .attempts = 2};
        return {.servers = {},
                .timeout = 100ms,
                .attempts = 2,
                .named_servers = {{name_of_server, server.local().port}}};
    }

    dns::Answer ask(std::string host, dns::Type type) {
        answers.clear();
        resolver.ask({std::move(host), type});
        CHECK(answers.empty());  // never from within ask()
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (answers.empty() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_one_for(50ms);
        }
        REQUIRE(answers.size() == 1);
        return answers.front();
    }
};

}  // namespace

TEST_CASE("addresses come with their TTL, of both families", "[RFC3263-4]") {
    ResolverFixture f;
    f.server.replies["1 pcscf.ims.example"] = {{record(question_name, 1, 300, std::string("\x7f\0\1\12", 4)),
                                                record(question_name, 1, 60, std::string("\x7f\0\1\13", 4))}};
    f.server.replies["28 pcscf.ims.example"] = {{record(question_name, 28, 5, std::string(15, '\0') + '\1')}};
    const auto v4 = f.ask("pcscf.ims.example", dns::Type::A);
    CHECK_FALSE(v4.failed);
    REQUIRE(v4.records.size() == 2);
    CHECK(v4.query.name == "pcscf.ims.example");
    CHECK(v4.records[0].address.text() == "127.0.1.10");
    CHECK(v4.records[0].ttl == 300s);
    CHECK(v4.records[1].ttl == 60s);
    const auto v6 = f.ask("pcscf.ims.example", dns::Type::Aaaa);
    REQUIRE(v6.records.size() == 1);
    CHECK(v6.records[0].address.text() == "::1");
}

TEST_CASE("SRV and NAPTR records keep every field", "[RFC2782][RFC3403]") {
    ResolverFixture f;
    f.server.replies["33 _sip._udp.ims.example"] = {
        {record(question_name, 33, 120, u16(10) + u16(20) + u16(5060) + name("a.ims.example"))}};
    f.server.replies["35 ims.example"] = {
        {record(question_name, 35, 90,
                u16(50) + u16(60) + text("s") + text("SIP+D2U") + text("") + name("_sip._udp.ims.example"))}};
    const auto srv = f.ask("_sip._udp.ims.example", dns::Type::Srv).records.at(0);
    CHECK(srv.priority == 10);
    CHECK(srv.weight == 20);
    CHECK(srv.port == 5060);
    CHECK(srv.target == "a.ims.example");
    CHECK(srv.ttl == 120s);
    const auto naptr = f.ask("ims.example", dns::Type::Naptr).records.at(0);
    CHECK(naptr.priority == 50);
    CHECK(naptr.weight == 60);
    CHECK(naptr.flags == "s");
    CHECK(naptr.service == "SIP+D2U");
    CHECK(naptr.regexp.empty());
    CHECK(naptr.target == "_sip._udp.ims.example");
}

TEST_CASE("behind an alias the shorter TTL counts", "[RFC1035]") {
    ResolverFixture f;
    f.server.replies["1 alias.example"] = {
        {record(question_name, 5, 10, name("real.example")),
         record(name("real.example"), 1, 1000, std::string("\x7f\0\0\1", 4))}};
    const auto answer = f.ask("alias.example", dns::Type::A);
    REQUIRE(answer.records.size() == 1);
    CHECK(answer.records[0].ttl == 10s);
}

TEST_CASE("no such name and no such record are answers; silence and refusal are failures", "[RFC3263-4]") {
    ResolverFixture f;
    const auto no_name = f.ask("nowhere.example", dns::Type::A);
    CHECK_FALSE(no_name.failed);
    CHECK(no_name.records.empty());
    CHECK(no_name.detail == "no such name");
    f.server.replies["33 x.example"] = {};
    const auto no_record = f.ask("x.example", dns::Type::Srv);
    CHECK_FALSE(no_record.failed);
    CHECK(no_record.detail == "no such record");
    f.server.replies["1 x.example"] = {{}, 2};
    CHECK(f.ask("x.example", dns::Type::A).failed);
    f.server.silent = true;
    f.server.asked = 0;
    CHECK(f.ask("slow.example", dns::Type::A).failed);
    CHECK(f.server.asked == 2);
    CHECK_FALSE(f.ask(std::string(300, 'x'), dns::Type::A).detail.empty());
}

TEST_CASE("a server that has a name is looked for before it is asked, and when it fails", "[RFC3263-4]") {
    ResolverFixture f{"localhost"};
    f.server.replies["1 pcscf.ims.example"] = {
        {record(question_name, 1, 300, std::string("\x7f\0\1\12", 4))}};
    CHECK(f.ask("pcscf.ims.example", dns::Type::A).records.size() == 1);
    CHECK(f.ask("nowhere.example", dns::Type::A).detail == "no such name");
    f.server.silent = true;
    const auto silent = f.ask("slow.example", dns::Type::A);
    CHECK(silent.failed);
    CHECK(silent.detail == "Timeout while contacting DNS servers");
    f.server.silent = false;
    CHECK(f.ask("pcscf.ims.example", dns::Type::A).records.size() == 1);
}

TEST_CASE("a question that fails is asked once more where the server is now", "[RFC3263-4]") {
    std::vector<IpEndpoint> at;
    unsigned looks = 0;
    boost::asio::io_context* io = nullptr;
    ResolverFixture f{"ns", [&](const ResolverConfig::NamedServer&, const Resolver::Found& found) {
                          ++looks;
                          boost::asio::post(*io, [&at, found] { found(at, "nobody knows"); });
                      }};
    io = &f.io;
    NameServer elsewhere{f.io};
    for (auto* server : {&f.server, &elsewhere})
        server->replies["1 pcscf.ims.example"] = {
            {record(question_name, 1, 300, std::string("\x7f\0\1\12", 4))}};
    CHECK(f.ask("pcscf.ims.example", dns::Type::A).detail == "name server ns: nobody knows");

    at = {f.server.local()};
    CHECK(f.ask("pcscf.ims.example", dns::Type::A).records.size() == 1);
    CHECK(f.ask("pcscf.ims.example", dns::Type::A).records.size() == 1);
    CHECK(looks == 2);

    f.server.silent = true;
    CHECK(f.ask("pcscf.ims.example", dns::Type::A).failed);  // it has not moved
    CHECK(looks == 3);

    at = {elsewhere.local()};
    CHECK(f.ask("pcscf.ims.example", dns::Type::A).records.size() == 1);
    CHECK(elsewhere.asked == 1);
    CHECK(looks == 4);
}

TEST_CASE("a server whose name nobody knows is a failure that says so", "[RFC3263-4]") {
    ResolverFixture f{"no-such-server.invalid"};  // RFC 6761 6.4
    const auto answer = f.ask("pcscf.ims.example", dns::Type::A);
    CHECK(answer.failed);
    CHECK(answer.detail.starts_with("name server no-such-server.invalid: "));
    CHECK(f.server.asked == 0);
}

TEST_CASE("an answer cut short at any octet is refused and not read beyond", "[RFC1035]") {
    const auto message =
        u16(1) + u16(0x8580) + u16(1) + u16(1) + u32(0) + name("ims.example") + u16(35) + u16(1) +
        record(question_name, 35, 90,
               u16(50) + u16(60) + text("s") + text("SIP+D2U") + text("") + name("r.example"));
    REQUIRE(dns::parse_answer(octets_of(message), dns::Type::Naptr));
    for (std::size_t n = 0; n < message.size(); ++n)
        CHECK_FALSE(dns::parse_answer(octets_of(std::string_view{message}.substr(0, n)), dns::Type::Naptr));
}

TEST_CASE("a name that points at itself is refused", "[RFC1035-4.1.4]") {
    const auto message = u16(1) + u16(0x8580) + u16(1) + u16(0) + u32(0) + "\xc0\x0c" + u16(1) + u16(1);
    CHECK_FALSE(dns::parse_answer(octets_of(message), dns::Type::A));
}
