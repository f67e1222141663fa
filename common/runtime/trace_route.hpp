#pragma once
#include "common/runtime/process.hpp"
#include "common/trace/memory.hpp"

#include <functional>
#include <string>
#include <vector>

namespace ims::runtime {

// GET /trace?about=KEY[&about=KEY...]: what the memory has about a subscriber or a call, as JSON
// (common/trace/question.hpp; docs/operations/why.md). `listening` says where this service can be reached:
// "UDP 127.0.1.10:5060". Both must live as long as the process' loop runs.
void add_trace_route(Process& process, const trace::Memory& memory,
                     std::function<std::vector<std::string>()> listening);

}  // namespace ims::runtime
