#include "scscf/core/notifier.hpp"

#include "common/base/text.hpp"
#include "common/ims/identity_of_uri.hpp"
#include "scscf/core/charging.hpp"
#include "scscf/core/contacts.hpp"
#include "scscf/core/dialogs.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ims::scscf {

namespace h = sip::h;
using std::chrono::seconds;

namespace {

// Who subscribes anew without end pushes out his own oldest subscriptions.
constexpr std::size_t max_subscriptions = 32;
constexpr std::string_view contact_mark = "reg.";  // user part of our Contact: "reg.<set>"

bool same_host(const sip::Uri& a, const sip::Uri& b) {
    return iequals(a.host, b.host) && a.port == b.port;
}

bool path_leads_to(std::string_view path, const sip::Uri& peer) {
    // The P-CSCF asserts its own Path URI (5.2.3); tokens in the user part come and go.
    while (!path.empty()) {
        const auto length = sip::codec::first_value_length(path);
        const auto hop = sip::NameAddr::parse(trim(path.substr(0, length)));
        if (hop && same_host(hop->uri, peer)) return true;
        path.remove_prefix(std::min(path.size(), length + 1));
    }
    return false;
}

bool served_by(const ImplicitRegistrationSet& set, const sip::Uri& server) {
    for (const auto& profile : set.profiles)
        for (const auto& criterion : profile->initial_filter_criteria) {
            const auto as = sip::Uri::parse(criterion.application_server.server_name);
            if (as && same_host(*as, server)) return true;
        }
    return false;
}

Subscription* in_dialog(ImplicitRegistrationSet& set, const sip::Message& request) {
    for (auto& subscription : set.subscriptions) {
        if (subscription.texts.get(Subscription::Text::CallId) != request.call_id()) continue;
        if (tag_of(subscription.texts.get(Subscription::Text::Local)) != request.to_tag()) continue;
        if (tag_of(subscription.texts.get(Subscription::Text::Remote)) == request.from_tag())
            return &subscription;
    }
    return nullptr;
}

}  // namespace

bool Notifier::is_reg_event(const sip::Message& request) {
    if (request.method() != sip::Method::Subscribe) return false;
    const auto event = request.get<h::Event>();
    return event && iequals(event->token, "reg");
}

ImplicitRegistrationSet* Notifier::set_for(const sip::Message& request) {
    const auto& uri = request.request_uri();
    if (uri.is_sip() && uri.user.starts_with(contact_mark)) {
        const auto id = parse_number(std::string_view{uri.user}.substr(contact_mark.size()));
        return id ? core_.registrations.find(SetId{*id}) : nullptr;
    }
    const auto impu = canonical_impu(uri);
    if (!impu) return nullptr;
    if (auto* set = core_.registrations.find(impu->value())) return set;
    const auto tel = tel_of(uri);
    return tel ? core_.registrations.find(tel->value()) : nullptr;
}

sip::Uri Notifier::contact_of(const ImplicitRegistrationSet& set) const {
    auto uri = core_.own;
    uri.user = std::string{contact_mark} + std::to_string(set.id.value());
    return uri;
}

void Notifier::on_subscribe(sip::RequestArrived& arrived, ImplicitRegistrationSet& set) {
    const auto& request = arrived.request;
    if (core_.refuses_extensions(arrived.transaction, request, {"sec-agree"})) return;
    const auto expires_header = request.get<h::Expires>();
    const auto asked = expires_header ? seconds{*expires_header} : core_.config.default_subscription;
    const auto expires = static_cast<std::uint32_t>(std::min(asked, core_.config.max_subscription).count());
    if (!request.to_tag().empty()) {
        if (in_dialog(set, request) == nullptr)
            return core_.reject(arrived.transaction, request, 481, "scscf.subscription.rejected",
                                subject_of(request), "no such subscription");
        return resubscribe(arrived, set, expires);
    }
    if (!set.registered())  // 5.4.2.1.1 step 0
        return core_.reject(arrived.transaction, request, 480, "scscf.subscription.rejected",
                            subject_of(request, {}, request.request_uri().text()), "no contact is bound");
    if (const auto accept = request.all<h::Accept>(); accept && !accept->empty()) {
        const bool fits = std::any_of(accept->begin(), accept->end(), [](const sip::TokenParams& type) {
            return iequals(type.token, "application/reginfo+xml") || type.token == "*/*" ||
                   iequals(type.token, "application/*");
        });
        if (!fits)
            return core_.reject(arrived.transaction, request, 406, "scscf.subscription.rejected",
                                subject_of(request), "application/reginfo+xml is not accepted");
    }
    subscribe(arrived, set, expires);
}

Notifier::Subscriber Notifier::subscriber_of(const sip::RequestArrived& arrived,
                                             ImplicitRegistrationSet& set) const {
    // 5.4.2.1.1 step 1
    const auto asserted = arrived.request.all<h::PAssertedIdentity>();
    if (!asserted) return {};
    for (const auto& identity : *asserted) {
        const auto impu = canonical_impu(identity.uri);
        const auto* own = impu ? set.find(impu->value()) : nullptr;
        if (own == nullptr && impu)
            if (const auto tel = tel_of(identity.uri)) own = set.find(tel->value());
        if (own != nullptr && !own->barred) {
            // Step 4: the UE's own subscription is known by its Service-Route.
            std::uint32_t binding = 0;
            if (arrived.own_route)
                if (const auto token = route_token_of(arrived.own_route->uri.user))
                    if (const auto* bound = set.binding_by_token(*token)) binding = bound->id;
            return {true, binding};
        }
        for (const auto& bound : set.bindings)
            if (identity.uri.is_sip() && path_leads_to(bound.path(), identity.uri)) return {true, 0};
        if (identity.uri.is_sip() && served_by(set, identity.uri)) return {true, 0};
    }
    return {};
}

sip::Message Notifier::accepted(const sip::RequestArrived& arrived, const ImplicitRegistrationSet& set,
                                std::uint32_t expires, std::string_view to_tag,
                                const ChargingVector& charging) {
    // RFC 6665 8.3.1: 200, never 202.
    auto response = sip::Message::response(arrived.request, 200, {}, to_tag);
    for (const auto route : arrived.request.raw_all(sip::HeaderId::RecordRoute))
        response.append_raw("Record-Route", route);
    response.set<h::Expires>(expires);
    response.set<h::Contact>(sip::ContactValue{false, sip::NameAddr{contact_of(set)}});
    charge_response(response, charging, IoiType::VisitedToHome, core_.ioi);
    return response;
}

void Notifier::subscribe(sip::RequestArrived& arrived, ImplicitRegistrationSet& set, std::uint32_t expires) {
    const auto& request = arrived.request;
    const auto* identity = set.default_identity();
    const auto subject = subject_of(request, {}, identity == nullptr ? "" : identity->name.text());
    const auto who = subscriber_of(arrived, set);
    if (!who.allowed)
        return core_.reject(arrived.transaction, request, 403, "scscf.subscription.rejected", subject,
                            "the asserted identity may not watch this user");
    const auto contact = request.get<h::Contact>();
    if (!contact || contact->star)
        return core_.reject(arrived.transaction, request, 400, "scscf.subscription.rejected", subject,
                            "SUBSCRIBE without Contact");

    const auto tag = core_.random.token(8);
    auto local = request.get<h::To>();
    if (!local) return;  // parse() saw to it
    local->params.set("tag", tag);
    Subscription subscription;
    const auto from = local->text();
    const auto target = contact->address.uri.text();
    const auto routes = join(request.raw_all(sip::HeaderId::RecordRoute));
    const auto charging = charging_of(request);
    const auto icid = charging.icid ? *charging.icid : core_.random.token(16);
    if (!subscription.texts.assign({request.call_id(), from,
                                    request.raw(sip::HeaderId::From).value_or(std::string_view{}), target,
                                    routes, icid}))
        return core_.reject(arrived.transaction, request, 400, "scscf.subscription.rejected", subject,
                            "too long");
    subscription.expires_at = core_.now + seconds{expires};
    subscription.remote_cseq = request.cseq_number();
    subscription.binding = who.binding;
    core_.respond(arrived.transaction, accepted(arrived, set, expires, tag, charging));
    core_.note(Severity::Info, "scscf.subscription.accepted", subject,
               {{"detail", who.binding != 0 ? "own" : "other"}});

    if (set.subscriptions.size() >= max_subscriptions) {
        core_.note(Severity::Warning, "scscf.subscription.pushed_out", subject);
        set.subscriptions.erase(set.subscriptions.begin());
    }
    auto& placed = core_.registrations.add_subscription(set, std::move(subscription));
    const auto state = state_of(set);
    notify(set, placed, state,
           expires == 0 ? "timeout" : "");  // Expires 0: a look at the state (RFC 6665 4.4.3)
    if (expires == 0) set.subscriptions.pop_back();
    core_.registrations.arm(set);
}

void Notifier::resubscribe(sip::RequestArrived& arrived, ImplicitRegistrationSet& set,
                           std::uint32_t expires) {
    auto& subscription = *in_dialog(set, arrived.request);
    if (arrived.request.cseq_number() <= subscription.remote_cseq)  // RFC 3261 12.2.2
        return core_.reject(arrived.transaction, arrived.request, 500, "scscf.subscription.rejected",
                            subject_of(arrived.request), "CSeq out of order");
    subscription.remote_cseq = arrived.request.cseq_number();
    subscription.expires_at = core_.now + seconds{expires};
    if (const auto contact = arrived.request.get<h::Contact>(); contact && !contact->star)
        if (!subscription.texts.set(Subscription::Text::Target, contact->address.uri.text()))
            core_.note(Severity::Warning, "scscf.subscription.target_too_long", subject_of(arrived.request));
    core_.respond(arrived.transaction, accepted(arrived, set, expires, {}, charging_of(arrived.request)));
    notify(set, subscription, state_of(set), expires == 0 ? "timeout" : "");
    if (expires == 0)
        std::erase_if(set.subscriptions, [id = subscription.id](const auto& s) { return s.id == id; });
    core_.registrations.arm(set);
}

reginfo::Registration Notifier::registration_of(const ImplicitRegistrationSet& set) const {
    reginfo::Registration registration;
    registration.state = set.registered() ? reginfo::State::Active : reginfo::State::Terminated;
    for (const auto& binding : set.bindings) {
        auto& contact = registration.contacts.emplace_back();
        contact.active = !binding.ended;
        contact.event = binding.event;
        contact.duration_registered = static_cast<std::uint64_t>(
            std::chrono::floor<seconds>(core_.now - binding.registered_at).count());
        const auto left = std::chrono::ceil<seconds>(binding.expires_at - core_.now).count();
        contact.expires = binding.ended || left < 0 ? 0 : static_cast<std::uint64_t>(left);
        contact.call_id = std::string{binding.texts.get(Binding::Text::CallId)};
        contact.cseq = binding.cseq;
        contact.uri = binding.uri();
        for (const auto& param : params_of(binding)) {
            if (param.name == "q")
                contact.q = param.value;
            else if (param.quoted)
                contact.unknown_params.emplace_back(param.name, '"' + std::string{*param.value} + '"');
            else
                contact.unknown_params.emplace_back(param.name, param.value.value_or(""));
        }
    }
    return registration;
}

// Ids are made of the identity: they stay the same when a profile changes around it (RFC 3680 5.2.1).
void Notifier::name(reginfo::Registration& registration, const ImplicitRegistrationSet& set,
                    std::string aor) {
    const auto mark = std::to_string(set.id.value());
    registration.id.assign("r").append(mark).append("-").append(aor);
    for (std::size_t n = 0; n < set.bindings.size(); ++n)
        registration.contacts[n]
            .id.assign("c")
            .append(mark)
            .append("-")
            .append(std::to_string(set.bindings[n].id))
            .append("-")
            .append(aor);
    registration.aor = std::move(aor);
}

void Notifier::add_gruus(const ImplicitRegistrationSet& set, const Identity& identity,
                         reginfo::Registration& registration) const {
    // 5.4.2.1.2, RFC 5628: of a number those of its alias.
    const auto* shown = set.gruu_identity(identity);
    for (std::size_t n = 0; n < set.bindings.size(); ++n) {
        const auto& binding = set.bindings[n];
        auto& contact = registration.contacts[n];
        contact.pub_gruu.reset();
        contact.temp_gruu.reset();
        contact.temp_gruu_first_cseq.reset();
        if (shown == nullptr || binding.ended || !binding.gruu || binding.instance().empty()) continue;
        contact.pub_gruu = core_.gruus.of_public(*shown, binding);
        contact.temp_gruu = core_.gruus.of_temporary(set, *shown, binding);
        contact.temp_gruu_first_cseq = binding.first_cseq;
    }
}

reginfo::Printer Notifier::state_of(const ImplicitRegistrationSet& set) const {
    // 5.4.2.1.2: every public identity of the user that is not barred, of all his sets.
    std::vector<const ImplicitRegistrationSet*> sets{&set};
    for (const auto& impi : set.private_identities)
        for (const auto* other : core_.registrations.sets_of(impi.text()))
            if (std::find(sets.begin(), sets.end(), other) == sets.end() && !other->bindings.empty())
                sets.push_back(other);

    reginfo::Printer state;
    for (const auto* each : sets) {
        auto registration = registration_of(*each);  // of one identity after the other
        registration.policy.privileged_sender = each->privileged_sender;
        const std::vector<reginfo::PrintedContact> contacts{registration.contacts.begin(),
                                                            registration.contacts.end()};
        for (std::size_t i = 0; i < each->identities.size(); ++i) {
            const auto& identity = each->identities[i];
            if (identity.barred) continue;
            name(registration, *each, identity.name.text());
            registration.wildcarded_identity.reset();
            if (identity.is_wildcard()) registration.wildcarded_identity = registration.aor;
            for (std::size_t n = 0; n < each->bindings.size(); ++n) {
                const auto& binding = each->bindings[n];
                auto& contact = registration.contacts[n];
                // Bound by the REGISTER of another identity of the set: created (5.4.2.1.2).
                const bool created =
                    binding.event == reginfo::ContactEvent::Registered && binding.explicit_identity != i;
                contact.event = created ? reginfo::ContactEvent::Created : binding.event;
                contact.display_name.reset();
                if (identity.extras && !identity.extras->display_name.empty())
                    contact.display_name = identity.extras->display_name;
            }
            add_gruus(*each, identity, registration);
            state.add(registration, contacts);
        }
    }
    return state;
}

void Notifier::changed(ImplicitRegistrationSet& set, bool by_network, const std::vector<std::string>& gone) {
    std::vector<ImplicitRegistrationSet*> sets{&set};
    for (const auto& impi : set.private_identities)
        for (auto* other : core_.registrations.sets_of(impi.text()))
            if (std::find(sets.begin(), sets.end(), other) == sets.end()) sets.push_back(other);

    const bool watched =
        std::any_of(sets.begin(), sets.end(), [](const auto* s) { return !s->subscriptions.empty(); });
    if (!watched) return;
    auto state = state_of(set);
    for (const auto& aor : gone) {
        // 5.4.1.5: its contacts end with it, and nobody expects it to be registered again.
        auto registration = registration_of(set);
        name(registration, set, aor);
        registration.state = reginfo::State::Terminated;
        for (auto& contact : registration.contacts) {
            contact.active = false;
            contact.event = reginfo::ContactEvent::Rejected;
            contact.expires = 0;
        }
        state.add(registration);
    }
    const bool over = !state.has_active();
    for (auto* each : sets) {
        const auto cancelled = [&](const Subscription& s) {
            if (s.binding == 0 || by_network) return false;
            return std::none_of(each->bindings.begin(), each->bindings.end(),
                                [&](const Binding& b) { return b.id == s.binding && !b.ended; });
        };
        if (std::erase_if(each->subscriptions, cancelled) > 0) core_.registrations.changed(*each);
        for (auto& subscription : each->subscriptions)
            notify(*each, subscription, state, over ? "noresource" : "");
        if (over) each->subscriptions.clear();
    }
}

void Notifier::expire(ImplicitRegistrationSet& set) {
    const auto is_due = [&](const Subscription& s) { return s.expires_at <= core_.now; };
    if (std::none_of(set.subscriptions.begin(), set.subscriptions.end(), is_due)) return;
    const auto state = state_of(set);
    for (auto& subscription : set.subscriptions)
        if (is_due(subscription)) notify(set, subscription, state, "timeout");
    std::erase_if(set.subscriptions, is_due);
}

void Notifier::notify(const ImplicitRegistrationSet& set, Subscription& subscription,
                      const reginfo::Printer& registrations, std::string_view terminated_because) {
    auto target = sip::Uri::parse(subscription.texts.get(Subscription::Text::Target));
    if (!target) return;  // it was a URI when it was stored
    auto request = sip::Message::request(sip::Method::Notify, std::move(*target));
    if (const auto routes = subscription.texts.get(Subscription::Text::Routes); !routes.empty())
        request.append_raw("Route", routes);
    request.append_raw("From", subscription.texts.get(Subscription::Text::Local));
    request.append_raw("To", subscription.texts.get(Subscription::Text::Remote));
    request.append_raw("Call-ID", subscription.texts.get(Subscription::Text::CallId));
    core_.registrations.changed(set);
    request.set<h::CSeq>(sip::CSeqValue{++subscription.local_cseq, sip::Method::Notify, "NOTIFY"});
    request.set<h::MaxForwards>(70);
    request.set<h::Contact>(sip::ContactValue{false, sip::NameAddr{contact_of(set)}});
    request.append_raw("Event", "reg");
    sip::TokenParams state;
    state.token = terminated_because.empty() ? "active" : "terminated";
    if (terminated_because.empty()) {
        const auto left = std::chrono::ceil<seconds>(subscription.expires_at - core_.now).count();
        state.params.set("expires", std::to_string(std::max<std::int64_t>(0, left)));
    } else {
        state.params.set("reason", terminated_because);
    }
    request.set<h::SubscriptionState>(state);
    const bool to_server = served_by(set, request.request_uri());
    charge_own_request(request, to_server ? IoiType::HomeToServer : IoiType::VisitedToHome, core_.ioi,
                       subscription.texts.get(Subscription::Text::Icid));
    request.set_body(registrations.document(subscription.version++), "application/reginfo+xml");

    const auto* identity = set.default_identity();
    core_.note(Severity::Info, "scscf.subscription.notified",
               subject_of(request, {}, identity == nullptr ? "" : identity->name.text()),
               {{"status", state.token}});
    const auto id = core_.element.send(std::move(request), {}, core_.now, core_.outputs);
    sent_.emplace(id, Audience{set.id, subscription.id});
}

void Notifier::on_response(sip::ClientTransactionId id, int status) {
    if (status < 200) return;
    const auto found = sent_.find(id);
    if (found == sent_.end()) return;
    const auto audience = found->second;
    sent_.erase(found);
    // RFC 6665 4.2.2: the subscriber does not know the subscription any more. Others (480, 503) may come
    // back.
    if (status == 481 || status == 489 || status == 404 || status == 410)
        drop(audience, std::to_string(status));
}

void Notifier::on_failure(sip::ClientTransactionId id) {
    const auto found = sent_.find(id);
    if (found == sent_.end()) return;
    const auto audience = found->second;
    sent_.erase(found);
    drop(audience, "no answer");  // RFC 6665 4.2.2: a NOTIFY that times out ends the subscription
}

void Notifier::drop(const Audience& audience, std::string_view why) {
    auto* set = core_.registrations.find(audience.set);
    if (set == nullptr) return;
    const auto erased = std::erase_if(set->subscriptions,
                                      [&](const Subscription& s) { return s.id == audience.subscription; });
    if (erased == 0) return;
    core_.registrations.changed(*set);
    const auto* identity = set->default_identity();
    core_.note(Severity::Warning, "scscf.subscription.lost",
               Subject{{}, {}, identity == nullptr ? "" : identity->name.text()},
               {{"reason", std::string{why}}});
}

}  // namespace ims::scscf
