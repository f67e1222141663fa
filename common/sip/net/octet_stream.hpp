#pragma once
#include "common/sip/net/tls.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

namespace ims::sip {

// The octets of one TCP socket, plain or under TLS. Nothing here waits: where it would, the error is
// would_block, and awaits() says for what. async_read_some and async_write_some make it a stream as Asio and
// Boost.Beast know them.
class OctetStream {
  public:
    using Socket = boost::asio::ip::tcp::socket;
    using executor_type = Socket::executor_type;
    using Error = boost::system::error_code;

    explicit OctetStream(Socket socket) : socket_{std::move(socket)} {}

    Socket& socket() { return socket_; }
    executor_type get_executor() { return socket_.get_executor(); }

    void begin_tls(SslPointer ssl);  // of a socket that is connected; then shake_hands() until it succeeds
    void shake_hands(Error& error);
    const ssl_st* tls() const { return ssl_.get(); }  // null: plain

    std::size_t read_some(boost::asio::mutable_buffer into, Error& error);  // eof: the peer has ended
    std::size_t write_some(std::span<const boost::asio::const_buffer> octets, Error& error);
    Socket::wait_type awaits() const { return awaits_; }
    // In words, with what TLS knows of it.
    std::string text(const Error& error) const;

    void end();    // nothing more from us; the peer may go on
    void close();  // both ways, with the goodbye of TLS where that goes without waiting

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        const boost::asio::mutable_buffer into = first<boost::asio::mutable_buffer>(buffers);
        return transfer([this, into](Error& error) { return read_some(into, error); },
                        std::forward<Token>(token));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        const boost::asio::const_buffer octets = first<boost::asio::const_buffer>(buffers);
        return transfer(
            [this, octets](Error& error) {
                return write_some({&octets, 1}, error);
            },
            std::forward<Token>(token));
    }

  private:
    template <class Buffer, class Buffers>
    static Buffer first(const Buffers& buffers) {
        for (auto it = boost::asio::buffer_sequence_begin(buffers);
             it != boost::asio::buffer_sequence_end(buffers); ++it)
            if (Buffer{*it}.size() > 0) return *it;
        return {};
    }

    // Tries, waits and tries again; never completes from within its beginning.
    template <class Attempt, class Token>
    auto transfer(Attempt attempt, Token&& token) {
        struct Done {
            Error error;
            std::size_t octets = 0;
        };
        return boost::asio::async_compose<Token, void(Error, std::size_t)>(
            [this, attempt = std::move(attempt), done = std::optional<Done>{}, begun = false](
                auto& self, Error waited = {}) mutable {
                if (done) return self.complete(done->error, done->octets);
                if (waited) return self.complete(waited, 0);
                Done now;
                now.octets = attempt(now.error);
                if (now.error == boost::asio::error::would_block) {
                    begun = true;
                    return socket_.async_wait(awaits_, std::move(self));
                }
                if (begun) return self.complete(now.error, now.octets);
                done = now;
                boost::asio::post(socket_.get_executor(), std::move(self));
            },
            token, socket_);
    }
    bool settle(int result, Error& error);

    Socket socket_;
    SslPointer ssl_;
    bool greeted_ = false, broken_ = false;
    Socket::wait_type awaits_ = Socket::wait_read;
};

}  // namespace ims::sip
