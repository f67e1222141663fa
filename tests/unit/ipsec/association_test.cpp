#include "common/ipsec/association.hpp"

#include <set>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::ipsec;

namespace {

// Every pair that annex H allows, with what releases before 13 knew.
const std::vector<std::pair<Transform, std::string>> transforms{
    {{Integrity::HmacMd5_96, Encryption::Null}, "hmac-md5-96/null"},
    {{Integrity::HmacMd5_96, Encryption::DesEde3Cbc}, "hmac-md5-96/des-ede3-cbc"},
    {{Integrity::HmacMd5_96, Encryption::AesCbc}, "hmac-md5-96/aes-cbc"},
    {{Integrity::HmacSha1_96, Encryption::Null}, "hmac-sha-1-96/null"},
    {{Integrity::HmacSha1_96, Encryption::DesEde3Cbc}, "hmac-sha-1-96/des-ede3-cbc"},
    {{Integrity::HmacSha1_96, Encryption::AesCbc}, "hmac-sha-1-96/aes-cbc"},
    {{Integrity::AesGmac, Encryption::Null}, "aes-gmac/null"},
    {{Integrity::AesGmac, Encryption::DesEde3Cbc}, "aes-gmac/des-ede3-cbc"},
    {{Integrity::AesGmac, Encryption::AesCbc}, "aes-gmac/aes-cbc"},
    {{Integrity::Null, Encryption::AesGcm}, "null/aes-gcm"}};

SaSet pcscf_view() {
    return {.own = {*IpAddress::parse("198.18.0.1"), 5101, 5100, 0xa1, 0xa2},
            .peer = {*IpAddress::parse("198.18.0.2"), 6101, 6100, 0xb1, 0xb2},
            .transform = {}};
}

std::string text(const Association& a) {
    return std::string{a.inbound ? "in " : "out "} + a.source.text() + " > " + a.destination.text() + " " +
           std::to_string(a.spi);
}

}  // namespace

TEST_CASE("a transform is written as alg and ealg are, and read in any case", "[TS33.203-H]") {
    for (const auto& [transform, name] : transforms) {
        CAPTURE(name);
        CHECK(transform.valid());
        CHECK(transform.text() == name);
        CHECK(parse_transform(name) == transform);
    }
    CHECK(parse_transform("HMAC-SHA-1-96/AES-CBC") == Transform{Integrity::HmacSha1_96, Encryption::AesCbc});
    CHECK(parse_integrity("Aes-Gmac") == Integrity::AesGmac);
    CHECK(parse_encryption("NULL") == Encryption::Null);
}

TEST_CASE("what annex H does not know or does not allow is no transform", "[TS33.203-H]") {
    for (const auto* name :
         {"", "/", "hmac-sha-1-96", "hmac-sha-1-96/", "/aes-cbc", "hmac-sha-1-96/aes-cbc/null",
          "hmac-sha-1-96 /null", "sha1/null", "aes-cbc/hmac-sha-1-96", "null/null", "null/aes-cbc",
          "hmac-sha-1-96/aes-gcm", "aes-gmac/aes-gcm"}) {
        CAPTURE(name);
        CHECK_FALSE(parse_transform(name));
    }
    CHECK_FALSE(parse_integrity("hmac-sha-1"));
    CHECK_FALSE(parse_encryption("aes"));
}

TEST_CASE("the four associations are those of figure 9", "[TS33.203-7.1]") {
    const auto four = associations(pcscf_view());
    CHECK(text(four[0]) == "in 198.18.0.2:6101 > 198.18.0.1:5100 162");   // port_uc, port_ps, spi_ps
    CHECK(text(four[1]) == "out 198.18.0.1:5100 > 198.18.0.2:6101 177");  // port_ps, port_uc, spi_uc
    CHECK(text(four[2]) == "out 198.18.0.1:5101 > 198.18.0.2:6100 178");  // port_pc, port_us, spi_us
    CHECK(text(four[3]) == "in 198.18.0.2:6100 > 198.18.0.1:5101 161");   // port_us, port_pc, spi_pc
}

TEST_CASE("what leaves one end arrives at the other", "[TS33.203-7.1]") {
    const auto pcscf = pcscf_view();
    auto ue = pcscf;
    std::swap(ue.own, ue.peer);
    std::set<Association> ours, theirs;
    for (auto a : associations(pcscf)) ours.insert(a);
    for (auto a : associations(ue)) {
        a.inbound = !a.inbound;
        theirs.insert(a);
    }
    CHECK(ours.size() == 4);
    CHECK(ours == theirs);
}
