#pragma once
#include "common/diameter/types/cx.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ims::trace {

// What is kept of a Cx command: names and values. Of vectors, keys, profiles and digests at most how many
// there were: whoever adds an AVP here answers for its being no secret.
using Summary = std::vector<std::pair<std::string_view, std::string>>;
Summary summary_of(const cx::Request& request);
Summary summary_of(const cx::Answer& answer);

}  // namespace ims::trace
