#pragma once
#include "common/sip/message/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ims::sip {

// The answer to a message that the transport itself turns away (RFC 3261 18.3, 21.4.11): stateless, so its To
// tag is made from the request alone (8.2.7). `head` is what is known of the message. Nothing if it is no
// request that can be answered.
std::optional<std::string> refusal(std::string_view head, int status, std::string_view reason);

// Header lines of a message, folds counted as lines; stops counting beyond `limit`.
std::size_t count_header_lines(std::string_view message, std::size_t limit);

// RFC 5626 3.5.1, 4.4.1 and what phones do: a datagram of nothing but CR, LF, SP or NUL keeps a binding
// alive.
bool is_keepalive(std::string_view datagram);

}  // namespace ims::sip
