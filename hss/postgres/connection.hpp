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
};

// One connection, made when needed and again after it was lost. Not for several threads.
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
    bool connected() const { return connection_ != nullptr; }
    std::int64_t sqn_era() const { return sqn_era_; }

  private:
    std::optional<StoreError> run_erased(bool may_repeat,
                                         const std::function<void(pqxx::connection_base&)>& work);
    bool open();
    void lost(const std::string& why);

    DatabaseConfig config_;
    NoteSink notes_;
    std::unique_ptr<pqxx::connection_base> connection_;
    std::int64_t sqn_era_ = 0;
    bool was_away_ = false;
};

}  // namespace ims::hss
