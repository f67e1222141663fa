#pragma once
#include "common/sigcomp/stream.hpp"
#include "common/sip/message/framer.hpp"
#include "common/sip/net/stream_connection.hpp"

namespace ims::sip {

// One TCP connection, accepted or opened, plain or under TLS: a stream of messages (RFC 3261 18.3, RFC 5626
// 4.4.1). Its first octet, ours or the peer's, says whether they are SIP or SigComp (RFC 5049 5): then each
// is a record of its own (RFC 3320 4.2.2), and goes up and down without the marks.
class TcpConnection final : public StreamConnection {
  public:
    TcpConnection(Transport transport, boost::asio::ip::tcp::socket socket, SslPointer ssl, Wire& wire,
                  std::uint64_t id);

    void send(std::uint64_t transmit, Buffer bytes) override;
    void flush() override;

  private:
    void begin() override;
    void await_octets(boost::asio::ip::tcp::socket::wait_type what);
    void await_writable();
    boost::asio::ip::tcp::socket::wait_type read();
    void take_messages();
    void take_records();
    void framing_failed(const sigcomp::Failure& failure);
    void refuse(int status, std::string_view reason, std::string_view head);

    Framer framer_;
    std::optional<sigcomp::RecordReader> records_;  // in the framer's place
};

}  // namespace ims::sip
