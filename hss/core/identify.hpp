#pragma once
#include "hss/core/decision.hpp"

// The first rows of every table: who is meant.
namespace ims::hss {

struct Identified {
    const Subscription* subscription = nullptr;
    Subscription::Match match;
};
using Identification = ims::Result<Identified, diameter::Result>;

// 5001 for what nobody has, 5002 for a pair that does not belong together. Without an IMPI only the IMPU
// counts.
Identification identify(const Snapshot& snapshot, const std::optional<Impi>& impi, const Impu& impu);

inline bool restoration(const std::vector<cx::SupportedFeatures>& features, const Policy& policy) {
    return (announced(features) & policy.features & feature::ims_restoration_ind) != 0;
}

}  // namespace ims::hss
