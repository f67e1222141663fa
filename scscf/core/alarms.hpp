#pragma once
#include "common/base/time.hpp"

#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace ims::scscf {

// Deadlines of many things: a heap of (when, whose). Nothing is ever taken out early: whoever is woken looks
// whether it is really due, and asks again.
template <class Key>
class Alarms {
  public:
    void set(TimePoint at, Key key) { heap_.push(Entry{at, std::move(key)}); }
    std::optional<Key> take_due(TimePoint now) {
        if (heap_.empty() || heap_.top().at > now) return {};
        auto key = heap_.top().key;
        heap_.pop();
        return key;
    }
    std::optional<TimePoint> next() const {
        if (heap_.empty()) return {};
        return heap_.top().at;
    }

  private:
    struct Entry {
        TimePoint at;
        Key key;
        bool operator<(const Entry& other) const { return at > other.at; }
    };
    std::priority_queue<Entry> heap_;
};

}  // namespace ims::scscf
