#include "common/sip/proxy/capabilities.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <string>

namespace ims::sip {

namespace {

std::string joined(const std::vector<std::string_view>& values) {
    std::string text;
    for (const auto value : values) text.append(text.empty() ? "" : ", ").append(value);
    return text;
}

}  // namespace

bool asks_for_capabilities(const Message& request, bool request_uri_is_own) {
    return request.method() == Method::Options && request_uri_is_own && request.request_uri().is_sip() &&
           request.request_uri().user.empty() && request.to_tag().empty() && !request.has<h::Route>();
}

Message answer_to_options(const Message& request, std::string_view to_tag, const Capabilities& capabilities) {
    std::vector<std::string_view> unsupported;
    const auto required = request.all<h::Require>();
    if (required)
        for (const auto& tag : *required)
            if (std::none_of(capabilities.supported.begin(), capabilities.supported.end(),
                             [&](std::string_view known) { return iequals(known, tag); }))
                unsupported.push_back(tag);
    auto response = Message::response(request, unsupported.empty() ? 200 : 420, {}, to_tag);
    if (!unsupported.empty())
        response.append_raw("Unsupported", joined(unsupported));
    else
        response.append_raw("Accept", joined(capabilities.accept));
    response.append_raw("Supported", joined(capabilities.supported));
    return response;
}

}  // namespace ims::sip
