#pragma once
#include "common/sip/message/message.hpp"

#include <cstddef>
#include <vector>

namespace ims::sip {

// RFC 3261 16.7 step 6 among the final non-2xx responses of all branches: any 6xx; else the lowest class, in
// it those that tell the caller what to mend, and last what the element made up itself (`made` of a
// response). Not empty.
struct Candidate {
    const Message* response = nullptr;
    bool made = false;
};
std::size_t best_response(const std::vector<Candidate>& candidates);

// Step 7: a 401 or 407 carries the challenges of all other 401 and 407 responses too.
void aggregate_challenges(Message& chosen, const std::vector<Candidate>& others);

}  // namespace ims::sip
