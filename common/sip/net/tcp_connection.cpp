#include "common/sip/net/tcp_connection.hpp"

#include "common/base/result.hpp"
#include "common/sip/net/refusal.hpp"
#include "common/sip/net/socket_address.hpp"

#include <array>
#include <chrono>

#include <boost/asio/buffer.hpp>

namespace ims::sip {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t read_octets = 65536;
constexpr int reads_in_a_row = 8;
constexpr std::size_t gathered = 32;
constexpr Duration closing_grace = 2s;  // for the answer to a broken stream; no clause names a time

TimePoint clock_now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

TcpConnection::TcpConnection(tcp::socket socket, Wire& wire, std::uint64_t id)
    : Connection{Transport::Tcp, id},
      wire_{wire},
      socket_{std::move(socket)},
      timer_{socket_.get_executor()},
      framer_{wire.config.message_octets} {
    active_ = clock_now();
}

bool TcpConnection::set_up(std::string& why) {
    error_code error;
    flow_.local = endpoint_of(socket_.local_endpoint(error));
    if (!error) flow_.remote = endpoint_of(socket_.remote_endpoint(error));
    if (!error) socket_.non_blocking(true, error);
    if (error) {
        why = error.message();
        return false;
    }
    error_code ignored;
    socket_.set_option(tcp::no_delay{true}, ignored);
    socket_.set_option(boost::asio::socket_base::keep_alive{true}, ignored);
    state_ = State::Open;
    active_ = clock_now();
    return true;
}

bool TcpConnection::accepted(std::string& why) {
    if (!set_up(why)) return false;
    await_readable();
    return true;
}

void TcpConnection::connect(const IpEndpoint& to, const std::optional<IpEndpoint>& from) {
    state_ = State::Connecting;
    flow_.remote = to;
    error_code error;
    const auto remote = asio_endpoint<tcp>(to);
    socket_.open(remote.protocol(), error);
    // A client port has a connection to each UE.
    if (!error && from && from->port != 0) socket_.set_option(tcp::socket::reuse_address{true}, error);
    if (!error && from) socket_.bind(asio_endpoint<tcp>(*from), error);
    if (error) {
        // Told like every other failure to connect: later, not from within send().
        boost::asio::post(socket_.get_executor(), [self = self(), error] { self->on_connected(error); });
        return;
    }
    timer_.expires_after(wire_.config.connect_timeout);
    timer_.async_wait([self = self()](const error_code& cancelled) {
        if (!cancelled && self->state_ == State::Connecting) self->close("connect timed out");
    });
    socket_.async_connect(remote, [self = self()](const error_code& e) { self->on_connected(e); });
}

void TcpConnection::on_connected(const error_code& error) {
    if (state_ != State::Connecting) return;
    timer_.cancel();
    std::string why;
    if (error) return close(error.message());
    if (!set_up(why)) return close(why);
    wire_.note(Note{Severity::Trace, "sip.net.connection.opened"}.with("flow", flow_.text()));
    await_readable();
    flush();
}

void TcpConnection::await_readable() {
    socket_.async_wait(tcp::socket::wait_read, [self = self()](const error_code& error) {
        if (error || self->state_ != State::Open) return;
        self->read();
        if (self->state_ == State::Open) self->await_readable();
    });
}

void TcpConnection::read() {
    const Turn::Scope turn{wire_.turn};
    for (int i = 0; i < reads_in_a_row && state_ == State::Open; ++i) {
        error_code error;
        const auto n = socket_.read_some(boost::asio::buffer(wire_.scratch.get(), read_octets), error);
        if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) return;
        if (error) return close(error == boost::asio::error::eof ? "closed by the peer" : error.message());
        wire_.counters.octets_received += n;
        active_ = clock_now();
        const std::string_view octets{wire_.scratch.get(), n};
        if (!speaks) speaks = kind_of(octets.front());
        if (speaks == Kind::Sigcomp && !records_ && wire_.config.sigcomp_octets != 0)
            records_.emplace(wire_.config.sigcomp_octets);
        if (records_) {
            records_->feed({reinterpret_cast<const std::uint8_t*>(octets.data()), n});
            take_records();
        } else {
            framer_.feed(octets);
            take_messages();
        }
        if (n < read_octets) return;
    }
}

void TcpConnection::take_messages() {
    const auto take = overloaded{
        [](Framer::NeedMore&) { return false; },
        [this](Framer::Ping&) {
            ++wire_.counters.keepalives;
            static const Buffer pong = make_buffer("\r\n");  // RFC 5626 4.4.1
            send(0, pong);
            return true;
        },
        [this](Framer::Pong&) {
            ++wire_.counters.keepalives;
            return true;
        },
        [this](Buffer& message) {
            if (wire_.config.header_lines < Limits{}.header_lines &&
                count_header_lines(*message, wire_.config.header_lines) > wire_.config.header_lines) {
                refuse(400, "Too Many Headers",
                       std::string_view{*message}.substr(0, message->find("\r\n\r\n") + 4));
                return false;
            }
            ++wire_.counters.stream_messages_received;
            wire_.received(std::move(message), flow_);
            return true;
        },
        [this](Framer::Broken& broken) {
            refuse(broken.status, broken.what, broken.head);
            return false;
        },
    };
    while (state_ == State::Open) {
        auto item = framer_.next();
        if (!std::visit(take, item)) break;
        message_began_.reset();
    }
    if (framer_.buffered() > 0 && !message_began_) message_began_ = active_;
}

void TcpConnection::take_records() {
    while (state_ == State::Open) {
        auto item = records_->next();
        if (std::holds_alternative<sigcomp::RecordReader::NeedMore>(item)) break;
        if (const auto* failure = std::get_if<sigcomp::Failure>(&item)) return framing_failed(*failure);
        const auto& message = std::get<Octets>(item);
        ++wire_.counters.stream_messages_received;
        message_began_.reset();
        // What is no SigComp message is shown too, and refused there.
        wire_.received(make_buffer(std::string{message.begin(), message.end()}), flow_);
    }
    if (records_->buffered() > 0 && !message_began_) message_began_ = active_;
}

// RFC 3320 4.2.2, RFC 4077 3.2 (FRAMING_ERROR): the last thing to say.
void TcpConnection::framing_failed(const sigcomp::Failure& failure) {
    ++wire_.counters.refused;
    const auto reason = std::string{sigcomp::reason_text(failure.reason)};
    wire_.note(Note{Severity::Warning, "sip.net.stream.broken"}
                   .with("flow", flow_.text())
                   .with("reason", "SigComp: " + reason));
    const auto nack = sigcomp::nack_for(failure, {});
    send(0, make_buffer(std::string{nack.begin(), nack.end()}));
    end(reason);
}

// RFC 3261 18.3 lets us answer and close. What followed the message that broke the stream is not read any
// more.
void TcpConnection::refuse(int status, std::string_view reason, std::string_view head) {
    ++wire_.counters.refused;
    wire_.note(Note{Severity::Warning, "sip.net.stream.broken"}
                   .with("flow", flow_.text())
                   .with("status", std::to_string(status))
                   .with("reason", std::string{reason}));
    auto answer = refusal(head, status, reason);
    if (!answer) return close(reason);
    send(0, make_buffer(std::move(*answer)));
    end(reason);
}

void TcpConnection::end(std::string_view reason) {
    if (state_ != State::Open) return;
    state_ = State::Closing;
    timer_.expires_after(closing_grace);
    timer_.async_wait([self = self(), why = std::string{reason}](const error_code& cancelled) {
        if (!cancelled) self->close(why);
    });
    flush();
}

void TcpConnection::send(std::uint64_t transmit, Buffer bytes) {
    if (state_ == State::Closing || state_ == State::Closed)
        return wire_.failed(transmit, "connection closed");
    if (!speaks) speaks = kind_of(bytes->front());
    if (speaks != kind_of(bytes->front())) return wire_.failed(transmit, "connection of the other kind");
    if (speaks == Kind::Sigcomp) {
        const auto* octets = reinterpret_cast<const std::uint8_t*>(bytes->data());
        const auto marked = sigcomp::mark_record({octets, bytes->size()});
        bytes = make_buffer(std::string{marked.begin(), marked.end()});
    }
    if (queued_octets_ + bytes->size() > wire_.config.write_queue_octets && !queue_.empty())
        return wire_.failed(transmit, "write queue full");
    queued_octets_ += bytes->size();
    queue_.push_back({transmit, std::move(bytes)});
    if (state_ == State::Open && !awaiting_writable_) wire_.flush_soon(*this);
}

void TcpConnection::flush() {
    if ((state_ != State::Open && state_ != State::Closing) || awaiting_writable_) return;
    while (!queue_.empty()) {
        std::array<boost::asio::const_buffer, gathered> parts;
        std::size_t count = 0;
        for (const auto& out : queue_) {
            if (count == gathered) break;
            const auto skip = count == 0 ? written_ : 0;
            parts[count++] = boost::asio::const_buffer{out.bytes->data() + skip, out.bytes->size() - skip};
        }
        error_code error;
        auto n = socket_.write_some(std::span{parts.data(), count}, error);
        if (error == boost::asio::error::would_block || error == boost::asio::error::try_again)
            return await_writable();
        if (error) return close(error.message());
        wire_.counters.octets_sent += n;
        active_ = clock_now();
        for (n += written_, written_ = 0; !queue_.empty(); queue_.pop_front()) {
            const auto size = queue_.front().bytes->size();
            if (n < size) {
                written_ = n;
                break;
            }
            n -= size;
            queued_octets_ -= size;
            if (size > 2) ++wire_.counters.stream_messages_sent;
        }
    }
    if (state_ != State::Closing) return;
    // The peer may still be sending: a close now would reset the connection and could take our answer with
    // it. It sees the end of our side, and the grace timer closes.
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void TcpConnection::await_writable() {
    awaiting_writable_ = true;
    socket_.async_wait(tcp::socket::wait_write, [self = self()](const error_code& error) {
        self->awaiting_writable_ = false;
        if (!error) self->flush();
    });
}

void TcpConnection::check(TimePoint now) {
    if (state_ != State::Open) return;
    if (message_began_ && now - *message_began_ >= wire_.config.message_timeout)
        return close("message not finished in time");
    if (now - active_ >= wire_.config.idle_timeout) close("idle");
}

void TcpConnection::close(std::string_view reason) {
    if (state_ == State::Closed) return;
    const bool was_open = state_ != State::Connecting;
    state_ = State::Closed;
    const auto self = shared_from_this();  // closed() forgets us
    timer_.cancel();
    error_code ignored;
    socket_.close(ignored);
    for (const auto& out : queue_) wire_.failed(out.transmit, reason);
    queue_.clear();
    wire_.closed(flow_, reason, was_open);
}

}  // namespace ims::sip
