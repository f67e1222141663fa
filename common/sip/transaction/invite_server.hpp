#pragma once
#include "common/sip/transaction/step.hpp"
#include "common/sip/transaction/timers.hpp"

#include <cstdint>

namespace ims::sip {

// RFC 3261 17.2.1: a transaction user that needs longer than this to answer an INVITE gets a 100 sent for it.
inline constexpr Duration trying_delay = 200ms;

// The INVITE server transaction, RFC 3261 17.2.1 as corrected by RFC 6026 7.1 (figure 7).
//
//   Proceeding --2xx--> Accepted --L--> Terminated
//       \--300-699--> Completed --ACK--> Confirmed --I--> Terminated
//                          \--H--> Terminated
class InviteServer {
  public:
    enum class State : std::uint8_t {
        Proceeding,  // no final response yet; repetitions get the last provisional one
        Accepted,    // a 2xx was sent; repetitions of the INVITE are absorbed, the core repeats the 2xx
        Completed,   // a 300-699 was sent; repeated on timer G until the ACK comes
        Confirmed,   // the ACK came; more of them are absorbed
        Terminated,
    };
    // Trying is the 200 ms of 17.2.1, which have no letter.
    enum class Timer : std::uint8_t { Trying, G, H, I, L, Count };

    // The INVITE is being handed to the transaction user.
    InviteServer(const TimerValues& values, bool reliable, TimePoint now);

    Step on_request();                            // the INVITE once more
    Step on_ack(TimePoint now);                   // pass: in Accepted the ACK is the core's (RFC 6026 7.1)
    Step on_response(int status, TimePoint now);  // from the transaction user
    Step on_transport_error() const { return {.failed = true}; }  // RFC 6026 8.8: the state stays
    Step on_timeout(TimePoint now);

    State state() const { return state_; }
    const Deadlines<Timer>& deadlines() const { return deadlines_; }
    std::optional<TimePoint> next_deadline() const { return deadlines_.next(); }
    bool answered() const { return state_ != State::Proceeding; }

  private:
    Step terminate(Step step = {});

    State state_ = State::Proceeding;
    bool reliable_;
    bool provisional_sent_ = false;
    Duration interval_;  // of timer G
    Duration t2_;
    Duration t4_;
    Duration timeout_;  // 64*T1
    Deadlines<Timer> deadlines_;
};

}  // namespace ims::sip
