#include "hss/shell/credentials_json.hpp"

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> octets(JsonReader& r, std::string_view key) {
    const auto text = r.text(key);
    if (!text) return std::nullopt;
    const auto raw = unhex(*text);
    if (!raw || raw->size() != N) {
        r.fail("'" + std::string{key} + "' must be " + std::to_string(N * 2) + " hexadecimal digits");
        return std::nullopt;
    }
    std::array<std::uint8_t, N> out{};
    std::ranges::copy(*raw, out.begin());
    return out;
}

struct ReadKeys {
    crypto::AkaKeys keys;
    std::optional<Octets> op;
};
template <std::size_t N>
std::optional<Octets> kept(const std::optional<std::array<std::uint8_t, N>>& op) {
    if (!op) return std::nullopt;
    return Octets(op->begin(), op->end());
}

std::optional<ReadKeys> read_milenage(JsonReader& r) {
    const auto k = octets<16>(r, "k");
    const auto op = octets<16>(r, "op"), opc = octets<16>(r, "opc");
    if (!k || (!op && !opc)) {
        r.fail("needs 'k' and one of 'op' and 'opc', 32 hexadecimal digits each");
        return std::nullopt;
    }
    if (op && opc && crypto::milenage_opc(*k, *op) != *opc) {
        r.fail("'op' and 'opc' do not belong together with this 'k': give the one that is right");
        return std::nullopt;
    }
    return ReadKeys{crypto::MilenageKeys{*k, opc ? *opc : crypto::milenage_opc(*k, *op)}, kept(op)};
}

std::optional<ReadKeys> read_tuak(JsonReader& r) {
    crypto::TuakKeys keys;
    keys.keccak_iterations = static_cast<unsigned>(r.number("keccak_iterations", 1, 255).value_or(1));
    const auto k = unhex(r.text("k").value_or(""));
    const auto top = octets<32>(r, "top"), topc = octets<32>(r, "topc");
    if (!k || (k->size() != 16 && k->size() != 32) || (!top && !topc)) {
        r.fail("needs 'k' of 32 or 64 hexadecimal digits and one of 'top' and 'topc' of 64");
        return std::nullopt;
    }
    keys.k = *k;
    const auto derived = top ? crypto::tuak_topc(*k, *top, keys.keccak_iterations) : std::nullopt;
    if (topc && top && derived != topc) {
        r.fail("'top' and 'topc' do not belong together with this 'k': give the one that is right");
        return std::nullopt;
    }
    keys.topc = topc ? *topc : derived.value_or(crypto::TopC{});
    return ReadKeys{std::move(keys), kept(top)};
}

}  // namespace

std::optional<AkaCredential> read_aka(JsonReader& r, const crypto::Amf& amf) {
    const auto algorithm = r.text("algorithm").value_or("milenage");
    const auto own_amf = octets<2>(r, "amf");
    std::optional<ReadKeys> read;
    if (algorithm == "milenage")
        read = read_milenage(r);
    else if (algorithm == "tuak")
        read = read_tuak(r);
    else
        r.fail("'algorithm' must be milenage or tuak");
    if (!read) return std::nullopt;
    return AkaCredential{std::move(read->keys), own_amf.value_or(amf), std::move(read->op)};
}

bool same_keys(const crypto::AkaKeys& a, const crypto::AkaKeys& b) {
    if (const auto* m = std::get_if<crypto::MilenageKeys>(&a), *n = std::get_if<crypto::MilenageKeys>(&b);
        m && n)
        return m->k == n->k && m->opc == n->opc;
    const auto *t = std::get_if<crypto::TuakKeys>(&a), *u = std::get_if<crypto::TuakKeys>(&b);
    return t && u && t->k == u->k && t->topc == u->topc && t->keccak_iterations == u->keccak_iterations;
}

void add_aka(nlohmann::json& to, const AkaCredential& aka) {
    to["amf"] = hex(aka.amf);
    std::visit(overloaded{
                   [&](const crypto::MilenageKeys& m) {
                       to["algorithm"] = "milenage";
                       to["k"] = hex(m.k);
                       to["opc"] = hex(m.opc);
                       if (aka.op) to["op"] = hex(*aka.op);
                   },
                   [&](const crypto::TuakKeys& t) {
                       to["algorithm"] = "tuak";
                       to["k"] = hex(t.k);
                       to["topc"] = hex(t.topc);
                       if (aka.op) to["top"] = hex(*aka.op);
                       to["keccak_iterations"] = t.keccak_iterations;
                   },
               },
               aka.keys);
}

nlohmann::json digest_json(const cx::SipDigestAuthenticate& digest) {
    return {{"realm", digest.digest_realm},
            {"algorithm", digest.digest_algorithm.value_or("MD5")},
            {"ha1", digest.digest_ha1}};
}

std::optional<cx::SipDigestAuthenticate> read_digest(JsonReader& r, const Impi& impi,
                                                     const std::string& realm) {
    cx::SipDigestAuthenticate digest;
    digest.digest_realm = r.text("realm").value_or(realm);
    const auto name = r.text("algorithm").value_or("MD5");
    const auto algorithm = crypto::parse_digest_algorithm(name);
    if (!algorithm || algorithm->aka != 0 || algorithm->sess ||
        algorithm->hash == crypto::HashAlgorithm::Sha512_256) {
        r.fail("'algorithm' must be MD5 or SHA-256");
        return std::nullopt;
    }
    const bool md5 = algorithm->hash == crypto::HashAlgorithm::Md5;
    digest.digest_algorithm = md5 ? "MD5" : "SHA-256";
    const auto ha1 = r.text("ha1"), password = r.text("password");
    if (ha1.has_value() == password.has_value()) {
        r.fail("needs one of 'ha1' and 'password'");
        return std::nullopt;
    }
    digest.digest_ha1 =
        ha1 ? to_lower(*ha1)
            : crypto::ha1(algorithm->hash, impi.value(), digest.digest_realm, octets_of(*password));
    if (!unhex(digest.digest_ha1) || digest.digest_ha1.size() != (md5 ? 32U : 64U)) {
        r.fail("'ha1' must be the hexadecimal hash of impi:realm:password");
        return std::nullopt;
    }
    return digest;
}

}  // namespace ims::hss
