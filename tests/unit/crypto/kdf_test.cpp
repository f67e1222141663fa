#include "common/crypto/kdf.hpp"

#include "common/base/text.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::crypto;

TEST_CASE("the 3GPP key derivation function gives the published CK' and IK' of EAP-AKA'",
          "[TS33.220-B.2.0][RFC5448-C]") {
    // RFC 5448 appendix C, case 1: key CK || IK, FC 0x20, P0 the network name, P1 SQN xor AK out of AUTN.
    const auto key = *unhex("5349fbe098649f948f5d2e973a81c00f9744871ad32bf9bbd1dd5ce54e3e2e5a");
    const auto sqn_xor_ak = *unhex("bb52e91c747a");
    CHECK(hex(kdf(key, 0x20, {octets_of("WLAN"), sqn_xor_ak})) ==
          "0093962d0dd84aa5684b045c9edffa04ccfc230ca74fcc96c0a5d61164f5a76c");
}

TEST_CASE("each parameter counts, and so does where one ends", "[TS33.220-B.2.0]") {
    const Octets key(32, 7);
    CHECK(kdf(key, 0x58, {octets_of("ab"), octets_of("c")}) !=
          kdf(key, 0x58, {octets_of("a"), octets_of("bc")}));
    CHECK(kdf(key, 0x58, {octets_of("ab")}) != kdf(key, 0x59, {octets_of("ab")}));
    CHECK(kdf(key, 0x58, {octets_of("ab")}) != kdf(key, 0x58, {octets_of("ab"), octets_of("")}));
}
