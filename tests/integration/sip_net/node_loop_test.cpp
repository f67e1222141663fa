#include "common/runtime/node_loop.hpp"

#include "common/base/result.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::runtime;

namespace {

// Notes what it was asked, and has the deadline it is told.
class ScriptedNode final : public Node {
  public:
    void handle(const Event& event, TimePoint, Effects& out) override {
        const auto* failed = std::get_if<sip::TransportFailed>(&event);
        out.push_back(Note{Severity::Info, "event"}.with("detail", failed == nullptr ? "" : failed->detail));
        out.push_back(Note{Severity::Info, "after"}.with("detail", failed == nullptr ? "" : failed->detail));
    }
    void handle_timeout(TimePoint now, Effects& out) override {
        CHECK(deadline);
        CHECK(*deadline <= now);
        deadline.reset();
        out.push_back(Note{Severity::Info, "timeout"});
    }
    std::optional<TimePoint> next_deadline() const override { return deadline; }
    void drain(TimePoint, Effects& out) override { out.push_back(Note{Severity::Info, "drain"}); }
    bool idle() const override { return true; }
    std::vector<Gauge> gauges() const override { return {}; }

    std::optional<TimePoint> deadline;
};

struct LoopFixture {
    boost::asio::io_context io{1};
    ScriptedNode node;
    std::vector<std::string> done;
    std::function<void()> within;
    Turn turn;
    trace::Memory memory{0};
    NodeLoop loop{io, node, turn, memory, [this](Effect& e) {
                      const auto& n = std::get<Note>(e);
                      done.push_back(std::string{n.id} + std::string{n.field("detail")});
                      if (within) std::exchange(within, {})();
                  }};
};

TimePoint clock_now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

TEST_CASE("an event that comes while effects are executed waits for its turn", "[node-loop]") {
    LoopFixture f;
    f.within = [&] { f.loop.handle(sip::TransportFailed{1, "2"}); };
    f.loop.handle(sip::TransportFailed{1, "1"});
    CHECK(f.done == std::vector<std::string>{"event1", "after1", "event2", "after2"});
}

TEST_CASE("the node is woken at its deadline, also when that moved after the timer was set", "[node-loop]") {
    LoopFixture f;
    SECTION("at the first") {
        f.node.deadline = clock_now() + 5ms;
    }
    SECTION("later than set: an early wake-up asks again") {
        f.node.deadline = clock_now() + 2ms;
        f.loop.handle(sip::TransportFailed{});
        f.node.deadline = clock_now() + 15ms;
    }
    SECTION("earlier than set") {
        f.node.deadline = clock_now() + 1h;
        f.loop.handle(sip::TransportFailed{});
        f.node.deadline = clock_now() + 5ms;
    }
    f.loop.handle(sip::TransportFailed{});
    const auto end = clock_now() + 10s;
    while (f.node.deadline && clock_now() < end) f.io.run_one_for(100ms);
    CHECK(f.done.back() == "timeout");
}

TEST_CASE("after stop nothing reaches the node", "[node-loop]") {
    LoopFixture f;
    f.node.deadline = clock_now() + 1ms;
    f.loop.handle(sip::TransportFailed{});
    f.loop.stop();
    f.done.clear();
    f.loop.handle(sip::TransportFailed{});
    f.io.run_for(20ms);
    CHECK(f.done.empty());
}
