#pragma once
#include "common/sip/net/stream_connection.hpp"

#include <memory>
#include <string_view>

namespace ims::sip {

// One WebSocket, plain or secure, at either end: a message in each frame (RFC 7118, RFC 6455). Who asks for
// anything else than the subprotocol "sip" gets an HTTP answer that says what is wanted.
class WebSocketConnection final : public StreamConnection {
  public:
    WebSocketConnection(Transport transport, boost::asio::ip::tcp::socket socket, SslPointer ssl, Wire& wire,
                        std::uint64_t id);
    ~WebSocketConnection() override;

    void flush() override;
    void check(TimePoint now) override;

  private:
    struct Beast;  // what is of Boost.Beast

    void begin() override;
    void say_goodbye() override;
    void read_upgrade();
    void on_upgrade(const boost::system::error_code& error);
    void refuse_upgrade(unsigned status, std::string_view reason);
    void ask_upgrade();
    void begin_messages();
    void read();
    void on_read(const boost::system::error_code& error);
    void take(std::string message);
    std::string text(const boost::system::error_code& error) const;

    std::unique_ptr<Beast> beast_;
};

}  // namespace ims::sip
