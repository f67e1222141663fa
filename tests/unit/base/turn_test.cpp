#include "common/base/turn.hpp"

#include <catch2/catch.hpp>

using ims::Turn;

TEST_CASE("what is sent in a turn leaves once, at the end of the outermost scope", "[turn]") {
    Turn turn;
    int flushed = 0;
    turn.at_end([&] { ++flushed; });
    CHECK(!turn.under_way());
    {
        const Turn::Scope outer{turn};
        {
            const Turn::Scope inner{turn};
            CHECK(turn.under_way());
        }
        CHECK(flushed == 0);
    }
    CHECK(flushed == 1);
    CHECK(!turn.under_way());
}

TEST_CASE("what one flush sends by another that is over does not wait for the next turn", "[turn]") {
    Turn turn;
    int queued = 0, sent = 0, posted = 0;
    const auto send = [&] {  // as a transport does: gathered within a turn, else looked after by itself
        turn.under_way() ? ++queued : ++posted;
    };
    turn.at_end([&] { sent += std::exchange(queued, 0); });
    turn.at_end(send);
    {
        const Turn::Scope scope{turn};
        send();
    }
    CHECK(sent == 1);
    CHECK(posted == 1);
    CHECK(queued == 0);
}

TEST_CASE("a flush that begins a scope of its own does not end the turn twice", "[turn]") {
    Turn turn;
    int flushed = 0;
    turn.at_end([&] {
        const Turn::Scope again{turn};
        ++flushed;
    });
    { const Turn::Scope scope{turn}; }
    CHECK(flushed == 1);
}
