#include "common/sip/transaction/invite_server.hpp"

#include "clock.hpp"

using namespace ims;
using namespace ims::sip;
using State = InviteServer::State;

TEST_CASE("a core that answers late gets a 100 sent for it after 200 ms", "[RFC3261-17.2.1]") {
    InviteServer tx{core_timers, unreliable, t0};
    CHECK(tx.on_request() == Step{});  // nothing to repeat yet
    const auto happened = run(tx);
    REQUIRE(happened.size() == 1);
    CHECK(happened[0].when == 200ms);
    CHECK(happened[0].step == Step{.trying = true});
    CHECK(tx.on_request() == Step{.resend = true});
}

TEST_CASE("a core that rings at once needs no 100; the INVITE repeated gets the last provisional",
          "[RFC3261-17.2.1]") {
    InviteServer tx{core_timers, unreliable, t0};
    CHECK(tx.on_response(180, t0 + 100ms) == Step{.send = true});
    CHECK(run(tx).empty());
    CHECK(tx.state() == State::Proceeding);
    CHECK(tx.on_request() == Step{.resend = true});
    CHECK(tx.on_ack(t0) == Step{});
}

TEST_CASE("a 2xx leads to Accepted: INVITEs are absorbed, 2xx and ACK pass, Timer L ends it",
          "[RFC6026-7.1]") {
    for (const bool transport : {reliable, unreliable}) {
        InviteServer tx{core_timers, transport, t0};
        CHECK(tx.on_response(200, t0) == Step{.send = true});
        CHECK(tx.state() == State::Accepted);
        CHECK(tx.on_request() == Step{});
        CHECK(tx.on_response(200, t0 + 500ms) == Step{.send = true});  // the core repeats it
        CHECK(tx.on_response(180, t0 + 501ms) == Step{});
        CHECK(tx.on_response(486, t0 + 502ms) == Step{});
        CHECK(tx.on_ack(t0 + 1s) == Step{.pass = true});
        CHECK(tx.on_transport_error() == Step{.failed = true});
        CHECK(tx.state() == State::Accepted);
        const auto happened = run(tx);
        REQUIRE(happened.size() == 1);
        CHECK(happened[0].when == 32s);
        CHECK(happened[0].step == Step{.terminated = true});
    }
}

TEST_CASE("an unacknowledged 486 is repeated on Timer G and given up on Timer H", "[RFC3261-17.2.1]") {
    InviteServer tx{core_timers, unreliable, t0};
    CHECK(tx.on_response(486, t0) == Step{.send = true});
    const auto happened = run(tx);
    CHECK(times_of(happened, &Step::resend) == std::vector<Duration>{500ms, 1500ms, 3500ms, 7500ms, 11500ms,
                                                                     15500ms, 19500ms, 23500ms, 27500ms,
                                                                     31500ms});
    REQUIRE(happened.back().when == 32s);
    CHECK(happened.back().step == Step{.timed_out = true, .terminated = true});
}

TEST_CASE("over a reliable transport a 486 is sent once and waits for its ACK", "[RFC3261-17.2.1]") {
    InviteServer waiting{core_timers, reliable, t0};
    waiting.on_response(486, t0);
    const auto happened = run(waiting);
    REQUIRE(happened.size() == 1);
    CHECK(happened[0].step == Step{.timed_out = true, .terminated = true});

    InviteServer acknowledged{core_timers, reliable, t0};
    acknowledged.on_response(486, t0);
    CHECK(acknowledged.on_ack(t0 + 10ms) == Step{.terminated = true});  // timer I is zero
}

TEST_CASE("the ACK of a 486 stops its repetition; more of them are absorbed until Timer I",
          "[RFC3261-17.2.1]") {
    InviteServer tx{core_timers, unreliable, t0};
    tx.on_response(486, t0);
    CHECK(tx.on_request() == Step{.resend = true});
    CHECK(tx.on_transport_error() == Step{.failed = true});
    CHECK(tx.on_ack(t0 + 600ms) == Step{});
    CHECK(tx.state() == State::Confirmed);
    CHECK(tx.on_ack(t0 + 700ms) == Step{});
    CHECK(tx.on_request() == Step{});
    CHECK(tx.on_response(200, t0 + 800ms) == Step{});
    const auto happened = run(tx);
    REQUIRE(happened.size() == 1);
    CHECK(happened[0].when == 5600ms);
    CHECK(happened[0].step == Step{.terminated = true});
}
