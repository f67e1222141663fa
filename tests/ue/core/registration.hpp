#pragma once
#include "common/base/time.hpp"
#include "tests/ue/core/authentication.hpp"
#include "tests/ue/core/line.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace ims::ue {

// Registration, its refreshes and its end (24.229 5.1.1.2 to 5.1.1.6).
//
//   Idle --start--> Trying --401--> Trying --200--> Registered --refresh--> Trying ... --stop--> Leaving
//   --200--> Idle
class Registration {
  public:
    enum class State : std::uint8_t { Idle, Trying, Registered, Leaving };

    explicit Registration(Line& line) : line_{line}, authentication_{line.config(), line.random()} {}

    void start(TimePoint now);
    void stop(TimePoint now);
    // 24.229 5.1.1.7: the network took it away; nothing is sent.
    void taken_away(std::string event);
    // 5.1.1.5: the network wants the UE to authenticate again before this.
    void shortened(std::chrono::seconds expires, TimePoint now);
    void start_at(TimePoint at) { deadlines_.set(Timer::Refresh, at); }

    bool owns(sip::ClientTransactionId id) const { return request_ == id; }
    // True if the UE has just become registered anew (no refresh).
    bool handle(const sip::ResponseArrived& event, TimePoint now);
    void handle(const sip::RequestFailed& event, TimePoint now);
    void handle(const ipsec::Report& report, TimePoint now);
    void handle_timeout(TimePoint now);
    std::optional<TimePoint> next_deadline() const {
        return earliest(deadlines_.next(), line_.security.next_deadline());
    }

    State state() const { return state_; }
    bool registered() const { return bound_; }
    std::optional<TimePoint> expires() const { return deadlines_.at(Timer::Expiry); }
    bool busy() const { return request_.has_value() || waiting_.has_value(); }

    // For saving and restoring the UE.
    struct Saved {
        bool bound = false;
        std::string call_id, tag;
        std::uint32_t cseq = 0;
        std::uint64_t sqn_ms = 0;                  // of the card
        std::optional<Duration> expires, refresh;  // from now
    };
    Saved saved(TimePoint now) const;
    void restore(const Saved& saved, TimePoint now);

  private:
    enum class Timer : std::uint8_t { Refresh, Expiry, Count };

    void send(std::optional<sip::AuthValue> authorization, TimePoint now, bool answer = false);
    void challenged(const sip::Message& response, TimePoint now);
    bool accepted(const sip::Message& response, TimePoint now);
    void left();
    void failed(int status, std::string reason, std::optional<std::chrono::seconds> retry_after,
                TimePoint now);
    void take_gruus(const sip::Message& response);
    std::chrono::seconds granted(const sip::Message& response) const;
    std::string uri() const { return "sip:" + line_.config().domain; }

    Line& line_;
    Authentication authentication_;
    State state_ = State::Idle;
    bool bound_ = false;  // the network holds our contact
    std::string call_id_, tag_;
    std::uint32_t cseq_ = 0;
    std::optional<sip::ClientTransactionId> request_;
    std::optional<sip::AuthValue> waiting_;  // the answer to a challenge, for its associations
    int attempts_ = 0;                       // challenges and 423s in a row, without a 2xx between
    std::optional<std::chrono::seconds> min_expires_;
    Deadlines<Timer> deadlines_;
};

}  // namespace ims::ue
