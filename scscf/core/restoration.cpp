#include "scscf/core/restoration.hpp"

#include <algorithm>
#include <utility>

namespace ims::scscf {

namespace {

// Registration-Time-Out is left out: it would have to be stored anew with every refresh.
void add(cx::ScscfRestorationInfo& all, const Binding& binding) {
    auto& info = all.restoration_info.emplace_back();
    info.path = binding.path();
    info.contact = contact_of(binding);
    info.initial_cseq_sequence_number = binding.first_cseq;
    info.call_id_sip_header = std::string{binding.texts.get(Binding::Text::CallId)};
    if (binding.digest) all.sip_authentication_scheme = std::string{cx::scheme::sip_digest};
}

void restore_contacts(Core& core, ImplicitRegistrationSet& set, const cx::ScscfRestorationInfo& info) {
    const auto mine = core.registrations.private_identity(set, info.user_name);
    for (const auto& stored : info.restoration_info) {
        const auto contact = sip::NameAddr::parse(stored.contact);
        if (!contact) {
            core.note(Severity::Warning, "scscf.restoration.malformed",
                      Subject{{}, info.user_name.value(), {}}, {{"detail", stored.contact}});
            continue;
        }
        const bool bound = std::any_of(set.bindings.begin(), set.bindings.end(), [&](const Binding& b) {
            return b.private_identity == mine && is_same_contact(b, *contact);
        });
        if (bound) continue;
        auto binding =
            binding_of(*contact, stored.path, stored.call_id_sip_header.value_or(""), core.registrations);
        if (!binding) continue;
        if (const auto hop =
                sip::NameAddr::parse(stored.path.substr(0, sip::codec::first_value_length(stored.path))))
            binding->home_network = core.is_home_node(hop->uri.host);
        binding->private_identity = mine;
        binding->digest = info.sip_authentication_scheme == cx::scheme::sip_digest;
        binding->first_cseq = binding->cseq = stored.initial_cseq_sequence_number.value_or(0);
        binding->registered_at = core.now;
        binding->expires_at = core.now + core.config.max_expires;  // the UE refreshes it before
        core.registrations.add_binding(set, std::move(*binding));
    }
}

}  // namespace

std::vector<cx::SupportedFeatures> announced_features(const Config& config) {
    cx::SupportedFeatures features;
    features.feature_list = cx::feature::alias_ind;
    if (config.scscf_restoration) features.feature_list |= cx::feature::ims_restoration_ind;
    return {features};
}

bool needs_more_than(const std::vector<cx::SupportedFeatures>& needed,
                     const std::vector<cx::SupportedFeatures>& ours) {
    return std::any_of(needed.begin(), needed.end(), [&](const cx::SupportedFeatures& list) {
        if (!list.mandatory) return false;
        const auto own = std::find_if(ours.begin(), ours.end(), [&](const cx::SupportedFeatures& o) {
            return o.vendor_id == list.vendor_id && o.feature_list_id == list.feature_list_id;
        });
        return (list.feature_list & ~(own == ours.end() ? 0 : own->feature_list)) != 0;
    });
}

cx::ScscfRestorationInfo restoration_info(const ImplicitRegistrationSet& set, std::uint8_t private_index) {
    cx::ScscfRestorationInfo info;
    info.user_name = Impi{set.private_identities[private_index].text()};
    for (const auto& binding : set.bindings)
        if (!binding.ended && binding.private_identity == private_index) add(info, binding);
    return info;
}

cx::ScscfRestorationInfo restoration_info(const Impi& impi, const ImplicitRegistrationSet* set,
                                          const Binding& fresh, const Placement& placement) {
    cx::ScscfRestorationInfo info;
    info.user_name = impi;
    const auto mine = set == nullptr ? std::nullopt : set->private_index(impi.value());
    if (mine)
        for (const auto& binding : set->bindings) {
            if (binding.ended || binding.private_identity != *mine || placement.removes_binding(binding))
                continue;
            const bool refreshed = binding.id == placement.refreshes;
            add(info, refreshed ? fresh : binding);
        }
    if (placement.refreshes == 0) add(info, fresh);
    return info;
}

bool differs_in_restoration(const Binding& known, const Binding& fresh) {
    const auto same = [&](Binding::Text text) { return known.texts.get(text) == fresh.texts.get(text); };
    return !(same(Binding::Text::Uri) && same(Binding::Text::Instance) && same(Binding::Text::Path) &&
             same(Binding::Text::CallId) && known.params == fresh.params && known.reg_id == fresh.reg_id &&
             known.q == fresh.q);
}

bool is_too_much(const Config& config, std::string_view user_data, const ImsSubscription& profile) {
    std::size_t identities = 0;
    for (const auto& part : profile.service_profiles) identities += part.public_identities.size();
    // Bindings name identities by an octet.
    return user_data.size() > config.max_user_data || identities > 255;
}

Result<ImplicitRegistrationSet*, Refusal> take_profile(Core& core, const cx::ServerAssignmentAnswer& saa,
                                                       const std::optional<Impi>& impi, const Impu& impu,
                                                       std::string_view hss) {
    const Subject subject{{}, impi ? impi->value() : std::string{}, impu.value()};
    const auto malformed = [&](std::string_view why) {
        core.note(Severity::Error, "scscf.user_data.malformed", subject, {{"detail", std::string{why}}});
        return Refusal{500, "User-Data is not understood"};
    };
    if (!saa.user_data) return malformed("SAA without User-Data");
    const auto profile = parse_user_data(*saa.user_data);
    if (!profile) return malformed(profile.error().what);
    if (profile->find(impu) == nullptr) return malformed("the identity is not in the profile");
    if (is_too_much(core.config, *saa.user_data, *profile)) {
        // 29.228 6.1.2: the HSS forgets us, and 480 makes the I-CSCF select another S-CSCF.
        core.note(Severity::Warning, "scscf.user_data.too_much", subject);
        cx::ServerAssignmentRequest sar;
        sar.user_name = impi ? impi : saa.user_name;
        sar.public_identity = {impu};
        sar.server_name = core.config.server_name;
        sar.server_assignment_type = cx::ServerAssignmentType::DeregistrationTooMuchData;
        sar.supported_features = announced_features(core.config);
        core.cx.tell(std::move(sar), std::string{hss}, core.effects());
        return Refusal{480, "User-Data is too much"};
    }
    const auto who = impi ? *impi : saa.user_name.value_or(profile->private_id);
    auto& set = core.registrations.assign(who, *profile, saa.charging_information, hss);
    set.privileged_sender = saa.priviledged_sender_indication.value_or(0) == 1;
    if (core.config.scscf_restoration && !saa.scscf_restoration_info.empty()) {
        const auto before = set.bindings.size();
        for (const auto& info : saa.scscf_restoration_info) restore_contacts(core, set, info);
        core.note(Severity::Info, "scscf.registration.restored", Subject{{}, who.value(), impu.value()},
                  {{"detail", std::to_string(set.bindings.size() - before) + " contacts"}});
    }
    return &set;
}

}  // namespace ims::scscf
