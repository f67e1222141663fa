#pragma once
#include "common/runtime/cscf.hpp"

#include <vector>

namespace ims::scscf {

// What an operator may order of an S-CSCF (docs/operations/commands.md).
std::vector<runtime::CscfProgram::Command> commands();

}  // namespace ims::scscf
