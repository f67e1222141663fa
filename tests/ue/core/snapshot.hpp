#pragma once
#include "tests/ue/core/call.hpp"
#include "tests/ue/core/line.hpp"
#include "tests/ue/core/reg_event.hpp"
#include "tests/ue/core/registration.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::ue {

// What of a UE outlives its process, as JSON.
struct Snapshot {
    Registration::Saved registration;
    Binding binding;
    RegEvent::Saved reg_event;
    std::vector<Call::Saved> calls;
    std::uint32_t last_call = 0;
};

std::string print(const Snapshot& snapshot);
std::optional<Snapshot> parse_snapshot(std::string_view text, std::string& why);

}  // namespace ims::ue
