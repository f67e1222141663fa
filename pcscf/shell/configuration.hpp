#pragma once
#include "common/runtime/config.hpp"
#include "common/runtime/cscf.hpp"
#include "pcscf/core/config.hpp"

namespace ims::pcscf {

// The section `pcscf` (docs/configuration.md). Complaints go into the section.
Config read_config(const runtime::Section& own, const runtime::CscfCommon& common);

}  // namespace ims::pcscf
