#pragma once
#include <string>
#include <string_view>

namespace ims::trace {

// A SIP message as it may be shown: ck and ik (S-CSCF to P-CSCF, TS 24.229 7.2A.1) are written over with "*"
// wherever they stand, and so is the response of a SIP Digest, from which a password can be guessed. RAND,
// AUTN, AUTS and the response of IMS-AKA stay: they are worth nothing without K. What people write to each
// other (bodies of type text/*) is not shown either, only how much it is. Nothing changes its length.
std::string redacted(std::string_view message);

// The same of a Diameter message: Confidentiality-Key and Integrity-Key, the XRES that is SIP-Authorization
// in an MAA, and Digest-HA1 (TS 29.229 6.3, RFC 7155 4.5) are written over.
std::string redacted_diameter(std::string_view message);

}  // namespace ims::trace
