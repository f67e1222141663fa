#pragma once
#include "common/base/text.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// HTTP Digest for SIP (RFC 3261 22, RFC 7616, RFC 8760) and AKA digests (RFC 3310 AKAv1, RFC 4169 AKAv2).
namespace ims::crypto {

enum class HashAlgorithm : std::uint8_t { Md5, Sha256, Sha512_256 };
std::string hash_hex(HashAlgorithm a, std::string_view text);

struct DigestAlgorithm {  // "MD5", "SHA-256", "SHA-512-256", "AKAv1-MD5", "AKAv2-SHA-256", each also "-sess"
    HashAlgorithm hash = HashAlgorithm::Md5;
    int aka = 0;  // 0 plain, 1 AKAv1, 2 AKAv2
    bool sess = false;
    bool operator==(const DigestAlgorithm&) const = default;
};
std::optional<DigestAlgorithm> parse_digest_algorithm(std::string_view text);  // any case
std::string_view digest_algorithm_text(const DigestAlgorithm& a);  // as it is written in `algorithm`

struct DigestInput {
    DigestAlgorithm algorithm;
    std::string_view ha1;                     // H(username:realm:password) in lower-case hexadecimal
    std::string_view nonce, cnonce, nc, qop;  // qop empty: RFC 2069 form
    std::string_view method, uri;
    std::string_view body;  // for auth-int
};
std::string digest_response(const DigestInput& in);
// rspauth of Authentication-Info: the same without the method.
std::string digest_rspauth(const DigestInput& in);

// HA1 with a binary password (AKAv1: RES; AKAv2: the base64 text of aka_v2_password).
std::string ha1(HashAlgorithm a, std::string_view username, std::string_view realm,
                std::span<const std::uint8_t> password);
// RFC 4169 2.1: PRF(RES || IK || CK, "http-digest-akav2-password"), base64 encoded; PRF is HMAC with the hash
// of the digest ("AKAv2-SHA-256": HMAC-SHA-256).
std::string aka_v2_password(HashAlgorithm a, std::span<const std::uint8_t> res,
                            std::span<const std::uint8_t> ik, std::span<const std::uint8_t> ck);

bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace ims::crypto
