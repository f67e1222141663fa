#pragma once
#include "common/base/strong.hpp"

#include <optional>
#include <string>
#include <string_view>

// Identities of TS 23.003 clause 13.
namespace ims {

using Impi = Strong<struct ImpiTag, std::string>;  // private identity, an NAI:
                                                   // "001010000000001@ims.mnc001.mcc001.3gppnetwork.org"
using Impu = Strong<struct ImpuTag,
                    std::string>;  // public identity in canonical form: "sip:user@domain" or "tel:+123"

// 23.003 13.4: "sip:user@domain" without port and parameters, host in lower case, or "tel:+digits" without
// separators and parameters. Nothing for other schemes or a local tel number without global context
// (phone-context is kept: "tel:123;phone-context=x"). A SIP URI with user=phone keeps its SIP form: see
// tel_of().
std::optional<Impu> canonical_impu(std::string_view uri);
// "sip:+123@d;user=phone" -> "tel:+123" (24.229 5.3.2.1 step 1); nothing if it is no such URI.
std::optional<Impu> tel_of(std::string_view sip_uri);

// The home network domain name from an IMSI's MCC and MNC (23.003 13.2): "ims.mnc001.mcc001.3gppnetwork.org".
std::string home_domain(std::string_view mcc, std::string_view mnc);
// IMPI and temporary IMPU of a USIM without ISIM (13.3, 13.4B).
Impi impi_of_imsi(std::string_view imsi, std::string_view domain);
Impu temporary_impu_of_imsi(std::string_view imsi, std::string_view domain);

// 23.003 13.4A, 13.5: "sip:list!.*!@example.com" is a wildcard; an ERE between the outermost pair of '!'.
bool is_wildcarded(const Impu& impu);
bool matches_wildcard(const Impu& impu, const Impu& wildcarded);

}  // namespace ims
