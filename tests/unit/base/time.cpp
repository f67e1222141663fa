#include "common/base/time.hpp"

#include <catch2/catch.hpp>

using namespace ims;

namespace {
enum class Timer { A, B, Count };
const TimePoint t0{};
}  // namespace

TEST_CASE("the next deadline is the earliest one running", "[base]") {
    Deadlines<Timer> d;
    CHECK(!d.next());
    d.set(Timer::A, t0 + 2s);
    d.set(Timer::B, t0 + 1s);
    CHECK(d.next() == t0 + 1s);
    CHECK(d.at(Timer::A) == t0 + 2s);
    d.clear(Timer::B);
    CHECK(d.next() == t0 + 2s);
    d.clear();
    CHECK(!d.running(Timer::A));
}

TEST_CASE("a due deadline is taken once, a millisecond early not at all", "[base]") {
    Deadlines<Timer> d;
    d.set(Timer::A, t0 + 1s);
    CHECK(!d.take_due(Timer::A, t0 + 999ms));
    CHECK(d.running(Timer::A));
    CHECK(d.take_due(Timer::A, t0 + 1s));
    CHECK(!d.take_due(Timer::A, t0 + 1s));
    CHECK(!d.take_due(Timer::B, t0 + 1s));
}

TEST_CASE("nothing is later than any time", "[base]") {
    CHECK(!earliest({}, {}));
    CHECK(earliest(t0, {}) == t0);
    CHECK(earliest({}, t0) == t0);
    CHECK(earliest(t0 + 1s, t0) == t0);
}
