#include "common/base/long_lived.hpp"

#include "common/base/random.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using namespace ims;

namespace {

struct Block {
    char* at;
    std::size_t octets, alignment;
    char filling;

    bool untouched() const {
        for (std::size_t i = 0; i < octets; ++i)
            if (at[i] != filling) return false;
        return true;
    }
};

// Takes and gives back blocks of all sizes; what lies in one is never another's.
bool holds_what_is_put_in(std::uint64_t seed) {
    SeededRandom random{seed};
    auto& memory = long_lived_memory();
    std::vector<Block> blocks;
    bool well = true;
    const auto give_back = [&](std::size_t i) {
        well = well && blocks[i].untouched();
        memory.deallocate(blocks[i].at, blocks[i].octets, blocks[i].alignment);
        blocks[i] = blocks.back();
        blocks.pop_back();
    };
    for (unsigned n = 0; n < 20'000; ++n) {
        if (blocks.empty() || random.number() % 100 < 52) {
            const auto most = random.number() % 50 == 0 ? 20'000 : 400;
            const std::size_t octets = random.number() % most;
            const std::size_t alignment = std::size_t{1} << random.number() % 7;
            Block b{static_cast<char*>(memory.allocate(octets, alignment)), octets, alignment,
                    static_cast<char>(random.number())};
            well = well && reinterpret_cast<std::uintptr_t>(b.at) % alignment == 0;
            std::memset(b.at, b.filling, octets);
            blocks.push_back(b);
        } else {
            give_back(random.number() % blocks.size());
        }
    }
    while (!blocks.empty()) give_back(blocks.size() - 1);
    return well;
}

}  // namespace

TEST_CASE("long-lived memory holds what is put in, at any size and alignment, and counts it", "[issue]") {
    const auto before = long_lived_octets();
    CHECK(holds_what_is_put_in(1));
    CHECK(holds_what_is_put_in(2));
    CHECK(long_lived_octets() == before);
}

TEST_CASE("long-lived memory serves several threads", "[issue]") {
    bool one = false, other = false;
    std::thread first{[&] { one = holds_what_is_put_in(3); }};
    std::thread second{[&] { other = holds_what_is_put_in(4); }};
    first.join();
    second.join();
    CHECK(one);
    CHECK(other);
}

TEST_CASE("a block takes what it needs up to the next eight octets, and not much more", "[issue]") {
    auto& memory = long_lived_memory();
    for (const std::size_t octets : {40U, 200U, 530U, 1100U, 2500U}) {
        INFO(octets);
        std::vector<std::uintptr_t> blocks;
        for (int i = 0; i < 20'000; ++i)
            blocks.push_back(reinterpret_cast<std::uintptr_t>(memory.allocate(octets, 8)));  // NOLINT
        // Pages that hold any of them.
        std::vector<std::uintptr_t> pages;
        for (const auto b : blocks)
            for (auto p = b / 4096; p <= (b + octets - 1) / 4096; ++p) pages.push_back(p);
        std::sort(pages.begin(), pages.end());
        pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
        const auto rounded = (octets + 7) / 8 * 8;
        CHECK(static_cast<double>(pages.size() * 4096) < 1.1 * static_cast<double>(rounded * blocks.size()));
        for (const auto b : blocks) memory.deallocate(reinterpret_cast<void*>(b), octets, 8);  // NOLINT
    }
}
