#include "common/sip/transaction/non_invite_server.hpp"

namespace ims::sip {

Duration timer_e_reaches_t2(const TimerValues& values) {
    Duration sum{};
    for (auto interval = values.t1; interval < values.t2 && interval > Duration::zero(); interval *= 2)
        sum += interval;
    return sum;
}

NonInviteServer::NonInviteServer(const TimerValues& values, bool reliable, TimePoint now)
    : reliable_{reliable}, timeout_{values.timeout()}, trying_at_{now + timer_e_reaches_t2(values)} {
    deadlines_.set(Timer::Trying, trying_at_);
    deadlines_.set(Timer::Unanswered, now + timeout_);
}

Step NonInviteServer::on_request() {
    switch (state_) {
        case State::Proceeding:
        case State::Completed: return {.resend = true};
        case State::Trying:
        case State::Terminated: return {};
    }
    return {};
}

Step NonInviteServer::on_response(int status, TimePoint now) {
    if (answered()) return {};
    if (status < 200) {
        if (status != 100) return {};
        // RFC 4320 4.1: not before timer E has reached T2, unless the transport is reliable.
        if (!reliable_ && now < trying_at_) return {};
        deadlines_.clear(Timer::Trying);
        state_ = State::Proceeding;
        return {.send = true};
    }
    if (status == 408) return terminate();  // RFC 4320 4.2
    deadlines_.clear();
    state_ = State::Completed;
    if (reliable_) return terminate({.send = true});  // timer J is zero
    deadlines_.set(Timer::J, now + timeout_);
    return {.send = true};
}

Step NonInviteServer::on_timeout(TimePoint now) {
    if (deadlines_.take_due(Timer::Unanswered, now)) return terminate({.timed_out = true});
    if (deadlines_.take_due(Timer::J, now)) return terminate();
    if (deadlines_.take_due(Timer::Trying, now)) {
        if (state_ != State::Trying) return {};
        state_ = State::Proceeding;
        return {.trying = true};
    }
    return {};
}

Step NonInviteServer::terminate(Step step) {
    state_ = State::Terminated;
    deadlines_.clear();
    step.terminated = true;
    return step;
}

}  // namespace ims::sip
