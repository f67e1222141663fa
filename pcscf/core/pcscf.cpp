#include "pcscf/core/pcscf.hpp"

#include "common/sip/proxy/capabilities.hpp"
#include "pcscf/core/impl.hpp"
#include "pcscf/core/trust.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {

sip::Uri own_uri_of(const Config& config, const sip::ElementConfig& element) {
    if (auto parsed = sip::Uri::parse(config.uri); parsed && parsed->is_sip()) return std::move(*parsed);
    if (element.listen.empty()) return sip::Uri::sip("", "localhost");
    const auto& at = element.listen.front().endpoint;
    return sip::Uri::sip("", at.address.uri_text(), at.port);
}

AroundUser loose_around_user(sip::Uri uri) {
    uri.user.clear();
    uri.password.reset();
    uri.headers.clear();
    uri.params.set("lr");
    const auto text = uri.text();
    const auto behind_scheme = text.find(':') + 1;
    return {text.substr(0, behind_scheme), "@" + text.substr(behind_scheme)};
}

std::string ioi_of(const Config& config) {
    return type_1_ioi(config.ioi.empty() ? config.visited_network : config.ioi);
}

std::vector<sip::NextHop> read_entry_points(const Config& config) {
    std::vector<sip::NextHop> read;
    for (const auto& text : config.entry_points) {
        auto& hop = read.emplace_back();
        if (auto entry = sip::Uri::parse(text)) hop = std::move(*entry);
    }
    return read;
}

// What the core does not answer must have failed before a UE with the timers of RFC 3261 gives up after
// 64*T1, since then no answer is of use (RFC 4320): a tenth less than that.
sip::TimerValues in_time(sip::TimerValues values) {
    values.t1 = values.t1 * 9 / 10;
    return values;
}

// Of nearly all notes.
constexpr std::size_t most_fields = 8;

sip::ElementConfig with_own_name(sip::ElementConfig element, const sip::Uri& uri, bool sigcomp) {
    if (sigcomp) element.sigcomp_id = sigcomp_identifier(uri);
    element.own_names.push_back(uri.port ? uri.host + ":" + std::to_string(*uri.port) : uri.host);
    // RFC 3329: sec-agree is ours to understand, whether or not the policy makes use of it.
    element.proxy_extensions.emplace_back("sec-agree");
    return element;
}

}  // namespace

Pcscf::Impl::Impl(Config c, sip::ElementConfig e, Random& r)
    : config{std::move(c)},
      random{r},
      uri{own_uri_of(config, e)},
      loose_uri{loose_around_user(uri)},
      entry_points{read_entry_points(config)},
      ioi{ioi_of(config)},
      towards_core{in_time(e.timers)},
      element{with_own_name(std::move(e), uri, config.sigcomp), r} {}

// ---- events

void Pcscf::Impl::handle(const Event& event, TimePoint now, Effects& out) {
    effects = &out;
    std::visit(
        overloaded{
            [&](const sip::FlowClosed& closed) {
                for (auto* b : bindings.on_flow(closed.flow)) {
                    b->flow_open = false;
                    note(Severity::Info, "pcscf.flow.closed")
                        .with("impi", b->impi().value())
                        .with("flow", b->flow.text());
                }
                if (auto* s = associations.on(closed.flow); s != nullptr && s->connection == closed.flow)
                    s->connection.reset();
                element.handle(closed, now, outputs);
            },
            [&](const sip::Received& e) { arrive(e, now); },
            [&](const ipsec::Report& e) { std::visit([&](const auto& r) { handle(r, now); }, e); },
            [&](const sip::TransportFailed& e) { element.handle(e, now, outputs); },
            [&](const sip::dns::Answer& e) { element.handle(e, now, outputs); },
            [&](const auto&) { note(Severity::Error, "pcscf.event.unexpected"); },  // a P-CSCF has no Cx
        },
        event);
    std::move(pending.begin(), pending.end(), std::back_inserter(outputs));
    pending.clear();
    settle(now);
    effects = nullptr;
}

void Pcscf::Impl::handle_timeout(TimePoint now, Effects& out) {
    effects = &out;
    for (auto* b : bindings.due(now)) {
        if (b->state == Binding::State::Registered)
            leave(*b, "expired", now);
        else
            drop(*b);
    }
    for (auto* s : subscriptions.due(now)) on_subscription_due(*s, now);
    associations_due(now);
    for (const auto& impi : challenges.take_due(now))
        note(Severity::Info, "pcscf.challenge.unanswered").with("impi", impi.value());
    while (const auto token = dialog_wakeups.take_due(now))
        if (const auto* d = dialogs.find(*token); d != nullptr && d->ends && *d->ends <= now)
            dialogs.remove(*token);
    element.handle_timeout(now, outputs);
    settle(now);
    effects = nullptr;
}

std::optional<TimePoint> Pcscf::Impl::next_deadline() const {
    auto next = earliest(element.next_deadline(), dialog_wakeups.next());
    next = earliest(next, earliest(bindings.next_wakeup(), subscriptions.next_wakeup()));
    return earliest(next, earliest(challenges.next_wakeup(), associations.next_wakeup()));
}

void Pcscf::Impl::settle(TimePoint now) {
    for (;;) {
        for (auto& output : outputs)
            std::visit(overloaded{
                           [&](sip::Transmit& e) { effects->emplace_back(std::move(e)); },
                           [&](sip::dns::Query& e) { effects->emplace_back(std::move(e)); },
                           [&](Note& e) { effects->emplace_back(std::move(e)); },
                           [&](auto& e) { act(e, now); },
                       },
                       output);
        outputs.clear();
        if (pending.empty()) return;
        std::swap(outputs, pending);
    }
}

void Pcscf::Impl::act(sip::RequestArrived& e, TimePoint now) {
    const auto& request = e.request;
    if (request.method() == sip::Method::Register) return on_register(e, now);
    if (!verify(e, now)) return;
    if (request.method() == sip::Method::Notify && element.is_own(request.request_uri()) && !e.own_route)
        return on_notify(e, now);

    // 5.2.7, 5.2.9: to every INVITE and re-INVITE at once. A stranger gets silence instead.
    const auto trying = [&] {
        if (request.method() == sip::Method::Invite)
            respond(e.transaction, sip::Message::response(request, 100), now);
    };

    if (sip::asks_for_capabilities(request, element.is_own(request.request_uri()))) return on_options(e, now);

    if (auto* d = dialog_of(request, e.own_route)) {
        trying();
        return on_in_dialog(e, *d, now);
    }
    // 5.2.6.2: our Path mark makes it terminating; what comes on a UE's own flow, or not of the core, never
    // is.
    if (e.own_route && !e.own_route->uri.user.empty() && !knows(e.flow) && is_core(e.flow)) {
        trying();
        return on_terminating(e, bindings.by_token(e.own_route->uri.user), now);
    }
    auto* from = sender(request, e.flow);
    if (is_emergency(request)) return refuse_emergency(e, from, now);
    if (from == nullptr || from->state != Binding::State::Registered) {
        // 5.2.6.3.2A: not registered: silence.
        if (config.unregistered == Unregistered::Refuse) return refuse(e, 403, "not registered here", now);
        return discard(e, "not registered here", now);
    }
    trying();
    on_originating(e, *from, now);
}

// RFC 3261 11, to the P-CSCF itself: for its own network, and for who is registered. Nobody else finds out
// that it is there (5.2.1).
void Pcscf::Impl::on_options(sip::RequestArrived& e, TimePoint now) {
    const auto* from = sender(e.request, e.flow);
    const bool known = from != nullptr && from->state == Binding::State::Registered;
    if (!known && !(config.trusted_peers && is_core(e.flow))) {
        if (config.unregistered == Unregistered::Refuse) return refuse(e, 403, "not registered here", now);
        return discard(e, "not registered here", now);
    }
    respond(e.transaction,
            sip::answer_to_options(e.request, random.token(8),
                                   {{"application/reginfo+xml"}, {"path", "outbound", "sec-agree"}}),
            now);
}

void Pcscf::Impl::act(sip::ResponseToForward& e, TimePoint now) {
    const auto found = contexts.find(e.transaction);
    if (found == contexts.end()) return;
    std::visit([&](auto& context) { on_response(context, e, now); }, found->second);
}

void Pcscf::Impl::act(sip::FlowFailed&, TimePoint) {}  // there is one way to a UE

void Pcscf::Impl::act(sip::Cancelled& e, TimePoint) {
    note(Severity::Trace, "pcscf.request.cancelled", e.cancel);
}

void Pcscf::Impl::act(sip::ResponseArrived& e, TimePoint now) {
    if (e.response.status() < 200) return;
    const auto found = subscribing.find(e.transaction);
    if (found == subscribing.end()) return;
    const auto call_id = std::move(found->second);
    subscribing.erase(found);
    on_subscribe_answered(call_id, e.response, now);
}

void Pcscf::Impl::act(sip::RequestFailed& e, TimePoint now) {
    const auto found = subscribing.find(e.transaction);
    if (found == subscribing.end()) return;
    const auto call_id = std::move(found->second);
    subscribing.erase(found);
    on_subscribe_failed(call_id,
                        e.reason == sip::RequestFailed::Reason::Timeout ? "no answer" : "unreachable", now);
}

void Pcscf::Impl::act(sip::TransactionEnded& e, TimePoint now) {
    const auto found = contexts.find(e.transaction);
    if (found == contexts.end()) return;
    // What never became a dialog ends with its request.
    const auto end_early = [&](const std::string& token) {
        auto* d = token.empty() ? nullptr : dialogs.find(token);
        if (d != nullptr && !d->confirmed() && !d->ends) dialog_ends(*d, now);
    };
    std::visit(overloaded{
                   [&](RegisterContext& c) { expect_no_more(c); },
                   [&](const auto& c) {
                       if (c.initial) end_early(c.dialog);
                   },
               },
               found->second);
    contexts.erase(found);
}

// ---- helpers

void Pcscf::Impl::respond(sip::ServerTransactionId id, sip::Message response, TimePoint now) {
    element.respond(id, std::move(response), now, pending);
}

sip::Message Pcscf::Impl::refusal(const sip::RequestArrived& e, int status, std::string_view reason) {
    note(Severity::Info, "pcscf.request.refused", e.request)
        .with("status", std::to_string(status))
        .with("reason", std::string{reason})
        .with("peer", e.flow.remote.text());
    return sip::Message::response(e.request, status, {}, random.token(8));
}

void Pcscf::Impl::refuse(const sip::RequestArrived& e, int status, std::string_view reason, TimePoint now) {
    respond(e.transaction, refusal(e, status, reason), now);
}

void Pcscf::Impl::discard(const sip::RequestArrived& e, std::string_view reason, TimePoint) {
    note(Severity::Warning, "pcscf.request.discarded", e.request)
        .with("reason", std::string{reason})
        .with("peer", e.flow.remote.text());
    element.discard(e.transaction);
}

void Pcscf::Impl::forward(sip::ServerTransactionId id, sip::Branch branch, Context context, TimePoint now) {
    // 5.2.1: a 305 is followed. Of the core only: a UE must not choose where its requests go from here; and
    // inside a dialog the route set chooses.
    const auto* from_ue = std::get_if<OriginatingContext>(&context);
    const bool recurse = from_ue != nullptr && from_ue->initial;
    contexts.insert_or_assign(id, std::move(context));
    std::vector<sip::Branch> branches;
    branches.push_back(std::move(branch));
    element.forward(id, std::move(branches), now, pending,
                    {.recurse_on_305 = recurse, .no_answer = {}, .only_way = false});
}

Note& Pcscf::Impl::note(Severity severity, std::string_view id) {
    auto& n = std::get<Note>(effects->emplace_back(Note{severity, id}));
    n.fields.reserve(most_fields);
    return n;
}

Note& Pcscf::Impl::note(Severity severity, std::string_view id, const sip::Message& about, const Binding* b) {
    auto& n = note(severity, id);
    n.with("call_id", std::string{about.call_id()}).with("method", std::string{about.method_name()});
    if (b != nullptr) {
        n.with("impi", b->impi().value());
        if (b->identities() > 0) n.with("impu", std::string{b->impu(0)});
    }
    return n;
}

sip::NameAddr Pcscf::Impl::own_uri(std::string_view user) const {
    auto own = uri;
    own.user = user;
    own.params.set("lr");
    return sip::NameAddr{std::move(own)};
}

std::string Pcscf::Impl::own_entry(std::string_view user, bool ob) const {
    std::string entry;
    entry.reserve(loose_uri.before.size() + user.size() + loose_uri.after.size() + 5);
    entry.append("<").append(loose_uri.before).append(user).append(loose_uri.after);
    return entry.append(ob ? ";ob>" : ">");
}

// 5.2.6.3.4, 5.2.6.4.3 step 4: the port the UE sends to, which is the protected server port where there is a
// security association; and over the transport it uses.
sip::NameAddr Pcscf::Impl::own_uri_towards(const Binding& b, std::string_view user) const {
    auto own = own_uri(user);
    own.uri.host = b.flow.local.address.uri_text();
    own.uri.port = b.flow.local.port;
    auto transport = b.flow.transport;
    if (const auto* s = associations_of(b)) {
        own.uri.port = s->set.own.server_port;
        if (s->stream) transport = sip::Transport::Tcp;
    }
    if (transport == sip::Transport::Wss) transport = sip::Transport::Ws;  // RFC 7118 5.2: URIs know ws only
    if (transport != sip::Transport::Udp)
        own.uri.params.set("transport", to_lower(sip::transport_text(transport)));
    if (b.outbound) own.uri.params.set("ob");
    if (compresses(b)) {
        own.uri.params.set("comp", "sigcomp");
        own.uri.params.set("sigcomp-id", sigcomp_identifier(uri));
    }
    return own;
}

bool Pcscf::Impl::is_core(const sip::Flow& flow) const {
    if (flow.transport == sip::Transport::Ws || flow.transport == sip::Transport::Wss) return false;
    if (!config.trusted_peers) return true;
    return std::any_of(config.trusted_peers->begin(), config.trusted_peers->end(),
                       [&](const AddressRange& r) { return r.contains(flow.remote.address); });
}

bool Pcscf::Impl::knows(const sip::Flow& flow) {
    return associations.on(flow) != nullptr || bindings.knows(flow);
}

bool Pcscf::Impl::is_of_ue(const sip::Flow& flow, const Binding& b) {
    // 33.203 7.1 rule 3: who sends on a set is its user.
    if (const auto* s = associations.on(flow))
        return b.on_associations && b.is_of(s->impi) && b.flow.remote.address == s->set.peer.address;
    if (flow == b.flow) return true;
    const bool by_address = !b.on_associations && !is_own_connection(b.flow.transport) &&
                            !is_own_connection(flow.transport) &&
                            policy_at(flow.remote.address) != Security::Required;
    return by_address && flow.remote.address == b.flow.remote.address;
}

void Pcscf::Impl::keep(Binding& b, Binding::Text text, std::string_view value) {
    if (b.texts.get(text) == value) return;
    changed(b);
    if (!b.texts.set(text, value))
        note(Severity::Warning, "pcscf.binding.full").with("impi", b.impi().value());
}

Binding* Pcscf::Impl::sender(const sip::Message& request, const sip::Flow& flow) {
    // Only where the flow alone does not tell: an asserted identity never comes from From (5.2.6.3.1).
    std::vector<Impu> hints;
    const auto hint = [&](const sip::Parsed<sip::NameAddr>& value) {
        if (!value) return;
        const auto text = value->uri.text();
        if (auto impu = canonical_impu(text)) hints.push_back(std::move(*impu));
        if (auto tel = tel_of(text)) hints.push_back(std::move(*tel));
    };
    if (associations.on(flow) != nullptr) {
        std::vector<Binding*> candidates;
        for (auto* b : bindings.of_user(associations.on(flow)->impi))
            if (is_of_ue(flow, *b)) candidates.push_back(b);
        if (candidates.empty()) return nullptr;
        for (auto* b : candidates)  // several contacts on one set: the one it gives
            if (const auto contact = request.get<sip::h::Contact>();
                contact && !contact->star && contact->address.uri.text() == b->contact())
                return b;
        return candidates.front();
    }
    if (bindings.knows(flow)) {
        if (auto* b = bindings.sender(flow, {})) return b;
        hint(request.get<sip::h::PPreferredIdentity>());
        hint(request.get<sip::h::From>());
        return bindings.sender(flow, hints);
    }
    // A large request comes over TCP from an ephemeral port (RFC 3261 18.1.1): with a security association it
    // is known by that, without one by address and identity.
    if (is_own_connection(flow.transport) || policy_at(flow.remote.address) == Security::Required)
        return nullptr;
    hint(request.get<sip::h::PPreferredIdentity>());
    hint(request.get<sip::h::From>());
    return bindings.sender_at(flow.remote.address, hints);
}

const UserPolicy& Pcscf::Impl::policy_of(const Binding* b) const {
    static const UserPolicy ordinary;
    if (b == nullptr) return ordinary;
    // 5.2.1: what the configuration says of a user comes before what the reg event said.
    if (!config.policies.empty())
        for (const auto& a : b->associated())
            if (const auto found = config.policies.find(a.impu); found != config.policies.end())
                return found->second;
    return b->policy ? *b->policy : ordinary;
}

// ---- the face

Pcscf::Pcscf(Config config, sip::ElementConfig element, Random& random)
    : impl_{std::make_unique<Impl>(std::move(config), std::move(element), random)} {}
Pcscf::~Pcscf() = default;

void Pcscf::handle(const Event& event, TimePoint now, Effects& out) {
    impl_->handle(event, now, out);
}
void Pcscf::handle_timeout(TimePoint now, Effects& out) {
    impl_->handle_timeout(now, out);
}
std::optional<TimePoint> Pcscf::next_deadline() const {
    return impl_->next_deadline();
}

void Pcscf::drain(TimePoint, Effects& out) {
    impl_->element.refuse_new_requests(std::chrono::seconds{30});
    out.emplace_back(Note{Severity::Info, "pcscf.draining"});
}

bool Pcscf::idle() const {
    return impl_->element.idle() && impl_->pending.empty();
}

std::vector<Gauge> Pcscf::gauges() const {
    const auto count = [](std::size_t n) { return static_cast<double>(n); };
    return {
        {"pcscf_bindings", "Contacts of UEs that are registered through this P-CSCF",
         count(impl_->bindings.size())},
        {"pcscf_dialogs", "Dialogs that run through this P-CSCF", count(impl_->dialogs.size())},
        {"pcscf_subscriptions", "Subscriptions of this P-CSCF to the reg event",
         count(impl_->subscriptions.size())},
        {"pcscf_challenges", "Authentications waiting for the UE", count(impl_->challenges.size())},
        {"pcscf_association_sets", "Sets of four security associations with UEs, those in setup included",
         count(impl_->associations.size())},
        {"pcscf_transactions", "SIP transactions alive", count(impl_->element.transactions())},
    };
}

std::string Pcscf::save(TimePoint now) const {
    return impl_->save(now);
}
bool Pcscf::has_changes() const {
    return impl_->has_changes();
}
void Pcscf::write_changes(TimePoint now, std::string& text) {
    impl_->write_changes(now, text);
}
void Pcscf::forget_changes() {
    impl_->forget_changes();
}
bool Pcscf::restore(const std::vector<StateRecord>& saved, TimePoint now, std::string& why) {
    return impl_->restore(saved, now, why);
}

std::optional<Compressing::Compartment> Pcscf::compartment(const Way& way) {
    return impl_->compartment(way);
}
std::vector<std::string> Pcscf::take_closed_compartments() {
    return impl_->take_closed_compartments();
}
sip::Flow Pcscf::reply_flow(const sip::Flow& arrived) {
    return impl_->reply_flow(arrived);
}

void Pcscf::reload(Config config, sip::LocatorConfig locator) {
    config.uri = impl_->config.uri;
    config.ipsec = impl_->config.ipsec;  // what was agreed with UEs depends on it
    impl_->config = std::move(config);
    impl_->entry_points = read_entry_points(impl_->config);
    impl_->ioi = ioi_of(impl_->config);
    impl_->element.reload(std::move(locator));
}
void Pcscf::reload(sip::LocatorConfig locator) {
    impl_->element.reload(std::move(locator));
}

bool Pcscf::needs(const sip::Flow& flow) const {
    return impl_->bindings.knows(flow);
}
bool Pcscf::is_registered(const Impu& impu) const {
    return impl_->bindings.is_registered(impu);
}
std::size_t Pcscf::bindings() const {
    return impl_->bindings.size();
}
std::size_t Pcscf::dialogs() const {
    return impl_->dialogs.size();
}
std::size_t Pcscf::subscriptions() const {
    return impl_->subscriptions.size();
}

std::vector<Pcscf::Associations> Pcscf::associations(TimePoint now) const {
    std::vector<Associations> list;
    const auto seconds = [](Duration d) { return std::chrono::floor<std::chrono::seconds>(d); };
    impl_->associations.for_each([&](const AssociationSet& s) {
        list.push_back({s.id, s.impi, s.set, state_text(s.state), s.in_use, seconds(now - s.since),
                        seconds(now - s.last_used), seconds(s.until - now)});
    });
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return list;
}

}  // namespace ims::pcscf
