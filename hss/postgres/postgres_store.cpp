#include "hss/postgres/postgres_store.hpp"

#include "hss/postgres/json.hpp"
#include "hss/postgres/statements.hpp"
#include "hss/postgres/subscription_rows.hpp"

#include <algorithm>

#include <pqxx/pqxx>

namespace ims::hss {
namespace {

// How far an SQN of an earlier era is advanced: 64 SEQ, more vectors than one subscriber is given in the half
// second that PostgreSQL may lose (three times wal_writer_delay).
constexpr std::uint64_t sqn_jump = 64U << 5;

// May the changes be lost in a crash of the database? SQN: yes, see private_identity in the schema. The flag
// and the name an MAR stores of a user nobody serves yet: yes, the SAR that follows stores the name itself,
// and without one the UE registers again. Whatever ends or makes a registration: no.
bool durable(const Subscription& loaded, const Changes& changes) {
    return std::ranges::any_of(changes, [&](const Change& c) {
        if (std::holds_alternative<SetSqn>(c) || std::holds_alternative<SetAuthenticationPending>(c))
            return false;
        if (const auto* a = std::get_if<Assign>(&c)) return loaded.in_use() || !a->assignment;
        return true;
    });
}

// The parameters of save_changes(): complete new values of every row that a change touches.
struct Touched {
    bool assign = false;
    std::optional<bool> reassignment_pending;
    std::vector<SetId> sets;
    std::vector<Impi> impis;
    std::vector<std::pair<SetId, Impi>> restorations;
};
template <class T>
void add_once(std::vector<T>& list, const T& item) {
    if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}
Touched touched_by(const Changes& changes) {
    Touched t;
    for (const auto& change : changes)
        std::visit(overloaded{
                       [&](const Assign&) { t.assign = true; },
                       [&](const SetReassignmentPending& c) { t.reassignment_pending = c.pending; },
                       [&](const SetState& c) { add_once(t.sets, c.set); },
                       [&](const SetRegistration& c) { add_once(t.sets, c.set); },
                       [&](const SetRestorationInfo& c) {
                           add_once(t.restorations, {c.set, c.impi});
                       },
                       [&](const SetAuthenticationPending& c) { add_once(t.impis, c.impi); },
                       [&](const SetSqn& c) { add_once(t.impis, c.impi); },
                   },
                   change);
    return t;
}

// A parameter that may be absent, as prepared statements of libpqxx want it.
struct Parameter {
    std::string text;
    bool present = false;
    const char* c_str() const { return present ? text.c_str() : nullptr; }
};
Parameter array_parameter(std::vector<std::string> texts) {
    if (texts.empty()) return {};
    return {array_of(texts), true};
}

pqxx::result query(pqxx::connection_base& c, const char* prepared, const std::string& key) {
    return pqxx::nontransaction{c}.exec_prepared(prepared, key);
}

std::string flag_text(bool b) {
    return b ? "t" : "f";
}

}  // namespace

PostgresStore::PostgresStore(DatabaseConfig config, Secrets secrets, std::shared_ptr<CatalogueCache> cache,
                             Connection::NoteSink notes)
    : connection_{std::move(config), notes},
      secrets_{secrets},
      cache_{std::move(cache)},
      notes_{std::move(notes)} {}

void PostgresStore::broken(const std::string& why) {
    notes_(Note{Severity::Error, "hss.database.refused", {{"reason", why}}});
}

bool PostgresStore::answers() {
    try {
        return !connection_.run(true, [&](pqxx::connection_base& c) { catalogue(c, std::nullopt); });
    } catch (const pqxx::pqxx_exception& e) {
        broken(e.base().what());
        return false;
    }
}

std::shared_ptr<const Catalogue> PostgresStore::catalogue(pqxx::connection_base& c,
                                                          std::optional<std::int64_t> revision) {
    if (!revision)
        revision = pqxx::nontransaction{c}.exec_prepared1(statement::revision)[0].as<std::int64_t>();
    if (auto cached = cache_->get(*revision)) return cached;
    auto fresh = std::make_shared<const Catalogue>(read_catalogue(c));
    cache_->put(fresh);
    return fresh;
}

std::optional<Snapshot> PostgresStore::load_rows(pqxx::connection_base& c, const Lookup& lookup) {
    Snapshot snapshot;
    const auto read = [&](const pqxx::result& rows) {
        auto loaded =
            read_rows(rows, lookup.credentials ? &secrets_ : nullptr, connection_.sqn_era(), sqn_jump);
        if (!loaded) return false;
        snapshot.subscription = std::move(loaded->subscription);
        snapshot.catalogue = catalogue(c, loaded->catalogue_revision);
        return true;
    };
    // The wildcard that matches an identity which is not distinct anywhere.
    const auto wildcard = [&](const Impu& impu) -> std::optional<std::string> {
        for (const auto& row : query(c, statement::wildcards, impu.value())) {
            auto candidate = row[0].as<std::string>();
            if (matches_wildcard(impu, Impu{candidate})) return candidate;
        }
        return std::nullopt;
    };

    if (lookup.impi) {
        const auto rows = query(c, statement::load_by_impi, lookup.impi->value());
        if (!rows.empty() && !read(rows)) return std::nullopt;
        if (!lookup.impu || !snapshot.subscription) return snapshot;
        snapshot.public_identity_known = snapshot.subscription->find(*lookup.impu).has_value() ||
                                         !query(c, statement::impu_exists, lookup.impu->value()).empty() ||
                                         wildcard(*lookup.impu).has_value();
        return snapshot;
    }
    if (!lookup.impu) return snapshot;
    auto rows = query(c, statement::load_by_impu, lookup.impu->value());
    if (rows.empty()) {
        const auto stored = wildcard(*lookup.impu);
        if (!stored) return snapshot;
        rows = query(c, statement::load_by_impu, *stored);
        if (rows.empty()) return snapshot;
    }
    snapshot.public_identity_known = true;
    if (!read(rows)) return std::nullopt;
    return snapshot;
}

Result<Snapshot, StoreError> PostgresStore::load(const Lookup& lookup) {
    std::optional<Snapshot> snapshot;
    try {
        if (const auto away = connection_.run(true, [&](auto& c) { snapshot = load_rows(c, lookup); }))
            return *away;
    } catch (const pqxx::pqxx_exception& e) {
        broken(e.base().what());
        return StoreError::Broken;
    }
    if (!snapshot) {
        broken("a sealed credential does not open with the configured key");
        return StoreError::Broken;
    }
    return std::move(*snapshot);
}

std::optional<StoreError> PostgresStore::save(const Subscription& loaded, const Changes& changes) {
    auto after = loaded;
    apply_to(after, changes);
    const auto touched = touched_by(changes);

    std::vector<std::string> sets, states, registrations, impis, sqns, pendings, info_sets, info_impis, infos;
    for (const auto id : touched.sets) {
        const auto* set = after.find(id);
        if (!set) continue;
        std::vector<std::string> with;
        for (const auto& a : set->associations)
            if (a.registered) with.push_back(a.impi.value());
        sets.push_back(std::to_string(id.value()));
        states.push_back(std::to_string(static_cast<int>(set->state)));
        registrations.push_back(array_of(with));
    }
    for (const auto& impi : touched.impis) {
        const auto* p = after.find(impi);
        if (!p) continue;
        impis.push_back(impi.value());
        sqns.push_back(std::to_string(p->sqn));
        pendings.push_back(flag_text(p->authentication_pending));
    }
    for (const auto& [id, impi] : touched.restorations) {
        const auto* set = after.find(id);
        const auto* a = set ? set->association(impi) : nullptr;
        if (!a) continue;
        info_sets.push_back(std::to_string(id.value()));
        info_impis.push_back(impi.value());
        infos.push_back(a->restoration_info ? print_json(*a->restoration_info) : "null");
    }

    const auto p_sets = array_parameter(sets), p_states = array_parameter(states);
    const auto p_registrations = array_parameter(registrations), p_impis = array_parameter(impis);
    const auto p_sqns = array_parameter(sqns), p_pendings = array_parameter(pendings);
    const auto p_info_sets = array_parameter(info_sets), p_info_impis = array_parameter(info_impis);
    const auto p_infos = array_parameter(infos);
    const auto* name = after.assignment ? after.assignment->server_name.c_str() : nullptr;
    const auto* host = after.assignment ? after.assignment->origin_host.c_str() : nullptr;
    const auto* realm = after.assignment ? after.assignment->origin_realm.c_str() : nullptr;
    const auto features = after.assignment ? std::to_string(after.assignment->features) : std::string{};
    const auto pending =
        touched.reassignment_pending ? flag_text(*touched.reassignment_pending) : std::string{};

    bool saved = false;
    try {
        const auto away = connection_.run(false, [&](pqxx::connection_base& c) {
            saved =
                pqxx::nontransaction{c}
                    .exec_prepared1(statement::save_changes, loaded.id.value(), loaded.version,
                                    durable(loaded, changes), touched.assign, name, host, realm,
                                    after.assignment ? features.c_str() : nullptr,
                                    touched.reassignment_pending ? pending.c_str() : nullptr, p_sets.c_str(),
                                    p_states.c_str(), p_registrations.c_str(), p_impis.c_str(),
                                    p_sqns.c_str(), p_pendings.c_str(), connection_.sqn_era(),
                                    p_info_sets.c_str(), p_info_impis.c_str(), p_infos.c_str())[0]
                    .as<bool>();
        });
        // Whether a lost connection had saved is unknown: the version tells when it is loaded again, and a
        // decision repeated after a save is the same decision.
        if (away) return StoreError::Conflict;
    } catch (const pqxx::pqxx_exception& e) {
        broken(e.base().what());
        return StoreError::Broken;
    }
    if (!saved) return StoreError::Conflict;
    return std::nullopt;
}

}  // namespace ims::hss
