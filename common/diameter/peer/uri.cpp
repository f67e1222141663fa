#include "common/diameter/peer/uri.hpp"

#include "common/base/text.hpp"

namespace ims::diameter {

std::optional<Uri> Uri::parse(std::string_view text) {
    Uri uri;
    if (istarts_with(text, "aaas://")) {
        uri.secure = true;
        uri.port = 5658;
        text.remove_prefix(7);
    } else if (istarts_with(text, "aaa://")) {
        text.remove_prefix(6);
    } else {
        return {};
    }
    const auto take = [&text](char until) {
        const auto at = text.find(until);
        const auto taken = text.substr(0, at);
        text.remove_prefix(at == text.npos ? text.size() : at + 1);
        return taken;
    };
    auto authority = take(';');
    if (const auto colon = authority.rfind(':'); colon != authority.npos) {
        const auto port = parse_number(authority.substr(colon + 1));
        if (!port || *port == 0 || *port > 65535) return {};
        uri.port = static_cast<std::uint16_t>(*port);
        authority = authority.substr(0, colon);
    }
    if (authority.empty() || authority.find_first_of(" /@[]:") != authority.npos) return {};
    uri.fqdn = authority;
    while (!text.empty()) {
        const auto parameter = take(';');
        if (istarts_with(parameter, "transport="))
            uri.transport = to_lower(parameter.substr(10));
        else if (istarts_with(parameter, "protocol="))
            uri.protocol = to_lower(parameter.substr(9));
        else
            return {};
    }
    return uri;
}

}  // namespace ims::diameter
