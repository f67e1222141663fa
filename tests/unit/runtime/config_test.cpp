#include "common/runtime/config.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::runtime;

namespace {

std::vector<std::string> texts(const Document& document) {
    std::vector<std::string> all;
    for (const auto& e : document.errors()) all.push_back(e.text());
    return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("what the file says is read as its type, and what it leaves out has its fallback", "[config]") {
    auto document = Document::parse(R"(
name: pcscf1
count: 7
quick: true
ratio: 0.25
wait: 250ms
expires: 600000s
address: 2001:db8::1
at: '[2001:db8::1]:5060'
list: [1, 2, 3]
one: 9
own:
  inner: yes it is
)");
    const auto root = document.root();
    CHECK(root.get<std::string>("name", "") == "pcscf1");
    CHECK(root.get<unsigned>("count", 0) == 7);
    CHECK(root.get("quick", false));
    CHECK(root.get("ratio", 0.0) == 0.25);
    CHECK(root.get<Duration>("wait", 0s) == 250ms);
    CHECK(root.get<std::chrono::seconds>("expires", 0s) == 600000s);
    CHECK(root.get<IpAddress>("address", {}).text() == "2001:db8::1");
    CHECK(root.get<IpEndpoint>("at", {}).text() == "[2001:db8::1]:5060");
    CHECK(root.list<unsigned>("list") == std::vector<unsigned>{1, 2, 3});
    CHECK(root.list<unsigned>("one") == std::vector<unsigned>{9});
    CHECK(root.section("own").get<std::string>("inner", "") == "yes it is");
    CHECK(root.get<unsigned>("absent", 42) == 42);
    CHECK(root.section("nowhere").get<unsigned>("absent", 43) == 43);
    CHECK_FALSE(root.section("nowhere").present());
    document.finish();
    CHECK(texts(document) == Texts{});
}

TEST_CASE("an unknown key is refused with its line and the key that was probably meant", "[config]") {
    auto document = Document::parse("lisen: 1\nlog:\n  levle: info\n  colour: red\n", "pcscf.yaml");
    const auto root = document.root();
    root.find<unsigned>("listen");
    root.section("log").get<std::string>("level", "");
    document.finish();
    CHECK(texts(document) == Texts{"pcscf.yaml:1: unknown key 'lisen', did you mean 'listen'?",
                                   "pcscf.yaml:3: unknown key 'levle', did you mean 'level'?",
                                   "pcscf.yaml:4: unknown key 'colour'"});
}

TEST_CASE("every mistake is told, in the order of the lines", "[config]") {
    auto document = Document::parse(R"(count: many
wait: 10
at: 192.0.2.1
format: jsn
port: 70000
list: [1, x, 3]
own: 5
twice: 1
twice: 2
small: 3
ranged: 50ms
)",
                                    "f");
    const auto root = document.root();
    CHECK(root.get<unsigned>("count", 1) == 1);
    CHECK(root.get<Duration>("wait", 1s) == 1s);
    root.find<IpEndpoint>("at");
    CHECK(root.choice("format", 1, {{"logfmt", 1}, {"json", 2}}) == 1);
    CHECK(root.get<std::uint16_t>("port", 5060) == 5060);
    CHECK(root.list<unsigned>("list") == std::vector<unsigned>{1, 3});
    CHECK_FALSE(root.section("own").present());
    root.find<unsigned>("twice");
    CHECK(root.get_between<unsigned>("small", 10, 5, 20) == 10);
    CHECK(root.get_between<Duration>("ranged", 1s, 100ms, 1min) == 1s);
    CHECK(root.require<std::string>("name").empty());
    document.finish();
    CHECK(texts(document) ==
          Texts{"f:1: 'count': expected a whole number from 0 on, found 'many'", "f:1: 'name' is missing",
                "f:2: 'wait': expected a duration such as 500ms, 30s, 5m, 2h or 1d, found '10'",
                "f:3: 'at': expected an address with a port, 192.0.2.1:5060 or '[2001:db8::1]:5060', found "
                "'192.0.2.1'",
                "f:4: 'format': expected one of logfmt, json, found 'jsn', did you mean 'json'?",
                "f:5: 'port': expected a whole number from 0 to 65535, found '70000'",
                "f:6: 'list': expected a whole number from 0 on, found 'x'",
                "f:7: 'own' must be a mapping, not a single value",
                "f:9: key 'twice' stands here a second time", "f:10: 'small' must be from 5 to 20",
                "f:11: 'ranged' must be from 100ms to 1m"});
}

TEST_CASE("a file that is no YAML, no mapping or not there is one error with its place", "[config]") {
    const auto broken = Document::parse("a: [1, 2\nb: 3\n", "f");
    REQUIRE(broken.errors().size() == 1);
    CHECK(broken.errors()[0].line > 0);
    CHECK(broken.errors()[0].what.starts_with("not YAML"));
    CHECK_FALSE(broken.root().present());

    CHECK(texts(Document::parse("- a\n- b\n", "f")) == Texts{"f:1: a mapping is expected here"});
    CHECK(texts(Document::load("/nonexistent/ims.yaml")) ==
          Texts{"/nonexistent/ims.yaml: cannot be read: No such file or directory"});

    auto empty = Document::parse("", "f");
    CHECK(empty.root().get<unsigned>("x", 5) == 5);
    CHECK(texts(empty) == Texts{});
}

TEST_CASE("an alias that names its own anchor ends in an error, not in an endless tree", "[config]") {
    std::string bomb = "a: &a [x, x]\n";
    for (char c = 'b'; c <= 'z'; ++c)
        bomb += std::string{c} + ": &" + c + " [" + std::string(1, '*') + char(c - 1) + ", *" + char(c - 1) +
                "]\n";
    CHECK(texts(Document::parse(bomb, "f")).size() == 1);
}

TEST_CASE("durations have units", "[config]") {
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("30s") == 30s);
    CHECK(parse_duration("5m") == 5min);
    CHECK(parse_duration("2h") == 2h);
    CHECK(parse_duration("1d") == 24h);
    CHECK(parse_duration("0") == 0s);
    for (const auto* wrong : {"", "5", "-5s", "5 s", "s", "1.5s", "5S", "99999999999s", "999999999d"})
        CHECK_FALSE(parse_duration(wrong));
    for (const auto d : {Duration{500ms}, Duration{90s}, Duration{2h}, Duration{48h}, Duration{0s}})
        CHECK(parse_duration(duration_text(d)) == d);
}

TEST_CASE("a target is an address with a transport, and a port if it has one", "[config]") {
    const auto udp = parse_target("192.0.2.1:5061");
    REQUIRE(udp);
    CHECK(udp->transport == sip::Transport::Udp);
    CHECK(udp->remote.text() == "192.0.2.1:5061");
    const auto tcp = parse_target("[2001:db8::1]:4060;transport=tcp");
    REQUIRE(tcp);
    CHECK(tcp->transport == sip::Transport::Tcp);
    CHECK(tcp->remote.port == 4060);
    CHECK(parse_target("2001:db8::1")->remote.port == 0);
    CHECK(parse_target("[2001:db8::1]")->remote.address.is_v6());
    CHECK(parse_target("192.0.2.1;transport=TCP")->transport == sip::Transport::Tcp);
    CHECK(parse_target("192.0.2.1:5061;transport=tls")->transport == sip::Transport::Tls);
    CHECK(parse_target("192.0.2.1:4060;transport=sctp")->transport == sip::Transport::Sctp);
    for (const auto* wrong : {"", "ims.example", "192.0.2.1;transport=ws", "192.0.2.1;lr", "192.0.2.1:x"})
        CHECK_FALSE(parse_target(wrong));
}
