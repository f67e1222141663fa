#include "common/sip/transaction/invite_client.hpp"

namespace ims::sip {

InviteClient::InviteClient(const TimerValues& values, bool reliable, TimePoint now)
    : reliable_{reliable}, interval_{values.t1}, timeout_{values.timeout()} {
    if (!reliable_) deadlines_.set(Timer::A, now + interval_);
    deadlines_.set(Timer::B, now + timeout_);
}

Step InviteClient::on_response(int status, TimePoint now) {
    switch (state_) {
        case State::Calling:
        case State::Proceeding:
            deadlines_.clear();
            if (status < 200) {
                state_ = State::Proceeding;
                return {.pass = true};
            }
            if (status < 300) {
                // RFC 6026 8.4: stay for timer M, on every transport, so that each 2xx reaches the core.
                state_ = State::Accepted;
                deadlines_.set(Timer::M, now + timeout_);
                return {.pass = true};
            }
            state_ = State::Completed;
            if (reliable_) return terminate({.acknowledge = true, .pass = true});  // timer D is zero
            deadlines_.set(Timer::D, now + timeout_);
            return {.acknowledge = true, .pass = true};
        case State::Accepted: return {.pass = status >= 200 && status < 300};
        case State::Completed: return {.acknowledge = status >= 300};
        case State::Terminated: return {};
    }
    return {};
}

Step InviteClient::on_transport_error() {
    switch (state_) {
        case State::Calling:
        case State::Completed: return terminate({.failed = true});
        case State::Proceeding:  // nothing is being sent: the error belongs to an older transmission
        case State::Accepted:
        case State::Terminated: return {};
    }
    return {};
}

Step InviteClient::on_timeout(TimePoint now) {
    if (deadlines_.take_due(Timer::B, now)) return terminate({.timed_out = true});
    if (deadlines_.take_due(Timer::D, now) || deadlines_.take_due(Timer::M, now)) return terminate();
    if (deadlines_.take_due(Timer::A, now)) {
        interval_ *= 2;
        deadlines_.set(Timer::A, now + interval_);
        return {.resend = true};
    }
    return {};
}

Step InviteClient::terminate(Step step) {
    state_ = State::Terminated;
    deadlines_.clear();
    step.terminated = true;
    return step;
}

}  // namespace ims::sip
