#include "common/base/random.hpp"

#include <array>
#include <cstring>
#include <string_view>

namespace ims {

std::uint64_t Random::number() {
    std::array<std::uint8_t, 8> octets{};
    fill(octets);
    std::uint64_t n = 0;
    std::memcpy(&n, octets.data(), octets.size());
    return n;
}

std::string Random::token(std::size_t octets) {
    // They are drawn into the second half of their text, and read there before they are written over.
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(2 * octets, '\0');
    fill({reinterpret_cast<std::uint8_t*>(text.data()) + octets, octets});
    for (std::size_t i = 0; i < octets; ++i) {
        const auto octet = static_cast<unsigned char>(text[octets + i]);
        text[2 * i] = digits[octet >> 4U];
        text[2 * i + 1] = digits[octet & 15U];
    }
    return text;
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
    for (std::size_t i = 0; i < out.size(); i += 8) {
        state_ += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        z ^= z >> 31;
        const std::size_t n = out.size() - i < 8 ? out.size() - i : 8;
        std::memcpy(out.data() + i, &z, n);
    }
}

}  // namespace ims
