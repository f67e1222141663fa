#include "hss/shell/workers.hpp"

namespace ims::hss {

Workers::Workers(unsigned count, std::size_t max_waiting,
                 const std::function<std::unique_ptr<PostgresStore>()>& make_store)
    : max_waiting_{max_waiting} {
    for (unsigned n = 0; n < count; ++n) {
        auto worker = std::make_unique<Worker>();
        worker->store = make_store();
        workers_.push_back(std::move(worker));
    }
    for (auto& w : workers_) w->thread = std::thread{[this, worker = w.get()] { run(*worker); }};
}

Workers::~Workers() {
    for (auto& w : workers_) {
        {
            const std::lock_guard lock{w->mutex};
            w->stop = true;
        }
        w->wake.notify_one();
    }
    for (auto& w : workers_) w->thread.join();
}

bool Workers::post(std::size_t key, Work work) {
    if (waiting_.fetch_add(1, std::memory_order_relaxed) >= max_waiting_) {
        waiting_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    auto& w = *workers_[key % workers_.size()];
    bool idle = false;
    {
        const std::lock_guard lock{w.mutex};
        idle = w.queue.empty();
        w.queue.push_back(std::move(work));
    }
    if (idle) w.wake.notify_one();
    return true;
}

void Workers::run(Worker& w) {
    std::deque<Work> batch;  // taken at once: one lock and one wake-up for all that has gathered
    for (;;) {
        {
            std::unique_lock lock{w.mutex};
            w.wake.wait(lock, [&] { return w.stop || !w.queue.empty(); });
            if (w.queue.empty()) return;
            batch.swap(w.queue);
        }
        for (auto& work : batch) {
            work(*w.store);
            waiting_.fetch_sub(1, std::memory_order_relaxed);
        }
        batch.clear();
    }
}

}  // namespace ims::hss
