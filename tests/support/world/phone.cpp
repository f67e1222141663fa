#include "tests/support/world/world.hpp"

#include <utility>

namespace ims::world {

ue::Ue& Phone::ue() {
    return static_cast<ue::Ue&>(*world_.host(name_).node);
}

template <class F>
auto Phone::act(F f) {
    return world_.on<ue::Ue>(name_, std::move(f));
}

void Phone::registers() {
    act([](ue::Ue& u, TimePoint now, Effects& out) { u.register_(now, out); });
}
void Phone::deregisters() {
    act([](ue::Ue& u, TimePoint now, Effects& out) { u.deregister(now, out); });
}
void Phone::calls(const Phone& other) {
    calls(other.number());
}
void Phone::calls(const Impu& number) {
    look();
    call_ = act([&](ue::Ue& u, TimePoint now, Effects& out) { return u.call(number, now, out); });
}
void Phone::answers() {
    look();
    act([&](ue::Ue& u, TimePoint now, Effects& out) {
        u.answer(call_.value_or(ue::CallHandle{}), now, out);
    });
}
void Phone::rejects(int status) {
    look();
    act([&](ue::Ue& u, TimePoint now, Effects& out) {
        u.reject(call_.value_or(ue::CallHandle{}), status, now, out);
    });
}
void Phone::hangs_up() {
    act([](ue::Ue& u, TimePoint now, Effects& out) { u.hang_up(now, out); });
}
void Phone::holds() {
    look();
    act([&](ue::Ue& u, TimePoint now, Effects& out) { u.hold(call_.value_or(ue::CallHandle{}), now, out); });
}
void Phone::updates() {
    look();
    act([&](ue::Ue& u, TimePoint now, Effects& out) {
        u.update(call_.value_or(ue::CallHandle{}), now, out);
    });
}
void Phone::sends(std::string_view text, const Phone& other) {
    sends(text, other.number());
}
void Phone::sends(std::string_view text, const Impu& number) {
    act([&](ue::Ue& u, TimePoint now, Effects& out) { u.message(number, text, now, out); });
}
void Phone::asks_options_of(const Phone& other) {
    act([&](ue::Ue& u, TimePoint now, Effects& out) { u.options(other.number(), now, out); });
}
void Phone::picks_up_at_once(bool automatic) {
    ue().set_answering(automatic ? ue::Answering::Automatic : ue::Answering::Manual);
}

void Phone::look() const {
    auto& node = world_.host(name_).node;
    if (!node) return;
    for (auto& h : static_cast<ue::Ue&>(*node).take_happenings()) {
        if (const auto* incoming = std::get_if<ue::IncomingCall>(&h)) {
            call_ = incoming->call;
            ringing_ = true;
        } else if (const auto* progress = std::get_if<ue::CallProgress>(&h)) {
            hears_ringing_ = hears_ringing_ || progress->status == 180;
        } else if (std::holds_alternative<ue::CallEstablished>(h)) {
            in_call_ = true;
            ringing_ = hears_ringing_ = false;
        } else if (std::holds_alternative<ue::CallEnded>(h)) {
            in_call_ = ringing_ = hears_ringing_ = false;
        }
        happenings_.push_back(std::move(h));
    }
}

const std::vector<ue::Happening>& Phone::happenings() const {
    look();
    return happenings_;
}
void Phone::forgets_what_happened() {
    look();
    happenings_.clear();
}

bool Phone::is_registered() const {
    const auto& node = world_.host(name_).node;
    return node && static_cast<const ue::Ue&>(*node).registered();
}
std::chrono::seconds Phone::granted_expiry() const {
    const auto* registered = last<ue::Registered>();
    return registered == nullptr ? std::chrono::seconds{0} : registered->expires;
}
bool Phone::is_ringing() const {
    look();
    return ringing_;
}
bool Phone::hears_ringing() const {
    look();
    return hears_ringing_;
}
bool Phone::is_in_call() const {
    look();
    return in_call_;
}
bool Phone::has_no_call() const {
    const auto& node = world_.host(name_).node;
    return !node || static_cast<const ue::Ue&>(*node).calls() == 0;
}
bool Phone::is_busy_with_nothing() const {
    const auto& node = world_.host(name_).node;
    return !node || node->idle();
}

Impi Phone::impi() const {
    return config_.impi;
}
Impu Phone::impu() const {
    return config_.impu;
}
Impu Phone::number() const {
    // IMSI 0010100000000NN has the number +155500000NN.
    const auto& imsi = config_.impi.value();
    const auto nth = *parse_number(std::string_view{imsi}.substr(5, 10));
    return Impu{"tel:+" + *hss::number_after("15550000000", nth)};
}

}  // namespace ims::world
