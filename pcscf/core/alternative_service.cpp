#include "pcscf/core/alternative_service.hpp"

#include <string>
#include <utility>

namespace ims::pcscf {

void set_alternative_service(sip::Message& response, std::string_view type, std::string_view reason,
                             std::string_view action) {
    std::string body =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<ims-3gpp version=\"1\"><alternative-service>";
    const auto element = [&](std::string_view name, std::string_view value) {
        body.append("<").append(name).append(">").append(value).append("</").append(name).append(">");
    };
    element("type", type);
    element("reason", reason);
    if (!action.empty()) element("action", action);
    body += "</alternative-service></ims-3gpp>\r\n";
    response.set_body(std::move(body), "application/3gpp-ims+xml");
}

}  // namespace ims::pcscf
