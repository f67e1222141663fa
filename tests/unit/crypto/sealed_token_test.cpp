#include "common/crypto/sealed_token.hpp"

#include <catch2/catch.hpp>

using namespace ims::crypto;

namespace {

TokenKey key(std::uint8_t first) {
    TokenKey k{};
    for (std::size_t i = 0; i < k.size(); ++i) k[i] = static_cast<std::uint8_t>(first + i);
    return k;
}

}  // namespace

TEST_CASE("a sealed token is opened by its key only, and unchanged only", "[RFC5627-A.2]") {
    TokenText plain{1, 2, 3};
    const auto token = seal_token(key(0), plain);
    CHECK(token.size() == sealed_token_digits);
    CHECK(open_token(key(0), token) == plain);
    CHECK_FALSE(open_token(key(1), token));
    for (std::size_t i = 0; i < token.size(); ++i) {
        auto changed = token;
        changed[i] = changed[i] == '0' ? '1' : '0';
        CHECK_FALSE(open_token(key(0), changed));
    }
    CHECK_FALSE(open_token(key(0), ""));
    CHECK_FALSE(open_token(key(0), token + "00"));
}

TEST_CASE("tokens of texts that differ in a bit have nothing in common", "[RFC5627-3.2]") {
    TokenText plain{};
    const auto first = seal_token(key(0), plain);
    plain[15] = 1;
    const auto second = seal_token(key(0), plain);
    std::size_t equal = 0;
    for (std::size_t i = 0; i < first.size(); ++i) equal += first[i] == second[i] ? 1U : 0U;
    CHECK(equal < 14);  // of 52 hexadecimal digits about 3 by chance
}
