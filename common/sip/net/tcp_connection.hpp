#pragma once
#include "common/sip/message/framer.hpp"
#include "common/sip/net/stream_connection.hpp"

namespace ims::sip {

// One TCP connection, accepted or opened, plain or under TLS: a stream of messages (RFC 3261 18.3, RFC
// 5626 4.4.1).
class TcpConnection final : public StreamConnection {
  public:
    TcpConnection(Transport transport, boost::asio::ip::tcp::socket socket, SslPointer ssl, Wire& wire,
                  std::uint64_t id);

    void flush() override;

  private:
    void begin() override;
    void await_octets(boost::asio::ip::tcp::socket::wait_type what);
    void await_writable();
    boost::asio::ip::tcp::socket::wait_type read();
    void take_messages();
    void refuse(int status, std::string_view reason, std::string_view head);

    Framer framer_;
};

}  // namespace ims::sip
