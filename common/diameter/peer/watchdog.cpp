#include "common/diameter/peer/watchdog.hpp"

#include <algorithm>

namespace ims::diameter {

namespace {
constexpr Duration jitter = 2s;   // RFC 3539 3.4.1 [1]
constexpr int dwas_to_trust = 3;  // [5]
}  // namespace

void Watchdog::set_watchdog(TimePoint now, Random& random) {
    // Twinit below 6 s is for tests only; there the jitter shrinks with it.
    const Duration width = std::min<Duration>(jitter, twinit_ / 3);
    const auto steps = static_cast<Duration::rep>(random.number() % 1001);
    tw_ = twinit_ - width + 2 * width * steps / 1000;
    deadline_ = now + tw_;
}

Watchdog::Action Watchdog::connection_up(TimePoint now, Random& random) {
    set_watchdog(now, random);
    if (status_ == Status::Initial) {
        status_ = Status::Okay;
        pending_ = false;
        return Action::None;
    }
    status_ = Status::Reopen;
    num_dwa_ = 0;
    pending_ = true;
    return Action::SendWatchdog;
}

void Watchdog::connection_down() {
    if (status_ != Status::Initial) status_ = Status::Down;
    pending_ = false;
    deadline_.reset();
}

void Watchdog::received(bool watchdog_answer, TimePoint now) {
    if (watchdog_answer) pending_ = false;
    switch (status_) {
        case Status::Suspect: status_ = Status::Okay; [[fallthrough]];
        // A message resets Tw to the jittered value in use; a new one is drawn when Tw expires. Drawing one
        // per message would spend more on chance than on the watchdog.
        case Status::Okay: deadline_ = now + tw_; return;
        case Status::Reopen:
            if (watchdog_answer && ++num_dwa_ >= dwas_to_trust) {
                status_ = Status::Okay;
                deadline_ = now + tw_;
            }
            return;
        case Status::Initial:
        case Status::Down: return;
    }
}

Watchdog::Action Watchdog::expired(TimePoint now, Random& random) {
    set_watchdog(now, random);
    switch (status_) {
        case Status::Okay:
            if (!pending_) {
                pending_ = true;
                return Action::SendWatchdog;
            }
            status_ = Status::Suspect;
            return Action::None;
        case Status::Suspect: return Action::CloseConnection;
        case Status::Reopen:
            if (!pending_) {
                pending_ = true;
                return Action::SendWatchdog;
            }
            if (num_dwa_ < 0) return Action::CloseConnection;
            num_dwa_ = -1;
            return Action::None;
        case Status::Initial:
        case Status::Down: break;
    }
    deadline_.reset();
    return Action::None;
}

}  // namespace ims::diameter
