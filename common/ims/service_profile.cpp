#include "common/ims/service_profile.hpp"

namespace ims {

namespace {

// 29.228 B.2.1, 23.003 13.4A: what a wildcarded entry of the profile stands for.
bool stands_for(const PublicIdentity& entry, const Impu& impu) {
    if (entry.wildcarded_impu) return matches_wildcard(impu, Impu{*entry.wildcarded_impu});
    if (entry.wildcarded_psi) return matches_wildcard(impu, Impu{*entry.wildcarded_psi});
    return is_wildcarded(entry.identity) && matches_wildcard(impu, entry.identity);
}

struct Found {
    const ServiceProfile* profile = nullptr;
    const PublicIdentity* identity = nullptr;
};

Found look_up(const ImsSubscription& subscription, const Impu& impu) {
    for (const auto& profile : subscription.service_profiles)
        for (const auto& entry : profile.public_identities)
            if (entry.identity == impu) return {&profile, &entry};
    for (const auto& profile : subscription.service_profiles)
        for (const auto& entry : profile.public_identities)
            if (stands_for(entry, impu)) return {&profile, &entry};
    return {};
}

}  // namespace

const PublicIdentity* ImsSubscription::default_identity() const {
    for (const auto& profile : service_profiles)
        for (const auto& entry : profile.public_identities)
            if (!entry.barring_indication && entry.identity_type == IdentityType::DistinctImpu &&
                entry.identity.value().starts_with("sip:") && !is_wildcarded(entry.identity))
                return &entry;
    return nullptr;
}

const PublicIdentity* ImsSubscription::find(const Impu& impu) const {
    return look_up(*this, impu).identity;
}
const ServiceProfile* ImsSubscription::profile_of(const Impu& impu) const {
    return look_up(*this, impu).profile;
}

}  // namespace ims
