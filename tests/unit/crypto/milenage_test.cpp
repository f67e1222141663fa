#include "common/crypto/milenage.hpp"

#include "tests/unit/crypto/vectors.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::crypto;
using test::array_of;

TEST_CASE("Milenage gives the values of every published test set", "[TS35.208-4.3]") {
    auto file = test::read_vectors("milenage.json");
    auto sets = file["sets"];
    REQUIRE(sets.size() == 20);
    sets.push_back(file["extra_TS_35_207_set_2"]);

    for (const auto& set : sets) {
        CAPTURE(set["set"].get<int>());
        const auto k = array_of<16>(set["K"]);
        const auto opc = milenage_opc(k, array_of<16>(set["OP"]));
        const auto is = [&](std::span<const std::uint8_t> octets, const char* name) {
            const auto short_name =
                std::string{name}.substr(0, std::string_view{name}.find('_'));  // of the TS 35.207 set
            return hex(octets) == (set.contains(name) ? set[name] : set[short_name]);
        };
        CHECK(is(opc, "OPc"));

        const auto out =
            milenage(k, opc, array_of<16>(set["RAND"]), array_of<6>(set["SQN"]), array_of<2>(set["AMF"]));
        CHECK(is(out.mac_a, "f1_MAC_A"));
        CHECK(is(out.mac_s, "f1star_MAC_S"));
        CHECK(is(out.res, "f2_RES"));
        CHECK(is(out.ck, "f3_CK"));
        CHECK(is(out.ik, "f4_IK"));
        CHECK(is(out.ak, "f5_AK"));
        CHECK(is(out.ak_star, "f5star_AK"));
    }
}
