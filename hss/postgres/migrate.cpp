#include "hss/postgres/migrations.hpp"

#include <pqxx/pqxx>

namespace ims::hss {
namespace {

constexpr long long lock_key = 0x696d7368;  // any number that is ours

int applied_version(pqxx::connection_base& connection) {
    pqxx::work work{connection};
    work.exec(
        "CREATE TABLE IF NOT EXISTS schema_migration "
        "(version integer PRIMARY KEY, name text NOT NULL, applied timestamptz NOT NULL DEFAULT now())");
    const auto version = work.exec1("SELECT coalesce(max(version), 0) FROM schema_migration")[0].as<int>();
    work.commit();
    return version;
}

std::string apply_missing(pqxx::connection_base& connection) {
    const auto all = migrations();
    const auto have = applied_version(connection);
    if (!all.empty() && have > all.back().version)
        return "the database has schema version " + std::to_string(have) + ", this program knows up to " +
               std::to_string(all.back().version) + ": start a newer hss";
    for (const auto& m : all) {
        if (m.version <= have) continue;
        pqxx::work work{connection};
        work.exec(m.sql);
        work.exec_params("INSERT INTO schema_migration (version, name) VALUES ($1, $2)", m.version, m.name);
        work.commit();
    }
    return {};
}

}  // namespace

std::string migrate(pqxx::connection_base& connection) {
    // A session lock, as every step has a transaction of its own; it goes with the connection if we fail.
    pqxx::nontransaction{connection}.exec("SELECT pg_advisory_lock(" + std::to_string(lock_key) + ")");
    auto why = apply_missing(connection);
    pqxx::nontransaction{connection}.exec("SELECT pg_advisory_unlock(" + std::to_string(lock_key) + ")");
    return why;
}

}  // namespace ims::hss
