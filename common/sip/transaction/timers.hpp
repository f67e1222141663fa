#pragma once
#include "common/base/time.hpp"

namespace ims::sip {

// RFC 3261 17, table 4; TS 24.229 7.7. All other timers follow from these three.
struct TimerValues {
    Duration t1 = 500ms;  // round-trip time estimate
    Duration t2 = 4s;     // longest interval of non-INVITE requests and INVITE responses
    Duration t4 = 5s;     // how long a message stays in the network
    auto operator<=>(const TimerValues&) const = default;

    Duration timeout() const { return 64 * t1; }  // timers B, D, F, H, J, L, M
};
inline constexpr TimerValues core_timers{};
inline constexpr TimerValues gm_timers{2s, 16s, 17s};  // UE and P-CSCF towards the UE

}  // namespace ims::sip
