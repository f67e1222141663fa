#include "common/crypto/aka.hpp"

#include "common/base/result.hpp"
#include "tests/unit/crypto/vectors.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::crypto;
using test::array_of;

namespace {

const Amf amf{0x80, 0x00};

AkaKeys milenage_keys() {
    const auto k = array_of<16>("465b5ce8b199b49faa5f0a2ee238a6bc");
    return MilenageKeys{k, milenage_opc(k, array_of<16>("cdc202d5123e20f62b6d676ac72cb318"))};
}

AkaKeys tuak_keys() {
    TuakKeys keys{.k = Octets(32, 0x5a), .topc = {}};
    keys.topc = *tuak_topc(keys.k, TopC{1, 2, 3});
    return keys;
}

Block rand_of(std::uint8_t n) {
    Block rand{};
    rand.fill(n);
    return rand;
}

}  // namespace

TEST_CASE("AUTN and AUTS are those of the published sets", "[TS33.102-6.3]") {
    const auto file = test::read_vectors("milenage.json");
    for (const auto& set : file["sets"]) {
        CAPTURE(set["set"].get<int>());
        const AkaKeys keys = MilenageKeys{array_of<16>(set["K"]), array_of<16>(set["OPc"])};
        const auto rand = array_of<16>(set["RAND"]);
        const auto sqn = sqn_value(array_of<6>(set["SQN"]));
        const auto vector = generate_vector(keys, rand, sqn, array_of<2>(set["AMF"]));
        const auto derived = set.contains("derived") ? set["derived"] : nlohmann::json::object();
        if (!derived.contains("AUTN")) continue;
        CHECK(hex(vector.autn) == derived["AUTN"]);
        CHECK(check_auts(keys, rand, array_of<14>(derived["AUTS_for_SQN_MS_equal_SQN_and_AMF_0000"])) == sqn);
    }
}

TEST_CASE("a USIM accepts a fresh vector and both sides hold the same keys", "[TS33.102-6.3.3]") {
    const auto keys = GENERATE(milenage_keys(), tuak_keys());
    SqnChecker checker;
    const auto vector = generate_vector(keys, rand_of(7), 32, amf);
    const auto result = usim_authenticate(keys, checker, vector.rand, vector.autn);
    const auto* success = std::get_if<UsimSuccess>(&result);
    REQUIRE(success != nullptr);
    CHECK(success->res == vector.xres);
    CHECK(success->ck == vector.ck);
    CHECK(success->ik == vector.ik);
    CHECK(checker.highest() == 32);
}

TEST_CASE("a replayed vector gives AUTS and the home environment goes on behind SQN_MS", "[TS33.102-6.3.5]") {
    const auto keys = GENERATE(milenage_keys(), tuak_keys());
    const SqnScheme scheme;
    SqnChecker card{scheme};
    card.set_highest(5000 << 5 | 3);

    const auto stale = generate_vector(keys, rand_of(1), next_sqn(scheme, 100 << 5, 3), amf);
    const auto result = usim_authenticate(keys, card, stale.rand, stale.autn);
    const auto* failure = std::get_if<UsimSyncFailure>(&result);
    REQUIRE(failure != nullptr);
    CHECK(card.highest() == (5000 << 5 | 3));

    const auto sqn_ms = check_auts(keys, stale.rand, failure->auts);
    REQUIRE(sqn_ms);
    CHECK(*sqn_ms == card.highest());
    const auto sqn_he = resynchronized_sqn(scheme, 101 << 5 | 3, *sqn_ms);
    const auto fresh = generate_vector(keys, rand_of(2), next_sqn(scheme, sqn_he, 0), amf);
    CHECK(std::holds_alternative<UsimSuccess>(usim_authenticate(keys, card, fresh.rand, fresh.autn)));
}

TEST_CASE("a wrong K is a MAC failure and moves no counter", "[TS33.102-6.3.3]") {
    SqnChecker checker;
    auto other = std::get<MilenageKeys>(milenage_keys());
    other.k[0] ^= 1;
    const auto vector = generate_vector(other, rand_of(7), 32, amf);
    CHECK(std::holds_alternative<UsimMacFailure>(
        usim_authenticate(milenage_keys(), checker, vector.rand, vector.autn)));
    CHECK(checker.highest() == 0);
}

TEST_CASE("an AUTS with one wrong bit is refused", "[TS33.102-6.3.5]") {
    const auto keys = milenage_keys();
    SqnChecker card;
    card.set_highest(900 << 5);
    const auto stale = generate_vector(keys, rand_of(1), 32, amf);
    const auto result = usim_authenticate(keys, card, stale.rand, stale.autn);
    auto auts = std::get<UsimSyncFailure>(result).auts;
    for (std::size_t bit = 0; bit < auts.size() * 8; ++bit) {
        auts[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        CHECK_FALSE(check_auts(keys, stale.rand, auts));
        auts[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    }
    CHECK(check_auts(keys, stale.rand, auts) == 900 << 5);
}

TEST_CASE("SQN is SEQ beside IND and counts SEQ up by one", "[TS33.102-C.1.1.1]") {
    const SqnScheme scheme;
    CHECK(next_sqn(scheme, 0, 0) == 32);
    CHECK(next_sqn(scheme, 32, 31) == (2 << 5 | 31));
    CHECK(next_sqn(scheme, 2 << 5 | 31, 32) == 3 << 5);  // IND is modulo its size
    CHECK(next_sqn(scheme, 0xffffffffffff, 1) == 1);     // 48 bits
    CHECK(sqn_from(0x0102030405060708) == Sqn{3, 4, 5, 6, 7, 8});
    CHECK(sqn_value(Sqn{1, 2, 3, 4, 5, 6}) == 0x010203040506);
}

TEST_CASE("vectors used out of order are accepted once per IND, and a jump beyond delta is not",
          "[TS33.102-C.2]") {
    SqnChecker card{{.ind_bits = 5, .delta = 1000}};
    CHECK(card.accept(10 << 5 | 1));
    CHECK(card.accept(9 << 5 | 2));        // older, but at another position
    CHECK_FALSE(card.accept(9 << 5 | 1));  // older at its own position
    CHECK_FALSE(card.accept(10 << 5 | 1));
    CHECK(card.highest() == (10 << 5 | 1));
    CHECK(card.accept(1010 << 5));
    CHECK_FALSE(card.accept(2011 << 5));
    CHECK(card.accept(2010 << 5));
}

TEST_CASE("the home environment keeps its own counter where the card would accept it", "[TS33.102-6.3.5]") {
    const SqnScheme scheme{.ind_bits = 5, .delta = 1000};
    CHECK(resynchronized_sqn(scheme, 500 << 5, 499 << 5) == 500 << 5);
    CHECK(resynchronized_sqn(scheme, 500 << 5, 501 << 5) == 501 << 5);
    CHECK(resynchronized_sqn(scheme, 5000 << 5, 10 << 5) == 10 << 5);
}
