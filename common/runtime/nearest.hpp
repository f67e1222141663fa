#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ims::runtime {

// The candidate that `word` was probably meant to be: least insertions, deletions, replacements and swaps of
// neighbours, at most a third of its length (and at least one). Empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace ims::runtime
