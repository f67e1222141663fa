#pragma once
#include "common/ipsec/kernel/algorithm.hpp"
#include "common/ipsec/kernel/netlink.hpp"

// Private to this folder: an errno of XFRM in the operator's words.
namespace ims::ipsec {

std::string association_text(const Association& a);  // "in 198.18.0.2:6101 > 198.18.0.1:5100, SPI 0x000000a2"

// what: of which state, for the text.
Failure state_refused(const Answer& answer, const std::string& what, IpAddress::Family family,
                      const Transform& transform);
Failure policy_refused(const Answer& answer, const Association& a);
Failure refused(const Answer& answer, const std::string& what);  // anything else

}  // namespace ims::ipsec
