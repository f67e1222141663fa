#include "icscf/core/selection.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::icscf;

namespace {

const std::vector<ServingCscf> configured{{"sip:a", {1, 2}}, {"sip:b", {1, 2, 3}}, {"sip:c", {1, 2, 3, 4}}};

}  // namespace

TEST_CASE("every mandatory capability is needed", "[TS29.228-6.7]") {
    CHECK(select_scscf(configured, {{4}, {}, {}}, {}) == "sip:c");
    CHECK(select_scscf(configured, {{5}, {}, {}}, {}) == std::nullopt);
}

TEST_CASE("the most optional capabilities win, then the order of the configuration", "[TS29.228-6.7]") {
    CHECK(select_scscf(configured, {{1}, {3}, {}}, {}) == "sip:b");
    CHECK(select_scscf(configured, {{1}, {3, 4}, {}}, {}) == "sip:c");
    CHECK(select_scscf(configured, {{1}, {}, {}}, {}) == "sip:a");
    CHECK(select_scscf(configured, {}, {}) == "sip:a");
}

TEST_CASE("a Server-Name of the HSS wins over capabilities", "[TS29.228-6.7]") {
    CHECK(select_scscf(configured, {{4}, {}, {"sip:x", "sip:y"}}, {}) == "sip:x");
    CHECK(select_scscf(configured, {{4}, {}, {"sip:x", "sip:y"}}, {"sip:x"}) == "sip:y");
    CHECK(select_scscf(configured, {{4}, {}, {"sip:x"}}, {"sip:x"}) == std::nullopt);
}

TEST_CASE("who was tried is not selected again", "[TS24.229-5.3.1.3]") {
    CHECK(select_scscf(configured, {{1}, {3}, {}}, {"sip:b"}) == "sip:c");
    CHECK(select_scscf(configured, {{1}, {}, {}}, {"sip:a", "sip:b", "sip:c"}) == std::nullopt);
}

TEST_CASE("address ranges of the trust domain", "[TS24.229-4.4]") {
    CHECK(AddressRange::parse("127.0.0.0/8")->contains(*IpAddress::parse("127.0.1.10")));
    CHECK_FALSE(AddressRange::parse("127.0.0.0/9")->contains(*IpAddress::parse("127.128.0.1")));
    CHECK(AddressRange::parse("0.0.0.0/0")->contains(*IpAddress::parse("192.0.2.1")));
    CHECK(AddressRange::parse("2001:db8::/32")->contains(*IpAddress::parse("2001:db8:1::5")));
    CHECK_FALSE(AddressRange::parse("2001:db8::/32")->contains(*IpAddress::parse("127.0.0.1")));
    CHECK(AddressRange::parse("192.0.2.1")->contains(*IpAddress::parse("192.0.2.1")));
    CHECK_FALSE(AddressRange::parse("192.0.2.1")->contains(*IpAddress::parse("192.0.2.2")));
    CHECK_FALSE(AddressRange::parse("192.0.2.0/33").has_value());
    CHECK_FALSE(AddressRange::parse("ims.example/8").has_value());
}
