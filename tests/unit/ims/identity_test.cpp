#include "common/ims/identity.hpp"

#include "common/base/text.hpp"
#include "common/sip/message/uri.hpp"

#include <catch2/catch.hpp>

using namespace ims;

namespace {

std::string canonical(std::string_view text) {
    const auto impu = canonical_impu(text);
    return impu ? impu->value() : "nothing";
}

std::string tel(std::string_view text) {
    const auto impu = tel_of(text);
    return impu ? impu->value() : "nothing";
}

}  // namespace

TEST_CASE("a SIP identity is user and host without port and parameters", "[TS23.003-13.4]") {
    CHECK(canonical("sip:alice@ims.example") == "sip:alice@ims.example");
    CHECK(canonical("SIP:Alice@IMS.Example:5060;transport=tcp?Subject=x") == "sip:Alice@ims.example");
    CHECK(canonical("sip:+15550001@ims.example;user=phone") == "sip:+15550001@ims.example");
    CHECK(canonical("sip:%61lice@ims.example") == "sip:alice@ims.example");
    CHECK(canonical("sip:ims.example") == "sip:ims.example");
    CHECK(canonical("sip:alice@[2001:DB8::1]:5060") == "sip:alice@[2001:db8::1]");
    CHECK(canonical(" sip:alice@ims.example ") == "sip:alice@ims.example");
}

TEST_CASE("whatever character stands in a SIP identity, its canonical form is made of user and host",
          "[TS23.003-13.4]") {
    for (int c = 1; c < 256; ++c)
        for (const std::string place :
             {"sip:a_b@ims.example", "sip:_@ims.example", "sip:alice@ims_example", "sip:alice@_",
              "_sip:alice@ims.example", "si_:alice@ims.example", "sip:alice@ims.example_"}) {
            auto text = place;
            text[text.find('_')] = static_cast<char>(c);
            INFO(text);
            const auto uri = sip::Uri::parse(trim(text));
            const bool plain = uri && uri->scheme == sip::Uri::Scheme::Sip;
            if (c == '%' || (uri && uri->is_tel())) continue;  // an escape is another matter
            const auto user = plain && !uri->user.empty() ? uri->user + "@" : "";
            CHECK(canonical(text) == (plain ? "sip:" + user + to_lower(uri->host) : "nothing"));
        }
}

TEST_CASE("a telephone identity is a global number, or a local one in its context",
          "[TS23.003-13.4][RFC3966-5.1]") {
    CHECK(canonical("tel:+1-555-000.1") == "tel:+15550001");
    CHECK(canonical("tel:+1(555)0001;ext=9") == "tel:+15550001");
    CHECK(canonical("tel:555-1;phone-context=IMS.Example") == "tel:5551;phone-context=ims.example");
    CHECK(canonical("tel:911;phone-context=+1-2") == "tel:911;phone-context=+12");
    CHECK(canonical("tel:5550001") == "nothing");
    CHECK(canonical("tel:+") == "nothing");
    CHECK(canonical("tel:+1a") == "nothing");
}

TEST_CASE("other schemes and broken text are no identities", "[TS23.003-13.4]") {
    CHECK(canonical("urn:service:sos") == "nothing");
    CHECK(canonical("sips:alice@ims.example") == "nothing");
    CHECK(canonical("mailto:alice@ims.example") == "nothing");
    CHECK(canonical("sip:") == "nothing");
    CHECK(canonical("") == "nothing");
    CHECK(canonical("alice") == "nothing");
}

TEST_CASE("user=phone turns a SIP URI with a global number into a tel URI", "[TS24.229-5.3.2.1]") {
    CHECK(tel("sip:+1-555-0001@ims.example;user=phone") == "tel:+15550001");
    CHECK(tel("sip:+15550001;ext=2@ims.example;user=PHONE") == "tel:+15550001");
    CHECK(tel("sip:+15550001@ims.example") == "nothing");
    CHECK(tel("sip:5550001@ims.example;user=phone") == "nothing");
    CHECK(tel("sip:+alice@ims.example;user=phone") == "nothing");
    CHECK(tel("tel:+15550001") == "nothing");
}

TEST_CASE("domain, private and temporary public identity come from the IMSI", "[TS23.003-13.2]") {
    const auto domain = home_domain("001", "01");
    CHECK(domain == "ims.mnc001.mcc001.3gppnetwork.org");
    CHECK(home_domain("310", "410") == "ims.mnc410.mcc310.3gppnetwork.org");
    CHECK(impi_of_imsi("001010000000001", domain).value() == "001010000000001@" + domain);
    CHECK(temporary_impu_of_imsi("001010000000001", domain).value() == "sip:001010000000001@" + domain);
}

TEST_CASE("a wildcard is an expression between exclamation marks for what stands there", "[TS23.003-13.5]") {
    const Impu lists{"sip:list!.*!@example.com"};
    CHECK(is_wildcarded(lists));
    CHECK(matches_wildcard(Impu{"sip:list1@example.com"}, lists));
    CHECK(matches_wildcard(Impu{"sip:list@example.com"}, lists));
    CHECK_FALSE(matches_wildcard(Impu{"sip:blist1@example.com"}, lists));
    CHECK_FALSE(matches_wildcard(Impu{"sip:list1@example.org"}, lists));
    CHECK_FALSE(matches_wildcard(Impu{"sip:list1@example.com.org"}, lists));

    const Impu numbers{"tel:+1555![0-9]{3}|99!"};
    CHECK(matches_wildcard(Impu{"tel:+1555123"}, numbers));
    CHECK(matches_wildcard(Impu{"tel:+155599"}, numbers));
    CHECK_FALSE(matches_wildcard(Impu{"tel:+15551234"}, numbers));

    CHECK_FALSE(is_wildcarded(Impu{"sip:wow!@example.com"}));
    CHECK_FALSE(matches_wildcard(Impu{"sip:a(@example.com"}, Impu{"sip:a!(!@example.com"}));  // no expression
}
