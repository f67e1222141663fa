#pragma once

namespace ims::ue {

// ims-ue sim-check: holds a challenge against K and OP or OPc. Prints what it finds; the exit status: 0 all
// that was given fits, 1 something does not, 2 wrong options. `argv[0]` is "sim-check".
int sim_check(int argc, const char* const* argv);

}  // namespace ims::ue
