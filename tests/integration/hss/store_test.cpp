#include "tests/integration/hss/fixture.hpp"

#include <set>
#include <thread>

#include <pqxx/pqxx>

namespace ims::hss::test {

TEST_CASE("a subscriber registers and deregisters, and the database remembers", "[TS29.228-6.1]") {
    World w;
    w.add();
    w.is_registered();

    auto s = w.subscription();
    CHECK(s.assignment == Assignment{scscf, origin.host, origin.realm, 0});
    CHECK(s.implicit_registration_sets.at(0).state == RegistrationState::Registered);
    CHECK(s.implicit_registration_sets[0].associations.at(0).registered);
    CHECK_FALSE(s.private_identities.at(0).authentication_pending);
    CHECK(w.uar().result == diameter::Result{X::SubsequentRegistration});
    CHECK(w.lir(Impu{"tel:+15550001"}).server_name == scscf);

    const auto saa = w.sar(Sat::ReRegistration);
    const auto profile = parse_user_data(saa.user_data.value());
    REQUIRE(profile.has_value());
    CHECK(profile->find(Impu{"tel:+15550001"}));

    CHECK(w.sar(Sat::UserDeregistration).result == diameter::Result{R::Success});
    s = w.subscription();
    CHECK_FALSE(s.assignment);
    CHECK(s.implicit_registration_sets[0].state == RegistrationState::NotRegistered);
    CHECK(w.lir().result == diameter::Result{X::ErrorIdentityNotRegistered});
}

TEST_CASE("unknown and unrelated identities are told apart", "[TS29.228-6.1.1.1]") {
    World w;
    w.add(1);
    w.add(2);
    cx::UserAuthorizationRequest r;
    r.user_name = alice;
    r.visited_network_identifier = realm;
    r.public_identity = Impu{"tel:+15550002"};
    CHECK(w.ask<cx::UserAuthorizationAnswer>(r).result == diameter::Result{X::ErrorIdentitiesDontMatch});
    r.public_identity = Impu{"tel:+15550003"};
    CHECK(w.ask<cx::UserAuthorizationAnswer>(r).result == diameter::Result{X::ErrorUserUnknown});
    CHECK(w.lir(Impu{"tel:+15550003"}).result == diameter::Result{X::ErrorUserUnknown});
}

TEST_CASE("a wildcard answers for identities that are not distinct", "[TS29.228-6.1.4.1]") {
    World w;
    auto s = subscription_of(usual_subscriber());
    PublicIdentityRecord wildcard;
    wildcard.identity.identity = Impu{"sip:pbx!.*!@" + realm};
    wildcard.identity.identity_type = IdentityType::WildcardedImpu;
    s.implicit_registration_sets[0].public_identities.push_back(wildcard);
    REQUIRE(w.provisioning.create({&s, 1}).has_value());
    w.is_registered();
    const auto a = w.lir(Impu{"sip:pbx42@" + realm});
    CHECK(a.result == diameter::Result{R::Success});
    CHECK(a.wildcarded_public_identity == "sip:pbx!.*!@" + realm);
    CHECK(w.lir(Impu{"sip:fax42@" + realm}).result == diameter::Result{X::ErrorUserUnknown});
}

TEST_CASE("restoration information comes back as it was stored", "[TS29.228-6.1.2.1]") {
    World w;
    w.add();
    w.is_registered();
    cx::ServerAssignmentRequest r;
    r.user_name = alice;
    r.public_identity = {alice_sip};
    r.server_name = scscf;
    r.server_assignment_type = Sat::ReRegistration;
    r.supported_features = {{cx::vendor_3gpp, 1, feature::ims_restoration_ind}};
    r.scscf_restoration_info = cx::ScscfRestorationInfo{
        alice,
        {{"<sip:\"p,{}\\;lr>", "<sip:ue@192.0.2.1>", 7, "call", cx::SubscriptionInfo{"a", "b", "c", "d", "e"},
          cx::PCscfSubscriptionInfo{"f", "g", "h", "i"}}},
        5000,
        "SIP Digest"};
    CHECK(w.ask<cx::ServerAssignmentAnswer>(r).result == diameter::Result{R::Success});
    CHECK(w.subscription().implicit_registration_sets[0].associations[0].restoration_info ==
          r.scscf_restoration_info);
}

TEST_CASE("many HSS at once never give out an SQN twice", "[TS33.102-6.3.2]") {
    World w;
    w.add();
    constexpr int threads = 4, each = 25;
    std::mutex mutex;
    std::set<Octets> autns;
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&, t] {
            const auto store = w.make_store();
            SeededRandom random{static_cast<std::uint64_t>(t)};
            cx::MultimediaAuthRequest r;
            r.user_name = alice;
            r.public_identity = alice_sip;
            r.server_name = scscf;
            r.sip_auth_data_item.sip_authentication_scheme = std::string{cx::scheme::digest_aka_v1_md5};
            for (int n = 0; n < each;) {
                const auto a = Hss{w.policy}.handle(r, origin, *store, random);
                // Eight conflicts in a row are TOO_BUSY; the S-CSCF tries again.
                if (cx::result(a.answer) != diameter::Result{R::Success}) continue;
                ++n;
            }
        });
    for (auto& t : all) t.join();
    const auto sqn = w.subscription().private_identities[0].sqn;
    CHECK((sqn >> w.policy.sqn.ind_bits) >= threads * each);
}

TEST_CASE("a crash of the database loses no registration and takes no SQN back", "[TS33.102-6.3.2]") {
    World w;
    w.add();
    w.is_registered();
    for (int n = 0; n < 5; ++n) REQUIRE(w.mar().result == diameter::Result{R::Success});
    const auto before = w.subscription().private_identities[0].sqn;

    Cluster::instance().kill();
    CHECK(w.uar().result == diameter::Result{R::TooBusy});
    CHECK(w.mar().result == diameter::Result{R::TooBusy});
    CHECK(w.notes.back().id == "hss.database.away");
    Cluster::instance().start();

    CHECK(w.uar().result == diameter::Result{X::SubsequentRegistration});
    CHECK(w.notes.back().id == "hss.database.connected");
    const auto s = w.subscription();
    CHECK(s.implicit_registration_sets[0].state == RegistrationState::Registered);
    CHECK(s.assignment->server_name == scscf);
    CHECK(s.private_identities[0].sqn > before);
    CHECK(w.mar().result == diameter::Result{R::Success});
}

TEST_CASE("a restart between two requests is not even noticed", "[TS29.228-6.1]") {
    World w;
    w.add();
    w.is_registered();
    Cluster::instance().stop();
    Cluster::instance().start();
    CHECK(w.sar(Sat::ReRegistration).result == diameter::Result{R::Success});
}

TEST_CASE("keys at rest are sealed, and open with the right key only", "[TS33.203-6.1]") {
    World w;
    auto subscriber = usual_subscriber();
    subscriber.digest_ha1 = "0123456789abcdef0123456789abcdef";
    const auto s = subscription_of(subscriber);
    REQUIRE(w.provisioning.create({&s, 1}).has_value());
    const auto dump = Cluster::instance().dump(w.connection);
    CHECK(dump.find(alice.value()) != std::string::npos);
    CHECK(dump.find(k_hex) == std::string::npos);
    CHECK(dump.find(hex(octets_of(*subscriber.digest_ha1))) == std::string::npos);
    CHECK(dump.find(*subscriber.digest_ha1) == std::string::npos);

    const auto read = w.subscription();
    CHECK(std::get<crypto::MilenageKeys>(read.private_identities[0].aka->keys).k ==
          std::get<crypto::MilenageKeys>(s.private_identities[0].aka->keys).k);
    CHECK(read.private_identities[0].sip_digest->digest_ha1 == *subscriber.digest_ha1);

    const auto stranger = w.make_store('b');
    CHECK(w.mar(stranger.get()).result == diameter::Result{R::UnableToComply});
}

TEST_CASE("the schema refuses states that make no sense", "[TS29.228-6.5]") {
    World w;
    w.add();
    REQUIRE(w.uar().result == diameter::Result{X::FirstRegistration});
    const auto refused = [&](const std::string& sql) {
        pqxx::connection c{w.connection};
        pqxx::work work{c};
        try {
            work.exec(sql);
            work.commit();
        } catch (const pqxx::integrity_constraint_violation&) {
            return true;
        }
        return false;
    };
    // Registered, but nowhere.
    CHECK(refused("UPDATE implicit_registration_set SET state = 1, registered_with = '{x}'"));
    CHECK(refused("UPDATE implicit_registration_set SET state = 2"));
    // Registered by nobody.
    CHECK(refused("UPDATE implicit_registration_set SET state = 1"));
    CHECK(refused("UPDATE subscription SET server_name = 'sip:x'"));
    CHECK(refused("UPDATE subscription SET reassignment_pending = true"));
    CHECK(refused("UPDATE private_identity SET sqn = 281474976710656"));
    CHECK(refused("UPDATE private_identity SET aka_sealed = NULL"));
    CHECK(refused("UPDATE public_identity SET identity_type = 4"));
    CHECK(refused("UPDATE public_identity SET service_profile_id = 99"));
    CHECK(refused("UPDATE public_identity SET position = 0"));
    CHECK(
        refused("INSERT INTO public_identity (identity, set_id, position, service_profile_id) "
                "SELECT identity, set_id, 9, 1 FROM public_identity LIMIT 1"));
    CHECK(refused("DELETE FROM service_profile"));
    CHECK_FALSE(refused("UPDATE private_identity SET sqn = 7"));
}

TEST_CASE("several HSS may start at once on an empty database", "[TS29.228-6.1]") {
    World w;
    std::vector<std::thread> all;
    std::atomic<int> ready{0};
    for (int t = 0; t < 4; ++t)
        all.emplace_back([&] {
            const auto store = w.make_store();
            if (store->load({alice, std::nullopt, false}).has_value()) ++ready;
        });
    for (auto& t : all) t.join();
    CHECK(ready == 4);
}

TEST_CASE("a schema newer than the program is left alone", "[TS29.228-6.1]") {
    World w;
    w.add();
    {
        pqxx::connection c{w.connection};
        pqxx::work work{c};
        work.exec("INSERT INTO schema_migration (version, name) VALUES (9999, 'from the future')");
        work.commit();
    }
    const auto store = w.make_store();
    const auto loaded = store->load({alice, std::nullopt, false});
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error() == StoreError::Away);
    CHECK(w.notes.back().field("reason").find("newer") != std::string_view::npos);
}

}  // namespace ims::hss::test
