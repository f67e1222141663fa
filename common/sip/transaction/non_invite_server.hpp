#pragma once
#include "common/sip/transaction/step.hpp"
#include "common/sip/transaction/timers.hpp"

#include <cstdint>

namespace ims::sip {

// The server transaction of every method but INVITE and ACK, RFC 3261 17.2.2 (figure 8) with RFC 4320.
//
//   Trying --100--> Proceeding --200-699--> Completed --J--> Terminated
//      \-----------200-699----------------/
class NonInviteServer {
  public:
    enum class State : std::uint8_t {
        Trying,      // nothing sent yet; repetitions are absorbed
        Proceeding,  // a 100 was sent; repetitions get it again
        Completed,   // a final response was sent; repetitions get it again
        Terminated,
    };
    // Trying: RFC 4320 4.1, when the client's timer E reaches T2 a 100 must have been sent. Unanswered: the
    // client's timer F; what is answered later nobody hears (RFC 4320 4.2), so the transaction ends without
    // an answer.
    enum class Timer : std::uint8_t { Trying, Unanswered, J, Count };

    NonInviteServer(const TimerValues& values, bool reliable, TimePoint now);

    Step on_request();  // the request once more
    // From the transaction user. RFC 4320: a provisional other than 100, and 408, are never sent.
    Step on_response(int status, TimePoint now);
    Step on_transport_error() const { return {.failed = true}; }  // RFC 6026 8.8: the state stays
    Step on_timeout(TimePoint now);

    State state() const { return state_; }
    const Deadlines<Timer>& deadlines() const { return deadlines_; }
    std::optional<TimePoint> next_deadline() const { return deadlines_.next(); }
    bool answered() const { return state_ >= State::Completed; }

  private:
    Step terminate(Step step = {});

    State state_ = State::Trying;
    bool reliable_;
    Duration timeout_;  // 64*T1
    TimePoint trying_at_;
    Deadlines<Timer> deadlines_;
};

// When a client's timer E reaches T2: T1 + 2*T1 + ... below T2 (3.5 s with the default values).
Duration timer_e_reaches_t2(const TimerValues& values);

}  // namespace ims::sip
