#include "common/base/turn.hpp"

#include <catch2/catch.hpp>

using ims::Turn;

TEST_CASE("what is sent in a turn leaves once, at the end of the outermost scope", "[turn]") {
    Turn turn;
    int flushed = 0;
    bool within = false;
    turn.at_end([&] {
        ++flushed;
        within = turn.under_way();
    });
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
    CHECK(within);  // a flush that sends once more does not wait for another turn
    CHECK(!turn.under_way());
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
