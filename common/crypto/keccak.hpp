#pragma once
#include <array>
#include <cstdint>

namespace ims::crypto {

// The state of Keccak-f[1600] as its 200 octets (FIPS 202 3.1.2: lane by lane, each little endian).
using KeccakState = std::array<std::uint8_t, 200>;
void keccak_f1600(KeccakState& state);

}  // namespace ims::crypto
