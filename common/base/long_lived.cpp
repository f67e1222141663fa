#include "common/base/long_lived.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <new>

#include <boost/pool/pool.hpp>
#include <sys/mman.h>

namespace ims {

namespace {

// Whole pages from the system: the heap's own free lists stay out of it.
struct Pages {
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    static char* malloc(size_type octets) {
        void* const p = ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return p == MAP_FAILED ? nullptr : static_cast<char*>(p);
    }
    // Only for what was never in a pool: chunks of pools are not given back.
    static void free(char* p, size_type octets) { ::munmap(p, octets); }
    static void free(char*) {}
};

// A pool for each multiple of 8 octets: half of what a user has are texts of some length. A record of 540
// octets takes 544; pools whose sizes are farther apart (those of std::pmr give it 768) made each registered
// user a third larger.
class Pools final : public std::pmr::memory_resource {
    static constexpr std::size_t step = 8;
    static constexpr std::size_t largest = 4096;  // above that, pages of its own
    // What Boost's pool takes from the system at a time at most, with its own two words at the end.
    static constexpr std::size_t chunk = (std::size_t{64} << 10U) - 64;
    using Sized = boost::pool<Pages>;

    // A chunk begins with a page, so that a multiple of the alignment is aligned.
    static std::size_t block_of(std::size_t octets, std::size_t alignment) {
        const auto unit = std::max(step, alignment);
        return (std::max<std::size_t>(octets, 1) + unit - 1) / unit * unit;
    }

    void* do_allocate(std::size_t octets, std::size_t alignment) override {
        const auto block = block_of(octets, alignment);
        void* p = nullptr;
        if (block <= largest) {
            const std::lock_guard lock{mutex_};
            auto& pool = pools_.at(block / step - 1);
            if (!pool) pool = std::make_unique<Sized>(block, 32, chunk / block);
            p = pool->malloc();
        } else {
            p = Pages::malloc(block);
        }
        if (p == nullptr) throw std::bad_alloc{};
        return p;
    }
    void do_deallocate(void* p, std::size_t octets, std::size_t alignment) override {
        const auto block = block_of(octets, alignment);
        if (block > largest) return Pages::free(static_cast<char*>(p), block);
        const std::lock_guard lock{mutex_};
        pools_.at(block / step - 1)->free(p);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::mutex mutex_;
    std::array<std::unique_ptr<Sized>, largest / step> pools_;
};

class Counted final : public std::pmr::memory_resource {
  public:
    std::size_t octets() const { return octets_.load(std::memory_order_relaxed); }

  private:
    void* do_allocate(std::size_t octets, std::size_t alignment) override {
        void* const p = below().allocate(octets, alignment);
        octets_.fetch_add(octets, std::memory_order_relaxed);
        return p;
    }
    void do_deallocate(void* p, std::size_t octets, std::size_t alignment) override {
        octets_.fetch_sub(octets, std::memory_order_relaxed);
        below().deallocate(p, octets, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

#ifdef __SANITIZE_ADDRESS__
    static memory_resource& below() {
        return *std::pmr::new_delete_resource();
    }
#else
    memory_resource& below() {
        return pools_;
    }
    Pools pools_;
#endif
    std::atomic<std::size_t> octets_{0};
};

Counted& memory() {
    // Not destroyed: static objects that end later may still hold some of it.
    static auto* const counted = new Counted;
    return *counted;
}

}  // namespace

std::pmr::memory_resource& long_lived_memory() {
    return memory();
}

std::size_t long_lived_octets() {
    return memory().octets();
}

}  // namespace ims
