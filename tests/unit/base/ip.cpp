#include "common/base/ip.hpp"

#include <unordered_set>

#include <catch2/catch.hpp>

using namespace ims;

TEST_CASE("addresses are printed in their canonical form", "[RFC5952-4]") {
    const std::pair<std::string_view, std::string_view> pairs[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"::", "::"}};
    for (const auto& [in, out] : pairs) {
        const auto a = IpAddress::parse(in);
        REQUIRE(a);
        CHECK(a->text() == out);
        CHECK(IpAddress::parse(a->text()) == a);
    }
}

TEST_CASE("what is no address is none", "[RFC3986-3.2.2]") {
    for (const auto* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "[::1]", "::1%eth0", "1:2:3:4:5:6:7",
                             ":::", "example.com", " 1.2.3.4", "2001:db8:::192.0.2.1"})
        CHECK(!IpAddress::parse(text));
    CHECK(!IpAddress::parse(std::string_view{"1.2.3.4\0", 8}));
    CHECK(!IpAddress::parse(std::string(300, '1')));
}

TEST_CASE("special addresses are known", "[RFC4291-2.5]") {
    CHECK(IpAddress::parse("127.0.1.10")->is_loopback());
    CHECK(IpAddress::parse("::1")->is_loopback());
    CHECK(!IpAddress::parse("128.0.0.1")->is_loopback());
    CHECK(!IpAddress::parse("::2")->is_loopback());
    CHECK(!IpAddress::parse("1::1")->is_loopback());
    CHECK(IpAddress{}.is_unspecified());
    CHECK(IpAddress::parse("::")->is_unspecified());
    CHECK(!IpAddress::parse("::1")->is_unspecified());
}

TEST_CASE("an address is built from octets and gives them back", "[base]") {
    const auto v4 = IpAddress::v4({192, 0, 2, 1});
    CHECK(v4.text() == "192.0.2.1");
    CHECK(v4.octets().size() == 4);
    const auto v6 = IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
    CHECK(v6.uri_text() == "[2001:db8::1]");
    CHECK(v6.octets().size() == 16);
    CHECK(v4.uri_text() == "192.0.2.1");
    CHECK(v4 != v6);
}

TEST_CASE("an endpoint is read as it is written", "[base]") {
    for (const auto* text : {"192.0.2.1:5060", "[2001:db8::1]:0", "0.0.0.0:65535"})
        CHECK(IpEndpoint::parse(text)->text() == text);
    for (const auto* text : {"192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "2001:db8::1:5060",
                             "[192.0.2.1]:1", "[::1]", "[]:1", ":1", "a:1"})
        CHECK(!IpEndpoint::parse(text));
}

TEST_CASE("endpoints are keys", "[base]") {
    std::unordered_set<IpEndpoint> set;
    for (const auto* text : {"192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:1", "[::1]:1", "192.0.2.1:1"})
        set.insert(*IpEndpoint::parse(text));
    CHECK(set.size() == 4);
}
