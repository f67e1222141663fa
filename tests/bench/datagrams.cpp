#include "tests/bench/datagrams.hpp"

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

Datagrams::Datagrams(std::uint16_t port, IpEndpoint peer) : port_{port}, peer_{peer}, buffers_(batch) {
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

Datagrams::~Datagrams() {
    ::close(socket_);
}

void Datagrams::send(sip::Transmit transmit) {
    const auto* flow = std::get_if<sip::Flow>(&transmit.to);
    const auto from = flow != nullptr ? flow->local : *std::get<sip::Target>(transmit.to).local;
    outgoing_.push_back({from.address, std::move(transmit.bytes)});
    if (outgoing_.size() >= batch) flush();
}

void Datagrams::flush() {
    std::array<mmsghdr, batch> headers{};
    std::array<iovec, batch> vectors{};
    std::array<Control, batch> controls{};
    auto to = address_of(peer_);
    std::size_t done = 0;
    while (done < outgoing_.size()) {
        const std::size_t n = std::min(batch, outgoing_.size() - done);
        for (std::size_t i = 0; i < n; ++i) {
            auto& o = outgoing_[done + i];
            vectors[i] = {const_cast<char*>(o.octets->data()), o.octets->size()};  // which only reads them
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
            ++done;  // ECONNREFUSED of an earlier datagram: nobody listens
        }
    }
    outgoing_.clear();
}

void Datagrams::receive(const Sink& sink) {
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
            sink(sip::Received{sip::make_buffer({buffers_[k].data(), headers[k].msg_len}),
                               sip::Flow{sip::Transport::Udp, {IpAddress::v4(octets), port_}, peer_, 0}});
        }
        if (static_cast<std::size_t>(n) < batch) return;
    }
}

bool Datagrams::wait(int milliseconds) {
    pollfd p{socket_, POLLIN, 0};
    return ::poll(&p, 1, milliseconds) > 0;
}

}  // namespace ims::bench
