#include "common/ipsec/kernel/encapsulation.hpp"

#include "common/ipsec/kernel/kernel.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ims::ipsec {

namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress socket_address(const IpAddress& address, std::uint16_t port) {
    SocketAddress a;
    const auto octets = address.octets();
    if (address.is_v6()) {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
        std::memcpy(&a.storage, &v6, sizeof v6);
        a.length = sizeof v6;
    } else {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&v4.sin_addr, octets.data(), octets.size());
        std::memcpy(&a.storage, &v4, sizeof v4);
        a.length = sizeof v4;
    }
    return a;
}

}  // namespace

Result<EncapsulationPort, Failure> EncapsulationPort::open(const IpAddress& own) {
    const auto failed = [&](int error) {
        return Failure{
            error == EADDRINUSE ? Failure::Kind::Exists : Failure::Kind::Other,
            "UDP port " + std::to_string(number) + " of " + own.text() + ": " + std::strerror(error)};
    };
    const int descriptor =
        ::socket(own.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return failed(errno);
    EncapsulationPort port{descriptor};
    const int smallest = 1;  // nobody reads
    static_cast<void>(::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest));
    const auto at = socket_address(own, number);
    if (::bind(descriptor, at.get(), at.length) < 0) return failed(errno);
    if (auto failure = take_esp_from_udp(descriptor)) return std::move(*failure);
    return port;
}

EncapsulationPort::~EncapsulationPort() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void EncapsulationPort::keep_alive(const IpAddress& peer) const {
    const auto to = socket_address(peer, number);
    const std::uint8_t octet = 0xff;
    // What is lost the next one makes good.
    static_cast<void>(::sendto(descriptor_, &octet, sizeof octet, 0, to.get(), to.length));
}

}  // namespace ims::ipsec
