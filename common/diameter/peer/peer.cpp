#include "common/diameter/peer/peer.hpp"

#include <algorithm>
#include <utility>

namespace ims::diameter {

namespace {
// RFC 6733 5.6 leaves these to the implementation.
constexpr Duration exchange_timeout = 10s;   // for a connection, a CEA
constexpr Duration disconnect_timeout = 3s;  // for a DPA, or the peer's disconnection after ours
}  // namespace

std::string_view name(Peer::State state) {
    switch (state) {
        case Peer::State::Closed: return "Closed";
        case Peer::State::WaitConnAck: return "Wait-Conn-Ack";
        case Peer::State::WaitICea: return "Wait-I-CEA";
        case Peer::State::WaitConnAckElect: return "Wait-Conn-Ack/Elect";
        case Peer::State::WaitReturns: return "Wait-Returns";
        case Peer::State::ROpen: return "R-Open";
        case Peer::State::IOpen: return "I-Open";
        case Peer::State::Closing: return "Closing";
    }
    return {};
}

Peer::Peer(PeerConfig config, bool configured, Context context)
    : config_{std::move(config)},
      configured_{configured},
      context_{context},
      watchdog_{context.config.watchdog},
      back_off_{context.config.reconnect_min} {}

Note Peer::note(Severity severity, std::string_view id, std::string_view reason) const {
    Note n{severity, id, {{"peer", config_.identity}}};
    if (!reason.empty()) n.with("reason", std::string{reason});
    return n;
}

std::optional<ConnectionId> Peer::connection() const {
    if (state_ == State::IOpen) return initiator_;
    if (state_ == State::ROpen) return responder_;
    return {};
}

void Peer::send(ConnectionId c, const BaseCommand& command, Effects& out) {
    codec::Header header;
    header.hop_by_hop = context_.ids.hop_by_hop();
    header.end_to_end = context_.ids.end_to_end();
    out.push_back(Transmit{c, codec::encode(header, command)});
}

void Peer::answer(ConnectionId c, const codec::Header& request, const BaseCommand& command, Effects& out) {
    codec::Header header;
    header.hop_by_hop = request.hop_by_hop;
    header.end_to_end = request.end_to_end;
    out.push_back(Transmit{c, codec::encode(header, command)});
}

void Peer::send_cer(TimePoint now, Effects& out) {
    send(*initiator_, our_capabilities(context_.local, initiator_addresses_), out);
    deadlines_.set(Timer::Exchange, now + exchange_timeout);
}

void Peer::send_cea(Effects& out) {
    answer(*responder_, responder_cer_,
           CapabilitiesExchangeAnswer{
               ResultCode::Success, our_capabilities(context_.local, responder_addresses_), {}},
           out);
}

void Peer::send_watchdog(Effects& out) {
    const auto& local = context_.local;
    if (const auto c = connection())
        send(*c, DeviceWatchdogRequest{local.identity, local.realm, local.origin_state_id}, out);
}

void Peer::open(State state, TimePoint now, Effects& out) {
    state_ = state;
    deadlines_.clear();
    next_wait_ = {};
    if (state == State::ROpen) origin_state_id_ = responder_state_id_;
    out.push_back(note(Severity::Info, "diameter.peer.open"));
    if (watchdog_.connection_up(now, context_.random) == Watchdog::Action::SendWatchdog) send_watchdog(out);
    back_off_ = context_.config.reconnect_min;
}

// "Error", "Disc" and "Cleanup" of the table: whatever connections there are go, and Tc starts.
void Peer::close(TimePoint now, std::string_view reason, Effects& out) {
    const bool was_open = is_open() || state_ == State::Closing;
    for (auto* c : {&initiator_, &responder_})
        if (*c) out.push_back(Close{*std::exchange(*c, {})});
    state_ = State::Closed;
    watchdog_.connection_down();
    deadlines_.clear();
    out.push_back(was_open ? note(Severity::Warning, "diameter.peer.closed", reason)
                           : note(Severity::Info, "diameter.peer.unreachable", reason));
    if (will_reconnect()) restart_later(now, next_wait_);
}

// Tc with exponential back-off, so that a thousand nodes do not return to a restarted HSS in step.
void Peer::restart_later(TimePoint now, Duration at_least) {
    const auto wait = std::max(back_off_, at_least);
    const auto steps = static_cast<Duration::rep>(context_.random.number() % 251);
    deadlines_.set(Timer::Tc, now + wait + wait * steps / 1000);
    back_off_ = std::min(back_off_ * 2, context_.config.reconnect_max);
}

void Peer::start(TimePoint now, Effects& out) {
    if (state_ != State::Closed || !will_reconnect()) return;
    initiator_ = context_.ids.connection();
    out.push_back(Connect{*initiator_, config_.identity, config_.host, config_.port, config_.transport,
                          config_.further_hosts});
    state_ = State::WaitConnAck;
    deadlines_.clear(Timer::Tc);
    deadlines_.set(Timer::Exchange, now + exchange_timeout);
}

void Peer::stop(DisconnectCause cause, TimePoint now, Effects& out) {
    stopping_ = true;
    deadlines_.clear(Timer::Tc);
    if (const auto c = connection()) {
        send(*c, DisconnectPeerRequest{context_.local.identity, context_.local.realm, cause}, out);
        state_ = State::Closing;
        watchdog_.connection_down();
        deadlines_.set(Timer::Exchange, now + disconnect_timeout);
        return;
    }
    if (state_ != State::Closed && state_ != State::Closing) close(now, "stopped", out);
}

void Peer::on_connected(ConnectionId c, const std::vector<IpAddress>& local_addresses, TimePoint now,
                        Effects& out) {
    if (initiator_ != c) {
        out.push_back(Close{c});
        return;
    }
    initiator_addresses_ = local_addresses;
    if (state_ == State::WaitConnAck) {
        state_ = State::WaitICea;
        send_cer(now, out);
    } else if (state_ == State::WaitConnAckElect) {
        state_ = State::WaitReturns;
        send_cer(now, out);
        elect(now, out);
    }
}

void Peer::on_connect_failed(ConnectionId c, std::string_view reason, TimePoint now, Effects& out) {
    if (initiator_ != c) return;
    initiator_.reset();
    if (state_ == State::WaitConnAckElect) {
        send_cea(out);
        return open(State::ROpen, now, out);
    }
    close(now, reason, out);
}

// RFC 6733 5.6.4: the responder wins with the greater Origin-Host, and then closes the connection it
// initiated.
void Peer::elect(TimePoint now, Effects& out) {
    if (to_lower(context_.local.identity) <= to_lower(config_.identity)) return;
    out.push_back(Close{*std::exchange(initiator_, {})});
    send_cea(out);
    open(State::ROpen, now, out);
}

bool Peer::on_cer(ConnectionId c, const std::vector<IpAddress>& local_addresses, const codec::Header& header,
                  const CapabilitiesExchangeRequest& cer, TimePoint now, Effects& out) {
    const auto result = stopping_ ? ResultCode::UnableToComply : judge(cer);
    if (result != ResultCode::Success) {
        answer(c, header,
               CapabilitiesExchangeAnswer{result, our_capabilities(context_.local, local_addresses), {}},
               out);
        out.push_back(Close{c});
        out.push_back(note(Severity::Warning, "diameter.peer.refused", text(diameter::Result{result})));
        return false;
    }
    // The table rejects a second connection. But a peer whose Origin-State-Id has grown has lost the first
    // one with its memory (RFC 6733 8.16), and TCP may take minutes to tell.
    const bool restarted =
        is_open() && cer.origin_state_id && origin_state_id_ && *cer.origin_state_id > *origin_state_id_;
    if (restarted) close(now, "the peer has restarted", out);

    const auto accept = [&] {  // R-Accept, Process-CER
        responder_ = c;
        responder_addresses_ = local_addresses;
        responder_cer_ = header;
        responder_state_id_ = cer.origin_state_id;
    };
    switch (state_) {
        case State::Closed:
            accept();
            send_cea(out);
            open(State::ROpen, now, out);
            return true;
        case State::WaitConnAck:
            accept();
            state_ = State::WaitConnAckElect;
            return true;
        case State::WaitICea:
            accept();
            state_ = State::WaitReturns;
            elect(now, out);
            return true;
        case State::WaitConnAckElect:
        case State::WaitReturns:
        case State::ROpen:
        case State::IOpen:
        case State::Closing: break;
    }
    out.push_back(Close{c});  // R-Reject
    return false;
}

void Peer::on_cea(const codec::Message& message, TimePoint now, Effects& out) {
    const auto* cea = std::get_if<CapabilitiesExchangeAnswer>(&message.content);
    if (!cea) {
        const auto* error = std::get_if<ErrorAnswer>(&message.content);
        next_wait_ = context_.config.reconnect_max;
        return close(now, error ? text(diameter::Result{error->result_code}) : "another message than a CEA",
                     out);
    }
    auto result = cea->result_code;
    if (result == ResultCode::Success) result = judge(cea->capabilities);
    if (result != ResultCode::Success) {
        next_wait_ = context_.config.reconnect_max;  // asking again soon will not change their mind
        return close(now, text(diameter::Result{result}), out);
    }
    if (!iequals(cea->capabilities.origin_host, config_.identity)) {
        next_wait_ = context_.config.reconnect_max;
        return close(now, "it calls itself " + cea->capabilities.origin_host, out);
    }
    if (responder_) out.push_back(Close{*std::exchange(responder_, {})});
    origin_state_id_ = cea->capabilities.origin_state_id;
    open(State::IOpen, now, out);
}

Peer::Verdict Peer::on_message(ConnectionId c, const codec::Message& message, TimePoint now, Effects& out) {
    switch (state_) {
        case State::WaitICea:
        case State::WaitReturns:
            if (initiator_ == c) on_cea(message, now, out);
            return Verdict::Handled;
        case State::ROpen:
        case State::IOpen:
            return connection() == c ? on_open_message(c, message, now, out) : Verdict::Handled;
        case State::Closing: return on_closing_message(c, message, now, out);
        case State::Closed:
        case State::WaitConnAck:
        case State::WaitConnAckElect: break;
    }
    return Verdict::Handled;
}

Peer::Verdict Peer::on_open_message(ConnectionId c, const codec::Message& message, TimePoint now,
                                    Effects& out) {
    const auto& local = context_.local;
    watchdog_.received(std::holds_alternative<DeviceWatchdogAnswer>(message.content), now);
    if (std::holds_alternative<DeviceWatchdogRequest>(message.content)) {
        answer(c, message.header,
               DeviceWatchdogAnswer{ResultCode::Success, local.identity, local.realm, local.origin_state_id},
               out);
        return Verdict::Handled;
    }
    if (const auto* dpr = std::get_if<DisconnectPeerRequest>(&message.content)) {
        answer(c, message.header, DisconnectPeerAnswer{ResultCode::Success, local.identity, local.realm},
               out);
        state_ = State::Closing;
        watchdog_.connection_down();
        deadlines_.set(Timer::Exchange, now + disconnect_timeout);
        // RFC 6733 5.4.3: only a reboot asks us to come back soon.
        if (dpr->disconnect_cause != DisconnectCause::Rebooting) next_wait_ = context_.config.reconnect_max;
        out.push_back(note(Severity::Info, "diameter.peer.disconnecting"));
        return Verdict::Handled;
    }
    if (std::holds_alternative<CapabilitiesExchangeRequest>(message.content)) {
        // 5.6: not in the table, so an error; capabilities are exchanged once per connection.
        answer(c, message.header,
               CapabilitiesExchangeAnswer{ResultCode::UnableToComply, our_capabilities(local, {}), {}}, out);
        return Verdict::Handled;
    }
    const bool base_answer = std::holds_alternative<DeviceWatchdogAnswer>(message.content) ||
                             std::holds_alternative<CapabilitiesExchangeAnswer>(message.content) ||
                             std::holds_alternative<DisconnectPeerAnswer>(message.content);
    return base_answer ? Verdict::Handled : Verdict::Application;
}

Peer::Verdict Peer::on_closing_message(ConnectionId c, const codec::Message& message, TimePoint now,
                                       Effects& out) {
    if (initiator_ != c && responder_ != c) return Verdict::Handled;
    const auto& local = context_.local;
    if (std::holds_alternative<DisconnectPeerAnswer>(message.content)) {
        close(now, "disconnected", out);
    } else if (std::holds_alternative<DisconnectPeerRequest>(message.content)) {  // both at once
        answer(c, message.header, DisconnectPeerAnswer{ResultCode::Success, local.identity, local.realm},
               out);
    } else if (std::holds_alternative<cx::Answer>(message.content) ||
               std::holds_alternative<ErrorAnswer>(message.content)) {
        return Verdict::Application;  // 5.4: what was already on its way still counts
    }
    return Verdict::Handled;
}

void Peer::on_closed(ConnectionId c, std::string_view reason, TimePoint now, Effects& out) {
    if (initiator_ == c) {
        if (state_ == State::WaitConnAck || state_ == State::WaitConnAckElect)
            return on_connect_failed(c, reason, now, out);
        initiator_.reset();
        if (state_ == State::WaitReturns) {
            send_cea(out);
            return open(State::ROpen, now, out);
        }
        return close(now, reason, out);
    }
    if (responder_ != c) return;
    responder_.reset();
    if (state_ == State::WaitConnAckElect) {
        state_ = State::WaitConnAck;
    } else if (state_ == State::WaitReturns) {
        state_ = State::WaitICea;
    } else {
        close(now, reason, out);
    }
}

void Peer::on_timeout(TimePoint now, Effects& out) {
    if (deadlines_.take_due(Timer::Tc, now)) start(now, out);
    if (deadlines_.take_due(Timer::Exchange, now))
        close(now, state_ == State::Closing ? "no DPA" : "no answer to the connection or CER", out);
    if (watchdog_.deadline() && *watchdog_.deadline() <= now) {
        const auto before = watchdog_.status();
        switch (watchdog_.expired(now, context_.random)) {
            case Watchdog::Action::SendWatchdog: send_watchdog(out); break;
            case Watchdog::Action::CloseConnection: close(now, "no answer to the watchdog", out); break;
            case Watchdog::Action::None: break;
        }
        if (before == Watchdog::Status::Okay && watchdog_.status() == Watchdog::Status::Suspect)
            out.push_back(note(Severity::Warning, "diameter.peer.suspect"));
    }
}

}  // namespace ims::diameter
