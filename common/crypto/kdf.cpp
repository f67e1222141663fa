#include "common/crypto/kdf.hpp"

#include "common/base/text.hpp"
#include "common/crypto/openssl.hpp"

#include <algorithm>
#include <cassert>

namespace ims::crypto {

std::array<std::uint8_t, 32> kdf(std::span<const std::uint8_t> key, std::uint8_t fc,
                                 std::initializer_list<std::span<const std::uint8_t>> parameters) {
    Octets s{fc};
    for (const auto parameter : parameters) {
        assert(parameter.size() <= 0xffff);  // B.2.1.2: the length is two octets
        s.insert(s.end(), parameter.begin(), parameter.end());
        s.push_back(static_cast<std::uint8_t>(parameter.size() >> 8));
        s.push_back(static_cast<std::uint8_t>(parameter.size() & 0xff));
    }
    const auto mac = hmac(HashAlgorithm::Sha256, key, text_of(s));
    std::array<std::uint8_t, 32> out{};
    std::copy_n(mac.begin(), out.size(), out.begin());
    return out;
}

}  // namespace ims::crypto
