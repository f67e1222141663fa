// Initial and standalone requests from the UE (24.229 5.2.6.3.3, .7, .11) and their responses (.4, .8).
#include "pcscf/core/alternative_service.hpp"
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

// An identity as it stands in P-Preferred-Identity against one that is registered (5.2.6.3.1 steps 1 and 2).
std::optional<AssociatedUri> registered_identity(const Binding& b, const sip::NameAddr& preferred) {
    const auto text = preferred.uri.text();
    if (const auto impu = canonical_impu(text))
        if (auto found = b.find(*impu)) return found;
    if (const auto tel = tel_of(text)) return b.find(*tel);
    return std::nullopt;
}

}  // namespace

void Pcscf::Impl::on_originating(sip::RequestArrived& e, Binding& b, TimePoint now) {
    auto& request = e.request;
    const bool dialog = begins_dialog(request.method());
    if (e.request.method() == sip::Method::Other || request.to_tag().empty()) {
        // an initial or standalone request
    } else {
        // 5.2.6.3.5 step 1, .9 step 1: inside a dialog that is not this originator's.
        return refuse(e, 403, "no such dialog of this UE", now);
    }
    const auto service_route = b.service_route();
    if (service_route.empty()) return refuse(e, 403, "registered without a Service-Route", now);

    // Step 2 (step 1, our own entry, is gone already)
    if (!check_route(request, service_route, b)) return refuse(e, 400, "Route is not the Service-Route", now);

    const auto& policy = policy_of(&b);
    strip_from_ue(request, policy);                                    // with step 5A
    if (policy.private_network == UserPolicy::PrivateNetwork::Insert)  // step 5B
        request.set_raw(HeaderId::PPrivateNetworkIndication, policy.private_domain);
    Impu originator;
    assert_identity(request, b, policy, originator);      // steps 5C, 6, 6A
    const ChargingVector charging{new_token(), ioi, {}};  // step 7
    set_charging_vector(request, charging);

    OriginatingContext c{std::string{b.token()}, {}, true};
    sip::Branch branch{
        .request = {std::move(request)}, .next_hop = {}, .record_route = {}, .timers = towards_core};
    auto& out = branch.request;
    if (dialog) {
        Dialog d;
        d.token = new_token();
        d.binding = b.token();
        d.impi = b.impi();
        d.impu = originator;
        d.method = out.method();
        d.call_id = out.call_id();
        d.ue_tag = out.from_tag();
        d.ue_cseq = out.cseq_number();
        d.ue_contact = contact_uri_of(out).value_or("");
        d.icid = charging.icid;
        c.dialog = d.token;
        branch.record_route = own_uri(d.token);  // step 5
        if (b.outbound) branch.record_route->uri.params.set("ob");
        dialogs.add(std::move(d));
    }
    if (out.method() == sip::Method::Invite)
        note(Severity::Trace, "pcscf.session.attempted", out).with("session", "originating");
    note(Severity::Trace, "pcscf.request.originating", out, &b)
        .with("request_uri", out.request_uri().text())
        .with("icid", charging.icid)
        .with("detail", "as " + originator.value());
    forward(e.transaction, std::move(branch), std::move(c), now);
}

bool Pcscf::Impl::check_route(sip::Message& request, const std::vector<std::string_view>& expected,
                              const Binding& b) {
    const auto given = entries_of(request, HeaderId::Route);
    if (std::equal(given.begin(), given.end(), expected.begin(), expected.end(), is_entry_of)) return true;
    const bool replace = config.route_mismatch == RouteMismatch::Replace;
    note(replace ? Severity::Trace : Severity::Warning, "pcscf.route.mismatch", request, &b)
        .with("header", "Route")
        .with("detail", replace ? "replaced" : "refused");
    if (!replace) return false;
    request.remove(HeaderId::Route);
    for (const auto& uri_text : expected)
        request.append_raw(sip::header_name(HeaderId::Route), "<" + std::string{uri_text} + ">");
    return true;
}

// 5.2.6.3.1, 5.2.6.3.3 step 8: who the UE is, is what it registered; what it prefers only chooses.
void Pcscf::Impl::assert_identity(sip::Message& request, const Binding& b, const UserPolicy& policy,
                                  Impu& originator) const {
    std::optional<AssociatedUri> first;
    std::vector<std::string> asserted;
    std::string profile_key;
    if (const auto preferred = request.all<sip::h::PPreferredIdentity>(); preferred && preferred->size() <= 2)
        for (const auto& p : *preferred) {
            const auto match = registered_identity(b, p);
            if (!match) {
                asserted.clear();
                first.reset();
                break;
            }
            const bool wildcard = is_wildcarded(match->impu);
            if (!first) {
                first = match;
                originator = wildcard ? canonical_impu(p.uri.text()).value_or(match->impu) : match->impu;
                if (wildcard) profile_key = match->impu.value();
            }
            // The value the UE gave stays (step 2) where it names a number or a wildcard's member; the
            // display name is the registered one.
            asserted.push_back(!wildcard && p.uri.text() == match->impu.value() ? match->name_addr()
                                                                                : "<" + p.uri.text() + ">");
        }
    if (!first) {
        first = b.default_identity();
        originator = first->impu;
        asserted = {first->name_addr()};
    }
    request.remove(HeaderId::PPreferredIdentity);
    const bool privileged = policy.is_privileged(request);
    if (privileged)  // step 5C, RFC 5502
        request.set_raw(HeaderId::PServedUser, "<" + originator.value() + ">;sescase=orig;regstate=reg");
    if (!privileged || !request.has(HeaderId::PAssertedIdentity)) {
        request.remove(HeaderId::PAssertedIdentity);
        for (const auto& a : asserted) request.append_raw(sip::header_name(HeaderId::PAssertedIdentity), a);
    }
    if (!profile_key.empty()) request.set_raw(HeaderId::PProfileKey, "<" + profile_key + ">");  // step 9
}

void Pcscf::Impl::on_response(OriginatingContext& c, sip::ResponseToForward& e, TimePoint now) {
    auto& response = e.response;
    auto* b = bindings.by_token(c.binding);
    auto* d = c.dialog.empty() ? nullptr : dialogs.find(c.dialog);
    const int status = response.status();

    c.heard = c.heard || status < 200;
    if (d != nullptr && status > 100 && status < 300 && !response.to_tag().empty()) {
        // 5.2.6.3.4: Record-Route, dialog id and Contact of what this response establishes or refreshes.
        changed(*d);
        auto& peer = d->peer_or_new(response.to_tag());
        if (auto contact = contact_uri_of(response)) peer.contact = std::move(*contact);
        if (c.initial) {
            if (!peer.confirmed) {
                peer.route_set = routes_beyond_us(response, d->token);
                std::reverse(peer.route_set.begin(), peer.route_set.end());
            }
            peer.confirmed = peer.confirmed || status >= 200;
        }
        if (b != nullptr) rewrite_record_route(response, d->token, own_uri_towards(*b, d->token));
    }
    if (e.origin != sip::ResponseToForward::Origin::Received) {
        note(Severity::Warning, "pcscf.core.silent", response, b)
            .with("status", std::to_string(status))
            .with("reason", e.detail);
        if (config.scscf_restoration && b != nullptr && !c.heard) order_to_register(response, *b);
    } else if (status >= 300 && c.initial)
        note(Severity::Info, "pcscf.request.rejected", response, b)
            .with("status", std::to_string(status))
            .with("reason", std::string{response.reason()});
    if (d != nullptr && !c.initial && ends_dialog(*d, response)) dialog_ends(*d, now);

    if (b != nullptr)
        if (const auto pcfa = response.raw(HeaderId::PChargingFunctionAddresses))
            keep(*b, Binding::Text::ChargingFunctions, *pcfa);
    strip_towards_ue(response);
    note_progress(response, c.initial, c.set_up, "originating");
    respond(e.transaction, std::move(response), now);
}

void Pcscf::Impl::note_progress(const sip::Message& response, bool initial, bool& set_up,
                                std::string_view session) {
    const int status = response.status();
    if (!initial || response.method() != sip::Method::Invite) return;
    if ((status == 180 || status / 100 == 2) && !std::exchange(set_up, true))
        note(Severity::Trace, "pcscf.session.set_up", response).with("session", std::string{session});
    if (status >= 200)
        note(Severity::Trace, "pcscf.session.answered", response)
            .with("session", std::string{session})
            .with("status", std::to_string(status));
}

// 5.2.6.3.2A.
void Pcscf::Impl::order_to_register(sip::Message& response, const Binding& b) const {
    response.set_status(504);
    response.set_raw(HeaderId::PAssertedIdentity, own_entry(b.token(), b.ob));
    set_alternative_service(response, "restoration", "the network lost a node on your way",
                            "initial-registration");
}

}  // namespace ims::pcscf
