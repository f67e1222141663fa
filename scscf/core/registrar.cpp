#include "scscf/core/registrar.hpp"

#include "common/base/text.hpp"
#include "common/ims/identity_of_uri.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

// What does he want? Registration and deregistration by the UE: TS 24.229 5.4.1.2.2, 5.4.1.2.2F, 5.4.1.4.
namespace ims::scscf {

namespace h = sip::h;
using std::chrono::seconds;

void Registrar::reject(const RegisterRequest& r, int status, std::string_view reason) {
    core_.reject(r.transaction, r.message, status, "scscf.registration.rejected", r.subject(), reason,
                 {{"registration", std::string{r.purpose}}});
}

void Registrar::accept(RegisterRequest r, Proof proof) {
    if (r.deregisters())
        core_.run(deregister_user(std::move(r), std::move(proof)));
    else
        core_.run(register_user(std::move(r), std::move(proof)));
}

seconds Registrar::granted(const RegisterRequest& r, const sip::NameAddr& contact) const {
    const auto asked = r.expires_of(contact);
    const auto wanted = asked ? seconds{*asked} : core_.config.default_expires;
    return std::min(wanted, core_.config.max_expires);
}

std::optional<Refusal> Registrar::check_contact(const RegisterRequest& r) const {
    const auto* contact = r.contact_to_bind();
    if (contact == nullptr) return {};
    const bool flow = reg_id_of(*contact) != 0;
    // 5.4.1.2.2 A3, B4B: the edge proxy would not keep the flow.
    if (flow && r.message.has_option(sip::HeaderId::Supported, "outbound") && !r.path_outbound)
        return Refusal{439, "reg-id, but no outbound in the first Path"};
    if (r.protection == Protection::AuthDone && flow)
        return Refusal{403, "reg-id with auth-done"};  // 5.4.1.2.2E
    // RFC 5627 5.1: what comes for him would come back to us.
    if (contact->params.has("+sip.instance")) {
        const bool ours = gruu::is_gruu(contact->uri) && core_.is_home_domain(contact->uri.host);
        if (ours || canonical_impu(contact->uri) == r.impu)
            return Refusal{403, "the contact is the identity itself"};
        if (!contact->uri.is_sip()) return Refusal{403, "the contact is no SIP URI"};
    }
    return {};
}

void Registrar::forget_challenge(const RegisterRequest& r, const Proof& proof) {
    // TS 29.228 6.1.2: no assignment follows the MAR, so nothing else ends authentication-pending and, of a
    // user who is not registered, takes our name away.
    if (proof.challenged) tell_hss(r.impi, r.impu, cx::ServerAssignmentType::AuthenticationTimeout);
}

cx::ServerAssignmentRequest Registrar::assignment_request(const Impi& impi, const Impu& impu,
                                                          cx::ServerAssignmentType type) const {
    cx::ServerAssignmentRequest sar;
    sar.user_name = impi;
    sar.public_identity = {impu};
    sar.server_name = core_.config.server_name;
    sar.server_assignment_type = type;
    sar.supported_features = announced_features(core_.config);
    return sar;
}

CxProcedure Registrar::register_user(RegisterRequest r, Proof proof) {
    if (const auto refusal = check_contact(r)) {
        reject(r, refusal->status, refusal->reason);
        forget_challenge(r, proof);
        co_return Done{};
    }
    const auto* contact = r.contact_to_bind();
    if (contact != nullptr && granted(r, *contact) < core_.config.min_expires) {  // 5.4.1.2.2 step 8
        core_.note(Severity::Info, "scscf.registration.rejected", r.subject(),
                   {{"status", "423"},
                    {"reason", "expiry below min_expires"},
                    {"registration", std::string{r.purpose}}});
        auto response = core_.response_to(r.message, 423);
        response.set<h::MinExpires>(static_cast<std::uint32_t>(core_.config.min_expires.count()));
        charge_response(response, charging_of(r.message), IoiType::VisitedToHome, core_.ioi);
        core_.respond(r.transaction, std::move(response));
        forget_challenge(r, proof);
        co_return Done{};
    }

    auto* set = core_.registrations.find(r.impu.value());
    auto mine = set == nullptr ? std::nullopt : set->private_index(r.impi.value());
    const bool registered = mine && set->registered_by(*mine);
    if (contact == nullptr && !registered) {
        // RFC 3261 10.3 step 8: a question, and nothing is bound. No assignment.
        auto response = core_.response_to(r.message, 200);
        charge_response(response, charging_of(r.message), IoiType::VisitedToHome, core_.ioi);
        core_.respond(r.transaction, std::move(response));
        forget_challenge(r, proof);
        co_return Done{};
    }

    // What will be bound, and where: the HSS keeps it for restoration.
    std::optional<Binding> fresh;
    Placement placement;
    bool stored_anew = false;
    if (contact != nullptr) {
        fresh = binding_of(*contact, r.path, r.message.call_id(), core_.registrations);
        if (!fresh) {
            reject(r, 403, "Contact, Path and Call-ID are too long");
            forget_challenge(r, proof);
            co_return Done{};
        }
        fresh->first_cseq = fresh->cseq = r.message.cseq_number();
        fresh->gruu = r.message.has_option(sip::HeaderId::Supported, "gruu");
        if (mine) placement = place(*set, *mine, r);
        const auto* known = placement.refreshes == 0 ? nullptr : set->binding(placement.refreshes);
        if (known != nullptr && known->texts.get(Binding::Text::CallId) == r.message.call_id())
            fresh->first_cseq = known->first_cseq;
        fresh->digest = proof.digest || (known != nullptr && known->digest);
        stored_anew = core_.config.scscf_restoration && (known == nullptr || !placement.removes.empty() ||
                                                         differs_in_restoration(*known, *fresh));
    }

    if (proof.challenged || !registered || stored_anew) {
        // 5.4.1.2.2 step 5
        using Type = cx::ServerAssignmentType;
        auto sar = assignment_request(r.impi, r.impu, registered ? Type::ReRegistration : Type::Registration);
        sar.user_data_already_available = registered ? cx::UserDataAlreadyAvailable::AlreadyAvailable
                                                     : cx::UserDataAlreadyAvailable::NotAvailable;
        if (fresh && core_.config.scscf_restoration) {
            sar.scscf_restoration_info = restoration_info(r.impi, set, *fresh, placement);
            // TS 29.228 6.1.2.1: should the HSS know further contacts of this user, we lost them.
            const bool one_of_several = fresh->reg_id != 0 || !fresh->instance().empty();
            if (!registered) sar.multiple_registration_indication = one_of_several ? 1U : 0U;
        }
        CxQuestion question{std::move(sar), hss_of(r.impi)};
        CxReply reply = co_await std::move(question);
        const auto* saa = answer_in<cx::ServerAssignmentAnswer>(reply);

        const bool restores = saa != nullptr && !registered && !saa->scscf_restoration_info.empty() &&
                              diameter::is(saa->result, cx::ExperimentalResultCode::ErrorInAssignmentType);
        if (restores) {
            // The HSS did not take our contact: it goes there beside those that came back.
            const auto taken = take_profile(core_, *saa, r.impi, r.impu, origin_host(reply));
            if (!taken) {
                reject(r, taken.error().status, taken.error().reason);
                co_return Done{};
            }
            set = *taken;
            placement = place(*set, *set->private_index(r.impi.value()), r);
            auto again = assignment_request(r.impi, r.impu, Type::ReRegistration);
            again.user_data_already_available = cx::UserDataAlreadyAvailable::AlreadyAvailable;
            again.scscf_restoration_info = restoration_info(r.impi, set, *fresh, placement);
            question = CxQuestion{std::move(again), hss_of(r.impi)};
            reply = co_await std::move(question);
            saa = answer_in<cx::ServerAssignmentAnswer>(reply);
        }
        if (auto failure = failure_in(reply)) {
            // Another S-CSCF has the user: 480 makes the I-CSCF select anew (5.3.1.3).
            if (saa != nullptr &&
                diameter::is(saa->result, cx::ExperimentalResultCode::ErrorIdentityAlreadyRegistered))
                failure->status = 480;
            reject(r, failure->status, failure->reason);
            co_return Done{};
        }
        if (saa != nullptr && saa->user_data) {
            const auto taken = take_profile(core_, *saa, r.impi, r.impu, origin_host(reply));
            if (!taken) {
                reject(r, taken.error().status, taken.error().reason);
                co_return Done{};
            }
        }
        set = core_.registrations.find(r.impu.value());  // whatever it was before the wait
    }
    mine = set == nullptr ? std::nullopt : set->private_index(r.impi.value());
    if (!mine) {
        reject(r, 500, "the HSS gave no profile that holds the public identity");
        co_return Done{};
    }

    const bool known = set->registered_by(*mine);
    if (fresh) {
        fresh->private_identity = *mine;
        placement = place(*set, *mine, r);
        if (const auto refusal = check_place(*set, r, placement)) {
            reject(r, refusal->status, refusal->reason);
            if (!set->registered()) {
                tell_hss(r.impi, r.impu, cx::ServerAssignmentType::UserDeregistration);
                bury(*set, false, true);
            }
            co_return Done{};
        }
        bind(*set, r, std::move(*fresh), placement);
    }
    answer(r, proof, *set);
    core_.note(Severity::Info, known ? "scscf.registration.refreshed" : "scscf.registration.accepted",
               r.subject(), {{"registration", std::string{r.purpose}}});
    const auto type = known ? RegistrationType::ReRegistration : RegistrationType::InitialRegistration;
    third_party(*set, type, r.message);
    bury(*set, false);
    co_return Done{};
}

std::optional<Refusal> Registrar::check_place(const ImplicitRegistrationSet& set, const RegisterRequest& r,
                                              const Placement& placement) const {
    const auto* own = set.binding(placement.refreshes);
    if (own != nullptr && own->texts.get(Binding::Text::CallId) == r.message.call_id() &&
        r.message.cseq_number() <= own->cseq)
        return Refusal{400, "CSeq is not above that of the binding"};  // RFC 3261 10.3 step 7
    if (own == nullptr && placement.beside >= core_.config.max_contacts)
        return Refusal{403, "as many contacts as allowed are bound"};
    return {};
}

void Registrar::bind(ImplicitRegistrationSet& set, const RegisterRequest& r, Binding fresh,
                     const Placement& placement) {
    for (auto& binding : set.bindings)
        if (placement.removes_binding(binding)) {
            binding.ended = true;
            binding.event = reginfo::ContactEvent::Unregistered;
        }
    if (!placement.removes.empty()) sessions_.release(set);  // 5.4.1.2.2 B4A
    for (std::size_t i = 0; i < set.identities.size(); ++i)
        if (set.identities[i].name.is(r.impu.value())) fresh.explicit_identity = static_cast<std::uint8_t>(i);
    fresh.home_network = r.home_network;
    fresh.expires_at = core_.now + granted(r, *r.contact_to_bind());
    if (auto* own = set.binding(placement.refreshes)) {
        fresh.id = own->id;
        fresh.route_token = own->route_token;
        fresh.registered_at = own->registered_at;
        if (own->texts.get(Binding::Text::CallId) == r.message.call_id()) fresh.first_cseq = own->first_cseq;
        fresh.event = reginfo::ContactEvent::Refreshed;
        *own = std::move(fresh);
        return;
    }
    fresh.registered_at = core_.now;
    core_.registrations.add_binding(set, std::move(fresh));
}

void Registrar::answer(const RegisterRequest& r, const Proof& proof, ImplicitRegistrationSet& set) {
    // 5.4.1.2.2F
    auto response = core_.response_to(r.message, 200);
    for (const auto path : r.message.raw_all(sip::HeaderId::Path)) response.append_raw("Path", path);  // a)
    // b) registered, distinct, not barred; the default one first
    const auto* first = set.default_identity();
    const auto add = [&](const Identity& identity) {
        const auto name = identity.name.text();
        const bool displays = identity.extras && !identity.extras->display_name.empty();
        // A canonical identity is a URI; of a wildcarded one it has to be seen.
        if (!displays && !identity.is_wildcard())
            return response.append_raw("P-Associated-URI", '<' + name + '>');
        auto uri = sip::Uri::parse(name);
        if (!uri) return;
        sip::NameAddr associated{std::move(*uri)};
        if (displays) associated.display_name = identity.extras->display_name;
        response.append<h::PAssociatedUri>(associated);
    };
    if (first != nullptr) add(*first);
    for (const auto& identity : set.identities)
        if (&identity != first && !identity.barred && identity.type == IdentityType::DistinctImpu)
            add(identity);
    // c) the Service-Route of this contact
    const auto* contact = r.contact_to_bind();
    const auto mine = set.private_index(r.impi.value());
    // 5.4.7A.2: GRUUs are those of To or, if that is barred, of the default identity.
    const Identity* shown = nullptr;
    if (r.message.has_option(sip::HeaderId::Supported, "gruu")) {
        if (const auto* to = set.find(r.impu.value())) shown = set.gruu_identity(*to);
        if (shown == nullptr) shown = first;
    }
    for (const auto& binding : set.bindings) {
        if (binding.ended) continue;
        if (contact != nullptr && binding.private_identity == mine && is_same_contact(binding, *contact)) {
            response.set<h::ServiceRoute>(sip::NameAddr{core_.own_route(route_user(binding.route_token))});
            if (binding.reg_id != 0 && !binding.instance().empty() && r.path_outbound)
                response.append<h::Require>("outbound");  // h)
        }
        sip::Params gruus;
        if (shown != nullptr && binding.gruu && !binding.instance().empty()) {  // g)
            gruus.set_quoted("pub-gruu", core_.gruus.of_public(*shown, binding));
            gruus.set_quoted("temp-gruu", core_.gruus.of_temporary(set, *shown, binding));
        }
        response.append_raw("Contact", contact_of(binding, core_.now, gruus));  // f)
    }
    if (r.home_network && set.charging) add_charging_functions(response, *set.charging);   // d)
    charge_response(response, charging_of(r.message), IoiType::VisitedToHome, core_.ioi);  // e)
    if (proof.authentication_info) response.set<h::AuthenticationInfo>(*proof.authentication_info);
    core_.respond(r.transaction, std::move(response));
}

void Registrar::third_party(ImplicitRegistrationSet& set, RegistrationType type,
                            const sip::Message& request) {
    // 5.4.1.2.2F end, 5.4.1.7: one for every service profile.
    for (const auto& profile : set.profiles)
        for (auto& message : core_.service_control->third_party_register(*profile, type, request))
            core_.element.send(std::move(message), {}, core_.now, core_.outputs);
}

CxProcedure Registrar::deregister_user(RegisterRequest r, Proof proof) {
    const auto named = [&r](const Binding& binding) {
        if (r.star) return true;  // 5.4.1.4 step 7
        return std::any_of(r.contacts.begin(), r.contacts.end(),
                           [&](const sip::NameAddr& c) { return is_same_contact(binding, c); });
    };
    const auto own = [&r](const ImplicitRegistrationSet& set, const Binding& binding) {
        return !binding.ended && binding.private_identity == set.private_index(r.impi.value());
    };
    const auto belongs = [&](const ImplicitRegistrationSet& set, const Binding& binding) {
        return own(set, binding) && named(binding);
    };
    // Step 6: in the set of the public identity; step 7: `*` means the private one, in all its sets. The set
    // of the public identity comes first.
    std::vector<SetId> meant;
    std::vector<Impu> ending;  // one of each set in which nothing of this private identity stays
    const auto add = [&](const ImplicitRegistrationSet& set, const Impu& impu) {
        const auto count = [&](const auto& which) {
            return std::count_if(set.bindings.begin(), set.bindings.end(),
                                 [&](const Binding& b) { return which(set, b); });
        };
        const auto bound = count(belongs);
        if (bound == 0) return;
        meant.push_back(set.id);
        if (bound == count(own)) ending.push_back(impu);
    };
    const auto look = [&] {
        const auto* first = core_.registrations.find(r.impu.value());
        if (first != nullptr) add(*first, r.impu);
        if (r.star)
            for (const auto* other : core_.registrations.sets_of(r.impi.value()))
                if (other != first)
                    add(*other, other->default_identity() != nullptr ? other->default_identity()->impu()
                                                                     : other->identities.front().impu());
    };
    look();
    if (meant.empty() && core_.config.scscf_restoration) {
        // Step 1: what is not bound may have been lost.
        auto lost = assignment_request(r.impi, r.impu, cx::ServerAssignmentType::NoAssignment);
        CxQuestion question{std::move(lost), hss_of(r.impi)};
        CxReply reply = co_await std::move(question);
        const auto* saa = answer_in<cx::ServerAssignmentAnswer>(reply);
        if (saa != nullptr && diameter::is_success(saa->result) && !saa->scscf_restoration_info.empty() &&
            take_profile(core_, *saa, r.impi, r.impu, origin_host(reply)))
            look();
    }
    if (meant.empty()) {
        reject(r, 481, "the contact is not bound");
        forget_challenge(r, proof);
        if (auto* set = core_.registrations.find(r.impu.value())) core_.registrations.arm(*set);
        co_return Done{};
    }
    if (!ending.empty()) {
        auto sar = assignment_request(r.impi, r.impu,
                                      core_.config.store_server_name
                                          ? cx::ServerAssignmentType::UserDeregistrationStoreServerName
                                          : cx::ServerAssignmentType::UserDeregistration);
        sar.public_identity = std::move(ending);
        sar.user_data_already_available = cx::UserDataAlreadyAvailable::AlreadyAvailable;
        CxQuestion question{std::move(sar), hss_of(r.impi)};
        CxReply reply = co_await std::move(question);
        // The UE is gone whatever the HSS says.
        if (const auto failure = failure_in(reply))
            core_.note(Severity::Warning, "scscf.deregistration.hss", r.subject(),
                       {{"reason", failure->reason}});
    }
    for (const auto id : meant)
        if (auto* set = core_.registrations.find(id))  // whatever it became during the wait
            for (auto& binding : set->bindings) {
                if (!belongs(*set, binding)) continue;
                binding.ended = true;
                binding.event = reginfo::ContactEvent::Unregistered;
            }
    for (const auto id : meant)
        if (const auto* set = core_.registrations.find(id)) sessions_.release(*set);  // steps 5, 9

    // 5.4.1.4 step 10: what is still bound, and what was removed with expires=0.
    auto response = core_.response_to(r.message, 200);
    for (const auto path : r.message.raw_all(sip::HeaderId::Path)) response.append_raw("Path", path);
    if (const auto* set = core_.registrations.find(r.impu.value()))
        for (const auto& binding : set->bindings)
            response.append_raw("Contact", contact_of(binding, core_.now));
    charge_response(response, charging_of(r.message), IoiType::VisitedToHome, core_.ioi);
    if (proof.authentication_info) response.set<h::AuthenticationInfo>(*proof.authentication_info);
    core_.respond(r.transaction, std::move(response));
    core_.note(Severity::Info, "scscf.deregistration.by_user", r.subject(),
               {{"registration", std::string{r.purpose}}});
    for (const auto id : meant)
        if (auto* set = core_.registrations.find(id)) {
            third_party(*set, RegistrationType::DeRegistration, r.message);  // step 8
            store_what_stays(*set);
            bury(*set, false);
        }
    if (auto* state = authentications.find(r.impi); state != nullptr && !state->aka)
        authentications.erase(r.impi);
    co_return Done{};
}

}  // namespace ims::scscf
