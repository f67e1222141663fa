#include "pcscf/core/running_challenge.hpp"

#include <utility>

namespace ims::pcscf {

const RunningChallenge* RunningChallenges::find(const Impi& impi) const {
    return challenges_.find(hash_of(impi.value()), [&](const RunningChallenge& c) { return c.impi == impi; });
}

void RunningChallenges::set(RunningChallenge c) {
    const auto hash = hash_of(c.impi.value());
    erase(c.impi);
    wakeups_.at(c.until, hash);
    changes.added(c.impi.value());
    challenges_.add(hash, std::move(c));
}

void RunningChallenges::erase(const Impi& impi) {
    const auto* c = find(impi);
    if (c == nullptr) return;
    changes.removed(c->impi.value());
    challenges_.erase(hash_of(impi.value()), *c);
}

std::vector<Impi> RunningChallenges::take_due(TimePoint now) {
    std::vector<Impi> over;
    while (const auto hash = wakeups_.take_due(now))
        // Under one hash is nearly always one, and none if it was answered.
        while (const auto* c =
                   challenges_.find(*hash, [&](const RunningChallenge& one) { return one.until <= now; })) {
            over.push_back(c->impi);
            changes.removed(c->impi.value());
            challenges_.erase(*hash, *c);
        }
    return over;
}

void RunningChallenges::for_each(const std::function<void(const RunningChallenge&)>& f) const {
    for (const auto& [hash, c] : challenges_) f(c);
}

}  // namespace ims::pcscf
