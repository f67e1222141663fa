#include "common/base/random.hpp"

#include <array>

#include <catch2/catch.hpp>

using namespace ims;

TEST_CASE("a seed gives the same sequence each time, another seed another", "[base]") {
    SeededRandom a{1};
    SeededRandom b{1};
    SeededRandom c{2};
    const auto first = a.number();
    CHECK(first == b.number());
    CHECK(first != c.number());
    CHECK(a.number() != first);
}

TEST_CASE("a token has two digits for each octet and fills odd lengths", "[base]") {
    SeededRandom r{7};
    for (const std::size_t octets : {0U, 1U, 7U, 8U, 9U, 33U}) {
        const auto token = r.token(octets);
        CHECK(token.size() == octets * 2);
        CHECK(token.find_first_not_of("0123456789abcdef") == std::string::npos);
    }
    std::array<std::uint8_t, 33> filled{};
    r.fill(filled);
    CHECK(std::array<std::uint8_t, 33>{} != filled);
}
