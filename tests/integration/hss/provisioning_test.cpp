#include "tests/integration/hss/fixture.hpp"

#include <chrono>

namespace ims::hss::test {

using Kind = ProvisioningError::Kind;

TEST_CASE("subscribers are listed page by page", "[TS29.228-6.5]") {
    World w;
    for (unsigned n = 1; n <= 5; ++n) w.add(n);
    std::vector<std::string> seen;
    Page page{"", 2};
    for (;;) {
        const auto rows = w.provisioning.list(page);
        REQUIRE(rows.has_value());
        for (const auto& r : *rows) seen.push_back(r.imsi);
        if (rows->size() < page.limit) break;
        page.after = rows->back().impi.value();
    }
    CHECK(seen == std::vector<std::string>{"001010000000001", "001010000000002", "001010000000003",
                                           "001010000000004", "001010000000005"});
    const auto first = w.provisioning.list({"", 1});
    CHECK(first->at(0).identities.size() == 3);
    CHECK(first->at(0).state == RegistrationState::NotRegistered);
}

TEST_CASE("an import is all or nothing and says what is there already", "[TS29.228-6.5]") {
    World w;
    w.add(3);
    std::vector<Subscription> all;
    for (unsigned n = 1; n <= 4; ++n) all.push_back(subscription_of(usual_subscriber(n)));
    const auto created = w.provisioning.create(all);
    REQUIRE_FALSE(created.has_value());
    CHECK(created.error().kind == Kind::Exists);
    CHECK(created.error().detail.find("001010000000003") != std::string::npos);
    CHECK(*w.provisioning.count() == 1);
}

TEST_CASE("a large import is fast", "[TS29.228-6.5]") {
    World w;
    constexpr unsigned count = 10'000;
    std::vector<Subscription> all;
    for (unsigned n = 1; n <= count; ++n) all.push_back(subscription_of(usual_subscriber(n)));
    REQUIRE(*w.provisioning.count() == 0);
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(w.provisioning.create(all).has_value());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    WARN("imported " << count << " subscribers at " << static_cast<int>(count / took.count()) << " a second");
    CHECK(*w.provisioning.count() == count);
    CHECK(w.uar().result == diameter::Result{X::FirstRegistration});
}

TEST_CASE("a change keeps registration, SQN and keys, and is pushed", "[TS29.228-6.2.2.1]") {
    World w;
    w.add();
    w.is_registered();
    const auto before = w.subscription();
    const auto pushes = w.provisioning.change(alice, [](Subscription& s) {
        s.implicit_registration_sets[0].public_identities[0].identity.display_name = "Alice \\ \"A\"";
        // As the API makes it: a new object without ids.
        s.implicit_registration_sets[0].id = SetId{};
        s.implicit_registration_sets[0].state = RegistrationState::NotRegistered;
        s.implicit_registration_sets[0].associations[0].registered = false;
        return std::string{};
    });
    REQUIRE(pushes.has_value());
    REQUIRE(pushes->size() == 1);
    CHECK(std::holds_alternative<cx::PushProfileRequest>(pushes->at(0).request));
    CHECK(pushes->at(0).destination_host == origin.host);
    const auto after = w.subscription();
    CHECK(after.implicit_registration_sets[0].id == before.implicit_registration_sets[0].id);
    CHECK(after.implicit_registration_sets[0].state == RegistrationState::Registered);
    CHECK(after.implicit_registration_sets[0].public_identities[0].identity.display_name == "Alice \\ \"A\"");
    CHECK(after.assignment == before.assignment);
    CHECK(after.private_identities[0].sqn == before.private_identities[0].sqn);
    CHECK(after.private_identities[0].aka);
    CHECK(w.mar().result == diameter::Result{R::Success});
}

TEST_CASE("a change that makes no sense changes nothing", "[TS29.228-6.5.2]") {
    World w;
    w.add();
    const auto pushes = w.provisioning.change(alice, [](Subscription& s) {
        s.implicit_registration_sets[0].public_identities.clear();
        return std::string{};
    });
    REQUIRE_FALSE(pushes.has_value());
    CHECK(pushes.error().kind == Kind::Invalid);
    CHECK(w.subscription().implicit_registration_sets[0].public_identities.size() == 3);
    CHECK(w.provisioning.change(Impi{"nobody@" + realm}, [](Subscription&) { return std::string{}; })
              .error()
              .kind == Kind::NotFound);
}

TEST_CASE("barring and deleting send an RTR, after which the S-CSCF is forgotten", "[TS29.228-6.1.3.1]") {
    World w;
    w.add();
    w.is_registered();
    auto pushes = w.provisioning.change(alice, [](Subscription& s) {
        s.barred = true;
        return std::string{};
    });
    REQUIRE(pushes.has_value());
    REQUIRE(pushes->size() == 1);
    CHECK(std::holds_alternative<cx::RegistrationTerminationRequest>(pushes->at(0).request));
    CHECK(w.uar().result == diameter::Result{R::AuthorizationRejected});
    cx::RegistrationTerminationAnswer rta;
    rta.result = R::Success;
    Hss{w.policy}.handle_push_answer(pushes->at(0), cx::Answer{rta}, *w.store);
    CHECK_FALSE(w.subscription().assignment);

    REQUIRE(w.provisioning
                .change(alice,
                        [](Subscription& s) {
                            s.barred = false;
                            return std::string{};
                        })
                .has_value());
    w.is_registered();
    pushes = w.provisioning.remove(alice);
    REQUIRE(pushes.has_value());
    CHECK(pushes->size() == 1);
    CHECK(w.uar().result == diameter::Result{X::ErrorUserUnknown});
    CHECK(w.provisioning.remove(alice).error().kind == Kind::NotFound);
    w.add();  // nothing of him is left
}

TEST_CASE("clearing an assignment tells the S-CSCF and starts anew", "[TS29.228-6.1.3.1]") {
    World w;
    w.add();
    w.is_registered();
    const auto pushes = w.provisioning.clear_assignment(alice);
    REQUIRE(pushes.has_value());
    REQUIRE(pushes->size() == 1);
    CHECK(std::get<cx::RegistrationTerminationRequest>(pushes->at(0).request)
              .deregistration_reason.reason_code == cx::ReasonCode::ServerChange);
    CHECK(w.uar().result == diameter::Result{X::FirstRegistration});
}

TEST_CASE("SQN can be read and set", "[TS33.102-6.3.2]") {
    World w;
    w.add();
    REQUIRE(w.provisioning.set_sqn(alice, 1'000'000).has_value());
    CHECK(w.subscription().private_identities[0].sqn == 1'000'000);
    REQUIRE(w.mar().result == diameter::Result{R::Success});
    CHECK(w.subscription().private_identities[0].sqn > 1'000'000);
}

TEST_CASE("what subscribers share is stored, used and pushed", "[TS29.228-B.2]") {
    World w;
    w.add();
    w.is_registered();

    InitialFilterCriterion criterion;
    criterion.priority = 1;
    criterion.application_server.server_name = "sip:as.ims.example";
    ServicePointTrigger spt;
    spt.groups = {0, 2};
    spt.condition = ServicePointTrigger::SipHeader{"Subject", "it's \"new\""};
    criterion.trigger_point = TriggerPoint{false, {spt}};
    const auto shared = w.provisioning.put(7, "shared", Provisioning::SharedIfcSet{criterion});
    REQUIRE(shared.has_value());
    ServiceProfileTemplate profile;
    profile.shared_ifc_set_ids = {7};
    profile.service_ids = {"urn:urn-7:3gpp-service.ims.icsi.mmtel"};
    auto stored = w.provisioning.put(1, "default", profile);
    REQUIRE(stored.has_value());
    REQUIRE(stored->pushes.size() == 1);
    const auto pushed =
        parse_user_data(std::get<cx::PushProfileRequest>(stored->pushes[0].request).user_data.value());
    REQUIRE(pushed.has_value());
    CHECK(pushed->service_profiles.at(0).initial_filter_criteria == std::vector{criterion});

    const auto capabilities = w.provisioning.put({}, "video", cx::ServerCapabilities{{1}, {2, 3}, {}});
    REQUIRE(capabilities.has_value());
    cx::ChargingInformation cdf;
    cdf.primary_charging_collection_function_name = "aaa://cdf.ims.example";
    const auto charging = w.provisioning.put({}, "cdf", cdf);
    REQUIRE(charging.has_value());
    const auto pushes = w.provisioning.change(alice, [&](Subscription& s) {
        s.capability_set = CapabilitySetId{capabilities->id};
        s.charging_set = ChargingSetId{charging->id};
        return std::string{};
    });
    REQUIRE(pushes.has_value());
    REQUIRE(pushes->size() == 1);
    CHECK(std::get<cx::PushProfileRequest>(pushes->at(0).request).charging_information == cdf);
    CHECK(w.sar(Sat::ReRegistration).charging_information == cdf);
    CHECK(w.sar(Sat::UserDeregistration).result == diameter::Result{R::Success});
    CHECK(w.uar().server_capabilities == cx::ServerCapabilities{{1}, {2, 3}, {}});

    CHECK(w.provisioning.remove(Provisioning::Kind::CapabilitySet, capabilities->id).error().kind ==
          Kind::InUse);
    CHECK(w.provisioning.remove(Provisioning::Kind::SharedIfcSet, 7).error().kind == Kind::InUse);
    CHECK(w.provisioning.remove(Provisioning::Kind::ServiceProfile, 4711).error().kind == Kind::NotFound);
    CHECK(w.provisioning.put({}, "default", profile).error().kind == Kind::Exists);
    CHECK(w.provisioning.service_profiles()->size() == 1);
    CHECK(w.provisioning.charging_sets()->at(0).name == "cdf");
}

}  // namespace ims::hss::test
