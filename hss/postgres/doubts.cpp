#include "hss/postgres/doubts.hpp"

#include "hss/core/op_check.hpp"

#include <pqxx/pqxx>

namespace ims::hss {

namespace {

constexpr auto like_it =
    "(SELECT impi FROM private_identity WHERE impi = ANY($1::text[])) UNION "
    "(SELECT identity FROM public_identity WHERE identity = ANY($1::text[])) UNION "
    "(SELECT impi FROM private_identity WHERE $2 <> '' AND impi ^@ $2 LIMIT 10) UNION "
    "(SELECT identity FROM public_identity WHERE $2 <> '' AND identity ^@ $2 LIMIT 10)";

constexpr auto neighbours =
    "(SELECT impi, aka_algorithm = 1, coalesce(keccak_iterations, 1), encode(aka_sealed, 'hex') FROM "
    "private_identity WHERE impi > $1 AND aka_sealed IS NOT NULL ORDER BY impi LIMIT 500) UNION ALL "
    "(SELECT impi, aka_algorithm = 1, coalesce(keccak_iterations, 1), encode(aka_sealed, 'hex') FROM "
    "private_identity WHERE impi < $1 AND aka_sealed IS NOT NULL ORDER BY impi DESC LIMIT 500)";

std::string text(StoreError error) {
    switch (error) {
        case StoreError::Away: return "the database is away";
        case StoreError::Conflict: return "the subscription changes too fast";
        case StoreError::Broken: return "the stored subscription cannot be read";
    }
    return {};
}

}  // namespace

ims::Result<std::vector<NearMiss>, Away> near_misses(PostgresStore& store, const std::string& identity) {
    const auto search = near_miss_search(identity);
    std::vector<std::string> stored;
    try {
        const auto away = store.connection().run(true, [&](pqxx::connection_base& c) {
            stored.clear();
            pqxx::read_transaction t{c};
            for (const auto& row : t.exec_params(like_it, array_of(search.identities), search.user_at))
                stored.push_back(row[0].as<std::string>());
        });
        if (away) return Away{text(*away)};
    } catch (const pqxx::sql_error& e) {
        return Away{first_line(e.what())};
    }
    return near_misses(identity, stored);
}

ims::Result<bool, Away> opc_is_op(PostgresStore& store, const Impi& impi) {
    const auto loaded = store.load(Lookup{impi, std::nullopt, true});
    if (!loaded) return Away{text(loaded.error())};
    const auto* mine = loaded->subscription ? loaded->subscription->find(impi) : nullptr;
    if (mine == nullptr || !mine->aka) return false;
    bool shown = false;
    try {
        const auto away = store.connection().run(true, [&](pqxx::connection_base& c) {
            shown = false;
            pqxx::read_transaction t{c};
            for (const auto& row : t.exec_params(neighbours, impi.value())) {
                const auto sealed = unhex(row[3].as<std::string>());
                if (!sealed) continue;
                const auto keys = store.secrets().unseal_aka(
                    Impi{row[0].as<std::string>()}, row[1].as<bool>(), row[2].as<unsigned>(), *sealed);
                shown = shown || (keys && shows_op_as_opc(mine->aka->keys, *keys));
            }
        });
        if (away) return Away{text(*away)};
    } catch (const pqxx::sql_error& e) {
        return Away{first_line(e.what())};
    }
    return shown;
}

ims::Result<std::vector<std::string>, Away> identities_beside(PostgresStore& store,
                                                              const std::string& identity,
                                                              const std::string& home_network) {
    std::vector<Lookup> lookups;
    if (const auto impu = canonical_impu(identity)) lookups.push_back({std::nullopt, *impu, false});
    const bool domain = identity.find('@') != std::string::npos;
    // TS 23.003 13.3: without an ISIM the private identity is the IMSI in the home domain.
    lookups.push_back({Impi{domain ? identity : identity + "@" + home_network}, std::nullopt, false});
    if (!domain) {
        const bool international = identity.starts_with('+');
        lookups.push_back({std::nullopt, Impu{(international ? "tel:" : "tel:+") + identity}, false});
    }
    for (const auto& lookup : lookups) {
        const auto loaded = store.load(lookup);
        if (!loaded) return Away{text(loaded.error())};
        if (!loaded->subscription) continue;
        std::vector<std::string> all;
        for (const auto& one : loaded->subscription->private_identities) all.push_back(one.impi.value());
        for (const auto& set : loaded->subscription->implicit_registration_sets)
            for (const auto& one : set.public_identities)
                if (!one.wildcarded()) all.push_back(one.identity.identity.value());
        return all;
    }
    return std::vector<std::string>{};
}

}  // namespace ims::hss
