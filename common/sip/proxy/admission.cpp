#include "common/sip/proxy/admission.hpp"

namespace ims::sip {

namespace {

// So few may be late for a reason of their own, such as a server that died.
constexpr unsigned least_late = 50;

// Part of something that has begun: a dialog, or an authentication that was challenged.
bool goes_on(const Message& request) {
    if (!request.to_tag().empty()) return true;
    for (const auto id : {HeaderId::Authorization, HeaderId::ProxyAuthorization}) {
        const auto credentials = request.raw(id);
        if (!credentials) continue;
        constexpr std::string_view response = "response=\"";
        const auto at = credentials->find(response);
        if (at != std::string_view::npos && credentials->substr(at + response.size(), 1) != "\"") return true;
    }
    return false;
}

}  // namespace

std::int64_t Admission::number_of(TimePoint t) const {
    return t.time_since_epoch() / (patience_ / buckets_per_patience);
}

void Admission::started(TimePoint now) {
    if (patience_ <= Duration::zero()) return;
    const auto number = number_of(now);
    auto& bucket = buckets_[static_cast<std::size_t>(number) % buckets_.size()];
    if (bucket.number != number) bucket = {number, 0, 0};
    ++bucket.started;
    ++bucket.waiting;
}

void Admission::answered(TimePoint started_at) {
    if (patience_ <= Duration::zero()) return;
    const auto number = number_of(started_at);
    auto& bucket = buckets_[static_cast<std::size_t>(number) % buckets_.size()];
    if (bucket.number == number && bucket.waiting > 0) --bucket.waiting;
}

bool Admission::late(TimePoint now) const {
    unsigned started = 0;
    unsigned waiting = 0;
    const auto present = number_of(now);
    for (const auto& bucket : buckets_) {
        const auto age = present - bucket.number;
        if (age < buckets_per_patience || age >= 2 * buckets_per_patience) continue;
        started += bucket.started;
        waiting += bucket.waiting;
    }
    return waiting >= least_late && waiting * 4 >= started * 3;
}

bool Admission::refuses(const Message& request, Duration waited, TimePoint now) const {
    if (patience_ <= Duration::zero()) return false;
    return (waited > patience_ / 2 || late(now)) && !goes_on(request);
}

}  // namespace ims::sip
