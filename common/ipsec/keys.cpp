#include "common/crypto/kdf.hpp"
#include "common/ipsec/association.hpp"

namespace ims::ipsec {

namespace {

using Key = std::array<std::uint8_t, 16>;

// Annex I: the 32 least significant bits of KDF(CK || IK, FC, P0).
void append_salt(Octets& out, std::uint8_t fc, std::string_view p0, const Key& ik, const Key& ck) {
    Octets key{ck.begin(), ck.end()};
    key.insert(key.end(), ik.begin(), ik.end());
    const auto derived = crypto::kdf(key, fc, {octets_of(p0)});
    out.insert(out.end(), derived.end() - 4, derived.end());
}

}  // namespace

EspKeys expand(const Transform& transform, const Key& ik, const Key& ck) {
    EspKeys keys;
    switch (transform.integrity) {
        case Integrity::Null: break;
        case Integrity::HmacMd5_96: keys.integrity.assign(ik.begin(), ik.end()); break;
        case Integrity::HmacSha1_96:
            keys.integrity.assign(ik.begin(), ik.end());
            keys.integrity.resize(20, 0);  // HMAC-SHA-1 wants 160 bits
            break;
        case Integrity::AesGmac:
            keys.integrity.assign(ik.begin(), ik.end());
            append_salt(keys.integrity, 0x58, "AES_GMAC_SALT", ik, ck);
            break;
    }
    switch (transform.encryption) {
        case Encryption::Null: break;
        case Encryption::DesEde3Cbc:
            // Releases before 13: CK1 || CK2 || CK1. Nobody looks at the parity bits of DES here: the cipher
            // ignores them, and both ends have the same ones.
            keys.encryption.assign(ck.begin(), ck.end());
            keys.encryption.insert(keys.encryption.end(), ck.begin(), ck.begin() + 8);
            break;
        case Encryption::AesCbc: keys.encryption.assign(ck.begin(), ck.end()); break;
        case Encryption::AesGcm:
            keys.encryption.assign(ck.begin(), ck.end());
            append_salt(keys.encryption, 0x59, "AES_GCM_SALT", ik, ck);
            break;
    }
    return keys;
}

}  // namespace ims::ipsec
