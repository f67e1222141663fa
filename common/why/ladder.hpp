#pragma once
#include "common/why/procedure.hpp"

#include <string>
#include <vector>

// SIP and Diameter on one time axis: who said what to whom, in columns. A message that two services remember
// is one arrow.
namespace ims::why {

struct Step {
    std::int64_t at = 0;
    std::size_t from = 0, to = 0;  // columns; equal: a note of that one
    std::string label;             // "INVITE", "180 Ringing", "UAR", "UAA DIAMETER_SUCCESS (2001)"
    bool lost = false;             // was sent, and the other side, which tells, has not heard of it
    bool evidence = false;
    const Entry* entry = nullptr;
};

struct Ladder {
    std::vector<std::string> columns;  // "UE 127.0.2.1:5060", "P-CSCF", ...
    std::vector<Step> steps;

    std::string text() const;
    std::string svg() const;  // one element, without anything from outside
};
Ladder ladder_of(const Procedure& procedure, const std::vector<const Entry*>& evidence);

std::string clock_text(std::int64_t at);  // "14:03:07.123456", UTC

}  // namespace ims::why
