#include "common/trace/speaker.hpp"

#include "common/base/result.hpp"
#include "common/base/text.hpp"

#include <cstring>

namespace ims::trace {

namespace {

constexpr unsigned lines_to_look_at = 64;  // From stands among the first headers of every message seen

const char* find(const char* from, const char* end, char c) {
    return static_cast<const char*>(std::memchr(from, c, static_cast<std::size_t>(end - from)));
}

// Of "<sip:alice@ims.example>;tag=1" what stands in < >, else what stands before the parameters.
std::string_view uri_in(const char* at, const char* end) {
    while (at < end && (*at == ' ' || *at == '\t')) ++at;
    const char* open = at < end && *at == '<' ? at : find(at, end, '<');
    if (open != nullptr) at = open + 1;
    const char* close = find(at, end, open != nullptr ? '>' : ';');
    if (close == nullptr) close = end;
    if (const char* parameters = open != nullptr ? find(at, close, ';') : nullptr) close = parameters;
    const std::string_view uri{at, static_cast<std::size_t>(close - at)};
    return open != nullptr ? uri : trim(uri);
}

}  // namespace

std::string_view speaker_of(std::string_view message) {
    const char* at = message.data();
    const char* const end = at + message.size();
    for (unsigned n = 0; n < lines_to_look_at; ++n) {
        at = find(at, end, '\n');
        if (at == nullptr || end - ++at < 5) return {};
        if ((*at | 0x20) != 'f') continue;
        const char* rest = at + 1;
        if (end - rest > 3 && (std::memcmp(rest, "rom", 3) == 0 || iequals({rest, 3}, "rom"))) rest += 3;
        while (rest < end && (*rest == ' ' || *rest == '\t')) ++rest;
        if (rest == end || *rest != ':') continue;
        const char* line_end = find(rest, end, '\n');
        return uri_in(rest + 1, line_end != nullptr ? line_end : end);
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
