#pragma once
#include "common/sip/transaction/step.hpp"
#include "common/sip/transaction/timers.hpp"

#include <vector>

#include <catch2/catch.hpp>

namespace ims::sip {

inline constexpr TimePoint t0{std::chrono::hours{1}};
inline constexpr bool reliable = true;
inline constexpr bool unreliable = false;

// What a machine did while the clock ran on: when, counted from t0, and what.
struct Happened {
    Duration when;
    Step step;
};

// Wakes the machine exactly when it asks for it until it asks no more, or `until`.
template <class Machine>
std::vector<Happened> run(Machine& machine, TimePoint until = t0 + 1h) {
    std::vector<Happened> happened;
    for (auto next = machine.next_deadline(); next && *next <= until; next = machine.next_deadline()) {
        CHECK(machine.on_timeout(*next - 1ns) == Step{});  // never early
        const auto step = machine.on_timeout(*next);
        if (step != Step{}) happened.push_back({*next - t0, step});
    }
    return happened;
}

inline std::vector<Duration> times_of(const std::vector<Happened>& happened, bool Step::*what) {
    std::vector<Duration> times;
    for (const auto& h : happened)
        if (h.step.*what) times.push_back(h.when);
    return times;
}

}  // namespace ims::sip

namespace Catch {
template <>
struct StringMaker<ims::Duration> {
    static std::string convert(const ims::Duration& d) {
        return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(d).count()) + " ms";
    }
};
template <>
struct StringMaker<ims::sip::Step> {
    static std::string convert(const ims::sip::Step& s) {
        std::string text;
        if (s.send) text += "send ";
        if (s.resend) text += "resend ";
        if (s.trying) text += "trying ";
        if (s.acknowledge) text += "acknowledge ";
        if (s.pass) text += "pass ";
        if (s.timed_out) text += "timed_out ";
        if (s.failed) text += "failed ";
        if (s.terminated) text += "terminated ";
        return text.empty() ? "nothing" : text;
    }
};
}  // namespace Catch
