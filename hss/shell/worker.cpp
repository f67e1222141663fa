#include "hss/shell/worker.hpp"

namespace ims::hss {

Worker::Worker(std::size_t max_waiting) : max_waiting_{max_waiting}, thread_{[this] { run(); }} {}

Worker::~Worker() {
    {
        const std::lock_guard lock{mutex_};
        stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

bool Worker::post(std::function<void()> job) {
    if (waiting_.fetch_add(1, std::memory_order_relaxed) >= max_waiting_) {
        waiting_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    {
        const std::lock_guard lock{mutex_};
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

void Worker::run() {
    for (;;) {
        std::function<void()> job;
        {
            std::unique_lock lock{mutex_};
            wake_.wait(lock, [&] { return stop_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        job();
        waiting_.fetch_sub(1, std::memory_order_relaxed);
    }
}

}  // namespace ims::hss
