#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace ims::hss {

// A thread for what blocks: jobs one after the other.
class Worker {
  public:
    explicit Worker(std::size_t max_waiting);
    ~Worker();  // finishes what is waiting

    bool post(std::function<void()> job);  // false: too much is waiting already
    std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }  // or being done

  private:
    void run();

    std::size_t max_waiting_;
    std::atomic<std::size_t> waiting_{0};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> jobs_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace ims::hss
