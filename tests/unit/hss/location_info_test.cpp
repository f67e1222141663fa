#include "tests/unit/hss/fixture.hpp"

#include <catch2/catch.hpp>

namespace ims::hss::test {
namespace {

cx::LocationInfoRequest a_lir(const Impu& impu = alice_tel) {
    cx::LocationInfoRequest r;
    r.public_identity = impu;
    return r;
}
cx::LocationInfoAnswer lia(World& w, const cx::LocationInfoRequest& r) {
    return w.ask<cx::LocationInfoAnswer>(r);
}

// A conference that an application server hosts.
const Impu conference{"sip:conference@" + realm};
void add_psi(World& w, bool active, std::optional<std::string> as) {
    w.change([&](Subscription& s) {
        ImplicitRegistrationSet set;
        PublicIdentityRecord r;
        r.identity.identity = conference;
        r.identity.identity_type = IdentityType::DistinctPsi;
        r.application_server = std::move(as);
        r.psi_active = active;
        set.public_identities.push_back(r);
        set.associations.push_back({alice, false, {}});
        s.implicit_registration_sets.push_back(set);
    });
}

}  // namespace

TEST_CASE("LIR for an identity nobody has is USER_UNKNOWN", "[TS29.228-6.1.4.1]") {
    World w;
    CHECK(answers(lia(w, a_lir(Impu{"tel:+1999"})), X::ErrorUserUnknown));
}
TEST_CASE("LIR for a PSI that is not active is USER_UNKNOWN", "[TS29.228-6.1.4.1]") {
    World w;
    add_psi(w, false, "sip:as.ims.example");
    CHECK(answers(lia(w, a_lir(conference)), X::ErrorUserUnknown));
}
TEST_CASE("LIR for a PSI with an AS names the AS, unless the request originates from it",
          "[TS29.228-6.1.4.1]") {
    World w;
    add_psi(w, true, "sip:as.ims.example");
    auto r = a_lir(conference);
    const auto a = lia(w, r);
    CHECK(answers(a, R::Success));
    CHECK(a.server_name == "sip:as.ims.example");
    CHECK(a.lia_flags == 1U);

    r.originating_request = true;
    CHECK(answers(lia(w, r), X::UnregisteredService));

    r.originating_request = false;
    r.user_authorization_type = cx::UserAuthorizationType::RegistrationAndCapabilities;
    CHECK(answers(lia(w, r), R::UnableToComply));
}
TEST_CASE("LIR for restoration gets capabilities and marks the reassignment", "[TS29.228-6.1.4.1]") {
    World w;
    w.has_capabilities();
    w.has_state(State::Registered);
    auto r = a_lir();
    r.user_authorization_type = cx::UserAuthorizationType::RegistrationAndCapabilities;
    r.supported_features = with_restoration();
    const auto a = lia(w, r);
    CHECK(answers(a, R::Success));
    CHECK(a.server_capabilities);
    CHECK_FALSE(a.server_name);
    CHECK(w.subscription().reassignment_pending);
}
TEST_CASE("a registered or unregistered user is where his S-CSCF is", "[TS29.228-6.1.4.1]") {
    World w;
    w.has_capabilities();
    for (const auto state : {State::Registered, State::Unregistered}) {
        w.has_state(state);
        const auto a = lia(w, a_lir());
        CHECK(answers(a, R::Success));
        CHECK(a.server_name == scscf);
        CHECK_FALSE(a.server_capabilities);
    }
}
TEST_CASE("who is not registered and has no services for that is IDENTITY_NOT_REGISTERED",
          "[TS29.228-6.1.4.1]") {
    World w;
    const auto a = lia(w, a_lir());
    CHECK(answers(a, X::ErrorIdentityNotRegistered));
    CHECK_FALSE(a.server_name);
}
TEST_CASE("who has services while not registered gets an S-CSCF", "[TS29.228-6.1.4.1]") {
    World w;
    w.has_capabilities();
    w.has_unregistered_service();
    const auto a = lia(w, a_lir());
    CHECK(answers(a, X::UnregisteredService));
    CHECK(a.server_capabilities);
    CHECK_FALSE(a.server_name);

    w.add_second_set(State::Registered);
    w.change([](Subscription& s) { s.assignment = Assignment{scscf, origin.host, origin.realm, 0}; });
    const auto b = lia(w, a_lir());
    CHECK(answers(b, R::Success));
    CHECK(b.server_name == scscf);
}
TEST_CASE("an originating request of who is not registered gets an S-CSCF", "[TS29.228-6.1.4.1]") {
    World w;
    auto r = a_lir();
    r.originating_request = true;
    CHECK(answers(lia(w, r), X::UnregisteredService));
}
TEST_CASE("a distinct identity wins over a wildcard, which is named when it matches", "[TS29.228-6.1.4.1]") {
    World w;
    w.add_wildcard();
    w.has_state(State::Registered);
    const auto a = lia(w, a_lir(w.of_wildcard()));
    CHECK(answers(a, R::Success));
    CHECK(a.wildcarded_public_identity == "sip:pbx!.*!@" + realm);
    CHECK_FALSE(lia(w, a_lir(alice_sip)).wildcarded_public_identity);
}
TEST_CASE("criteria count as unregistered services by part and by session case", "[TS29.228-B.2.2]") {
    World w;
    const auto with = [&](InitialFilterCriterion c) {
        w.store.change_catalogue([&](Catalogue& all) {
            all.service_profiles.at(ServiceProfileId{1}).initial_filter_criteria = {std::move(c)};
        });
        return has_unregistered_services(w.set().public_identities[0], w.store.catalogue());
    };
    InitialFilterCriterion c;
    CHECK(with(c));
    c.profile_part_indicator = ProfilePartIndicator::Registered;
    CHECK_FALSE(with(c));
    c.profile_part_indicator.reset();
    ServicePointTrigger spt;
    spt.condition = SessionCase::OriginatingRegistered;
    c.trigger_point = TriggerPoint{true, {spt}};
    CHECK_FALSE(with(c));
    spt.condition = SessionCase::TerminatingUnregistered;
    c.trigger_point = TriggerPoint{true, {spt}};
    CHECK(with(c));
}

}  // namespace ims::hss::test
