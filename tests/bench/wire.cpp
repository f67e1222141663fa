#include "tests/bench/wire.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ims::bench {
namespace {

sockaddr_in address_of(const IpEndpoint& e) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(e.port);
    std::memcpy(&a.sin_addr, e.address.octets().data(), 4);
    return a;
}

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

// Room for one in_pktinfo, aligned as the kernel wants it.
union Control {
    std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> octets;
    cmsghdr align;
};

}  // namespace

Wire::Wire(std::uint16_t port, IpEndpoint peer) : port_{port}, peer_{peer}, buffers_(batch) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) fail("socket");
    const int on = 1;
    const int size = 32 << 20;
    if (::setsockopt(socket_, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0) fail("IP_PKTINFO");
    // As root the limit of net.core.rmem_max does not bind; otherwise the smaller buffer will do.
    if (::setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    const auto local = address_of({IpAddress{}, port});
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) fail("bind");
}

Wire::~Wire() {
    ::close(socket_);
}

void Wire::send(IpAddress from, std::string octets) {
    outgoing_.push_back({from, std::move(octets)});
    if (outgoing_.size() >= batch) flush();
}

void Wire::flush() {
    std::array<mmsghdr, batch> headers{};
    std::array<iovec, batch> vectors{};
    std::array<Control, batch> controls{};
    auto to = address_of(peer_);
    std::size_t done = 0;
    while (done < outgoing_.size()) {
        const std::size_t n = std::min(batch, outgoing_.size() - done);
        for (std::size_t i = 0; i < n; ++i) {
            auto& o = outgoing_[done + i];
            vectors[i] = {o.octets.data(), o.octets.size()};
            auto& h = headers[i].msg_hdr;
            h = {};
            h.msg_name = &to;
            h.msg_namelen = sizeof to;
            h.msg_iov = &vectors[i];
            h.msg_iovlen = 1;
            h.msg_control = controls[i].octets.data();
            h.msg_controllen = controls[i].octets.size();
            auto* c = CMSG_FIRSTHDR(&h);
            c->cmsg_level = IPPROTO_IP;
            c->cmsg_type = IP_PKTINFO;
            c->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
            in_pktinfo info{};
            std::memcpy(&info.ipi_spec_dst, o.from.octets().data(), 4);
            std::memcpy(CMSG_DATA(c), &info, sizeof info);
        }
        const int sent = ::sendmmsg(socket_, headers.data(), static_cast<unsigned>(n), 0);
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            pollfd p{socket_, POLLOUT, 0};
            ::poll(&p, 1, 10);
        } else {
            ++refused_;  // ECONNREFUSED of an earlier datagram: nobody listens
            ++done;
        }
    }
    outgoing_.clear();
}

void Wire::receive(const std::function<void(IpAddress, std::string_view)>& sink) {
    std::array<mmsghdr, batch> headers{};
    std::array<iovec, batch> vectors{};
    std::array<Control, batch> controls{};
    for (;;) {
        for (std::size_t i = 0; i < batch; ++i) {
            vectors[i] = {buffers_[i].data(), buffers_[i].size()};
            auto& h = headers[i].msg_hdr;
            h = {};
            h.msg_iov = &vectors[i];
            h.msg_iovlen = 1;
            h.msg_control = controls[i].octets.data();
            h.msg_controllen = controls[i].octets.size();
        }
        const int n = ::recvmmsg(socket_, headers.data(), batch, 0, nullptr);
        if (n <= 0) return;
        for (int i = 0; i < n; ++i) {
            const auto k = static_cast<std::size_t>(i);
            auto* c = CMSG_FIRSTHDR(&headers[k].msg_hdr);
            if (c == nullptr || c->cmsg_type != IP_PKTINFO) continue;
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(c), sizeof info);
            std::array<std::uint8_t, 4> octets{};
            std::memcpy(octets.data(), &info.ipi_addr, 4);
            sink(IpAddress::v4(octets), {buffers_[k].data(), headers[k].msg_len});
        }
        if (static_cast<std::size_t>(n) < batch) return;
    }
}

bool Wire::wait(int milliseconds) const {
    pollfd p{socket_, POLLIN, 0};
    return ::poll(&p, 1, milliseconds) > 0;
}

}  // namespace ims::bench
