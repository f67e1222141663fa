#include "common/diameter/codec/writer.hpp"

#include "common/diameter/codec/header.hpp"

#include <algorithm>
#include <array>

namespace ims::diameter::codec {

namespace {

template <class Number>
std::array<std::uint8_t, sizeof(Number)> big_endian(Number v) {
    std::array<std::uint8_t, sizeof(Number)> octets{};
    for (std::size_t i = 0; i < octets.size(); ++i)
        octets[i] = static_cast<std::uint8_t>(v >> (8 * (octets.size() - 1 - i)));
    return octets;
}

}  // namespace

// RFC 6733 4.1: code, flags, length with this header and without padding, vendor; then the value, padded.
void Writer::put(Avp id, std::span<const std::uint8_t> value) {
    const auto& d = definition(id);
    const auto header = avp_header_size(d.vendor != 0);
    const auto at = message_.size();
    message_.resize(at + padded(header + value.size()));
    put_avp_header(message_, at, d, header + value.size());
    std::copy(value.begin(), value.end(), message_.begin() + static_cast<std::ptrdiff_t>(at + header));
}

void Writer::put(Avp id, std::uint32_t v) {
    put(id, std::span<const std::uint8_t>{big_endian(v)});
}

void Writer::put(Avp id, std::uint64_t v) {
    put(id, std::span<const std::uint8_t>{big_endian(v)});
}

// RFC 6733 4.3.1 Address: the family of IANA's Address Family Numbers, then the address.
void Writer::put(Avp id, const IpAddress& v) {
    std::array<std::uint8_t, 18> octets{};
    octets[1] = v.is_v6() ? 2 : 1;
    const auto address = v.octets();
    std::copy(address.begin(), address.end(), octets.begin() + 2);
    put(id, std::span<const std::uint8_t>{octets}.first(2 + address.size()));
}

void Writer::mandatory_bit(bool mandatory) {
    if (mandatory) message_[group_ + 4] |= avp_mandatory;
}

std::size_t Writer::begin(Avp id) {
    const auto at = message_.size();
    put(id, std::span<const std::uint8_t>{});
    return at;
}

void Writer::end(std::size_t at) {
    put_u24(message_, at + 5, message_.size() - at);
}

}  // namespace ims::diameter::codec
