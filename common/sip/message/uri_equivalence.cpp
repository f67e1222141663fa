#include "common/base/ip.hpp"
#include "common/base/text.hpp"
#include "common/sip/message/uri.hpp"

#include <algorithm>
#include <vector>

// RFC 3261 19.1.4 and RFC 3966 5.
namespace ims::sip {

namespace {

// Every octet that needs no escape unescaped; the escapes that remain in upper case. A reserved character and
// its escape mean different things and stay different.
std::string canonical(std::string_view text) {
    constexpr std::string_view reserved = ";/?:@&=+$,";
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const auto octet = unhex(text.substr(i + 1, 2));
            if (octet) {
                const auto c = static_cast<char>(octet->front());
                if (reserved.find(c) == std::string_view::npos && c != '%') {
                    out += c;
                } else {
                    out += to_lower(text.substr(i, 3));
                }
                i += 2;
                continue;
            }
        }
        out += text[i];
    }
    return out;
}

bool same_text(std::string_view a, std::string_view b) {
    return a == b || canonical(a) == canonical(b);
}
bool same_text_any_case(std::string_view a, std::string_view b) {
    return iequals(a, b) || iequals(canonical(a), canonical(b));
}

bool same_host(std::string_view a, std::string_view b) {
    if (iequals(a, b)) return true;
    if (a.size() < 3 || b.size() < 3 || a.front() != '[' || b.front() != '[') return false;
    const auto x = IpAddress::parse(a.substr(1, a.size() - 2));
    const auto y = IpAddress::parse(b.substr(1, b.size() - 2));
    return x && y && *x == *y;
}

bool same_value(const Param& a, const Param& b) {
    if (a.value.has_value() != b.value.has_value()) return false;
    return !a.value || same_text_any_case(*a.value, *b.value);
}

// Parameters that mean another resource even if only one URI has them.
bool always_counts(std::string_view name) {
    return iequals(name, "user") || iequals(name, "ttl") || iequals(name, "method") ||
           iequals(name, "maddr") || iequals(name, "transport");
}

bool sip_params_fit(const Params& a, const Params& b) {
    return std::all_of(a.begin(), a.end(), [&](const Param& p) {
        const auto q = b.find(p.name);
        return q ? same_value(p, *q) : !always_counts(p.name);
    });
}

std::vector<std::string> header_list(std::string_view text) {
    std::vector<std::string> list;
    while (!text.empty()) {
        const auto one = text.substr(0, text.find('&'));
        const auto equal = one.find('=');
        list.push_back(to_lower(canonical(one.substr(0, equal))) +
                       (equal == std::string_view::npos ? std::string{} : canonical(one.substr(equal))));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
    }
    std::sort(list.begin(), list.end());
    return list;
}

std::string digits_of(std::string_view number) {
    std::string out;
    for (const char c : number)
        if (c != '-' && c != '.' && c != '(' && c != ')') out += lower(c);
    return out;
}

// phone-context, ext and isub that are numbers compare as numbers, everything else without case.
bool same_tel_params(const Params& a, const Params& b) {
    if (a.size() != b.size()) return false;
    return std::all_of(a.begin(), a.end(), [&](const Param& p) {
        const auto q = b.find(p.name);
        if (!q) return false;
        if (p.value && q->value && p.value->starts_with('+'))
            return digits_of(*p.value) == digits_of(*q->value);
        return same_value(p, *q);
    });
}

}  // namespace

bool Uri::equivalent(const Uri& other) const {
    if (*this == other) return true;
    if (scheme != other.scheme) return false;
    switch (scheme) {
        case Scheme::Other: return scheme_text == other.scheme_text && user == other.user;
        case Scheme::Tel:
            return digits_of(user) == digits_of(other.user) && same_tel_params(params, other.params);
        case Scheme::Sip:
        case Scheme::Sips: break;
    }
    return same_text(user, other.user) && password.has_value() == other.password.has_value() &&
           (!password || same_text(*password, *other.password)) && same_host(host, other.host) &&
           port == other.port && sip_params_fit(params, other.params) &&
           sip_params_fit(other.params, params) && header_list(headers) == header_list(other.headers);
}

}  // namespace ims::sip
