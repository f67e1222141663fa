#pragma once
#include "common/runtime/config.hpp"
#include "common/runtime/cscf.hpp"
#include "scscf/core/scscf.hpp"

namespace ims::scscf {

// The section `scscf` (docs/configuration.md). Complaints go into the section.
Config read_config(const runtime::Section& own, const runtime::CscfCommon& common);

}  // namespace ims::scscf
