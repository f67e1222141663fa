#include "common/sip/net/stream_connection.hpp"

#include "common/base/text.hpp"
#include "common/sip/net/socket_address.hpp"

#include <array>
#include <chrono>

#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace ims::sip {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr Duration closing_grace = 2s;       // for the answer to a broken stream; no clause names a time
constexpr char tls_handshake_record = 0x16;  // RFC 8446 5.1

// RFC 9293 3.8.4: four probes, 15 s apart. A kernel that has no such options asks when it likes, after two
// hours.
void set_probing(tcp::socket& socket, std::chrono::seconds after) {
    error_code ignored;
    socket.set_option(boost::asio::socket_base::keep_alive{true}, ignored);
    using boost::asio::detail::socket_option::integer;
    socket.set_option(integer<IPPROTO_TCP, TCP_KEEPIDLE>{static_cast<int>(after.count())}, ignored);
    socket.set_option(integer<IPPROTO_TCP, TCP_KEEPINTVL>{15}, ignored);
    socket.set_option(integer<IPPROTO_TCP, TCP_KEEPCNT>{4}, ignored);
}

}  // namespace

TimePoint clock_now() {
    return std::chrono::steady_clock::now();
}

StreamConnection::StreamConnection(Transport transport, tcp::socket socket, SslPointer ssl, Wire& wire,
                                   std::uint64_t id)
    : Connection{transport, id},
      wire_{wire},
      stream_{std::move(socket)},
      timer_{stream_.get_executor()},
      ssl_{std::move(ssl)} {
    active_ = clock_now();
}

bool StreamConnection::set_up(std::string& why) {
    auto& socket = stream_.socket();
    error_code error;
    flow_.local = endpoint_of(socket.local_endpoint(error));
    if (!error) flow_.remote = endpoint_of(socket.remote_endpoint(error));
    if (!error) socket.non_blocking(true, error);
    if (error) {
        why = error.message();
        return false;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    set_probing(socket, wire_.config.probe_after);
    state_ = State::Connecting;
    active_ = clock_now();
    limit(wire_.config.handshake_timeout, "no handshake in time");
    if (!ssl_) {
        begin();
        return true;
    }
    stream_.begin_tls(std::move(ssl_));
    if (accepted_)
        await_client();
    else
        shake_hands();
    return true;
}

bool StreamConnection::accepted(std::string& why) {
    accepted_ = true;
    return set_up(why);
}

void StreamConnection::connect(const Target& to, const std::optional<IpEndpoint>& from) {
    state_ = State::Connecting;
    flow_.remote = to.remote;
    if (from) flow_.local = *from;
    host_ = to.host;
    auto& socket = stream_.socket();
    error_code error;
    const auto remote = asio_endpoint<tcp>(to.remote);
    socket.open(remote.protocol(), error);
    // A client port has a connection to each UE.
    if (!error && from && from->port != 0) socket.set_option(tcp::socket::reuse_address{true}, error);
    if (!error && from) socket.bind(asio_endpoint<tcp>(*from), error);
    if (error) {
        // Told like every other failure to connect: later, not from within send().
        boost::asio::post(stream_.get_executor(),
                          [self = self<StreamConnection>(), error] { self->on_connected(error); });
        return;
    }
    limit(wire_.config.connect_timeout, "connect timed out");
    socket.async_connect(remote,
                         [self = self<StreamConnection>()](const error_code& e) { self->on_connected(e); });
}

void StreamConnection::limit(Duration time, std::string reason) {
    timer_.expires_after(time);
    timer_.async_wait(
        [self = self<StreamConnection>(), why = std::move(reason)](const error_code& cancelled) {
            if (!cancelled && self->state_ == State::Connecting) self->close(why);
        });
}

void StreamConnection::on_connected(const error_code& error) {
    if (state_ != State::Connecting) return;
    std::string why;
    if (error) return close(error.message());
    if (!set_up(why)) close(why);
}

void StreamConnection::open() {
    timer_.cancel();
    state_ = State::Open;
    active_ = clock_now();
    if (!accepted_) wire_.note(Note{Severity::Trace, "sip.net.connection.opened"}.with("flow", flow_.text()));
    flush();
}

// ---- TLS

// Looks at the first octet: who sends SIP in clear, or HTTP, is told from who fails at TLS.
void StreamConnection::await_client() {
    stream_.socket().async_wait(
        tcp::socket::wait_read, [self = self<StreamConnection>()](const error_code& closed) {
            if (closed || self->state_ != State::Connecting) return;
            std::array<char, 16> octets{};
            const auto n =
                ::recv(self->stream_.socket().native_handle(), octets.data(), octets.size(), MSG_PEEK);
            if (n == 0) return self->close("closed by the peer");
            if (n < 0 || octets[0] == tls_handshake_record) return self->shake_hands();
            std::string seen;
            for (const char c : std::string_view{octets.data(), static_cast<std::size_t>(n)})
                seen += c > ' ' && c < 0x7f ? c : '.';
            self->close("no TLS: it begins with '" + seen + "'");
        });
}

void StreamConnection::shake_hands() {
    if (state_ != State::Connecting) return;
    error_code error;
    stream_.shake_hands(error);
    if (error == boost::asio::error::would_block) {
        stream_.socket().async_wait(stream_.awaits(),
                                    [self = self<StreamConnection>()](const error_code& closed) {
                                        if (!closed) self->shake_hands();
                                    });
        return;
    }
    if (error) return close(stream_.text(error));
    if (on_hands_shaken()) begin();
}

// False: the peer is not who we look for (RFC 5922 7.3), and the connection is closed.
bool StreamConnection::on_hands_shaken() {
    const auto* tls = stream_.tls();
    const auto peer = peer_identity(tls);
    const bool verified = (SSL_get_verify_mode(tls) & SSL_VERIFY_PEER) != 0;
    if (!accepted_ && verified && !host_.empty() && (!peer || !peer->speaks_of(host_))) {
        close("the certificate of the peer (" + (peer ? peer->subject : "none") + ") does not speak of " +
              host_);
        return false;
    }
    wire_.note(Note{Severity::Trace, "sip.net.tls.established"}
                   .with("flow", flow_.text())
                   .with("peer", peer ? peer->subject : std::string{})
                   .with("detail", std::string{SSL_get_version(tls)} + " " + SSL_get_cipher_name(tls)));
    return true;
}

// RFC 5923 9: a connection is used for another request to the same place only where its certificate covers
// that too.
bool StreamConnection::reaches(const Target& target) const {
    if (!Connection::reaches(target)) return false;
    const bool plain = target.transport == Transport::Tcp || target.transport == Transport::Ws;
    if (plain || target.host.empty() || iequals(host_, target.host)) return true;
    if (state_ == State::Connecting) return false;
    if ((SSL_get_verify_mode(stream_.tls()) & SSL_VERIFY_PEER) == 0) return !accepted_;
    const auto peer = peer_identity(stream_.tls());
    return peer && peer->speaks_of(target.host);
}

// ---- what waits to be written

void StreamConnection::send(std::uint64_t transmit, Buffer bytes) {
    if (state_ == State::Closing || state_ == State::Closed)
        return wire_.failed(transmit, "connection closed");
    if (queued_octets_ + bytes->size() > wire_.config.write_queue_octets && !queue_.empty())
        return wire_.failed(transmit, "write queue full");
    queued_octets_ += bytes->size();
    queue_.push_back({transmit, std::move(bytes)});
    if (state_ == State::Open && !writing_) wire_.flush_soon(*this);
}

void StreamConnection::written(std::size_t octets) {
    auto n = octets + std::exchange(written_, 0);
    for (; !queue_.empty(); queue_.pop_front()) {
        const auto size = queue_.front().bytes->size();
        if (n < size) {
            written_ = n;
            return;
        }
        n -= size;
        queued_octets_ -= size;
        if (size > 2) ++wire_.counters.of(flow_.transport).sent;  // a CRLF keeps alive
    }
}

// ---- the end

void StreamConnection::refused(int status, std::string_view reason) {
    ++wire_.counters.refused;
    wire_.note(Note{Severity::Warning, "sip.net.stream.broken"}
                   .with("flow", flow_.text())
                   .with("status", std::to_string(status))
                   .with("reason", std::string{reason}));
}

void StreamConnection::close_after_last_words(std::string_view reason) {
    state_ = State::Closing;
    timer_.expires_after(closing_grace);
    timer_.async_wait(
        [self = self<StreamConnection>(), why = std::string{reason}](const error_code& cancelled) {
            if (!cancelled) self->close(why);
        });
    flush();
}

void StreamConnection::check(TimePoint now) {
    if (state_ != State::Open) return;
    if (message_began_ && now - *message_began_ >= wire_.config.message_timeout)
        return close("message not finished in time");
    if (now - active_ >= wire_.config.idle_timeout && !wire_.may_be_idle(flow_)) close("idle");
}

void StreamConnection::close(std::string_view reason) {
    if (state_ == State::Closed) return;
    const bool was_open = state_ != State::Connecting;
    if (state_ == State::Open) say_goodbye();
    state_ = State::Closed;
    const auto self = shared_from_this();  // closed() forgets us
    timer_.cancel();
    stream_.close();
    for (const auto& out : queue_) wire_.failed(out.transmit, reason);
    queue_.clear();
    wire_.closed(flow_, reason, was_open);
}

}  // namespace ims::sip
