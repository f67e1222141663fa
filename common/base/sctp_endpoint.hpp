#pragma once
#include "common/base/ip.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims {

// An SCTP endpoint (RFC 9260 1.3): one port at one or more addresses, of which the first one stands for all
// where only one can be said. As text "192.0.2.1,198.51.100.1:5060" or "192.0.2.1,[2001:db8::1]:5060".
struct SctpEndpoint {
    std::vector<IpAddress> addresses;
    std::uint16_t port = 0;

    static std::optional<SctpEndpoint> parse(std::string_view text);
    IpEndpoint first() const { return {addresses.empty() ? IpAddress{} : addresses.front(), port}; }
    std::string text() const;
    bool operator==(const SctpEndpoint&) const = default;
};

}  // namespace ims
