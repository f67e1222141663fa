#pragma once
#include "common/diameter/types/cx.hpp"

#include <string_view>

namespace ims::trace {

// Who speaks in a SIP message, found without parsing it: the URI in From, "sip:alice@ims.example". Empty if
// there is none.
std::string_view speaker_of(std::string_view message);
// Whom a Cx request is about: the private identity, else the public one.
std::string_view subscriber_of(const cx::Request& request);

}  // namespace ims::trace
