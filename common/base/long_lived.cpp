#include "common/base/long_lived.hpp"

#include <atomic>
#include <new>

#include <sys/mman.h>

namespace ims {

namespace {

// Whole pages from the system: the heap's own free lists stay out of it.
class Pages final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t octets, std::size_t) override {
        void* const p = ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) throw std::bad_alloc{};
        return p;
    }
    void do_deallocate(void* p, std::size_t octets, std::size_t) override { ::munmap(p, octets); }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
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
    Pages pages_;
    std::pmr::synchronized_pool_resource pools_{
        {.max_blocks_per_chunk = 0, .largest_required_pool_block = 4096}, &pages_};
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
