#include "common/base/long_lived.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace ims {

namespace {

// Held for a few instructions, and hardly ever by two threads at once.
class Busy {
  public:
    explicit Busy(std::atomic_flag& flag) : flag_{flag} {
        while (flag_.test_and_set(std::memory_order_acquire)) flag_.wait(true, std::memory_order_relaxed);
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
    ~Busy() {
        flag_.clear(std::memory_order_release);
        flag_.notify_one();
    }

  private:
    std::atomic_flag& flag_;
};

// Blocks of one size side by side, in steps of eight octets: half of what a user has are texts of some
// length, and pools of a few sizes would round each of them up by a tenth. Whole pages come from the system:
// the heap's own free lists stay out of it, and what nobody wrote to takes no memory.
class Pools final : public std::pmr::memory_resource {
    static constexpr std::size_t step = 8;
    static constexpr std::size_t largest = 4096;  // above that, pages of their own
    static constexpr std::size_t chunk = std::size_t{256} * 1024;

    struct Free {
        Free* next = nullptr;
    };
    struct Pool {
        Free* free = nullptr;
        char* fresh = nullptr;  // of the newest chunk, not given out yet
        char* end = nullptr;
    };

    static void* pages(std::size_t octets) {
        void* const p = ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) throw std::bad_alloc{};
        return p;
    }
    // A chunk begins with a page, so that a multiple of the alignment is aligned.
    static std::size_t block_of(std::size_t octets, std::size_t alignment) {
        const auto unit = std::max(step, alignment);
        return (std::max<std::size_t>(octets, 1) + unit - 1) / unit * unit;
    }
    Pool& pool_of(std::size_t block) { return pools_[block / step - 1]; }

    void* do_allocate(std::size_t octets, std::size_t alignment) override {
        const auto block = block_of(octets, alignment);
        if (block > largest) return pages(block);
        const Busy busy{busy_};
        auto& pool = pool_of(block);
        if (pool.free != nullptr) return std::exchange(pool.free, pool.free->next);
        if (static_cast<std::size_t>(pool.end - pool.fresh) < block) {
            pool.fresh = static_cast<char*>(pages(chunk));
            pool.end = pool.fresh + chunk;
        }
        return std::exchange(pool.fresh, pool.fresh + block);
    }
    void do_deallocate(void* p, std::size_t octets, std::size_t alignment) override {
        const auto block = block_of(octets, alignment);
        if (block > largest) {
            ::munmap(p, block);
            return;
        }
        const Busy busy{busy_};
        auto& pool = pool_of(block);
        pool.free = new (p) Free{pool.free};
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::atomic_flag busy_;
    std::array<Pool, largest / step> pools_{};
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
