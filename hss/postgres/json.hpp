#pragma once
#include "common/base/result.hpp"
#include "common/diameter/types/cx.hpp"
#include "common/ims/service_profile.hpp"

// Values as JSON text, as the database keeps them and the provisioning API speaks them.
namespace ims::hss {

std::string print_json(const InitialFilterCriterion& criterion);
ims::Result<InitialFilterCriterion, std::string> parse_criterion(std::string_view json);  // or what is wrong

std::string print_json(const cx::ScscfRestorationInfo& info);
std::optional<cx::ScscfRestorationInfo> parse_restoration_info(std::string_view json);

}  // namespace ims::hss
