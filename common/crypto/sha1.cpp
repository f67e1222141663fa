#include "common/crypto/sha1.hpp"

#include "common/crypto/openssl.hpp"

#include <memory>

#include <openssl/evp.h>

namespace ims::crypto {

namespace {

struct FreeSha1 {
    void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
};

EVP_MD_CTX* context() {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeSha1> one{EVP_MD_CTX_new()};
    must(one != nullptr);
    return one.get();
}

}  // namespace

Sha1::Sha1() {
    static EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    must(md != nullptr);
    must(EVP_DigestInit_ex2(context(), md, nullptr) == 1);
}

Sha1& Sha1::add(std::span<const std::uint8_t> octets) {
    must(EVP_DigestUpdate(context(), octets.data(), octets.size()) == 1);
    return *this;
}

Sha1Digest Sha1::digest() {
    Sha1Digest out{};
    must(EVP_DigestFinal_ex(context(), out.data(), nullptr) == 1);
    return out;
}

}  // namespace ims::crypto
