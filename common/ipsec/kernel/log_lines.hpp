#pragma once
#include "common/base/log_line.hpp"

namespace ims::ipsec {

inline constexpr LogLine log_line_rows[] = {
    {"ipsec.kernel.cannot", Severity::Warning,
     "This kernel cannot do a pair of algorithms that the configuration wants; `reason` has the kernel's "
     "words "
     "and the modules it needs.",
     "The pair is not offered to UEs. A UE that has no other gets 494.",
     "Load the modules on the host (a container cannot), or take the pair out of pcscf.ipsec.transforms."},
    {"ipsec.kernel.none", Severity::Warning,
     "This kernel can do no IPsec at all, or the process may not (CAP_NET_ADMIN), and the policy does not "
     "require it.",
     "All UEs are served in clear, those too that offer IPsec.",
     "See `reason`; `deploy/lab doctor` tries ESP. With pcscf.security: required the service would not "
     "start."},
    {"ipsec.kernel.no_encapsulation", Severity::Warning,
     "UDP port 4500 could not be opened for ESP in UDP (TS 33.203 annex M); `reason` says why: mostly "
     "another "
     "program has it, such as an IKE daemon.",
     "A UE behind a NAT is refused with 403, also if it offers mod=UDP-enc-tun. All others are served.",
     "Stop the other program, give the P-CSCF an address of its own, or say pcscf.ipsec.udp_encapsulation: "
     "false."},
    {"ipsec.kernel.refused", Severity::Warning,
     "The kernel refused an order about security associations; `reason` has its words.",
     "An association that could not be lengthened ends early, and its UE must register anew; one that could "
     "not be taken away ends by itself at the end of its lifetime.",
     "Look at `ip xfrm state` and `ip xfrm policy`: does another program change them? Otherwise make a "
     "support "
     "bundle (`deploy/lab support-bundle`)."},
    {"ipsec.kernel.cleared", Severity::Warning,
     "At its start the service found security associations at its ports that it knows nothing of: what an "
     "earlier process was killed over.",
     "They were taken away. A UE that still uses them hears nothing, and registers anew.",
     "Nothing once. After each restart: see that `state.file` is set and its disk keeps up."},
};
inline constexpr LogLines log_lines{"P-CSCF: IPsec in the kernel", log_line_rows};

}  // namespace ims::ipsec
