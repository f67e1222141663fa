#pragma once
#include "common/ipsec/association.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

// What a core that has security associations orders of its shell, and what it hears of it.
namespace ims::ipsec {

// After Started: of the associations on our protected ports those that are not in this list are some
// predecessor's, and go. One of the list of which the kernel has not all four is reported as Lost.
struct Keep {
    std::vector<Extend> sets;
};
using Order = std::variant<Install, Extend, Remove, Keep>;

struct Lost {  // the kernel has it no more
    std::uint64_t id = 0;
    std::string reason;
};
struct Started {                     // the process has; to be answered with Keep
    std::vector<Transform> missing;  // what this kernel cannot do
    bool no_encapsulation = false;   // nor receive ESP in UDP (annex M)
};
// Annex M: the peer's NAT sends its UDP from another address or port than the set says. To be answered with
// Extend, if it is to be followed.
struct Mapped {
    std::uint32_t spi = 0;  // one of those that we receive on
    IpEndpoint seen;
};
using Report = std::variant<Installed, InstallFailed, Lost, Started, Mapped>;

}  // namespace ims::ipsec
