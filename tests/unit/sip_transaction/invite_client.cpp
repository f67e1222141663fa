#include "common/sip/transaction/invite_client.hpp"

#include "clock.hpp"

using namespace ims;
using namespace ims::sip;
using State = InviteClient::State;
using Timer = InviteClient::Timer;

TEST_CASE("an INVITE without any response is repeated on Timer A and given up on Timer B",
          "[RFC3261-17.1.1.2]") {
    InviteClient tx{core_timers, unreliable, t0};
    const auto happened = run(tx);
    CHECK(times_of(happened, &Step::resend) ==
          std::vector<Duration>{500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms});
    CHECK(times_of(happened, &Step::timed_out) == std::vector<Duration>{32s});
    CHECK(tx.state() == State::Terminated);
}

TEST_CASE("towards a UE the timers are those of 3GPP", "[TS24.229-7.7]") {
    InviteClient tx{gm_timers, unreliable, t0};
    const auto happened = run(tx);
    CHECK(times_of(happened, &Step::resend).front() == 2s);
    CHECK(times_of(happened, &Step::timed_out) == std::vector<Duration>{128s});
}

TEST_CASE("over a reliable transport an INVITE is not repeated", "[RFC3261-17.1.1.2]") {
    InviteClient tx{core_timers, reliable, t0};
    const auto happened = run(tx);
    REQUIRE(happened.size() == 1);
    CHECK(happened[0].step == Step{.timed_out = true, .terminated = true});
}

TEST_CASE("a provisional response stops timers A and B for good", "[RFC3261-17.1.1.2]") {
    InviteClient tx{core_timers, unreliable, t0};
    CHECK(tx.on_response(100, t0 + 100ms) == Step{.pass = true});
    CHECK(tx.state() == State::Proceeding);
    CHECK_FALSE(tx.next_deadline());
    CHECK(tx.on_response(180, t0 + 200ms) == Step{.pass = true});
    CHECK(tx.state() == State::Proceeding);
    CHECK(tx.on_transport_error() == Step{});
}

TEST_CASE("a 2xx leads to Accepted, where each further 2xx is passed on until Timer M", "[RFC6026-7.2]") {
    for (const bool transport : {reliable, unreliable})
        for (const bool ringing : {true, false}) {
            InviteClient tx{core_timers, transport, t0};
            if (ringing) tx.on_response(180, t0);
            CHECK(tx.on_response(200, t0) == Step{.pass = true});
            CHECK(tx.state() == State::Accepted);
            CHECK(tx.on_response(200, t0 + 500ms) == Step{.pass = true});
            CHECK(tx.on_response(180, t0 + 501ms) == Step{});
            CHECK(tx.on_response(486, t0 + 502ms) == Step{});
            CHECK(tx.on_transport_error() == Step{});
            const auto happened = run(tx);
            REQUIRE(happened.size() == 1);
            CHECK(happened[0].when == 32s);
            CHECK(happened[0].step == Step{.terminated = true});
        }
}

TEST_CASE("a 300-699 is acknowledged, and again each time it comes, until Timer D", "[RFC3261-17.1.1.2]") {
    for (const int status : {300, 486, 503, 603}) {
        InviteClient tx{core_timers, unreliable, t0};
        CHECK(tx.on_response(status, t0) == Step{.acknowledge = true, .pass = true});
        CHECK(tx.state() == State::Completed);
        CHECK(tx.on_response(status, t0 + 500ms) == Step{.acknowledge = true});
        CHECK(tx.on_response(180, t0 + 501ms) == Step{});
        const auto happened = run(tx);
        REQUIRE(happened.size() == 1);
        CHECK(happened[0].when == 32s);
        CHECK(happened[0].step == Step{.terminated = true});
        CHECK(tx.on_response(status, t0 + 40s) == Step{});
    }
}

TEST_CASE("over a reliable transport Timer D is zero", "[RFC3261-17.1.1.2]") {
    InviteClient tx{core_timers, reliable, t0};
    tx.on_response(180, t0);
    CHECK(tx.on_response(486, t0) == Step{.acknowledge = true, .pass = true, .terminated = true});
}

TEST_CASE("a transport error ends an INVITE that nobody has answered, and the ACK of one that somebody has",
          "[RFC3261-17.1.1.2]") {
    InviteClient calling{core_timers, unreliable, t0};
    CHECK(calling.on_transport_error() == Step{.failed = true, .terminated = true});
    InviteClient completed{core_timers, unreliable, t0};
    completed.on_response(486, t0);
    CHECK(completed.on_transport_error() == Step{.failed = true, .terminated = true});
    CHECK(completed.on_transport_error() == Step{});
}
