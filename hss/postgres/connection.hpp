#pragma once
#include "common/base/note.hpp"
#include "hss/core/store.hpp"

#include <functional>
#include <memory>
#include <string>

namespace pqxx {
class connection_base;
}

namespace ims::hss {

struct DatabaseConfig {
    std::string connection;           // libpq's: "host=/run/postgresql dbname=ims"
    unsigned connect_timeout = 3;     // seconds
    unsigned statement_timeout = 10;  // seconds, except for imports
    std::size_t remembered = 50'000;  // subscriptions kept in memory
    bool operator==(const DatabaseConfig&) const = default;
};

// What libpq is told; `settings` are PostgreSQL's, for this session: "-c synchronous_commit=off".
std::string connection_options(const DatabaseConfig& config, const std::string& settings = {});
std::string first_line(std::string_view text);

// One connection for what may block, made when needed and again after it was lost. Not for several threads.
class Connection {
  public:
    using NoteSink = std::function<void(Note)>;  // called on the thread that uses the connection
    Connection(DatabaseConfig config, NoteSink notes);
    ~Connection();

    // Runs `work` with an open connection. A lost connection is opened once more and `work` repeated if it
    // `may_repeat`; when that fails too, or may not be, the answer is Away. What the database refuses
    // otherwise is thrown on as pqxx::sql_error.
    template <class Work>
    std::optional<StoreError> run(bool may_repeat, Work&& work) {
        return run_erased(may_repeat, [&](pqxx::connection_base& c) { work(c); });
    }
    void close();
    const std::string& why_away() const { return why_away_; }

  private:
    std::optional<StoreError> run_erased(bool may_repeat,
                                         const std::function<void(pqxx::connection_base&)>& work);
    bool open();
    void lost(const std::string& why);

    DatabaseConfig config_;
    NoteSink notes_;
    std::unique_ptr<pqxx::connection_base> connection_;
    std::string why_away_;
    bool was_away_ = false;
};

}  // namespace ims::hss
