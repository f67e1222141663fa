#pragma once
#include "common/base/ip.hpp"
#include "common/diameter/codec/framer.hpp"
#include "common/diameter/peer/effects.hpp"
#include "common/diameter/peer/node.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ims::diameter {

// One TCP or TLS connection that carries whole messages. Knows nothing of Diameter but the length field.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    using Tcp = boost::asio::ip::tcp;
    struct Owner {  // each is called from the io_context, never from inside a call of ours
        std::function<void(Connection&)> ready;                              // connected, TLS done
        std::function<void(Connection&, const std::string& reason)> failed;  // before ready
        std::function<void(Connection&, codec::Framer&)> readable;           // take messages from the framer
        std::function<void(Connection&, const std::string& reason)> gone;    // after ready, exactly once
        // From within write(): whether the owner will call flush() soon.
        std::function<bool(Connection&)> flushes;
    };

    Connection(boost::asio::io_context& io, const Owner& owner, std::size_t max_message,
               boost::asio::ssl::context* tls);

    ConnectionId id;  // the Node's name for it

    void connect(const std::string& host, std::uint16_t port, const std::string& identity);
    void connect(std::vector<Tcp::endpoint> addresses,
                 const std::string& identity);  // the first that answers
    void accept(Tcp::socket socket);
    void write(const Octets& octets);  // gathered; leaves with flush(), or when the running handlers are done
    void flush();
    void close();    // when all is written; the peer gets a moment to read it
    void abandon();  // at once, without a word to the owner

    Node::Transport transport() const;
    const IpEndpoint& local() const { return local_; }  // once it is ready
    const IpEndpoint& remote() const { return remote_; }
    bool secure() const { return tls_ != nullptr; }

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

    const Owner* owner_;
    Tcp::socket socket_;
    std::unique_ptr<boost::asio::ssl::stream<Tcp::socket&>> tls_;
    Tcp::resolver resolver_;
    boost::asio::steady_timer linger_;
    codec::Framer framer_;
    std::array<std::uint8_t, 65536> input_;
    Octets outbox_, writing_;
    std::string identity_;
    std::vector<Tcp::endpoint> addresses_;  // to connect to, the next one last
    IpEndpoint local_, remote_;
    bool ready_ = false, flushing_ = false, closing_ = false, half_closed_ = false, gone_ = false;
};

}  // namespace ims::diameter
