#include "common/sip/message/uri.hpp"

#include "common/base/text.hpp"
#include "common/sip/message/codec.hpp"
#include "common/sip/message/scanner.hpp"

#include <type_traits>

namespace ims::sip {

namespace {

using scan::Scanner;

ParseError malformed(std::size_t at, std::string_view what) {
    return {ParseError::Kind::Malformed, at, what};
}

// ";name=value" up to '?' or the end.
std::optional<ParseError> parse_uri_params(Scanner& s, auto& params) {
    if (s.peek() == ';') params.reserve(s.rest().size());
    while (s.take(';')) {
        const auto begin = s.at();
        const auto text = s.rest().substr(0, scan::find(s.rest(), scan::EndsUriParam));
        const auto equal = text.find('=');
        if (text.empty() || equal == 0) return malformed(begin, "URI parameter without a name");
        Param p{text.substr(0, equal)};
        if (equal != std::string_view::npos) p.value = text.substr(equal + 1);
        if (!params.add(p)) return malformed(begin, "URI parameter too long");
        s.move_to(begin + text.size());
    }
    return std::nullopt;
}

std::optional<ParseError> parse_host_and_port(Scanner& s, auto& uri) {
    const auto begin = s.at();
    if (s.peek() == '[') {
        const auto close = s.rest().find(']');
        if (close == std::string_view::npos) return malformed(begin, "IPv6 reference not closed");
        // RFC 5118 4.10: what is inside is not checked further; one colon too many shall not stop a request.
        const auto inside = s.rest().substr(1, close - 1);
        Scanner address{inside};
        address.take_while(scan::Ipv6);
        if (!address.done() || inside.find(':') == std::string_view::npos)
            return malformed(begin + 1 + address.at(), "not an IPv6 address");
        uri.host = s.rest().substr(0, close + 1);
        s.move_to(begin + close + 1);
    } else {
        uri.host = s.take_while(scan::Host);
    }
    if (uri.host.empty()) return malformed(begin, "no host");
    if (!s.take(':')) return std::nullopt;
    const auto port_begin = s.at();
    const auto digits = s.rest().substr(0, scan::find(s.rest(), scan::EndsUriParam));
    const auto port = parse_number(digits);
    if (!port || *port > 65535) return malformed(port_begin, "not a port");
    uri.port = static_cast<std::uint16_t>(*port);
    s.move_to(port_begin + digits.size());
    return std::nullopt;
}

std::optional<ParseError> parse_sip(Scanner& s, auto& uri) {
    const auto begin = s.at();
    const auto at_sign = s.rest().find('@');
    if (at_sign != std::string_view::npos) {
        const auto userinfo = s.rest().substr(0, at_sign);
        const auto colon = userinfo.find(':');
        uri.user = userinfo.substr(0, colon);
        if (uri.user.empty()) return malformed(begin, "empty user part");
        if (colon != std::string_view::npos) uri.password.emplace(userinfo.substr(colon + 1));
        s.move_to(begin + at_sign + 1);
        if (const auto second = s.rest().find('@'); second != std::string_view::npos)
            return malformed(s.at() + second, "second @");
    }
    if (auto error = parse_host_and_port(s, uri)) return error;
    if (auto error = parse_uri_params(s, uri.params)) return error;
    if (s.take('?')) {
        uri.headers = s.rest();
        return std::nullopt;
    }
    if (!s.done()) return malformed(s.at(), "not allowed after the host");
    return std::nullopt;
}

std::optional<ParseError> parse_tel(Scanner& s, auto& uri) {
    const auto begin = s.at();
    uri.user = s.rest().substr(0, s.rest().find(';'));
    for (std::size_t i = 0; i < uri.user.size(); ++i)
        if (!scan::is(uri.user[i], scan::PhoneDigit | scan::PhoneMark))
            return malformed(begin + i, "not a telephone number");
    if (scan::find(uri.user, scan::PhoneDigit) == std::string_view::npos) return malformed(begin, "no digit");
    s.move_to(begin + uri.user.size());
    if (auto error = parse_uri_params(s, uri.params)) return error;
    if (!s.done()) return malformed(s.at(), "not allowed in a tel URI");
    return std::nullopt;
}

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// The octet a "%HH" at `at` stands for, or -1.
int escaped_octet(std::string_view text, std::size_t at) {
    if (at + 2 >= text.size() || text[at] != '%') return -1;
    const int high = hex_digit(text[at + 1]);
    const int low = hex_digit(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

namespace {

// The parts of a URI as they stand in the text, for whom they need not outlive it.
struct UriText {
    Uri::Scheme scheme = Uri::Scheme::Sip;
    std::string_view scheme_text, user, host, headers;
    std::optional<std::string_view> password;
    std::optional<std::uint16_t> port;
    scan::NoParams params;
};

// sip:user@host:port;name=value with nothing in it that needs a second look, as nearly all URIs are. False:
// read_uri() shall look; nothing was written then.
bool read_usual(std::string_view text, auto& uri) {
    if (!text.starts_with("sip:")) return false;
    const auto* at = text.data() + 4;
    const auto* const end = text.data() + text.size();
    const auto host_like = [&] {
        return scan::length_of({at, static_cast<std::size_t>(end - at)}, scan::Host);
    };

    // What a host may be made of is either the user, which "@" tells, or the host.
    std::string_view user;
    auto host = std::string_view{at, host_like()};
    at += host.size();
    if (at != end && *at == '@') {
        user = host;
        if (user.empty()) return false;
        ++at;
        host = {at, host_like()};
        at += host.size();
    }
    if (host.empty()) return false;
    std::optional<std::uint16_t> port;
    if (at != end && *at == ':') {
        port = scan::take_port(++at, end);
        if (!port) return false;
    }
    // Parameters of tokens. What is behind them, headers or "@", is for read_uri().
    const auto* const params = at;
    while (at != end) {
        if (*at != ';') return false;
        const auto* const name = ++at;
        while (at != end && scan::is(*at, scan::Token)) ++at;
        if (at == name) return false;
        if (at == end || *at != '=') continue;
        ++at;
        while (at != end && scan::is(*at, scan::Token | scan::Host | scan::Ipv6)) ++at;
    }
    const auto length = static_cast<std::size_t>(end - params);
    if (length > Params::most_name_octets) return false;  // so that each of them fits
    if constexpr (!std::is_same_v<decltype(uri.params), scan::NoParams>) {
        if (length != 0) uri.params.reserve(length);
        for (at = params; at != end;) {
            const auto* const name = ++at;
            while (at != end && *at != ';' && *at != '=') ++at;
            Param p{{name, static_cast<std::size_t>(at - name)}};
            if (at != end && *at == '=') {
                const auto* const value = ++at;
                while (at != end && *at != ';') ++at;
                p.value = std::string_view{value, static_cast<std::size_t>(at - value)};
            }
            uri.params.add(p);
        }
    }
    uri.scheme = Uri::Scheme::Sip;
    uri.user = user;
    uri.host = host;
    uri.port = port;
    return true;
}

std::optional<ParseError> read_uri(std::string_view text, auto& uri) {
    if (read_usual(text, uri)) return std::nullopt;
    if (const auto bad = scan::find(text, scan::NotInUri); bad != std::string_view::npos)
        return malformed(bad, "character not allowed in a URI");
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_alpha(text[0])) return malformed(0, "no scheme");
    const auto scheme = text.substr(0, colon);

    Scanner s{text};
    s.move_to(colon + 1);
    if (scheme == "sip" || iequals(scheme, "sip") || iequals(scheme, "sips")) {
        uri.scheme = scheme.size() == 3 ? Uri::Scheme::Sip : Uri::Scheme::Sips;
        return parse_sip(s, uri);
    }
    if (iequals(scheme, "tel")) {
        uri.scheme = Uri::Scheme::Tel;
        return parse_tel(s, uri);
    }
    // RFC 3986 3.1
    for (std::size_t i = 0; i < colon; ++i)
        if (!is_alpha(text[i]) && !is_digit(text[i]) && text[i] != '+' && text[i] != '-' && text[i] != '.')
            return malformed(i, "not a scheme");
    uri.scheme = Uri::Scheme::Other;
    uri.scheme_text = scheme;
    uri.user = s.rest();
    return std::nullopt;
}

}  // namespace

std::optional<ParseError> codec::parse(std::string_view text, Uri& out) {
    if (auto error = read_uri(text, out)) return error;
    if (out.scheme == Uri::Scheme::Other) out.scheme_text = to_lower(out.scheme_text);
    return std::nullopt;
}

Parsed<Uri> Uri::parse(std::string_view text) {
    return codec::parsed<Uri>(text);
}

std::optional<ParseError> Uri::check(std::string_view text) {
    UriText parts;
    return read_uri(text, parts);
}

Uri Uri::sip(std::string_view user, std::string_view host, std::optional<std::uint16_t> port) {
    Uri uri;
    uri.user = user;
    uri.host = host;
    uri.port = port;
    return uri;
}

Uri Uri::tel(std::string_view number) {
    Uri uri;
    uri.scheme = Scheme::Tel;
    uri.user = number;
    return uri;
}

void Uri::print(std::string& out) const {
    out.reserve(out.size() + size_hint());
    switch (scheme) {
        case Scheme::Other:
            out += scheme_text;
            out += ':';
            out += user;
            return;
        case Scheme::Tel:
            out += "tel:";
            out += user;
            params.print(out);
            return;
        case Scheme::Sip: out += "sip:"; break;
        case Scheme::Sips: out += "sips:"; break;
    }
    if (!user.empty()) {
        out += user;
        if (password) {
            out += ':';
            out += *password;
        }
        out += '@';
    }
    out += host;
    if (port) {
        out += ':';
        out += std::to_string(*port);
    }
    params.print(out);
    if (!headers.empty()) {
        out += '?';
        out += headers;
    }
}

std::string Uri::text() const {
    std::string out;
    print(out);
    return out;
}

std::string unescape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int octet = escaped_octet(text, i);
        if (octet < 0) return std::string{text};
        out += static_cast<char>(octet);
        i += 2;
    }
    return out;
}

std::string escape_user(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (scan::is(c, scan::UriUser)) {
            out += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        out += '%';
        out += digits[octet >> 4];
        out += digits[octet & 15];
    }
    return out;
}

}  // namespace ims::sip
