#pragma once
#include "common/base/time.hpp"

#include <cstdint>
#include <queue>
#include <vector>

namespace ims::sip {

// When which transaction wants to be woken: a binary heap with lazy deletion. A transaction has one entry
// that counts (it remembers the time in its `Armed`); it never takes one out, it is looked at when it comes
// to the top.
using Armed = std::optional<TimePoint>;

class TimerQueue {
  public:
    struct Entry {
        TimePoint at;
        std::uint64_t id = 0;
        bool operator>(const Entry& other) const { return at > other.at; }
    };

    // An entry that comes too early does no harm: it is armed again when it fires.
    void arm(std::uint64_t id, std::optional<TimePoint> next, Armed& armed) {
        if (!next || (armed && *armed <= *next)) return;
        armed = next;
        heap_.push({*next, id});
    }
    bool empty() const { return heap_.empty(); }
    const Entry& top() const { return heap_.top(); }
    void pop() { heap_.pop(); }

  private:
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace ims::sip
