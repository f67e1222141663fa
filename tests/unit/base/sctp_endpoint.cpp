#include "common/base/sctp_endpoint.hpp"

#include <catch2/catch.hpp>

using namespace ims;

TEST_CASE("an SCTP endpoint is one port at one or more addresses", "[RFC9260-1.3]") {
    const auto one = SctpEndpoint::parse("192.0.2.1:5060");
    REQUIRE(one);
    CHECK(one->addresses == std::vector{*IpAddress::parse("192.0.2.1")});
    CHECK(one->port == 5060);
    CHECK(one->first().text() == "192.0.2.1:5060");

    const auto* text = "192.0.2.1,[2001:db8::1],198.51.100.1:5060";
    const auto three = SctpEndpoint::parse(text);
    REQUIRE(three);
    CHECK(three->addresses.size() == 3);
    CHECK(three->addresses[1].text() == "2001:db8::1");
    CHECK(three->text() == text);
    CHECK(SctpEndpoint::parse("192.0.2.1,[2001:db8::1]:5060")->text() == "192.0.2.1,[2001:db8::1]:5060");
}

TEST_CASE("what is no SCTP endpoint is none", "[config]") {
    for (const auto* wrong :
         {"", ":5060", "192.0.2.1", "192.0.2.1,198.51.100.1", ",192.0.2.1:5060", "192.0.2.1,:5060",
          "192.0.2.1:5060,198.51.100.1:5060", "192.0.2.1,192.0.2.1:5060", "192.0.2.1, 198.51.100.1:5060",
          "host,192.0.2.1:5060", "2001:db8::1,192.0.2.1:5060"}) {
        INFO(wrong);
        CHECK_FALSE(SctpEndpoint::parse(wrong));
    }
}
