#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ims {

// An IPv4 or IPv6 address as a value: no sockets, no names. IPv4 uses the first four octets.
class IpAddress {
  public:
    enum class Family : std::uint8_t { V4, V6 };

    IpAddress() = default;                                         // 0.0.0.0
    static std::optional<IpAddress> parse(std::string_view text);  // no brackets, no zone, no port
    static IpAddress v4(std::array<std::uint8_t, 4> octets);
    static IpAddress v6(std::array<std::uint8_t, 16> octets);

    Family family() const { return family_; }
    bool is_v6() const { return family_ == Family::V6; }
    bool is_loopback() const;
    bool is_unspecified() const;
    // In network order; a view into this address, so never of a temporary.
    std::span<const std::uint8_t> octets() const& { return {octets_.data(), is_v6() ? 16U : 4U}; }
    std::span<const std::uint8_t> octets() const&& = delete;

    std::string text() const;      // RFC 5952
    std::string uri_text() const;  // the same, an IPv6 address in brackets (RFC 3261 25.1 IPv6reference)

    auto operator<=>(const IpAddress&) const = default;

  private:
    std::array<std::uint8_t, 16> octets_{};
    Family family_ = Family::V4;
};

// The address that an IP literal in a URI or Via names, an IPv6 one in brackets; nothing for a host name.
std::optional<IpAddress> address_literal(std::string_view host);

// An address with a port. `text()` is "192.0.2.1:5060" or "[2001:db8::1]:5060".
struct IpEndpoint {
    IpAddress address;
    std::uint16_t port = 0;

    static std::optional<IpEndpoint> parse(std::string_view text);  // as text() writes it
    std::string text() const;
    auto operator<=>(const IpEndpoint&) const = default;
};

}  // namespace ims

template <>
struct std::hash<ims::IpAddress> {
    std::size_t operator()(const ims::IpAddress& a) const noexcept {
        const auto o = a.octets();
        return std::hash<std::string_view>{}({reinterpret_cast<const char*>(o.data()), o.size()});
    }
};
template <>
struct std::hash<ims::IpEndpoint> {
    std::size_t operator()(const ims::IpEndpoint& e) const noexcept {
        return std::hash<ims::IpAddress>{}(e.address) * 31 + e.port;
    }
};
