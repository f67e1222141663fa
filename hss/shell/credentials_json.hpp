#pragma once
#include "hss/core/subscription.hpp"
#include "hss/postgres/json_reader.hpp"

namespace ims::hss {

// AKA keys out of the keys k, op or opc (top or topc with "algorithm": "tuak"), amf, keccak_iterations of
// `r`.
std::optional<AkaCredential> read_aka(JsonReader& r);
// SIP Digest: realm, algorithm, and ha1 or password (whose HA1 alone is kept).
std::optional<cx::SipDigestAuthenticate> read_digest(JsonReader& r, const Impi& impi,
                                                     const std::string& realm);

}  // namespace ims::hss
