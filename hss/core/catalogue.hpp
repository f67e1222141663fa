#pragma once
#include "hss/core/subscription.hpp"

#include <memory>
#include <unordered_map>

namespace ims::hss {

// What many subscriptions share and changes seldom; subscriptions name it by id.
struct ServiceProfileTemplate {
    ServiceProfileId id{1};
    std::string name;
    std::optional<std::uint32_t> subscribed_media_profile_id;
    std::vector<std::string> service_ids;
    std::vector<InitialFilterCriterion> initial_filter_criteria;
    std::vector<std::uint32_t> shared_ifc_set_ids;
    bool operator==(const ServiceProfileTemplate&) const = default;
};

struct Catalogue {
    std::int64_t revision = 0;
    std::unordered_map<ServiceProfileId, ServiceProfileTemplate> service_profiles;
    // TS 29.228 B.2: an S-CSCF without the SiFC feature gets the criteria themselves.
    std::unordered_map<std::uint32_t, std::vector<InitialFilterCriterion>> shared_ifc_sets;
    std::unordered_map<CapabilitySetId, cx::ServerCapabilities> capability_sets;
    std::unordered_map<ChargingSetId, cx::ChargingInformation> charging_sets;
};

// A subscription as it was at one moment, with all a decision may look at.
struct Snapshot {
    std::shared_ptr<const Subscription> subscription;  // of the IMPI asked for, or else of the IMPU
    bool public_identity_known = false;                // the IMPU exists, perhaps in another subscription
    std::shared_ptr<const Catalogue> catalogue;
    bool remembered = false;       // from an earlier reading: only a Save tells whether it still holds
    std::uint64_t generation = 0;  // the store's own: which of its lives read it
};

// User-Data (TS 29.228 6.6): the implicit registration set of `match`, for an S-CSCF with `features`
// (Feature-List 1). `asked` is the identity of the request, added as a non-distinct one when only a wildcard
// matched it.
std::string user_data(const Subscription& subscription, const ImplicitRegistrationSet& set, const Impi& impi,
                      const Catalogue& catalogue, std::uint32_t features);
std::optional<cx::ServerCapabilities> server_capabilities(const Subscription& subscription,
                                                          const Catalogue& catalogue);
std::optional<cx::ChargingInformation> charging_information(const Subscription& subscription,
                                                            const Catalogue& catalogue);
// 29.228 6.1.4.1: the identity's profile has a criterion for terminating requests while unregistered.
bool has_unregistered_services(const PublicIdentityRecord& identity, const Catalogue& catalogue);

}  // namespace ims::hss
