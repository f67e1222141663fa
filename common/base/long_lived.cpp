#include "common/base/long_lived.hpp"

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

// A pool for each multiple of 16 octets. A record of 540 octets takes 544: pools whose sizes are farther
// apart (those of std::pmr give it 768) made each registered user a third larger.
class Pools final : public std::pmr::memory_resource {
    static constexpr std::size_t step = 16, largest = 4096;
    // What Boost's pool takes from the system at a time at most, with its own two words at the end.
    static constexpr std::size_t chunk = (std::size_t{64} << 10U) - 64;
    using Sized = boost::pool<Pages>;

    static bool is_pooled(std::size_t octets, std::size_t alignment) {
        return octets <= largest && alignment <= step;
    }
    static std::size_t pool_of(std::size_t octets) { return octets == 0 ? 0 : (octets - 1) / step; }

    void* do_allocate(std::size_t octets, std::size_t alignment) override {
        void* p = nullptr;
        if (is_pooled(octets, alignment)) {
            const std::lock_guard lock{mutex_};
            auto& pool = pools_.at(pool_of(octets));
            const std::size_t size = (pool_of(octets) + 1) * step;
            if (!pool) pool = std::make_unique<Sized>(size, 32, chunk / size);
            p = pool->malloc();
        } else {
            p = Pages::malloc(octets);
        }
        if (p == nullptr) throw std::bad_alloc{};
        return p;
    }
    void do_deallocate(void* p, std::size_t octets, std::size_t alignment) override {
        if (!is_pooled(octets, alignment)) return Pages::free(static_cast<char*>(p), octets);
        const std::lock_guard lock{mutex_};
        pools_.at(pool_of(octets))->free(p);
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
