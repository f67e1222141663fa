#include "pcscf/core/entries.hpp"

#include "common/base/text.hpp"
#include "common/sip/message/scanner.hpp"

#include <utility>

namespace ims::pcscf {

namespace {

// What stands in <> if that is how the entry begins, which is how nearly all are written.
std::optional<std::string_view> bracketed(std::string_view entry) {
    if (entry.empty() || entry.front() != '<') return std::nullopt;
    const auto close = entry.find('>');
    if (close == std::string_view::npos) return std::nullopt;
    return entry.substr(1, close - 1);
}

}  // namespace

std::string unfolded(std::string_view entry) {
    return sip::scan::unfold(entry);
}

std::optional<std::string> uri_text_of(std::string_view entry) {
    if (const auto uri = bracketed(entry)) {
        if (sip::Uri::check(*uri)) return std::nullopt;
        return std::string{*uri};
    }
    const auto address = sip::NameAddr::parse(entry);
    if (!address) return std::nullopt;
    return address->uri.text();
}

bool is_bracketed(std::string_view entry, std::string_view uri) {
    return entry.size() == uri.size() + 2 && bracketed(entry) == uri;
}

bool same_uri(std::string_view a, std::string_view b) {
    if (a == b) return true;
    const auto first = sip::Uri::parse(a);
    const auto second = sip::Uri::parse(b);
    return first && second && first->equivalent(*second);
}

bool is_entry_of(std::string_view entry, std::string_view uri) {
    if (bracketed(entry) == uri) return true;
    const auto given = sip::NameAddr::parse(entry);
    const auto wanted = sip::Uri::parse(uri);
    return given && wanted && wanted->equivalent(given->uri);
}

bool is_own_entry(std::string_view entry, std::string_view token) {
    if (entry.find(token) == std::string_view::npos) return false;
    const auto address = sip::NameAddr::parse(entry);
    return address && address->uri.user == token;
}

std::vector<std::string> routes_beyond_us(const sip::Message& m, std::string_view token) {
    std::vector<std::string> routes;
    for (const auto entry : entries_of(m, sip::HeaderId::RecordRoute)) {
        if (is_own_entry(entry, token)) continue;
        if (auto uri = uri_text_of(entry)) routes.push_back(std::move(*uri));
    }
    return routes;
}

std::optional<std::string> contact_uri_of(const sip::Message& m) {
    const auto line = m.raw(sip::HeaderId::Contact);
    if (!line) return std::nullopt;
    const auto entry = trim(line->substr(0, sip::codec::first_value_length(*line)));
    if (entry == "*") return std::nullopt;
    return uri_text_of(entry);
}

}  // namespace ims::pcscf
