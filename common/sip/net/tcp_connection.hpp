#pragma once
#include "common/sip/message/framer.hpp"
#include "common/sip/net/wire.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ims::sip {

// One TCP connection, accepted or opened (RFC 3261 18.3, RFC 5626 4.4.1).
//
//   Connecting --connected--> Open --broken stream, error answered--> Closing --written or 2 s--> Closed
//        \--refused, timeout--> Closed  <--peer closed, reset, idle, write queue full--/
class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
  public:
    enum class State { Connecting, Open, Closing, Closed };

    TcpConnection(boost::asio::ip::tcp::socket socket, Wire& wire, std::uint64_t id);

    bool accepted(std::string& why);  // then Open
    // Then Connecting. From any port of the address where the port is 0.
    void connect(const IpEndpoint& to, const std::optional<IpEndpoint>& from);

    void send(std::uint64_t transmit, Buffer bytes);
    void flush();
    void close(std::string_view reason);
    // Called every now and then: closes what is idle or does not finish its message.
    void check(TimePoint now);

    const Flow& flow() const { return flow_; }
    State state() const { return state_; }
    bool dirty = false;  // in the Transports' list of connections to flush

  private:
    bool set_up(std::string& why);
    void on_connected(const boost::system::error_code& error);
    void await_readable();
    void await_writable();
    void read();
    void take_messages();
    void refuse(int status, std::string_view reason, std::string_view head);

    Wire& wire_;
    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;  // connecting, and the last grace of Closing
    Flow flow_;
    State state_ = State::Closed;
    Framer framer_;
    std::deque<Outgoing> queue_;
    std::size_t queued_octets_ = 0;
    std::size_t written_ = 0;  // of the first in the queue
    bool awaiting_writable_ = false;
    TimePoint active_{};
    std::optional<TimePoint> message_began_;
};

}  // namespace ims::sip
