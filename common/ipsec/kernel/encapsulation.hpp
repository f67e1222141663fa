#pragma once
#include "common/base/ip.hpp"
#include "common/base/result.hpp"
#include "common/ipsec/kernel/failure.hpp"

#include <utility>

// ESP in UDP (RFC 3948), as TS 33.203 annex M has it between a UE behind a NAT and its P-CSCF.
namespace ims::ipsec {

// UDP port 4500 of an address: what is ESP the kernel takes out of it, and all else lies there unread. Move
// only; closes itself.
class EncapsulationPort {
  public:
    static constexpr std::uint16_t number = 4500;

    static Result<EncapsulationPort, Failure> open(const IpAddress& own);
    EncapsulationPort(EncapsulationPort&& other) noexcept
        : descriptor_{std::exchange(other.descriptor_, -1)} {}
    EncapsulationPort& operator=(EncapsulationPort&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    EncapsulationPort(const EncapsulationPort&) = delete;
    EncapsulationPort& operator=(const EncapsulationPort&) = delete;
    ~EncapsulationPort();

    // RFC 3948 2.3, 4: one octet, so that a NAT does not forget us. Every 20 s is its default.
    void keep_alive(const IpAddress& peer) const;

  private:
    explicit EncapsulationPort(int descriptor) : descriptor_{descriptor} {}
    int descriptor_;
};

}  // namespace ims::ipsec
