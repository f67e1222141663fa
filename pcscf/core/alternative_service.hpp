#pragma once
#include "common/sip/message/message.hpp"

#include <string_view>

namespace ims::pcscf {

// What the UE shall do instead (24.229 7.6): the body of a 380 or 504. `type` and `action` are words of
// tables 7.6.2 and 7.6.3, `reason` is for the user to read; an empty action is left out. All of them without
// markup.
void set_alternative_service(sip::Message& response, std::string_view type, std::string_view reason,
                             std::string_view action = {});

}  // namespace ims::pcscf
