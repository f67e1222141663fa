#include "common/runtime/node_loop.hpp"

#include "common/runtime/wall_clock.hpp"

#include <utility>

namespace ims::runtime {

namespace {

// So much later than asked may a deadline be kept: little beside T1.
using Grid = std::chrono::duration<std::int64_t, std::ratio<1, 100>>;

}  // namespace

void NodeLoop::handle(Event event) {
    if (stopped_) return;
    if (busy_) return waiting_.push_back(std::move(event));
    run([&] { take(event); });
}

void NodeLoop::drain() {
    act([this](TimePoint now, Effects& effects) { node_.drain(now, effects); });
}

void NodeLoop::act(const std::function<void(TimePoint, Effects&)>& what) {
    run([&] {
        what(std::chrono::steady_clock::now(), effects_);
        if (memory_.on()) memory_.turn(effects_, wall_clock());
        execute_effects();
    });
}

template <class First>
void NodeLoop::run(First first) {
    const Turn::Scope turn{turn_};
    busy_ = true;
    first();
    while (!waiting_.empty()) {
        const auto event = std::move(waiting_.front());
        waiting_.pop_front();
        take(event);
    }
    busy_ = false;
    if (changed_ && node_.has_changes()) changed_();
    arm();
}

void NodeLoop::take(const Event& event) {
    node_.handle(event, std::chrono::steady_clock::now(), effects_);
    if (memory_.on()) memory_.turn(event, effects_, wall_clock());
    execute_effects();
}

void NodeLoop::execute_effects() {
    for (auto& effect : effects_) execute_(effect);
    effects_.clear();
}

void NodeLoop::arm() {
    const auto next = node_.next_deadline();
    if (!next) return;
    const TimePoint at{std::chrono::ceil<Grid>(next->time_since_epoch())};
    if (armed_ && *armed_ <= at) return;
    armed_ = at;
    timer_.expires_at(at);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (!cancelled) on_timer();
    });
}

void NodeLoop::on_timer() {
    armed_.reset();
    if (stopped_) return;
    if (const auto due = node_.next_deadline(); due && *due <= std::chrono::steady_clock::now())
        act([this](TimePoint now, Effects& effects) { node_.handle_timeout(now, effects); });
    else
        arm();
}

}  // namespace ims::runtime
