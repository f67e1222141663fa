#pragma once
#include "common/base/note.hpp"

#include <cstdint>
#include <string_view>

// What 3GPP counts (TS 32.409), told by what a core says anyway: its notes. A row says which note counts for
// what; each node has its rows in a measurements.hpp, and docs/operations/metrics.md lists them.
namespace ims {

struct Measurement {
    std::string_view counter;  // TS 32.409: "UR.AttInitReg"
    std::string_view meaning;
    std::string_view note;     // which note counts: "scscf.registration.attempted"
    std::string_view field{};  // only where it has this field ...
    std::string_view
        value{};  // ... with this value; empty: with any, which becomes the label of the field's name
    // ... and this outcome in its field `status`; of a failure the status becomes the label `cause`.
    enum class Outcome : std::uint8_t { Any, Success, Failure } outcome = Outcome::Any;
};

}  // namespace ims
