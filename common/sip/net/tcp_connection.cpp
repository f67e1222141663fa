#include "common/sip/net/tcp_connection.hpp"

#include "common/base/result.hpp"
#include "common/sip/net/refusal.hpp"

#include <array>

namespace ims::sip {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t read_octets = 65536;
constexpr int reads_in_a_row = 8;
constexpr std::size_t gathered = 32;

}  // namespace

TcpConnection::TcpConnection(Transport transport, tcp::socket socket, SslPointer ssl, Wire& wire,
                             std::uint64_t id)
    : StreamConnection{transport, std::move(socket), std::move(ssl), wire, id},
      framer_{wire.config.message_octets} {}

void TcpConnection::begin() {
    await_octets(tcp::socket::wait_read);
    open();
}

void TcpConnection::await_octets(tcp::socket::wait_type what) {
    stream_.socket().async_wait(what, [self = self<TcpConnection>()](const error_code& error) {
        if (error || self->state_ != State::Open) return;
        const auto next = self->read();
        if (self->state_ == State::Open) self->await_octets(next);
    });
}

// Says what to wait for next. A read takes a whole TLS record, so what is left over after the last one is in
// the socket and wakes us again.
tcp::socket::wait_type TcpConnection::read() {
    const Turn::Scope turn{wire_.turn};
    for (int i = 0; i < reads_in_a_row && state_ == State::Open; ++i) {
        error_code error;
        const auto n = stream_.read_some(boost::asio::buffer(wire_.scratch.get(), read_octets), error);
        if (error == boost::asio::error::would_block) return stream_.awaits();
        if (error) {
            close(stream_.text(error));
            break;
        }
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
        if (n < read_octets && stream_.tls() == nullptr) break;
    }
    return tcp::socket::wait_read;
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
            ++wire_.counters.of(flow_.transport).received;
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
        ++wire_.counters.of(flow_.transport).received;
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
    if (state_ == State::Open) close_after_last_words(reason);
}

// RFC 3261 18.3 lets us answer and close. What followed the message that broke the stream is not read any
// more.
void TcpConnection::refuse(int status, std::string_view reason, std::string_view head) {
    refused(status, reason);
    auto answer = refusal(head, status, reason);
    if (!answer) return close(reason);
    send(0, make_buffer(std::move(*answer)));
    if (state_ == State::Open) close_after_last_words(reason);
}

void TcpConnection::send(std::uint64_t transmit, Buffer bytes) {
    if (!speaks) speaks = kind_of(bytes->front());
    if (speaks != kind_of(bytes->front())) return wire_.failed(transmit, "connection of the other kind");
    if (speaks == Kind::Sigcomp) {
        const auto* octets = reinterpret_cast<const std::uint8_t*>(bytes->data());
        const auto marked = sigcomp::mark_record({octets, bytes->size()});
        bytes = make_buffer(std::string{marked.begin(), marked.end()});
    }
    StreamConnection::send(transmit, std::move(bytes));
}

void TcpConnection::flush() {
    if (!can_flush()) return;
    while (!queue_.empty()) {
        std::array<boost::asio::const_buffer, gathered> parts;
        std::size_t count = 0;
        for (const auto& out : queue_) {
            if (count == gathered) break;
            const auto skip = count == 0 ? written_ : 0;
            parts[count++] = boost::asio::const_buffer{out.bytes->data() + skip, out.bytes->size() - skip};
        }
        error_code error;
        const auto n = stream_.write_some(std::span{parts.data(), count}, error);
        if (error == boost::asio::error::would_block) return await_writable();
        if (error) return close(stream_.text(error));
        wire_.counters.octets_sent += n;
        active_ = clock_now();
        written(n);
    }
    // The peer may still be sending: a close now would reset the connection and could take our answer with
    // it. It sees the end of our side, and the grace timer closes.
    if (state_ == State::Closing) stream_.end();
}

void TcpConnection::await_writable() {
    writing_ = true;
    stream_.socket().async_wait(stream_.awaits(), [self = self<TcpConnection>()](const error_code& error) {
        self->writing_ = false;
        if (!error) self->flush();
    });
}

}  // namespace ims::sip
