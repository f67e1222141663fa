#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ims::crypto {

using Uuid = std::array<std::uint8_t, 16>;

std::optional<Uuid> parse_uuid(std::string_view text);  // "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", any case
std::string uuid_text(const Uuid& uuid);
// RFC 4122 4.3: version 5, of a name within a name space, by SHA-1.
Uuid name_based_uuid(const Uuid& name_space, std::string_view name);

}  // namespace ims::crypto
