#include "common/sip/transaction/non_invite_client.hpp"

#include "clock.hpp"

using namespace ims;
using namespace ims::sip;
using State = NonInviteClient::State;

TEST_CASE("a request without any response is repeated on Timer E up to T2 and given up on Timer F",
          "[RFC3261-17.1.2.2]") {
    NonInviteClient tx{core_timers, unreliable, t0};
    const auto happened = run(tx);
    CHECK(times_of(happened, &Step::resend) == std::vector<Duration>{500ms, 1500ms, 3500ms, 7500ms, 11500ms,
                                                                     15500ms, 19500ms, 23500ms, 27500ms,
                                                                     31500ms});
    REQUIRE(happened.back().when == 32s);
    CHECK(happened.back().step == Step{.timed_out = true, .terminated = true});
}

TEST_CASE("after a provisional response it is repeated every T2 only, and Timer F still runs",
          "[RFC3261-17.1.2.2]") {
    NonInviteClient tx{core_timers, unreliable, t0};
    CHECK(tx.on_response(100, t0 + 100ms) == Step{.pass = true});
    CHECK(tx.state() == State::Proceeding);
    CHECK(tx.on_response(100, t0 + 200ms) == Step{.pass = true});
    const auto happened = run(tx);
    CHECK(times_of(happened, &Step::resend) ==
          std::vector<Duration>{500ms, 4500ms, 8500ms, 12500ms, 16500ms, 20500ms, 24500ms, 28500ms});
    CHECK(happened.back().when == 32s);
    CHECK(happened.back().step.timed_out);
}

TEST_CASE("over a reliable transport a request is not repeated", "[RFC3261-17.1.2.2]") {
    NonInviteClient tx{core_timers, reliable, t0};
    const auto happened = run(tx);
    REQUIRE(happened.size() == 1);
    CHECK(happened[0].step == Step{.timed_out = true, .terminated = true});
}

TEST_CASE("a final response is passed once; its repetitions are absorbed until Timer K",
          "[RFC3261-17.1.2.2]") {
    for (const int status : {200, 302, 404, 500, 603})
        for (const bool proceeding : {true, false}) {
            NonInviteClient tx{core_timers, unreliable, t0};
            if (proceeding) tx.on_response(100, t0);
            CHECK(tx.on_response(status, t0) == Step{.pass = true});
            CHECK(tx.state() == State::Completed);
            CHECK(tx.on_response(status, t0 + 1s) == Step{});
            CHECK(tx.on_transport_error() == Step{});
            const auto happened = run(tx);
            REQUIRE(happened.size() == 1);
            CHECK(happened[0].when == 5s);
            CHECK(happened[0].step == Step{.terminated = true});
        }
}

TEST_CASE("over a reliable transport Timer K is zero", "[RFC3261-17.1.2.2]") {
    NonInviteClient tx{core_timers, reliable, t0};
    CHECK(tx.on_response(200, t0) == Step{.pass = true, .terminated = true});
}

TEST_CASE("a transport error ends a request that has no final response", "[RFC3261-17.1.2.2]") {
    NonInviteClient trying{core_timers, unreliable, t0};
    CHECK(trying.on_transport_error() == Step{.failed = true, .terminated = true});
    NonInviteClient proceeding{core_timers, unreliable, t0};
    proceeding.on_response(100, t0);
    CHECK(proceeding.on_transport_error() == Step{.failed = true, .terminated = true});
}
