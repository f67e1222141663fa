#include "hss/shell/differences.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace ims::hss {
namespace {

constexpr std::array<std::string_view, 6> secrets{"k", "op", "opc", "top", "topc", "ha1"};

bool is_secret(std::string_view field) {
    return std::ranges::find(secrets, field.substr(field.rfind('/') + 1)) != secrets.end();
}

}  // namespace

nlohmann::json differences(const nlohmann::json& before, const nlohmann::json& after) {
    const auto was = before.flatten(), is = after.flatten();
    std::set<std::string> fields;
    for (const auto& [field, value] : was.items()) fields.insert(field);
    for (const auto& [field, value] : is.items()) fields.insert(field);
    auto list = nlohmann::json::array();
    for (const auto& field : fields) {
        const auto from = was.value(field, nlohmann::json{}), to = is.value(field, nlohmann::json{});
        if (from == to) continue;
        nlohmann::json one{{"field", field.substr(1)}};
        if (is_secret(field)) {
            one["secret"] = true;
        } else {
            if (!from.is_null()) one["from"] = from;
            if (!to.is_null()) one["to"] = to;
        }
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace ims::hss
