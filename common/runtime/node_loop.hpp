#pragma once
#include "common/base/turn.hpp"
#include "common/node/node.hpp"
#include "common/trace/memory.hpp"

#include <deque>
#include <functional>
#include <optional>

#include <boost/asio/steady_timer.hpp>

namespace boost::asio {
class io_context;
}

namespace ims::runtime {

// Turns the crank of one node: hands it events and the time, executes its effects in their order, and keeps
// one timer at its next deadline, on a grid: transactions end by the thousand each second, and are looked
// after together. The timer is moved only when the deadline became earlier; when it comes too early the node
// is asked again.
class NodeLoop {
  public:
    using Execute = std::function<void(Effect&)>;
    // `memory` is shown all of it.
    NodeLoop(boost::asio::io_context& io, Node& node, Turn& turn, trace::Memory& memory, Execute execute)
        : node_{node}, turn_{turn}, memory_{memory}, execute_{std::move(execute)}, timer_{io} {}

    void handle(
        Event event);  // may be called from within an effect: then it waits for the others of its batch
    void drain();
    // Something for the node to do that no event tells it; at once.
    void act(const std::function<void(TimePoint, Effects&)>& what);
    // Told at the end of each turn after which the node has something to be written down.
    void on_changes(std::function<void()> changed) { changed_ = std::move(changed); }
    void wake() { arm(); }  // the node has deadlines that came with no event: it was restored
    void stop() {
        timer_.cancel();
        stopped_ = true;
    }

  private:
    template <class First>
    void run(First first);
    void take(const Event& event);
    void execute_effects();
    void arm();
    void on_timer();

    Node& node_;
    Turn& turn_;
    trace::Memory& memory_;
    Execute execute_;
    std::function<void()> changed_;
    boost::asio::steady_timer timer_;
    std::optional<TimePoint> armed_;
    Effects effects_;
    std::deque<Event> waiting_;
    bool busy_ = false, stopped_ = false;
};

}  // namespace ims::runtime
