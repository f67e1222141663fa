#include "pcscf/core/entries.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::pcscf;

namespace {

sip::Message with(const std::string& lines) {
    auto parsed = sip::Message::parse(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\nFrom: <sip:a@a.example>;tag=1\r\n"
        "To: <sip:b@b.example>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n" +
        lines + "\r\n");
    REQUIRE(parsed.has_value());
    return *parsed;
}

}  // namespace

TEST_CASE("the entries of a list header stand over all its lines, with their commas inside",
          "[RFC3261-7.3.1]") {
    const auto m = with(
        "Record-Route: <sip:one.example;lr>, \"a, b\" <sip:t0k3n@two.example;lr>\r\n"
        "Record-Route: <sip:three.example;a=b,c;lr>;x=1\r\n");
    const auto entries = entries_of(m, sip::HeaderId::RecordRoute);
    REQUIRE(entries.size() == 3);
    CHECK(entries[1] == "\"a, b\" <sip:t0k3n@two.example;lr>");
    CHECK(is_own_entry(entries[1], "t0k3n"));
    CHECK_FALSE(is_own_entry(entries[0], "t0k3n"));
    CHECK(routes_beyond_us(m, "t0k3n") ==
          std::vector<std::string>{"sip:one.example;lr", "sip:three.example;a=b,c;lr"});
}

TEST_CASE("the URI of an entry is what stands there, and nothing where that is no URI", "[RFC3261-20]") {
    CHECK(uri_text_of("<sip:a@h;lr>;expires=5") == "sip:a@h;lr");
    CHECK(uri_text_of("\"x\" <sip:a@h;lr>") == "sip:a@h;lr");
    CHECK(uri_text_of("sip:a@h;expires=5") == "sip:a@h");
    CHECK_FALSE(uri_text_of("<sip:a@ h>"));
    CHECK_FALSE(uri_text_of("<sip:a@h"));
    CHECK_FALSE(uri_text_of(""));
    CHECK(contact_uri_of(with("Contact: <sip:a@h>;q=1, <sip:b@h>\r\n")) == "sip:a@h");
    CHECK_FALSE(contact_uri_of(with("Contact: *\r\n")));
    CHECK_FALSE(contact_uri_of(with("")));
    CHECK(unfolded("\"x\"\r\n <sip:a@h>") == "\"x\" <sip:a@h>");
}

TEST_CASE("an entry is a URI also if it is written otherwise", "[RFC3261-19.1.4]") {
    CHECK(is_entry_of("<sip:a@h;lr>", "sip:a@h;lr"));
    CHECK(is_entry_of("<sip:a@H;lr>", "sip:a@h;lr"));
    CHECK_FALSE(is_entry_of("<sip:b@h;lr>", "sip:a@h;lr"));
    CHECK(is_bracketed("<sip:a@h>", "sip:a@h"));
    CHECK_FALSE(is_bracketed("<sip:a@h>;x=1", "sip:a@h"));
    CHECK(same_uri("sip:a@h", "sip:a@H"));
    CHECK_FALSE(same_uri("sip:a@h", "sip:A@h"));
}
