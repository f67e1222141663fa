#pragma once
#include "common/sip/message/message.hpp"

#include <functional>
#include <optional>

// What RFC 3261 16.4 and 16.6 do to the headers of a request on its way through a proxy.
namespace ims::sip {

using IsOwn = std::function<bool(const Uri&)>;

// 16.4: undoes the rewriting of a strict router upstream, an own maddr, and takes away the top Route if it is
// this element; that one is returned. The error is that of a Route that cannot be read.
Parsed<std::optional<NameAddr>> preprocess_route(Message& request, const IsOwn& is_own);

// 16.6 step 3.
void decrement_max_forwards(Message& request);

// 16.6 step 6: if the first Route is a strict router (no lr), the Request-URI goes to the end of Route and
// the first Route becomes the Request-URI. Returns the URI of the first Route if its server is next (step 7);
// else that of the Request-URI is.
std::optional<Uri> postprocess_route(Message& request);

}  // namespace ims::sip
