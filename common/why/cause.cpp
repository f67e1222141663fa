#include "common/why/cause.hpp"

#include <algorithm>

namespace ims::why {

std::span<const Cause> causes() {
    static const auto all = [] {
        std::vector<Cause> rows;
        for (const auto family : {message_causes(), security_causes(), network_causes(), identity_causes(),
                                  authentication_causes(), session_causes(), last_causes()})
            rows.insert(rows.end(), family.begin(), family.end());
        return rows;
    }();
    return all;
}

const Cause* find_cause(std::string_view id) {
    const auto all = causes();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Cause& c) { return c.id == id; });
    return found == all.end() ? nullptr : &*found;
}

std::string filled(std::string_view sentence, const std::map<std::string, std::string, std::less<>>& values) {
    std::string text;
    while (!sentence.empty()) {
        const auto open = sentence.find('{');
        text += sentence.substr(0, open);
        if (open == std::string_view::npos) break;
        const auto close = sentence.find('}', open);
        if (close == std::string_view::npos) break;
        if (const auto value = values.find(sentence.substr(open + 1, close - open - 1));
            value != values.end())
            text += value->second;
        sentence.remove_prefix(close + 1);
    }
    return text;
}

}  // namespace ims::why
