// Many subscriptions at once: what imports and exports need.
#include "hss/postgres/provisioning.hpp"
#include "hss/postgres/provisioning_run.hpp"
#include "hss/postgres/rows.hpp"
#include "hss/postgres/subscription_writer.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

// Sets that go on under a new shape keep their id, their state and what belongs to their private identities:
// a set is the same if it shares a public identity.
void carry_registrations(const Subscription& from, Subscription& to) {
    for (auto& set : to.implicit_registration_sets) {
        if (set.id != SetId{}) continue;
        for (const auto& was : from.implicit_registration_sets) {
            const bool same = std::ranges::any_of(set.public_identities, [&](const PublicIdentityRecord& r) {
                return std::ranges::any_of(was.public_identities, [&](const PublicIdentityRecord& w) {
                    return w.identity.identity == r.identity.identity;
                });
            });
            const bool taken = std::ranges::any_of(to.implicit_registration_sets,
                                                   [&](const auto& other) { return other.id == was.id; });
            if (!same || taken) continue;
            set.id = was.id;
            set.state = was.state;
            for (auto& a : set.associations)
                if (const auto* old = was.association(a.impi)) a = *old;
            break;
        }
        // Whoever registered it may not do so any longer.
        if (set.state == RegistrationState::Registered && set.registered_count() == 0)
            set.state = RegistrationState::NotRegistered;
    }
    to.assignment = from.assignment;
    to.reassignment_pending = from.reassignment_pending && from.assignment;
    // 29.228 6.5.2: the name stays as long as a set needs it; what had no user loses it.
    if (!to.in_use() &&
        std::ranges::none_of(to.private_identities, &PrivateIdentity::authentication_pending)) {
        to.assignment.reset();
        to.reassignment_pending = false;
    }
}

std::string ids_of(std::span<const Snapshot> snapshots) {
    std::vector<std::string> ids;
    for (const auto& s : snapshots)
        if (s.subscription) ids.push_back(std::to_string(s.subscription->id.value()));
    return array_of(ids);
}

// The rows stay locked while their children are written anew; the version is compared as when a request
// saves.
bool lock_as_they_were(pqxx::work& work, std::span<const Provisioning::Replacement> replaced) {
    if (replaced.empty()) return true;
    std::vector<std::string> ids, versions;
    for (const auto& r : replaced) {
        ids.push_back(std::to_string(r.before.subscription->id.value()));
        versions.push_back(std::to_string(r.before.subscription->version));
    }
    const auto locked = work.exec_params(
        "SELECT 1 FROM subscription s JOIN unnest($1::bigint[], $2::bigint[]) AS x (id, version) "
        "ON s.id = x.id AND s.version = x.version ORDER BY s.id FOR UPDATE OF s",
        array_of(ids), array_of(versions));
    return static_cast<std::size_t>(locked.size()) == replaced.size();
}

void read_owners(std::unordered_map<std::string, Provisioning::Owner>& into, const pqxx::result& rows) {
    for (const auto& row : rows)
        into.emplace(row[0].as<std::string>(), Provisioning::Owner{SubscriptionId{row[1].as<std::int64_t>()},
                                                                   Impi{row[2].as<std::string>()}});
}

}  // namespace

Provisioned<Provisioning::Owners> Provisioning::owners(std::span<const Subscription> of_these) {
    std::vector<std::string> impis, imsis, impus;
    for (const auto& s : of_these) {
        for (const auto& p : s.private_identities) {
            impis.push_back(p.impi.value());
            if (p.imsi) imsis.push_back(*p.imsi);
        }
        for (const auto& set : s.implicit_registration_sets)
            for (const auto& r : set.public_identities) impus.push_back(r.identity.identity.value());
    }
    Owners out;
    const auto error = run([&](pqxx::connection_base& c) {
        out = {};
        pqxx::read_transaction t{c};
        read_owners(out.impis, t.exec_params("SELECT impi, subscription_id, impi FROM private_identity "
                                             "WHERE impi = ANY ($1::text[])",
                                             array_of(impis)));
        read_owners(out.imsis, t.exec_params("SELECT imsi, subscription_id, impi FROM private_identity "
                                             "WHERE imsi = ANY ($1::text[])",
                                             array_of(imsis)));
        read_owners(
            out.impus,
            t.exec_params("SELECT u.identity, r.subscription_id, (SELECT a.impi FROM association a "
                          "WHERE a.set_id = u.set_id ORDER BY a.position LIMIT 1) "
                          "FROM public_identity u JOIN implicit_registration_set r ON r.id = u.set_id "
                          "WHERE u.identity = ANY ($1::text[])",
                          array_of(impus)));
    });
    if (error) return *error;
    return out;
}

Provisioned<std::vector<Snapshot>> Provisioning::load(std::span<const Impi> impis) {
    std::vector<Lookup> lookups;
    for (const auto& impi : impis) lookups.push_back({impi, std::nullopt, true});
    std::vector<Snapshot> out;
    for (auto& loaded : store_.load(lookups)) {
        if (!loaded) return provisioning_error(loaded.error());
        out.push_back(std::move(*loaded));
    }
    if (auto error = add_op(out)) return std::move(*error);
    return out;
}

Provisioned<Provisioning::Leaf> Provisioning::leaf(const Page& page) {
    std::vector<Impi> impis;
    const auto error = run([&](pqxx::connection_base& c) {
        impis.clear();
        for (const auto& row : pqxx::nontransaction{c}.exec_params(
                 "SELECT p.impi FROM private_identity p WHERE p.impi > $1 AND NOT EXISTS (SELECT 1 "
                 "FROM private_identity q WHERE q.subscription_id = p.subscription_id AND q.impi < p.impi) "
                 "ORDER BY p.impi LIMIT $2",
                 page.after, page.limit))
            impis.emplace_back(row[0].as<std::string>());
    });
    if (error) return *error;
    auto loaded = load(impis);
    if (!loaded) return loaded.error();
    return Leaf{std::move(*loaded), impis.size() == page.limit ? impis.back().value() : std::string{}};
}

std::optional<ProvisioningError> Provisioning::add_op(std::vector<Snapshot>& snapshots) {
    std::unordered_map<Impi, Octets> sealed;
    const auto error = run([&](pqxx::connection_base& c) {
        sealed.clear();
        for (const auto& row : pqxx::nontransaction{c}.exec_params(
                 "SELECT impi, encode(op_sealed, 'hex') FROM private_identity "
                 "WHERE subscription_id = ANY ($1::bigint[]) AND op_sealed IS NOT NULL",
                 ids_of(snapshots)))
            sealed.emplace(row[0].as<std::string>(), unhex(row[1].as<std::string>()).value_or(Octets{}));
    });
    if (error || sealed.empty()) return error;
    for (auto& snapshot : snapshots) {
        if (!snapshot.subscription) continue;
        auto whole = *snapshot.subscription;
        for (auto& p : whole.private_identities) {
            const auto found = sealed.find(p.impi);
            if (found == sealed.end() || !p.aka) continue;
            p.aka->op = store_.secrets().unseal_op(p.impi, found->second);
            if (!p.aka->op) return provisioning_error(StoreError::Broken);
        }
        snapshot.subscription = std::make_shared<const Subscription>(std::move(whole));
    }
    return std::nullopt;
}

Provisioned<std::optional<Pushes>> Provisioning::apply(std::span<const Subscription> created,
                                                       std::span<const Replacement> replaced) {
    std::vector<std::shared_ptr<Subscription>> after;
    for (const auto& r : replaced) {
        after.push_back(std::make_shared<Subscription>(r.after));
        carry_registrations(*r.before.subscription, *after.back());
    }
    bool fresh = false;
    const auto error = run([&](pqxx::connection_base& c) {
        pqxx::work work{c};
        if (created.size() + replaced.size() > 1) work.exec("SET LOCAL statement_timeout = 0");
        fresh = lock_as_they_were(work, replaced);
        if (!fresh) return;
        SubscriptionWriter writer{work, store_.secrets(), random_};
        for (const auto& s : created) writer.add(s);
        for (const auto& s : after) writer.replace(*s);
        writer.write();
        work.commit();
    });
    if (error) return *error;
    if (!fresh) return std::optional<Pushes>{};
    Pushes pushes;
    for (std::size_t n = 0; n < replaced.size(); ++n) {
        auto now = replaced[n].before;
        now.subscription = after[n];
        for (auto& push : pushes_for_change(replaced[n].before, now)) pushes.push_back(std::move(push));
    }
    return std::optional{std::move(pushes)};
}

}  // namespace ims::hss
