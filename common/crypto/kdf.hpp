#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace ims::crypto {

// The key derivation function of TS 33.220 B.2.0: HMAC-SHA-256 over FC || P0 || L0 || P1 || L1 ... The first
// octet names the purpose: 0x58 to 0x5f belong to TS 33.203. A parameter has at most 65535 octets.
std::array<std::uint8_t, 32> kdf(std::span<const std::uint8_t> key, std::uint8_t fc,
                                 std::initializer_list<std::span<const std::uint8_t>> parameters);

}  // namespace ims::crypto
