#include "common/trace/redact.hpp"

#include "common/base/text.hpp"
#include "common/trace/avp.hpp"

#include <algorithm>
#include <utility>

namespace ims::trace {

namespace {

bool is_word(char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
}

void write_over(std::string& text, std::size_t from, std::size_t to) {
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(from),
              text.begin() + static_cast<std::ptrdiff_t>(to), '*');
}

// Writes over the value of every parameter of that name in text[from, to).
void take_out(std::string& text, std::size_t from, std::size_t to, std::string_view name) {
    for (auto at = from; at + name.size() < to; ++at) {
        if (!iequals(std::string_view{text}.substr(at, name.size()), name)) continue;
        if (at > 0 && is_word(text[at - 1])) continue;
        auto value = at + name.size();
        const auto skip = [&] {
            while (value < to &&
                   (text[value] == ' ' || text[value] == '\t' || text[value] == '\r' || text[value] == '\n'))
                ++value;
        };
        skip();
        if (value >= to || text[value] != '=') continue;
        ++value;
        skip();
        const bool quoted = value < to && text[value] == '"';
        if (quoted) ++value;
        auto end = value;
        while (end < to && (quoted ? text[end] != '"' : is_word(text[end]))) ++end;
        if (end == value) continue;  // empty: that says something, and hides nothing
        write_over(text, value, end);
        at = end;
    }
}

// Where the header that begins at `at` ends, its folds included.
std::size_t end_of_header(std::string_view text, std::size_t at) {
    while (true) {
        const auto end = text.find('\n', at);
        if (end == std::string_view::npos) return text.size();
        at = end + 1;
        if (at >= text.size() || (text[at] != ' ' && text[at] != '\t')) return at;
    }
}

}  // namespace

std::string redacted(std::string_view message) {
    std::string text{message};
    std::string content_type;
    std::size_t at = 0;
    std::size_t body = text.size();
    while (at < text.size()) {
        const auto end = end_of_header(text, at);
        const auto line = std::string_view{text}.substr(at, end - at);
        if (trim(line).empty()) {
            body = end;
            break;
        }
        const auto colon = line.find(':');
        const auto name = to_lower(trim(line.substr(0, std::min(colon, line.size()))));
        if (name == "content-type" || name == "c") content_type = to_lower(trim(line.substr(colon + 1)));
        const bool answers = name == "authorization" || name == "proxy-authorization";
        // Who names no algorithm may mean MD5 with a password (RFC 7616 3.4).
        const bool aka = to_lower(line).find("algorithm=aka") != std::string::npos ||
                         to_lower(line).find("algorithm=\"aka") != std::string::npos;
        take_out(text, at, end, "ck");
        take_out(text, at, end, "ik");
        if (answers && !aka) take_out(text, at, end, "response");
        at = end;
    }
    if (body < text.size() && content_type.starts_with("text/")) write_over(text, body, text.size());
    return text;
}

std::string redacted_diameter(std::string_view message) {
    // TS 29.229 6.3
    constexpr std::uint32_t sip_authorization = 610, sip_auth_data_item = 612, confidentiality_key = 625,
                            integrity_key = 626, sip_digest_authenticate = 635;
    constexpr std::uint32_t digest_ha1 = 121;  // RFC 7155
    std::string text{message};
    const auto head = diameter_head(text);
    if (!head) return text;
    const auto hide = [&](const Avp& avp) {
        const auto at = static_cast<std::size_t>(avp.value.data() - text.data());
        write_over(text, at, at + avp.value.size());
    };
    const std::function<void(const Avp&)> look = [&](const Avp& avp) {
        if (avp.is(sip_auth_data_item, vendor_3gpp) || avp.is(sip_digest_authenticate, vendor_3gpp))
            return each_avp(avp.value, look);
        const bool secret = avp.is(confidentiality_key, vendor_3gpp) || avp.is(integrity_key, vendor_3gpp) ||
                            avp.is(digest_ha1) || (!head->request && avp.is(sip_authorization, vendor_3gpp));
        if (secret) hide(avp);
    };
    each_avp_of_message(text, look);
    return text;
}

}  // namespace ims::trace
