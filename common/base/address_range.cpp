#include "common/base/address_range.hpp"

#include "common/base/text.hpp"

namespace ims {

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return {};
    const unsigned longest = address->is_v6() ? 128 : 32;
    if (slash == std::string_view::npos) return AddressRange{*address, longest};
    const auto prefix = parse_number(text.substr(slash + 1));
    if (!prefix || *prefix > longest) return {};
    return AddressRange{*address, static_cast<unsigned>(*prefix)};
}

bool AddressRange::contains(const IpAddress& a) const {
    if (a.family() != address.family()) return false;
    const auto mine = address.octets();
    const auto other = a.octets();
    unsigned left = prefix;
    for (std::size_t i = 0; left > 0 && i < mine.size(); ++i) {
        const unsigned bits = left < 8 ? left : 8;
        const unsigned mask = (0xFFU << (8 - bits)) & 0xFFU;
        if ((mine[i] & mask) != (other[i] & mask)) return false;
        left -= bits;
    }
    return true;
}

}  // namespace ims
