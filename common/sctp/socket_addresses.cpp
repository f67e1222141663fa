#include "common/sctp/socket_addresses.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace ims::sctp {

namespace {

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <class Address>
void append(std::vector<char>& octets, const Address& address) {
    const auto* begin = reinterpret_cast<const char*>(&address);
    octets.insert(octets.end(), begin, begin + sizeof address);
}

}  // namespace

PackedAddresses::PackedAddresses(const SctpEndpoint& endpoint) {
    for (const auto& address : endpoint.addresses) {
        const auto octets = address.octets();
        if (address.is_v6()) {
            sockaddr_in6 in{};
            in.sin6_family = AF_INET6;
            in.sin6_port = htons(endpoint.port);
            std::memcpy(&in.sin6_addr, octets.data(), octets.size());
            append(octets_, in);
        } else {
            sockaddr_in in{};
            in.sin_family = AF_INET;
            in.sin_port = htons(endpoint.port);
            std::memcpy(&in.sin_addr, octets.data(), octets.size());
            append(octets_, in);
        }
        ++count_;
    }
}

IpEndpoint endpoint_of(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address, sizeof in);
        std::array<std::uint8_t, 4> octets{};
        std::memcpy(octets.data(), &in.sin_addr, octets.size());
        return {IpAddress::v4(octets), ntohs(in.sin_port)};
    }
    if (address.ss_family != AF_INET6) return {};
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &in.sin6_addr, octets.size());
    if (!std::equal(mapped.begin(), mapped.end(), octets.begin()))
        return {IpAddress::v6(octets), ntohs(in.sin6_port)};
    return {IpAddress::v4({octets[12], octets[13], octets[14], octets[15]}), ntohs(in.sin6_port)};
}

std::vector<IpEndpoint> endpoints_of(const sockaddr* packed, int count) {
    std::vector<IpEndpoint> all;
    const auto* at = reinterpret_cast<const char*>(packed);
    for (int i = 0; i < count; ++i) {
        sa_family_t family = 0;
        std::memcpy(&family, at + offsetof(sockaddr, sa_family), sizeof family);
        const auto size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
        sockaddr_storage one{};
        std::memcpy(&one, at, size);
        all.push_back(endpoint_of(one));
        at += size;
    }
    return all;
}

}  // namespace ims::sctp
