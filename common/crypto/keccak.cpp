#include "common/crypto/keccak.hpp"

#include <bit>
#include <cstddef>

namespace ims::crypto {

namespace {

using Lanes = std::array<std::uint64_t, 25>;  // A[x, y] at x + 5y

// FIPS 202 algorithm 5: rc(t), the output of a linear feedback shift register of 8 bits.
constexpr bool rc(unsigned t) {
    unsigned r = 1;
    for (unsigned i = 0; i < t % 255; ++i) {
        r <<= 1;
        if ((r & 0x100) != 0) r ^= 0x171;
    }
    return (r & 1) != 0;
}

constexpr std::array<std::uint64_t, 24> make_round_constants() {
    std::array<std::uint64_t, 24> constants{};
    for (unsigned round = 0; round < constants.size(); ++round)
        for (unsigned j = 0; j <= 6; ++j)
            if (rc(j + 7 * round)) constants[round] |= std::uint64_t{1} << ((1U << j) - 1);
    return constants;
}

// FIPS 202 algorithm 2: the offsets of rho, (t+1)(t+2)/2 along the walk (x, y) -> (y, 2x + 3y).
constexpr std::array<int, 25> make_offsets() {
    std::array<int, 25> offsets{};
    std::size_t x = 1;
    std::size_t y = 0;
    for (int t = 0; t < 24; ++t) {
        offsets[x + 5 * y] = (t + 1) * (t + 2) / 2 % 64;
        const auto next = (2 * x + 3 * y) % 5;
        x = y;
        y = next;
    }
    return offsets;
}

constexpr auto round_constants = make_round_constants();
constexpr auto rho_offsets = make_offsets();

void round(Lanes& a, std::uint64_t constant) {
    std::array<std::uint64_t, 5> column{};
    for (std::size_t x = 0; x < 5; ++x) column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];

    Lanes b{};  // theta, then rho and pi
    for (std::size_t x = 0; x < 5; ++x) {
        const auto d = column[(x + 4) % 5] ^ std::rotl(column[(x + 1) % 5], 1);
        for (std::size_t y = 0; y < 5; ++y)
            b[y + 5 * ((2 * x + 3 * y) % 5)] = std::rotl(a[x + 5 * y] ^ d, rho_offsets[x + 5 * y]);
    }
    for (std::size_t y = 0; y < 25; y += 5)  // chi
        for (std::size_t x = 0; x < 5; ++x) a[x + y] = b[x + y] ^ (~b[(x + 1) % 5 + y] & b[(x + 2) % 5 + y]);
    a[0] ^= constant;  // iota
}

}  // namespace

void keccak_f1600(KeccakState& state) {
    Lanes lanes{};
    for (std::size_t i = 0; i < state.size(); ++i) lanes[i / 8] |= std::uint64_t{state[i]} << (8 * (i % 8));
    for (const auto constant : round_constants) round(lanes, constant);
    for (std::size_t i = 0; i < state.size(); ++i)
        state[i] = static_cast<std::uint8_t>(lanes[i / 8] >> (8 * (i % 8)));
}

}  // namespace ims::crypto
