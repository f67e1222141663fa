#include "common/sip/message/params.hpp"

#include "common/base/text.hpp"
#include "common/sip/message/scanner.hpp"

#include <algorithm>

namespace ims::sip {

const Param* Params::find(std::string_view name) const {
    const auto p =
        std::find_if(list_.begin(), list_.end(), [&](const Param& q) { return iequals(q.name, name); });
    return p == list_.end() ? nullptr : &*p;
}

std::optional<std::string_view> Params::get(std::string_view name) const {
    const auto* p = find(name);
    if (p == nullptr || !p->value) return std::nullopt;
    return *p->value;
}

void Params::set(std::string_view name, std::optional<std::string_view> value) {
    auto text = value ? std::optional<std::string>{*value} : std::nullopt;
    const auto p =
        std::find_if(list_.begin(), list_.end(), [&](const Param& q) { return iequals(q.name, name); });
    if (p == list_.end())
        list_.push_back({std::string{name}, std::move(text), false});
    else
        *p = {std::move(p->name), std::move(text), false};
}

void Params::set_quoted(std::string_view name, std::string_view value) {
    set(name, value);
    const auto p =
        std::find_if(list_.begin(), list_.end(), [&](const Param& q) { return iequals(q.name, name); });
    p->quoted = true;
}

bool Params::remove(std::string_view name) {
    return std::erase_if(list_, [&](const Param& p) { return iequals(p.name, name); }) > 0;
}

void Params::print(std::string& out, char separator) const {
    for (const auto& p : list_) {
        out += separator;
        out += p.name;
        if (!p.value) continue;
        out += '=';
        if (p.quoted)
            scan::print_quoted(*p.value, out);
        else
            out += *p.value;
    }
}

}  // namespace ims::sip
