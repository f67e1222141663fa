#include "tests/kernel/ipsec/world.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::test;
using Kind = ipsec::Failure::Kind;

TEST_CASE("states and policies go by themselves when their lifetime ends", "[TS33.203-7.4]") {
    Street street;
    for (const auto family : families)
        REQUIRE(text(street.pcscf.install(install(Street::ends(family, sha1_aes).pcscf, 2s))) == "done");
    CHECK(*street.pcscf.count() == ipsec::Count{8, 8});
    CHECK(eventually([&] { return *street.pcscf.count() == ipsec::Count{0, 0}; }, 6s));
    const auto failure = street.pcscf.remove({.set = Street::ends(families[0], sha1_aes).pcscf});
    REQUIRE(failure);
    CHECK(failure->kind == Kind::NoSuchState);
}

TEST_CASE("a set that is extended lives on, with its keys and without having been given them again",
          "[TS33.203-7.4]") {
    Street street;
    for (const auto& transform : usable_transforms()) {
        CAPTURE(transform.text());
        const auto ends = Street::ends(families[0], transform);
        REQUIRE(text(street.pcscf.install(install(ends.pcscf, 2s))) == "done");
        REQUIRE(text(street.ue.install(install(ends.ue, 60s))) == "done");
        CHECK(text(street.pcscf.extend({.set = ends.pcscf, .lifetime = 50s})) == "done");
        CHECK(*street.pcscf.count() == ipsec::Count{4, 4});
        const auto states = street.pcscf.list(pcscf_address(families[0]));
        REQUIRE(states.has_value());
        for (const auto& state : *states) {
            CHECK(state.left.value_or(0s) >= 47s);
            CHECK(state.left.value_or(0s) <= 50s);
        }
        const auto server = udp(street.pcscf_host, *IpEndpoint::parse("198.18.0.1:5100"));
        const auto ue = udp(street.ue_host, *IpEndpoint::parse("198.18.0.2:5101"));
        CHECK(send(ue, *IpEndpoint::parse("198.18.0.1:5100"), "extended"));
        CHECK(receive(server) == "extended");
        CHECK(text(street.pcscf.remove({.set = ends.pcscf})) == "done");
        CHECK(text(street.ue.remove({.set = ends.ue})) == "done");
    }
}

TEST_CASE("a set lives as long as it was last told to, longer or shorter", "[TS33.203-7.4]") {
    for (const auto family : families) {
        Street street;
        const auto set = Street::ends(family, sha1_aes).pcscf;
        REQUIRE(text(street.pcscf.install(install(set, 2s))) == "done");
        REQUIRE(text(street.pcscf.extend({.set = set, .lifetime = 60s})) == "done");
        CHECK_FALSE(eventually([&] { return *street.pcscf.count() != ipsec::Count{4, 4}; }, 4s));
        REQUIRE(text(street.pcscf.extend({.set = set, .lifetime = 4s})) == "done");
        CHECK(*street.pcscf.count() == ipsec::Count{4, 4});
        const auto states =
            street.pcscf.list(set.own.address);  // counted from now, not from when it was made
        REQUIRE(states.has_value());
        REQUIRE(states->size() == 4);
        for (const auto& state : *states) {
            CHECK(state.left.value_or(0s) >= 2s);
            CHECK(state.left.value_or(0s) <= 4s);
        }
        CHECK(eventually([&] { return *street.pcscf.count() == ipsec::Count{0, 0}; }, 8s));
        const auto failure = street.pcscf.extend({.set = set, .lifetime = 60s});
        REQUIRE(failure);
        CHECK(failure->kind == Kind::NoSuchState);
        CHECK(*street.pcscf.count() == ipsec::Count{0, 0});
    }
}

TEST_CASE("a set of which a part is missing is not extended, and can be removed", "[ipsec]") {
    Street street;
    const auto set = Street::ends(families[0], sha1_aes).pcscf;
    REQUIRE(text(street.pcscf.install(install(set))) == "done");
    street.pcscf_host.run("ip xfrm state delete src 198.18.0.2 dst 198.18.0.1 proto esp spi 0x2000");
    const auto failure = street.pcscf.extend({.set = set, .lifetime = 50s});
    REQUIRE(failure);
    CHECK(failure->kind == Kind::NoSuchState);
    CHECK(text(street.pcscf.remove({.set = set})) == "done");
    CHECK(*street.pcscf.count() == ipsec::Count{0, 0});
}

TEST_CASE(
    "what an earlier process left at its ports is cleared, but no guard and nothing of others or of what "
    "stays",
    "[ipsec]") {
    Street street;
    const std::array<std::uint16_t, 1> port{5100};
    for (const auto family : families) {
        for (std::uint16_t n = 0; n < 3; ++n)
            REQUIRE(text(street.pcscf.install(install(Street::ends(family, sha1_aes, n).pcscf))) == "done");
        REQUIRE(text(street.pcscf.guard(pcscf_address(family), port)) == "done");
    }
    // As IKE or an administrator would have them.
    street.pcscf_host.run(
        "ip xfrm state add src 198.18.0.2 dst 198.18.0.1 proto esp spi 7 reqid 1 mode transport "
        "auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314 enc 'ecb(cipher_null)' ''");
    street.pcscf_host.run(
        "ip xfrm policy add dir in src 198.18.0.2 dst 198.18.0.1 tmpl proto esp reqid 1 mode transport");
    CHECK(*street.pcscf.count() == ipsec::Count{25, 29});
    const std::array<std::uint16_t, 4> ports{5100, 5101, 5102, 5103};
    const std::array<std::uint16_t, 1> of_others{5200};
    CHECK(*street.pcscf.clear(pcscf_address(IpAddress::Family::V4), of_others) == 0);
    const std::array<SaSet, 1> stays{Street::ends(families[0], sha1_aes, 1).pcscf};
    CHECK(*street.pcscf.clear(pcscf_address(IpAddress::Family::V4), ports, stays) == 8);
    CHECK(*street.pcscf.count() == ipsec::Count{17, 21});
    CHECK(*street.pcscf.clear(pcscf_address(IpAddress::Family::V4), ports) == 4);
    CHECK(*street.pcscf.clear(pcscf_address(IpAddress::Family::V6), ports) == 12);
    CHECK(*street.pcscf.count() == ipsec::Count{1, 5});
    CHECK(*street.pcscf.clear(pcscf_address(IpAddress::Family::V6), ports) == 0);
}
