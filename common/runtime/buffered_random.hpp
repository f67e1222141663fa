#pragma once
#include "common/base/random.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace ims::runtime {

// Draws from another Random in large pieces: a call of OpenSSL's generator costs a microsecond whatever its
// size, and every branch and tag wants eight octets. What was handed out is wiped.
class BufferedRandom final : public Random {
  public:
    explicit BufferedRandom(Random& source) : source_{source} {}
    void fill(std::span<std::uint8_t> out) override {
        for (auto& octet : out) {
            if (next_ == pool_.size()) {
                source_.fill(pool_);
                next_ = 0;
            }
            octet = pool_[next_];
            pool_[next_++] = 0;
        }
    }

  private:
    Random& source_;
    std::array<std::uint8_t, 4096> pool_{};
    std::size_t next_ = pool_.size();
};

}  // namespace ims::runtime
