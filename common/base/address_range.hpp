#pragma once
#include "common/base/ip.hpp"

#include <optional>
#include <string_view>

namespace ims {

// "192.0.2.0/24", "2001:db8::/32" or one address.
struct AddressRange {
    IpAddress address;
    unsigned prefix = 128;
    static std::optional<AddressRange> parse(std::string_view text);
    bool contains(const IpAddress& a) const;
};

}  // namespace ims
