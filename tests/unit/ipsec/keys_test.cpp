#include "common/ipsec/association.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::ipsec;

namespace {

constexpr std::array<std::uint8_t, 16> ik{0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
                                          0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f};
constexpr std::array<std::uint8_t, 16> ck{0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7,
                                          0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf};
const std::string ik_text = "101112131415161718191a1b1c1d1e1f";
const std::string ck_text = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf";

EspKeys keys(Integrity i, Encryption e) {
    return expand({i, e}, ik, ck);
}

}  // namespace

TEST_CASE("the keys of HMAC are IK, for SHA-1 with 32 zero bits behind", "[TS33.203-I]") {
    CHECK(hex(keys(Integrity::HmacSha1_96, Encryption::Null).integrity) == ik_text + "00000000");
    CHECK(hex(keys(Integrity::HmacMd5_96, Encryption::Null).integrity) == ik_text);
    CHECK(keys(Integrity::HmacSha1_96, Encryption::Null).encryption.empty());
}

TEST_CASE("the key of aes-cbc is CK, that of des-ede3-cbc CK1, CK2 and CK1 again", "[TS33.203-I]") {
    CHECK(hex(keys(Integrity::HmacSha1_96, Encryption::AesCbc).encryption) == ck_text);
    CHECK(hex(keys(Integrity::HmacSha1_96, Encryption::DesEde3Cbc).encryption) ==
          ck_text + "c0c1c2c3c4c5c6c7");
}

TEST_CASE("the salts are the last 32 bits of the key derivation function", "[TS33.203-I]") {
    // Computed by openssl dgst -mac HMAC over 58 || AES_GMAC_SALT || 000d and 59 || AES_GCM_SALT || 000c.
    const auto gmac = keys(Integrity::AesGmac, Encryption::Null);
    CHECK(hex(gmac.integrity) == ik_text + "357fae96");
    CHECK(gmac.encryption.empty());
    const auto gcm = keys(Integrity::Null, Encryption::AesGcm);
    CHECK(hex(gcm.encryption) == ck_text + "5ec4d2b7");
    CHECK(gcm.integrity.empty());
}
