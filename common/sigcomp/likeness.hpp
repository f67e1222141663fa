#pragma once
#include "common/sigcomp/state.hpp"

#include <string_view>
#include <vector>

namespace ims::sigcomp {

// Which of the texts a new one has most in common with: at most `number`, and only such that tell something
// the others do not. The best comes last.
std::vector<StatePointer> most_like(std::string_view text, const std::vector<StatePointer>& texts,
                                    std::size_t number);

}  // namespace ims::sigcomp
