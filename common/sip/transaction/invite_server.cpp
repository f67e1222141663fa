#include "common/sip/transaction/invite_server.hpp"

#include <algorithm>

namespace ims::sip {

InviteServer::InviteServer(const TimerValues& values, bool reliable, TimePoint now)
    : reliable_{reliable}, interval_{values.t1}, t2_{values.t2}, t4_{values.t4}, timeout_{values.timeout()} {
    deadlines_.set(Timer::Trying, now + trying_delay);
}

Step InviteServer::on_request() {
    switch (state_) {
        case State::Proceeding: return {.resend = provisional_sent_};
        case State::Completed: return {.resend = true};
        case State::Accepted:
        case State::Confirmed:
        case State::Terminated: return {};
    }
    return {};
}

Step InviteServer::on_ack(TimePoint now) {
    switch (state_) {
        case State::Accepted: return {.pass = true};
        case State::Completed:
            deadlines_.clear();                 // stops G and H
            if (reliable_) return terminate();  // timer I is zero
            state_ = State::Confirmed;
            deadlines_.set(Timer::I, now + t4_);
            return {};
        case State::Proceeding:
        case State::Confirmed:
        case State::Terminated: return {};
    }
    return {};
}

Step InviteServer::on_response(int status, TimePoint now) {
    const bool success = status >= 200 && status < 300;
    if (state_ == State::Accepted) return {.send = success};
    if (state_ != State::Proceeding) return {};
    deadlines_.clear(Timer::Trying);
    if (status < 200) {
        provisional_sent_ = true;
        return {.send = true};
    }
    if (success) {
        state_ = State::Accepted;
        deadlines_.set(Timer::L, now + timeout_);  // RFC 6026 8.7: on every transport
        return {.send = true};
    }
    state_ = State::Completed;
    if (!reliable_) deadlines_.set(Timer::G, now + interval_);
    deadlines_.set(Timer::H, now + timeout_);
    return {.send = true};
}

Step InviteServer::on_timeout(TimePoint now) {
    if (deadlines_.take_due(Timer::Trying, now)) {
        provisional_sent_ = true;
        return {.trying = true};
    }
    if (deadlines_.take_due(Timer::H, now)) return terminate({.timed_out = true});
    if (deadlines_.take_due(Timer::I, now) || deadlines_.take_due(Timer::L, now)) return terminate();
    if (deadlines_.take_due(Timer::G, now)) {
        interval_ = std::min(2 * interval_, t2_);
        deadlines_.set(Timer::G, now + interval_);
        return {.resend = true};
    }
    return {};
}

Step InviteServer::terminate(Step step) {
    state_ = State::Terminated;
    deadlines_.clear();
    step.terminated = true;
    return step;
}

}  // namespace ims::sip
