#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace ims {

// Time is always an argument below the shell: steady time for timers, wall time (seconds since 1970) only
// where a value leaves the process with it (SQN, certificates, logs).
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;
using WallTime = std::chrono::sys_seconds;
using namespace std::chrono_literals;

inline std::optional<TimePoint> earliest(std::optional<TimePoint> a, std::optional<TimePoint> b) {
    if (!a) return b;
    if (!b) return a;
    return *a < *b ? a : b;
}

// A small table of named deadlines. `Name` is an enum whose last enumerator is Count.
template <class Name>
class Deadlines {
  public:
    void set(Name n, TimePoint at) { at_[index(n)] = at; }
    void clear(Name n) { at_[index(n)].reset(); }
    void clear() { at_ = {}; }
    bool running(Name n) const { return at_[index(n)].has_value(); }
    // True once: a due deadline is cleared by asking.
    bool take_due(Name n, TimePoint now) {
        auto& at = at_[index(n)];
        if (!at || *at > now) return false;
        at.reset();
        return true;
    }
    std::optional<TimePoint> at(Name n) const { return at_[index(n)]; }
    std::optional<TimePoint> next() const {
        std::optional<TimePoint> next;
        for (const auto& at : at_) next = earliest(next, at);
        return next;
    }

  private:
    static constexpr std::size_t index(Name n) { return static_cast<std::size_t>(n); }
    std::array<std::optional<TimePoint>, static_cast<std::size_t>(Name::Count)> at_{};
};

}  // namespace ims
