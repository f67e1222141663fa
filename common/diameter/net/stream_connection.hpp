#pragma once
#include "common/diameter/net/connection.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ims::diameter {

// A connection over TCP or TLS.
class StreamConnection final : public Connection {
  public:
    using Tcp = boost::asio::ip::tcp;

    StreamConnection(boost::asio::io_context& io, const Owner& owner, std::size_t max_message,
                     boost::asio::ssl::context* tls);

    void connect(const Connect& to) override;
    void connect(std::vector<Tcp::endpoint> addresses,
                 const std::string& identity);  // the first that answers
    void accept(Tcp::socket socket);
    void write(const Octets& octets) override;  // gathered
    void flush() override;
    void close() override;
    void abandon() override;

    Node::Transport transport() const override;
    bool secure() const override { return tls_ != nullptr; }

  private:
    using Resolved = Tcp::resolver::results_type;

    void on_resolved(const boost::system::error_code& error, const Resolved& results);
    void connect_to_next(const std::string& last_failure);
    void handshake(boost::asio::ssl::stream_base::handshake_type side);
    void on_ready();
    void read();
    bool write_now(boost::system::error_code& error);
    void half_close();
    void fail(const std::string& reason);
    void shut();

    template <class F>
    void with_stream(F&& f) {
        if (tls_)
            f(*tls_);
        else
            f(socket_);
    }

    std::shared_ptr<StreamConnection> self() {
        return std::static_pointer_cast<StreamConnection>(shared_from_this());
    }

    Tcp::socket socket_;
    std::unique_ptr<boost::asio::ssl::stream<Tcp::socket&>> tls_;
    Tcp::resolver resolver_;
    boost::asio::steady_timer linger_;
    std::array<std::uint8_t, 65536> input_;
    Octets outbox_, writing_;
    std::string identity_;
    std::vector<Tcp::endpoint> addresses_;  // to connect to, the next one last
    bool ready_ = false, flushing_ = false, closing_ = false, half_closed_ = false, gone_ = false;
};

}  // namespace ims::diameter
