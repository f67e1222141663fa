#pragma once
#include "hss/core/hss.hpp"
#include "hss/core/subscriber.hpp"
#include "hss/postgres/postgres_store.hpp"
#include "hss/postgres/provisioning.hpp"
#include "tests/integration/hss/cluster.hpp"

#include <mutex>

#include <catch2/catch.hpp>

namespace ims::hss::test {

using R = cx::ResultCode;
using X = cx::ExperimentalResultCode;
using Sat = cx::ServerAssignmentType;

inline const std::string realm = "ims.mnc001.mcc001.3gppnetwork.org";
inline const Impi alice{"001010000000001@" + realm};
inline const Impu alice_sip{"sip:+15550001@" + realm};
inline const std::string scscf = "sip:scscf.ims.example:6060";
inline const Origin origin{"scscf.ims.example", "ims.example"};
inline const std::string k_hex = "465b5ce8b199b49faa5f0a2ee238a6bc";

inline Subscriber usual_subscriber(unsigned n = 1) {
    crypto::MilenageKeys keys;
    const auto k = *unhex(k_hex);
    std::copy(k.begin(), k.end(), keys.k.begin());
    Subscriber s;
    s.imsi = *number_after("001010000000000", n);
    s.realm = realm;
    s.msisdn = *number_after("15550000", n);
    s.aka = AkaCredential{keys, {0x80, 0x00}};
    return s;
}

// An HSS on a database of its own.
struct World {
    std::string connection = Cluster::instance().fresh_database();
    Policy policy = [] {
        Policy p;
        p.home_network = realm;
        return p;
    }();
    SeededRandom random{1};
    std::shared_ptr<CatalogueCache> cache = std::make_shared<CatalogueCache>();
    std::mutex mutex;
    std::vector<Note> notes;
    std::unique_ptr<PostgresStore> store = make_store();
    Provisioning provisioning{*store, random};

    std::unique_ptr<PostgresStore> make_store(char key = 'a') {
        return std::make_unique<PostgresStore>(
            DatabaseConfig{connection}, *Secrets::from_text(std::string(64, key)), cache, [this](Note n) {
                const std::lock_guard lock{mutex};
                notes.push_back(std::move(n));
            });
    }
    void add(unsigned n = 1) {
        const auto s = subscription_of(usual_subscriber(n));
        const auto created = provisioning.create({&s, 1});
        REQUIRE(created.has_value());
    }
    template <class Answer, class Request>
    Answer ask(const Request& request, Store* other = nullptr, const Origin& from = origin) {
        auto outcome = Hss{policy}.handle(request, from, other ? *other : *store, random);
        pushes = std::move(outcome.pushes);
        return std::get<Answer>(outcome.answer);
    }
    std::vector<Push> pushes;

    cx::UserAuthorizationAnswer uar() {
        cx::UserAuthorizationRequest r;
        r.user_name = alice;
        r.public_identity = alice_sip;
        r.visited_network_identifier = realm;
        return ask<cx::UserAuthorizationAnswer>(r);
    }
    cx::MultimediaAuthAnswer mar(Store* other = nullptr) {
        cx::MultimediaAuthRequest r;
        r.user_name = alice;
        r.public_identity = alice_sip;
        r.server_name = scscf;
        r.sip_auth_data_item.sip_authentication_scheme = std::string{cx::scheme::digest_aka_v1_md5};
        return ask<cx::MultimediaAuthAnswer>(r, other);
    }
    cx::ServerAssignmentAnswer sar(Sat type = Sat::Registration) {
        cx::ServerAssignmentRequest r;
        r.user_name = alice;
        r.public_identity = {alice_sip};
        r.server_name = scscf;
        r.server_assignment_type = type;
        return ask<cx::ServerAssignmentAnswer>(r);
    }
    cx::LocationInfoAnswer lir(const Impu& impu = alice_sip) {
        cx::LocationInfoRequest r;
        r.public_identity = impu;
        return ask<cx::LocationInfoAnswer>(r);
    }
    Subscription subscription() {
        for (;;) {
            const auto s = store->load({alice, std::nullopt, true});
            REQUIRE(s.has_value());
            REQUIRE(s->subscription);
            if (!s->remembered || !store->save(*s, {})) return *s->subscription;
        }
    }
    void is_registered() {
        REQUIRE(uar().result == diameter::Result{X::FirstRegistration});
        REQUIRE(mar().result == diameter::Result{R::Success});
        REQUIRE(sar().result == diameter::Result{R::Success});
    }
};

}  // namespace ims::hss::test
