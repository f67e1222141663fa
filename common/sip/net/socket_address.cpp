#include "common/sip/net/socket_address.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>

namespace ims::sip {

socklen_t SocketAddress::assign(const IpEndpoint& e) {
    const auto octets = e.address.octets();
    if (e.address.is_v6()) {
        sockaddr_in6 a{};
        a.sin6_family = AF_INET6;
        a.sin6_port = htons(e.port);
        std::memcpy(&a.sin6_addr, octets.data(), octets.size());
        std::memcpy(&storage, &a, sizeof a);
        length = sizeof a;
    } else {
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_port = htons(e.port);
        std::memcpy(&a.sin_addr, octets.data(), octets.size());
        std::memcpy(&storage, &a, sizeof a);
        length = sizeof a;
    }
    return length;
}

IpEndpoint endpoint_of(const sockaddr* address) {
    if (address->sa_family == AF_INET6) {
        sockaddr_in6 a{};
        std::memcpy(&a, address, sizeof a);
        std::array<std::uint8_t, 16> octets{};
        std::memcpy(octets.data(), &a.sin6_addr, octets.size());
        return {IpAddress::v6(octets), ntohs(a.sin6_port)};
    }
    sockaddr_in a{};
    std::memcpy(&a, address, sizeof a);
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &a.sin_addr, octets.size());
    return {IpAddress::v4(octets), ntohs(a.sin_port)};
}

boost::asio::ip::address asio_address(const IpAddress& a) {
    const auto octets = a.octets();
    if (a.is_v6()) {
        boost::asio::ip::address_v6::bytes_type bytes;
        std::copy(octets.begin(), octets.end(), bytes.begin());
        return boost::asio::ip::address_v6{bytes};
    }
    boost::asio::ip::address_v4::bytes_type bytes;
    std::copy(octets.begin(), octets.end(), bytes.begin());
    return boost::asio::ip::address_v4{bytes};
}

IpAddress address_of(const boost::asio::ip::address& a) {
    return a.is_v6() ? IpAddress::v6(a.to_v6().to_bytes()) : IpAddress::v4(a.to_v4().to_bytes());
}

}  // namespace ims::sip
