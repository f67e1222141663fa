// Requests inside dialogs (24.229 5.2.6.3.5, .9; 5.2.6.4.5, .9), ACKs, and the life of a dialog.
#include "pcscf/core/entries.hpp"
#include "pcscf/core/impl.hpp"
#include "pcscf/core/trust.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {
using sip::HeaderId;

// 64*T1 of Gm: retransmissions of what ended the dialog.
constexpr Duration ended_grace = 64 * sip::gm_timers.t1;

bool ends_subscription(const sip::Message& request) {
    if (request.method() != sip::Method::Notify) return false;
    const auto state = request.get<sip::h::SubscriptionState>();  // RFC 6665 4.1.3
    return state && iequals(state->token, "terminated");
}

// Of a session (RFC 3261 12.2, RFC 3311 5.1).
bool refreshes_target(sip::Method m) {
    return m == sip::Method::Invite || m == sip::Method::Update;
}

void take_contact(const sip::Message& request, std::string& contact) {
    if (auto given = contact_uri_of(request)) contact = std::move(*given);
}
}  // namespace

Dialog* Pcscf::Impl::dialog_of(const sip::Message& request, const std::optional<sip::NameAddr>& own_route) {
    const auto from = request.from_tag();
    const auto to = request.to_tag();
    if (own_route) {
        auto* d = dialogs.find(own_route->uri.user);
        if (d == nullptr || d->call_id != request.call_id()) return nullptr;
        // A NOTIFY may come before the answer to its SUBSCRIBE (RFC 6665 4.4.1), a request of the called UE
        // before its 1xx: one side is known, the other is new.
        if (!to.empty() && (d->ue_tag == from || d->ue_tag == to || d->ue_tag.empty())) return d;
        return nullptr;
    }
    if (to.empty()) return nullptr;
    return dialogs.find(request.call_id(), from, to);  // a UE that lost its route set
}

void Pcscf::Impl::on_in_dialog(sip::RequestArrived& e, Dialog& d, TimePoint now) {
    auto* b = bindings.by_token(d.binding);
    if (b == nullptr) return refuse(e, 481, "the UE of this dialog is gone", now);
    if (d.ue_tag == e.request.from_tag()) return on_in_dialog_from_ue(e, d, *b, now);
    return on_in_dialog_to_ue(e, d, *b, now);
}

void Pcscf::Impl::on_in_dialog_from_ue(sip::RequestArrived& e, Dialog& d, Binding& b, TimePoint now) {
    auto& request = e.request;
    // Step 1
    if (!is_of_ue(e.flow, b)) return refuse(e, 403, "not a dialog of this originator", now);
    changed(d);
    auto& peer = d.peer_or_new(request.to_tag());
    // Step 2
    if (!peer.route_set.empty() && !check_route(request, {peer.route_set.begin(), peer.route_set.end()}, b))
        return refuse(e, 400, "Route is not the route set of the dialog", now);
    strip_from_ue(request, policy_of(&b));
    request.remove(HeaderId::PPreferredIdentity);
    request.remove(HeaderId::PAssertedIdentity);
    if (!d.ue_is_caller && !config.early_media) request.remove(HeaderId::PEarlyMedia);  // 5.2.6.4.1
    // Steps 4 and 6
    d.ue_cseq = std::max(d.ue_cseq, request.cseq_number());
    take_contact(request, d.ue_contact);
    set_charging_vector(request, {d.icid, ioi, {}});
    note(Severity::Trace, "pcscf.dialog.from_ue", request, &b).with("icid", d.icid);
    OriginatingContext c{std::string{b.token()}, d.token, false};
    forward(e.transaction,
            {.request = std::move(request), .next_hop = {}, .record_route = {}, .timers = towards_core},
            std::move(c), now);
}

void Pcscf::Impl::on_in_dialog_to_ue(sip::RequestArrived& e, Dialog& d, Binding& b, TimePoint now) {
    auto& request = e.request;
    if (!is_core(e.flow)) return refuse(e, 403, "not of the core", now);
    auto way = way_to(b);
    if (!way) return refuse_unreachable(e, b, now);
    changed(d);
    auto& peer = d.peer_or_new(request.from_tag());
    // A NOTIFY that makes the dialog: its Record-Route is the UE's route set after our own entry.
    if (peer.route_set.empty() && d.ue_is_caller) peer.route_set = routes_beyond_us(request, d.token);
    peer.cseq = std::max(peer.cseq, request.cseq_number());
    take_contact(request, peer.contact);
    if (request.method() == sip::Method::Notify && !peer.confirmed) {
        // RFC 6665 4.1.2.4: it stands, also if the SUBSCRIBE had no answer (that one got lost with a
        // restart).
        if (!d.confirmed()) d.ends.reset();
        peer.confirmed = true;
    }

    TerminatingContext c;
    c.binding = b.token();
    c.dialog = d.token;
    c.initial = false;
    c.by_contact = !b.flow_open;
    c.charging = charging_vector_of(request);
    if (c.charging.icid.empty()) c.charging.icid = d.icid;
    note(Severity::Trace, "pcscf.dialog.to_ue", request, &b).with("icid", d.icid);
    const bool last = ends_subscription(request);
    c.recorded = refreshes_target(request.method());
    auto branch = branch_to_ue(std::move(request), b, std::move(*way));
    if (c.recorded) branch.record_route = own_uri_towards(b, d.token);  // 5.2.6.4.5 step 4
    forward(e.transaction, std::move(branch), std::move(c), now);
    if (last && d.method == sip::Method::Subscribe) dialog_ends(d, now);
}

// An ACK to a 2xx: no transaction, no answer. A wrong one is dropped.
void Pcscf::Impl::act(sip::AckArrived& e, TimePoint now) {
    auto* d = dialog_of(e.request, e.own_route);
    auto* b = d == nullptr ? nullptr : bindings.by_token(d->binding);
    if (b == nullptr) {
        note(Severity::Warning, "pcscf.ack.discarded", e.request).with("reason", "no such dialog");
        return;
    }
    const bool from_ue = d->ue_tag == e.request.from_tag();
    if (from_ue ? !is_of_ue(e.flow, *b) : !is_core(e.flow)) {
        note(Severity::Warning, "pcscf.ack.discarded", e.request, b)
            .with("reason", from_ue ? "not of this UE" : "not of the core")
            .with("peer", e.flow.remote.text());
        return;
    }
    if (!from_ue) {
        if (auto way = way_to(*b))
            return element.forward_ack(branch_to_ue(std::move(e.request), *b, std::move(*way)), now, pending);
        note(Severity::Warning, "pcscf.ack.discarded", e.request, b)
            .with("reason", "the UE's flow is closed");
        return;
    }
    auto& ack = e.request;
    const auto* peer = d->peer(ack.to_tag());
    if (peer != nullptr && !peer->route_set.empty() &&
        !check_route(ack, {peer->route_set.begin(), peer->route_set.end()}, *b)) {
        note(Severity::Warning, "pcscf.ack.discarded", ack, b).with("reason", "Route");
        return;
    }
    strip_from_ue(ack, policy_of(b));
    ack.remove(HeaderId::PPreferredIdentity);
    ack.remove(HeaderId::PAssertedIdentity);
    element.forward_ack({.request = std::move(ack), .next_hop = {}, .record_route = {}, .timers = {}}, now,
                        pending);
}

void Pcscf::Impl::dialog_ends(Dialog& d, TimePoint now) {
    if (d.ends) return;
    note(Severity::Trace, "pcscf.dialog.ended")
        .with("call_id", d.call_id)
        .with("impi", d.impi.value())
        .with("impu", d.impu.value())
        .with("icid", d.icid);
    changed(d);
    d.ends = now + ended_grace;
    dialog_wakeups.at(*d.ends, d.token);
}

// Our own entry shows each side the address by which it reaches us (5.2.6.3.4, 5.2.6.4.4 step 3).
void Pcscf::Impl::rewrite_record_route(sip::Message& m, std::string_view token,
                                       const sip::NameAddr& with) const {
    const auto own = with.text();
    bool changed = false;
    auto recorded = entries_of(m, HeaderId::RecordRoute);
    for (auto& entry : recorded) {
        if (entry == own || !is_own_entry(entry, token)) continue;
        entry = own;
        changed = true;
    }
    if (!changed) return;
    m.remove(HeaderId::RecordRoute);
    for (const auto entry : recorded) m.append_raw(sip::header_name(HeaderId::RecordRoute), entry);
}

}  // namespace ims::pcscf
