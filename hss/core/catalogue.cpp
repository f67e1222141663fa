#include "hss/core/catalogue.hpp"

#include "hss/core/decision.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

bool same_profile(const ServiceProfile& profile, const PublicIdentityRecord& r, ServiceProfileId of) {
    return !profile.public_identities.empty() && of == r.service_profile;
}

void add_criteria(ServiceProfile& profile, const ServiceProfileTemplate& from, const Catalogue& catalogue,
                  std::uint32_t features) {
    profile.initial_filter_criteria = from.initial_filter_criteria;
    if ((features & feature::sifc) != 0) {
        profile.shared_ifc_set_ids = from.shared_ifc_set_ids;
        return;
    }
    for (const auto id : from.shared_ifc_set_ids) {
        const auto set = catalogue.shared_ifc_sets.find(id);
        if (set == catalogue.shared_ifc_sets.end()) continue;
        profile.initial_filter_criteria.insert(profile.initial_filter_criteria.end(), set->second.begin(),
                                               set->second.end());
    }
    std::ranges::stable_sort(profile.initial_filter_criteria, {}, &InitialFilterCriterion::priority);
}

bool for_terminating_unregistered(const InitialFilterCriterion& criterion) {
    if (criterion.profile_part_indicator == ProfilePartIndicator::Registered) return false;
    if (criterion.profile_part_indicator == ProfilePartIndicator::Unregistered) return true;
    if (!criterion.trigger_point) return true;
    // Without the indicator a criterion belongs to both parts (B.2.2): it serves the unregistered user unless
    // it asks for another session case.
    bool asks_for_session_case = false;
    for (const auto& spt : criterion.trigger_point->spts) {
        const auto* session_case = std::get_if<SessionCase>(&spt.condition);
        if (!session_case) continue;
        asks_for_session_case = true;
        if ((*session_case == SessionCase::TerminatingUnregistered) != spt.condition_negated) return true;
    }
    return !asks_for_session_case;
}

}  // namespace

std::string user_data(const Subscription& subscription, const ImplicitRegistrationSet& set, const Impi& impi,
                      const Catalogue& catalogue, std::uint32_t features) {
    ImsSubscription document;
    document.private_id = impi;
    if (const auto* p = subscription.find(impi)) document.imsi = p->imsi;

    // Identities of one profile share an element, but never at the price of their order: the first is the
    // default one.
    ServiceProfileId last;
    for (const auto& r : set.public_identities) {
        if (document.service_profiles.empty() || !same_profile(document.service_profiles.back(), r, last)) {
            auto& profile = document.service_profiles.emplace_back();
            last = r.service_profile;
            if (const auto found = catalogue.service_profiles.find(last);
                found != catalogue.service_profiles.end()) {
                profile.subscribed_media_profile_id = found->second.subscribed_media_profile_id;
                profile.service_ids = found->second.service_ids;
                add_criteria(profile, found->second, catalogue, features);
            }
        }
        auto identity = r.identity;
        if ((features & feature::alias_ind) == 0) identity.alias_identity_group_id.reset();
        document.service_profiles.back().public_identities.push_back(std::move(identity));
    }
    return print_user_data(document);
}

std::optional<cx::ServerCapabilities> server_capabilities(const Subscription& subscription,
                                                          const Catalogue& catalogue) {
    if (!subscription.capability_set) return std::nullopt;
    const auto found = catalogue.capability_sets.find(*subscription.capability_set);
    if (found == catalogue.capability_sets.end() || found->second == cx::ServerCapabilities{})
        return std::nullopt;
    return found->second;
}

std::optional<cx::ChargingInformation> charging_information(const Subscription& subscription,
                                                            const Catalogue& catalogue) {
    if (!subscription.charging_set) return std::nullopt;
    const auto found = catalogue.charging_sets.find(*subscription.charging_set);
    if (found == catalogue.charging_sets.end()) return std::nullopt;
    // 29.228 table 6.1.2.2: one of the primary functions must be there.
    if (!found->second.primary_charging_collection_function_name &&
        !found->second.primary_event_charging_function_name)
        return std::nullopt;
    return found->second;
}

bool has_unregistered_services(const PublicIdentityRecord& identity, const Catalogue& catalogue) {
    const auto found = catalogue.service_profiles.find(identity.service_profile);
    if (found == catalogue.service_profiles.end()) return false;
    if (std::ranges::any_of(found->second.initial_filter_criteria, for_terminating_unregistered)) return true;
    return std::ranges::any_of(found->second.shared_ifc_set_ids, [&](std::uint32_t id) {
        const auto set = catalogue.shared_ifc_sets.find(id);
        return set != catalogue.shared_ifc_sets.end() &&
               std::ranges::any_of(set->second, for_terminating_unregistered);
    });
}

}  // namespace ims::hss
