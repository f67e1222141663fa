#pragma once
#include "hss/core/subscription.hpp"
#include "hss/postgres/json_reader.hpp"

#include <nlohmann/json_fwd.hpp>

namespace ims::hss {

// AKA keys out of the keys k, op or opc (top or topc with "algorithm": "tuak"), amf, keccak_iterations of
// `r`. Of op and opc both may be there if they belong together.
std::optional<AkaCredential> read_aka(JsonReader& r, const crypto::Amf& amf = {0x80, 0x00});
bool same_keys(const crypto::AkaKeys& a, const crypto::AkaKeys& b);
// SIP Digest: realm, algorithm, and ha1 or password (whose HA1 alone is kept).
std::optional<cx::SipDigestAuthenticate> read_digest(JsonReader& r, const Impi& impi,
                                                     const std::string& realm);

// What they read, in clear: for who may see secrets, and for comparing.
void add_aka(nlohmann::json& to, const AkaCredential& aka);
nlohmann::json digest_json(const cx::SipDigestAuthenticate& digest);

}  // namespace ims::hss
