#pragma once
#include "common/base/records.hpp"
#include "common/base/time.hpp"
#include "common/base/wakeups.hpp"
#include "common/ims/identity.hpp"
#include "common/node/state.hpp"
#include "common/sip/message/flow.hpp"
#include "pcscf/core/access_security.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ims::pcscf {

// Between the 401 and the REGISTER that answers it (24.229 reg-await-auth): one per private identity.
struct RunningChallenge {
    Impi impi;
    Challenge challenge;
    std::string token;    // of the Path that went with it
    std::string contact;  // Contact URI of the REGISTER
    sip::Flow flow;
    TimePoint until;
};

class RunningChallenges {
  public:
    const RunningChallenge* find(const Impi& impi) const;
    void set(RunningChallenge c);  // in place of the user's earlier one
    void erase(const Impi& impi);
    std::vector<Impi> take_due(TimePoint now);  // whose time is over: they are gone
    std::optional<TimePoint> next_wakeup() const { return wakeups_.next(); }
    TextChanges changes;  // by private identity

    std::size_t size() const { return challenges_.size(); }
    void for_each(const std::function<void(const RunningChallenge&)>& f) const;

  private:
    Records<RunningChallenge> challenges_;  // by private identity
    Wakeups<std::size_t> wakeups_;          // its hash
};

}  // namespace ims::pcscf
