#pragma once
#include "hss/postgres/postgres_store.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ims::hss {

// Threads that talk to the database, each with a connection of its own. Work for one key is done in order and
// by one worker, so that requests about one subscriber seldom meet in the database.
class Workers {
  public:
    using Work = std::function<void(PostgresStore&)>;

    Workers(unsigned count, std::size_t max_waiting,
            const std::function<std::unique_ptr<PostgresStore>()>& make_store);
    ~Workers();  // finishes what is waiting

    bool post(std::size_t key, Work work);  // false: too much is waiting already
    std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }  // or being done
    std::size_t count() const { return workers_.size(); }

  private:
    struct Worker {
        std::unique_ptr<PostgresStore> store;
        std::mutex mutex;
        std::condition_variable wake;
        std::deque<Work> queue;
        bool stop = false;
        std::thread thread;
    };
    void run(Worker& worker);

    std::size_t max_waiting_;
    std::atomic<std::size_t> waiting_{0};
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace ims::hss
