#include "hss/core/push.hpp"

#include "tests/unit/hss/fixture.hpp"

#include <catch2/catch.hpp>

namespace ims::hss::test {
namespace {

const cx::RegistrationTerminationRequest& rtr(const Push& p) {
    return std::get<cx::RegistrationTerminationRequest>(p.request);
}
const cx::PushProfileRequest& ppr(const Push& p) {
    return std::get<cx::PushProfileRequest>(p.request);
}

cx::RegistrationTerminationAnswer an_rta(diameter::Result result = R::Success) {
    cx::RegistrationTerminationAnswer a;
    a.result = result;
    return a;
}

}  // namespace

TEST_CASE("a change of a registered user's profile is pushed to his S-CSCF", "[TS29.228-6.2.2.1]") {
    World w;
    w.has_state(State::Registered);
    const auto pushes = w.store.change(alice, [](Subscription& s) {
        s.implicit_registration_sets[0].public_identities[1].identity.display_name = "Alice";
    });
    REQUIRE(pushes.size() == 1);
    CHECK(pushes[0].destination_host == origin.host);
    CHECK(pushes[0].destination_realm == origin.realm);
    CHECK(ppr(pushes[0]).user_name == alice);
    const auto profile = parse_user_data(ppr(pushes[0]).user_data.value());
    REQUIRE(profile.has_value());
    CHECK(profile->find(alice_sip)->display_name == "Alice");
}
TEST_CASE("nothing is pushed for who is not registered or when nothing shows", "[TS29.228-6.2.2.1]") {
    World w;
    CHECK(w.store
              .change(alice,
                      [](Subscription& s) {
                          s.implicit_registration_sets[0].public_identities[0].identity.display_name =
                              "Alice";
                      })
              .empty());
    w.has_state(State::Registered);
    CHECK(w.store.change(alice, [](Subscription& s) { s.capability_set = CapabilitySetId{1}; }).empty());
}
TEST_CASE("a changed service profile reaches everybody registered with it", "[TS29.228-6.2.2.1]") {
    World w;
    w.has_state(State::Registered);
    const auto pushes = w.store.change_catalogue(
        [](Catalogue& c) { c.service_profiles.at(ServiceProfileId{1}).subscribed_media_profile_id = 3; });
    REQUIRE(pushes.size() == 1);
    CHECK(ppr(pushes[0]).user_data);
    CHECK_FALSE(ppr(pushes[0]).charging_information);
}
TEST_CASE("changed charging addresses alone are pushed without the profile", "[TS29.228-6.2.2.1]") {
    World w;
    w.change([](Subscription& s) { s.charging_set = ChargingSetId{1}; });
    w.has_state(State::Registered);
    const auto pushes = w.store.change_catalogue([](Catalogue& c) {
        c.charging_sets[ChargingSetId{1}].primary_event_charging_function_name = "aaa://ocs.ims.example";
    });
    REQUIRE(pushes.size() == 1);
    CHECK_FALSE(ppr(pushes[0]).user_data);
    CHECK(ppr(pushes[0]).charging_information->primary_event_charging_function_name ==
          "aaa://ocs.ims.example");
}
TEST_CASE("another default identity is not pushed: the user registers anew", "[TS24.229-5.4.1.8]") {
    World w;
    w.has_state(State::Registered);
    const auto pushes = w.store.change(alice, [](Subscription& s) {
        s.implicit_registration_sets[0].public_identities[0].identity.barring_indication = true;
    });
    REQUIRE(pushes.size() == 1);
    CHECK(rtr(pushes[0]).deregistration_reason.reason_code == cx::ReasonCode::ServerChange);
}
TEST_CASE("a set without a usable identity, or that is gone, is terminated", "[TS29.228-6.1.3.1]") {
    World w;
    w.has_state(State::Registered);
    std::vector<Push> pushes;
    SECTION("all identities barred") {
        pushes = w.store.change(alice, [](Subscription& s) {
            for (auto& p : s.implicit_registration_sets[0].public_identities)
                p.identity.barring_indication = true;
        });
    }
    SECTION("the set removed") {
        pushes = w.store.change(alice, [](Subscription& s) { s.implicit_registration_sets.clear(); });
    }
    REQUIRE(pushes.size() == 1);
    CHECK(rtr(pushes[0]).deregistration_reason.reason_code == cx::ReasonCode::PermanentTermination);
}
TEST_CASE("barring and deleting end the registration at the S-CSCF", "[TS29.228-6.1.3.1]") {
    World w;
    w.has_state(State::Registered);
    const bool deleted = GENERATE(true, false);
    const auto pushes = deleted ? w.store.remove(alice) : w.store.bar(alice);
    REQUIRE(pushes.size() == 1);
    CHECK(pushes[0].destination_host == origin.host);
    CHECK(rtr(pushes[0]).user_name == alice);
    CHECK(rtr(pushes[0]).public_identity.size() == 3);
    CHECK(rtr(pushes[0]).deregistration_reason.reason_code == cx::ReasonCode::PermanentTermination);
    CHECK((w.store.find(alice) == nullptr) == deleted);
}
TEST_CASE("after an RTA the user is not registered", "[TS29.228-6.1.3.1]") {
    World w;
    w.has_state(State::Registered);
    w.stores_restoration_info();
    const auto pushes = w.store.bar(alice);
    const auto answered = GENERATE(true, false);
    std::optional<cx::Answer> answer;
    if (answered) answer = an_rta();
    Hss{w.policy}.handle_push_answer(pushes.at(0), answer, w.store);
    CHECK(w.set().state == State::NotRegistered);
    CHECK_FALSE(w.set().associations[0].registered);
    CHECK_FALSE(w.set().associations[0].restoration_info);
    CHECK_FALSE(w.subscription().assignment);
}
TEST_CASE("an emergency registration keeps the S-CSCF, as unregistered", "[TS29.228-6.1.3.1]") {
    World w;
    w.has_state(State::Registered);
    auto a = an_rta(R::UnableToComply);
    a.identity_with_emergency_registration = {{alice, alice_sip}};
    const auto pushes = w.store.bar(alice);
    Hss{w.policy}.handle_push_answer(pushes.at(0), cx::Answer{a}, w.store);
    CHECK(w.set().state == State::Unregistered);
    CHECK(w.subscription().assignment);
}
TEST_CASE("PERMANENT_TERMINATION of one private identity leaves a shared set registered",
          "[TS29.228-6.1.3.1]") {
    World w;
    w.has_state(State::Registered);
    w.share_with_second_impi(true);
    cx::RegistrationTerminationRequest r;
    r.user_name = alice;
    apply_to(*const_cast<Subscription*>(&w.subscription()), changes_after(r, an_rta(), w.subscription()));
    CHECK(w.set().state == State::Registered);
    CHECK_FALSE(w.set().association(alice)->registered);

    r.deregistration_reason.reason_code = cx::ReasonCode::ServerChange;
    apply_to(*const_cast<Subscription*>(&w.subscription()), changes_after(r, an_rta(), w.subscription()));
    CHECK(w.set().state == State::NotRegistered);
    CHECK_FALSE(w.subscription().assignment);
}
TEST_CASE("NEW_SERVER_ASSIGNED changes nothing: the user has moved already", "[TS29.228-6.1.3.1]") {
    World w;
    w.has_state(State::Registered);
    cx::RegistrationTerminationRequest r;
    r.user_name = alice;
    r.deregistration_reason.reason_code = cx::ReasonCode::NewServerAssigned;
    CHECK(changes_after(r, an_rta(), w.subscription()).empty());
}
TEST_CASE("REMOVE_S-CSCF takes the name of an unregistered user", "[TS29.228-6.1.3.1]") {
    World w;
    w.has_state(State::Unregistered);
    auto pushes = terminate(w.subscription(), {cx::ReasonCode::RemoveSCscf, {}});
    REQUIRE(pushes.size() == 1);
    Hss{w.policy}.handle_push_answer(pushes[0], cx::Answer{an_rta()}, w.store);
    CHECK(w.set().state == State::NotRegistered);
    CHECK_FALSE(w.subscription().assignment);
}
TEST_CASE("a PPR that an S-CSCF cannot use has a follow-up", "[TS29.228-6.2.2.1]") {
    World w;
    w.has_state(State::Registered);
    const auto second = w.share_with_second_impi(true);
    const auto pushes = w.store.change(alice, [](Subscription& s) {
        s.implicit_registration_sets[0].public_identities[1].identity.display_name = "Alice";
    });
    REQUIRE(pushes.size() == 1);
    const auto after = [&](diameter::Result result) {
        cx::PushProfileAnswer a;
        a.result = result;
        return Hss{w.policy}.handle_push_answer(pushes[0], cx::Answer{a}, w.store).pushes;
    };
    CHECK(after(R::Success).empty());
    CHECK(after(R::UnableToComply).empty());
    auto next = after(X::ErrorUserUnknown);
    REQUIRE(next.size() == 1);
    CHECK(ppr(next[0]).user_name == second);
    CHECK(ppr(next[0]).user_data == ppr(pushes[0]).user_data);
    for (const auto result : {X::ErrorTooMuchData, X::ErrorNotSupportedUserData}) {
        next = after(result);
        REQUIRE(next.size() == 1);
        CHECK(rtr(next[0]).deregistration_reason.reason_code == cx::ReasonCode::ServerChange);
    }
}

}  // namespace ims::hss::test
