#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ims::crypto {

// Sixteen octets as a short text that only the holder of the key can make, read or connect with another one:
// the MAC of the plain text is the start of the key stream (in the manner of RFC 5297), so that it needs no
// nonce. Equal plain texts give equal tokens.
using TokenKey = std::array<std::uint8_t, 32>;
using TokenText = std::array<std::uint8_t, 16>;
inline constexpr std::size_t sealed_token_digits = 52;

std::string seal_token(const TokenKey& key, const TokenText& plain);  // hexadecimal
std::optional<TokenText> open_token(const TokenKey& key, std::string_view token);

}  // namespace ims::crypto
