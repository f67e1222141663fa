#pragma once
#include "common/sigcomp/stream.hpp"
#include "common/sip/message/framer.hpp"
#include "common/sip/net/connection.hpp"
#include "common/sip/net/wire.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ims::sip {

// One TCP connection, accepted or opened (RFC 3261 18.3, RFC 5626 4.4.1). Its first octet, ours or the
// peer's, says whether it carries SIP or SigComp (RFC 5049 5): then each message is a record of its own (RFC
// 3320 4.2.2), and goes up and down without the marks.
class TcpConnection final : public Connection {
  public:
    TcpConnection(boost::asio::ip::tcp::socket socket, Wire& wire, std::uint64_t id);

    bool accepted(std::string& why);  // then Open
    // Then Connecting. From any port of the address where the port is 0.
    void connect(const IpEndpoint& to, const std::optional<IpEndpoint>& from);

    void send(std::uint64_t transmit, Buffer bytes) override;
    void flush() override;
    void close(std::string_view reason) override;
    void check(TimePoint now) override;

  private:
    bool set_up(std::string& why);
    void on_connected(const boost::system::error_code& error);
    void await_readable();
    void await_writable();
    void read();
    void take_messages();
    void take_records();
    void framing_failed(const sigcomp::Failure& failure);
    void end(std::string_view reason);  // when what is queued has left
    void refuse(int status, std::string_view reason, std::string_view head);
    std::shared_ptr<TcpConnection> self() {
        return std::static_pointer_cast<TcpConnection>(shared_from_this());
    }

    Wire& wire_;
    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;  // connecting, and the last grace of Closing
    Framer framer_;
    std::optional<sigcomp::RecordReader> records_;  // in the framer's place
    std::deque<Outgoing> queue_;
    std::size_t queued_octets_ = 0;
    std::size_t written_ = 0;  // of the first in the queue
    bool awaiting_writable_ = false;
    TimePoint active_{};
    std::optional<TimePoint> message_began_;
};

}  // namespace ims::sip
