#pragma once
#include <array>
#include <cstdint>
#include <span>

// SHA-1 (RFC 3174) for where a standard names octets by it: SigComp's state identifiers and messages (RFC
// 3320 9.4.9, RFC 4077 3.1). It is no protection against somebody who looks for collisions.
namespace ims::crypto {

using Sha1Digest = std::array<std::uint8_t, 20>;

// A hash under way: one at a time per thread, ended by digest().
class Sha1 {
  public:
    Sha1();
    Sha1& add(std::span<const std::uint8_t> octets);
    Sha1Digest digest();  // ends it
};

inline Sha1Digest sha1(std::span<const std::uint8_t> octets) {
    return Sha1{}.add(octets).digest();
}

}  // namespace ims::crypto
