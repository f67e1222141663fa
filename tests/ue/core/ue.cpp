#include "tests/ue/core/ue.hpp"

#include "tests/ue/core/call.hpp"
#include "tests/ue/core/line.hpp"
#include "tests/ue/core/reg_event.hpp"
#include "tests/ue/core/registration.hpp"
#include "tests/ue/core/snapshot.hpp"

#include <algorithm>
#include <list>
#include <utility>

namespace ims::ue {

using namespace sip;

struct Ue::Impl {
    // A MESSAGE or OPTIONS whose answer is awaited.
    struct Pending {
        RequestHandle handle;
        ClientTransactionId transaction;
        Method method = Method::Message;
    };

    Impl(Config config, Random& random)
        : line{std::move(config), random}, registration{line}, reg_event{line, registration} {}

    Line line;
    Registration registration;
    RegEvent reg_event;
    std::list<Call> calls;
    std::vector<Pending> pending;
    std::uint32_t last_call = 0, last_request = 0;
    bool draining = false;

    // Works off what the element says until it has nothing left to say, then drops calls that are over.
    void settle(TimePoint now, Effects& out) {
        while (!line.outputs.empty()) {
            auto outputs = std::exchange(line.outputs, {});
            for (auto& output : outputs) std::visit([&](auto& o) { on(o, now, out); }, output);
        }
        std::erase_if(calls, [](const Call& c) { return c.over(); });
        for (auto& order : line.security.take_orders()) out.emplace_back(std::move(order));
    }

    void on(Transmit& transmit, TimePoint, Effects& out) { out.emplace_back(std::move(transmit)); }
    void on(dns::Query& query, TimePoint, Effects& out) { out.emplace_back(std::move(query)); }
    void on(Note& note, TimePoint, Effects& out) {
        if (note.id == "sip.sigcomp.unanswered") line.config().sigcomp = false;  // RFC 3486 7
        out.emplace_back(std::move(note));
    }
    void on(ResponseToForward&, TimePoint, Effects&) {}  // a UE forwards nothing
    void on(FlowFailed&, TimePoint, Effects&) {}
    void on(TransactionEnded&, TimePoint, Effects&) {}

    void on(RequestArrived& event, TimePoint now, Effects&) {
        if (!event.request.to_tag().empty()) return inside_dialog(event, now);
        switch (event.request.method()) {
            case Method::Invite: return invited(event, now);
            case Method::Message: return message_arrived(event, now);
            case Method::Options: return options_arrived(event, now);
            case Method::Notify:
            case Method::Bye:
            case Method::Prack:
            case Method::Update:
            case Method::Info:
            case Method::Ack:
            case Method::Cancel: return line.refuse(event.transaction, event.request, 481, now);
            case Method::Register:
            case Method::Subscribe:
            case Method::Refer:
            case Method::Publish:
            case Method::Other: return line.refuse(event.transaction, event.request, 405, now);
        }
    }

    void inside_dialog(const RequestArrived& event, TimePoint now) {
        if (event.request.method() == Method::Notify && reg_event.notify(event, now)) return;
        for (auto& call : calls)
            if (call.owns(event.request)) return call.handle(event, now);
        line.refuse(event.transaction, event.request, 481, now);  // RFC 3261 12.2.2
    }

    void invited(const RequestArrived& event, TimePoint now) {
        if (draining) return line.refuse(event.transaction, event.request, 480, now);
        calls.emplace_back(line, CallHandle{++last_call}).arrived(event, now);
    }

    void message_arrived(const RequestArrived& event, TimePoint now) {
        const auto type = event.request.get<h::ContentType>();
        line.respond(event.transaction, Message::response(event.request, 200, {}, line.new_tag()), now);
        line.tell(MessageReceived{.from = sender_of(event.request),
                                  .text = std::string{event.request.body()},
                                  .content_type = type ? type->token : std::string{}});
    }

    void options_arrived(const RequestArrived& event, TimePoint now) {
        auto response = Message::response(event.request, 200, {}, line.new_tag());
        response.set_raw(HeaderId::Allow, allowed_methods);
        response.set_raw(HeaderId::Accept, "application/sdp, text/plain");
        response.set_raw(HeaderId::Supported, "100rel, path");
        response.set<h::Contact>(line.contact());
        line.respond(event.transaction, std::move(response), now);
    }

    void on(AckArrived& event, TimePoint now, Effects&) {
        for (auto& call : calls)
            if (call.owns(event.request)) return call.handle(event, now);
    }

    void on(Cancelled& event, TimePoint now, Effects&) {
        for (auto& call : calls)
            if (call.owns(event.transaction)) return call.handle(event, now);
    }

    void on(ResponseArrived& event, TimePoint now, Effects&) {
        if (registration.owns(event.transaction)) {
            const bool fresh = registration.handle(event, now);
            if (fresh && line.config().subscribe_to_reg_event) reg_event.subscribe(now);
            if (!registration.registered()) reg_event.forget();
            return;
        }
        if (reg_event.owns(event.transaction)) return reg_event.handle(event, now);
        for (auto& call : calls)
            if (call.owns(event.transaction)) return call.handle(event, now);
        answered(event.transaction, event.response.status(), event.response.reason());
    }

    void on(RequestFailed& event, TimePoint now, Effects&) {
        if (registration.owns(event.transaction)) return registration.handle(event, now);
        if (reg_event.owns(event.transaction)) return reg_event.handle(event);
        for (auto& call : calls)
            if (call.owns(event.transaction)) return call.handle(event, now);
        answered(event.transaction, 0,
                 event.reason == RequestFailed::Reason::Timeout ? "no answer" : event.detail);
    }

    void answered(ClientTransactionId id, int status, std::string_view reason) {
        if (status >= 100 && status < 200) return;
        const auto found = std::find_if(pending.begin(), pending.end(),
                                        [&](const Pending& p) { return p.transaction == id; });
        if (found == pending.end()) return;
        if (found->method == Method::Options)
            line.tell(OptionsAnswered{found->handle, status});
        else if (status >= 200 && status < 300)
            line.tell(MessageDelivered{found->handle, status});
        else
            line.tell(MessageFailed{found->handle, status, std::string{reason}});
        pending.erase(found);
    }

    RequestHandle request(Method method, const Impu& to, std::string_view text, TimePoint now) {
        const RequestHandle handle{++last_request};
        const auto uri = Uri::parse(to.value());
        if (!uri) {
            if (method == Method::Options)
                line.tell(OptionsAnswered{handle, 0});
            else
                line.tell(MessageFailed{handle, 0, "no URI: " + to.value()});
            return handle;
        }
        auto message = line.initial_request(method, *uri);
        if (method == Method::Message) message.set_body(std::string{text}, "text/plain");
        pending.push_back({handle, line.send(std::move(message), now), method});
        return handle;
    }

    Call* find(CallHandle handle) {
        const auto found =
            std::find_if(calls.begin(), calls.end(), [&](const Call& c) { return c.handle() == handle; });
        return found == calls.end() ? nullptr : &*found;
    }
};

Ue::Ue(Config config, Random& random) : impl_{std::make_unique<Impl>(std::move(config), random)} {}
Ue::~Ue() = default;
Ue::Ue(Ue&&) noexcept = default;

void Ue::handle(const Event& event, TimePoint now, Effects& out) {
    auto& element = impl_->line.element();
    auto& outputs = impl_->line.outputs;
    std::visit(overloaded{
                   [&](const Received& e) {
                       element.handle(Received{e.bytes, impl_->line.security.reply_flow(e.flow), e.waited},
                                      now, outputs);
                   },
                   [&](const ipsec::Report& e) { impl_->registration.handle(e, now); },
                   [&](const TransportFailed& e) { element.handle(e, now, outputs); },
                   [&](const FlowClosed& e) { element.handle(e, now, outputs); },
                   [&](const dns::Answer& e) { element.handle(e, now, outputs); },
                   [](const auto&) {},  // a UE has no Diameter
               },
               event);
    impl_->settle(now, out);
}

void Ue::handle_timeout(TimePoint now, Effects& out) {
    impl_->line.element().handle_timeout(now, impl_->line.outputs);
    impl_->registration.handle_timeout(now);
    impl_->reg_event.handle_timeout(now);
    for (auto& call : impl_->calls) call.handle_timeout(now);
    impl_->settle(now, out);
}

std::optional<TimePoint> Ue::next_deadline() const {
    auto next = earliest(impl_->line.element().next_deadline(), impl_->registration.next_deadline());
    next = earliest(next, impl_->reg_event.next_deadline());
    for (const auto& call : impl_->calls) next = earliest(next, call.next_deadline());
    return next;
}

void Ue::drain(TimePoint now, Effects& out) {
    impl_->draining = true;
    impl_->line.config().register_again_by_itself = false;
    deregister(now, out);
}

bool Ue::idle() const {
    const auto& i = *impl_;
    return i.line.element().idle() && !i.registration.busy() && !i.reg_event.busy() && i.pending.empty() &&
           std::all_of(i.calls.begin(), i.calls.end(), [](const Call& c) { return c.settled(); });
}

std::vector<Gauge> Ue::gauges() const {
    return {{"ue_registered", "1 while the network holds this UE's contact", registered() ? 1.0 : 0.0},
            {"ue_calls", "Calls alive, early ones too", static_cast<double>(calls())}};
}

void Ue::register_(TimePoint now, Effects& out) {
    impl_->registration.start(now);
    impl_->settle(now, out);
}

void Ue::deregister(TimePoint now, Effects& out) {
    for (auto& call : impl_->calls) call.hang_up(now);
    impl_->registration.stop(now);
    impl_->settle(now, out);
}

RequestHandle Ue::message(const Impu& to, std::string_view text, TimePoint now, Effects& out) {
    const auto handle = impl_->request(Method::Message, to, text, now);
    impl_->settle(now, out);
    return handle;
}

RequestHandle Ue::options(const Impu& to, TimePoint now, Effects& out) {
    const auto handle = impl_->request(Method::Options, to, {}, now);
    impl_->settle(now, out);
    return handle;
}

CallHandle Ue::call(const Impu& to, TimePoint now, Effects& out) {
    const CallHandle handle{++impl_->last_call};
    impl_->calls.emplace_back(impl_->line, handle).invite(to, now);
    impl_->settle(now, out);
    return handle;
}

void Ue::answer(CallHandle call, TimePoint now, Effects& out) {
    if (auto* c = impl_->find(call)) c->answer(now);
    impl_->settle(now, out);
}

void Ue::reject(CallHandle call, int status, TimePoint now, Effects& out) {
    if (auto* c = impl_->find(call)) c->reject(status, now);
    impl_->settle(now, out);
}

void Ue::hang_up(CallHandle call, TimePoint now, Effects& out) {
    if (auto* c = impl_->find(call)) c->hang_up(now);
    impl_->settle(now, out);
}

void Ue::hang_up(TimePoint now, Effects& out) {
    for (auto& call : impl_->calls) call.hang_up(now);
    impl_->settle(now, out);
}

void Ue::hold(CallHandle call, TimePoint now, Effects& out) {
    if (auto* c = impl_->find(call)) c->re_invite(sdp::Direction::SendOnly, now);
    impl_->settle(now, out);
}

void Ue::resume(CallHandle call, TimePoint now, Effects& out) {
    if (auto* c = impl_->find(call)) c->re_invite(sdp::Direction::SendRecv, now);
    impl_->settle(now, out);
}

void Ue::update(CallHandle call, TimePoint now, Effects& out) {
    if (auto* c = impl_->find(call)) c->update(now);
    impl_->settle(now, out);
}

std::vector<Happening> Ue::take_happenings() {
    return std::exchange(impl_->line.happenings, {});
}

bool Ue::registered() const {
    return impl_->registration.registered();
}
std::optional<TimePoint> Ue::registration_expires() const {
    return impl_->registration.expires();
}
const std::vector<std::string>& Ue::associated_uris() const {
    return impl_->line.binding.associated_uris;
}
Impu Ue::default_identity() const {
    return impl_->line.default_identity();
}
std::size_t Ue::calls() const {
    return impl_->calls.size();
}
const Config& Ue::config() const {
    return impl_->line.config();
}

std::optional<IpAddress> Ue::encapsulated_towards() const {
    return impl_->line.security.encapsulated_towards();
}

void Ue::set_answering(Answering answering, int reject_status) {
    impl_->line.config().answering = answering;
    impl_->line.config().reject_status = reject_status;
}

void Ue::set_misbehaviour(Misbehaviour misbehaviour) {
    impl_->line.config().misbehaviour = misbehaviour;
}

// 24.229 8.1.1: not before there is a set of associations, if security is wanted; else from the registration
// on. What the P-CSCF sends before may be meant for later.
std::optional<Compressing::Compartment> Ue::compartment(const Way& way) {
    const auto& line = impl_->line;
    if (!line.config().sigcomp) return {};
    const auto* target = std::get_if<Target>(&way);
    const auto remote = std::visit([](const auto& w) { return w.remote; }, way);
    const auto local = target != nullptr ? target->local : std::optional{std::get<Flow>(way).local};
    const bool guarded = local && line.security.is_on(*local, remote);
    if (line.security.wanted() && !guarded) return {};
    // In clear the P-CSCF knows the registered flow only, and not the connection of a request that was long.
    const auto transport = std::visit([](const auto& w) { return w.transport; }, way);
    const auto& config = line.config();
    if (!guarded && (remote.address != config.pcscf.address || transport != config.transport)) return {};
    return Compartment{std::to_string(line.compartment), {}, guarded || impl_->registration.registered()};
}

std::vector<std::string> Ue::take_closed_compartments() {
    return std::exchange(impl_->line.closed_compartments, {});
}

Flow Ue::reply_flow(const Flow& arrived) {
    return impl_->line.security.reply_flow(arrived);
}

std::string Ue::save(TimePoint now) const {
    Snapshot snapshot{.registration = impl_->registration.saved(now),
                      .binding = impl_->line.binding,
                      .reg_event = impl_->reg_event.saved(now),
                      .calls = {},
                      .last_call = impl_->last_call};
    for (const auto& call : impl_->calls)
        if (auto saved = call.saved()) snapshot.calls.push_back(std::move(*saved));
    return "ue all " + print(snapshot) + "\n";
}

bool Ue::restore(const std::vector<StateRecord>& saved, TimePoint now, std::string& why) {
    if (saved.size() != 1 || saved.front().kind != "ue") {
        why = "not the one record of a UE";
        return false;
    }
    auto snapshot = parse_snapshot(saved.front().value, why);
    if (!snapshot) return false;
    impl_->registration.restore(snapshot->registration, now);
    impl_->line.binding = std::move(snapshot->binding);
    impl_->reg_event.restore(std::move(snapshot->reg_event), now);
    impl_->last_call = snapshot->last_call;
    for (auto& call : snapshot->calls) {
        const CallHandle handle{call.handle};
        impl_->calls.emplace_back(impl_->line, handle).restore(std::move(call));
    }
    return true;
}

}  // namespace ims::ue
