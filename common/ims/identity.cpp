#include "common/base/text.hpp"
#include "common/ims/identity_of_uri.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include <regex.h>

namespace ims {

namespace {

// RFC 3966 3: visual-separator.
bool is_visual_separator(char c) {
    return c == '-' || c == '.' || c == '(' || c == ')';
}

// A global number as "+" and digits, or nothing (RFC 3966 5.1.4).
std::optional<std::string> global_number(std::string_view number) {
    if (number.empty() || number.front() != '+') return {};
    std::string digits{"+"};
    for (const char c : number.substr(1)) {
        if (is_digit(c))
            digits += c;
        else if (!is_visual_separator(c))
            return {};
    }
    if (digits.size() == 1) return {};
    return digits;
}

std::optional<Impu> canonical_tel(const sip::Uri& uri) {
    if (auto global = global_number(uri.user)) return Impu{"tel:" + *global};
    if (!uri.user.empty() && uri.user.front() == '+') return {};
    // RFC 3966 5.1.5: a local number means something in its context only.
    const auto context = uri.params.get("phone-context");
    if (!context || context->empty()) return {};
    std::string text{"tel:"};
    for (const char c : uri.user)
        if (!is_visual_separator(c)) text += lower(c);
    if (text.size() == 4) return {};
    const auto global_context = global_number(*context);
    return Impu{text + ";phone-context=" + (global_context ? *global_context : to_lower(*context))};
}

enum Plain : std::uint8_t { PlainDigit = 1, PlainUser = 2, PlainHost = 4 };
constexpr auto plain = [] {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto c = static_cast<char>(i);
        const bool of_both = is_alpha(c) || is_digit(c) || c == '-' || c == '.';
        const int kinds = (is_digit(c) ? PlainDigit : 0) | (of_both || c == '+' ? PlainUser : 0) |
                          (of_both && c == lower(c) ? PlainHost : 0);
        table[i] = static_cast<std::uint8_t>(kinds);
    }
    return table;
}();

// "sip:user@host" and "tel:+digits" as canonical_impu() gives them, which is how nearly every identity comes:
// no need to look at more of the grammar.
bool is_canonical(std::string_view text) {
    constexpr std::string_view sip = "sip:", tel = "tel:+";
    const auto all = [](std::string_view part, Plain kind) {
        return !part.empty() && std::all_of(part.begin(), part.end(), [kind](char c) {
            return (plain[static_cast<unsigned char>(c)] & kind) != 0;
        });
    };
    if (text.starts_with(tel)) return all(text.substr(tel.size()), PlainDigit);
    const auto at = text.find('@');
    if (!text.starts_with(sip) || at == std::string_view::npos) return false;
    return all(text.substr(sip.size(), at - sip.size()), PlainUser) && all(text.substr(at + 1), PlainHost);
}

struct Wildcard {
    std::string_view before, expression, after;
};
std::optional<Wildcard> wildcard_of(std::string_view text) {
    const auto first = text.find('!');
    const auto last = text.rfind('!');
    if (first == std::string_view::npos || first == last) return {};
    return Wildcard{text.substr(0, first), text.substr(first + 1, last - first - 1), text.substr(last + 1)};
}

bool matches_whole(std::string_view text, std::string_view expression) {
    const std::string anchored = "^(" + std::string{expression} + ")$";
    regex_t compiled{};
    if (regcomp(&compiled, anchored.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
    const std::unique_ptr<regex_t, decltype(&regfree)> guard{&compiled, &regfree};
    return regexec(&compiled, std::string{text}.c_str(), 0, nullptr, 0) == 0;
}

}  // namespace

std::optional<Impu> canonical_impu(std::string_view text) {
    if (is_canonical(text)) return Impu{std::string{text}};
    const auto uri = sip::Uri::parse(trim(text));
    if (!uri) return {};
    return canonical_impu(*uri);
}

std::optional<Impu> canonical_impu(const sip::Uri& uri) {
    if (uri.is_tel()) return canonical_tel(uri);
    if (uri.scheme != sip::Uri::Scheme::Sip || uri.host.empty()) return {};

    std::string out;
    out.reserve(8 + uri.user.size() + uri.host.size());
    out += "sip:";
    if (!uri.user.empty()) {
        // RFC 3261 19.1.4: "%61lice" is alice.
        if (uri.user.find('%') == std::string::npos)
            out += uri.user;
        else
            out += sip::escape_user(sip::unescape(uri.user));
        out += '@';
    }
    const auto host = out.size();
    out += uri.host;
    std::transform(out.begin() + static_cast<std::ptrdiff_t>(host), out.end(),
                   out.begin() + static_cast<std::ptrdiff_t>(host), lower);
    return Impu{std::move(out)};
}

std::optional<Impu> tel_of(std::string_view sip_uri) {
    if (sip_uri.find(';') == std::string_view::npos) return {};  // no user=phone
    const auto uri = sip::Uri::parse(trim(sip_uri));
    if (!uri) return {};
    return tel_of(*uri);
}

std::optional<Impu> tel_of(const sip::Uri& uri) {
    if (uri.scheme != sip::Uri::Scheme::Sip) return {};
    const auto user = uri.params.get("user");
    if (!user || !iequals(*user, "phone")) return {};
    // RFC 3261 19.1.6: the user part is a telephone-subscriber with parameters of its own.
    const auto number = global_number(std::string_view{uri.user}.substr(0, uri.user.find(';')));
    if (!number) return {};
    return Impu{"tel:" + *number};
}

std::string home_domain(std::string_view mcc, std::string_view mnc) {
    const std::string padded = (mnc.size() == 2 ? "0" : "") + std::string{mnc};
    return "ims.mnc" + padded + ".mcc" + std::string{mcc} + ".3gppnetwork.org";
}

Impi impi_of_imsi(std::string_view imsi, std::string_view domain) {
    return Impi{std::string{imsi} + "@" + std::string{domain}};
}

Impu temporary_impu_of_imsi(std::string_view imsi, std::string_view domain) {
    return Impu{"sip:" + std::string{imsi} + "@" + std::string{domain}};
}

bool is_wildcarded(const Impu& impu) {
    return wildcard_of(impu.value()).has_value();
}

bool matches_wildcard(const Impu& impu, const Impu& wildcarded) {
    const auto wildcard = wildcard_of(wildcarded.value());
    std::string_view text = impu.value();
    if (!wildcard || text.size() < wildcard->before.size() + wildcard->after.size()) return false;
    if (text.substr(0, wildcard->before.size()) != wildcard->before) return false;
    if (!iequals(text.substr(text.size() - wildcard->after.size()), wildcard->after)) return false;
    text.remove_prefix(wildcard->before.size());
    text.remove_suffix(wildcard->after.size());
    return matches_whole(text, wildcard->expression);
}

}  // namespace ims
