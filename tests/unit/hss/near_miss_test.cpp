#include "hss/core/near_miss.hpp"

#include "common/crypto/milenage.hpp"
#include "hss/core/op_check.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::hss;

namespace {

constexpr auto asked = "001010000000001@ims.mnc001.mcc001.3gppnetwork.org";

bool looks_for(std::string_view identity, const std::string& other) {
    const auto search = near_miss_search(identity);
    return std::find(search.identities.begin(), search.identities.end(), other) != search.identities.end();
}

}  // namespace

TEST_CASE("identities one slip away are looked for, and their number is bounded", "[hss]") {
    CHECK(looks_for(asked, "001010000000011@ims.mnc001.mcc001.3gppnetwork.org"));   // another digit
    CHECK(looks_for(asked, "00101000000001@ims.mnc001.mcc001.3gppnetwork.org"));    // one too few
    CHECK(looks_for(asked, "0010100000000010@ims.mnc001.mcc001.3gppnetwork.org"));  // one too many
    CHECK(looks_for(asked, "001010000000010@ims.mnc001.mcc001.3gppnetwork.org"));   // two swapped
    CHECK(looks_for(asked, "001010000000001@ims.mnc01.mcc001.3gppnetwork.org"));
    CHECK(looks_for(asked, "001010000000001@ims.mnc010.mcc001.3gppnetwork.org"));
    CHECK(looks_for("tel:+15550001", "tel:+15550002"));
    CHECK_FALSE(looks_for(asked, asked));
    CHECK(near_miss_search(asked).user_at == "001010000000001@");
    CHECK(near_miss_search("tel:+15550001").user_at.empty());
    CHECK(near_miss_search(asked).identities.size() < 400);
    CHECK(near_miss_search("sip:" + std::string(5000, '1') + "@x").identities.empty());
    CHECK(near_miss_search("").identities.empty());
}

TEST_CASE("of what is stored the likeliest is told first: the MNC, the domain, a digit", "[hss]") {
    const auto near = near_misses(
        asked, {"001010000000002@ims.mnc001.mcc001.3gppnetwork.org", "001010000000001@ims.example",
                "262010000000001@ims.example", asked, "001010000000001@ims.mnc01.mcc001.3gppnetwork.org"});
    CHECK(near == std::vector<NearMiss>{{"001010000000001@ims.mnc01.mcc001.3gppnetwork.org", Slip::Mnc},
                                        {"001010000000001@ims.example", Slip::Domain},
                                        {"001010000000002@ims.mnc001.mcc001.3gppnetwork.org", Slip::Digit}});
}

TEST_CASE("an OP in the place of an OPc is shown by another subscriber, a right OPc by none",
          "[TS35.206-4.1]") {
    const crypto::Block op{0xcd, 0xc2, 0x02, 0xd5};
    crypto::MilenageKeys wrong{{1, 2, 3}, op};
    crypto::MilenageKeys right{{1, 2, 3}, crypto::milenage_opc({1, 2, 3}, op)};
    const crypto::MilenageKeys other{{9, 9, 9}, crypto::milenage_opc({9, 9, 9}, op)};
    CHECK(shows_op_as_opc(wrong, other));                                // its OPc comes from my "OPc"
    CHECK(shows_op_as_opc(wrong, crypto::MilenageKeys{{9, 9, 9}, op}));  // two K with one OPc
    CHECK_FALSE(shows_op_as_opc(right, other));
    CHECK_FALSE(shows_op_as_opc(right, right));  // cards of one test set share both
    CHECK_FALSE(shows_op_as_opc(wrong, wrong));
}
