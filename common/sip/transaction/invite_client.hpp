#pragma once
#include "common/sip/transaction/step.hpp"
#include "common/sip/transaction/timers.hpp"

#include <cstdint>

namespace ims::sip {

// The INVITE client transaction, RFC 3261 17.1.1 as corrected by RFC 6026 7.2 (figure 5).
//
//   Calling --1xx--> Proceeding --2xx--> Accepted --M--> Terminated
//      |  \------------2xx-------------/
//      \--300-699--> Completed --D--> Terminated          Calling --B, transport error--> Terminated
class InviteClient {
  public:
    enum class State : std::uint8_t {
        Calling,     // nothing heard yet; repeated on timer A where the transport may lose it
        Proceeding,  // a provisional response came
        Accepted,    // a 2xx came; more of them, from other branches or repeated, are passed on
        Completed,   // a 300-699 came; its repetitions are acknowledged
        Terminated,
    };
    enum class Timer : std::uint8_t { A, B, D, M, Count };

    // The INVITE has just been handed to the transport.
    InviteClient(const TimerValues& values, bool reliable, TimePoint now);

    Step on_response(int status, TimePoint now);
    Step on_transport_error();
    Step on_timeout(TimePoint now);

    State state() const { return state_; }
    const Deadlines<Timer>& deadlines() const { return deadlines_; }
    std::optional<TimePoint> next_deadline() const { return deadlines_.next(); }
    bool got_provisional() const { return state_ == State::Proceeding; }
    bool finished() const { return state_ >= State::Accepted; }  // a final response came, or none ever will

  private:
    Step terminate(Step step = {});

    State state_ = State::Calling;
    bool reliable_;
    Duration interval_;  // of timer A
    Duration timeout_;   // 64*T1
    Deadlines<Timer> deadlines_;
};

}  // namespace ims::sip
