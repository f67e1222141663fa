#include "hss/postgres/connection.hpp"

#include "hss/postgres/migrations.hpp"

#include <pqxx/pqxx>

namespace ims::hss {
namespace {

// PostgreSQL ends sessions with class 57P (shutdown, crash, cannot connect now) and 08 (connection
// exception); libpqxx reports the first kind as an ordinary sql_error.
bool session_is_over(const pqxx::sql_error& e) {
    return e.sqlstate().starts_with("57P") || e.sqlstate().starts_with("08");
}

}  // namespace

std::string first_line(std::string_view text) {
    return std::string{trim(text.substr(0, text.find('\n')))};
}

std::string connection_options(const DatabaseConfig& config, const std::string& settings) {
    // Prepared statements always touch few rows by key: plan them once, never compile them, and never scan: a
    // plan made while a table was small, or before it was analyzed, would be kept while it grows.
    return config.connection + " connect_timeout=" + std::to_string(config.connect_timeout) +
           " application_name=hss options='-c jit=off -c plan_cache_mode=force_generic_plan"
           " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
           " -c statement_timeout=" +
           std::to_string(config.statement_timeout) + "s " + settings + "'";
}

Connection::Connection(DatabaseConfig config, NoteSink notes)
    : config_{std::move(config)}, notes_{std::move(notes)} {}
Connection::~Connection() = default;

bool Connection::open() {
    try {
        auto connection = std::make_unique<pqxx::connection>(connection_options(config_));
        if (const auto why = migrate(*connection); !why.empty()) {
            lost(why);
            return false;
        }
        connection_ = std::move(connection);
    } catch (const pqxx::pqxx_exception& e) {
        lost(e.base().what());
        return false;
    }
    if (std::exchange(was_away_, false)) notes_(Note{Severity::Info, "hss.database.connected"});
    return true;
}

void Connection::lost(const std::string& why) {
    connection_.reset();
    why_away_ = first_line(why);
    if (!std::exchange(was_away_, true))
        notes_(Note{Severity::Error, "hss.database.away", {{"reason", why_away_}}});
}

void Connection::close() {
    connection_.reset();
}

std::optional<StoreError> Connection::run_erased(bool may_repeat,
                                                 const std::function<void(pqxx::connection_base&)>& work) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (!connection_ && !open()) return StoreError::Away;
        try {
            work(*connection_);
            return std::nullopt;
        } catch (const pqxx::broken_connection& e) {
            lost(e.what());
        } catch (const pqxx::in_doubt_error& e) {
            lost(e.what());
        } catch (const pqxx::sql_error& e) {
            if (!session_is_over(e)) {
                if (!connection_->is_open()) lost(e.what());
                throw;
            }
            lost(e.what());
        }
        if (!may_repeat) break;
    }
    return StoreError::Away;
}

}  // namespace ims::hss
