#include "common/sip/net/udp_socket.hpp"

#include "common/sip/net/refusal.hpp"
#include "common/sip/net/stun.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <boost/asio/ip/v6_only.hpp>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ims::sip {

namespace {

// Since the kernel took the datagram in. It stamps by the clock of the day, which may be set at any time.
Duration waited(msghdr& header, std::chrono::system_clock::time_point now) {
    for (auto* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec at{};
        std::memcpy(&at, CMSG_DATA(c), sizeof at);
        const auto since =
            now.time_since_epoch() - std::chrono::seconds{at.tv_sec} - std::chrono::nanoseconds{at.tv_nsec};
        return std::max<Duration>(std::chrono::duration_cast<Duration>(since), Duration::zero());
    }
    return {};
}

std::string error_text(int error) {
    return std::error_code{error, std::system_category()}.message();
}

}  // namespace

struct UdpSocket::Batch {
    std::array<mmsghdr, batch> headers{};
    std::array<iovec, batch> parts{};
    std::array<SocketAddress, batch> addresses{};
    // SCM_TIMESTAMPNS, of what is received
    struct alignas(cmsghdr) Control {
        char octets[CMSG_SPACE(sizeof(timespec))];
    };
    std::array<Control, batch> controls{};
};

UdpSocket::UdpSocket(boost::asio::io_context& io, Wire& wire)
    : wire_{wire}, socket_{io}, receiving_{std::make_unique<Batch>()}, sending_{std::make_unique<Batch>()} {
    for (std::size_t i = 0; i < batch; ++i) {
        for (auto* b : {receiving_.get(), sending_.get()}) {
            auto& header = b->headers[i].msg_hdr;
            header.msg_iov = &b->parts[i];
            header.msg_iovlen = 1;
            header.msg_name = b->addresses[i].data();
        }
        receiving_->headers[i].msg_hdr.msg_control = receiving_->controls[i].octets;
        receiving_->parts[i] = {wire_.scratch.get() + i * Wire::largest_datagram, Wire::largest_datagram};
    }
}
UdpSocket::~UdpSocket() = default;

bool UdpSocket::open(const IpEndpoint& at, std::string& why) {
    boost::system::error_code error;
    const auto endpoint = asio_endpoint<boost::asio::ip::udp>(at);
    socket_.open(endpoint.protocol(), error);
    if (!error && at.address.is_v6()) socket_.set_option(boost::asio::ip::v6_only{true}, error);
    if (!error) socket_.bind(endpoint, error);
    if (!error) socket_.non_blocking(true, error);
    if (!error) local_ = endpoint_of(socket_.local_endpoint(error));
    if (error) {
        why = error.message();
        return false;
    }
    const int fd = socket_.native_handle();
    const int size = wire_.config.socket_buffer;
    // Best effort: the kernel caps both silently, and an error queue it refuses only means slower fail-over.
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (at.address.is_v6())
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    else
        ::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
    return true;
}

void UdpSocket::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void UdpSocket::await_readable() {
    socket_.async_wait(boost::asio::ip::udp::socket::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (error || !self->socket_.is_open()) return;
                           self->drain();
                           if (self->socket_.is_open()) self->await_readable();
                       });
}

// One batch, then the rest of the loop has its turn: answers leave, timers and connections are looked after.
void UdpSocket::drain() {
    for (auto& header : receiving_->headers) {
        header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
        header.msg_hdr.msg_controllen = sizeof(Batch::Control);
    }
    const int n =
        ::recvmmsg(socket_.native_handle(), receiving_->headers.data(), batch, MSG_DONTWAIT, nullptr);
    if (n < 0) {
        read_errors();  // an ICMP error woke us; the datagrams behind it will again
        return;
    }
    const Turn::Scope turn{wire_.turn};
    const auto now = std::chrono::system_clock::now();
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i)
        deliver({static_cast<const char*>(receiving_->parts[i].iov_base), receiving_->headers[i].msg_len},
                receiving_->addresses[i].data(), waited(receiving_->headers[i].msg_hdr, now));
}

void UdpSocket::deliver(std::string_view datagram, const sockaddr* from, Duration waited) {
    ++wire_.counters.of(Transport::Udp).received;
    wire_.counters.octets_received += datagram.size();
    if (is_keepalive(datagram)) {
        ++wire_.counters.keepalives;
        return;
    }
    const auto remote = endpoint_of(from);
    if (stun::is_message(datagram)) {
        ++wire_.counters.keepalives;
        if (auto answer = stun::answer(datagram, remote)) send(0, make_buffer(std::move(*answer)), remote);
        return;
    }
    if (datagram.size() > wire_.config.message_octets)
        return refuse(datagram, remote, 513, "Message Too Large");
    if (wire_.config.header_lines < Limits{}.header_lines &&
        count_header_lines(datagram, wire_.config.header_lines) > wire_.config.header_lines)
        return refuse(datagram, remote, 400, "Too Many Headers");
    wire_.received(make_buffer(std::string{datagram}), Flow{Transport::Udp, local_, remote, 0}, waited);
}

void UdpSocket::refuse(std::string_view datagram, const IpEndpoint& from, int status,
                       std::string_view reason) {
    ++wire_.counters.refused;
    wire_.note(Note{Severity::Warning, "sip.net.datagram.refused"}
                   .with("peer", from.text())
                   .with("status", std::to_string(status))
                   .with("reason", std::string{reason}));
    // RFC 3261 18.2.2 without a maddr; RFC 3581 4 is what nearly everybody asks for, and the source is right
    // for both unless a peer without rport sends from another port than it listens on.
    if (auto answer = refusal(datagram, status, reason)) send(0, make_buffer(std::move(*answer)), from);
}

void UdpSocket::send(std::uint64_t transmit, Buffer bytes, const IpEndpoint& to) {
    if (queue_.size() >= wire_.config.datagram_queue) return wire_.failed(transmit, "send queue full");
    queue_.push_back({{transmit, std::move(bytes)}, to});
    if (!awaiting_writable_) wire_.flush_soon();
}

void UdpSocket::flush() {
    if (awaiting_writable_ || !socket_.is_open()) return;
    while (!queue_.empty()) {
        const auto count = std::min(queue_.size(), batch);
        for (std::size_t i = 0; i < count; ++i) {
            const auto& queued = queue_[i];
            sending_->headers[i].msg_hdr.msg_namelen = sending_->addresses[i].assign(queued.to);
            // iovec has no const; sendmmsg only reads.
            sending_->parts[i] = {const_cast<char*>(queued.out.bytes->data()), queued.out.bytes->size()};
        }
        const int n = ::sendmmsg(socket_.native_handle(), sending_->headers.data(),
                                 static_cast<unsigned>(count), MSG_DONTWAIT);
        if (n < 0) {
            const int error = errno;
            if (error == EAGAIN || error == ENOBUFS) return await_writable();
            if (error == EINTR) continue;
            if (read_errors()) continue;  // it was about an earlier datagram, and is told only once
            drop_front(error_text(error));
            continue;
        }
        for (int i = 0; i < n; ++i) {
            ++wire_.counters.of(Transport::Udp).sent;
            wire_.counters.octets_sent += queue_.front().out.bytes->size();
            remember(std::move(queue_.front()));
            queue_.pop_front();
        }
    }
}

void UdpSocket::drop_front(std::string_view detail) {
    wire_.failed(queue_.front().out.transmit, detail);
    queue_.pop_front();
}

void UdpSocket::await_writable() {
    awaiting_writable_ = true;
    socket_.async_wait(boost::asio::ip::udp::socket::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           self->awaiting_writable_ = false;
                           if (!error) self->flush();
                       });
}

void UdpSocket::remember(Queued&& sent) {
    if (sent.out.transmit == 0) return;
    sent_[sent_next_] = std::move(sent);
    sent_next_ = (sent_next_ + 1) % remembered;
}

bool UdpSocket::read_errors() {
    bool told = false;
    std::array<char, 1024> head{};
    std::array<char, 512> control{};
    while (true) {
        sockaddr_storage to{};
        iovec part{head.data(), head.size()};
        msghdr header{};
        header.msg_name = &to;
        header.msg_namelen = sizeof to;
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        const auto n = ::recvmsg(socket_.native_handle(), &header, MSG_ERRQUEUE | MSG_DONTWAIT);
        if (n < 0) return told;
        told = true;
        int error = 0;
        for (auto* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
            const bool ours = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                              (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
            if (!ours) continue;
            sock_extended_err extended{};
            std::memcpy(&extended, CMSG_DATA(c), sizeof extended);
            error = static_cast<int>(extended.ee_errno);
        }
        if (error == 0 || error == EMSGSIZE) continue;  // a smaller path MTU is dealt with by fragmentation
        const std::string_view quoted{head.data(), static_cast<std::size_t>(n)};
        const auto remote = endpoint_of(reinterpret_cast<const sockaddr*>(&to));
        for (auto& sent : sent_) {
            if (sent.out.transmit == 0 || sent.to != remote || quoted.size() < 64) continue;
            if (!std::string_view{*sent.out.bytes}.starts_with(quoted)) continue;
            wire_.failed(sent.out.transmit, error_text(error));
            sent = {};
            break;
        }
    }
}

}  // namespace ims::sip
