#include "common/sip/net/sctp_connection.hpp"

#include "common/sip/net/refusal.hpp"

#include <algorithm>
#include <chrono>

namespace ims::sip {

namespace {

TimePoint steady_now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

SctpConnection::SctpConnection(boost::asio::io_context& io, Wire& wire, std::uint64_t id)
    : Connection{Transport::Sctp, id},
      wire_{wire},
      association_{
          io, wire.turn, *this, wire.config.message_octets, {wire.scratch.get(), Wire::largest_datagram}} {
    active_ = steady_now();
}

bool SctpConnection::accepted(sctp::Socket socket, const IpEndpoint& listening, std::string& why) {
    if (!association_.adopt(std::move(socket), why)) return false;
    flow_.local = listening;
    flow_.remote = remotes().front();
    state_ = State::Open;
    return true;
}

void SctpConnection::connect(const IpEndpoint& to, const std::optional<SctpEndpoint>& from) {
    state_ = State::Connecting;
    flow_.remote = to;
    association_.connect({{to.address}, to.port}, from, wire_.config.connect_timeout);
}

void SctpConnection::association_up() {
    const auto& ours = association_.local();
    // The one of the peer's family stands for all, as it does in Via.
    const auto same_family = std::find_if(ours.begin(), ours.end(), [this](const IpEndpoint& e) {
        return e.address.is_v6() == flow_.remote.address.is_v6();
    });
    flow_.local = same_family == ours.end() ? ours.front() : *same_family;
    state_ = State::Open;
    active_ = steady_now();
    wire_.note(Note{Severity::Trace, "sip.net.connection.opened"}.with("flow", flow_.text()));
    wire_.reached(*this, remotes());
    flush();
}

void SctpConnection::association_message(std::string_view message, bool whole) {
    wire_.counters.octets_received += message.size();
    active_ = steady_now();
    message_began_.reset();
    if (is_keepalive(message)) {
        ++wire_.counters.keepalives;
        static const Buffer pong = make_buffer("\r\n");
        if (message == "\r\n\r\n") send(0, pong);  // RFC 5626 4.4.1, which names SCTP
        return;
    }
    if (!whole) return refuse(message, 513, "Message Too Large");
    if (wire_.config.header_lines < Limits{}.header_lines &&
        count_header_lines(message, wire_.config.header_lines) > wire_.config.header_lines)
        return refuse(message, 400, "Too Many Headers");
    ++wire_.counters.of(Transport::Sctp).received;
    wire_.received(make_buffer(std::string{message}), flow_);
}

void SctpConnection::refuse(std::string_view message, int status, std::string_view reason) {
    ++wire_.counters.refused;
    wire_.note(Note{Severity::Warning, "sip.net.datagram.refused"}
                   .with("peer", flow_.remote.text())
                   .with("status", std::to_string(status))
                   .with("reason", std::string{reason}));
    if (auto answer = refusal(message, status, reason)) send(0, make_buffer(std::move(*answer)));
}

void SctpConnection::association_path(const sctp::PathChanged& path) {
    using PathState = sctp::PathChanged::State;
    if (path.state == PathState::Confirmed) return;  // each does at the beginning
    const bool gone = path.state == PathState::Unreachable;
    wire_.note(Note{gone ? Severity::Warning : Severity::Info, "sip.net.path.changed"}
                   .with("flow", flow_.text())
                   .with("peer", path.to.text())
                   .with("reason", std::string{sctp::path_state_text(path.state)}));
}

void SctpConnection::association_unsent(const sctp::SendFailed& message) {
    const auto& sent = sent_[message.context % remembered];
    if (sent.context == message.context) wire_.failed(sent.transmit, "the peer has not acknowledged it");
}

void SctpConnection::association_writable() {
    awaiting_writable_ = false;
    flush();
}

void SctpConnection::send(std::uint64_t transmit, Buffer bytes) {
    if (state_ == State::Closing || state_ == State::Closed)
        return wire_.failed(transmit, "connection closed");
    if (queued_octets_ + bytes->size() > wire_.config.write_queue_octets && !queue_.empty())
        return wire_.failed(transmit, "write queue full");
    queued_octets_ += bytes->size();
    queue_.push_back({transmit, std::move(bytes)});
    if (state_ == State::Open && !awaiting_writable_) wire_.flush_soon(*this);
}

void SctpConnection::flush() {
    if (state_ != State::Open || awaiting_writable_) return;
    while (!queue_.empty()) {
        const auto& out = queue_.front();
        const auto context = next_context_++;
        switch (
            association_.send(*out.bytes, {.payload_protocol = 0, .unordered = true, .context = context})) {
            case sctp::Association::Sent::Full:
                awaiting_writable_ = true;
                return association_.await_writable();
            case sctp::Association::Sent::Broken: return;  // its end follows
            case sctp::Association::Sent::Yes: break;
        }
        sent_[context % remembered] = {context, out.transmit};
        wire_.counters.octets_sent += out.bytes->size();
        if (out.bytes->size() > 2) ++wire_.counters.of(Transport::Sctp).sent;
        active_ = steady_now();
        queued_octets_ -= out.bytes->size();
        queue_.pop_front();
    }
}

void SctpConnection::check(TimePoint now) {
    if (state_ != State::Open) return;
    if (association_.amid_message()) {
        if (!message_began_) message_began_ = now;
        if (now - *message_began_ >= wire_.config.message_timeout)
            return close("message not finished in time");
    }
    if (now - active_ >= wire_.config.idle_timeout && !wire_.may_be_idle(flow_)) close("idle");
}

void SctpConnection::close(std::string_view reason) {
    if (state_ == State::Closed) return;
    const bool was_open = state_ != State::Connecting;
    state_ = State::Closed;
    const auto self = shared_from_this();  // closed() forgets us
    association_.close();
    for (const auto& out : queue_) wire_.failed(out.transmit, reason);
    queue_.clear();
    wire_.closed(flow_, reason, was_open);
}

}  // namespace ims::sip
