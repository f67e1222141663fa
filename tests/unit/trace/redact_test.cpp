#include "common/trace/redact.hpp"

#include <string>

#include <catch2/catch.hpp>

using ims::trace::redacted;

TEST_CASE("ck and ik are taken out however they are written", "[trace]") {
    const std::string message =
        "SIP/2.0 401 Unauthorized\r\n"
        "WWW-Authenticate: Digest realm=\"r\",nonce=\"RANDAUTN\",ck=\"00112233\",ik=\"44556677\"\r\n"
        "WWW-Authenticate: Digest nonce=n,\r\n  CK = \"8899aabb\" , IK=ccddeeff\r\n"
        "X-Other: a;ck=01234567\r\n\r\n";
    const auto shown = redacted(message);
    for (const auto* secret : {"00112233", "44556677", "8899aabb", "ccddeeff", "01234567"})
        CHECK(shown.find(secret) == std::string::npos);
    CHECK(shown.find("ck=\"********\",ik=\"********\"") != std::string::npos);
    CHECK(shown.find("nonce=\"RANDAUTN\"") != std::string::npos);
    CHECK(shown.find("realm=\"r\"") != std::string::npos);
    CHECK(shown.size() == message.size());
}

TEST_CASE("the response of a password is taken out, that of IMS-AKA stays, and so does an empty one",
          "[trace]") {
    const auto with = [](std::string_view rest) {
        return redacted("REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"u\"," +
                        std::string{rest} + "\r\n\r\n");
    };
    CHECK(with("response=\"abcdef\",algorithm=MD5").find("abcdef") == std::string::npos);
    CHECK(with("response=\"abcdef\"").find("abcdef") == std::string::npos);
    CHECK(with("algorithm=AKAv1-MD5,response=\"abcdef\"").find("abcdef") != std::string::npos);
    CHECK(with("response=\"\"").find("response=\"\"") != std::string::npos);
}

TEST_CASE("what people write to each other is not shown", "[trace]") {
    const auto shown =
        redacted("MESSAGE sip:x SIP/2.0\r\nContent-Type: text/plain;charset=utf-8\r\n\r\nmeet me at nine");
    CHECK(shown.find("nine") == std::string::npos);
    CHECK(shown.ends_with("\r\n\r\n***************"));
    CHECK(redacted("INVITE sip:x SIP/2.0\r\nContent-Type: application/sdp\r\n\r\nv=0").find("v=0") !=
          std::string::npos);
}

TEST_CASE("octets that are no message come through as they are", "[trace]") {
    CHECK(redacted("") == "");
    CHECK(redacted("\r\n\r\n") == "\r\n\r\n");
    CHECK(redacted("ck=") == "ck=");
    CHECK(redacted("nonsense") == "nonsense");
}
