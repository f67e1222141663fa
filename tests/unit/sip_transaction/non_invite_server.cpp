#include "common/sip/transaction/non_invite_server.hpp"

#include "clock.hpp"

using namespace ims;
using namespace ims::sip;
using State = NonInviteServer::State;

TEST_CASE("timer E reaches T2 after 3.5 s in the core and after 14 s on Gm", "[RFC4320-4.1]") {
    CHECK(timer_e_reaches_t2(core_timers) == 3500ms);
    CHECK(timer_e_reaches_t2(gm_timers) == 14s);
}

TEST_CASE("an unanswered request is absorbed, gets its 100 at 3.5 s and never a 408", "[RFC4320-4.2]") {
    for (const bool transport : {reliable, unreliable}) {
        NonInviteServer tx{core_timers, transport, t0};
        CHECK(tx.on_request() == Step{});
        const auto happened = run(tx);
        REQUIRE(happened.size() == 2);
        CHECK(happened[0].when == 3500ms);
        CHECK(happened[0].step == Step{.trying = true});
        CHECK(happened[1].when == 32s);
        CHECK(happened[1].step == Step{.timed_out = true, .terminated = true});
        CHECK(tx.on_response(200, t0 + 33s) == Step{});  // nobody listens any more
    }
}

TEST_CASE("a 100 of the core goes at once over TCP, over UDP not before 3.5 s", "[RFC4320-4.1]") {
    NonInviteServer stream{core_timers, reliable, t0};
    CHECK(stream.on_response(100, t0 + 10ms) == Step{.send = true});
    CHECK(stream.state() == State::Proceeding);
    CHECK(stream.on_request() == Step{.resend = true});
    CHECK(run(stream, t0 + 31s).empty());  // and no second one

    NonInviteServer datagram{core_timers, unreliable, t0};
    CHECK(datagram.on_response(100, t0 + 10ms) == Step{});
    CHECK(datagram.on_response(100, t0 + 3500ms) == Step{.send = true});
}

TEST_CASE("no provisional but 100 answers a non-INVITE request", "[RFC4320-4.1]") {
    NonInviteServer tx{core_timers, reliable, t0};
    for (const int status : {180, 183, 199}) CHECK(tx.on_response(status, t0) == Step{});
    CHECK(tx.state() == State::Trying);
}

TEST_CASE("a final response is sent, repeated on each repetition of the request, until Timer J",
          "[RFC3261-17.2.2]") {
    for (const int status : {200, 301, 404, 500, 603})
        for (const bool proceeding : {true, false}) {
            NonInviteServer tx{core_timers, unreliable, t0};
            if (proceeding) tx.on_response(100, t0 + 4s);
            CHECK(tx.on_response(status, t0 + 4s) == Step{.send = true});
            CHECK(tx.state() == State::Completed);
            CHECK(tx.on_request() == Step{.resend = true});
            CHECK(tx.on_response(500, t0 + 5s) == Step{});
            CHECK(tx.on_transport_error() == Step{.failed = true});
            const auto happened = run(tx);
            REQUIRE(happened.size() == 1);
            CHECK(happened[0].when == 36s);
            CHECK(happened[0].step == Step{.terminated = true});
        }
}

TEST_CASE("over a reliable transport Timer J is zero", "[RFC3261-17.2.2]") {
    NonInviteServer tx{core_timers, reliable, t0};
    CHECK(tx.on_response(200, t0) == Step{.send = true, .terminated = true});
}

TEST_CASE("a 408 of the core ends the transaction in silence", "[RFC4320-4.2]") {
    NonInviteServer tx{core_timers, unreliable, t0};
    CHECK(tx.on_response(408, t0) == Step{.terminated = true});
}
