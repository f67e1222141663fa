#pragma once
#include "common/sip/message/message.hpp"

#include <string_view>
#include <vector>

namespace ims::sip {

// What a proxy says of itself when it is asked (RFC 3261 11).
struct Capabilities {
    std::vector<std::string_view> accept;     // bodies of requests that end here
    std::vector<std::string_view> supported;  // option tags
};

// Is it an OPTIONS to this element itself, and not to a user or to something behind it?
bool asks_for_capabilities(const Message& request, bool request_uri_is_own);

// The answer to it: 200, or 420 if it requires an extension that is not supported. Without Allow, since a
// proxy passes every method on (11.2). A header without a value says that there is nothing of the kind (20.1,
// 20.37).
Message answer_to_options(const Message& request, std::string_view to_tag, const Capabilities& capabilities);

}  // namespace ims::sip
