#pragma once
#include <cstddef>
#include <cstdint>

// The Diameter header's numbers (RFC 6733 3). Private to common/diameter/codec.
namespace ims::diameter::codec {

inline constexpr std::size_t header_size = 20;
inline constexpr std::uint8_t flag_request = 0x80, flag_proxiable = 0x40, flag_error = 0x20,
                              flag_retransmitted = 0x10;

}  // namespace ims::diameter::codec
