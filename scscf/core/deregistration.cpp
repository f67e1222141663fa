#include "common/base/text.hpp"
#include "scscf/core/registrar.hpp"

#include <algorithm>
#include <utility>

// What others do to a registration: the clock (TS 24.229 5.4.1.2.3, 5.4.1.4), the HSS (Cx RTR and
// PPR, 5.4.1.5, 5.4.1.8), the operator.
namespace ims::scscf {

namespace h = sip::h;

void Registrar::bury(ImplicitRegistrationSet& set, bool by_network, bool silent) {
    if (!silent) notifier_.changed(set, by_network);
    core_.registrations.erase_ended(set);
    if (set.bindings.empty()) {
        // 5.4.1.4: by policy we go on to serve the user as unregistered.
        if (!core_.config.store_server_name) return core_.registrations.erase(set.id);
        set.keep_until = core_.now + core_.config.unregistered_lifetime;
    }
    core_.registrations.arm(set);
}

void Registrar::store_what_stays(const ImplicitRegistrationSet& set) {
    if (!core_.config.scscf_restoration) return;
    const auto* identity = set.default_identity();
    const auto impu = identity == nullptr ? set.identities.front().impu() : identity->impu();
    for (std::size_t i = 0; i < set.private_identities.size(); ++i) {
        const bool lost_some = std::any_of(set.bindings.begin(), set.bindings.end(), [&](const Binding& b) {
            return b.ended && b.private_identity == i;
        });
        if (!lost_some || !set.registered_by(i)) continue;
        const Impi impi{set.private_identities[i].text()};
        auto sar = assignment_request(impi, impu, cx::ServerAssignmentType::ReRegistration);
        sar.user_data_already_available = cx::UserDataAlreadyAvailable::AlreadyAvailable;
        sar.scscf_restoration_info = restoration_info(set, static_cast<std::uint8_t>(i));
        core_.cx.tell(std::move(sar), hss_of(impi), core_.effects());
    }
}

void Registrar::third_party_end(ImplicitRegistrationSet& set, const Binding& binding) {
    auto uri = sip::Uri::parse(set.identities[binding.explicit_identity].name.text());
    if (!uri) return;
    auto request = sip::Message::request(sip::Method::Register, core_.own);
    sip::NameAddr identity{std::move(*uri)};
    request.set<h::To>(identity);
    identity.params.set("tag", core_.random.token(8));
    request.set<h::From>(identity);
    request.append_raw("Call-ID", binding.texts.get(Binding::Text::CallId));
    request.set<h::CSeq>(sip::CSeqValue{binding.cseq + 1, sip::Method::Register, "REGISTER"});
    request.set<h::MaxForwards>(70);
    request.set_raw(sip::HeaderId::Contact, contact_of(binding, core_.now));
    request.set<h::Expires>(0);
    third_party(set, RegistrationType::DeRegistration, request);
}

void Registrar::on_timeout() {
    for (const auto& state : authentications.take_due(core_.now)) {
        // 5.4.1.2.3: reg-await-auth ended; an earlier registration stays.
        const bool awaited = state.aka || (state.digest && state.digest->awaited);
        if (!awaited) continue;
        const auto& impu = state.aka ? state.aka->impu : state.digest->impu;
        const auto& call_id = state.aka ? state.aka->call_id : state.digest->call_id;
        core_.note(Severity::Info, "scscf.authentication.timeout",
                   Subject{call_id, state.impi.value(), impu.value()}, {{"timer", "reg-await-auth"}});
        tell_hss(state.impi, impu, cx::ServerAssignmentType::AuthenticationTimeout);
    }
    for (const auto id : core_.registrations.due(core_.now))
        if (auto* set = core_.registrations.find(id)) expire(*set);
}

std::optional<TimePoint> Registrar::next_deadline() const {
    return earliest(authentications.next_deadline(), core_.registrations.next_deadline());
}

void Registrar::expire(ImplicitRegistrationSet& set) {
    notifier_.expire(set);
    if (set.bindings.empty()) {
        if (set.keep_until > core_.now) return core_.registrations.arm(set);
        // The profile was kept for an unregistered user: the HSS forgets us.
        const auto impi =
            set.private_identities.empty() ? std::string{} : set.private_identities.front().text();
        const auto impu = set.identities.front().impu();
        core_.note(Severity::Info, "scscf.unregistered.forgotten", Subject{{}, impi, impu.value()});
        tell_hss(Impi{impi}, impu, cx::ServerAssignmentType::TimeoutDeregistration);
        sessions_.forget(set);
        return core_.registrations.erase(set.id);
    }
    std::vector<std::uint8_t> touched;
    bool any = false;
    for (auto& binding : set.bindings) {
        if (binding.expires_at > core_.now || binding.ended) continue;
        binding.ended = true;
        binding.event = reginfo::ContactEvent::Expired;
        any = true;
        if (std::find(touched.begin(), touched.end(), binding.private_identity) == touched.end())
            touched.push_back(binding.private_identity);
    }
    if (!any) return core_.registrations.arm(set);
    sessions_.release(set);  // 5.4.5.1.2A
    for (const auto index : touched) {
        if (set.registered_by(index)) continue;
        const Impi impi{set.private_identities[index].text()};
        const auto* identity = set.default_identity();
        const auto impu = identity == nullptr ? set.identities.front().impu() : identity->impu();
        core_.note(Severity::Info, "scscf.deregistration.by_timeout",
                   Subject{{}, impi.value(), impu.value()});
        tell_hss(impi, impu,
                 core_.config.store_server_name
                     ? cx::ServerAssignmentType::TimeoutDeregistrationStoreServerName
                     : cx::ServerAssignmentType::TimeoutDeregistration);
    }
    if (!set.registered()) third_party_end(set, set.bindings.front());  // 5.4.1.7
    store_what_stays(set);
    bury(set, false);
}

void Registrar::remove(ImplicitRegistrationSet& set, std::optional<std::uint8_t> private_index,
                       Removal removal, bool tell_the_hss) {
    const auto event =
        removal == Removal::Rejected ? reginfo::ContactEvent::Rejected : reginfo::ContactEvent::Deactivated;
    for (auto& binding : set.bindings) {
        if (private_index && binding.private_identity != *private_index) continue;
        binding.ended = true;
        binding.event = event;
    }
    if (removal == Removal::Silent)
        sessions_.forget(set);
    else
        sessions_.release(set);  // 5.4.1.5
    const Impi impi{set.private_identities.empty()
                        ? std::string{}
                        : set.private_identities[private_index.value_or(0)].text()};
    const auto* identity = set.default_identity();
    const auto impu = identity == nullptr ? set.identities.front().impu() : identity->impu();
    core_.note(Severity::Info, "scscf.deregistration.by_network", Subject{{}, impi.value(), impu.value()},
               {{"reason", std::string{removal == Removal::Silent ? "moved" : reginfo::text(event)}}});
    if (tell_the_hss) {
        for (const auto& each : set.private_identities) {
            if (private_index && !each.is(impi.value())) continue;
            tell_hss(Impi{each.text()}, impu, cx::ServerAssignmentType::AdministrativeDeregistration);
        }
    }
    authentications.erase(impi);
    if (removal != Removal::Silent) {
        notifier_.changed(set, true);
        if (!set.bindings.empty() && !set.registered()) third_party_end(set, set.bindings.front());
    }
    core_.registrations.erase_ended(set);
    if (set.bindings.empty()) return core_.registrations.erase(set.id);
    core_.registrations.arm(set);
}

bool Registrar::deregister(const Impu& impu, Removal removal) {
    auto* set = core_.registrations.find(impu.value());
    if (set == nullptr) return false;
    remove(*set, {}, removal, true);
    return true;
}

bool Registrar::reauthenticate(const Impu& impu, std::chrono::seconds within) {
    auto* set = core_.registrations.find(impu.value());
    if (set == nullptr || !set->registered()) return false;
    for (auto& binding : set->bindings) {
        if (binding.ended) continue;
        binding.expires_at = std::min(binding.expires_at, core_.now + within);
        binding.event = reginfo::ContactEvent::Shortened;
        binding.reauthenticate = true;
    }
    core_.note(Severity::Info, "scscf.reauthentication.wanted", Subject{{}, {}, impu.value()},
               {{"detail", std::to_string(within.count()) + " s"}});
    notifier_.changed(*set, true);
    core_.registrations.arm(*set);
    return true;
}

cx::RegistrationTerminationAnswer Registrar::on_termination(const cx::RegistrationTerminationRequest& rtr) {
    // TS 29.228 6.1.3.1, 24.229 5.4.1.5
    const auto removal = [&] {
        switch (rtr.deregistration_reason.reason_code) {
            case cx::ReasonCode::PermanentTermination: return Removal::Rejected;
            case cx::ReasonCode::NewServerAssigned: return Removal::Silent;
            case cx::ReasonCode::ServerChange: return Removal::Deactivated;
            case cx::ReasonCode::RemoveSCscf: return Removal::Silent;
        }
        return Removal::Rejected;
    }();
    cx::RegistrationTerminationAnswer answer;
    if (needs_more_than(rtr.supported_features, announced_features(core_.config))) {
        answer.result = cx::ExperimentalResultCode::ErrorFeatureUnsupported;
        answer.supported_features = announced_features(core_.config);
        return answer;
    }
    std::vector<Impi> impis{rtr.user_name};
    impis.insert(impis.end(), rtr.associated_identities.begin(), rtr.associated_identities.end());

    answer.result = cx::ResultCode::Success;
    std::vector<std::pair<SetId, std::string>> affected;
    for (const auto& impi : impis) {
        for (const auto* set : core_.registrations.sets_of(impi.value())) {
            const bool listed = rtr.public_identity.empty() ||
                                std::any_of(rtr.public_identity.begin(), rtr.public_identity.end(),
                                            [&](const Impu& impu) { return set->find(impu.value()); });
            // REMOVE_S-CSCF is about users who are not registered (29.228 table 6.1.3.1).
            const bool meant =
                rtr.deregistration_reason.reason_code != cx::ReasonCode::RemoveSCscf || !set->registered();
            if (listed && meant) affected.emplace_back(set->id, impi.value());
        }
        if (!core_.registrations.sets_of(impi.value()).empty()) answer.associated_identities.push_back(impi);
    }
    if (affected.empty())
        core_.note(Severity::Info, "scscf.termination.unknown_user", Subject{{}, rtr.user_name.value(), {}});
    for (const auto& [id, impi] : affected)
        if (auto* set = core_.registrations.find(id)) remove(*set, set->private_index(impi), removal, false);
    return answer;
}

cx::PushProfileAnswer Registrar::on_push(const cx::PushProfileRequest& ppr) {
    // TS 29.228 6.2.2, 24.229 5.4.1.8
    cx::PushProfileAnswer answer;
    const Subject subject{{}, ppr.user_name.value(), {}};
    if (needs_more_than(ppr.supported_features, announced_features(core_.config))) {
        answer.result = cx::ExperimentalResultCode::ErrorFeatureUnsupported;
        answer.supported_features = announced_features(core_.config);
        return answer;
    }
    const auto sets = core_.registrations.sets_of(ppr.user_name.value());
    if (sets.empty()) {
        core_.note(Severity::Info, "scscf.profile.unknown_user", subject);
        answer.result = cx::ExperimentalResultCode::ErrorUserUnknown;
        return answer;
    }
    if (ppr.user_data) {
        const auto profile = parse_user_data(*ppr.user_data);
        if (!profile) {
            core_.note(Severity::Error, "scscf.user_data.malformed", subject,
                       {{"detail", profile.error().what}});
            answer.result = cx::ExperimentalResultCode::ErrorNotSupportedUserData;
            return answer;
        }
        if (is_too_much(core_.config, *ppr.user_data, *profile)) {
            core_.note(Severity::Warning, "scscf.user_data.too_much", subject);
            answer.result = cx::ExperimentalResultCode::ErrorTooMuchData;
            return answer;
        }
        ImplicitRegistrationSet* meant = nullptr;
        for (const auto& part : profile->service_profiles)
            for (const auto& identity : part.public_identities)
                for (auto* set : sets)
                    if (meant == nullptr && set->find(identity.identity.value()) != nullptr) meant = set;
        if (meant == nullptr) {
            core_.note(Severity::Warning, "scscf.profile.unknown_set", subject);
            answer.result = cx::ResultCode::UnableToComply;
            return answer;
        }
        const auto shown = [](const ImplicitRegistrationSet& set) {
            std::vector<std::string> names;
            for (const auto& identity : set.identities)
                if (!identity.barred) names.push_back(identity.name.text());
            return names;
        };
        const auto before = shown(*meant);
        core_.registrations.update(*meant, *profile);
        core_.note(Severity::Info, "scscf.profile.updated", subject);
        const auto after = shown(*meant);
        std::vector<std::string> gone;
        for (const auto& name : before)
            if (std::find(after.begin(), after.end(), name) == after.end()) gone.push_back(name);
        if (after != before && meant->registered()) notifier_.changed(*meant, true, gone);
    }
    if (ppr.charging_information)
        for (auto* set : sets) core_.registrations.set_charging(*set, *ppr.charging_information);
    // New credentials: the next REGISTER is challenged with them.
    if (ppr.sip_auth_data_item) authentications.erase(ppr.user_name);
    answer.result = cx::ResultCode::Success;
    return answer;
}

}  // namespace ims::scscf
