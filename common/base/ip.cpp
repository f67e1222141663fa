#include "common/base/ip.hpp"

#include "common/base/text.hpp"

#include <algorithm>

#include <arpa/inet.h>

namespace ims {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> z{};
    if (text.empty() || text.size() >= z.size() || text.find('\0') != std::string_view::npos)
        return std::nullopt;
    std::copy(text.begin(), text.end(), z.begin());
    IpAddress a;
    if (inet_pton(AF_INET, z.data(), a.octets_.data()) == 1) return a;
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
    inet_ntop(is_v6() ? AF_INET6 : AF_INET, octets_.data(), z.data(), z.size());
    return z.data();
}

std::string IpAddress::uri_text() const {
    return is_v6() ? "[" + text() + "]" : text();
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
    return address.uri_text() + ":" + std::to_string(port);
}

}  // namespace ims
