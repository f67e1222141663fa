#pragma once
#include "common/base/time.hpp"

#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

namespace ims {

// When which record wants to be looked at, by its key. Entries are never taken out: a record that moved its
// deadline is asked too early, and asks again. One entry a record as long as deadlines only move later.
template <class Key>
class Wakeups {
  public:
    void at(TimePoint when, Key key) { heap_.push({when, std::move(key)}); }
    std::optional<TimePoint> next() const {
        if (heap_.empty()) return std::nullopt;
        return heap_.top().when;
    }
    std::optional<Key> take_due(TimePoint now) {
        if (heap_.empty() || heap_.top().when > now) return std::nullopt;
        auto key = heap_.top().key;
        heap_.pop();
        return key;
    }
    void clear() { heap_ = {}; }

  private:
    struct Entry {
        TimePoint when;
        Key key;
        bool operator>(const Entry& other) const { return when > other.when; }
    };
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace ims
