#include "hss/shell/credentials_json.hpp"

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

std::optional<crypto::AkaKeys> read_milenage(JsonReader& r) {
    const auto k = octets<16>(r, "k");
    const auto op = octets<16>(r, "op"), opc = octets<16>(r, "opc");
    if (!k || op.has_value() == opc.has_value()) {
        r.fail("needs 'k' and one of 'op' and 'opc', 32 hexadecimal digits each");
        return std::nullopt;
    }
    return crypto::MilenageKeys{*k, opc ? *opc : crypto::milenage_opc(*k, *op)};
}

std::optional<crypto::AkaKeys> read_tuak(JsonReader& r) {
    crypto::TuakKeys keys;
    keys.keccak_iterations = static_cast<unsigned>(r.number("keccak_iterations", 1, 255).value_or(1));
    const auto k = unhex(r.text("k").value_or(""));
    const auto top = octets<32>(r, "top"), topc = octets<32>(r, "topc");
    if (!k || (k->size() != 16 && k->size() != 32) || top.has_value() == topc.has_value()) {
        r.fail("needs 'k' of 32 or 64 hexadecimal digits and one of 'top' and 'topc' of 64");
        return std::nullopt;
    }
    keys.k = *k;
    keys.topc = topc ? *topc : crypto::tuak_topc(*k, *top, keys.keccak_iterations).value_or(crypto::TopC{});
    return keys;
}

}  // namespace

std::optional<AkaCredential> read_aka(JsonReader& r) {
    const auto algorithm = r.text("algorithm").value_or("milenage");
    AkaCredential aka;
    if (const auto amf = octets<2>(r, "amf")) aka.amf = *amf;
    std::optional<crypto::AkaKeys> keys;
    if (algorithm == "milenage")
        keys = read_milenage(r);
    else if (algorithm == "tuak")
        keys = read_tuak(r);
    else
        r.fail("'algorithm' must be milenage or tuak");
    if (!keys) return std::nullopt;
    aka.keys = std::move(*keys);
    return aka;
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
