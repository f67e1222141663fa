#include "common/runtime/aside.hpp"

#include <chrono>
#include <csignal>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <unistd.h>

using ims::runtime::Aside;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    boost::asio::io_context io{1};
    Aside aside{io};
    std::optional<std::string> verdict;

    void run(Aside::Work work) {
        aside.run(std::move(work), [this](std::string why) { verdict = std::move(why); });
    }
    bool finish() {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!verdict && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_one_for(100ms);
        }
        return verdict.has_value();
    }
};

}  // namespace

TEST_CASE("a copy of the process sees what is, and what it changes stays with it", "[aside]") {
    Fixture f;
    int number = 7;
    f.run([&number] { return std::exchange(number, 8) == 7; });
    CHECK(f.aside.busy());
    REQUIRE(f.finish());
    CHECK(f.verdict->empty());
    CHECK(number == 7);
    CHECK_FALSE(f.aside.busy());
}

TEST_CASE("that a copy failed, or died, is told", "[aside]") {
    Fixture f;
    SECTION("failed") {
        f.run([] { return false; });
        REQUIRE(f.finish());
        CHECK(*f.verdict == "it failed");
    }
    SECTION("died") {
        f.run([] {
            ::raise(SIGKILL);
            return true;
        });
        REQUIRE(f.finish());
        CHECK(*f.verdict == "ended by signal 9");
    }
}

TEST_CASE("while a copy works another one is not begun, and stop ends it without a word", "[aside]") {
    Fixture f;
    const auto for_ever = [] {
        ::pause();
        return true;
    };
    f.run(for_ever);
    bool second = false;
    f.aside.run(for_ever, [&second](const std::string&) { second = true; });
    f.aside.stop();
    CHECK_FALSE(f.aside.busy());
    f.io.run_for(20ms);
    CHECK_FALSE(f.verdict);
    CHECK_FALSE(second);
    f.run([] { return true; });
    CHECK(f.finish());
}
