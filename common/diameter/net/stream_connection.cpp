#include "common/diameter/net/stream_connection.hpp"

#include "common/diameter/net/tls.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>

namespace ims::diameter {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
constexpr Duration linger = 1s;                       // for the peer to read our last words
constexpr Duration tls_patience = 10s;                // for a handshake
constexpr Duration address_patience = 2s;             // while there is another address to try
constexpr std::size_t max_outbox = 32 * 1024 * 1024;  // a peer that does not read is as good as gone

IpEndpoint endpoint_of(const StreamConnection::Tcp::endpoint& e) {
    if (e.address().is_v4()) return {IpAddress::v4(e.address().to_v4().to_bytes()), e.port()};
    return {IpAddress::v6(e.address().to_v6().to_bytes()), e.port()};
}
}  // namespace

StreamConnection::StreamConnection(asio::io_context& io, const Owner& owner, std::size_t max_message,
                                   asio::ssl::context* tls)
    : Connection{owner, max_message}, socket_{io}, resolver_{io}, linger_{io} {
    if (tls) tls_ = std::make_unique<asio::ssl::stream<Tcp::socket&>>(socket_, *tls);
}

Node::Transport StreamConnection::transport() const {
    return {{local_.address},
            remote_.text(),
            tls_ != nullptr,
            tls_ ? certified_names(tls_->native_handle()) : std::vector<std::string>{}};
}

void StreamConnection::connect(const Connect& to) {
    identity_ = to.identity;
    resolver_.async_resolve(
        to.host, std::to_string(to.port), Tcp::resolver::numeric_service,
        [self = self()](error_code error, const Resolved& results) { self->on_resolved(error, results); });
}

void StreamConnection::on_resolved(const error_code& error, const Resolved& results) {
    if (error) return fail(error.message());
    std::vector<Tcp::endpoint> addresses;
    for (const auto& result : results) addresses.push_back(result.endpoint());
    connect(std::move(addresses), identity_);
}

void StreamConnection::connect(std::vector<Tcp::endpoint> addresses, const std::string& identity) {
    identity_ = identity;
    addresses_ = std::move(addresses);
    std::reverse(addresses_.begin(), addresses_.end());
    connect_to_next("no address");
}

// One after the other, as RFC 8305 5 wants it: one that is silent must not keep the next one waiting.
void StreamConnection::connect_to_next(const std::string& last_failure) {
    if (gone_ || closing_) return fail("closed");
    if (addresses_.empty()) return fail(last_failure);
    const auto address = addresses_.back();
    addresses_.pop_back();
    error_code ignored;
    socket_.close(ignored);
    if (!addresses_.empty()) {
        linger_.expires_after(address_patience);
        linger_.async_wait([self = self()](error_code cancelled) {
            error_code closed;
            if (!cancelled && !self->ready_) self->socket_.close(closed);
        });
    }
    socket_.async_connect(address, [self = self()](error_code failed) {
        if (self->gone_) return;
        self->linger_.cancel();
        if (failed) return self->connect_to_next(failed.message());
        if (!self->tls_) return self->on_ready();
        self->handshake(asio::ssl::stream_base::client);
    });
}

void StreamConnection::accept(Tcp::socket socket) {
    socket_ = std::move(socket);
    if (!tls_) return on_ready();
    handshake(asio::ssl::stream_base::server);
}

void StreamConnection::handshake(asio::ssl::stream_base::handshake_type side) {
    if (side == asio::ssl::stream_base::client) {
        tls_->set_verify_callback(asio::ssl::host_name_verification{identity_});
        SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 identity_.data());
    }
    linger_.expires_after(tls_patience);
    linger_.async_wait([self = self()](error_code cancelled) {
        if (!cancelled && !self->ready_) self->fail("no TLS handshake");
    });
    tls_->async_handshake(side, [self = self()](error_code error) {
        self->linger_.cancel();
        if (error) return self->fail("TLS: " + error.message());
        self->on_ready();
    });
}

void StreamConnection::on_ready() {
    if (gone_) return;
    error_code ignored;
    socket_.set_option(Tcp::no_delay{true}, ignored);
    socket_.non_blocking(true, ignored);
    error_code lost;
    local_ = endpoint_of(socket_.local_endpoint(lost));
    if (!lost) remote_ = endpoint_of(socket_.remote_endpoint(lost));
    if (lost) return fail(lost.message());
    ready_ = true;
    owner_->ready(*this);
    if (!gone_) read();
}

void StreamConnection::read() {
    with_stream([this](auto& stream) {
        stream.async_read_some(asio::buffer(input_), [self = self()](error_code error, std::size_t n) {
            if (self->gone_) return;
            if (error) return self->fail(error.message());
            if (!self->closing_) {
                self->framer_.push({self->input_.data(), n});
                self->owner_->readable(*self, self->framer_);
            }
            if (!self->gone_) self->read();
        });
    });
}

void StreamConnection::write(const Octets& octets) {
    if (gone_ || closing_) return;
    if (outbox_.size() + octets.size() > max_outbox) {
        asio::post(socket_.get_executor(), [self = self()] { self->fail("it does not read"); });
        return;
    }
    outbox_.insert(outbox_.end(), octets.begin(), octets.end());
    if (flushing_) return;
    flushing_ = true;
    if (!owner_->flushes(*this)) asio::post(socket_.get_executor(), [self = self()] { self->flush(); });
}

// As much as the kernel takes at once: nearly always all, and then nobody has to come back for it.
bool StreamConnection::write_now(error_code& error) {
    const auto n = socket_.write_some(asio::buffer(outbox_), error);
    if (error == asio::error::would_block || error == asio::error::try_again) error = {};
    outbox_.erase(outbox_.begin(), outbox_.begin() + static_cast<std::ptrdiff_t>(n));
    return outbox_.empty();
}

void StreamConnection::flush() {
    if (gone_) return;
    error_code broken;
    if (outbox_.empty() || (!tls_ && write_now(broken))) {
        flushing_ = false;
        if (closing_) half_close();
        return;
    }
    if (broken) {
        asio::post(socket_.get_executor(), [self = self(), why = broken.message()] { self->fail(why); });
        return;
    }
    std::swap(outbox_, writing_);
    with_stream([this](auto& stream) {
        asio::async_write(stream, asio::buffer(writing_), [self = self()](error_code error, std::size_t) {
            self->writing_.clear();
            if (self->gone_) return;
            if (error) return self->fail(error.message());
            self->flush();
        });
    });
}

void StreamConnection::close() {
    if (gone_ || closing_) return;
    closing_ = true;
    if (!ready_) {  // resolving, connecting or shaking hands: their handlers see an error
        asio::post(socket_.get_executor(), [self = self()] { self->fail("closed"); });
        return;
    }
    linger_.expires_after(linger);
    linger_.async_wait([self = self()](error_code cancelled) {
        if (!cancelled) self->fail("closed");
    });
    if (!flushing_) half_close();
}

// Our FIN, and theirs is awaited: closing at once with their octets unread would reset the connection and
// with it what we sent last.
void StreamConnection::half_close() {
    if (half_closed_) return;
    half_closed_ = true;
    error_code ignored;
    socket_.shutdown(Tcp::socket::shutdown_send, ignored);
}

void StreamConnection::fail(const std::string& reason) {
    if (gone_) return;
    shut();
    if (ready_)
        owner_->gone(*this, reason);
    else
        owner_->failed(*this, reason);
}

void StreamConnection::abandon() {
    shut();
}

void StreamConnection::shut() {
    gone_ = true;
    error_code ignored;
    resolver_.cancel();
    linger_.cancel();
    socket_.close(ignored);
}

}  // namespace ims::diameter
