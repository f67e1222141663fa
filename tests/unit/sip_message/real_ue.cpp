#include "tests/unit/sip_message/support.hpp"

#include <catch2/catch.hpp>

// What phones send that the grammar's author did not have in mind.
using namespace ims::sip;
using ims::sip::test::options_with;
using ims::sip::test::parsed;
using ims::sip::test::text_of;

TEST_CASE("digest parameters joined by commas without spaces, an empty nonce, an unquoted qop",
          "[RFC3261-20.7]") {
    const auto m = parsed(options_with(
        {"Authorization: Digest uri=\"sip:ims.example\",username=\"u@ims.example\",algorithm=AKAv1-MD5,"
         "response=\"\",realm=\"ims.example\",nonce=\"\",qop=auth-int,\r\n  nc=00000001,opaque="}));
    const auto auth = m.get<h::Authorization>();
    REQUIRE(auth.has_value());
    CHECK(auth->scheme == "Digest");
    CHECK(auth->params.get("username") == "u@ims.example");
    CHECK(auth->params.get("nonce") == "");
    CHECK(auth->params.get("qop") == "auth-int");
    CHECK(auth->params.get("nc") == "00000001");
    CHECK(auth->params.get("opaque") == "");
    CHECK(!auth->params.get("cnonce"));
}

TEST_CASE("Via as the last header, compact names without a space, and keep in Via",
          "[RFC3261-7.3.1][RFC6223-4.1]") {
    const auto m = parsed(
        text_of({"REGISTER sip:ims.example SIP/2.0", "t:<sip:a@ims.example>", "f:<sip:a@ims.example>;tag=1",
                 "l:0", "i:d2c4@2001:db8::1:5", "CSeq:1 REGISTER", "m:<sip:192.0.2.1:5060>;expires=600000",
                 "v:SIP/2.0/UDP 192.0.2.1:5060;rport;keep;branch=z9hG4bK1"}));
    CHECK(m.call_id() == "d2c4@2001:db8::1:5");
    CHECK(m.top_via().params.has("keep"));
    CHECK(m.get<h::Contact>()->address.uri.user.empty());
}

TEST_CASE("six proposals in one Security-Client, spaces after semicolons, SPIs above 2^31", "[RFC3329-2.2]") {
    std::string line = "Security-Client: ";
    for (int i = 0; i < 6; ++i)
        line += std::string(i > 0 ? "," : "") +
                "ipsec-3gpp; alg=hmac-md5-96; ealg=aes-cbc; spi-c=4112233445; spi-s=2147483649; port-c=5062; "
                "port-s=5063";
    const auto proposals = parsed(options_with({line})).all<h::SecurityClient>();
    REQUIRE(proposals.has_value());
    REQUIRE(proposals->size() == 6);
    CHECK((*proposals)[5].token == "ipsec-3gpp");
    CHECK((*proposals)[5].params.get("spi-c") == "4112233445");
}

TEST_CASE("a number with a phone-context as a SIP user, the host a number too", "[RFC3261-19.1.6]") {
    const auto text = options_with();
    const auto m = parsed("OPTIONS sip:0301234567;phone-context=ims.example@ims.example;user=phone" +
                          text.substr(text.find(" SIP/2.0")));
    CHECK(m.request_uri().user == "0301234567;phone-context=ims.example");
    CHECK(m.request_uri().params.get("user") == "phone");
    CHECK(Uri::parse("sip:0301@+49301234567;user=phone")->host == "+49301234567");
}

TEST_CASE("white space before a semicolon and odd access information", "[RFC3326-2][RFC7315-5.4]") {
    const auto m =
        parsed(options_with({"Reason: RELEASE_CAUSE ;cause=1;text=\"User, ends\"",
                             "P-Access-Network-Info: IEEE-802.11; utran-cell-id-3gpp=0010100010019B01"}));
    CHECK(m.get<h::Reason>()->token == "RELEASE_CAUSE");
    CHECK(m.get<h::Reason>()->params.get("cause") == "1");
    CHECK(m.get<h::PAccessNetworkInfo>()->token == "IEEE-802.11");
}

TEST_CASE("tel URIs wherever an identity stands", "[RFC3966-3]") {
    const auto m = parsed(
        text_of({"SUBSCRIBE tel:+4930123 SIP/2.0", "Via: SIP/2.0/UDP [2001:db8::2]:5061;branch=z9hG4bK1",
                 "From: <tel:+4930123>;tag=1", "To: tel:+4930123", "Call-ID: x", "CSeq: 1 SUBSCRIBE",
                 "P-Preferred-Identity: <tel:+4930123>", "Expires: 600000", "Event: reg"}));
    CHECK(m.request_uri().is_tel());
    CHECK(m.get<h::PPreferredIdentity>()->uri.user == "+4930123");
    CHECK(*m.get<h::Expires>() == 600000);
}
