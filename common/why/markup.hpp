#pragma once
#include <string>
#include <string_view>

namespace ims::why {

// A text as it stands in HTML or SVG, between tags or in an attribute. Line ends and tabs stay, other control
// characters, which XML has no place for, are left out.
std::string escaped(std::string_view text);

}  // namespace ims::why
