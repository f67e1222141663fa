#pragma once
#include <cstdint>
#include <span>

namespace ims::diameter::codec {

// libfdproto's word on octets that scan() has found sound: does it take them, with our dictionary? Private to
// common/diameter/codec.
bool libfdproto_accepts(std::span<const std::uint8_t> message);

}  // namespace ims::diameter::codec
