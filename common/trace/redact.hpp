#pragma once
#include <string>
#include <string_view>

namespace ims::trace {

// A SIP message as it may be shown: ck and ik (S-CSCF to P-CSCF, TS 24.229 7.2A.1) are taken out wherever
// they stand, and so is the response of a SIP Digest, from which a password can be guessed. RAND, AUTN, AUTS
// and the response of IMS-AKA stay: they are worth nothing without K. What people write to each other (bodies
// of type text/*) is not shown either, only how much it is.
std::string redacted(std::string_view message);

}  // namespace ims::trace
