#include "common/crypto/openssl.hpp"

#include <memory>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace ims::crypto {

namespace {

const EVP_CIPHER* aes_128_ecb() {
    static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-128-ECB", nullptr);
    must(cipher != nullptr);
    return cipher;
}

const EVP_MD* message_digest(HashAlgorithm a) {
    static EVP_MD* const md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
    static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
    static EVP_MD* const sha512_256 = EVP_MD_fetch(nullptr, "SHA2-512/256", nullptr);
    const EVP_MD* md = nullptr;
    switch (a) {
        case HashAlgorithm::Md5: md = md5; break;
        case HashAlgorithm::Sha256: md = sha256; break;
        case HashAlgorithm::Sha512_256: md = sha512_256; break;
    }
    must(md != nullptr);
    return md;
}

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
struct FreeHash {
    void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};

EVP_CIPHER_CTX* cipher_context() {
    thread_local const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context{EVP_CIPHER_CTX_new()};
    must(context != nullptr);
    return context.get();
}

EVP_MD_CTX* hash_context() {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeHash> context{EVP_MD_CTX_new()};
    must(context != nullptr);
    return context.get();
}

}  // namespace

Aes128::Aes128(const Key128& key) {
    must(EVP_EncryptInit_ex2(cipher_context(), aes_128_ecb(), key.data(), nullptr, nullptr) == 1);
    must(EVP_CIPHER_CTX_set_padding(cipher_context(), 0) == 1);
}

void Aes128::encrypt(std::span<Block> blocks) const {
    auto* octets = blocks.front().data();
    int written = 0;
    must(EVP_EncryptUpdate(cipher_context(), octets, &written, octets,
                           static_cast<int>(blocks.size_bytes())) == 1);
    must(static_cast<std::size_t>(written) == blocks.size_bytes());
}

Hash::Hash(HashAlgorithm a) {
    must(EVP_DigestInit_ex2(hash_context(), message_digest(a), nullptr) == 1);
}

Hash& Hash::add(std::span<const std::uint8_t> octets) {
    must(EVP_DigestUpdate(hash_context(), octets.data(), octets.size()) == 1);
    return *this;
}

Hash& Hash::add(std::string_view text) {
    return add(octets_of(text));
}

std::string Hash::hex() {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> octets{};
    unsigned length = 0;
    must(EVP_DigestFinal_ex(hash_context(), octets.data(), &length) == 1);
    return ims::hex({octets.data(), length});
}

std::vector<std::uint8_t> hmac(HashAlgorithm a, std::span<const std::uint8_t> key, std::string_view text) {
    std::vector<std::uint8_t> out(EVP_MAX_MD_SIZE);
    unsigned length = 0;
    const auto data = octets_of(text);
    must(HMAC(message_digest(a), key.data(), static_cast<int>(key.size()), data.data(), data.size(),
              out.data(), &length) != nullptr);
    out.resize(length);
    return out;
}

}  // namespace ims::crypto
