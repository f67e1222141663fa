#include "pcscf/core/subscription.hpp"

#include "pcscf/core/lines.hpp"

#include <utility>

namespace ims::pcscf {

using Text = Subscription::Text;

std::vector<std::string_view> Subscription::route_set() const {
    return from_lines(get(Text::RouteSet));
}

bool Subscription::set_dialog(std::string_view remote_tag, std::string_view remote_target,
                              std::string_view route_lines) {
    return texts.assign({get(Text::CallId), get(Text::Impi), get(Text::Target), get(Text::Binding),
                         get(Text::LocalTag), remote_tag, remote_target, route_lines, get(Text::Icid)});
}

void Subscription::forget_dialog() {
    (void)set_dialog({}, {}, {});  // less than there is fits
    expires.reset();
}

Subscription& Subscriptions::add(Subscription s) {
    const auto hash = hash_of(s.call_id());
    auto& stored = subscriptions_.add(hash, std::move(s));
    by_impi_.add(hash_of(stored.get(Text::Impi)), stored);
    changes.added(std::string{stored.call_id()});
    return stored;
}

void Subscriptions::remove(const Subscription& s) {
    changes.removed(std::string{s.call_id()});
    by_impi_.erase(hash_of(s.get(Text::Impi)), s);
    subscriptions_.erase(hash_of(s.call_id()), s);
}

Subscription* Subscriptions::find(std::string_view call_id) {
    return subscriptions_.find(hash_of(call_id),
                               [&](const Subscription& s) { return s.call_id() == call_id; });
}

Subscription* Subscriptions::of_user(const Impi& impi) {
    return by_impi_.find(hash_of(impi.value()),
                         [&](const Subscription& s) { return s.get(Text::Impi) == impi.value(); });
}

void Subscriptions::wake(Subscription& s) {
    if (s.alarm && *s.alarm <= s.act_at) return;
    s.alarm = s.act_at;
    wakeups_.at(s.act_at, hash_of(s.call_id()));
}

std::vector<Subscription*> Subscriptions::due(TimePoint now) {
    std::vector<Subscription*> all;
    while (const auto hash = wakeups_.take_due(now))
        subscriptions_.find(*hash, [&](Subscription& s) {
            if (!s.alarm || *s.alarm > now) return false;  // of an alarm that was set earlier since
            s.alarm.reset();
            if (s.act_at <= now)
                all.push_back(&s);
            else
                wake(s);
            return false;
        });
    return all;
}

void Subscriptions::for_each(const std::function<void(const Subscription&)>& f) const {
    for (const auto& [hash, s] : subscriptions_) f(s);
}

}  // namespace ims::pcscf
