#pragma once
#include "common/base/random.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>

namespace ims::diameter {

// The watchdog of RFC 3539 3.4 and its appendix A, for one peer. Opening connections again is the peer
// machine's.
//
//   Initial --up--> Okay --Tw, no DWA--> Suspect --Tw--> Down --up--> Reopen --3 DWAs--> Okay
//                    ^________ anything ____|
class Watchdog {
  public:
    enum class Status : std::uint8_t {
        Initial,  // never was open
        Okay,
        Suspect,  // a watchdog went unanswered: no new requests, those waiting go elsewhere
        Down,
        Reopen,  // open again, not yet trusted
    };
    enum class Action : std::uint8_t { None, SendWatchdog, CloseConnection };

    explicit Watchdog(Duration twinit) : twinit_{twinit} {}

    Action connection_up(TimePoint now, Random& random);
    void connection_down();
    void received(bool watchdog_answer, TimePoint now);
    Action expired(TimePoint now, Random& random);  // call when deadline() has come

    Status status() const { return status_; }
    std::optional<TimePoint> deadline() const { return deadline_; }

  private:
    void set_watchdog(TimePoint now, Random& random);

    Duration twinit_, tw_{};
    Status status_ = Status::Initial;
    bool pending_ = false;  // a DWR waits for its DWA
    int num_dwa_ = 0;
    std::optional<TimePoint> deadline_;
};

}  // namespace ims::diameter
