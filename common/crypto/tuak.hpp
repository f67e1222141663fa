#pragma once
#include "common/crypto/milenage.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ims::crypto {

// TS 35.231. K of 16 or 32 octets; TOP and TOPc of 32.
using TopC = std::array<std::uint8_t, 32>;
struct TuakLengths {  // octets
    std::size_t mac = 8, res = 8, ck = 16, ik = 16;
    unsigned keccak_iterations = 1;
};
struct TuakOutputs {
    std::vector<std::uint8_t> mac_a, mac_s, res, ck, ik;
    std::array<std::uint8_t, 6> ak{}, ak_star{};
};
std::optional<TopC> tuak_topc(std::span<const std::uint8_t> k, const TopC& top,
                              unsigned keccak_iterations = 1);
std::optional<TuakOutputs> tuak(std::span<const std::uint8_t> k, const TopC& topc, const Block& rand,
                                const Sqn& sqn, const Amf& amf,
                                const TuakLengths& lengths);  // nothing if a length is not allowed

}  // namespace ims::crypto
