#pragma once
#include "common/base/ip.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <netinet/in.h>

// IpEndpoint to and from what sockets want.
namespace ims::sip {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = sizeof(sockaddr_storage);

    SocketAddress() = default;
    explicit SocketAddress(const IpEndpoint& e) { assign(e); }
    socklen_t assign(const IpEndpoint& e);  // its length
    sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }
    const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
};
IpEndpoint endpoint_of(const sockaddr* address);

boost::asio::ip::address asio_address(const IpAddress& a);
IpAddress address_of(const boost::asio::ip::address& a);

template <class Protocol>
boost::asio::ip::basic_endpoint<Protocol> asio_endpoint(const IpEndpoint& e) {
    return {asio_address(e.address), e.port};
}
template <class Protocol>
IpEndpoint endpoint_of(const boost::asio::ip::basic_endpoint<Protocol>& e) {
    return {address_of(e.address()), e.port()};
}

}  // namespace ims::sip
