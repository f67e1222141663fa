#pragma once
#include "hss/postgres/async_store.hpp"

#include <boost/asio/io_context.hpp>

namespace ims::hss {

// The store for a thread that may block: provisioning's, which reads nothing from memory. One per thread.
class PostgresStore final : public Store {
  public:
    PostgresStore(DatabaseConfig config, Secrets secrets, std::shared_ptr<CatalogueCache> cache,
                  Connection::NoteSink notes);
    ~PostgresStore() override;

    Loaded load(const Lookup& lookup) override;
    Saved save(const Snapshot& loaded, const Changes& changes) override;
    std::vector<Loaded> load(const std::vector<Lookup>& lookups);  // asked together, answered in their order

    Connection& connection() { return connection_; }
    const Secrets& secrets() const { return secrets_; }
    std::shared_ptr<const Catalogue> catalogue(pqxx::connection_base& c);  // the newest; inside run()
    void broken(const std::string& why);

  private:
    StoreAnswer ask(StoreRequest request);

    boost::asio::io_context io_;
    Connection connection_;
    Secrets secrets_;
    std::shared_ptr<CatalogueCache> cache_;
    Connection::NoteSink notes_;
    std::shared_ptr<AsyncStore> store_;
};

}  // namespace ims::hss
