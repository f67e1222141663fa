#pragma once
#include "common/runtime/config.hpp"
#include "common/runtime/cscf.hpp"
#include "icscf/core/icscf.hpp"

namespace ims::icscf {

// The section `icscf` (docs/configuration.md). Complaints go into the section.
Config read_config(const runtime::Section& own, const runtime::CscfCommon& common);

}  // namespace ims::icscf
