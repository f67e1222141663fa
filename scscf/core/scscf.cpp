#include "scscf/core/scscf.hpp"

#include "scscf/core/core.hpp"
#include "scscf/core/notifier.hpp"
#include "scscf/core/registrar.hpp"
#include "scscf/core/sessions.hpp"
#include "scscf/core/snapshot.hpp"

#include <utility>

namespace ims::scscf {

struct Scscf::Impl {
    Core core;
    Notifier notifier{core};
    Sessions sessions{core};
    Registrar registrar{core, notifier, sessions};
    Snapshots snapshots{core.registrations, sessions.dialogs, registrar.authentications, core.gruus};

    Impl(Config c, sip::ElementConfig e, Random& r, std::unique_ptr<ServiceControl> s)
        : core{std::move(c), std::move(e), r, std::move(s)} {}

    void arrived(sip::RequestArrived& arrived);
    void arrived(const cx::RequestArrived& arrived);
    void work_off();
};

void Scscf::Impl::work_off() {
    // Handling an output may append further ones.
    for (std::size_t i = 0; i < core.outputs.size(); ++i) {
        auto output = std::move(core.outputs[i]);
        std::visit(overloaded{
                       [&](sip::Transmit& t) { core.effects().emplace_back(std::move(t)); },
                       [&](sip::dns::Query& q) { core.effects().emplace_back(std::move(q)); },
                       [&](Note& n) { core.effects().emplace_back(std::move(n)); },
                       [&](sip::RequestArrived& r) { arrived(r); },
                       [&](sip::AckArrived& a) {
                           if (core.trusts(a.flow)) return sessions.on_ack(a);
                           core.note(Severity::Info, "scscf.request.untrusted", subject_of(a.request),
                                     {{"method", "ACK"}, {"peer", a.flow.remote.text()}});
                       },
                       [&](sip::Cancelled& c) { sessions.on_cancelled(c); },
                       [&](sip::ResponseToForward& r) { sessions.on_response(r); },
                       [&](sip::FlowFailed& f) { sessions.on_flow_failed(f); },
                       [&](sip::ResponseArrived& r) {
                           if (!sessions.on_bye_answered(r.transaction, r.response.status()))
                               notifier.on_response(r.transaction, r.response.status());
                       },
                       [&](sip::RequestFailed& f) {
                           if (!sessions.on_bye_answered(f.transaction, 408))
                               notifier.on_failure(f.transaction);
                       },
                       [&](sip::TransactionEnded& e) { sessions.on_ended(e.transaction); },
                   },
                   output);
    }
    core.outputs.clear();
}

void Scscf::Impl::arrived(sip::RequestArrived& r) {
    if (!core.trusts(r.flow))
        return core.reject(r.transaction, r.request, 403, "scscf.request.untrusted", subject_of(r.request),
                           "not from the trust domain: " + r.flow.remote.text());
    if (r.request.method() == sip::Method::Register) return registrar.on_register(r);
    if (Notifier::is_reg_event(r.request))
        if (auto* set = notifier.set_for(r.request)) return notifier.on_subscribe(r, *set);
    sessions.on_request(std::move(r));
}

void Scscf::Impl::arrived(const cx::RequestArrived& r) {
    std::visit(overloaded{
                   [&](const cx::RegistrationTerminationRequest& rtr) {
                       core.effects().emplace_back(cx::Reply{r.id, registrar.on_termination(rtr)});
                   },
                   [&](const cx::PushProfileRequest& ppr) {
                       core.effects().emplace_back(cx::Reply{r.id, registrar.on_push(ppr)});
                   },
                   // Commands of the other direction: the codec does not let them in.
                   [&](const auto&) { core.note(Severity::Warning, "scscf.cx.unexpected", {}); },
               },
               r.request);
}

Scscf::Scscf(Config config, sip::ElementConfig element, Random& random,
             std::unique_ptr<ServiceControl> service_control)
    : impl_{std::make_unique<Impl>(std::move(config), std::move(element), random,
                                   std::move(service_control))} {}
Scscf::~Scscf() = default;

void Scscf::handle(const Event& event, TimePoint now, Effects& out) {
    auto& core = impl_->core;
    core.begin(now, out);
    std::visit(overloaded{
                   [&](const cx::AnswerArrived& e) { core.cx.arrived(e.id, &e, out); },
                   [&](const cx::SendFailed& e) { core.cx.arrived(e.id, &e, out); },
                   [&](const cx::RequestArrived& e) { impl_->arrived(e); },
                   [](const ipsec::Report&) {},  // it has no UEs of its own
                   [&](const auto& e) { core.element.handle(e, now, core.outputs); },
               },
               event);
    impl_->work_off();
}

void Scscf::handle_timeout(TimePoint now, Effects& out) {
    auto& core = impl_->core;
    core.begin(now, out);
    core.element.handle_timeout(now, core.outputs);
    impl_->work_off();
    impl_->registrar.on_timeout();
    impl_->sessions.on_timeout();
    impl_->work_off();
}

std::optional<TimePoint> Scscf::next_deadline() const {
    return earliest(earliest(impl_->core.element.next_deadline(), impl_->registrar.next_deadline()),
                    impl_->sessions.next_deadline());
}

void Scscf::drain(TimePoint, Effects&) {
    impl_->core.element.refuse_new_requests(std::chrono::seconds{5});
}

bool Scscf::idle() const {
    return impl_->core.element.idle() && impl_->core.cx.waiting() == 0;
}

std::vector<Gauge> Scscf::gauges() const {
    const auto& core = impl_->core;
    const auto number = [](std::size_t n) { return static_cast<double>(n); };
    return {{"scscf_registration_sets", "implicit registration sets known, registered or not",
             number(core.registrations.size())},
            {"scscf_registered_contacts", "contacts bound", number(core.registrations.bindings())},
            {"scscf_dialogs", "sessions of served users that are established",
             number(impl_->sessions.dialogs.size())},
            {"scscf_original_dialogs", "requests that are, or were a moment ago, with an application server",
             number(impl_->sessions.original_dialogs())},
            {"scscf_authentications", "challenges outstanding and nonces in use",
             number(impl_->registrar.authentications.size())},
            {"scscf_transactions", "SIP transactions alive", number(core.element.transactions())},
            {"scscf_cx_pending", "procedures that wait for the HSS", number(core.cx.waiting())}};
}

std::string Scscf::save(TimePoint now) const {
    return impl_->snapshots.save(now);
}

bool Scscf::has_changes() const {
    return impl_->snapshots.has_changes();
}

void Scscf::write_changes(TimePoint now, std::string& text) {
    impl_->snapshots.write_changes(now, text);
}

void Scscf::forget_changes() {
    impl_->snapshots.forget_changes();
}

bool Scscf::restore(const std::vector<StateRecord>& saved, TimePoint, std::string& why) {
    return impl_->snapshots.restore(saved, why);
}

void Scscf::reload(sip::LocatorConfig locator) {
    impl_->core.element.reload(std::move(locator));
}

std::vector<std::string> Scscf::reload(Config config) {
    return impl_->core.reload(std::move(config));
}

bool Scscf::deregister(const Impu& impu, Removal removal, TimePoint now, Effects& out) {
    impl_->core.begin(now, out);
    const bool found = impl_->registrar.deregister(impu, removal);
    impl_->work_off();
    return found;
}

bool Scscf::reauthenticate(const Impu& impu, std::chrono::seconds within, TimePoint now, Effects& out) {
    impl_->core.begin(now, out);
    const bool found = impl_->registrar.reauthenticate(impu, within);
    impl_->work_off();
    return found;
}

bool Scscf::is_registered(const Impu& impu) const {
    return contacts(impu) > 0;
}

std::size_t Scscf::contacts(const Impu& impu) const {
    const auto* set = std::as_const(impl_->core.registrations).find(impu.value());
    return set == nullptr ? 0 : set->bindings.size();
}

std::size_t Scscf::registered_users() const {
    return impl_->core.registrations.registered_sets();
}

}  // namespace ims::scscf
