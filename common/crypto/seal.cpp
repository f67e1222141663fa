#include "common/crypto/seal.hpp"

#include "common/crypto/openssl.hpp"

#include <memory>

#include <openssl/evp.h>
#include <openssl/rand.h>

namespace ims::crypto {

namespace {

constexpr std::size_t nonce_octets = 12;
constexpr std::size_t tag_octets = 16;

struct Free {
    void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

}  // namespace

Octets seal(const SealKey& key, std::span<const std::uint8_t> plain, std::string_view context,
            Random& random) {
    Octets out(nonce_octets + plain.size() + tag_octets);
    random.fill(std::span{out}.first(nonce_octets));

    const Context c{EVP_CIPHER_CTX_new()};
    must(c && EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key.data(), out.data()) == 1);
    int written = 0;
    const auto aad = octets_of(context);
    must(EVP_EncryptUpdate(c.get(), nullptr, &written, aad.data(), static_cast<int>(aad.size())) == 1);
    if (!plain.empty())
        must(EVP_EncryptUpdate(c.get(), out.data() + nonce_octets, &written, plain.data(),
                               static_cast<int>(plain.size())) == 1);
    auto* const tag = out.data() + nonce_octets + plain.size();
    must(EVP_EncryptFinal_ex(c.get(), tag, &written) == 1);
    must(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_octets), tag) == 1);
    return out;
}

std::optional<Octets> unseal(const SealKey& key, std::span<const std::uint8_t> sealed,
                             std::string_view context) {
    if (sealed.size() < nonce_octets + tag_octets) return {};
    const auto ciphertext = sealed.subspan(nonce_octets, sealed.size() - nonce_octets - tag_octets);
    Octets tag{sealed.end() - static_cast<std::ptrdiff_t>(tag_octets), sealed.end()};

    const Context c{EVP_CIPHER_CTX_new()};
    must(c && EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key.data(), sealed.data()) == 1);
    int written = 0;
    const auto aad = octets_of(context);
    must(EVP_DecryptUpdate(c.get(), nullptr, &written, aad.data(), static_cast<int>(aad.size())) == 1);
    Octets plain(ciphertext.size());
    if (!plain.empty())
        must(EVP_DecryptUpdate(c.get(), plain.data(), &written, ciphertext.data(),
                               static_cast<int>(ciphertext.size())) == 1);
    must(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_octets), tag.data()) == 1);
    std::uint8_t end = 0;
    if (EVP_DecryptFinal_ex(c.get(), &end, &written) != 1) return {};
    return plain;
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
    must(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

}  // namespace ims::crypto
