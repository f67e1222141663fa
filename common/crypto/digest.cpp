#include "common/crypto/digest.hpp"

#include "common/base/text.hpp"
#include "common/crypto/openssl.hpp"

#include <openssl/crypto.h>

namespace ims::crypto {

namespace {

struct Named {
    std::string_view text;
    DigestAlgorithm algorithm;
};
// RFC 7616 6.1, RFC 3310 3.1 and RFC 4169 2, RFC 8760 2.
constexpr Named algorithms[] = {
    {"MD5", {HashAlgorithm::Md5, 0, false}},
    {"SHA-256", {HashAlgorithm::Sha256, 0, false}},
    {"SHA-512-256", {HashAlgorithm::Sha512_256, 0, false}},
    {"AKAv1-MD5", {HashAlgorithm::Md5, 1, false}},
    {"AKAv1-SHA-256", {HashAlgorithm::Sha256, 1, false}},
    {"AKAv1-SHA-512-256", {HashAlgorithm::Sha512_256, 1, false}},
    {"AKAv2-MD5", {HashAlgorithm::Md5, 2, false}},
    {"AKAv2-SHA-256", {HashAlgorithm::Sha256, 2, false}},
    {"AKAv2-SHA-512-256", {HashAlgorithm::Sha512_256, 2, false}},
    {"MD5-sess", {HashAlgorithm::Md5, 0, true}},
    {"SHA-256-sess", {HashAlgorithm::Sha256, 0, true}},
    {"SHA-512-256-sess", {HashAlgorithm::Sha512_256, 0, true}},
    {"AKAv1-MD5-sess", {HashAlgorithm::Md5, 1, true}},
    {"AKAv1-SHA-256-sess", {HashAlgorithm::Sha256, 1, true}},
    {"AKAv1-SHA-512-256-sess", {HashAlgorithm::Sha512_256, 1, true}},
    {"AKAv2-MD5-sess", {HashAlgorithm::Md5, 2, true}},
    {"AKAv2-SHA-256-sess", {HashAlgorithm::Sha256, 2, true}},
    {"AKAv2-SHA-512-256-sess", {HashAlgorithm::Sha512_256, 2, true}},
};

std::string request_digest(const DigestInput& in, std::string_view method) {
    const auto hash = in.algorithm.hash;
    // RFC 7616 3.4.2: A1 of a -sess algorithm.
    const auto a1 = in.algorithm.sess
                        ? Hash{hash}.add(in.ha1).add(":").add(in.nonce).add(":").add(in.cnonce).hex()
                        : std::string{in.ha1};

    // RFC 7616 3.4.3: A2, with the hash of the body under auth-int.
    const auto body = iequals(in.qop, "auth-int") ? hash_hex(hash, in.body) : std::string{};
    Hash second{hash};
    second.add(method).add(":").add(in.uri);
    if (!body.empty()) second.add(":").add(body);
    const auto a2 = second.hex();

    Hash response{hash};
    response.add(a1).add(":").add(in.nonce).add(":");
    if (!in.qop.empty()) response.add(in.nc).add(":").add(in.cnonce).add(":").add(in.qop).add(":");
    return response.add(a2).hex();
}

}  // namespace

std::string hash_hex(HashAlgorithm a, std::string_view text) {
    return Hash{a}.add(text).hex();
}

std::optional<DigestAlgorithm> parse_digest_algorithm(std::string_view text) {
    for (const auto& [name, algorithm] : algorithms)
        if (iequals(name, text)) return algorithm;
    return {};
}

std::string_view digest_algorithm_text(const DigestAlgorithm& a) {
    for (const auto& [name, algorithm] : algorithms)
        if (algorithm == a) return name;
    return {};
}

std::string digest_response(const DigestInput& in) {
    return request_digest(in, in.method);
}
std::string digest_rspauth(const DigestInput& in) {
    return request_digest(in, {});
}

std::string ha1(HashAlgorithm a, std::string_view username, std::string_view realm,
                std::span<const std::uint8_t> password) {
    return Hash{a}.add(username).add(":").add(realm).add(":").add(password).hex();
}

std::string aka_v2_password(HashAlgorithm a, std::span<const std::uint8_t> res,
                            std::span<const std::uint8_t> ik, std::span<const std::uint8_t> ck) {
    Octets key;
    for (const auto part : {res, ik, ck}) key.insert(key.end(), part.begin(), part.end());
    return base64(hmac(a, key, "http-digest-akav2-password"));
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace ims::crypto
