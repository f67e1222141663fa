#include "common/sip/proxy/timer_queue.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sip;

TEST_CASE("timers come in the order of their times, whatever was armed when", "[RFC3261-17]") {
    const auto usual = GENERATE(true, false);  // the few times transactions run for, or any
    std::mt19937 random{7};
    TimerQueue queue;
    std::multiset<TimePoint> expected;
    TimePoint now{1h};
    constexpr std::array durations{Duration{500ms}, Duration{1s},  Duration{4s},
                                   Duration{5s},    Duration{32s}, Duration{180s}};
    const auto take = [&] {
        REQUIRE(queue.empty() == expected.empty());
        if (expected.empty()) return;
        REQUIRE(queue.top().at == *expected.begin());
        queue.pop();
        expected.erase(expected.begin());
    };
    for (std::uint64_t id = 1; id <= 20'000; ++id) {
        now += std::chrono::microseconds{random() % 3000};
        const auto at = now + (usual ? durations.at(random() % durations.size())
                                     : Duration{std::chrono::milliseconds{random() % 40'000}});
        Armed armed;
        queue.arm(id, at, armed);
        CHECK(armed == at);
        expected.insert(at);
        if (random() % 3 == 0) take();
    }
    while (!expected.empty()) take();
    CHECK(queue.empty());
}

TEST_CASE("what is armed already is not armed for later") {
    TimerQueue queue;
    Armed armed;
    queue.arm(1, TimePoint{2s}, armed);
    queue.arm(1, TimePoint{3s}, armed);
    CHECK(armed == TimePoint{2s});
    queue.arm(1, TimePoint{1s}, armed);
    CHECK(armed == TimePoint{1s});
    CHECK(queue.top().at == TimePoint{1s});
    queue.pop();
    CHECK(queue.top().at == TimePoint{2s});  // no longer counts: whoever armed it sees so
    queue.pop();
    CHECK(queue.empty());
    queue.arm(1, std::nullopt, armed);
    CHECK(queue.empty());
}
