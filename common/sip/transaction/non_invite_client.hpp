#pragma once
#include "common/sip/transaction/step.hpp"
#include "common/sip/transaction/timers.hpp"

#include <cstdint>

namespace ims::sip {

// The client transaction of every method but INVITE and ACK, RFC 3261 17.1.2 (figure 6).
//
//   Trying --1xx--> Proceeding --200-699--> Completed --K--> Terminated
//      \-----------200-699----------------/          Trying, Proceeding --F, transport error--> Terminated
class NonInviteClient {
  public:
    enum class State : std::uint8_t {
        Trying,      // nothing heard yet; repeated on timer E, doubling up to T2
        Proceeding,  // a provisional response came; repeated every T2
        Completed,   // a final response came; its repetitions are absorbed
        Terminated,
    };
    enum class Timer : std::uint8_t { E, F, K, Count };

    // The request has just been handed to the transport.
    NonInviteClient(const TimerValues& values, bool reliable, TimePoint now);

    Step on_response(int status, TimePoint now);
    Step on_transport_error();
    Step on_timeout(TimePoint now);

    State state() const { return state_; }
    const Deadlines<Timer>& deadlines() const { return deadlines_; }
    std::optional<TimePoint> next_deadline() const { return deadlines_.next(); }
    bool got_provisional() const { return state_ == State::Proceeding; }
    bool finished() const { return state_ >= State::Completed; }

  private:
    Step terminate(Step step = {});

    State state_ = State::Trying;
    bool reliable_;
    Duration interval_;  // of timer E
    Duration t2_;
    Duration t4_;
    Deadlines<Timer> deadlines_;
};

}  // namespace ims::sip
