#pragma once
#include "hss/core/store.hpp"
#include "hss/postgres/catalogue_cache.hpp"
#include "hss/postgres/connection.hpp"
#include "hss/postgres/pipeline.hpp"
#include "hss/postgres/remembered.hpp"
#include "hss/postgres/secrets.hpp"

#include <functional>
#include <memory>

namespace ims::hss {

// The store on PostgreSQL, on the loop. A subscription that is remembered costs a request one statement: the
// change, on the condition that nothing changed meanwhile, or a look at the version where there is none. No
// row stays locked while a decision is taken.
//
// Two connections serve it: one for reading and for what a crash of the database may take back, which does
// not wait for the disk, and one for what must not be lost. When one is lost, both are made anew: a new
// generation, which remembers nothing, under a new era of SQNs.
class AsyncStore : public std::enable_shared_from_this<AsyncStore> {
  public:
    using Answered = std::function<void(StoreAnswer)>;
    // Runs a job that blocks, one after the other; on another thread, or at once where blocking is no matter.
    using Background = std::function<void(std::function<void()>)>;

    AsyncStore(boost::asio::io_context& io, DatabaseConfig config, Secrets secrets,
               std::shared_ptr<CatalogueCache> cache, Connection::NoteSink notes, Background background);
    ~AsyncStore();

    void ask(StoreRequest request, Answered answered);  // answers on the loop, perhaps at once
    void connect();                                     // if it is not; else asking does it
    bool connected() const { return reading_ != nullptr; }
    void close();

  private:
    struct Load;
    struct Lanes;
    using LoadPtr = std::shared_ptr<Load>;

    void load(LoadPtr load);
    void on_rows(const LoadPtr& load, const Rows& rows);
    void find_wildcard(const LoadPtr& load);
    void with_catalogue(const LoadPtr& load, std::int64_t revision);
    void find_whether_known(const LoadPtr& load);
    void finish(const LoadPtr& load, Snapshot snapshot);
    void query(const LoadPtr& load, const Statement& statement, const std::string& key,
               std::function<void(const Rows&)> then);
    void failed(const LoadPtr& load, const Pipeline::Failure& failure);

    void save(Save save, Answered answered);
    void confirm(const Save& save, Answered answered);
    Saved saved(const Pipeline::Answer& answer, const Subscription& loaded);

    void connect_then(std::function<void(bool connected)> then);
    Lanes open();  // blocks
    std::optional<StoreError> refresh_catalogue(
        const std::function<void(std::shared_ptr<const Catalogue>)>& keep);
    void opened(Lanes lanes);
    void lost(const std::string& why);
    void broken(const std::string& why);

    boost::asio::io_context& io_;
    DatabaseConfig config_;
    Secrets secrets_;
    std::shared_ptr<CatalogueCache> cache_;
    Connection::NoteSink notes_;
    Background background_;
    Connection reader_;  // of the catalogue, and to migrate; in the background only
    RememberedSubscriptions remembered_;
    std::shared_ptr<Pipeline> reading_, durable_;
    std::uint64_t generation_ = 0;
    std::int64_t era_ = 0;
    bool opening_ = false, closed_ = false, was_away_ = false;
    std::vector<std::function<void(bool)>> waiting_;
    std::vector<std::pair<LoadPtr, std::int64_t>> awaiting_catalogue_;  // of that revision at least
};

}  // namespace ims::hss
