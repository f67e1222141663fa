#include "common/why/causes/words.hpp"

#include "common/base/ip.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ims::why {

std::vector<const Entry*> evidence(std::initializer_list<const Entry*> entries) {
    std::vector<const Entry*> found;
    for (const auto* e : entries)
        if (e != nullptr) found.push_back(e);
    return found;
}

std::string near_text(const Procedure& p, const std::string& identity) {
    const auto asked = p.story->facts.near_misses.find(identity);
    if (asked == p.story->facts.near_misses.end() || asked->second.empty()) return {};
    const auto& near = asked->second.front();
    return " It has " + near.identity + ": " + near.how + ".";
}

std::string seconds_text(std::int64_t microseconds) {
    const auto tenths = (microseconds + 50'000) / 100'000;
    if (tenths >= 100) return std::to_string(tenths / 10) + " s";
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string upper_name(std::string_view service) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> names{
        {{"pcscf", "P-CSCF"}, {"icscf", "I-CSCF"}, {"scscf", "S-CSCF"}, {"hss", "HSS"}}};
    for (const auto& [name, upper] : names)
        if (service.starts_with(name)) return std::string{upper} + std::string{service.substr(name.size())};
    return std::string{service};
}

bool is_application_server(const Procedure& p, std::string_view remote) {
    return p.sip([&](const Entry& e) {
        if (!e.out || !e.is_request() || e.remote != remote) return false;
        const auto routes = e.message->all<sip::h::Route>();
        return routes && std::any_of(routes->begin(), routes->end(), [](const sip::NameAddr& route) {
                   return route.uri.user.starts_with("odi.");
               });
    }) != nullptr;
}

bool is_behind_nat(const Entry& request) {
    if (!request.message) return false;
    auto host = request.message->top_via().host;
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    const auto sent_by = IpAddress::parse(host);
    const auto source = IpEndpoint::parse(request.remote);
    return sent_by && source && *sent_by != source->address;
}

}  // namespace ims::why
