#include "common/crypto/digest.hpp"

#include "tests/unit/crypto/vectors.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::crypto;

TEST_CASE("digest responses are those of the RFCs and of two handsets",
          "[RFC7616-3.4][RFC3310-3.3][RFC4169-2]") {
    const auto file = test::read_vectors("digest.json");
    REQUIRE(file["vectors"].size() >= 15);
    for (const auto& v : file["vectors"]) {
        CAPTURE(v["name"].get<std::string>());
        const auto text = [&](const char* name) {
            return v.contains(name) && v[name].is_string() ? v[name].get<std::string>() : std::string{};
        };
        const auto scheme = v.contains("scheme") ? text("scheme") : text("alg");
        const auto algorithm = parse_digest_algorithm(scheme);
        REQUIRE(algorithm);

        const auto password = v.contains("password_hex") ? std::string{text_of(*unhex(text("password_hex")))}
                                                         : text("password");
        const auto secret = ha1(algorithm->hash, text("user"), text("realm"), octets_of(password));
        CHECK(secret == text("HA1"));

        const auto nonce = text("nonce"), nc = text("nc"), cnonce = text("cnonce"), qop = text("qop");
        const auto method = text("method"), uri = text("uri");
        CHECK(digest_response({.algorithm = *algorithm,
                               .ha1 = secret,
                               .nonce = nonce,
                               .cnonce = cnonce,
                               .nc = nc,
                               .qop = qop,
                               .method = method,
                               .uri = uri,
                               .body = {}}) == text("response"));
    }
}

TEST_CASE("the AKAv2 password is HMAC over RES, IK and CK with the hash of the digest", "[RFC4169-2.1]") {
    const auto res = *unhex("a54211d5e3ba50bf");
    const auto ck = *unhex("b40ba9a3c58b2a05bbf0d987b21bf8cb");
    const auto ik = *unhex("f769bcd751044604127672711c6d3441");
    CHECK(aka_v2_password(HashAlgorithm::Md5, res, ik, ck) == "shzt3q8CWaZnCAWqs3WmEQ==");
    CHECK(unbase64(aka_v2_password(HashAlgorithm::Sha256, res, ik, ck))->size() == 32);
}

TEST_CASE("a -sess algorithm binds the secret to both nonces", "[RFC7616-3.4.2]") {
    const auto plain = *parse_digest_algorithm("MD5");
    const auto session = *parse_digest_algorithm("md5-SESS");
    CHECK(session.sess);
    const auto secret = ha1(HashAlgorithm::Md5, "u", "r", octets_of("p"));
    const auto bound = hash_hex(HashAlgorithm::Md5, secret + ":n:c");
    DigestInput in{.algorithm = session,
                   .ha1 = secret,
                   .nonce = "n",
                   .cnonce = "c",
                   .nc = "00000001",
                   .qop = "auth",
                   .method = "REGISTER",
                   .uri = "sip:r",
                   .body = {}};
    const auto response = digest_response(in);
    in.algorithm = plain;
    in.ha1 = bound;
    CHECK(response == digest_response(in));
}

TEST_CASE("auth-int covers the body and rspauth leaves the method out", "[RFC7616-3.4.3]") {
    const auto secret = ha1(HashAlgorithm::Sha256, "u", "r", octets_of("p"));
    DigestInput in{.algorithm = {HashAlgorithm::Sha256, 0, false},
                   .ha1 = secret,
                   .nonce = "n",
                   .cnonce = "c",
                   .nc = "00000001",
                   .qop = "auth-int",
                   .method = "MESSAGE",
                   .uri = "sip:r",
                   .body = "hello"};
    const auto a2 =
        hash_hex(HashAlgorithm::Sha256, "MESSAGE:sip:r:" + hash_hex(HashAlgorithm::Sha256, "hello"));
    CHECK(digest_response(in) == hash_hex(HashAlgorithm::Sha256, secret + ":n:00000001:c:auth-int:" + a2));
    const auto rspauth = digest_rspauth(in);
    in.method = "";
    CHECK(rspauth == digest_response(in));
}

TEST_CASE("algorithm names are read in any case and written as registered", "[RFC8760-2]") {
    for (const std::string_view name :
         {"MD5", "SHA-256", "SHA-512-256", "AKAv1-MD5", "AKAv2-SHA-256", "SHA-256-sess"})
        CHECK(digest_algorithm_text(*parse_digest_algorithm(to_lower(name))) == name);
    CHECK(parse_digest_algorithm("akaV2-sha-256")->aka == 2);
    CHECK_FALSE(parse_digest_algorithm("SHA-1"));
    CHECK_FALSE(parse_digest_algorithm(""));
}

TEST_CASE("texts of other length or content are unequal") {
    CHECK(equal_constant_time("abc", "abc"));
    CHECK_FALSE(equal_constant_time("abc", "abd"));
    CHECK_FALSE(equal_constant_time("abc", "ab"));
    CHECK(equal_constant_time("", ""));
}
