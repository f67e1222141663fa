#include "common/base/long_lived.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include <catch2/catch.hpp>

namespace ims {
namespace {

struct Block {
    unsigned char* at;
    std::size_t octets;
    unsigned char pattern;
};

Block take(std::size_t octets, unsigned char pattern) {
    Block b{static_cast<unsigned char*>(long_lived_memory().allocate(octets, 8)), octets, pattern};
    std::memset(b.at, pattern, octets);
    return b;
}

bool holds(const Block& b) {
    return std::all_of(b.at, b.at + b.octets, [&](unsigned char c) { return c == b.pattern; });
}

void give_back(const Block& b) {
    long_lived_memory().deallocate(b.at, b.octets, 8);
}

TEST_CASE("blocks of every size are apart from each other, and taken again when they are given back") {
    const auto before = long_lived_octets();
    std::vector<Block> blocks;
    for (std::size_t octets = 1; octets <= 5000; ++octets)
        blocks.push_back(take(octets, static_cast<unsigned char>(octets % 251)));
    for (const auto& b : blocks) {
        INFO("a block of " << b.octets << " octets");
        REQUIRE(holds(b));
        REQUIRE(reinterpret_cast<std::uintptr_t>(b.at) % 16 == 0);  // NOLINT
    }
    CHECK(long_lived_octets() == before + 5000 * 5001 / 2);

    // Every second one is given back and taken again, while the others stay what they were.
    for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < blocks.size(); i += 2) give_back(blocks[i]);
        for (std::size_t i = 0; i < blocks.size(); i += 2)
            blocks[i] = take(blocks[i].octets, static_cast<unsigned char>(blocks[i].pattern + 1));
        REQUIRE(std::all_of(blocks.begin(), blocks.end(), holds));
    }
    for (const auto& b : blocks) give_back(b);
    CHECK(long_lived_octets() == before);
}

TEST_CASE("a block takes what it needs up to the next 16 octets, and not much more", "[issue]") {
    for (const std::size_t octets : {40U, 200U, 530U, 1100U, 2500U}) {
        INFO(octets);
        std::vector<Block> blocks;
        for (int i = 0; i < 20'000; ++i) blocks.push_back(take(octets, 7));
        // Pages that hold any of them.
        std::vector<std::uintptr_t> pages;
        for (const auto& b : blocks)
            for (auto p = reinterpret_cast<std::uintptr_t>(b.at) / 4096;                  // NOLINT
                 p <= (reinterpret_cast<std::uintptr_t>(b.at) + octets - 1) / 4096; ++p)  // NOLINT
                pages.push_back(p);
        std::sort(pages.begin(), pages.end());
        pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
        const auto rounded = (octets + 15) / 16 * 16;
        CHECK(static_cast<double>(pages.size() * 4096) < 1.1 * static_cast<double>(rounded * blocks.size()));
        for (const auto& b : blocks) give_back(b);
    }
}

}  // namespace
}  // namespace ims
