#include "common/base/ip.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace ims {

namespace {

// Four decimal numbers without leading zeros, as inet_pton wants them; on the way of every message.
std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
    std::array<std::uint8_t, 4> octets{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        if (i > 0 && (at == text.size() || text[at++] != '.')) return std::nullopt;
        const auto begin = at;
        unsigned value = 0;
        while (at < text.size() && is_digit(text[at]) && at - begin < 3)
            value = value * 10 + static_cast<unsigned>(text[at++] - '0');
        const auto digits = at - begin;
        if (digits == 0 || value > 255 || (digits > 1 && text[begin] == '0')) return std::nullopt;
        octets[i] = static_cast<std::uint8_t>(value);
    }
    if (at != text.size()) return std::nullopt;
    return octets;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (const auto octets = parse_v4(text)) return v4(*octets);
    std::array<char, INET6_ADDRSTRLEN> z{};
    if (text.empty() || text.size() >= z.size() || text.find(':') == std::string_view::npos ||
        text.find('\0') != std::string_view::npos)
        return std::nullopt;
    std::copy(text.begin(), text.end(), z.begin());
    IpAddress a;
    a.family_ = Family::V6;
    if (inet_pton(AF_INET6, z.data(), a.octets_.data()) == 1) return a;
    return std::nullopt;
}

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> octets) {
    IpAddress a;
    std::copy(octets.begin(), octets.end(), a.octets_.begin());
    return a;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> octets) {
    IpAddress a;
    a.family_ = Family::V6;
    a.octets_ = octets;
    return a;
}

bool IpAddress::is_loopback() const {
    if (!is_v6()) return octets_[0] == 127;
    return std::all_of(octets_.begin(), octets_.end() - 1, [](auto o) { return o == 0; }) && octets_[15] == 1;
}

bool IpAddress::is_unspecified() const {
    return std::all_of(octets_.begin(), octets_.end(), [](auto o) { return o == 0; });
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> z{};
    if (is_v6()) {
        inet_ntop(AF_INET6, octets_.data(), z.data(), z.size());
        return z.data();
    }
    auto* at = z.data();
    for (std::size_t i = 0; i < 4; ++i) {
        if (i > 0) *at++ = '.';
        at = std::to_chars(at, z.data() + z.size(), octets_[i]).ptr;
    }
    return {z.data(), at};
}

std::string IpAddress::uri_text() const {
    return is_v6() ? "[" + text() + "]" : text();
}

std::optional<IpAddress> address_literal(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    return IpAddress::parse(host);
}

std::optional<IpEndpoint> IpEndpoint::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto host = text.substr(0, colon);
    const auto port = parse_number(text.substr(colon + 1));
    if (!port || *port > 65535) return std::nullopt;
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = IpAddress::parse(host);
    if (!address || address->is_v6() != bracketed) return std::nullopt;
    return IpEndpoint{*address, static_cast<std::uint16_t>(*port)};
}

std::string IpEndpoint::text() const {
    auto text = address.uri_text();
    std::array<char, 6> z{':'};
    text.append(z.data(), std::to_chars(z.data() + 1, z.data() + z.size(), port).ptr);
    return text;
}

}  // namespace ims
