#include "hss/postgres/secrets.hpp"

#include "common/base/result.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

std::string aka_context(const Impi& impi) {
    return "private_identity.aka " + impi.value();
}
std::string op_context(const Impi& impi) {
    return "private_identity.op " + impi.value();
}
std::string ha1_context(const Impi& impi) {
    return "private_identity.digest_ha1 " + impi.value();
}

}  // namespace

std::optional<Secrets> Secrets::from_text(std::string_view text) {
    const auto octets = unhex(trim(text));
    crypto::SealKey key{};
    if (!octets || octets->size() != key.size()) return std::nullopt;
    std::ranges::copy(*octets, key.begin());
    return Secrets{key};
}

Octets Secrets::seal_aka(const Impi& impi, const crypto::AkaKeys& keys, Random& random) const {
    Octets plain;
    std::visit(overloaded{
                   [&](const crypto::MilenageKeys& m) {
                       plain.assign(m.k.begin(), m.k.end());
                       plain.insert(plain.end(), m.opc.begin(), m.opc.end());
                   },
                   [&](const crypto::TuakKeys& t) {
                       plain = t.k;
                       plain.insert(plain.end(), t.topc.begin(), t.topc.end());
                   },
               },
               keys);
    return crypto::seal(key_, plain, aka_context(impi), random);
}

std::optional<crypto::AkaKeys> Secrets::unseal_aka(const Impi& impi, bool tuak, unsigned keccak_iterations,
                                                   std::span<const std::uint8_t> sealed) const {
    const auto plain = crypto::unseal(key_, sealed, aka_context(impi));
    if (!plain) return std::nullopt;
    if (!tuak) {
        crypto::MilenageKeys m;
        if (plain->size() != m.k.size() + m.opc.size()) return std::nullopt;
        std::copy_n(plain->begin(), m.k.size(), m.k.begin());
        std::copy_n(plain->begin() + static_cast<std::ptrdiff_t>(m.k.size()), m.opc.size(), m.opc.begin());
        return m;
    }
    crypto::TuakKeys t;
    t.keccak_iterations = keccak_iterations;
    if (plain->size() != 16 + t.topc.size() && plain->size() != 32 + t.topc.size()) return std::nullopt;
    const auto split = plain->end() - static_cast<std::ptrdiff_t>(t.topc.size());
    t.k.assign(plain->begin(), split);
    std::copy(split, plain->end(), t.topc.begin());
    return t;
}

Octets Secrets::seal_op(const Impi& impi, std::span<const std::uint8_t> op, Random& random) const {
    return crypto::seal(key_, op, op_context(impi), random);
}
std::optional<Octets> Secrets::unseal_op(const Impi& impi, std::span<const std::uint8_t> sealed) const {
    return crypto::unseal(key_, sealed, op_context(impi));
}

Octets Secrets::seal_ha1(const Impi& impi, std::string_view ha1, Random& random) const {
    return crypto::seal(key_, octets_of(ha1), ha1_context(impi), random);
}
std::optional<std::string> Secrets::unseal_ha1(const Impi& impi, std::span<const std::uint8_t> sealed) const {
    const auto plain = crypto::unseal(key_, sealed, ha1_context(impi));
    if (!plain) return std::nullopt;
    return std::string{text_of(*plain)};
}

}  // namespace ims::hss
