#include "common/crypto/tuak.hpp"

#include "common/base/text.hpp"
#include "common/crypto/keccak.hpp"

#include <algorithm>
#include <string_view>

namespace ims::crypto {

namespace {

// TS 35.231 6.1 and 7: what goes into and comes out of Keccak, as octet positions. TUAK numbers the bits of
// each field from its least significant end, so every field stands in the state with its octets reversed.
constexpr std::size_t at_top = 0;
constexpr std::size_t at_instance = 32;
constexpr std::size_t at_algoname = 33;
constexpr std::size_t at_rand = 40;
constexpr std::size_t at_amf = 56;
constexpr std::size_t at_sqn = 58;
constexpr std::size_t at_key = 64;
constexpr std::size_t at_padding = 96;
constexpr std::size_t at_padding_end = 135;  // the rate is 1088 bits
constexpr std::string_view algoname = "TUAK1.0";

constexpr std::size_t from_res = 0;
constexpr std::size_t from_ck = 32;
constexpr std::size_t from_ik = 64;
constexpr std::size_t from_ak = 96;

void put(KeccakState& state, std::size_t at, std::span<const std::uint8_t> field) {
    std::reverse_copy(field.begin(), field.end(), state.begin() + static_cast<std::ptrdiff_t>(at));
}

template <class Out>
void take(const KeccakState& state, std::size_t at, Out& field) {
    const auto begin = state.begin() + static_cast<std::ptrdiff_t>(at);
    std::reverse_copy(begin, begin + static_cast<std::ptrdiff_t>(field.size()), field.begin());
}

struct Inputs {
    std::span<const std::uint8_t> k;
    std::span<const std::uint8_t> top;
    std::span<const std::uint8_t> rand, amf, sqn;  // empty where the function does not use them
    unsigned iterations = 1;
};

KeccakState run(const Inputs& in, std::uint8_t instance) {
    KeccakState state{};
    put(state, at_top, in.top);
    state[at_instance] = in.k.size() == 32 ? instance | 1 : instance;
    put(state, at_algoname, octets_of(algoname));
    put(state, at_rand, in.rand);
    put(state, at_amf, in.amf);
    put(state, at_sqn, in.sqn);
    put(state, at_key, in.k);
    state[at_padding] = 0x1f;
    state[at_padding_end] = 0x80;
    for (unsigned i = 0; i < in.iterations; ++i) keccak_f1600(state);
    return state;
}

// The length bits of INSTANCE for a MAC or RES of 4, 8, 16 or 32 octets (TS 35.231 7.2, 7.4).
std::uint8_t length_bits(std::size_t octets) {
    return octets == 4 ? 0 : static_cast<std::uint8_t>(octets);
}

bool one_of(std::size_t octets, std::initializer_list<std::size_t> allowed) {
    return std::find(allowed.begin(), allowed.end(), octets) != allowed.end();
}

}  // namespace

std::optional<TopC> tuak_topc(std::span<const std::uint8_t> k, const TopC& top, unsigned keccak_iterations) {
    if (!one_of(k.size(), {16, 32}) || keccak_iterations == 0) return {};
    const auto state =
        run({.k = k, .top = top, .rand = {}, .amf = {}, .sqn = {}, .iterations = keccak_iterations}, 0);
    TopC topc{};
    take(state, 0, topc);
    return topc;
}

std::optional<TuakOutputs> tuak(std::span<const std::uint8_t> k, const TopC& topc, const Block& rand,
                                const Sqn& sqn, const Amf& amf, const TuakLengths& lengths) {
    if (!one_of(k.size(), {16, 32}) || !one_of(lengths.mac, {8, 16, 32}) ||
        !one_of(lengths.res, {4, 8, 16, 32}) || !one_of(lengths.ck, {16, 32}) ||
        !one_of(lengths.ik, {16, 32}) || lengths.keccak_iterations == 0)
        return {};

    const Inputs all{
        .k = k, .top = topc, .rand = rand, .amf = amf, .sqn = sqn, .iterations = lengths.keccak_iterations};
    const Inputs rand_only{
        .k = k, .top = topc, .rand = rand, .amf = {}, .sqn = {}, .iterations = lengths.keccak_iterations};
    constexpr std::uint8_t star = 0x80;
    constexpr std::uint8_t keys = 0x40;

    TuakOutputs out;
    out.mac_a.resize(lengths.mac);
    take(run(all, length_bits(lengths.mac)), 0, out.mac_a);
    out.mac_s.resize(lengths.mac);
    take(run(all, star | length_bits(lengths.mac)), 0, out.mac_s);

    const auto ck_bit = lengths.ck == 32 ? 4U : 0U;
    const auto ik_bit = lengths.ik == 32 ? 2U : 0U;
    const auto f2345 =
        run(rand_only, static_cast<std::uint8_t>(keys | length_bits(lengths.res) | ck_bit | ik_bit));
    out.res.resize(lengths.res);
    out.ck.resize(lengths.ck);
    out.ik.resize(lengths.ik);
    take(f2345, from_res, out.res);
    take(f2345, from_ck, out.ck);
    take(f2345, from_ik, out.ik);
    take(f2345, from_ak, out.ak);
    take(run(rand_only, star | keys), from_ak, out.ak_star);
    return out;
}

}  // namespace ims::crypto
