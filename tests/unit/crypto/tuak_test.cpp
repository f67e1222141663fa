#include "common/crypto/tuak.hpp"

#include "common/crypto/keccak.hpp"
#include "tests/unit/crypto/vectors.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::crypto;
using test::array_of;

TEST_CASE("TUAK gives the values of every published test set", "[TS35.232]") {
    const auto file = test::read_vectors("tuak.json");
    REQUIRE(file["sets"].size() == 6);

    for (const auto& set : file["sets"]) {
        CAPTURE(set["set"].get<int>());
        const auto octets = [&](const char* name) { return set[name].get<std::size_t>() / 8; };
        const auto k = *unhex(set["K"].get<std::string>());
        const TuakLengths lengths{.mac = octets("MAC_len"),
                                  .res = octets("RES_len"),
                                  .ck = octets("CK_len"),
                                  .ik = octets("IK_len"),
                                  .keccak_iterations = set["iterations"]};
        const auto topc = tuak_topc(k, array_of<32>(set["TOP"]), lengths.keccak_iterations);
        REQUIRE(topc);
        CHECK(hex(*topc) == set["TOPc"]);

        const auto out = tuak(k, *topc, array_of<16>(set["RAND"]), array_of<6>(set["SQN"]),
                              array_of<2>(set["AMF"]), lengths);
        REQUIRE(out);
        CHECK(hex(out->mac_a) == set["f1"]);
        CHECK(hex(out->mac_s) == set["f1star"]);
        CHECK(hex(out->res) == set["f2"]);
        CHECK(hex(out->ck) == set["f3_CK"]);
        CHECK(hex(out->ik) == set["f4_IK"]);
        CHECK(hex(out->ak) == set["f5_AK"]);
        CHECK(hex(out->ak_star) == set["f5star"]);
    }
}

TEST_CASE("TUAK refuses lengths that TS 35.231 does not allow", "[TS35.231-6]") {
    const TopC topc{};
    CHECK_FALSE(tuak_topc(Octets(15), topc));
    CHECK_FALSE(tuak_topc(Octets(16), topc, 0));
    CHECK(tuak(Octets(16), topc, {}, {}, {}, {}));
    CHECK_FALSE(tuak(Octets(24), topc, {}, {}, {}, {}));
    CHECK_FALSE(tuak(Octets(16), topc, {}, {}, {}, {.mac = 4}));
    CHECK_FALSE(tuak(Octets(16), topc, {}, {}, {}, {.res = 12}));
    CHECK_FALSE(tuak(Octets(16), topc, {}, {}, {}, {.ck = 24}));
    CHECK_FALSE(tuak(Octets(16), topc, {}, {}, {}, {.ik = 8}));
    CHECK_FALSE(tuak(Octets(16), topc, {}, {}, {}, {.keccak_iterations = 0}));
}

TEST_CASE("Keccak-f[1600] of the zero state is the reference implementation's", "[FIPS202-3.3]") {
    KeccakState state{};
    keccak_f1600(state);
    CHECK(hex(std::span{state}.first(16)) == "e7dde140798f25f18a47c033f9ccd584");
}
