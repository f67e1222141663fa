#include "common/ipsec/association.hpp"

namespace ims::ipsec {

namespace {

// TS 33.203 annex H.
constexpr std::array integrities{Integrity::Null, Integrity::HmacMd5_96, Integrity::HmacSha1_96,
                                 Integrity::AesGmac};
constexpr std::array encryptions{Encryption::Null, Encryption::DesEde3Cbc, Encryption::AesCbc,
                                 Encryption::AesGcm};

}  // namespace

std::string_view integrity_text(Integrity i) {
    switch (i) {
        case Integrity::Null: return "null";
        case Integrity::HmacMd5_96: return "hmac-md5-96";
        case Integrity::HmacSha1_96: return "hmac-sha-1-96";
        case Integrity::AesGmac: return "aes-gmac";
    }
    return {};
}

std::string_view encryption_text(Encryption e) {
    switch (e) {
        case Encryption::Null: return "null";
        case Encryption::DesEde3Cbc: return "des-ede3-cbc";
        case Encryption::AesCbc: return "aes-cbc";
        case Encryption::AesGcm: return "aes-gcm";
    }
    return {};
}

std::optional<Integrity> parse_integrity(std::string_view text) {
    for (const auto i : integrities)
        if (iequals(text, integrity_text(i))) return i;
    return std::nullopt;
}

std::optional<Encryption> parse_encryption(std::string_view text) {
    for (const auto e : encryptions)
        if (iequals(text, encryption_text(e))) return e;
    return std::nullopt;
}

std::string Transform::text() const {
    return std::string{integrity_text(integrity)} + '/' + std::string{encryption_text(encryption)};
}

std::optional<Transform> parse_transform(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto integrity = parse_integrity(text.substr(0, slash));
    const auto encryption = parse_encryption(text.substr(slash + 1));
    if (!integrity || !encryption) return std::nullopt;
    const Transform transform{*integrity, *encryption};
    return transform.valid() ? std::optional{transform} : std::nullopt;
}

std::array<Association, 4> associations(const SaSet& set) {
    const auto& own = set.own;
    const auto& peer = set.peer;
    const auto at = [](const Side& side, std::uint16_t port) { return IpEndpoint{side.address, port}; };
    // Who receives has chosen the SPI.
    return {{{true, at(peer, peer.client_port), at(own, own.server_port), own.spi_server},
             {false, at(own, own.server_port), at(peer, peer.client_port), peer.spi_client},
             {false, at(own, own.client_port), at(peer, peer.server_port), peer.spi_server},
             {true, at(peer, peer.server_port), at(own, own.client_port), own.spi_client}}};
}

const std::vector<Transform>& all_transforms() {
    using I = Integrity;
    using E = Encryption;
    static const std::vector<Transform> all{
        {I::Null, E::AesGcm},       {I::HmacSha1_96, E::AesCbc},    {I::HmacSha1_96, E::DesEde3Cbc},
        {I::HmacMd5_96, E::AesCbc}, {I::HmacMd5_96, E::DesEde3Cbc}, {I::AesGmac, E::Null},
        {I::HmacSha1_96, E::Null},  {I::HmacMd5_96, E::Null}};
    return all;
}

}  // namespace ims::ipsec
