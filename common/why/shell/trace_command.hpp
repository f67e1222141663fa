#pragma once

namespace ims::why {

// ims-why trace on|off|list|show: traces a subscriber at all services, and shows or writes down what they
// saw. docs/operations/trace.md. `argv[0]` is "trace". Gives the exit status.
int run_trace(int argc, const char* const* argv);

}  // namespace ims::why
