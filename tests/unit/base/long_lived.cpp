#include "common/base/long_lived.hpp"

#include "common/base/random.hpp"

#include <cstdint>
#include <cstring>
#include <thread>

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
            const std::size_t octets = 1 + random.number() % most;
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
