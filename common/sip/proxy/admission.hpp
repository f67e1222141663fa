#pragma once
#include "common/base/time.hpp"
#include "common/sip/message/message.hpp"

#include <array>
#include <cstdint>

namespace ims::sip {

// Whether an element can take on new work (RFC 3261 21.5.4). Two signs say no: a request lay in the socket
// for longer than half of our patience, or most REGISTERs that came one to two patiences ago wait still.
// REGISTER is the measure because only servers answer it, while a user may let any other request wait. What
// has begun, a dialog or an authentication, goes on: refusing it would waste what it has cost.
class Admission {
  public:
    // `patience`: how long a REGISTER may take before it counts as late; 0: everything is always let in.
    explicit Admission(Duration patience) : patience_{patience} {}

    void started(TimePoint now);          // a REGISTER
    void answered(TimePoint started_at);  // the same, for the first time
    // `waited`: of the request in question, in the socket.
    bool refuses(const Message& request, Duration waited, TimePoint now) const;

  private:
    struct Bucket {
        std::int64_t number = -1;  // since the clock's epoch; what was counted under another one is over
        unsigned started = 0, waiting = 0;
    };
    static constexpr std::int64_t buckets_per_patience = 4;

    std::int64_t number_of(TimePoint t) const;
    bool late(TimePoint now) const;

    Duration patience_;
    std::array<Bucket, 16> buckets_;
};

}  // namespace ims::sip
