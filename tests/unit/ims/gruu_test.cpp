#include "common/ims/gruu.hpp"

#include <catch2/catch.hpp>

using namespace ims;

namespace {

const crypto::Uuid names = *crypto::parse_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8");

sip::Uri uri(std::string_view text) {
    auto parsed = sip::Uri::parse(text);
    REQUIRE(parsed.has_value());
    return std::move(*parsed);
}

}  // namespace

TEST_CASE("a public GRUU is the identity with the instance id of the device",
          "[TS24.229-5.4.7A.2][RFC5627-3.1]") {
    const auto gr = gruu::gr_of("<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>", names);
    const auto gruu = gruu::public_gruu(Impu{"sip:alice@ims.example"}, gr);
    CHECK(gruu == "sip:alice@ims.example;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    CHECK(gruu::is_gruu(uri(gruu)));
    CHECK_FALSE(gruu::is_temporary(uri(gruu)));
    CHECK(canonical_impu(gruu) == Impu{"sip:alice@ims.example"});
    CHECK(gruu::same_gr(gr, "urn:uuid:F81D4FAE-7dec-11d0-a765-00a0c91e6bf6"));
    CHECK_FALSE(gruu::same_gr(gr, "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf7"));
}

TEST_CASE("an IMEI is hidden in a name based UUID of its TAC and SNR", "[TS24.229-5.4.7A.2][RFC7254]") {
    const auto gr = gruu::gr_of("<urn:gsma:imei:90420156-025763-0>", names);
    CHECK(gr == "urn:uuid:" + crypto::uuid_text(crypto::name_based_uuid(names, "90420156025763")));
    CHECK(gr.find("904201") == std::string::npos);
    // Neither the check digit nor the software version is part of the name.
    CHECK(gruu::gr_of("urn:gsma:imei:90420156-025763-5;svn=42", names) == gr);
    CHECK(gruu::gr_of("urn:gsma:imei:90420156-025764-0", names) != gr);
    const auto others = *crypto::parse_uuid("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
    CHECK(gruu::gr_of("urn:gsma:imei:90420156-025763-0", others) != gr);
}

TEST_CASE("what may not stand in a URI parameter is escaped in gr", "[RFC3261-25.1]") {
    CHECK(gruu::gr_of("<urn:x:a b;c=\">", names) == "urn:x:a%20b%3Bc%3D%22");
    CHECK(gruu::same_gr("urn:x:a%20b", "urn:x:%61%20b"));
    CHECK(gruu::may_be_instance("urn:x:a"));
    CHECK_FALSE(gruu::may_be_instance("kjh29x97us97d"));
}

TEST_CASE("a temporary GRUU says which S-CSCF made it and nothing else", "[TS24.229-5.4.7A.3]") {
    const auto mark = gruu::server_mark("sip:scscf.ims.example:6060");
    CHECK(mark == gruu::server_mark("sip:SCSCF.ims.example:6060"));
    CHECK(mark != gruu::server_mark("sip:scscf2.ims.example:6060"));
    const auto gruu = uri(gruu::temporary_gruu(mark, "0011aa", "ims.example"));
    CHECK(gruu.text() == "sip:tgruu." + mark + ".0011aa@ims.example;gr");
    CHECK(gruu::is_temporary(gruu));
    const auto parts = gruu::temporary_parts(gruu);
    REQUIRE(parts.has_value());
    CHECK(parts->mark == mark);
    CHECK(parts->token == "0011aa");
    CHECK_FALSE(gruu::temporary_parts(uri("sip:tgruu.a.b@ims.example")));
    CHECK_FALSE(gruu::temporary_parts(uri("sip:tgruu.a@ims.example;gr")));
    CHECK_FALSE(gruu::temporary_parts(uri("sip:alice@ims.example;gr")));
}
