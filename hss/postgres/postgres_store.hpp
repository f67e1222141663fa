#pragma once
#include "hss/core/store.hpp"
#include "hss/postgres/catalogue_cache.hpp"
#include "hss/postgres/connection.hpp"
#include "hss/postgres/secrets.hpp"

namespace ims::hss {

// The store on PostgreSQL: one query loads, one function call saves, each a transaction. No row stays locked
// while a decision is taken: save_changes() locks the subscription's row and goes on only if its version is
// still the loaded one, which keeps decisions about one subscription apart as SELECT ... FOR UPDATE would,
// with half the round trips and without a lock that a dead client could leave behind. One per thread.
class PostgresStore final : public Store {
  public:
    PostgresStore(DatabaseConfig config, Secrets secrets, std::shared_ptr<CatalogueCache> cache,
                  Connection::NoteSink notes);

    Result<Snapshot, StoreError> load(const Lookup& lookup) override;
    std::optional<StoreError> save(const Subscription& loaded, const Changes& changes) override;

    Connection& connection() { return connection_; }
    const Secrets& secrets() const { return secrets_; }
    // Of that revision, or the newest; inside run().
    std::shared_ptr<const Catalogue> catalogue(pqxx::connection_base& c,
                                               std::optional<std::int64_t> revision);
    bool answers();  // the database does; connects if need be
    void broken(const std::string& why);

  private:
    std::optional<Snapshot> load_rows(pqxx::connection_base& c, const Lookup& lookup);

    Connection connection_;
    Secrets secrets_;
    std::shared_ptr<CatalogueCache> cache_;
    Connection::NoteSink notes_;
};

// Reads the whole catalogue in one snapshot.
Catalogue read_catalogue(pqxx::connection_base& c);

}  // namespace ims::hss
