#pragma once
#include "common/crypto/digest.hpp"
#include "common/crypto/milenage.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

// OpenSSL's primitives as this folder uses them. Private to common/crypto: no OpenSSL type leaves it.
// Algorithms are fetched once and contexts are kept per thread, because a fetch costs more than the AES
// blocks of one vector.
namespace ims::crypto {

// OpenSSL fails on these calls only when it is out of memory or its default provider is not there.
inline void must(bool ok) {
    if (!ok) std::abort();
}

// AES-128 in ECB mode under one key. One object per thread at a time: the context behind it is the thread's.
class Aes128 {
  public:
    explicit Aes128(const Key128& key);
    void encrypt(std::span<Block> blocks) const;  // each in place
};
inline void aes128_ecb(const Key128& key, std::span<Block> blocks) {
    Aes128{key}.encrypt(blocks);
}

// A hash under way: one at a time per thread, ended by hex().
class Hash {
  public:
    explicit Hash(HashAlgorithm a);
    Hash& add(std::span<const std::uint8_t> octets);
    Hash& add(std::string_view text);
    std::string hex();  // ends it
};

std::vector<std::uint8_t> hmac(HashAlgorithm a, std::span<const std::uint8_t> key, std::string_view text);

}  // namespace ims::crypto
