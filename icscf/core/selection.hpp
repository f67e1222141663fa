#pragma once
#include "common/diameter/types/cx.hpp"
#include "icscf/core/icscf.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ims::icscf {

// TS 29.228 6.7: the S-CSCF for a user nobody serves yet. Server-Names of the HSS win and the capabilities
// are then ignored; else every mandatory capability is needed and the most optional ones are preferred. Those
// in `tried` are left out. Nothing if none fits.
std::optional<std::string> select_scscf(const std::vector<ServingCscf>& configured,
                                        const cx::ServerCapabilities& wanted,
                                        const std::vector<std::string>& tried);

}  // namespace ims::icscf
