#include "common/ipsec/kernel/algorithm.hpp"

namespace ims::ipsec {

namespace {

constexpr KernelAlgorithm none{};
constexpr KernelAlgorithm md5{"hmac(md5)", 16, 96, "hmac md5 authenc"};
constexpr KernelAlgorithm sha1{"hmac(sha1)", 20, 96, "hmac sha1_generic authenc"};
constexpr KernelAlgorithm cipher_null{"ecb(cipher_null)", 0, 0, "crypto_null"};
constexpr KernelAlgorithm des3{"cbc(des3_ede)", 24, 0, "cbc des_generic echainiv drbg sha512_generic"};
constexpr KernelAlgorithm aes{"cbc(aes)", 16, 0, "cbc aes_generic echainiv drbg sha512_generic"};
constexpr KernelAlgorithm gmac{"rfc4543(gcm(aes))", 20, 128,
                               "gcm ghash_generic ctr seqiv drbg sha512_generic crypto_null"};
constexpr KernelAlgorithm gcm{"rfc4106(gcm(aes))", 20, 128,
                              "gcm ghash_generic ctr seqiv drbg sha512_generic crypto_null"};

}  // namespace

std::string KernelTransform::modules() const {
    std::string text;
    for (const auto& a : {aead, authentication, encryption}) {
        if (a.name.empty()) continue;
        if (!text.empty()) text += ' ';
        text += a.modules;
    }
    return text;
}

Result<KernelTransform, Failure> kernel_transform(const Transform& transform) {
    KernelTransform kernel;
    switch (transform.encryption) {
        case Encryption::Null: kernel.encryption = cipher_null; break;
        case Encryption::DesEde3Cbc: kernel.encryption = des3; break;
        case Encryption::AesCbc: kernel.encryption = aes; break;
        case Encryption::AesGcm: kernel.aead = gcm; break;
    }
    switch (transform.integrity) {
        case Integrity::Null: break;
        case Integrity::HmacMd5_96: kernel.authentication = md5; break;
        case Integrity::HmacSha1_96: kernel.authentication = sha1; break;
        case Integrity::AesGmac:
            // ENCR_NULL_AUTH_AES_GMAC is null encryption by definition (RFC 4543 2), and Linux has no other.
            if (transform.encryption != Encryption::Null)
                return Failure{Failure::Kind::Algorithm,
                               transform.text() + ": aes-gmac comes with ealg null only (RFC 4543)"};
            kernel.encryption = none;
            kernel.aead = gmac;
            break;
    }
    if (!transform.valid())
        return Failure{Failure::Kind::Algorithm, transform.text() + ": TS 33.203 annex H has no such pair"};
    return kernel;
}

bool fits(const KernelTransform& transform, const EspKeys& keys) {
    if (!transform.aead.name.empty())
        return keys.integrity.size() + keys.encryption.size() == transform.aead.key_octets;
    return keys.integrity.size() == transform.authentication.key_octets &&
           keys.encryption.size() == transform.encryption.key_octets;
}

// Keys that open nothing, for a state that must only be well formed.
EspKeys placeholder_keys(const KernelTransform& transform) {
    const auto count = [](std::size_t n) {
        Octets key(n);  // the three parts of a DES key must differ
        for (std::size_t i = 0; i < n; ++i) key[i] = static_cast<std::uint8_t>(2 * i + 1);
        return key;
    };
    if (!transform.aead.name.empty()) return {{}, count(transform.aead.key_octets)};
    return {count(transform.authentication.key_octets), count(transform.encryption.key_octets)};
}

std::string transform_text(std::string_view aead, std::string_view authentication,
                           std::string_view encryption) {
    for (const auto& transform : all_transforms()) {
        const auto kernel = kernel_transform(transform);
        if (kernel && kernel->aead.name == aead && kernel->authentication.name == authentication &&
            kernel->encryption.name == encryption)
            return transform.text();
    }
    if (!aead.empty()) return std::string{aead};
    return std::string{authentication} + '/' + std::string{encryption};
}

}  // namespace ims::ipsec
