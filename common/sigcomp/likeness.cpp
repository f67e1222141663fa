#include "common/sigcomp/likeness.hpp"

#include <algorithm>
#include <bitset>

namespace ims::sigcomp {

namespace {

constexpr std::size_t gram = 6;           // octets in a row that count as something in common
constexpr std::size_t worth_naming = 48;  // such places: what it saves outweighs six octets of identifier
constexpr std::size_t bits = 1u << 14;

std::size_t hash(const std::uint8_t* octets) {
    std::uint64_t h = 0;
    for (std::size_t i = 0; i < gram; ++i) h = h << 8 | octets[i];
    return static_cast<std::size_t>(h * 0x9e3779b97f4a7c15u >> 50);
}

}  // namespace

std::vector<StatePointer> most_like(std::string_view text, const std::vector<StatePointer>& texts,
                                    std::size_t number) {
    std::vector<StatePointer> chosen;
    if (text.size() < gram || texts.empty()) return chosen;
    std::vector<std::uint16_t> grams;
    const auto octets = octets_of(text);
    for (std::size_t i = 0; i + gram <= octets.size(); ++i)
        grams.push_back(static_cast<std::uint16_t>(hash(octets.data() + i)));

    std::vector<std::bitset<bits>> seen(texts.size());
    for (std::size_t t = 0; t < texts.size(); ++t) {
        const auto& value = texts[t]->value;
        for (std::size_t i = 0; i + gram <= value.size(); ++i) seen[t].set(hash(value.data() + i));
    }
    while (chosen.size() < number) {
        std::size_t best = 0, most = 0;
        for (std::size_t t = 0; t < texts.size(); ++t) {
            const auto common = static_cast<std::size_t>(
                std::count_if(grams.begin(), grams.end(), [&](std::uint16_t g) { return seen[t].test(g); }));
            if (common > most) {
                most = common;
                best = t;
            }
        }
        if (most < worth_naming) break;
        chosen.insert(chosen.begin(), texts[best]);
        std::erase_if(grams, [&](std::uint16_t g) { return seen[best].test(g); });
    }
    return chosen;
}

}  // namespace ims::sigcomp
