#include "tests/ue/core/sim_check.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::ue;

namespace {

template <std::size_t N>
std::array<std::uint8_t, N> octets(std::string_view text) {
    const auto value = unhex(text);
    REQUIRE(value);
    REQUIRE(value->size() == N);
    std::array<std::uint8_t, N> out{};
    std::copy(value->begin(), value->end(), out.begin());
    return out;
}

// TS 35.208 4.3.1, test set 1.
const auto k = "465b5ce8b199b49faa5f0a2ee238a6bc";
const auto op = "cdc202d5123e20f62b6d676ac72cb318";
const auto opc = "cd63cb71954a9f4e48a5994e37a02baf";
const auto rand_of_set_1 = "23553cbe9637a89d218ae64dae47bf35";
const auto autn_of_set_1 = "55f328b43577b9b94a9ffac354dfafb3";
const auto res_of_set_1 = "a54211d5e3ba50bf";
const auto auts_of_set_1 = "ba853f3c123ccf44e93596e355c6";

SimCheck check_with(std::string_view key, std::string_view op_or_opc, bool is_opc) {
    SimCheck c;
    c.k = octets<16>(key);
    c.op = octets<16>(op_or_opc);
    c.op_is_opc = is_opc;
    c.rand = octets<16>(rand_of_set_1);
    c.autn = octets<16>(autn_of_set_1);
    return c;
}

bool says(const SimVerdict& v, const SimCheck& c, std::string_view words) {
    const auto sentences = v.sentences(c);
    return std::any_of(sentences.begin(), sentences.end(),
                       [&](const auto& s) { return s.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("a challenge, RES and AUTS of the right card fit, with OP and with OPc", "[TS35.208-4.3.1]") {
    for (const bool is_opc : {true, false}) {
        auto c = check_with(k, is_opc ? opc : op, is_opc);
        c.res = *unhex(res_of_set_1);
        c.auts = octets<14>(auts_of_set_1);
        const auto v = check_sim(c);
        CHECK(v.all_right());
        CHECK(v.network == Reading::AsGiven);
        CHECK(v.card == Reading::AsGiven);
        CHECK(v.auts == true);
        CHECK(v.sqn == 0xff9bb4d0b607);
        CHECK(v.sqn_ms == 0xff9bb4d0b607);
        CHECK(v.amf == crypto::Amf{0xb9, 0xb9});
        CHECK(v.opc == octets<16>(opc));
        CHECK(says(v, c, "All that was given fits these keys."));
    }
}

TEST_CASE("OP given as OPc, OPc given as OP, swapped and reversed keys are told apart", "[issue]") {
    const auto reversed = [](std::string_view text) {
        auto o = octets<16>(text);
        std::reverse(o.begin(), o.end());
        return hex(o);
    };
    struct Row {
        std::string key, value;
        bool is_opc;
        Reading reading;
    };
    const std::vector<Row> rows{{k, op, true, Reading::OpcIsAnOp},
                                {k, opc, false, Reading::OpIsAnOpc},
                                {opc, k, true, Reading::Swapped},
                                {reversed(k), opc, true, Reading::KReversed},
                                {k, reversed(opc), true, Reading::OpReversed},
                                {reversed(k), reversed(opc), true, Reading::BothReversed}};
    for (const auto& row : rows) {
        const auto c = check_with(row.key, row.value, row.is_opc);
        const auto v = check_sim(c);
        CHECK(v.network == row.reading);
        CHECK_FALSE(v.all_right());
        CHECK(says(v, c, text(row.reading)));
    }
}

TEST_CASE("a card whose RES fits while AUTN does not says that the network has other keys", "[issue]") {
    auto c = check_with(k, opc, true);
    c.autn[15] ^= 1;
    c.res = *unhex(res_of_set_1);
    const auto v = check_sim(c);
    CHECK_FALSE(v.network);
    CHECK(v.card == Reading::AsGiven);
    CHECK(says(v, c, "The card has these keys, the network has others."));
}

TEST_CASE("the network reads OPc as OP, the card does not: the HSS is to be mended", "[issue]") {
    auto c = check_with(k, op, true);  // the network took this OPc for an OP
    const auto as_given = crypto::milenage(c.k, c.op, c.rand, {}, {}).res;
    c.res = Octets(as_given.begin(), as_given.end());
    const auto v = check_sim(c);
    CHECK(v.network == Reading::OpcIsAnOp);
    CHECK(v.card == Reading::AsGiven);
    CHECK(says(v, c, "Give the HSS the same K and OPc"));
}

TEST_CASE("wrong RES and AUTS are said to be wrong, with what was expected", "[issue]") {
    auto c = check_with(k, opc, true);
    c.res = *unhex("0011223344556677");
    c.auts = octets<14>(auts_of_set_1);
    (*c.auts)[13] ^= 1;
    const auto v = check_sim(c);
    CHECK(v.network == Reading::AsGiven);
    CHECK_FALSE(v.card);
    CHECK(v.auts == false);
    CHECK(says(v, c, std::string{"expected "} + res_of_set_1));
    CHECK(says(v, c, "the card computes with others"));
}

TEST_CASE("keys of nobody fit nothing", "[issue]") {
    const auto c = check_with("00112233445566778899aabbccddeeff", opc, true);
    const auto v = check_sim(c);
    CHECK_FALSE(v.network);
    CHECK(says(v, c, "The network has other keys than were given here."));
}
