#pragma once
#include "common/sip/locate/locator.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ims::sip::dns {

std::uint16_t type_number(Type t);  // RFC 1035 3.2.2, RFC 3596, RFC 2782, RFC 3403

// The records of type `t` in the answer section of a DNS message (RFC 1035 4); nothing if it is malformed.
std::optional<std::vector<Record>> parse_answer(std::span<const std::uint8_t> message, Type t);

}  // namespace ims::sip::dns
