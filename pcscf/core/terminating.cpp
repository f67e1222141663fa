// Initial and standalone requests to the UE (24.229 5.2.6.4.1, .3, .7) and their responses (.4, .8).
#include "pcscf/core/entries.hpp"
#include "pcscf/core/impl.hpp"
#include "pcscf/core/trust.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {
using sip::HeaderId;

bool begins_dialog(sip::Method m) {
    return m == sip::Method::Invite || m == sip::Method::Subscribe || m == sip::Method::Refer;
}
}  // namespace

void Pcscf::Impl::on_terminating(sip::RequestArrived& e, Binding* b, TimePoint now) {
    auto& request = e.request;
    // 5.2.6.4.1: no binding: 404, which makes an S-CSCF with restoration look elsewhere.
    if (b == nullptr) return refuse(e, 404, "no binding for this Path", now);
    if (b->state != Binding::State::Registered) return refuse(e, 480, "deregistered", now);
    auto way = way_to(*b);
    if (!way) return refuse_unreachable(e, *b, now);

    TerminatingContext c;
    c.by_contact = !b->flow_open;
    c.binding = b->token();
    c.charging = charging_vector_of(request);                                                 // steps 8 to 10
    if (const auto called = request.raw(HeaderId::PCalledPartyId)) c.called_party = *called;  // step 11
    if (const auto pcfa = request.raw(HeaderId::PChargingFunctionAddresses))
        keep(*b, Binding::Text::ChargingFunctions, *pcfa);

    if (request.method() == sip::Method::Invite)
        note(Severity::Trace, "pcscf.session.attempted", request).with("session", "terminating");
    note(Severity::Trace, "pcscf.request.terminating", request, b)
        .with("request_uri", request.request_uri().text())
        .with("icid", c.charging.icid)
        .with("flow", b->flow.text());
    auto branch = branch_to_ue(std::move(request), *b, std::move(*way));
    const auto& out = branch.request;
    if (begins_dialog(out.method())) {
        Dialog d;
        d.token = new_token();
        d.binding = b->token();
        d.impi = b->impi();
        d.ue_is_caller = false;
        d.method = out.method();
        d.call_id = out.call_id();
        d.icid = c.charging.icid;
        d.orig_ioi = c.charging.orig_ioi;
        if (const auto called = sip::NameAddr::parse(c.called_party))
            if (auto impu = canonical_impu(called->uri.text())) d.impu = std::move(*impu);
        // Step 2: what lies before us on the way back. The UE has it after our own entry.
        d.route_set = routes_beyond_us(out, d.token);
        // Step 3
        auto& caller = d.peer_or_new(out.from_tag());
        caller.cseq = out.cseq_number();
        caller.contact = contact_uri_of(out).value_or("");
        c.dialog = d.token;
        c.recorded = true;
        branch.record_route = own_uri_towards(*b, d.token);  // step 4
        dialogs.add(std::move(d));
    }
    forward(e.transaction, std::move(branch), std::move(c), now);
}

void Pcscf::Impl::on_response(TerminatingContext& c, sip::ResponseToForward& e, TimePoint now) {
    auto& response = e.response;
    auto* b = bindings.by_token(c.binding);
    auto* d = c.dialog.empty() ? nullptr : dialogs.find(c.dialog);
    int status = response.status();

    if (e.origin != sip::ResponseToForward::Origin::Received) {
        // The UE is gone: its transport says so at once (RFC 5626: 430), or nothing ever comes back.
        const bool gone = e.origin == sip::ResponseToForward::Origin::Unreachable;
        if (gone && b != nullptr && try_contact(e.transaction, c, *b, e.detail, now)) return;
        note(Severity::Info, gone ? "pcscf.ue.unreachable" : "pcscf.ue.silent", response, b)
            .with("reason", e.detail);
        if (gone) {
            response.set_status(b != nullptr && b->only_on_flow() ? 430 : 480);
            status = response.status();
        }
    }

    const auto& policy = policy_of(b);
    strip_from_ue(response, policy);
    response.remove(HeaderId::PPreferredIdentity);
    const bool asserts = c.initial && policy.is_privileged(response);  // .4 step 0A
    if (!asserts) response.remove(HeaderId::PAssertedIdentity);
    if (!config.early_media) response.remove(HeaderId::PEarlyMedia);  // 5.2.6.4.2
    if (!asserts && c.initial && status > 100 && status < 300 && b != nullptr) {
        // .4 step 1, .8: who answered is who was called.
        std::optional<AssociatedUri> identity;
        if (const auto called = sip::NameAddr::parse(c.called_party)) {
            const auto text = called->uri.text();
            if (const auto impu = canonical_impu(text)) identity = b->find(*impu);
            if (!identity)
                if (const auto tel = tel_of(text)) identity = b->find(*tel);
        } else {
            identity = b->default_identity();
        }
        if (identity && !is_wildcarded(identity->impu))
            response.set_raw(HeaderId::PAssertedIdentity, identity->name_addr());
        else if (!c.called_party.empty())
            response.set_raw(HeaderId::PAssertedIdentity, c.called_party);
    }
    // .4 step 6
    if (status > 100 && !c.charging.icid.empty())
        set_charging_vector(response, {c.charging.icid, c.charging.orig_ioi, ioi});

    if (d != nullptr && status > 100 && status < 300) {
        changed(*d);
        // Steps 3 to 5
        if (c.initial && !response.to_tag().empty()) d->ue_tag = response.to_tag();
        if (auto contact = contact_uri_of(response)) d->ue_contact = std::move(*contact);
        if (c.initial && status >= 200)
            for (auto& p : d->peers) p.confirmed = true;
    }
    if (e.origin == sip::ResponseToForward::Origin::Received)
        if (const auto* request = element.request_of(e.transaction))
            restore_routing(response, *request, c.recorded && d != nullptr ? d->token : std::string_view{});
    if (d != nullptr && !c.initial && ends_dialog(*d, response)) dialog_ends(*d, now);
    note_progress(response, c.initial, c.set_up, "terminating");
    respond(e.transaction, std::move(response), now);
}

// .4 steps 2 and 3: the lists are those of the request, whatever the UE made of them; our own entry shows the
// core the address by which it reaches us.
void Pcscf::Impl::restore_routing(sip::Message& response, const sip::Message& request,
                                  std::string_view dialog) {
    const auto vias = request.raw_all(HeaderId::Via);
    if (response.raw_all(HeaderId::Via) != vias) {
        note(Severity::Trace, "pcscf.response.restored", response).with("header", "Via");
        response.remove(HeaderId::Via);
        // From the last to the first: they belong in front.
        for (auto via = vias.rbegin(); via != vias.rend(); ++via) response.prepend_raw(HeaderId::Via, *via);
    }
    if (dialog.empty() || response.status() >= 300) return;
    const auto recorded = request.raw_all(HeaderId::RecordRoute);
    const auto given = response.raw_all(HeaderId::RecordRoute);
    if (given.empty() || !std::equal(given.begin() + 1, given.end(), recorded.begin(), recorded.end()))
        note(Severity::Trace, "pcscf.response.restored", response).with("header", "Record-Route");
    response.remove(HeaderId::RecordRoute);
    response.append_raw(sip::header_name(HeaderId::RecordRoute), own_entry(dialog));
    for (const auto entry : recorded) response.append_raw(sip::header_name(HeaderId::RecordRoute), entry);
}

}  // namespace ims::pcscf
