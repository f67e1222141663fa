#include "tests/kernel/ipsec/world.hpp"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace ims::test {

namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    explicit Address(const IpEndpoint& e) {
        const auto octets = e.address.octets();
        if (e.address.is_v6()) {
            auto* a = reinterpret_cast<sockaddr_in6*>(&storage);
            a->sin6_family = AF_INET6;
            a->sin6_port = htons(e.port);
            std::memcpy(&a->sin6_addr, octets.data(), octets.size());
            length = sizeof *a;
        } else {
            auto* a = reinterpret_cast<sockaddr_in*>(&storage);
            a->sin_family = AF_INET;
            a->sin_port = htons(e.port);
            std::memcpy(&a->sin_addr, octets.data(), octets.size());
            length = sizeof *a;
        }
    }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Descriptor bound(const Host& host, const IpEndpoint& own, int type) {
    return host.in([&] {
        Descriptor socket{::socket(own.address.is_v6() ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0)};
        REQUIRE(*socket >= 0);
        const int on = 1;
        setsockopt(*socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const Address address{own};
        INFO("bind to " << own.text());
        REQUIRE(bind(*socket, address.get(), address.length) == 0);
        return socket;
    });
}

bool ready(const Descriptor& socket, short events, int milliseconds) {
    pollfd p{*socket, events, 0};
    return poll(&p, 1, milliseconds) == 1;
}

std::string receive_within(const Descriptor& socket, int milliseconds) {
    if (!ready(socket, POLLIN, milliseconds)) return {};
    std::array<char, 4096> text{};
    const auto n = recv(*socket, text.data(), text.size(), 0);
    return n < 0 ? std::string{"error: "} + std::strerror(errno) : std::string(text.data(), std::size_t(n));
}

}  // namespace

Descriptor udp(const Host& host, const IpEndpoint& own) {
    return bound(host, own, SOCK_DGRAM);
}

bool send(const Descriptor& socket, const IpEndpoint& to, std::string_view text) {
    const Address address{to};
    return sendto(*socket, text.data(), text.size(), 0, address.get(), address.length) ==
           ssize_t(text.size());
}

std::string receive(const Descriptor& socket) {
    return receive_within(socket, 2000);
}

std::string nothing(const Descriptor& socket) {
    return receive_within(socket, 200);
}

Descriptor tcp_listener(const Host& host, const IpEndpoint& own) {
    auto socket = bound(host, own, SOCK_STREAM);
    REQUIRE(listen(*socket, 8) == 0);
    return socket;
}

std::string tcp(const Host& from, const IpEndpoint& own, const IpEndpoint& to, const Descriptor& listener) {
    auto client = bound(from, own, SOCK_STREAM);
    // At the end with RST, not TIME_WAIT: the next test has the same ports.
    const linger at_once{1, 0};
    setsockopt(*client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    const timeval two_seconds{2, 0};
    setsockopt(*client, SOL_SOCKET, SO_SNDTIMEO, &two_seconds, sizeof two_seconds);
    const Address address{to};
    if (connect(*client, address.get(), address.length) != 0)
        return std::string{"connect: "} + std::strerror(errno);
    if (!ready(listener, POLLIN, 2000)) return "nothing to accept";
    const Descriptor server{accept(*listener, nullptr, nullptr)};
    for (const auto& [one, other] : {std::pair{*client, *server}, std::pair{*server, *client}}) {
        if (::send(one, "over TCP", 8, 0) != 8) return std::string{"send: "} + std::strerror(errno);
        pollfd p{other, POLLIN, 0};
        std::array<char, 16> text{};
        if (poll(&p, 1, 2000) != 1 || recv(other, text.data(), text.size(), 0) != 8) return "nothing came";
    }
    // Nothing is left to be said when it has come: a FIN of the server, sent again later, would meet the next
    // test's associations, or none.
    { const Descriptor closed{std::move(client)}; }
    pollfd p{*server, POLLIN, 0};
    char octet = 0;
    if (poll(&p, 1, 2000) != 1 || recv(*server, &octet, 1, 0) != -1 || errno != ECONNRESET)
        return "no RST came";
    return {};
}

Wire::Wire(const Host& host, const std::string& interface) {
    host.in([&] {
        socket_ = Descriptor{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL))};
        interface_ = int(if_nametoindex(interface.c_str()));
    });
    REQUIRE(*socket_ >= 0);
    REQUIRE(interface_ > 0);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = interface_;
    REQUIRE(bind(*socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

std::vector<Frame> Wire::sent() {
    std::vector<Frame> frames;
    while (ready(socket_, POLLIN, 0)) {
        Octets octets(2048);
        sockaddr_ll from{};
        socklen_t length = sizeof from;
        const auto n =
            recvfrom(*socket_, octets.data(), octets.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
        if (n < ETH_HLEN + 20 || from.sll_pkttype != PACKET_OUTGOING) continue;
        const int type = octets[12] << 8 | octets[13];
        if (type != ETH_P_IP && type != ETH_P_IPV6) continue;  // ARP
        Frame frame{{octets.begin() + ETH_HLEN, octets.begin() + n}};
        if (frame.protocol() == IPPROTO_ICMPV6 || frame.protocol() == IPPROTO_HOPOPTS)
            continue;  // neighbours
        link_header_.assign(octets.begin(), octets.begin() + ETH_HLEN);
        frames.push_back(std::move(frame));
    }
    return frames;
}

void Wire::send(const Host& host, const Frame& frame) {
    host.in([&] {
        auto octets = link_header_;
        octets.insert(octets.end(), frame.octets.begin(), frame.octets.end());
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_ifindex = interface_;
        REQUIRE(sendto(*socket_, octets.data(), octets.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                       sizeof address) == ssize_t(octets.size()));
    });
}

int Frame::protocol() const {
    return octets[0] >> 4 == 6 ? octets[6] : octets[9];
}

IpEndpoint Frame::destination() const {
    const bool v6 = octets[0] >> 4 == 6;
    const std::size_t header = v6 ? 40 : 20;
    IpEndpoint to;
    to.port = std::uint16_t(octets[header + 2] << 8 | octets[header + 3]);
    if (v6) {
        std::array<std::uint8_t, 16> a{};
        std::copy_n(octets.begin() + 24, a.size(), a.begin());
        to.address = IpAddress::v6(a);
    } else {
        std::array<std::uint8_t, 4> a{};
        std::copy_n(octets.begin() + 16, a.size(), a.begin());
        to.address = IpAddress::v4(a);
    }
    return to;
}

}  // namespace ims::test
