#pragma once
#include "scscf/core/contacts.hpp"
#include "scscf/core/core.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

// S-CSCF restoration (TS 23.380 4, TS 24.229 4.14, TS 29.228 6.1.2): the HSS keeps the contacts of a
// registration, so that an S-CSCF that has lost them, or takes over from one that is gone, goes on with them.
namespace ims::scscf {

// What SAR and MAR announce (29.229 7.1.1).
std::vector<cx::SupportedFeatures> announced_features(const Config& config);
// 29.229 7.2.1: does a request of the HSS need a feature that we have not?
bool needs_more_than(const std::vector<cx::SupportedFeatures>& needed,
                     const std::vector<cx::SupportedFeatures>& ours);

// The contacts of one private identity as they will be once the REGISTER is accepted: `fresh` stands where
// `placement` puts it. Without a REGISTER: as they are.
cx::ScscfRestorationInfo restoration_info(const ImplicitRegistrationSet& set, std::uint8_t private_index);
cx::ScscfRestorationInfo restoration_info(const Impi& impi, const ImplicitRegistrationSet* set,
                                          const Binding& fresh, const Placement& placement);
// Would the HSS have to store another one for it?
bool differs_in_restoration(const Binding& known, const Binding& fresh);

// More than this S-CSCF takes for one user (TS 29.228 6.1.2, 6.2)?
bool is_too_much(const Config& config, std::string_view user_data, const ImsSubscription& profile);

// Takes an SAA in: its profile, and the contacts it brings beside those that are bound. The set that has the
// identity, never null; or the answer to whoever asked. `impi`: whom the SAR was about, if it named one.
Result<ImplicitRegistrationSet*, Refusal> take_profile(Core& core, const cx::ServerAssignmentAnswer& saa,
                                                       const std::optional<Impi>& impi, const Impu& impu,
                                                       std::string_view hss);

}  // namespace ims::scscf
