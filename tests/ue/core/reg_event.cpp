#include "tests/ue/core/reg_event.hpp"

#include "common/ims/reginfo.hpp"

#include <algorithm>

namespace ims::ue {

namespace {

using namespace sip;
using std::chrono::seconds;

constexpr seconds subscription{600'000};  // 24.229 5.1.1.3

Duration subscription_refresh_after(seconds expires) {
    return expires > 1200s ? Duration{expires - 600s} : Duration{expires} / 2;
}

void fill(Message& request, const Line& line) {
    request.set_raw(HeaderId::Event, "reg");
    request.set_raw(HeaderId::Accept, "application/reginfo+xml");
    request.set<h::Expires>(static_cast<std::uint32_t>(subscription.count()));
    request.set<h::Contact>(line.contact());
}

}  // namespace

void RegEvent::subscribe(TimePoint now) {
    if (request_) return;
    forget();
    const auto identity = Uri::parse(line_.default_identity().value());
    if (!identity) return;
    auto request = line_.initial_request(Method::Subscribe, *identity);
    call_id_ = request.call_id();
    tag_ = request.from_tag();
    cseq_ = request.cseq().number;
    fill(request, line_);
    send(std::move(request), now);
}

void RegEvent::forget() {
    dialog_.reset();
    version_.reset();
    request_.reset();
    call_id_.clear();
    deadlines_.clear();
}

void RegEvent::send(Message request, TimePoint now) {
    request_ = line_.send(std::move(request), now);
}

void RegEvent::handle(const ResponseArrived& event, TimePoint now) {
    const auto& response = event.response;
    if (response.status() < 200) return;
    request_.reset();
    if (response.status() >= 300) {
        if (response.status() == 481 && registration_.registered()) return subscribe(now);
        return;  // RFC 6665 4.1.2.2: the old subscription lasts to its end
    }
    if (!dialog_) {
        // A request of ours with what the 2xx needs beside it.
        auto request = Message::request(Method::Subscribe, {});
        request.set_raw(HeaderId::From, *response.raw(HeaderId::From));
        request.set<h::CallId>(std::string{response.call_id()});
        request.set<h::CSeq>(response.cseq());
        dialog_ = Dialog::of_response(request, response);
    } else {
        dialog_->refresh_target(response);
    }
    const auto expires = response.get<h::Expires>();
    deadlines_.set(Timer::Refresh,
                   now + subscription_refresh_after(expires ? seconds{*expires} : subscription));
}

void RegEvent::handle(const RequestFailed&) {
    request_.reset();
}

bool RegEvent::notify(const RequestArrived& event, TimePoint now) {
    const auto& request = event.request;
    if (call_id_.empty() || request.call_id() != call_id_ || request.to_tag() != tag_) return false;
    if (!dialog_) {
        dialog_ = Dialog::of_request(request, tag_);
        if (!dialog_) return false;
        dialog_->state = Dialog::State::Confirmed;
        dialog_->local_cseq = cseq_;
    } else if (request.from_tag() != dialog_->remote_tag()) {
        return false;  // a fork; RFC 3680 4.10 wants one dialog only
    } else if (dialog_->accept(request) == Dialog::Order::OutOfOrder) {
        line_.refuse(event.transaction, request, 500, now);
        return true;
    }
    dialog_->refresh_target(request);
    line_.respond(event.transaction, Message::response(request, 200), now);
    read(request, now);
    return true;
}

void RegEvent::read(const Message& notify, TimePoint now) {
    const auto state = notify.get<h::SubscriptionState>();
    if (state && iequals(state->token, "terminated")) {
        forget();
        act_on(notify, now);
        return;
    }
    if (state) {
        const auto expires = state->params.get("expires");
        const auto number = expires ? parse_number(*expires) : std::nullopt;
        if (number && *number <= UINT32_MAX)
            deadlines_.set(Timer::Refresh,
                           now + subscription_refresh_after(seconds{static_cast<seconds::rep>(*number)}));
    }
    act_on(notify, now);
}

void RegEvent::act_on(const Message& notify, TimePoint now) {
    if (notify.body().empty()) return;
    const auto document = reginfo::parse(notify.body());
    if (!document) return;
    if (version_ && document->version <= *version_) return;  // RFC 3680 5.1: an older one that came late
    version_ = document->version;

    // 24.229 5.1.1.7: what counts is this UE's contact of the identities it registered.
    const auto own = canonical_impu(line_.config().impu.value());
    const reginfo::Registration* registration = nullptr;
    const reginfo::Contact* contact = nullptr;
    for (const auto& r : document->registrations) {
        const auto aor = canonical_impu(r.aor);
        for (const auto& c : r.contacts) {
            const auto uri = Uri::parse(c.uri);
            if (!uri || !line_.is_own_contact(*uri)) continue;
            if (contact == nullptr || (aor && own && *aor == *own)) {
                registration = &r;
                contact = &c;
            }
        }
    }
    if (contact == nullptr) return;
    line_.tell(RegistrationStateNotified{
        .version = document->version,
        .state = registration->state == reginfo::State::Active && contact->active ? "active" : "terminated"});

    if (contact->active) {
        if (contact->event == reginfo::ContactEvent::Shortened && contact->expires)
            registration_.shortened(
                seconds{static_cast<seconds::rep>(std::min<std::uint64_t>(*contact->expires, UINT32_MAX))},
                now);
        return;
    }
    if (registration_.state() == Registration::State::Leaving || !registration_.registered()) return;
    const auto event = contact->event;
    registration_.taken_away(std::string{reginfo::text(event)});
    if (!line_.config().register_again_by_itself) return;
    switch (event) {
        case reginfo::ContactEvent::Deactivated:
        case reginfo::ContactEvent::Expired: registration_.start(now); break;
        case reginfo::ContactEvent::Probation:
            registration_.start_at(now + seconds{static_cast<seconds::rep>(std::min<std::uint64_t>(
                                             contact->retry_after.value_or(30), 86'400))});
            break;
        case reginfo::ContactEvent::Registered:
        case reginfo::ContactEvent::Created:
        case reginfo::ContactEvent::Refreshed:
        case reginfo::ContactEvent::Shortened:
        case reginfo::ContactEvent::Unregistered:
        case reginfo::ContactEvent::Rejected: break;
    }
}

void RegEvent::handle_timeout(TimePoint now) {
    if (!deadlines_.take_due(Timer::Refresh, now)) return;
    if (request_ || !dialog_ || !registration_.registered()) return;
    auto request = dialog_->request(Method::Subscribe);
    fill(request, line_);
    line_.dress(request);
    send(std::move(request), now);
}

RegEvent::Saved RegEvent::saved(TimePoint now) const {
    const auto at = deadlines_.at(Timer::Refresh);
    return {.dialog = dialog_, .version = version_, .refresh = at ? std::optional{*at - now} : std::nullopt};
}

void RegEvent::restore(Saved saved, TimePoint now) {
    dialog_ = std::move(saved.dialog);
    version_ = saved.version;
    if (dialog_) {
        call_id_ = dialog_->call_id;
        tag_ = dialog_->local_tag();
    }
    if (saved.refresh) deadlines_.set(Timer::Refresh, now + *saved.refresh);
}

}  // namespace ims::ue
