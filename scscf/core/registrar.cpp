#include "scscf/core/registrar.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

// What does he want? Registration and deregistration by the UE: TS 24.229 5.4.1.2.2, 5.4.1.2.2F, 5.4.1.4.
namespace ims::scscf {

namespace h = sip::h;
using std::chrono::seconds;

bool is_same_contact(const Binding& binding, const sip::NameAddr& contact) {
    const auto instance = contact.params.get("+sip.instance").value_or(std::string_view{});
    const auto reg_id = reg_id_of(contact);
    // RFC 5626 6: with reg-id the instance and the number make the flow, whatever the URI.
    if (reg_id != 0 && binding.reg_id != 0) return reg_id == binding.reg_id && instance == binding.instance();
    const auto bound = sip::Uri::parse(binding.uri());
    return bound && bound->equivalent(contact.uri);
}

sip::NameAddr contact_of(const Binding& binding, TimePoint now) {
    sip::NameAddr contact;
    if (auto uri = sip::Uri::parse(binding.uri())) contact.uri = std::move(*uri);
    // The kept parameters are text of our own printing: ";name=value" after any URI reads back as they were.
    if (binding.params)
        if (auto with_params = sip::NameAddr::parse("<sip:x>" + *binding.params))
            contact.params = with_params->params;
    if (!binding.instance().empty()) contact.params.set_quoted("+sip.instance", binding.instance());
    if (binding.reg_id != 0) contact.params.set("reg-id", std::to_string(binding.reg_id));
    if (binding.q != 1000) {
        auto digits = std::to_string(1000 + binding.q).substr(1);
        contact.params.set("q", "0." + digits);
    }
    const auto left = std::chrono::ceil<seconds>(binding.expires_at - now);
    contact.params.set("expires",
                       std::to_string(binding.ended ? 0 : std::max<std::int64_t>(0, left.count())));
    return contact;
}

std::string route_user(std::uint64_t token) {
    std::array<std::uint8_t, 8> octets{};
    for (std::size_t i = 0; i < octets.size(); ++i)
        octets[i] = static_cast<std::uint8_t>(token >> (56 - 8 * i));
    return std::string{originating_mark} + hex(octets);
}

std::optional<std::uint64_t> route_token_of(std::string_view user) {
    if (!user.starts_with(originating_mark)) return {};
    const auto octets = unhex(user.substr(originating_mark.size()));
    if (!octets || octets->size() != 8) return {};
    std::uint64_t token = 0;
    for (const auto octet : *octets) token = token << 8 | octet;
    return token;
}

void Registrar::reject(const RegisterRequest& r, int status, std::string_view reason) {
    core_.reject(r.transaction, r.message, status, "scscf.registration.rejected", r.subject(), reason);
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
    return {};
}

void Registrar::forget_challenge(const RegisterRequest& r, const Proof& proof) {
    // TS 29.228 6.1.2: no assignment follows the MAR, so nothing else ends authentication-pending and, of a
    // user who is not registered, takes our name away.
    if (proof.challenged) tell_hss(r.impi, r.impu, cx::ServerAssignmentType::AuthenticationTimeout);
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
                   {{"status", "423"}, {"reason", "expiry below min_expires"}});
        auto response = core_.response_to(r.message, 423);
        response.set<h::MinExpires>(static_cast<std::uint32_t>(core_.config.min_expires.count()));
        charge_response(response, charging_of(r.message), IoiType::VisitedToHome, core_.ioi);
        core_.respond(r.transaction, std::move(response));
        forget_challenge(r, proof);
        co_return Done{};
    }

    auto* set = core_.registrations.find(r.impu.value());
    const auto mine = set == nullptr ? std::nullopt : set->private_index(r.impi.value());
    const bool registered = mine && set->registered_by(*mine);
    if (contact == nullptr && !registered) {
        // RFC 3261 10.3 step 8: a question, and nothing is bound. No assignment.
        auto response = core_.response_to(r.message, 200);
        charge_response(response, charging_of(r.message), IoiType::VisitedToHome, core_.ioi);
        core_.respond(r.transaction, std::move(response));
        forget_challenge(r, proof);
        co_return Done{};
    }

    if (proof.challenged || !registered) {
        // 5.4.1.2.2 step 5
        cx::ServerAssignmentRequest sar;
        sar.user_name = r.impi;
        sar.public_identity = {r.impu};
        sar.server_name = core_.config.server_name;
        sar.server_assignment_type =
            registered ? cx::ServerAssignmentType::ReRegistration : cx::ServerAssignmentType::Registration;
        sar.user_data_already_available = registered ? cx::UserDataAlreadyAvailable::AlreadyAvailable
                                                     : cx::UserDataAlreadyAvailable::NotAvailable;
        CxQuestion question{std::move(sar), hss_of(r.impi)};
        CxReply reply = co_await question;

        if (auto failure = failure_in(reply)) {
            const auto* saa = answer_in<cx::ServerAssignmentAnswer>(reply);
            // Another S-CSCF has the user: 480 makes the I-CSCF select anew (5.3.1.3).
            if (saa != nullptr &&
                diameter::is(saa->result, cx::ExperimentalResultCode::ErrorIdentityAlreadyRegistered))
                failure->status = 480;
            reject(r, failure->status, failure->reason);
            co_return Done{};
        }
        const auto* saa = answer_in<cx::ServerAssignmentAnswer>(reply);
        if (saa != nullptr && saa->user_data) {
            const auto profile = parse_user_data(*saa->user_data);
            if (!profile) {
                core_.note(Severity::Error, "scscf.user_data.malformed", r.subject(),
                           {{"detail", profile.error().what}});
                reject(r, 500, "User-Data is not understood");
                co_return Done{};
            }
            if (profile->find(r.impu) == nullptr) {
                reject(r, 500, "the profile does not hold the public identity");
                co_return Done{};
            }
            core_.registrations.assign(r.impi, *profile, saa->charging_information, origin_host(reply));
        }
        set = core_.registrations.find(r.impu.value());  // whatever it was before the wait
    }
    if (set == nullptr || !set->private_index(r.impi.value())) {
        reject(r, 500, "the HSS gave no profile that holds the public identity");
        co_return Done{};
    }

    std::string why;
    const bool known = set->registered_by(*set->private_index(r.impi.value()));
    contact = r.contact_to_bind();
    if (contact != nullptr && !bind(*set, r, granted(r, *contact), why)) {
        reject(r, why.starts_with("CSeq") ? 400 : 403, why);
        if (!set->registered()) {
            tell_hss(r.impi, r.impu, cx::ServerAssignmentType::UserDeregistration);
            bury(*set, false, true);
        }
        co_return Done{};
    }
    answer(r, proof, *set);
    core_.note(Severity::Info, known ? "scscf.registration.refreshed" : "scscf.registration.accepted",
               r.subject());
    const auto type = known ? RegistrationType::ReRegistration : RegistrationType::InitialRegistration;
    third_party(*set, type, r.message);
    bury(*set, false);
    co_return Done{};
}

bool Registrar::bind(ImplicitRegistrationSet& set, const RegisterRequest& r, seconds expires,
                     std::string& why) {
    const auto& contact = *r.contact_to_bind();
    const auto mine = *set.private_index(r.impi.value());
    const auto instance = contact.params.get("+sip.instance").value_or(std::string_view{});
    const auto reg_id = reg_id_of(contact);
    const auto cseq = r.message.cseq().number;

    Binding* own = nullptr;
    std::size_t others = 0;
    for (auto& binding : set.bindings) {
        if (binding.private_identity != mine || binding.ended) continue;
        if (own == nullptr && is_same_contact(binding, contact)) {
            own = &binding;
            continue;
        }
        ++others;
    }
    if (own != nullptr && own->texts.get(Binding::Text::CallId) == r.message.call_id() && cseq <= own->cseq) {
        why = "CSeq is not above that of the binding";  // RFC 3261 10.3 step 7
        return false;
    }
    // Contacts of the same REGISTER that end.
    for (const auto& listed : r.contacts)
        if (r.expires_of(listed) == 0U)
            for (auto& binding : set.bindings)
                if (&binding != own && binding.private_identity == mine && is_same_contact(binding, listed)) {
                    binding.ended = true;
                    binding.event = reginfo::ContactEvent::Unregistered;
                }
    if (reg_id == 0) {
        // 5.4.1.2.2 B4A: without multiple registration a new contact takes the place of the old ones.
        // Deviation: two devices that name themselves by different +sip.instance keep both of their contacts.
        for (auto& binding : set.bindings) {
            if (&binding == own || binding.private_identity != mine || binding.ended || binding.reg_id != 0)
                continue;
            const bool other_device =
                !instance.empty() && !binding.instance().empty() && binding.instance() != instance;
            if (other_device) continue;
            binding.ended = true;
            binding.event = reginfo::ContactEvent::Unregistered;
            --others;
        }
    }
    if (own == nullptr && others >= core_.config.max_contacts) {
        why = "as many contacts as allowed are bound";
        return false;
    }

    Binding fresh;
    auto& binding = own != nullptr ? *own : fresh;
    using Text = Binding::Text;
    const bool fits = binding.texts.set(Text::Uri, contact.uri.text()) &&
                      binding.texts.set(Text::Instance, instance) && binding.texts.set(Text::Path, r.path) &&
                      binding.texts.set(Text::CallId, r.message.call_id());
    if (!fits) {
        why = "Contact, Path and Call-ID are too long";
        return false;
    }
    const auto params = kept_params(contact);
    binding.params = params.empty() ? nullptr : core_.registrations.share(params);
    binding.cseq = cseq;
    binding.reg_id = reg_id;
    binding.q = q_of(contact);
    binding.private_identity = mine;
    binding.explicit_identity = 0;
    for (std::size_t i = 0; i < set.identities.size(); ++i)
        if (set.identities[i].name.is(r.impu.value()))
            binding.explicit_identity = static_cast<std::uint8_t>(i);
    binding.home_network = r.home_network;
    binding.expires_at = core_.now + expires;
    if (own != nullptr) {
        binding.event = reginfo::ContactEvent::Refreshed;
    } else {
        binding.registered_at = core_.now;
        do binding.route_token = core_.random.number();
        while (core_.registrations.find_token(binding.route_token) != nullptr);
        core_.registrations.add_binding(set, std::move(fresh));
    }
    return true;
}

void Registrar::answer(const RegisterRequest& r, const Proof& proof, ImplicitRegistrationSet& set) {
    // 5.4.1.2.2F
    auto response = core_.response_to(r.message, 200);
    for (const auto path : r.message.raw_all(sip::HeaderId::Path)) response.append_raw("Path", path);  // a)
    // b) registered, distinct, not barred; the default one first
    const auto* first = set.default_identity();
    const auto add = [&](const Identity& identity) {
        auto uri = sip::Uri::parse(identity.name.text());
        if (!uri) return;
        sip::NameAddr associated{std::move(*uri)};
        if (identity.extras) associated.display_name = identity.extras->display_name;
        response.append<h::PAssociatedUri>(associated);
    };
    if (first != nullptr) add(*first);
    for (const auto& identity : set.identities)
        if (&identity != first && !identity.barred && identity.type == IdentityType::DistinctImpu)
            add(identity);
    // c) the Service-Route of this contact
    const auto* contact = r.contact_to_bind();
    const auto mine = set.private_index(r.impi.value());
    for (const auto& binding : set.bindings) {
        if (binding.ended) continue;
        if (contact != nullptr && binding.private_identity == mine && is_same_contact(binding, *contact)) {
            response.set<h::ServiceRoute>(sip::NameAddr{core_.own_route(route_user(binding.route_token))});
            if (binding.reg_id != 0 && !binding.instance().empty() && r.path_outbound)
                response.append<h::Require>("outbound");  // h)
        }
        response.append<h::Contact>(sip::ContactValue{false, contact_of(binding, core_.now)});  // f)
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
    cx::ServerAssignmentRequest sar;
    const auto add = [&](const ImplicitRegistrationSet& set, const Impu& impu) {
        const auto count = [&](const auto& which) {
            return std::count_if(set.bindings.begin(), set.bindings.end(),
                                 [&](const Binding& b) { return which(set, b); });
        };
        const auto bound = count(belongs);
        if (bound == 0) return;
        meant.push_back(set.id);
        if (bound == count(own)) sar.public_identity.push_back(impu);
    };
    const auto* first = core_.registrations.find(r.impu.value());
    if (first != nullptr) add(*first, r.impu);
    if (r.star)
        for (const auto* other : core_.registrations.sets_of(r.impi.value()))
            if (other != first)
                add(*other, other->default_identity() != nullptr ? other->default_identity()->impu()
                                                                 : other->identities.front().impu());
    if (meant.empty()) {
        reject(r, 481, "the contact is not bound");  // step 1
        forget_challenge(r, proof);
        co_return Done{};
    }
    if (!sar.public_identity.empty()) {
        sar.user_name = r.impi;
        sar.server_name = core_.config.server_name;
        sar.server_assignment_type = core_.config.store_server_name
                                         ? cx::ServerAssignmentType::UserDeregistrationStoreServerName
                                         : cx::ServerAssignmentType::UserDeregistration;
        sar.user_data_already_available = cx::UserDataAlreadyAvailable::AlreadyAvailable;
        CxQuestion question{std::move(sar), hss_of(r.impi)};
        CxReply reply = co_await question;
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

    // 5.4.1.4 step 10: what is still bound, and what was removed with expires=0.
    auto response = core_.response_to(r.message, 200);
    for (const auto path : r.message.raw_all(sip::HeaderId::Path)) response.append_raw("Path", path);
    if (const auto* set = core_.registrations.find(r.impu.value()))
        for (const auto& binding : set->bindings)
            response.append<h::Contact>(sip::ContactValue{false, contact_of(binding, core_.now)});
    charge_response(response, charging_of(r.message), IoiType::VisitedToHome, core_.ioi);
    if (proof.authentication_info) response.set<h::AuthenticationInfo>(*proof.authentication_info);
    core_.respond(r.transaction, std::move(response));
    core_.note(Severity::Info, "scscf.deregistration.by_user", r.subject());
    for (const auto id : meant)
        if (auto* set = core_.registrations.find(id)) {
            third_party(*set, RegistrationType::DeRegistration, r.message);  // step 8
            bury(*set, false);
        }
    if (auto* state = authentications.find(r.impi); state != nullptr && !state->aka)
        authentications.erase(r.impi);
    co_return Done{};
}

}  // namespace ims::scscf
