#include "common/base/text.hpp"

#include "common/base/strong.hpp"

#include <string>
#include <unordered_map>

#include <catch2/catch.hpp>

using namespace ims;

TEST_CASE("text compares without case in ASCII only", "[base]") {
    CHECK(iequals("Call-ID", "cAlL-id"));
    CHECK(!iequals("Call-ID", "Call-I"));
    CHECK(!iequals("[", "{"));        // 32 apart, but no letters
    CHECK(!iequals("\xc4", "\xe4"));  // letters in Latin-1
    CHECK(istarts_with("SIP/2.0 200", "sip/"));
    CHECK(!istarts_with("SI", "sip"));
    CHECK(to_lower("AbC-\xc4") == "abc-\xc4");
}

TEST_CASE("trim takes white space at both ends", "[base]") {
    CHECK(trim(" \t\r\n a b \r\n") == "a b");
    CHECK(trim(" \t").empty());
    CHECK(trim("").empty());
}

TEST_CASE("a number is digits that fit", "[base]") {
    CHECK(parse_number("0") == 0U);
    CHECK(parse_number("007") == 7U);
    CHECK(parse_number("18446744073709551615") == UINT64_MAX);
    for (const auto* text :
         {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616", "99999999999999999999"})
        CHECK(!parse_number(text));
}

TEST_CASE("hexadecimal there and back", "[base]") {
    const Octets octets{0x00, 0x0f, 0xa5, 0xff};
    CHECK(hex(octets) == "000fa5ff");
    CHECK(unhex("000FA5ff") == octets);
    CHECK(unhex("")->empty());
    for (const auto* text : {"0", "0g", "g0", "00 "}) CHECK(!unhex(text));
}

TEST_CASE("base64 as in its RFC", "[RFC4648-10]") {
    const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        CHECK(base64(octets_of(plain)) == coded);
        const auto octets = unbase64(coded);
        REQUIRE(octets);
        CHECK(text_of(*octets) == plain);
    }
    for (const auto* text : {"Zg=", "Zg", "Z===", "Zg==Zg==", "Zm9*", "====", "Z=g="}) CHECK(!unbase64(text));
}

TEST_CASE("base64 of every octet comes back", "[RFC4648-4]") {
    Octets octets;
    for (int length = 0; length < 258; ++length) {
        CHECK(unbase64(base64(octets)) == octets);
        octets.push_back(static_cast<std::uint8_t>(length * 7));
    }
}

TEST_CASE("a map of strings is asked with a view", "[base]") {
    std::unordered_map<std::string, int, StringHash, std::equal_to<>> map{{"a", 1}};
    CHECK(map.find(std::string_view{"a"}) != map.end());
    CHECK(map.find(std::string_view{"b"}) == map.end());
}

TEST_CASE("strong values compare and hash by what they hold", "[base]") {
    using Name = Strong<struct NameTag, std::string>;
    CHECK(Name{"a"} == Name{"a"});
    CHECK(Name{"a"} < Name{"b"});
    CHECK(std::hash<Name>{}(Name{"a"}) == std::hash<std::string>{}("a"));
}
