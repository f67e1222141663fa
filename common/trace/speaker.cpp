#include "common/trace/speaker.hpp"

#include "common/base/result.hpp"
#include "common/base/text.hpp"

#include <algorithm>

namespace ims::trace {

namespace {

constexpr unsigned lines_to_look_at = 64;  // From stands among the first headers of every message seen

std::string_view uri_in(std::string_view value) {
    if (const auto open = value.find('<'); open != std::string_view::npos) {
        value.remove_prefix(open + 1);
        value = value.substr(0, value.find('>'));
    }
    value = value.substr(0, std::min(value.find(';'), value.size()));
    return trim(value);
}

}  // namespace

std::string_view speaker_of(std::string_view message) {
    for (unsigned n = 0; n < lines_to_look_at; ++n) {
        const auto end = message.find('\n');
        if (end == std::string_view::npos) return {};
        message.remove_prefix(end + 1);
        if (message.size() < 5 || (message[0] | 0x20) != 'f') continue;
        if (message.starts_with("From:")) return uri_in(message.substr(5, message.find('\n') - 5));
        auto name = message.substr(1, 3);
        const bool whole = iequals(name, "rom");
        auto rest = message.substr(whole ? 4 : 1);
        while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\t')) rest.remove_prefix(1);
        if (rest.empty() || rest[0] != ':') continue;
        rest.remove_prefix(1);
        return uri_in(rest.substr(0, rest.find('\n')));
    }
    return {};
}

std::string_view subscriber_of(const cx::Request& request) {
    return std::visit(
        overloaded{
            [](const cx::UserAuthorizationRequest& r) -> std::string_view { return r.user_name.value(); },
            [](const cx::ServerAssignmentRequest& r) -> std::string_view {
                if (r.user_name) return r.user_name->value();
                return r.public_identity.empty() ? std::string_view{} : r.public_identity.front().value();
            },
            [](const cx::LocationInfoRequest& r) -> std::string_view { return r.public_identity.value(); },
            [](const cx::MultimediaAuthRequest& r) -> std::string_view { return r.user_name.value(); },
            [](const cx::RegistrationTerminationRequest& r) -> std::string_view {
                return r.user_name.value();
            },
            [](const cx::PushProfileRequest& r) -> std::string_view { return r.user_name.value(); },
        },
        request);
}

}  // namespace ims::trace
