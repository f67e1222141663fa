#include "tests/unit/hss/fixture.hpp"

#include <catch2/catch.hpp>

namespace ims::hss::test {
namespace {

using Type = cx::UserAuthorizationType;

cx::UserAuthorizationRequest a_uar(std::optional<Type> type = {}) {
    cx::UserAuthorizationRequest r;
    r.user_name = alice;
    r.public_identity = alice_sip;
    r.visited_network_identifier = realm;
    r.user_authorization_type = type;
    return r;
}
cx::UserAuthorizationAnswer uaa(World& w, const cx::UserAuthorizationRequest& r) {
    return w.ask<cx::UserAuthorizationAnswer>(r);
}

}  // namespace

TEST_CASE("UAR for a private identity nobody has is USER_UNKNOWN", "[TS29.228-6.1.1.1]") {
    World w;
    auto r = a_uar();
    r.user_name = Impi{"nobody@" + realm};
    CHECK(answers(uaa(w, r), X::ErrorUserUnknown));
}
TEST_CASE("UAR for a public identity nobody has is USER_UNKNOWN", "[TS29.228-6.1.1.1]") {
    World w;
    auto r = a_uar();
    r.public_identity = Impu{"sip:nobody@" + realm};
    CHECK(answers(uaa(w, r), X::ErrorUserUnknown));
}
TEST_CASE("UAR for an identity that only a wildcard matches is USER_UNKNOWN", "[TS29.228-6.1.1.1]") {
    World w;
    w.add_wildcard();
    auto r = a_uar();
    r.public_identity = w.of_wildcard();
    CHECK(answers(uaa(w, r), X::ErrorUserUnknown));
}
TEST_CASE("UAR for the public identity of somebody else is IDENTITIES_DONT_MATCH", "[TS29.228-6.1.1.1]") {
    World w;
    auto bob = usual_subscriber();
    bob.imsi = "001010000000009";
    bob.msisdn = "15550009";
    w.store.add_subscriber(bob);
    auto r = a_uar();
    r.public_identity = Impu{"tel:+15550009"};
    CHECK(answers(uaa(w, r), X::ErrorIdentitiesDontMatch));
}
TEST_CASE(
    "UAR for a set that another private identity of the subscription registers is IDENTITIES_DONT_MATCH",
    "[TS29.228-6.1.1.1]") {
    World w;
    const auto second = w.share_with_second_impi(false);
    const auto office = w.add_second_set();
    auto r = a_uar();
    r.user_name = second;
    r.public_identity = office;
    CHECK(answers(uaa(w, r), X::ErrorIdentitiesDontMatch));
}
TEST_CASE("a barred identity may register as long as its set has one that is not barred",
          "[TS29.228-6.1.1.1]") {
    World w{[](Subscription& s) {
        s.implicit_registration_sets[0].public_identities[1].identity.barring_indication = true;
    }};
    CHECK(answers(uaa(w, a_uar()), X::FirstRegistration));
}
TEST_CASE("a set whose identities are all barred is refused, except for an emergency", "[TS29.228-6.1.1.1]") {
    World w{[](Subscription& s) {
        for (auto& p : s.implicit_registration_sets[0].public_identities)
            p.identity.barring_indication = true;
    }};
    auto r = a_uar();
    CHECK(answers(uaa(w, r), R::AuthorizationRejected));
    r.uar_flags = 1;
    CHECK(answers(uaa(w, r), X::FirstRegistration));
}
TEST_CASE("a visited network that is not allowed is refused, home and emergencies never are",
          "[TS29.228-6.1.1.1]") {
    World w{[](Subscription& s) { s.allowed_visited_networks = {{"ims.friend.example"}}; }};
    auto r = a_uar();
    CHECK(answers(uaa(w, r), X::FirstRegistration));
    r.visited_network_identifier = "IMS.Friend.example";
    CHECK(answers(uaa(w, r), X::FirstRegistration));
    r.visited_network_identifier = "ims.stranger.example";
    CHECK(answers(uaa(w, r), X::ErrorRoamingNotAllowed));
    r.user_authorization_type = Type::RegistrationAndCapabilities;
    CHECK(answers(uaa(w, r), X::ErrorRoamingNotAllowed));
    r.user_authorization_type = Type::Registration;
    r.uar_flags = 1;
    CHECK(answers(uaa(w, r), X::FirstRegistration));
}
TEST_CASE("a subscriber barred by the operator is not authorised to register", "[TS29.228-6.1.1.1]") {
    World w{[](Subscription& s) { s.barred = true; }};
    CHECK(answers(uaa(w, a_uar()), R::AuthorizationRejected));
    CHECK(answers(uaa(w, a_uar(Type::RegistrationAndCapabilities)), R::AuthorizationRejected));
}
TEST_CASE("REGISTRATION_AND_CAPABILITIES gets capabilities and never a name", "[TS29.228-6.1.1.1]") {
    World w;
    w.has_capabilities();
    w.has_state(State::Registered);
    auto r = a_uar(Type::RegistrationAndCapabilities);
    const auto a = uaa(w, r);
    CHECK(answers(a, R::Success));
    CHECK_FALSE(a.server_name);
    REQUIRE(a.server_capabilities);
    CHECK(a.server_capabilities->mandatory_capability == std::vector<std::uint32_t>{1, 2});
    CHECK_FALSE(w.subscription().reassignment_pending);

    r.supported_features = with_restoration();
    CHECK(answers(uaa(w, r), R::Success));
    CHECK(w.subscription().reassignment_pending);
}
TEST_CASE("a registered or unregistered user is a subsequent registration at his S-CSCF",
          "[TS29.228-6.1.1.1]") {
    World w;
    w.has_capabilities();
    for (const auto state : {State::Registered, State::Unregistered}) {
        w.has_state(state);
        const auto a = uaa(w, a_uar());
        CHECK(answers(a, X::SubsequentRegistration));
        CHECK(a.server_name == scscf);
        CHECK_FALSE(a.server_capabilities);
        const auto d = uaa(w, a_uar(Type::DeRegistration));
        CHECK(answers(d, R::Success));
        CHECK(d.server_name == scscf);
    }
}
TEST_CASE("a user being authenticated goes on at the same S-CSCF", "[TS29.228-6.1.1.1]") {
    World w;
    w.is_being_authenticated();
    const auto a = uaa(w, a_uar());
    CHECK(answers(a, X::SubsequentRegistration));
    CHECK(a.server_name == scscf);
    const auto d = uaa(w, a_uar(Type::DeRegistration));
    CHECK(answers(d, R::Success));
    CHECK(d.server_name == scscf);
}
TEST_CASE("an identity that is not registered goes to the S-CSCF of its subscription", "[TS29.228-6.1.1.1]") {
    World w;
    w.has_state(State::Registered);
    auto r = a_uar();
    r.public_identity = w.add_second_set();
    const auto a = uaa(w, r);
    CHECK(answers(a, X::SubsequentRegistration));
    CHECK(a.server_name == scscf);
    r.user_authorization_type = Type::DeRegistration;
    CHECK(answers(uaa(w, r), X::ErrorIdentityNotRegistered));
}
TEST_CASE("without any S-CSCF it is a first registration with capabilities", "[TS29.228-6.1.1.1]") {
    World w;
    w.has_capabilities();
    const auto a = uaa(w, a_uar(Type::Registration));
    CHECK(answers(a, X::FirstRegistration));
    CHECK_FALSE(a.server_name);
    REQUIRE(a.server_capabilities);
    CHECK(a.server_capabilities->optional_capability == std::vector<std::uint32_t>{7});
}
TEST_CASE("deregistration of who is not registered is IDENTITY_NOT_REGISTERED", "[TS29.228-6.1.1.1]") {
    World w;
    const auto a = uaa(w, a_uar(Type::DeRegistration));
    CHECK(answers(a, X::ErrorIdentityNotRegistered));
    CHECK_FALSE(a.server_name);
    CHECK_FALSE(a.server_capabilities);
}
TEST_CASE("an answer names the features both have, or all of the HSS if it was not asked",
          "[TS29.229-7.2.1]") {
    World w;
    auto r = a_uar();
    CHECK(announced(uaa(w, r).supported_features) == w.policy.features);
    r.supported_features = {{cx::vendor_3gpp, 1, feature::alias_ind | feature::p_cscf_restoration}};
    CHECK(announced(uaa(w, r).supported_features) == feature::alias_ind);
}
TEST_CASE("who cannot do without a feature the HSS has not is refused, and told what it has",
          "[TS29.229-7.2.1]") {
    World w;
    auto r = a_uar();
    r.supported_features = {{cx::vendor_3gpp, 1, feature::alias_ind, true}};
    CHECK(answers(uaa(w, r), X::FirstRegistration));
    r.supported_features = {{cx::vendor_3gpp, 1, feature::alias_ind | feature::p_cscf_restoration, true}};
    const auto a = uaa(w, r);
    CHECK(answers(a, X::ErrorFeatureUnsupported));
    CHECK(announced(a.supported_features) == w.policy.features);
    r.supported_features = {{cx::vendor_3gpp, 2, 1, true}};
    CHECK(answers(uaa(w, r), X::ErrorFeatureUnsupported));
}
TEST_CASE("with the database away every request is TOO_BUSY and nothing is lost", "[TS29.228-6.1.1.1]") {
    World w;
    w.has_state(State::Registered);
    w.store.set_away(true);
    const auto a = uaa(w, a_uar());
    CHECK(answers(a, R::TooBusy));
    CHECK_FALSE(a.server_name);
    REQUIRE_FALSE(w.notes.empty());
    CHECK(w.notes.back().id == "hss.request.failed");
    w.store.set_away(false);
    CHECK(answers(uaa(w, a_uar()), X::SubsequentRegistration));
}

}  // namespace ims::hss::test
