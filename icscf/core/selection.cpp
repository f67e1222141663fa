#include "icscf/core/selection.hpp"

#include <algorithm>

namespace ims::icscf {

namespace {

bool contains(const auto& list, const auto& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

std::optional<std::string> select_scscf(const std::vector<ServingCscf>& configured,
                                        const cx::ServerCapabilities& wanted,
                                        const std::vector<std::string>& tried) {
    for (const auto& name : wanted.server_name)
        if (!contains(tried, name)) return name;
    if (!wanted.server_name.empty()) return {};

    const ServingCscf* best = nullptr;
    std::ptrdiff_t best_fit = -1;
    for (const auto& candidate : configured) {
        if (contains(tried, candidate.name)) continue;
        const auto has = [&](std::uint32_t c) { return contains(candidate.capabilities, c); };
        if (!std::all_of(wanted.mandatory_capability.begin(), wanted.mandatory_capability.end(), has))
            continue;
        const auto fit =
            std::count_if(wanted.optional_capability.begin(), wanted.optional_capability.end(), has);
        if (fit > best_fit) {
            best = &candidate;
            best_fit = fit;
        }
    }
    if (best == nullptr) return {};
    return best->name;
}

}  // namespace ims::icscf
