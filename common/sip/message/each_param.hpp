#pragma once
#include "common/sip/message/params.hpp"
#include "common/sip/message/parse_error.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace ims::sip {

// Shows the parameters of a header that has nothing else (P-Charging-Vector) one after the other, for who
// need not hold them: what is shown is gone with the next. The error is that of a text that is no such list;
// some of it was shown then.
std::optional<ParseError> each_param(std::string_view text, const std::function<void(const Param&)>& show);

// The same of credentials and challenges (Authorization): its parameters, whatever its scheme.
std::optional<ParseError> each_auth_param(std::string_view text,
                                          const std::function<void(const Param&)>& show);

}  // namespace ims::sip
