#include "common/sip/transaction/non_invite_client.hpp"

#include <algorithm>

namespace ims::sip {

NonInviteClient::NonInviteClient(const TimerValues& values, bool reliable, TimePoint now)
    : reliable_{reliable}, interval_{values.t1}, t2_{values.t2}, t4_{values.t4} {
    if (!reliable_) deadlines_.set(Timer::E, now + interval_);
    deadlines_.set(Timer::F, now + values.timeout());
}

Step NonInviteClient::on_response(int status, TimePoint now) {
    switch (state_) {
        case State::Trying:
        case State::Proceeding:
            if (status < 200) {
                // 17.1.2.2: timer E keeps its present run; from its next firing on it is T2.
                state_ = State::Proceeding;
                return {.pass = true};
            }
            deadlines_.clear();
            state_ = State::Completed;
            if (reliable_) return terminate({.pass = true});  // timer K is zero
            deadlines_.set(Timer::K, now + t4_);
            return {.pass = true};
        case State::Completed:
        case State::Terminated: return {};
    }
    return {};
}

Step NonInviteClient::on_transport_error() {
    if (finished()) return {};
    return terminate({.failed = true});
}

Step NonInviteClient::on_timeout(TimePoint now) {
    if (deadlines_.take_due(Timer::F, now)) return terminate({.timed_out = true});
    if (deadlines_.take_due(Timer::K, now)) return terminate();
    if (deadlines_.take_due(Timer::E, now)) {
        interval_ = state_ == State::Proceeding ? t2_ : std::min(2 * interval_, t2_);
        deadlines_.set(Timer::E, now + interval_);
        return {.resend = true};
    }
    return {};
}

Step NonInviteClient::terminate(Step step) {
    state_ = State::Terminated;
    deadlines_.clear();
    step.terminated = true;
    return step;
}

}  // namespace ims::sip
