#pragma once
#include "common/sip/net/socket_address.hpp"
#include "common/sip/net/wire.hpp"

#include <array>
#include <deque>
#include <memory>
#include <string>

#include <boost/asio/ip/udp.hpp>

namespace ims::sip {

// One bound datagram socket. A readable socket is emptied in batches by recvmmsg, what is to be sent is
// collected and leaves by sendmmsg. ICMP errors come back through the socket's error queue with the head of
// the datagram they are about, which names the Transmit that failed (RFC 3261 18.4).
class UdpSocket : public std::enable_shared_from_this<UdpSocket> {
  public:
    UdpSocket(boost::asio::io_context& io, Wire& wire);
    ~UdpSocket();

    bool open(const IpEndpoint& at, std::string& why);
    void start() { await_readable(); }
    void close();

    const IpEndpoint& local() const { return local_; }
    void send(std::uint64_t transmit, Buffer bytes, const IpEndpoint& to);
    void flush();

  private:
    struct Queued {
        QueuedMessage out;
        IpEndpoint to;
    };
    static constexpr std::size_t batch = Wire::datagrams;
    static constexpr std::size_t remembered = 256;  // sent datagrams an ICMP error may still be about

    void await_readable();
    void await_writable();
    void drain();
    void deliver(std::string_view datagram, const sockaddr* from, Duration waited);
    void refuse(std::string_view datagram, const IpEndpoint& from, int status, std::string_view reason);
    bool read_errors();  // true if there were any
    void drop_front(std::string_view detail);
    void remember(Queued&& sent);

    Wire& wire_;
    boost::asio::ip::udp::socket socket_;
    IpEndpoint local_;
    std::deque<Queued> queue_;
    std::array<Queued, remembered> sent_;
    std::size_t sent_next_ = 0;
    bool awaiting_writable_ = false;
    struct Batch;
    std::unique_ptr<Batch> receiving_, sending_;
};

}  // namespace ims::sip
