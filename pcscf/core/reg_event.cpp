// Our subscription to the registration state of the UE's user (24.229 5.2.3) and what its NOTIFYs say
// (5.2.4, 5.2.5.2).
#include "pcscf/core/entries.hpp"
#include "pcscf/core/impl.hpp"
#include "pcscf/core/lines.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {

using sip::HeaderId;
using std::chrono::seconds;
using Text = Subscription::Text;

constexpr seconds above_registration{600};  // 5.2.3 step 1: longer than the registration
constexpr seconds first_retry{60};
constexpr seconds last_retry{3600};

// 5.2.3 step 4: 600 s before the end of more than 1200 s, else at half.
Duration refresh_after(seconds granted) {
    return granted > seconds{1200} ? granted - seconds{600} : Duration{granted} / 2;
}

// The route set that a Record-Route makes, as the subscription keeps it.
std::string route_lines(const sip::Message& recorded, bool reversed) {
    std::vector<std::string> list;
    for (const auto entry : entries_of(recorded, HeaderId::RecordRoute)) {
        if (!uri_text_of(entry)) return {};
        list.push_back(unfolded(entry));
    }
    if (reversed) std::reverse(list.begin(), list.end());
    return to_lines(list);
}

// From or To: the tag is left out where there is none yet.
std::string tagged(std::string_view uri, std::string_view tag) {
    std::string text;
    text.reserve(uri.size() + tag.size() + 7);
    text.append("<").append(uri).append(">");
    if (!tag.empty()) text.append(";tag=").append(tag);
    return text;
}

}  // namespace

void Pcscf::Impl::subscribe(const Binding& b, TimePoint now) {
    std::string_view target;
    for (std::size_t i = 0; target.empty() && i < b.identities(); ++i)
        if (istarts_with(b.impu(i), "sip:") && !is_wildcarded(Impu{std::string{b.impu(i)}}))
            target = b.impu(i);
    if (target.empty()) return;
    Subscription s;
    const auto call_id = random.token(12);
    const auto local_tag = random.token(8);
    const auto icid = new_token();
    // What it has of the binding fits, since it fits there.
    if (!s.texts.assign(
            {call_id, b.texts.get(Binding::Text::Impi), target, b.token(), local_tag, {}, {}, {}, icid}))
        return;
    auto& stored = subscriptions.add(std::move(s));
    const auto lifetime = std::chrono::duration_cast<seconds>(b.until - now);
    send_subscribe(stored, lifetime + above_registration, now);
}

void Pcscf::Impl::send_subscribe(Subscription& s, seconds expires, TimePoint now) {
    const auto remote_target = s.get(Text::RemoteTarget);
    auto target = sip::Uri::parse(remote_target.empty() ? s.get(Text::Target) : remote_target);
    if (!target) return;
    auto request = sip::Message::request(sip::Method::Subscribe, std::move(*target));
    const auto remote_tag = s.get(Text::RemoteTag);
    request.set_raw(HeaderId::From, tagged(uri.text(), s.get(Text::LocalTag)));
    request.set_raw(HeaderId::To, tagged(s.get(Text::Target), remote_tag));
    request.set_raw(HeaderId::CallId, s.call_id());
    request.set_raw(HeaderId::CSeq, std::to_string(++s.cseq) + " SUBSCRIBE");
    auto contact = uri;
    contact.user = s.call_id();
    request.set<sip::h::Contact>({false, sip::NameAddr{std::move(contact)}});
    request.set_raw(HeaderId::Event, "reg");
    request.set_raw(HeaderId::Accept, "application/reginfo+xml");
    request.set<sip::h::Expires>(static_cast<std::uint32_t>(expires.count()));
    // Step 1: our Path URI, or what stands for it beyond the border
    const auto binding = s.get(Text::Binding);
    const auto* watched = bindings.by_token(binding);
    const auto border = watched == nullptr ? std::string_view{} : watched->texts.get(Binding::Text::ThigPath);
    const auto service_route =
        watched == nullptr ? std::vector<std::string_view>{} : watched->service_route();
    const bool beyond_border = !border.empty() && !sip::Uri::check(border);
    request.set_raw(HeaderId::PAssertedIdentity, beyond_border
                                                     ? "<" + std::string{border} + ">"
                                                     : own_entry(binding, watched != nullptr && watched->ob));
    set_charging_vector(request, {std::string{s.get(Text::Icid)}, ioi, {}});

    sip::NextHop next_hop;
    if (!remote_tag.empty()) {
        for (const auto r : s.route_set()) request.append_raw(sip::header_name(HeaderId::Route), r);
    } else if (!service_route.empty()) {
        // Step 2: by the Service-Route, which spares the I-CSCF and a question to the HSS.
        for (const auto r : service_route)
            request.append_raw(sip::header_name(HeaderId::Route), "<" + std::string{r} + ">");
    } else if (!entry_points.empty()) {
        next_hop = entry_points.front();
    }
    changed(s);
    s.act_at = now + first_retry;  // should the answer get lost with a restart
    subscriptions.wake(s);
    const auto id = element.send(std::move(request), std::move(next_hop), now, pending);
    subscribing.insert_or_assign(id, std::string{s.call_id()});
}

void Pcscf::Impl::on_subscribe_answered(const std::string& call_id, const sip::Message& response,
                                        TimePoint now) {
    auto* const found = subscriptions.find(call_id);
    if (found == nullptr) return;
    auto& s = *found;
    changed(s);
    if (response.status() >= 300) {
        if (response.status() == 481 && !s.get(Text::RemoteTag).empty()) {
            // Step 4: the notifier lost us: a new subscription.
            s.forget_dialog();
        }
        return on_subscribe_failed(call_id, std::to_string(response.status()), now);
    }
    s.failures = 0;
    auto remote_tag = s.get(Text::RemoteTag);
    if (remote_tag.empty()) remote_tag = response.to_tag();
    const auto target = contact_uri_of(response).value_or(std::string{s.get(Text::RemoteTarget)});
    std::string routes{s.get(Text::RouteSet)};
    if (routes.empty()) routes = route_lines(response, true);
    if (!s.set_dialog(remote_tag, target, routes))
        return on_subscribe_failed(call_id, "the notifier's Contact and Record-Route are too long", now);
    const auto granted =
        seconds{response.get<sip::h::Expires>().has_value() ? *response.get<sip::h::Expires>() : 3761};
    s.expires = now + granted;
    s.act_at = now + refresh_after(granted);
    subscriptions.wake(s);
    note(Severity::Trace, "pcscf.subscription.accepted", response)
        .with("impi", s.impi().value())
        .with("detail", std::to_string(granted.count()) + " s");
}

void Pcscf::Impl::on_subscribe_failed(const std::string& call_id, std::string_view reason, TimePoint now) {
    auto* const found = subscriptions.find(call_id);
    if (found == nullptr) return;
    auto& s = *found;
    changed(s);
    note(Severity::Warning, "pcscf.subscription.failed")
        .with("call_id", std::string{s.call_id()})
        .with("impi", s.impi().value())
        .with("reason", std::string{reason})
        .with("detail", "a deregistration by the network is not seen until it is renewed");
    // Step 4: an old one stays good to its end. 24.229 says no more; we try again, each time later.
    const auto wait = std::min<seconds>(first_retry * (1U << std::min(s.failures, 6U)), last_retry);
    ++s.failures;
    s.act_at = now + wait;
    subscriptions.wake(s);
}

void Pcscf::Impl::on_subscription_due(Subscription& s, TimePoint now) {
    const auto own = bindings.of_user(s.impi());
    const auto registered = std::find_if(
        own.begin(), own.end(), [](const auto* b) { return b->state == Binding::State::Registered; });
    if (registered == own.end())  // 5.2.4: nothing left here to hear about
        return subscriptions.remove(s);
    const auto lifetime = std::chrono::duration_cast<seconds>((*registered)->until - now);
    changed(s);
    if (!s.texts.set(Text::Binding, (*registered)->token())) return subscriptions.remove(s);
    send_subscribe(s, lifetime + above_registration, now);
}

void Pcscf::Impl::unsubscribe_if_alone(const Impi& impi) {
    if (!bindings.of_user(impi).empty()) return;
    // 5.2.4 lets it run out; a NOTIFY that still comes is answered 481, which ends it at the notifier (RFC
    // 6665 4.2.2).
    if (const auto* s = subscriptions.of_user(impi)) subscriptions.remove(*s);
}

// ---- NOTIFY

void Pcscf::Impl::on_notify(sip::RequestArrived& e, TimePoint now) {
    const auto& request = e.request;
    if (!is_core(e.flow)) return refuse(e, 403, "not of the core", now);
    auto* const found = subscriptions.find(request.call_id());
    // Step 3: every answer carries the charging of its dialog.
    const auto received = charging_vector_of(request);
    const auto charge = [&](sip::Message& response) {
        const bool ours = received.icid.empty() && found != nullptr;
        const auto icid = ours ? std::string{found->get(Text::Icid)} : received.icid;
        if (!icid.empty()) set_charging_vector(response, {icid, received.orig_ioi, ioi});
    };
    const auto refuse_charged = [&](int status, std::string_view reason) {
        auto response = refusal(e, status, reason);
        charge(response);
        respond(e.transaction, std::move(response), now);
    };
    const auto known_tag = found == nullptr ? std::string_view{} : found->get(Text::RemoteTag);
    if (found == nullptr || found->get(Text::LocalTag) != request.to_tag() ||
        (!known_tag.empty() && known_tag != request.from_tag()))
        return refuse_charged(481, "no such subscription");
    auto& s = *found;
    const auto event = request.get<sip::h::Event>();
    if (!event || !iequals(event->token, "reg")) return refuse_charged(489, "not the event subscribed to");
    const auto state = request.get<sip::h::SubscriptionState>();
    if (!state) return refuse_charged(400, "Subscription-State is missing or malformed");
    const auto cseq = request.cseq_number();
    if (cseq <= s.notified_cseq) return refuse_charged(500, "an older NOTIFY");  // RFC 3261 12.2.2

    std::optional<reginfo::Document> document;
    if (!request.body().empty()) {
        auto parsed = reginfo::parse(request.body());
        if (!parsed) return refuse_charged(400, "reginfo: " + parsed.error().what);
        document = std::move(*parsed);
    }
    // Step 3: the first NOTIFY makes the dialog and may come before the 2xx.
    std::string routes{s.get(Text::RouteSet)};
    if (known_tag.empty()) routes = route_lines(request, false);
    const auto target = contact_uri_of(request).value_or(std::string{s.get(Text::RemoteTarget)});
    if (!s.set_dialog(request.from_tag(), target, routes))
        return refuse_charged(400, "Contact and Record-Route are too long");
    changed(s);
    s.notified_cseq = cseq;
    if (const auto text = state->params.get("expires"))
        if (const auto granted = parse_number(*text)) {
            const seconds left{std::min<std::uint64_t>(*granted, 0xFFFFFFFF)};
            s.expires = now + left;
            s.act_at = now + refresh_after(left);
            subscriptions.wake(s);
        }
    auto ok = sip::Message::response(request, 200);
    charge(ok);
    respond(e.transaction, std::move(ok), now);

    const auto impi = s.impi();
    const bool terminated = iequals(state->token, "terminated");
    if (terminated) subscriptions.remove(s);  // 5.2.3B
    if (document) apply(*document, impi, request, now);
    if (!terminated) return;
    // RFC 6665 4.1.3: over, but the user is still here: ask again (the notifier moved, or the subscription
    // ran out).
    for (const auto* b : bindings.of_user(impi))
        if (b->state == Binding::State::Registered) return subscribe(*b, now);
}

namespace {

// 24.229 7.10.3: what is agreed for one of his identities is agreed with the user.
void agree(UserPolicy& with_user, const reginfo::Policy& said) {
    using Private = UserPolicy::PrivateNetwork;
    with_user.privileged_sender = with_user.privileged_sender || said.privileged_sender;
    with_user.privileged_in_private = with_user.privileged_in_private || said.privileged_in_private;
    for (const auto& allowed : said.resource_priorities)
        with_user.resource_priorities.push_back(to_lower(allowed.name_space + "." + allowed.value));
    if (with_user.private_network != Private::None ||
        said.private_network == reginfo::Policy::PrivateNetwork::None)
        return;
    const bool insert = said.private_network == reginfo::Policy::PrivateNetwork::Insert;
    with_user.private_network = insert ? Private::Insert : Private::Forward;
    with_user.private_domain = said.private_domain;
}

}  // namespace

void Pcscf::Impl::apply(const reginfo::Document& document, const Impi& impi, const sip::Message& notify,
                        TimePoint now) {
    using reginfo::ContactEvent;
    for (auto* b : bindings.of_user(impi)) {
        if (b->state != Binding::State::Registered) continue;
        auto associated = b->associated();
        const auto before = associated.size();
        bool others = false;
        UserPolicy policy;  // 5.2.4: as the actions say, and not if they do not
        std::string_view why;
        for (const auto& r : document.registrations) {
            const auto known_as = [&](std::string_view impu) {
                return std::find_if(associated.begin(), associated.end(),
                                    [&](const auto& a) { return a.impu.value() == impu; });
            };
            auto impu = r.wildcarded_identity ? Impu{*r.wildcarded_identity} : Impu{r.aor};
            auto known = known_as(impu.value());
            if (known == associated.end() && !r.wildcarded_identity) {  // not as we write it
                impu = canonical_impu(r.aor).value_or(impu);
                known = known_as(impu.value());
            }
            // An identity that was removed or barred (PPR) has no contact any more.
            bool active = false;
            bool ended = r.state == reginfo::State::Terminated && r.contacts.empty();
            ContactEvent event = ContactEvent::Deactivated;
            for (const auto& c : r.contacts) {  // only this UE's contact counts
                if (!same_uri(c.uri, b->contact())) continue;
                if (c.active) {
                    active = true;
                } else {
                    ended = true;
                    event = c.event;
                }
            }
            if (active && r.state == reginfo::State::Active) {
                if (r.policy.any()) agree(policy, r.policy);
                if (known != associated.end()) continue;
                associated.push_back({std::move(impu), {}});
                others = true;
            } else if (ended && known != associated.end()) {
                why = reginfo::text(event);
                associated.erase(known);
                others = true;
            }
        }
        if (associated.empty()) {
            note(Severity::Info, "pcscf.registration.ended_by_network", notify, b)
                .with("reason", std::string{why});
            leave(*b, why, now);  // the identities stay with it: its last requests are still its own
            continue;
        }
        if (policy != (b->policy ? *b->policy : UserPolicy{})) {
            changed(*b);
            b->policy =
                policy == UserPolicy{} ? nullptr : std::make_unique<const UserPolicy>(std::move(policy));
        }
        if (!others) continue;
        note(Severity::Info, "pcscf.registration.identities_changed", notify, b)
            .with("detail", std::to_string(before) + " -> " + std::to_string(associated.size()));
        if (!bindings.set_associated(*b, associated))
            note(Severity::Warning, "pcscf.binding.full", notify, b);
    }
}

}  // namespace ims::pcscf
