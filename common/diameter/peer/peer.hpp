#pragma once
#include "common/base/random.hpp"
#include "common/base/time.hpp"
#include "common/diameter/codec/codec.hpp"
#include "common/diameter/peer/capabilities.hpp"
#include "common/diameter/peer/config.hpp"
#include "common/diameter/peer/effects.hpp"
#include "common/diameter/peer/identifiers.hpp"
#include "common/diameter/peer/watchdog.hpp"

#include <optional>
#include <string_view>

namespace ims::diameter {

// One neighbour: the state machine of RFC 6733 5.6 with its two possible connections, I (we opened it) and R
// (they did), the watchdog of RFC 3539 and the timer Tc. It knows nothing of requests: those are the Node's.
class Peer {
  public:
    enum class State : std::uint8_t {  // RFC 6733 5.6
        Closed,
        WaitConnAck,       // I: connecting
        WaitICea,          // I: CER sent
        WaitConnAckElect,  // I: connecting; R: their CER is here
        WaitReturns,       // I: CER sent; R: their CER is here; the election was lost, so their CEA decides
        ROpen,
        IOpen,
        Closing,  // DPR or DPA sent
    };
    struct Context {  // what all peers of a node share
        const Local& local;
        const Config& config;
        Identifiers& ids;
        Random& random;
    };
    // What the node does with an arriving message.
    enum class Verdict : std::uint8_t { Handled, Application };

    // `configured`: named in the configuration, so routes by realm lead to it; else it came by itself or by
    // redirect.
    Peer(PeerConfig config, bool configured, Context context);

    void start(TimePoint now, Effects& out);
    void stop(DisconnectCause cause, TimePoint now, Effects& out);
    void on_connected(ConnectionId c, const std::vector<IpAddress>& local_addresses, TimePoint now,
                      Effects& out);
    void on_connect_failed(ConnectionId c, std::string_view reason, TimePoint now, Effects& out);
    // A CER on a connection that they opened. False: it was refused and the connection is no longer ours.
    bool on_cer(ConnectionId c, const std::vector<IpAddress>& local_addresses, const codec::Header& header,
                const CapabilitiesExchangeRequest& cer, TimePoint now, Effects& out);
    Verdict on_message(ConnectionId c, const codec::Message& message, TimePoint now, Effects& out);
    void on_closed(ConnectionId c, std::string_view reason, TimePoint now, Effects& out);
    void on_timeout(TimePoint now, Effects& out);
    std::optional<TimePoint> next_deadline() const {
        return earliest(deadlines_.next(), watchdog_.deadline());
    }

    const PeerConfig& config() const { return config_; }
    bool configured() const { return configured_; }
    State state() const { return state_; }
    Watchdog::Status watchdog() const { return watchdog_.status(); }
    bool owns(ConnectionId c) const { return initiator_ == c || responder_ == c; }
    std::optional<ConnectionId> connection() const;  // the one that is open
    bool is_open() const { return state_ == State::ROpen || state_ == State::IOpen; }
    // Requests may be sent: open and not suspect.
    bool usable() const { return is_open() && watchdog_.status() != Watchdog::Status::Suspect; }
    // Usable, and not fresh from a failure (RFC 3539 Reopen). The Node prefers trusted peers, yet takes
    // others rather than none: RFC 3539 3.4.1 [5] would leave a realm with one HSS without service for two Tw
    // after its restart.
    bool trusted() const { return is_open() && watchdog_.status() == Watchdog::Status::Okay; }
    bool is_relay() const { return config_.relay; }
    bool will_reconnect() const { return !stopping_ && !config_.host.empty(); }

    // TOO_BUSY: others are preferred until then.
    TimePoint busy_until{};

  private:
    enum class Timer : std::uint8_t {
        Tc,        // time to try a connection again
        Exchange,  // the peer must connect, send its CEA or its DPA by then
        Count,
    };

    void send(ConnectionId c, const BaseCommand& command, Effects& out);
    void answer(ConnectionId c, const codec::Header& request, const BaseCommand& command, Effects& out);
    void send_cer(TimePoint now, Effects& out);
    void send_cea(Effects& out);
    void send_watchdog(Effects& out);
    void elect(TimePoint now, Effects& out);
    void open(State state, TimePoint now, Effects& out);
    void close(TimePoint now, std::string_view reason, Effects& out);
    void restart_later(TimePoint now, Duration at_least);
    void on_cea(const codec::Message& message, TimePoint now, Effects& out);
    Verdict on_open_message(ConnectionId c, const codec::Message& message, TimePoint now, Effects& out);
    Verdict on_closing_message(ConnectionId c, const codec::Message& message, TimePoint now, Effects& out);
    Note note(Severity severity, std::string_view id, std::string_view reason = {}) const;

    PeerConfig config_;
    bool configured_;
    Context context_;
    State state_ = State::Closed;
    std::optional<ConnectionId> initiator_, responder_;
    std::vector<IpAddress> initiator_addresses_, responder_addresses_;
    codec::Header responder_cer_;                   // to be answered when the election is over
    std::optional<std::uint32_t> origin_state_id_;  // theirs
    std::optional<std::uint32_t> responder_state_id_;
    Watchdog watchdog_;
    Deadlines<Timer> deadlines_;
    Duration back_off_;
    Duration next_wait_{};  // what a DPR's cause asks for
    bool stopping_ = false;
};

std::string_view name(Peer::State state);  // "I-Open", as RFC 6733 writes it

}  // namespace ims::diameter
