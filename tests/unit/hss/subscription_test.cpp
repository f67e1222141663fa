#include "tests/unit/hss/fixture.hpp"

#include <catch2/catch.hpp>

namespace ims::hss::test {

TEST_CASE("the usual subscriber has three aliases in one set, the default one first", "[TS23.228-E.3.1]") {
    auto s = subscription_of(usual_subscriber());
    CHECK_FALSE(inconsistency(s));
    const auto& set = s.implicit_registration_sets.at(0);
    REQUIRE(set.public_identities.size() == 3);
    CHECK(set.public_identities[0].identity.identity == alice_imsi);
    CHECK(set.public_identities[2].identity.identity == alice_tel);
    CHECK(s.private_identities.at(0).impi == alice);

    auto barred = usual_subscriber();
    barred.bar_imsi_identity = true;
    s = subscription_of(barred);
    CHECK_FALSE(inconsistency(s));
    CHECK(s.implicit_registration_sets[0].public_identities[0].identity.identity == alice_sip);
    CHECK(s.implicit_registration_sets[0].public_identities[2].identity.barring_indication);
}

TEST_CASE("a subscription that makes no sense is refused with the reason", "[TS29.228-6.5.2]") {
    auto s = subscription_of(usual_subscriber());
    auto& set = s.implicit_registration_sets[0];
    std::string expected;
    SECTION("") {
        s.private_identities.clear(), expected = "needs a private identity";
    }
    SECTION("") {
        s.implicit_registration_sets.clear(), expected = "needs an implicit registration set";
    }
    SECTION("") {
        s.private_identities[0].impi = Impi{"alice"}, expected = "user@realm";
    }
    SECTION("") {
        s.private_identities.push_back(s.private_identities[0]), expected = "twice";
    }
    SECTION("") {
        s.private_identities[0].imsi = "12x", expected = "IMSI";
    }
    SECTION("") {
        s.private_identities[0].sqn = 1ULL << 48, expected = "48 bits";
    }
    SECTION("") {
        set.public_identities.push_back(set.public_identities[0]), expected = "twice";
    }
    SECTION("") {
        set.public_identities[0].identity.identity = Impu{"sip:A@B.Example:5060"}, expected = "canonical";
    }
    SECTION("") {
        set.public_identities[0].identity.identity = Impu{"mailto:a@b"}, expected = "neither";
    }
    SECTION("") {
        std::swap(set.public_identities[0], set.public_identities[2]), expected = "default";
    }
    SECTION("") {
        set.public_identities[1].service_profile = ServiceProfileId{2}, expected = "one service profile";
    }
    SECTION("") {
        set.associations.clear(), expected = "no private identity";
    }
    SECTION("") {
        set.associations[0].impi = Impi{"x@y"}, expected = "no private identity of";
    }
    SECTION("") {
        set.public_identities.clear(), expected = "no public identity";
    }
    SECTION("") {
        set.public_identities[1].application_server = "sip:as", expected = "public service identity";
    }
    SECTION("") {
        PrivateIdentity idle;
        idle.impi = Impi{"idle@example"};
        s.private_identities.push_back(idle);
        expected = "may register no";
    }
    SECTION("") {
        set.public_identities[0].identity.identity_type = IdentityType::WildcardedImpu;
        expected = "no expression";
    }
    SECTION("") {
        auto other = set;
        for (auto& p : other.public_identities)
            p.identity.identity =
                Impu{"sip:x" + std::to_string(&p - other.public_identities.data()) + "@example"};
        s.implicit_registration_sets.push_back(other);
        expected = "spans two sets";
    }
    const auto why = inconsistency(s);
    REQUIRE(why);
    CHECK(why->find(expected) != std::string::npos);
}

TEST_CASE("numbers follow each other with their leading zeros", "[TS23.003-2.2]") {
    CHECK(number_after("001010000000009", 2) == "001010000000011");
    CHECK(number_after("15550000", 0) == "15550000");
    CHECK_FALSE(number_after("99", 1));
    CHECK_FALSE(number_after("1a", 1));
}

}  // namespace ims::hss::test
