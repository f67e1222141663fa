#pragma once
#include "common/base/log_line.hpp"

namespace ims::icscf {

inline constexpr LogLine log_line_rows[] = {
    {"icscf.scscf.silent", Severity::Warning,
     "The S-CSCF that a user has, or that was chosen for him, did not answer within `icscf.scscf_patience` "
     "or has no "
     "address; `detail` says which.",
     "With `icscf.scscf_restoration` another S-CSCF is tried; without one the UE or caller gets 504.",
     "Is the S-CSCF up (`deploy/lab status`), and does its name lead to it (`routes`, DNS)? Its users "
     "register anew "
     "by themselves when it is back.",
     "scscf-unreachable"},
    {"icscf.scscf.bad_name", Severity::Error, "The HSS gave an S-CSCF name (`peer`) that is no SIP URI.",
     "The users who have that name get 500; their calls and registrations fail.",
     "Correct the name: `scscf.server_name` where it was stored from, then deregister the user in the HSS."},
    {"icscf.request.rejected", Severity::Warning,
     "A request was answered with a status of 500 or above; `reason` says why: no S-CSCF has the mandatory "
     "capabilities (600), or none answers (504). With lower ones the line is of level info.",
     "That registration or call failed.",
     "600: give an S-CSCF in `icscf.scscfs` the capabilities the subscriber demands. 504: see "
     "icscf.scscf.silent.",
     "no-scscf-with-capabilities"},
};
inline constexpr LogLines log_lines{"I-CSCF", log_line_rows};

}  // namespace ims::icscf
