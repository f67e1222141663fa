#pragma once
#include "common/base/random.hpp"
#include "common/base/text.hpp"

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace ims::crypto {

// AES-256-GCM for secrets at rest: 12 octets nonce, ciphertext, 16 octets tag. `context` is authenticated and
// not stored: it ties a sealed value to its row and column.
using SealKey = std::array<std::uint8_t, 32>;
Octets seal(const SealKey& key, std::span<const std::uint8_t> plain, std::string_view context,
            Random& random);
std::optional<Octets> unseal(const SealKey& key, std::span<const std::uint8_t> sealed,
                             std::string_view context);

// OpenSSL's generator. Stops the process if it fails: without chance there is no security.
class SystemRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace ims::crypto
