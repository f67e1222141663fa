#include "common/crypto/aka.hpp"

#include "common/crypto/digest.hpp"

#include <algorithm>

namespace ims::crypto {

namespace {

constexpr std::uint64_t sqn_mask = (std::uint64_t{1} << 48) - 1;

Sqn operator^(const Sqn& a, const Sqn& b) {
    Sqn out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] ^ b[i];
    return out;
}

template <std::size_t N>
bool same(std::span<const std::uint8_t, N> a, std::span<const std::uint8_t, N> b) {
    return equal_constant_time(text_of(a), text_of(b));
}

template <std::size_t N>
std::array<std::uint8_t, N> first(const std::vector<std::uint8_t>& octets) {
    std::array<std::uint8_t, N> out{};
    std::copy_n(octets.begin(), N, out.begin());
    return out;
}

AkaOutputs functions(const MilenageKeys& keys, const Block& rand, const Sqn& sqn, const Amf& amf) {
    return milenage(keys.k, keys.opc, rand, sqn, amf);
}

AkaOutputs functions(const TuakKeys& keys, const Block& rand, const Sqn& sqn, const Amf& amf) {
    const auto out = tuak(keys.k, keys.topc, rand, sqn, amf, {.keccak_iterations = keys.keccak_iterations});
    if (!out) return {};  // K of another length than TuakKeys allows
    return {.mac_a = first<8>(out->mac_a),
            .mac_s = first<8>(out->mac_s),
            .res = first<8>(out->res),
            .ck = first<16>(out->ck),
            .ik = first<16>(out->ik),
            .ak = out->ak,
            .ak_star = out->ak_star};
}

}  // namespace

AkaOutputs aka_functions(const AkaKeys& keys, const Block& rand, const Sqn& sqn, const Amf& amf) {
    return std::visit([&](const auto& k) { return functions(k, rand, sqn, amf); }, keys);
}

Sqn sqn_from(std::uint64_t value) {
    Sqn out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * (5 - i)));
    return out;
}

std::uint64_t sqn_value(const Sqn& sqn) {
    std::uint64_t value = 0;
    for (const auto octet : sqn) value = value << 8 | octet;
    return value;
}

Vector generate_vector(const AkaKeys& keys, const Block& rand, std::uint64_t sqn, const Amf& amf) {
    const auto octets = sqn_from(sqn);
    const auto out = aka_functions(keys, rand, octets, amf);
    Vector vector{.rand = rand, .autn = {}, .xres = out.res, .ck = out.ck, .ik = out.ik};
    const auto concealed = octets ^ out.ak;
    std::copy(concealed.begin(), concealed.end(), vector.autn.begin());
    std::copy(amf.begin(), amf.end(), vector.autn.begin() + 6);
    std::copy(out.mac_a.begin(), out.mac_a.end(), vector.autn.begin() + 8);
    return vector;
}

std::optional<std::uint64_t> check_auts(const AkaKeys& keys, const Block& rand,
                                        const std::array<std::uint8_t, 14>& auts) {
    Sqn concealed{};
    std::copy_n(auts.begin(), concealed.size(), concealed.begin());
    // f5* needs no SQN, MAC-S does: so twice. TS 33.102 6.3.3: AMF* is zero in MAC-S.
    const auto sqn_ms = concealed ^ aka_functions(keys, rand, {}, {}).ak_star;
    const auto out = aka_functions(keys, rand, sqn_ms, {});
    if (!same(std::span{out.mac_s}, std::span{auts}.subspan<6, 8>())) return {};
    return sqn_value(sqn_ms);
}

std::uint64_t next_sqn(const SqnScheme& scheme, std::uint64_t last, unsigned ind) {
    const auto seq = (last >> scheme.ind_bits) + 1;
    const auto ind_mask = (std::uint64_t{1} << scheme.ind_bits) - 1;
    return (seq << scheme.ind_bits | (ind & ind_mask)) & sqn_mask;
}

std::uint64_t resynchronized_sqn(const SqnScheme& scheme, std::uint64_t sqn_he, std::uint64_t sqn_ms) {
    const auto next = (sqn_he >> scheme.ind_bits) + 1;
    const auto seq_ms = sqn_ms >> scheme.ind_bits;
    return next > seq_ms && next - seq_ms <= scheme.delta ? sqn_he : sqn_ms;
}

// TS 33.102 C.2.2: not more than delta above the highest SEQ accepted, and above the one at its IND.
bool SqnChecker::accept(std::uint64_t sqn) {
    const auto seq = sqn >> scheme_.ind_bits;
    auto& last = seq_[sqn & (seq_.size() - 1)];
    const auto seq_ms = *std::max_element(seq_.begin(), seq_.end());
    if (seq > seq_ms && seq - seq_ms > scheme_.delta) return false;
    if (seq <= last) return false;
    last = seq;
    return true;
}

std::uint64_t SqnChecker::highest() const {
    const auto seq_ms = std::max_element(seq_.begin(), seq_.end());
    return *seq_ms << scheme_.ind_bits | static_cast<std::uint64_t>(seq_ms - seq_.begin());
}

void SqnChecker::set_highest(std::uint64_t sqn) {
    const auto seq = sqn >> scheme_.ind_bits;
    const auto ind = sqn & (seq_.size() - 1);
    // Only the highest is known, so nothing older than it is accepted at any other position either.
    std::fill(seq_.begin(), seq_.end(), seq > 0 ? seq - 1 : 0);
    seq_[ind] = seq;
}

UsimResult usim_authenticate(const AkaKeys& keys, SqnChecker& checker, const Block& rand,
                             const std::array<std::uint8_t, 16>& autn) {
    Sqn concealed{};
    std::copy_n(autn.begin(), concealed.size(), concealed.begin());
    const Amf amf{autn[6], autn[7]};
    const auto sqn = concealed ^ aka_functions(keys, rand, {}, {}).ak;
    const auto out = aka_functions(keys, rand, sqn, amf);
    if (!same(std::span{out.mac_a}, std::span{autn}.subspan<8, 8>())) return UsimMacFailure{};

    if (!checker.accept(sqn_value(sqn))) {
        const auto sqn_ms = sqn_from(checker.highest());
        const auto star = aka_functions(keys, rand, sqn_ms, {});
        UsimSyncFailure failure;
        const auto concealed_ms = sqn_ms ^ star.ak_star;
        std::copy(concealed_ms.begin(), concealed_ms.end(), failure.auts.begin());
        std::copy(star.mac_s.begin(), star.mac_s.end(), failure.auts.begin() + 6);
        return failure;
    }
    return UsimSuccess{.res = out.res, .ck = out.ck, .ik = out.ik};
}

}  // namespace ims::crypto
