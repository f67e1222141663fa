#pragma once
#include "common/crypto/seal.hpp"
#include "hss/core/subscription.hpp"

#include <optional>
#include <string>

// Credentials at rest: K with OPc or TOPc, OP or TOP, and HA1, sealed with AES-256-GCM and tied to their row
// and column. They leave this folder only as the values a decision needs, never as text.
namespace ims::hss {

class Secrets {
  public:
    explicit Secrets(crypto::SealKey key) : key_{key} {}
    // A file or variable holding 64 hexadecimal digits (surrounding white space is ignored); nothing if it
    // holds anything else.
    static std::optional<Secrets> from_text(std::string_view text);

    Octets seal_aka(const Impi& impi, const crypto::AkaKeys& keys, Random& random) const;
    std::optional<crypto::AkaKeys> unseal_aka(const Impi& impi, bool tuak, unsigned keccak_iterations,
                                              std::span<const std::uint8_t> sealed) const;
    Octets seal_op(const Impi& impi, std::span<const std::uint8_t> op, Random& random) const;
    std::optional<Octets> unseal_op(const Impi& impi, std::span<const std::uint8_t> sealed) const;
    Octets seal_ha1(const Impi& impi, std::string_view ha1, Random& random) const;
    std::optional<std::string> unseal_ha1(const Impi& impi, std::span<const std::uint8_t> sealed) const;

    bool operator==(const Secrets&) const = default;

  private:
    crypto::SealKey key_;
};

}  // namespace ims::hss
