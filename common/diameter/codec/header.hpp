#pragma once
#include "common/base/text.hpp"
#include "common/diameter/codec/avp.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

// Numbers and octets of the headers of messages and AVPs (RFC 6733 3, 4.1). Private to common/diameter/codec.
namespace ims::diameter::codec {

inline constexpr std::size_t header_size = 20;
inline constexpr std::uint8_t flag_request = 0x80, flag_proxiable = 0x40, flag_error = 0x20,
                              flag_retransmitted = 0x10;
inline constexpr std::uint8_t avp_vendor = 0x80, avp_mandatory = 0x40, avp_reserved = 0x1f;

constexpr std::size_t avp_header_size(bool of_vendor) {
    return of_vendor ? 12 : 8;
}
constexpr std::size_t padded(std::size_t length) {  // 4: AVPs begin at multiples of four
    return (length + 3) & ~std::size_t{3};
}

inline std::uint32_t u24(std::span<const std::uint8_t> s) {
    return std::uint32_t{s[0]} << 16 | std::uint32_t{s[1]} << 8 | s[2];
}
inline std::uint32_t u32(std::span<const std::uint8_t> s) {
    return std::uint32_t{s[0]} << 24 | u24(s.subspan(1));
}
inline void put_u24(Octets& o, std::size_t at, std::size_t v) {
    for (std::size_t i = 0; i < 3; ++i) o[at + i] = static_cast<std::uint8_t>(v >> (16 - 8 * i));
}
inline void put_u32(Octets& o, std::size_t at, std::uint32_t v) {
    for (std::size_t i = 0; i < 4; ++i) o[at + i] = static_cast<std::uint8_t>(v >> (24 - 8 * i));
}

// The header of an AVP as we send it, at `at`, where there is room for it.
inline void put_avp_header(Octets& o, std::size_t at, const AvpDefinition& d, std::size_t length) {
    put_u32(o, at, d.code);
    o[at + 4] =
        static_cast<std::uint8_t>((d.vendor != 0 ? avp_vendor : 0) | (d.mandatory ? avp_mandatory : 0));
    put_u24(o, at + 5, length);
    if (d.vendor != 0) put_u32(o, at + 8, d.vendor);
}

}  // namespace ims::diameter::codec
