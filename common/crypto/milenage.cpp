#include "common/crypto/milenage.hpp"

#include "common/crypto/openssl.hpp"

#include <algorithm>

namespace ims::crypto {

namespace {

Block operator^(const Block& a, const Block& b) {
    Block out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] ^ b[i];
    return out;
}

// rot(x, r) of TS 35.206 2.3: to the left by r bits, and all five r are whole octets.
Block rotated(const Block& x, std::size_t octets) {
    Block out{};
    std::rotate_copy(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(octets), x.end(), out.begin());
    return out;
}

}  // namespace

Block milenage_opc(const Key128& k, const Block& op) {
    std::array<Block, 1> block{op};
    aes128_ecb(k, block);
    return block[0] ^ op;
}

AkaOutputs milenage(const Key128& k, const Block& opc, const Block& rand, const Sqn& sqn, const Amf& amf) {
    std::array<Block, 1> temp{rand ^ opc};
    const Aes128 cipher{k};
    cipher.encrypt(temp);

    Block in1{};  // SQN || AMF || SQN || AMF
    for (const std::size_t half : {0U, 8U}) {
        std::copy(sqn.begin(), sqn.end(), in1.begin() + static_cast<std::ptrdiff_t>(half));
        std::copy(amf.begin(), amf.end(), in1.begin() + static_cast<std::ptrdiff_t>(half + 6));
    }

    // TS 35.206 4.1: r1..r5 = 64, 0, 32, 64, 96 bits; c1..c5 = 0, 1, 2, 4, 8 in the last octet.
    const Block masked = temp[0] ^ opc;
    std::array<Block, 5> out{temp[0] ^ rotated(in1 ^ opc, 8), masked, rotated(masked, 4), rotated(masked, 8),
                             rotated(masked, 12)};
    out[1][15] ^= 1;
    out[2][15] ^= 2;
    out[3][15] ^= 4;
    out[4][15] ^= 8;
    cipher.encrypt(out);
    for (auto& block : out) block = block ^ opc;

    AkaOutputs result;
    std::copy_n(out[0].begin(), 8, result.mac_a.begin());
    std::copy_n(out[0].begin() + 8, 8, result.mac_s.begin());
    std::copy_n(out[1].begin() + 8, 8, result.res.begin());
    std::copy_n(out[1].begin(), 6, result.ak.begin());
    result.ck = out[2];
    result.ik = out[3];
    std::copy_n(out[4].begin(), 6, result.ak_star.begin());
    return result;
}

}  // namespace ims::crypto
