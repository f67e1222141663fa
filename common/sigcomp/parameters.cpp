#include "common/sigcomp/parameters.hpp"

#include <algorithm>

namespace ims::sigcomp {

namespace {

// 1024 * 2^code, and 0 for code 0.
std::optional<unsigned> memory_code(std::uint32_t octets) {
    if (octets == 0) return 0;
    for (unsigned code = 1; code < 8; ++code)
        if (octets == 1024u << code) return code;
    return std::nullopt;
}

std::optional<unsigned> cycles_code(std::uint32_t cycles) {
    for (unsigned code = 0; code < 4; ++code)
        if (cycles == 16u << code) return code;
    return std::nullopt;
}

}  // namespace

bool valid(const Parameters& p) {
    return cycles_code(p.cycles_per_bit) && memory_code(p.decompression_memory_size).value_or(0) != 0 &&
           memory_code(p.state_memory_size) && p.version >= 1;
}

std::uint8_t parameters_octet(const Parameters& p) {
    return static_cast<std::uint8_t>(cycles_code(p.cycles_per_bit).value_or(0) << 6 |
                                     memory_code(p.decompression_memory_size).value_or(1) << 3 |
                                     memory_code(p.state_memory_size).value_or(0));
}

std::uint32_t udvm_memory_size(std::uint32_t decompression_memory_size, TransportKind kind,
                               std::size_t message_octets) {
    if (message_octets >= decompression_memory_size) return 0;
    const auto size = kind == TransportKind::StreamBased
                          ? decompression_memory_size / 2
                          : decompression_memory_size - static_cast<std::uint32_t>(message_octets);
    return std::min<std::uint32_t>(size, 65536);
}

void read_parameters_octet(std::uint8_t octet, ReturnedParameters& into) {
    const unsigned dms = octet >> 3 & 7u;
    const unsigned sms = octet & 7u;
    if (octet == 0 || dms == 0) return;
    into.cycles_per_bit = 16u << (octet >> 6);
    into.decompression_memory_size = 1024u << dms;
    into.state_memory_size = sms == 0 ? 0 : 1024u << sms;
}

}  // namespace ims::sigcomp
