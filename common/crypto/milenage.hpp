#pragma once
#include <array>
#include <cstdint>

namespace ims::crypto {

// Milenage (TS 35.206): the authentication functions f1 to f5* around AES-128.
using Key128 = std::array<std::uint8_t, 16>;
using Block = std::array<std::uint8_t, 16>;
using Sqn = std::array<std::uint8_t, 6>;
using Amf = std::array<std::uint8_t, 2>;

// What Milenage and TUAK both produce (TS 33.102 6.3.2). RES length is 8 octets here for both (TUAK allows 4
// to 16; we use 8, as most cards).
struct AkaOutputs {
    std::array<std::uint8_t, 8> mac_a{};
    std::array<std::uint8_t, 8> mac_s{};
    std::array<std::uint8_t, 8> res{};
    Key128 ck{};
    Key128 ik{};
    std::array<std::uint8_t, 6> ak{};
    std::array<std::uint8_t, 6> ak_star{};  // f5*
};

Block milenage_opc(const Key128& k, const Block& op);  // TS 35.206 8.2
AkaOutputs milenage(const Key128& k, const Block& opc, const Block& rand, const Sqn& sqn,
                    const Amf& amf);  // TS 35.206 4.1

}  // namespace ims::crypto
