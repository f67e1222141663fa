#include "common/base/hash_index.hpp"

#include "common/base/random.hpp"

#include <map>
#include <set>

#include <catch2/catch.hpp>

using namespace ims;

namespace {

using Reference = std::multimap<std::size_t, unsigned>;

std::multiset<unsigned> found(const HashIndex<unsigned>& index, std::size_t hash) {
    std::multiset<unsigned> all;
    index.find(hash, [&](unsigned value) {
        all.insert(value);
        return false;
    });
    return all;
}

std::multiset<unsigned> found(const Reference& reference, std::size_t hash) {
    std::multiset<unsigned> all;
    const auto [first, last] = reference.equal_range(hash);
    for (auto it = first; it != last; ++it) all.insert(it->second);
    return all;
}

}  // namespace

TEST_CASE("an index finds what a multimap finds, whatever was added and taken out before", "[issue]") {
    // Few different hashes: many values under one, and clusters that grow into each other and around the end.
    for (const std::size_t hashes : {3, 40, 1000, 100'000}) {
        CAPTURE(hashes);
        SeededRandom random{hashes};
        HashIndex<unsigned> index;
        Reference reference;
        for (unsigned n = 0; n < 6000; ++n) {
            const bool adds = n < 1500 || random.number() % 100 < 48;
            if (adds) {
                const auto hash = random.number() % hashes;
                index.add(hash, n);
                reference.emplace(hash, n);
            } else if (!reference.empty()) {
                auto it = reference.lower_bound(random.number() % hashes);
                if (it == reference.end()) it = reference.begin();
                index.erase(it->first, it->second);
                reference.erase(it);
            }
            const auto hash = random.number() % hashes;
            REQUIRE(index.size() == reference.size());
            REQUIRE(found(index, hash) == found(reference, hash));
        }
        for (const auto& [hash, value] : reference) {
            const auto wanted = value;
            const auto* one = index.find(hash, [&](unsigned v) { return v == wanted; });
            REQUIRE(one != nullptr);
            CHECK(*one == wanted);
        }
        while (!reference.empty()) {
            index.erase(reference.begin()->first, reference.begin()->second);
            reference.erase(reference.begin());
        }
        CHECK(index.size() == 0);
        CHECK(found(index, 1).empty());
    }
}

TEST_CASE("an empty index finds nothing, and nothing can be taken out of it", "[issue]") {
    HashIndex<unsigned> index;
    CHECK(found(index, 7).empty());
    index.erase(7, 1);
    index.add(7, 1);
    index.erase(7, 2);
    index.erase(8, 1);
    CHECK(found(index, 7) == std::multiset<unsigned>{1});
}
