#include "common/crypto/uuid.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <cstdlib>

#include <openssl/evp.h>

namespace ims::crypto {

std::optional<Uuid> parse_uuid(std::string_view text) {
    constexpr std::array<std::size_t, 4> hyphens{8, 13, 18, 23};
    if (text.size() != 36) return {};
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool hyphen = std::find(hyphens.begin(), hyphens.end(), i) != hyphens.end();
        if ((text[i] == '-') != hyphen) return {};
        if (!hyphen) digits += text[i];
    }
    const auto octets = unhex(digits);
    if (!octets) return {};
    Uuid uuid{};
    std::copy(octets->begin(), octets->end(), uuid.begin());
    return uuid;
}

std::string uuid_text(const Uuid& uuid) {
    auto text = hex(uuid);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
    return text;
}

Uuid name_based_uuid(const Uuid& name_space, std::string_view name) {
    std::string text{name_space.begin(), name_space.end()};
    text += name;
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha1(), nullptr) != 1) std::abort();
    Uuid uuid{};
    std::copy_n(digest.begin(), uuid.size(), uuid.begin());
    uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0F) | 0x50);
    uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3F) | 0x80);
    return uuid;
}

}  // namespace ims::crypto
