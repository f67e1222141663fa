#include "common/crypto/sealed_token.hpp"

#include "common/base/text.hpp"
#include "common/crypto/openssl.hpp"

#include <algorithm>
#include <span>
#include <vector>

namespace ims::crypto {

namespace {

constexpr std::size_t mac_octets = 10;
static_assert(2 * (mac_octets + 16) == sealed_token_digits);

std::vector<std::uint8_t> mac_of(const TokenKey& key, const TokenText& plain) {
    const std::string_view text{reinterpret_cast<const char*>(plain.data()), plain.size()};
    auto mac = hmac(HashAlgorithm::Sha256, std::span{key}.subspan(16), text);
    mac.resize(mac_octets);
    return mac;
}

Block key_stream(const TokenKey& key, std::span<const std::uint8_t> mac) {
    Key128 half{};
    std::copy_n(key.begin(), half.size(), half.begin());
    Block block{};
    std::copy(mac.begin(), mac.end(), block.begin());
    aes128_ecb(half, {&block, 1});
    return block;
}

}  // namespace

std::string seal_token(const TokenKey& key, const TokenText& plain) {
    auto octets = mac_of(key, plain);
    const auto stream = key_stream(key, octets);
    for (std::size_t i = 0; i < plain.size(); ++i)
        octets.push_back(static_cast<std::uint8_t>(plain[i] ^ stream[i]));
    return hex(octets);
}

std::optional<TokenText> open_token(const TokenKey& key, std::string_view token) {
    const auto octets = token.size() == sealed_token_digits ? unhex(token) : std::nullopt;
    if (!octets) return {};
    const auto mac = std::span{*octets}.first(mac_octets);
    const auto stream = key_stream(key, mac);
    TokenText plain{};
    for (std::size_t i = 0; i < plain.size(); ++i)
        plain[i] = static_cast<std::uint8_t>((*octets)[mac_octets + i] ^ stream[i]);
    const auto right = mac_of(key, plain);
    unsigned different = 0;
    for (std::size_t i = 0; i < mac_octets; ++i) different |= static_cast<unsigned>(right[i] ^ mac[i]);
    if (different != 0) return {};
    return plain;
}

}  // namespace ims::crypto
