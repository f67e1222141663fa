#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace ims {

// Chance is an argument below the shell. The runtime passes OpenSSL's generator, tests a counting one.
class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;

    std::uint64_t number();                 // 64 uniform bits
    std::string token(std::size_t octets);  // that many random octets as lower-case hexadecimal
};

// SplitMix64 from a seed: the same sequence for the same seed. For tests and the software UE only.
class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : state_{seed} {}
    void fill(std::span<std::uint8_t> out) override;

  private:
    std::uint64_t state_;
};

}  // namespace ims
