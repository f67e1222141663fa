#include "hss/core/identify.hpp"

#include <algorithm>

namespace ims::hss {

using diameter::ExperimentalResultCode;

Identification identify(const Snapshot& snapshot, const std::optional<Impi>& impi, const Impu& impu) {
    if (!snapshot.subscription || !snapshot.public_identity_known)
        return diameter::Result{ExperimentalResultCode::ErrorUserUnknown};
    const auto& subscription = *snapshot.subscription;
    const auto match = subscription.find(impu);
    if (!match) return diameter::Result{ExperimentalResultCode::ErrorIdentitiesDontMatch};
    if (impi && !match->set->association(*impi)) {
        const bool known = subscription.find(*impi) != nullptr;
        return diameter::Result{known ? ExperimentalResultCode::ErrorIdentitiesDontMatch
                                      : ExperimentalResultCode::ErrorUserUnknown};
    }
    return Identified{&subscription, *match};
}

std::uint32_t announced(const std::vector<cx::SupportedFeatures>& features) {
    std::uint32_t list = 0;
    for (const auto& f : features)
        if (f.vendor_id == cx::vendor_3gpp && f.feature_list_id == 1) list |= f.feature_list;
    return list;
}

std::vector<cx::SupportedFeatures> answered(const std::vector<cx::SupportedFeatures>& asked,
                                            const Policy& policy) {
    const auto list = asked.empty() ? policy.features : policy.features & announced(asked);
    if (list == 0) return {};
    return {{cx::vendor_3gpp, 1, list}};
}

unsigned ind_of(const std::string& server_name, const Policy& policy) {
    // FNV-1a: the same S-CSCF has the same IND in every HSS and after every restart, without a table of
    // names.
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : server_name) hash = (hash ^ static_cast<std::uint8_t>(lower(c))) * 0x100000001b3U;
    hash ^= hash >> 32;
    return policy.first_ind + static_cast<unsigned>(hash % std::max(policy.ind_count, 1U));
}

}  // namespace ims::hss
