#pragma once
#include "common/base/ip.hpp"

#include <optional>
#include <string>
#include <string_view>

// The STUN server that an edge proxy is on its SIP ports, for keep-alives only (RFC 5626 5.4 and 8, RFC
// 5389): Binding requests without authentication are answered with the address they came from.
namespace ims::sip::stun {

// RFC 5389 6: two zero bits and the magic cookie tell STUN from SIP.
bool is_message(std::string_view datagram);

// The answer to a Binding request: success with XOR-MAPPED-ADDRESS, or 420 for attributes that must be
// understood and are not (7.3.1). Nothing for everything else.
std::optional<std::string> answer(std::string_view datagram, const IpEndpoint& from);

}  // namespace ims::sip::stun
