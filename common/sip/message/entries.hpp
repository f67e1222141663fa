#pragma once
#include "common/sip/message/message.hpp"

#include <string_view>
#include <vector>

namespace ims::sip {

// The entries of a list header (Route, Record-Route, Contact) as they stand, over all its lines and without
// the spaces around them, the topmost first. They stay valid as long as the message, edited or not.
std::vector<std::string_view> entries_of(const Message& m, HeaderId header);

}  // namespace ims::sip
