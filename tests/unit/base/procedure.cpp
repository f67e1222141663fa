#include "common/base/procedure.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace ims;

namespace {

using Sum = Procedure<std::string, int, int>;

Sum add(int first) {
    const int second = co_await std::string{"second"};
    if (second < 0) co_return -1;
    const int third = co_await std::string{"third"};
    co_return first + second + third;
}

}  // namespace

TEST_CASE("a procedure asks, is answered and ends with an outcome", "[base]") {
    auto sum = add(1);
    CHECK(sum.start() == "second");
    CHECK(!sum.done());
    CHECK(sum.resume(2) == "third");
    CHECK(!sum.resume(3));
    REQUIRE(sum.done());
    CHECK(sum.outcome() == 6);
}

TEST_CASE("a procedure may end early, be moved, and be given up in the middle", "[base]") {
    auto early = add(1);
    CHECK(early.start() == "second");
    auto moved = std::move(early);
    CHECK(!moved.resume(-5));
    CHECK(moved.outcome() == -1);

    auto abandoned = add(1);
    CHECK(abandoned.start() == "second");
    abandoned = add(2);  // the first frame is destroyed while it waits
    CHECK(abandoned.start() == "second");
}
