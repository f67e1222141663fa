#include "tests/unit/hss/fixture.hpp"

#include <catch2/catch.hpp>

namespace ims::hss::test {
namespace {

cx::ServerAssignmentRequest a_sar(Sat type, const Impu& impu = alice_sip) {
    cx::ServerAssignmentRequest r;
    r.user_name = alice;
    r.public_identity = {impu};
    r.server_name = scscf;
    r.server_assignment_type = type;
    return r;
}
cx::ServerAssignmentAnswer saa(World& w, const cx::ServerAssignmentRequest& r, const Origin& from = origin) {
    return w.ask<cx::ServerAssignmentAnswer>(r, from);
}
bool pending(const World& w) {
    return w.subscription().private_identities[0].authentication_pending;
}

}  // namespace

TEST_CASE("SAR for unknown or unrelated identities is refused", "[TS29.228-6.1.2.1]") {
    World w;
    auto r = a_sar(Sat::Registration, Impu{"sip:nobody@" + realm});
    CHECK(answers(saa(w, r), X::ErrorUserUnknown));
    r = a_sar(Sat::Registration);
    r.user_name = Impi{"nobody@" + realm};
    CHECK(answers(saa(w, r), X::ErrorUserUnknown));
    auto bob = usual_subscriber();
    bob.imsi = "001010000000009";
    bob.msisdn = "15550009";
    w.store.add_subscriber(bob);
    CHECK(answers(saa(w, a_sar(Sat::Registration, Impu{"tel:+15550009"})), X::ErrorIdentitiesDontMatch));
}
TEST_CASE("several identities are for deregistrations only", "[TS29.228-6.1.2.1]") {
    const auto [type, several] = GENERATE(table<Sat, bool>({{Sat::NoAssignment, false},
                                                            {Sat::Registration, false},
                                                            {Sat::ReRegistration, false},
                                                            {Sat::UnregisteredUser, false},
                                                            {Sat::TimeoutDeregistration, true},
                                                            {Sat::UserDeregistration, true},
                                                            {Sat::TimeoutDeregistrationStoreServerName, true},
                                                            {Sat::UserDeregistrationStoreServerName, true},
                                                            {Sat::AdministrativeDeregistration, true},
                                                            {Sat::AuthenticationFailure, false},
                                                            {Sat::AuthenticationTimeout, false},
                                                            {Sat::DeregistrationTooMuchData, true}}));
    World w;
    w.has_state(State::Registered);
    auto r = a_sar(type);
    r.public_identity.push_back(alice_tel);
    CHECK(answers(saa(w, r), R::AvpOccursTooManyTimes) == !several);
}
TEST_CASE("no identity at all needs a private one and a deregistration", "[TS29.228-6.1.2.1]") {
    World w;
    w.has_state(State::Registered);
    auto r = a_sar(Sat::TimeoutDeregistration);
    r.public_identity.clear();
    r.user_name.reset();
    CHECK(answers(saa(w, r), R::MissingAvp));
    r.user_name = alice;
    r.server_assignment_type = Sat::Registration;
    CHECK(answers(saa(w, r), R::MissingAvp));
    r.server_assignment_type = Sat::TimeoutDeregistration;
    CHECK(answers(saa(w, r), R::Success));
    CHECK(w.set().state == State::NotRegistered);
}
TEST_CASE("a wildcard is not registered by a UE", "[TS29.228-6.1.2.1]") {
    const auto type = GENERATE(Sat::Registration, Sat::ReRegistration, Sat::UserDeregistration,
                               Sat::UserDeregistrationStoreServerName, Sat::AuthenticationFailure,
                               Sat::AuthenticationTimeout);
    World w;
    w.add_wildcard();
    w.has_state(State::Registered);
    CHECK(answers(saa(w, a_sar(type, w.of_wildcard())), X::ErrorInAssignmentType));
    CHECK(w.set().state == State::Registered);
}
TEST_CASE("SAR for a PSI that is not active is USER_UNKNOWN", "[TS29.228-6.1.2.1]") {
    World w{[](Subscription& s) {
        ImplicitRegistrationSet set;
        PublicIdentityRecord r;
        r.identity.identity = Impu{"sip:conference@" + realm};
        r.identity.identity_type = IdentityType::DistinctPsi;
        r.psi_active = false;
        set.public_identities.push_back(r);
        set.associations.push_back({alice, false, {}});
        s.implicit_registration_sets.push_back(set);
    }};
    CHECK(
        answers(saa(w, a_sar(Sat::UnregisteredUser, Impu{"sip:conference@" + realm})), X::ErrorUserUnknown));
}

TEST_CASE("REGISTRATION makes the whole set registered and brings its profile", "[TS29.228-6.1.2.1]") {
    World w;
    w.is_being_authenticated();
    const auto a = saa(w, a_sar(Sat::Registration));
    CHECK(answers(a, R::Success));
    CHECK(w.set().state == State::Registered);
    CHECK(w.set().associations[0].registered);
    CHECK_FALSE(pending(w));
    CHECK(*w.subscription().assignment == Assignment{scscf, origin.host, origin.realm, 0});

    REQUIRE(a.user_data);
    const auto profile = parse_user_data(*a.user_data);
    REQUIRE(profile.has_value());
    CHECK(profile->private_id == alice);
    REQUIRE(profile->default_identity());
    CHECK(profile->default_identity()->identity == alice_imsi);
    CHECK(profile->find(alice_tel));
    CHECK(a.associated_identities.empty());
}
TEST_CASE("a profile the S-CSCF has already is not sent again, nor its charging addresses",
          "[TS29.228-6.1.2.1]") {
    World w;
    w.has_state(State::Registered);
    w.store.change_catalogue([](Catalogue& c) {
        c.charging_sets[ChargingSetId{1}].primary_charging_collection_function_name = "aaa://cdf.ims.example";
    });
    w.change([](Subscription& s) { s.charging_set = ChargingSetId{1}; });
    auto r = a_sar(Sat::ReRegistration);
    r.user_data_already_available = cx::UserDataAlreadyAvailable::AlreadyAvailable;
    auto a = saa(w, r);
    CHECK(answers(a, R::Success));
    CHECK_FALSE(a.user_data);
    CHECK_FALSE(a.charging_information);
    r.user_data_already_available = cx::UserDataAlreadyAvailable::NotAvailable;
    a = saa(w, r);
    CHECK(a.user_data);
    REQUIRE(a.charging_information);
    CHECK(a.charging_information->primary_charging_collection_function_name == "aaa://cdf.ims.example");
}
TEST_CASE("who is at another S-CSCF stays there", "[TS29.228-6.1.2.1]") {
    const auto type =
        GENERATE(Sat::Registration, Sat::ReRegistration, Sat::UnregisteredUser, Sat::TimeoutDeregistration,
                 Sat::UserDeregistration, Sat::AuthenticationFailure);
    World w;
    w.has_state(State::Registered, other_scscf, other_origin);
    const auto a = saa(w, a_sar(type));
    CHECK(answers(a, X::ErrorIdentityAlreadyRegistered));
    CHECK(a.server_name == other_scscf);
    CHECK(w.set().state == State::Registered);
    CHECK(w.subscription().assignment->server_name == other_scscf);
}
TEST_CASE("a pending reassignment lets another S-CSCF take over", "[TS29.228-6.1.2.1]") {
    World w;
    w.has_state(State::Registered, other_scscf, other_origin);
    w.change([](Subscription& s) { s.reassignment_pending = true; });
    auto r = a_sar(Sat::ReRegistration);
    CHECK(answers(saa(w, r), X::ErrorIdentityAlreadyRegistered));
    r.supported_features = with_restoration();
    CHECK(answers(saa(w, r), R::Success));
    CHECK(w.subscription().assignment->server_name == scscf);
    CHECK_FALSE(w.subscription().reassignment_pending);
}
TEST_CASE("RE_REGISTRATION stores restoration information, which NO_ASSIGNMENT brings back",
          "[TS29.228-6.1.2.1]") {
    World w;
    w.has_state(State::Registered);
    auto r = a_sar(Sat::ReRegistration);
    r.supported_features = with_restoration();
    r.scscf_restoration_info =
        cx::ScscfRestorationInfo{alice, {{"<sip:p;lr>", "<sip:ue>", {}, {}, {}, {}}}, {}, {}};
    CHECK(answers(saa(w, r), R::Success));
    CHECK(w.set().associations[0].restoration_info == r.scscf_restoration_info);

    auto n = a_sar(Sat::NoAssignment);
    n.supported_features = with_restoration();
    const auto a = saa(w, n);
    CHECK(answers(a, R::Success));
    REQUIRE(a.scscf_restoration_info.size() == 1);
    CHECK(a.scscf_restoration_info[0] == *r.scscf_restoration_info);
    CHECK(a.user_data);
}
TEST_CASE("a second contact at an S-CSCF that forgot the first gets the first back", "[TS29.228-6.1.2.1]") {
    World w;
    w.has_state(State::Registered);
    w.stores_restoration_info();
    auto r = a_sar(Sat::Registration);
    r.supported_features = with_restoration();
    r.multiple_registration_indication = 1;
    r.scscf_restoration_info =
        cx::ScscfRestorationInfo{alice, {{"<sip:new>", "<sip:new>", {}, {}, {}, {}}}, {}, {}};
    const auto a = saa(w, r);
    CHECK(answers(a, X::ErrorInAssignmentType));
    CHECK(a.user_data);
    REQUIRE(a.scscf_restoration_info.size() == 1);
    CHECK(w.set().associations[0].restoration_info == a.scscf_restoration_info[0]);
}
TEST_CASE("private identities that share a registration are named", "[TS29.228-6.1.2.1]") {
    World w;
    w.has_state(State::Registered);
    const auto second = w.share_with_second_impi(true);
    auto r = a_sar(Sat::ReRegistration);
    r.supported_features = with_restoration();
    const auto a = saa(w, r);
    CHECK(a.associated_identities == std::vector{alice, second});
    CHECK(a.associated_registered_identities == std::vector{second});
}
TEST_CASE("REGISTRATION without a private identity lacks an AVP", "[TS29.228-6.1.2.1]") {
    World w;
    auto r = a_sar(Sat::Registration);
    r.user_name.reset();
    CHECK(answers(saa(w, r), R::MissingAvp));
}

TEST_CASE("UNREGISTERED_USER gives the profile to an S-CSCF while no UE is there", "[TS29.228-6.1.2.1]") {
    World w;
    auto r = a_sar(Sat::UnregisteredUser);
    r.user_name.reset();
    const auto a = saa(w, r);
    CHECK(answers(a, R::Success));
    CHECK(a.user_name == alice);
    CHECK(a.user_data);
    CHECK(w.set().state == State::Unregistered);
    CHECK(w.subscription().assignment->server_name == scscf);
}
TEST_CASE("UNREGISTERED_USER for a registered user unregisters him, unless he can be restored",
          "[TS29.228-6.1.2.1]") {
    World w;
    w.has_state(State::Registered);
    w.stores_restoration_info();
    auto r = a_sar(Sat::UnregisteredUser);
    SECTION("without restoration") {
        CHECK(answers(saa(w, r), R::Success));
        CHECK(w.set().state == State::Unregistered);
        CHECK_FALSE(w.set().associations[0].registered);
        CHECK_FALSE(w.set().associations[0].restoration_info);
    }
    SECTION("with restoration") {
        r.supported_features = with_restoration();
        const auto a = saa(w, r);
        CHECK(answers(a, X::ErrorInAssignmentType));
        CHECK(a.scscf_restoration_info.size() == 1);
        CHECK(w.set().state == State::Registered);
    }
}
TEST_CASE("UNREGISTERED_USER that only a registered wildcard matches learns of the wildcard",
          "[TS29.228-6.1.2.1]") {
    World w;
    w.add_wildcard();
    w.has_state(State::Registered);
    const auto a = saa(w, a_sar(Sat::UnregisteredUser, w.of_wildcard()));
    CHECK(answers(a, X::ErrorInAssignmentType));
    CHECK(a.wildcarded_public_identity == "sip:pbx!.*!@" + realm);
    CHECK(w.set().state == State::Registered);
}
TEST_CASE("P-CSCF restoration is not supported by the serving nodes", "[TS29.228-6.1.2.1]") {
    World w;
    auto r = a_sar(Sat::UnregisteredUser);
    r.sar_flags = 1;
    CHECK(answers(saa(w, r), X::ErrorServingNodeFeatureUnsupported));
    CHECK(w.set().state == State::NotRegistered);
}

TEST_CASE("deregistration clears the registration and the name", "[TS29.228-6.1.2.1]") {
    const auto type = GENERATE(Sat::TimeoutDeregistration, Sat::UserDeregistration,
                               Sat::AdministrativeDeregistration, Sat::DeregistrationTooMuchData);
    const auto state = GENERATE(State::Registered, State::Unregistered);
    World w;
    w.has_state(state);
    w.stores_restoration_info();
    CHECK(answers(saa(w, a_sar(type)), R::Success));
    CHECK(w.set().state == State::NotRegistered);
    CHECK_FALSE(w.set().associations[0].registered);
    CHECK_FALSE(w.subscription().assignment);
    if (state == State::Registered) CHECK_FALSE(w.set().associations[0].restoration_info);
}
TEST_CASE("a challenged deregistration leaves no name behind", "[TS29.228-6.1.2.1]") {
    World w;
    w.has_state(State::Registered);
    w.change([](Subscription& s) { s.private_identities[0].authentication_pending = true; });
    CHECK(answers(saa(w, a_sar(Sat::UserDeregistration)), R::Success));
    CHECK_FALSE(w.subscription().assignment);
    CHECK_FALSE(pending(w));
}
TEST_CASE("a shared set stays registered until its last private identity leaves", "[TS29.228-6.1.2.1]") {
    World w;
    w.has_state(State::Registered);
    const auto second = w.share_with_second_impi(true);
    w.stores_restoration_info();
    auto r = a_sar(Sat::TimeoutDeregistration);
    r.user_name.reset();
    CHECK(answers(saa(w, r), R::MissingAvp));
    r.user_name = alice;
    CHECK(answers(saa(w, r), R::Success));
    CHECK(w.set().state == State::Registered);
    CHECK_FALSE(w.set().association(alice)->registered);
    CHECK_FALSE(w.set().association(alice)->restoration_info);
    CHECK(w.subscription().assignment);
    r.user_name = second;
    CHECK(answers(saa(w, r), R::Success));
    CHECK(w.set().state == State::NotRegistered);
    CHECK_FALSE(w.subscription().assignment);
}
TEST_CASE("the name stays while another set of the subscription needs it", "[TS29.228-6.1.2.1]") {
    World w;
    w.has_state(State::Registered);
    w.add_second_set(State::Registered);
    CHECK(answers(saa(w, a_sar(Sat::UserDeregistration)), R::Success));
    CHECK(w.set().state == State::NotRegistered);
    CHECK(w.subscription().assignment);
}
TEST_CASE("*_STORE_SERVER_NAME keeps the name if the operator wants that", "[TS29.228-6.1.2.1]") {
    const auto type =
        GENERATE(Sat::TimeoutDeregistrationStoreServerName, Sat::UserDeregistrationStoreServerName);
    World w;
    w.has_state(State::Registered);
    SECTION("kept") {
        CHECK(answers(saa(w, a_sar(type)), R::Success));
        CHECK(w.set().state == State::Unregistered);
        CHECK(w.subscription().assignment->server_name == scscf);
    }
    SECTION("kept of a shared set, which stays registered") {
        w.share_with_second_impi(true);
        CHECK(answers(saa(w, a_sar(type)), R::Success));
        CHECK(w.set().state == State::Registered);
    }
    SECTION("not kept") {
        w.policy.keep_server_name = false;
        CHECK(answers(saa(w, a_sar(type)), X::SuccessServerNameNotStored));
        CHECK(w.set().state == State::NotRegistered);
        CHECK_FALSE(w.subscription().assignment);
    }
}

TEST_CASE("NO_ASSIGNMENT is for the S-CSCF that has the user", "[TS29.228-6.1.2.1]") {
    World w;
    CHECK(answers(saa(w, a_sar(Sat::NoAssignment)), R::UnableToComply));
    w.has_state(State::Registered, other_scscf, other_origin);
    CHECK(answers(saa(w, a_sar(Sat::NoAssignment)), R::UnableToComply));
    w.change([](Subscription& s) { s.reassignment_pending = true; });
    CHECK(answers(saa(w, a_sar(Sat::NoAssignment)), R::Success));
    CHECK(w.subscription().assignment->server_name == other_scscf);
}
TEST_CASE("a failed authentication takes back what the MAR stored", "[TS29.228-6.1.2.1]") {
    const auto type = GENERATE(Sat::AuthenticationFailure, Sat::AuthenticationTimeout);
    World w;
    SECTION("of a user who was not registered") {
        w.is_being_authenticated();
        CHECK(answers(saa(w, a_sar(type)), R::Success));
        CHECK_FALSE(pending(w));
        CHECK_FALSE(w.subscription().assignment);
    }
    SECTION("and leaves a registration alone") {
        w.has_state(State::Registered);
        CHECK(answers(saa(w, a_sar(type)), R::Success));
        CHECK(w.set().state == State::Registered);
        CHECK(w.subscription().assignment);
    }
}
TEST_CASE("an S-CSCF with SiFC gets the numbers of shared criteria, another the criteria",
          "[TS29.229-7.1.1]") {
    World w;
    w.store.change_catalogue([](Catalogue& c) {
        InitialFilterCriterion own, shared;
        own.priority = 10;
        own.application_server.server_name = "sip:own.example";
        shared.priority = 5;
        shared.application_server.server_name = "sip:shared.example";
        c.shared_ifc_sets[7] = {shared};
        auto& profile = c.service_profiles.at(ServiceProfileId{1});
        profile.initial_filter_criteria = {own};
        profile.shared_ifc_set_ids = {7};
    });
    auto r = a_sar(Sat::Registration);
    auto profile = parse_user_data(saa(w, r).user_data.value());
    REQUIRE(profile.has_value());
    REQUIRE(profile->service_profiles.at(0).initial_filter_criteria.size() == 2);
    CHECK(profile->service_profiles[0].initial_filter_criteria[0].application_server.server_name ==
          "sip:shared.example");
    CHECK(profile->service_profiles[0].shared_ifc_set_ids.empty());

    r.supported_features = {{cx::vendor_3gpp, 1, feature::sifc | feature::alias_ind}};
    profile = parse_user_data(saa(w, r).user_data.value());
    REQUIRE(profile.has_value());
    CHECK(profile->service_profiles.at(0).initial_filter_criteria.size() == 1);
    CHECK(profile->service_profiles[0].shared_ifc_set_ids == std::vector<std::uint32_t>{7});
    CHECK(profile->find(alice_tel)->alias_identity_group_id == "1");
}

}  // namespace ims::hss::test
