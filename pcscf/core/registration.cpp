// Registration (24.229 5.2.2) and deregistration (5.2.5).
#include "pcscf/core/entries.hpp"
#include "pcscf/core/impl.hpp"
#include "pcscf/core/lines.hpp"
#include "pcscf/core/trust.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {

using sip::HeaderId;

// 64*T1 of Gm (24.229 7.7): what may still be on its way to a UE that has left.
constexpr Duration leaving_grace = 64 * sip::gm_timers.t1;
// 5.2.2.2, 200, step 1.
constexpr Duration expiry_grace = 30s;

// IMPI of a REGISTER without credentials: from To, as the I-CSCF does (5.3.1.2 step 2).
Impi impi_of(const sip::AuthValue* credentials, const sip::Parsed<sip::NameAddr>& to) {
    if (credentials != nullptr)
        if (const auto username = credentials->params.get("username"); username && !username->empty())
            return Impi{std::string{*username}};
    if (!to) return {};
    return Impi{to->uri.user + "@" + to_lower(to->uri.host)};
}

// 24.229 7.7: the Gm timer values belong to these radio accesses.
bool names_radio_access(const sip::Message& request) {
    const auto access = request.raw(HeaderId::PAccessNetworkInfo);
    return access && (istarts_with(*access, "3GPP") || istarts_with(*access, "IEEE-802.11") ||
                      istarts_with(*access, "DVB-RCS2"));
}

bool offers(const RegisterContext& c, std::string_view contact) {
    return same_uri(contact, c.contact.uri) ||
           std::any_of(c.further.begin(), c.further.end(),
                       [&](const auto& other) { return same_uri(contact, other.uri); });
}

std::optional<std::chrono::seconds> seconds_param(const sip::Params& params, std::string_view name) {
    const auto text = params.get(name);
    const auto value = text ? parse_number(*text) : std::nullopt;
    if (!value) return std::nullopt;
    return std::chrono::seconds{std::min<std::uint64_t>(*value, 0xFFFFFFFF)};
}

std::vector<OfferedContact> offered_contacts(const sip::Message& request,
                                             const std::vector<sip::ContactValue>& contacts) {
    const auto expires = request.get<sip::h::Expires>();
    std::vector<OfferedContact> offered;
    offered.reserve(contacts.size());
    for (const auto& c : contacts) {
        const auto& params = c.address.params;
        OfferedContact o;
        o.uri = c.address.uri.text();
        o.instance = params.get("+sip.instance").value_or("");
        if (const auto id = seconds_param(params, "reg-id"))
            o.reg_id = static_cast<std::uint32_t>(id->count());
        o.expires = expires ? *expires : o.expires;
        if (const auto own = seconds_param(params, "expires"))
            o.expires = static_cast<std::uint32_t>(own->count());
        offered.push_back(std::move(o));
    }
    return offered;
}

// What the registrar granted to this contact; nothing if it is not among the bindings. Flows of one contact
// are told apart by reg-id (RFC 5626 6).
std::optional<std::chrono::seconds> granted_expiry(const std::vector<sip::ContactValue>& bound,
                                                   const sip::Message& ok, const OfferedContact& offered) {
    for (const auto& c : bound) {
        if (c.star || !same_uri(c.address.uri.text(), offered.uri)) continue;
        const auto flow = seconds_param(c.address.params, "reg-id");
        if (offered.reg_id != 0 && flow && flow->count() != offered.reg_id) continue;
        if (const auto own = seconds_param(c.address.params, "expires")) return own;
        if (const auto all = ok.get<sip::h::Expires>()) return std::chrono::seconds{*all};
        return std::chrono::seconds{3600};  // RFC 3261 10.2.4
    }
    return std::nullopt;
}

std::vector<AssociatedUri> associated_of(const sip::Message& ok, std::string_view to) {
    std::vector<AssociatedUri> list;
    for (const auto entry : entries_of(ok, HeaderId::PAssociatedUri)) {
        const auto uri = uri_text_of(entry);
        if (!uri) {
            list.clear();  // who writes that did not mean the others either
            break;
        }
        auto impu = canonical_impu(*uri);
        if (!impu) continue;
        const bool plain = is_bracketed(entry, impu->value());
        list.push_back({std::move(*impu), plain ? std::string{} : unfolded(entry)});
    }
    // A registrar that says nothing registered what it was asked for.
    if (list.empty())
        if (auto impu = canonical_impu(to)) list.push_back({std::move(*impu), {}});
    return list;
}

// 5.2.2.1, 200, step 10: the value of +g.3gpp.thig-path, which the UE does not see.
std::string take_thig_path(sip::Message& ok) {
    constexpr std::string_view name = "+g.3gpp.thig-path";
    if (!ok.has(HeaderId::FeatureCaps)) return {};
    auto all = ok.all<sip::h::FeatureCaps>();
    if (!all) return {};
    std::string path;
    for (auto& caps : *all) {
        path = caps.params.get(name).value_or(path);
        caps.params.remove(name);
    }
    std::erase_if(*all, [](const auto& caps) { return caps.params.empty(); });
    ok.set_all<sip::h::FeatureCaps>(*all);
    if (path.size() > 2 && path.front() == '<' && path.back() == '>') path = path.substr(1, path.size() - 2);
    return path;
}

// Seconds between keep-alives on a flow. What a NAT remembers of datagrams is half a minute (RFC 5626 4.4.2),
// of connections minutes (4.4.1); our transports close a connection that was silent for longer than that
// (limits.idle_timeout).
std::uint32_t keep_alive_interval(sip::Transport transport) {
    return sip::is_reliable(transport) ? 120 : 30;
}

// 5.2.2.1, 200, step 8 (RFC 6223), and RFC 5626 5.4 for what we notice to be dead, which is a connection.
void offer_keep_alives(sip::Message& ok, const sip::Flow& flow, bool outbound) {
    const auto seconds = keep_alive_interval(flow.transport);
    if (auto via = ok.top_via(); via.params.has("keep") && via.params.get("keep").value_or("").empty()) {
        const auto sent_by = address_literal(via.host);
        if (sent_by && *sent_by != flow.remote.address) {  // NOTE 21: a NAT
            via.params.set("keep", std::to_string(seconds));
            ok.remove_first<sip::h::Via>();
            ok.prepend<sip::h::Via>(via);
        }
    }
    if (outbound && sip::is_reliable(flow.transport)) ok.set<sip::h::FlowTimer>(seconds);
}

// What the UE wants, before anything is known of whether it gets it.
std::string_view purpose_of(const RegisterContext& c, const Binding* known) {
    const auto ends = [](const OfferedContact& contact) { return contact.expires == 0; };
    if (c.star) return "deregistration";
    if (c.contact.uri.empty()) return "query";
    if (ends(c.contact) && std::all_of(c.further.begin(), c.further.end(), ends)) return "deregistration";
    return known != nullptr && known->state == Binding::State::Registered ? "re-registration" : "initial";
}

// A device whose connection broke and that comes back on a new one. It keeps its Path, so that to the
// registrar its flow is refreshed and its sessions go on: those of a flow that comes by another Path it would
// end (5.4.1.2.2 step 6). The binding moves when the 200 comes, and not before.
const Binding* coming_back(Bindings& bindings, const RegisterContext& c) {
    if (!is_own_connection(c.flow.transport) || c.contact.reg_id == 0 || c.contact.instance.empty())
        return nullptr;
    for (const auto* b : bindings.of_user(c.impi))
        if (b->state == Binding::State::Registered && is_own_connection(b->flow.transport) &&
            b->reg_id == c.contact.reg_id && b->instance() == c.contact.instance)
            return b;
    return nullptr;
}

bool has_nonce(const sip::AuthValue* credentials) {
    return credentials != nullptr && !credentials->params.get("nonce").value_or("").empty();
}

}  // namespace

// ---- the request

void Pcscf::Impl::on_register(sip::RequestArrived& e, TimePoint now) {
    auto& request = e.request;
    if (!config.accept_registrations) return refuse(e, 305, "no registrations are accepted here", now);
    const auto authorization = request.get<sip::h::Authorization>();
    const auto* const credentials = authorization ? &*authorization : nullptr;
    const auto to = request.get<sip::h::To>();
    RegisterContext c;
    c.impi = impi_of(credentials, to);
    c.flow = e.flow;
    if (to) c.impu = to->uri.text();

    const auto contacts = request.all<sip::h::Contact>();
    if (!contacts) return refuse(e, 400, "Contact is malformed", now);
    if (!contacts->empty()) {
        c.star = contacts->front().star;
        // 5.2.10.1: emergency registration is not offered here; the UE turns to the circuit switched domain.
        if (!c.star && std::any_of(contacts->begin(), contacts->end(),
                                   [](const auto& one) { return one.address.uri.has("sos"); }))
            return refuse(e, 403, "emergency registration not served", now);
        if (!c.star) {
            auto offered = offered_contacts(request, *contacts);
            c.contact = std::move(offered.front());
            offered.erase(offered.begin());
            c.further = std::move(offered);
        }
    }

    // The same Path URI for a registration, its challenge, its refreshes, queries and its end (5.2.2.1 step
    // 1).
    if (const auto* s = associations.on(e.flow)) c.association = s->id;
    const auto* known = known_binding(c, e.flow);
    const auto* running = challenges.find(c.impi);
    const bool on_its_associations =
        running != nullptr && c.association != 0 && running->challenge.association == c.association;
    const bool answers = running != nullptr && (running->flow == e.flow || on_its_associations ||
                                                continues_over_tls(*running, e.flow));
    // Behind a NAT the protected REGISTER has another contact than the one before (24.229 F.2.1.2.2).
    if (answers && known == nullptr && (on_its_associations || offers(c, running->contact)))
        c.token = running->token;
    if (known != nullptr) c.token = known->token();
    if (c.token.empty())
        if (const auto* before = coming_back(bindings, c)) c.token = before->token();
    c.purpose = purpose_of(c, known);
    if (!(answers && has_nonce(credentials)))
        note(Severity::Trace, "pcscf.registration.attempted", request)
            .with("impi", c.impi.value())
            .with("registration", std::string{c.purpose});
    if (is_of_another(e.flow, c.impi))
        return refuse_agreement(
            e, c,
            {sip::Message::response(request, 403, {}, random.token(8)), "the connection is another user's"},
            now);
    if (c.token.empty()) {
        if (bindings.size() + challenges.size() >= config.max_bindings) {
            auto response = sip::Message::response(request, 503, {}, random.token(8));
            response.set_raw(HeaderId::RetryAfter, "60");
            note(Severity::Error, "pcscf.registration.limit", request).with("impi", c.impi.value());
            return answer_register(e.transaction, c, std::move(response), now);
        }
        c.token = new_token();
    }

    const bool associated =
        known != nullptr && known->state == Binding::State::Registered && known->ip_association;
    if (const auto accepted = secure(e, c, {credentials, running, associated}, now))
        forward_register(e, std::move(c), credentials, *accepted, now);
}

// The one it refreshes, queries or ends.
const Binding* Pcscf::Impl::known_binding(const RegisterContext& c, const sip::Flow& flow) {
    for (const auto* b : bindings.of_user(c.impi))
        if ((b->flow == flow || (c.association != 0 && is_of_ue(flow, *b))) &&
            (c.contact.uri.empty() || offers(c, b->contact())))
            return b;
    return nullptr;
}

void Pcscf::Impl::forward_register(sip::RequestArrived& e, RegisterContext c,
                                   const sip::AuthValue* credentials, const AccessAccepted& accepted,
                                   TimePoint now) {
    auto& request = e.request;
    c.digest = accepted.digest;
    c.radio_access = names_radio_access(request);
    strip_from_ue(request);
    remove_option(request, HeaderId::Supported, "sec-agree");
    request.remove(HeaderId::PAssertedIdentity);
    request.remove(HeaderId::PPreferredIdentity);
    request.remove(HeaderId::Route);  // the next hop is ours to choose (5.2.2.1 steps 5 to 7)
    request.remove(HeaderId::Path);
    c.ob = c.contact.reg_id != 0 && request.has_option(HeaderId::Supported, "outbound");
    // Steps 1 to 4
    request.prepend_raw(HeaderId::Path, own_entry(c.token, c.ob));
    if (!request.has_option(HeaderId::Require, "path")) request.append<sip::h::Require>("path");
    c.charging = {new_token(), ioi, {}};
    set_charging_vector(request, c.charging);
    request.set<sip::h::PVisitedNetworkId>({config.visited_network, true, {}});
    if (credentials != nullptr) set_integrity_protected(request, *credentials, accepted.integrity_protected);

    note(Severity::Trace, "pcscf.registration.forwarded", request)
        .with("impi", c.impi.value())
        .with("impu", c.impu)
        .with("icid", c.charging.icid)
        .with("flow", e.flow.text());
    if (config.entry_points.size() > 1) c.retry = request;
    contexts.insert_or_assign(e.transaction, std::move(c));
    element.forward(e.transaction, towards_home(std::move(request), 0), now, pending,
                    {.recurse_on_305 = true, .no_answer = {}, .only_way = true});
}

bool Pcscf::Impl::try_next_entry_point(sip::ServerTransactionId id, RegisterContext& c, std::string_view why,
                                       TimePoint now) {
    if (!c.retry || c.entry_point + 1 >= config.entry_points.size()) return false;
    ++c.entry_point;
    note(Severity::Warning, "pcscf.entry_point.skipped", *c.retry)
        .with("impi", c.impi.value())
        .with("reason", std::string{why})
        .with("peer", config.entry_points[c.entry_point - 1]);
    auto again = *c.retry;
    element.forward(id, towards_home(std::move(again), c.entry_point), now, pending,
                    {.recurse_on_305 = true, .no_answer = {}, .only_way = true});
    return true;
}

std::vector<sip::Branch> Pcscf::Impl::towards_home(sip::Message request, std::size_t entry_point) const {
    sip::Branch branch{.request = std::move(request), .next_hop = {}, .record_route = {}, .timers = {}};
    branch.timers = towards_core;  // shared by all entry points
    branch.timers->t1 /= std::max<std::size_t>(config.entry_points.size(), 1);
    if (entry_point < entry_points.size()) branch.next_hop = entry_points[entry_point];
    std::vector<sip::Branch> branches;
    branches.push_back(std::move(branch));
    return branches;
}

// ---- the responses

void Pcscf::Impl::on_response(RegisterContext& c, sip::ResponseToForward& e, TimePoint now) {
    auto& response = e.response;
    const int status = response.status();
    const bool silent = e.origin != sip::ResponseToForward::Origin::Received;

    // RFC 3263 4.3: out of service for now, which another entry point need not be. None left: nobody can
    // register by this P-CSCF, and the UE is told so (RFC 3261 16.7 step 6, 24.229 5.1.1.2.1).
    if (status == 503 && !silent && try_next_entry_point(e.transaction, c, "503", now)) return;
    // 5.2.2.1 steps 5 to 7: no answer, 3xx or 480: the next entry point; none left: 504.
    if (silent || status / 100 == 3 || status == 480) {
        if (try_next_entry_point(e.transaction, c, silent ? e.detail : std::to_string(status), now)) return;
        note(Severity::Error, "pcscf.entry_point.unreachable", response)
            .with("impi", c.impi.value())
            .with("impu", c.impu)
            .with("reason", silent ? e.detail : std::to_string(status));
        expect_no_more(c);
        const auto* request = element.request_of(e.transaction);
        if (request == nullptr) return;
        return answer_register(e.transaction, c, sip::Message::response(*request, 504, {}, random.token(8)),
                               now);
    }

    if (status >= 200) expect_no_more(c);
    if (status == 401) {
        // 5.2.2.2, 401, step 2: only without its keys.
        auto challenge = take_keys(response);
        if (!challenge) {
            note(Severity::Warning, "pcscf.challenge.unreadable", response).with("impi", c.impi.value());
            response.remove(HeaderId::WwwAuthenticate);
            response.set_status(500);
        } else {
            note(Severity::Trace, "pcscf.registration.challenged", response)
                .with("impi", c.impi.value())
                .with("impu", c.impu);
            strip_towards_ue(response);
            agree_on_tls(c, *challenge, response);
            const bool waits = make_set(c, *challenge, e.transaction, response, now);
            challenges.set(
                {c.impi, std::move(*challenge), c.token, c.contact.uri, c.flow, now + config.reg_await_auth});
            if (waits) return;
        }
    } else if (status / 100 == 2) {
        challenges.erase(c.impi);
        take_bindings(c, response, now);
        end_temporary_sets(c, now);  // the end of a registration may have been challenged
    } else if (status >= 300) {
        challenges.erase(c.impi);
        end_temporary_sets(c, now);
        note(Severity::Info, "pcscf.registration.rejected", response)
            .with("impi", c.impi.value())
            .with("impu", c.impu)
            .with("status", std::to_string(status))
            .with("reason", std::string{response.reason()});
    }

    strip_towards_ue(response);
    answer_register(e.transaction, c, std::move(response), now);
    if (status == 500 || status == 504) end_association(c, status);
}

void Pcscf::Impl::answer_register(sip::ServerTransactionId id, const RegisterContext& c,
                                  sip::Message response, TimePoint now) {
    if (response.status() >= 200 && response.status() != 401)
        note(Severity::Trace, "pcscf.registration.answered", response)
            .with("impi", c.impi.value())
            .with("registration", std::string{c.purpose})
            .with("status", std::to_string(response.status()));
    respond(id, std::move(response), now);
}

// 5.2.2.3: what follows looks like a first registration.
void Pcscf::Impl::end_association(const RegisterContext& c, int status) {
    auto* b = bindings.by_token(c.token);
    if (b == nullptr || !b->ip_association || b->flow != c.flow) return;
    note(Severity::Warning, "pcscf.association.ended")
        .with("impi", b->impi().value())
        .with("flow", b->flow.text())
        .with("status", std::to_string(status));
    drop(*b);
}

// 5.2.2.3, 200, step b: an address and port are one user's.
void Pcscf::Impl::overwrite_association(const RegisterContext& c) {
    for (auto* other : bindings.on_flow(c.flow)) {
        if (!other->ip_association || other->is_of(c.impi)) continue;
        note(Severity::Warning, "pcscf.association.overwritten")
            .with("impi", other->impi().value())
            .with("flow", other->flow.text());
        drop(*other);
    }
}

// What the registrar bound of what the UE offered: the 200 says it, not the REGISTER (5.4.1.2.3: of several
// contacts only one may be bound).
void Pcscf::Impl::take_bindings(RegisterContext& c, sip::Message& ok, TimePoint now) {
    if (c.star) return deregistered(c, c.contact, now);
    if (c.contact.uri.empty()) return;
    const auto listed = ok.all<sip::h::Contact>();
    const auto granted = [&](const OfferedContact& offered) {
        return listed ? granted_expiry(*listed, ok, offered) : std::nullopt;
    };
    auto expires = granted(c.contact);
    for (auto& other : c.further) {
        if (expires && expires->count() > 0) break;
        if (const auto its = granted(other); its && its->count() > 0) {
            std::swap(c.contact, other);
            expires = its;
        }
    }
    const auto gone = [&](const OfferedContact& offered) {
        return offered.expires == 0 || !granted(offered);
    };
    const bool bound = expires && expires->count() > 0;
    if (!bound && gone(c.contact)) deregistered(c, c.contact, now);
    for (const auto& other : c.further)
        if (gone(other) && !same_uri(other.uri, c.contact.uri)) deregistered(c, other, now);
    if (bound) registered(c, ok, *expires, now);
}

// 5.2.2.1, 200 with an expiry.
void Pcscf::Impl::registered(RegisterContext& c, sip::Message& ok, std::chrono::seconds expires,
                             TimePoint now) {
    const bool first_of_user = subscriptions.of_user(c.impi) == nullptr;
    auto* b = bindings.by_token(c.token);
    const bool anew = b == nullptr || b->state != Binding::State::Registered;
    if (!keep(c, ok, b)) return;
    b->reg_id = c.contact.reg_id;
    b->radio_access = c.radio_access;
    b->ob = c.ob;
    b->outbound = c.contact.reg_id != 0 && ok.has_option(HeaderId::Require, "outbound");
    b->ip_association = b->ip_association || c.digest;
    if (c.digest) overwrite_association(c);
    b->state = Binding::State::Registered;
    const auto until = now + expires + expiry_grace;
    const bool sooner = until < b->until;
    b->until = until;
    changed(*b);
    if (c.association != 0)
        established(c, *b, now);
    else
        bindings.set_flow(*b, c.flow);
    // Step 3A
    if (const auto identity = config.forward_only_default_impu ? b->default_identity() : std::nullopt)
        ok.set_raw(HeaderId::PAssociatedUri, identity->name_addr());

    if (c.association == 0) offer_keep_alives(ok, c.flow, b->outbound);
    if (anew || sooner) bindings.wake(*b);
    note(Severity::Info, anew ? "pcscf.registration.accepted" : "pcscf.registration.refreshed", ok, b)
        .with("flow", b->flow.text())
        .with("detail", std::to_string(expires.count()) + " s");
    if (config.subscribe_to_reg_event && first_of_user) subscribe(*b, now);  // 5.2.3 step 1
}

// 5.2.2.1, 200, steps 1 to 5 and 10: what the binding keeps in text; it is made if there is none. False if
// that is more than a binding holds, which no UE and no registrar in their senses ask for: the UE is told
// 500.
bool Pcscf::Impl::keep(const RegisterContext& c, sip::Message& ok, Binding*& b) {
    std::vector<std::string> routes;
    for (const auto entry : entries_of(ok, HeaderId::ServiceRoute))
        if (auto route = uri_text_of(entry)) routes.push_back(std::move(*route));
    const auto route_lines = to_lines(routes);
    const auto thig_path = take_thig_path(ok);
    const auto term_ioi = charging_vector_of(ok).term_ioi;
    const auto known = b != nullptr ? b->texts.get(Binding::Text::ChargingFunctions) : std::string_view{};
    const auto associated = associated_of(ok, c.impu);
    Binding fresh;
    bool fits = fresh.texts.assign({c.token, c.impi.value(), c.contact.uri, c.contact.instance, route_lines,
                                    ok.raw(HeaderId::PChargingFunctionAddresses).value_or(known), term_ioi,
                                    thig_path});
    fits =
        fits && (b == nullptr ? fresh.set_associated(associated) : bindings.set_associated(*b, associated));
    if (!fits) {
        note(Severity::Error, "pcscf.registration.not_kept", ok)
            .with("impi", c.impi.value())
            .with("reason", "Contact, Service-Route and identities are longer than 65535 octets");
        ok.set_status(500);
        return false;
    }
    if (b != nullptr) {
        b->texts = std::move(fresh.texts);
        return true;
    }
    fresh.flow = c.flow;
    b = &bindings.add(std::move(fresh));
    replace_others(c, *b);
    return true;
}

// The same contact on another flow, or the same device at another address: the old one is no more (a phone
// that was switched off says no goodbye).
void Pcscf::Impl::replace_others(const RegisterContext& c, const Binding& fresh) {
    for (auto* old : bindings.of_user(c.impi)) {
        if (old == &fresh || old->reg_id != c.contact.reg_id) continue;
        if (!same_uri(old->contact(), c.contact.uri) &&
            (c.contact.instance.empty() || old->instance() != c.contact.instance))
            continue;
        dialogs.rebind(old->token(), fresh.token());
        if (old->on_associations && old->flow.remote.address != fresh.flow.remote.address)
            remove_sets_of(*old, "the UE has another address");
        bindings.remove(*old);
    }
}

// 5.2.5.1: the UE took a contact away, with reg-id one flow of it, or all of them with "*".
void Pcscf::Impl::deregistered(const RegisterContext& c, const OfferedContact& contact, TimePoint now) {
    for (auto* b : bindings.of_user(c.impi)) {
        if (b->state != Binding::State::Registered) continue;
        const bool same_device = !contact.instance.empty() && b->instance() == contact.instance;
        const bool its = contact.reg_id == 0 ? same_uri(b->contact(), contact.uri)
                                             : b->reg_id == contact.reg_id &&
                                                   (same_device || same_uri(b->contact(), contact.uri));
        if (c.star || its) leave(*b, "deregistered by the UE", now);
    }
}

void Pcscf::Impl::leave(Binding& b, std::string_view reason, TimePoint now) {
    auto& n = note(Severity::Info, "pcscf.registration.ended");
    n.with("impi", b.impi().value()).with("reason", std::string{reason});
    if (b.identities() > 0) n.with("impu", std::string{b.impu(0)});
    b.state = Binding::State::Leaving;
    b.until = now + leaving_grace;
    bindings.wake(b);
    changed(b);
    if (b.on_associations) shorten_sets_of(b, now);
}

void Pcscf::Impl::drop(Binding& b) {
    // 5.2.8.1.4: what is left of its dialogs goes without a word.
    for (const auto& token : dialogs.of_binding(b.token())) dialogs.remove(token);
    const auto impi = b.impi();
    if (b.on_associations) remove_sets_of(b, "its registration is over");
    bindings.remove(b);
    unsubscribe_if_alone(impi);
}

}  // namespace ims::pcscf
