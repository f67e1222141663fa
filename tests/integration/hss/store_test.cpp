#include "hss/postgres/migrations.hpp"
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

TEST_CASE("what one HSS remembers is not believed after another one changed it", "[TS29.228-6.1]") {
    World w;
    w.add();
    const auto other = w.make_store();
    const auto uar = [&](Store& store) {
        return w.ask<cx::UserAuthorizationAnswer>(
            cx::UserAuthorizationRequest{alice, alice_sip, realm, {}, {}, {}}, &store);
    };
    CHECK(uar(*other).result == diameter::Result{X::FirstRegistration});
    w.is_registered();
    CHECK(uar(*other).result == diameter::Result{X::SubsequentRegistration});
    CHECK(other->load({alice, alice_sip, false})->remembered);
    CHECK(w.sar(Sat::UserDeregistration).result == diameter::Result{R::Success});
    CHECK(uar(*other).result == diameter::Result{X::FirstRegistration});

    // Provisioning, too: deleted, and there again as another subscription.
    REQUIRE(w.provisioning.remove(alice).has_value());
    CHECK(uar(*other).result == diameter::Result{X::ErrorUserUnknown});
    w.add();
    CHECK(uar(*other).result == diameter::Result{X::FirstRegistration});
}

TEST_CASE("a profile is read anew after the catalogue changed", "[TS29.228-6.1.2]") {
    World w;
    w.add();
    w.is_registered();
    ServiceProfileTemplate profile;
    profile.service_ids = {"urn:urn-7:3gpp-service.ims.icsi.mmtel"};
    REQUIRE(w.provisioning.put(1, "default", profile).has_value());
    const auto saa = w.sar(Sat::ReRegistration);
    CHECK(saa.user_data.value().find("mmtel") != std::string::npos);
}

TEST_CASE("requests that wait together share a transaction, and one that is refused spoils none",
          "[TS29.228-6.1]") {
    World w;
    for (unsigned n = 1; n <= 40; ++n) w.add(n);
    boost::asio::io_context io;
    const auto store = std::make_shared<AsyncStore>(
        io, DatabaseConfig{w.connection}, *Secrets::from_text(std::string(64, 'a')), w.cache,
        [](const Note&) {}, [](const std::function<void()>& job) { job(); });
    const Hss hss{w.policy};
    int answered = 0;
    std::vector<Hss::Handling> handlings;
    std::function<void(std::size_t, std::optional<StoreRequest>)> advance =
        [&](std::size_t n, std::optional<StoreRequest> asked) {
            if (asked)
                return store->ask(std::move(*asked),
                                  [&, n](StoreAnswer a) { advance(n, handlings[n].resume(std::move(a))); });
            CHECK(cx::result(handlings[n].outcome().answer) == diameter::Result{R::Success});
            ++answered;
        };
    for (unsigned n = 1; n <= 40; ++n) {
        const auto s = subscription_of(usual_subscriber(n));
        cx::ServerAssignmentRequest r;
        r.user_name = s.private_identities[0].impi;
        r.public_identity = {s.implicit_registration_sets[0].public_identities[0].identity.identity};
        r.server_name = scscf;
        r.server_assignment_type = Sat::Registration;
        handlings.push_back(hss.handling(r, origin, w.random));
    }
    for (std::size_t n = 0; n < handlings.size(); ++n) advance(n, handlings[n].start());
    // Beside them, one that the schema refuses: no S-CSCF has an empty name.
    auto spoiler = w.store->load({alice, std::nullopt, false});
    REQUIRE(spoiler.has_value());
    bool refused = false;
    w.add(41);
    store->ask(Lookup{subscription_of(usual_subscriber(41)).private_identities[0].impi, {}, false},
               [&](StoreAnswer a) {
                   const auto loaded = std::get<Loaded>(std::move(a));
                   REQUIRE(loaded.has_value());
                   store->ask(Save{*loaded, {Assign{Assignment{"", "h", "r", 0}}}}, [&](StoreAnswer saved) {
                       refused = std::get<Saved>(saved) == StoreError::Broken;
                   });
               });
    while (answered < 40 || !refused) {
        REQUIRE(io.run_one() > 0);
    }
    store->close();
    CHECK(w.subscription().implicit_registration_sets[0].state == RegistrationState::Registered);
    pqxx::connection c{w.connection};
    CHECK(pqxx::nontransaction{c}
              .exec1("SELECT count(*) FROM subscription WHERE cardinality(registered_sets) = 1")[0]
              .as<int>() == 40);
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
    CHECK(refused("UPDATE subscription SET registered_sets = '{1}', registered_impis = '{x}'"));
    CHECK(refused("UPDATE subscription SET unregistered_sets = '{1}'"));
    const std::string somewhere =
        "UPDATE subscription SET server_name = 'sip:x', scscf_host = 'x', scscf_realm = 'x', scscf_features "
        "= 0";
    CHECK_FALSE(refused(somewhere + ", registered_sets = '{1}', registered_impis = '{x}'"));
    CHECK(
        refused("UPDATE subscription SET server_name = NULL, scscf_host = NULL, scscf_realm = NULL, "
                "scscf_features = NULL"));
    // Registered by nobody, or nothing by somebody.
    CHECK(refused(somewhere + ", registered_sets = '{1, 2}'"));
    CHECK(refused(somewhere + ", registered_sets = '{NULL}'"));
    CHECK(refused(somewhere + ", registered_impis = '{}'"));
    // In two states.
    CHECK(refused(somewhere + ", unregistered_sets = '{2, 1}'"));
    CHECK_FALSE(
        refused("UPDATE subscription SET server_name = NULL, scscf_host = NULL, scscf_realm = NULL, "
                "scscf_features = NULL, registered_sets = '{}', registered_impis = '{}'"));
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

TEST_CASE("a database of the first version keeps its registrations", "[TS29.228-8.1]") {
    World w;
    {
        pqxx::connection c{w.connection};
        pqxx::work work{c};
        const auto all = migrations();
        REQUIRE(all.front().version == 1);
        work.exec(all.front().sql);
        work.exec(
            "CREATE TABLE schema_migration (version integer PRIMARY KEY, name text NOT NULL, "
            "applied timestamptz NOT NULL DEFAULT now())");
        work.exec("INSERT INTO schema_migration (version, name) VALUES (1, 'first')");
        work.exec(
            "INSERT INTO subscription (id, version, server_name, scscf_host, scscf_realm, scscf_features) "
            "VALUES (1, 7, 'sip:scscf', 'host', 'realm', 4)");
        work.exec(
            "INSERT INTO private_identity (impi, subscription_id, sqn, authentication_pending) "
            "VALUES ('a@x', 1, 33, false), ('b@x', 1, 0, true)");
        work.exec(
            "INSERT INTO implicit_registration_set (id, subscription_id, position, state, registered_with) "
            "VALUES (11, 1, 0, 1, '{a@x}'), (12, 1, 1, 2, '{}'), (13, 1, 2, 0, '{}')");
        work.exec(
            "INSERT INTO public_identity (identity, set_id, position, service_profile_id) "
            "VALUES ('sip:1@x', 11, 0, 1), ('sip:2@x', 12, 0, 1), ('sip:3@x', 13, 0, 1)");
        work.exec(
            "INSERT INTO association (set_id, impi, subscription_id, position) "
            "SELECT r.id, p.impi, 1, 0 FROM implicit_registration_set r CROSS JOIN private_identity p");
        work.commit();
    }
    const auto loaded = w.store->load({Impi{"a@x"}, std::nullopt, false});
    REQUIRE(loaded.has_value());
    REQUIRE(loaded->subscription);
    const auto& s = *loaded->subscription;
    CHECK(s.version == 7);
    CHECK(s.assignment == Assignment{"sip:scscf", "host", "realm", 4});
    const auto& sets = s.implicit_registration_sets;
    REQUIRE(sets.size() == 3);
    CHECK(sets[0].state == RegistrationState::Registered);
    CHECK(sets[0].association(Impi{"a@x"})->registered);
    CHECK_FALSE(sets[0].association(Impi{"b@x"})->registered);
    CHECK(sets[1].state == RegistrationState::Unregistered);
    CHECK(sets[2].state == RegistrationState::NotRegistered);
    CHECK_FALSE(s.find(Impi{"a@x"})->authentication_pending);
    CHECK(s.find(Impi{"b@x"})->authentication_pending);
    CHECK(s.find(Impi{"a@x"})->sqn == 33);
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
