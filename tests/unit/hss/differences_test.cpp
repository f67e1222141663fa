#include "hss/shell/differences.hpp"

#include <catch2/catch.hpp>

namespace ims::hss {

using nlohmann::json;

TEST_CASE("a difference names the field, from what and to what", "[issue]") {
    const json before{{"barred", false}, {"sets", {{{"name", "a"}}}}, {"gone", 1}};
    const json after{{"barred", true}, {"sets", {{{"name", "a"}}}}, {"fresh", "x"}};
    CHECK(differences(before, after) == json{{{"field", "barred"}, {"from", false}, {"to", true}},
                                             {{"field", "fresh"}, {"to", "x"}},
                                             {{"field", "gone"}, {"from", 1}}});
    CHECK(differences(before, before).empty());
}

TEST_CASE("of a secret only that it differs is said", "[issue]") {
    for (const auto* name : {"k", "op", "opc", "top", "topc", "ha1"}) {
        const auto list = differences({{"aka", {{name, "11"}}}}, {{"aka", {{name, "22"}}}});
        CHECK(list == json{{{"field", std::string{"aka/"} + name}, {"secret", true}}});
    }
}

}  // namespace ims::hss
