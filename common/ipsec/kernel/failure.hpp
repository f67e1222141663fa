#pragma once
#include "common/ipsec/association.hpp"

#include <cstdint>
#include <string>

namespace ims::ipsec {

// Why the kernel did not do what it was asked.
struct Failure {
    enum class Kind : std::uint8_t {
        NoXfrm,       // this kernel has no XFRM, or its module xfrm_user is missing
        Capability,   // CAP_NET_ADMIN is missing in this network namespace
        Module,       // an algorithm's mode or ESP itself is missing: the text names the modules
        Algorithm,    // the kernel does not know the algorithm
        Exists,       // the SPI, or the ports, are in use
        NoSuchState,  // it was taken away before, or was never there
        Invalid,      // the kernel refuses what it was asked
        Resources,    // memory, buffers
        Other,
    };
    Kind kind = Kind::Other;
    std::string text;  // for the operator: what was refused, of which association, and what helps
    bool operator==(const Failure&) const = default;
};

}  // namespace ims::ipsec
