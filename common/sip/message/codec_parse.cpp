#include "common/base/text.hpp"
#include "common/sip/message/codec.hpp"
#include "common/sip/message/each_param.hpp"
#include "common/sip/message/flow.hpp"
#include "common/sip/message/scanner.hpp"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace ims::sip::codec {

namespace {

using scan::Scanner;

ParseError malformed(std::size_t at, std::string_view what) {
    return {ParseError::Kind::Malformed, at, what};
}

// name [= value], the value a token, a host or a quoted-string. An empty value is let through: it is the
// sender's business, and digest responses without a challenge have it ("nonce=,").
std::optional<ParseError> parse_param(Scanner& s, auto& params) {
    const auto begin = s.at();
    Param p;
    std::string unescaped;
    p.name = s.take_while(scan::Token);
    if (p.name.empty()) return malformed(begin, "parameter without a name");
    if (s.take_separator('=')) {
        p.quoted = s.peek() == '"';
        p.value = p.quoted ? s.take_quoted(unescaped) : s.take_until(scan::EndsParam);
        if (!p.value) return malformed(s.at(), "quoted-string not closed");
    }
    if (!params.add(p)) return malformed(begin, "parameter too long");
    return std::nullopt;
}

// ";name=value" of tokens and hosts without white space, as nearly all parameters are. What is something else
// stays for parse_param().
void take_usual_params(Scanner& s, auto& params) {
    const auto text = s.rest();
    const auto* at = text.data();
    const auto* const end = at + text.size();
    const auto* done = at;
    const auto length = [&](std::uint16_t any_of) {
        return scan::length_of({at, static_cast<std::size_t>(end - at)}, any_of);
    };
    if (text.size() > Params::most_value_octets) return;
    while (at != end && *at == ';') {
        Param p;
        p.name = {++at, length(scan::Token)};
        at += p.name.size();
        if (p.name.empty()) break;
        if (at != end && *at == '=') {
            ++at;
            p.value = std::string_view{at, length(scan::Token | scan::Host | scan::Ipv6)};
            at += p.value->size();
        }
        if (at != end && *at != ';') break;
        if (p.name.size() > Params::most_name_octets || (p.value && p.value->empty())) break;
        if constexpr (requires { params.add_usual(p); })
            params.add_usual(p);
        else if (!params.add(p))
            break;
        done = at;
    }
    s.move_to(s.at() + static_cast<std::size_t>(done - text.data()));
}

// *(SEMI param) to the end of the text.
std::optional<ParseError> parse_params(Scanner& s, auto& params) {
    if (s.done()) return std::nullopt;
    params.reserve(s.rest().size());
    take_usual_params(s, params);
    if (s.done()) return std::nullopt;
    while (s.take_separator(';'))
        if (auto error = parse_param(s, params)) return error;
    s.skip_space();
    if (!s.done()) return malformed(s.at(), "not a parameter");
    return std::nullopt;
}

struct Number {
    std::string_view digits;
    std::uint64_t value = 0;
    bool too_large = false;
};
Number take_number(Scanner& s) {
    const auto text = s.rest();
    std::uint64_t value = 0;
    std::size_t n = 0;
    for (; n < text.size() && is_digit(text[n]); ++n)
        value = value * 10 + static_cast<std::uint64_t>(text[n] - '0');
    const auto digits = text.substr(0, n);
    s.move_to(s.at() + n);
    constexpr std::size_t always_fit = 19;
    if (n <= always_fit) return {digits, value, false};
    const auto whole = parse_number(digits);
    return {digits, whole.value_or(0), !whole};
}

std::optional<ParseError> parse_cseq(Scanner& s, auto& out) {
    const auto begin = s.at();
    const auto number = take_number(s);
    if (number.digits.empty()) return malformed(begin, "no sequence number");
    if (number.too_large || number.value >= 1ULL << 31) return malformed(begin, "sequence number above 2^31");
    out.number = static_cast<std::uint32_t>(number.value);
    const auto space = s.at();
    s.skip_space();
    const auto name_begin = s.at();
    const auto name = s.take_while(scan::Token);
    if (name_begin == space || name.empty()) return malformed(space, "no method");
    out.method = parse_method(name);
    out.method_name = name;
    s.skip_space();
    if (!s.done()) return malformed(s.at(), "not allowed after the method");
    return std::nullopt;
}

// What is built from a URI or an address, or that nothing is built.
std::optional<ParseError> parse_uri(std::string_view text, Uri& uri) {
    return parse(text, uri);
}
struct NoUri {};
std::optional<ParseError> parse_uri(std::string_view text, NoUri&) {
    return Uri::check(text);
}
// The branch of a Via. A quoted one, which nobody writes, does not count.
struct BranchOnly : scan::NoParams {
    std::string_view branch;
    void add_usual(const Param& p) { add(p); }
    bool add(const Param& p) {
        constexpr std::string_view name = "branch";
        if (branch.empty() && p.value && !p.quoted && p.name.size() == name.size() &&
            (p.name == name || iequals(p.name, name)))
            branch = *p.value;
        return NoParams::add(p);
    }
};
// Its tag, of which only a token counts here. A "<" in front of it, which may hide it from others, neither.
struct TagOnly : scan::NoParams {
    std::string_view tag;
    bool found = false;
    void add_usual(const Param& p) {
        if (found || !p.value || p.name.size() != 3 || (p.name != "tag" && !iequals(p.name, "tag"))) return;
        found = true;
        tag = *p.value;
    }
    bool add(const Param& p) {
        const auto value = p.value.value_or(std::string_view{});
        if (!p.quoted && value.find('<') != std::string_view::npos)
            found = true;
        else if (!found && p.value && iequals(p.name, "tag")) {
            found = true;
            if (!p.quoted && scan::length_of(value, scan::Token) == value.size()) tag = value;
        }
        return NoParams::add(p);
    }
};
// In place of a text that nobody asks for.
struct NoText {
    template <class T>
    NoText& operator=(const T&) {
        return *this;
    }
};
struct CheckedAddress {
    NoText display_name;
    NoUri uri;
    TagOnly params;
    bool in_brackets = false;
};

std::optional<ParseError> parse_addr_spec(Scanner& s, auto& out) {
    const auto begin = s.at();
    const auto text = s.rest().substr(0, scan::find(s.rest(), scan::EndsAddrSpec));
    // RFC 3261 20.10: a URI with a comma, question mark or semicolon is written between < and >.
    if (const auto mark = text.find('?'); mark != std::string_view::npos)
        return malformed(begin + mark, "URI with headers outside of <>");
    if (const auto error = parse_uri(text, out.uri)) return malformed(begin + error->offset, error->what);
    s.move_to(begin + text.size());
    return std::nullopt;
}

// Where the display name made of tokens ends, if it is one: at the '<'.
std::optional<std::size_t> token_display_name(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '<') return i;
        const bool utf8 =
            static_cast<unsigned char>(text[i]) >= 0x80;  // not in the grammar, on the wire all the same
        if (!utf8 && !scan::is(text[i], scan::Token | scan::Space)) return std::nullopt;
    }
    return std::nullopt;
}

std::optional<ParseError> parse_name_addr(Scanner& s, auto& out) {
    s.skip_space();
    if (s.peek() == '"') {
        std::string unescaped;
        const auto name = s.take_quoted(unescaped);
        if (!name) return malformed(s.at(), "quoted-string not closed");
        out.display_name = *name;
        s.skip_space();
        if (s.peek() != '<') return malformed(s.at(), "no < after the display name");
    } else if (const auto end = token_display_name(s.rest())) {
        if constexpr (std::is_same_v<decltype(out.display_name), std::string>)
            if (*end > 0) out.display_name = scan::unfold(trim(s.rest().substr(0, *end)));
        s.move_to(s.at() + *end);
    }
    if (s.take('<')) {
        const auto begin = s.at();
        const auto close = s.rest().find('>');
        if (close == std::string_view::npos) return malformed(begin, "< not closed");
        if (const auto error = parse_uri(s.rest().substr(0, close), out.uri))
            return malformed(begin + error->offset, error->what);
        s.move_to(begin + close + 1);
        if constexpr (requires { out.in_brackets; }) out.in_brackets = true;
    } else if (auto error = parse_addr_spec(s, out)) {
        return error;
    }
    return parse_params(s, out.params);
}

// "SIP/2.0/UDP host:port" with parameters or nothing behind it, as nearly all are. False: nothing was read.
bool take_usual_sent_by(Scanner& s, auto& out) {
    constexpr std::string_view usual = "SIP/2.0/";
    const auto text = s.rest();
    if (!text.starts_with(usual)) return false;
    const auto* at = text.data() + usual.size();
    const auto* const end = text.data() + text.size();
    const auto length = [&](std::uint16_t any_of) {
        return scan::length_of({at, static_cast<std::size_t>(end - at)}, any_of);
    };
    const auto known = parse_transport({at, length(scan::Token)});
    if (!known) return false;
    const auto transport = transport_text(*known);
    at += transport.size();
    if (at == end || *at != ' ') return false;
    ++at;
    const std::string_view host{at, length(scan::Host)};
    if (host.empty()) return false;
    at += host.size();
    std::optional<std::uint16_t> port;
    if (at != end && *at == ':') {
        port = scan::take_port(++at, end);
        if (!port) return false;
    }
    if (at != end && *at != ';') return false;
    out.transport = transport;
    out.host = host;
    out.port = port;
    s.move_to(s.at() + static_cast<std::size_t>(at - text.data()));
    return true;
}

std::optional<ParseError> parse_via(Scanner& s, auto& out) {
    s.skip_space();
    if (take_usual_sent_by(s, out)) return parse_params(s, out.params);
    constexpr std::string_view usual = "SIP/2.0/";
    if (s.rest().starts_with(usual)) {
        s.move_to(s.at() + usual.size());
        s.skip_space();
    } else {
        const auto protocol = s.take_while(scan::Token);
        if (protocol.empty() || !s.take_separator('/')) return malformed(s.at(), "no protocol name");
        const auto version = s.take_while(scan::Token);
        if (version.empty() || !s.take_separator('/')) return malformed(s.at(), "no protocol version");
    }
    const auto transport = s.take_while(scan::Token);
    if (transport.empty()) return malformed(s.at(), "no transport");
    const auto known = parse_transport(transport);
    out.transport = known ? transport_text(*known) : transport;

    const auto space = s.at();
    s.skip_space();
    const auto begin = s.at();
    if (begin == space) return malformed(begin, "no white space before sent-by");
    if (s.peek() == '[') {
        const auto close = s.rest().find(']');
        if (close == std::string_view::npos) return malformed(begin, "IPv6 reference not closed");
        Scanner inside{s.rest().substr(1, close - 1)};
        inside.take_while(scan::Ipv6);
        if (!inside.done() || close < 3) return malformed(begin + 1 + inside.at(), "not an IPv6 address");
        out.host = s.rest().substr(0, close + 1);
        s.move_to(begin + close + 1);
    } else {
        out.host = s.take_while(scan::Host);
    }
    if (out.host.empty()) return malformed(begin, "no host");
    if (s.take_separator(':')) {
        const auto port_begin = s.at();
        const auto port = take_number(s);
        if (port.digits.empty() || port.too_large || port.value > 65535)
            return malformed(port_begin, "not a port");
        out.port = static_cast<std::uint16_t>(port.value);
    }
    return parse_params(s, out.params);
}

}  // namespace

std::optional<ParseError> parse(std::string_view text, std::string& out) {
    out = scan::unfold(trim(text));
    return std::nullopt;
}

std::optional<ParseError> parse(std::string_view text, std::uint32_t& out) {
    text = trim(text);
    Scanner s{text};
    const auto number = take_number(s);
    if (number.digits.empty() || !s.done()) return malformed(s.at(), "not a number");
    // A time or a length above 2^32-1 is more than anybody will wait for or read; CSeq has a rule of its own.
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    out = number.too_large || number.value > most ? most : static_cast<std::uint32_t>(number.value);
    return std::nullopt;
}

std::optional<ParseError> parse(std::string_view text, NameAddr& out) {
    Scanner s{text};
    return parse_name_addr(s, out);
}

std::optional<ParseError> parse(std::string_view text, ContactValue& out) {
    Scanner s{text};
    s.skip_space();
    if (!s.take('*')) return parse_name_addr(s, out.address);
    out.star = true;
    s.skip_space();
    if (s.done()) return std::nullopt;
    return malformed(s.at(), "not allowed after *");
}

std::optional<ParseError> parse(std::string_view text, ViaValue& out) {
    Scanner s{text};
    return parse_via(s, out);
}

std::optional<ParseError> check_address(std::string_view text, std::string_view& tag) {
    Scanner s{text};
    CheckedAddress address;
    if (auto error = parse_name_addr(s, address)) return error;
    if (address.in_brackets) tag = address.params.tag;
    return std::nullopt;
}

Parsed<std::string_view> branch_of_via(std::string_view text) {
    struct {
        std::string_view transport, host;
        std::optional<std::uint16_t> port;
        BranchOnly params;
    } via;
    Scanner s{text};
    if (const auto error = parse_via(s, via)) return *error;
    return via.params.branch;
}

ViaValue via_as_far_as_readable(std::string_view text) {
    Scanner s{text};
    ViaValue via;
    (void)parse_via(s, via);
    return via;
}

std::optional<ParseError> parse(std::string_view text, CSeqValue& out) {
    Scanner s{text};
    s.skip_space();
    return parse_cseq(s, out);
}

std::optional<ParseError> parse(std::string_view text, CSeqText& out) {
    Scanner s{text};
    s.skip_space();
    return parse_cseq(s, out);
}

std::uint32_t cseq_number(std::string_view text) {
    CSeqText cseq;
    return parse(text, cseq) ? 0 : cseq.number;
}

std::optional<ParseError> parse(std::string_view text, RAckValue& out) {
    Scanner s{text};
    s.skip_space();
    const auto number = take_number(s);
    if (number.digits.empty() || number.too_large || number.value > std::numeric_limits<std::uint32_t>::max())
        return malformed(s.at(), "no response number");
    out.response_number = static_cast<std::uint32_t>(number.value);
    const auto space = s.at();
    s.skip_space();
    if (s.at() == space) return malformed(space, "no sequence number");
    return parse_cseq(s, out.cseq);
}

std::optional<ParseError> parse(std::string_view text, TokenParams& out) {
    Scanner s{text};
    s.skip_space();
    if (s.peek() == '"') {
        out.quoted = true;
        std::string unescaped;
        const auto token = s.take_quoted(unescaped);
        if (!token) return malformed(s.at(), "quoted-string not closed");
        out.token = *token;
    } else {
        // Target-Dialog and Replaces have a Call-ID here, so more than a token is let through.
        out.token = s.take_until(scan::EndsParam);
        if (out.token.empty()) return malformed(s.at(), "no token");
    }
    s.skip_space();
    if (s.take('(')) {  // RFC 3261 20.33: Retry-After may carry a comment
        const auto close = s.rest().find(')');
        if (close == std::string_view::npos) return malformed(s.at(), "comment not closed");
        s.move_to(s.at() + close + 1);
    }
    return parse_params(s, out.params);
}

std::optional<ParseError> parse_media_type(std::string_view text, TokenParams& out) {
    Scanner s{text};
    s.skip_space();
    const auto type = s.take_while(scan::Token);
    if (type.empty() || !s.take_separator('/')) return malformed(s.at(), "no media type");
    const auto subtype = s.take_while(scan::Token);
    if (subtype.empty()) return malformed(s.at(), "no media subtype");
    out.token = to_lower(type);
    out.token += '/';
    out.token += to_lower(subtype);
    return parse_params(s, out.params);
}

namespace {

std::optional<ParseError> parse_only_params(std::string_view text, auto& params) {
    Scanner s{text};
    s.skip_space();
    if (s.peek() != ';')
        if (auto error = parse_param(s, params)) return error;
    return parse_params(s, params);
}

}  // namespace

std::optional<ParseError> parse_params_only(std::string_view text, TokenParams& out) {
    return parse_only_params(text, out.params);
}

namespace {

std::optional<ParseError> parse_auth(std::string_view text, std::string_view& scheme, auto& params) {
    Scanner s{text};
    s.skip_space();
    const auto begin = s.at();
    const auto word = s.take_while(scan::Token);
    if (word.empty()) return malformed(begin, "no authentication scheme");
    if (s.take_separator('='))
        s.move_to(begin);  // Authentication-Info: parameters from the start
    else
        scheme = word;
    params.reserve(s.rest().size());
    for (;;) {
        s.skip_space();
        while (s.take_separator(',')) {
        }
        if (s.done()) return std::nullopt;
        // A token68 of another scheme than Digest (RFC 7235 2.1) is held as one parameter without a value.
        const auto first = s.rest().find_first_not_of('=');
        if (first == std::string_view::npos || scan::is(s.rest()[first], scan::EndsToken68))
            return malformed(s.at(), "parameter without a name");
        if (auto error = parse_param(s, params)) return error;
        s.skip_space();
        if (!s.done() && s.peek() != ',') return malformed(s.at(), "no comma after the parameter");
    }
}

}  // namespace

std::optional<ParseError> parse(std::string_view text, AuthValue& out) {
    std::string_view scheme;
    const auto error = parse_auth(text, scheme, out.params);
    out.scheme = scheme;
    return error;
}

std::optional<ParseError> parse(std::string_view text, std::vector<std::string>& out) {
    // RFC 3323 4.2 separates with semicolons. Commas and spaces are seen too, and no wish for privacy shall
    // be lost.
    constexpr std::string_view separators = ";, \t\r\n";
    for (auto at = text.find_first_not_of(separators); at != std::string_view::npos;) {
        const auto end = std::min(text.find_first_of(separators, at), text.size());
        out.emplace_back(text.substr(at, end - at));
        at = text.find_first_not_of(separators, end);
    }
    return std::nullopt;
}

std::size_t first_value_length(std::string_view text) {
    if (text.find(',') == std::string_view::npos) return text.size();
    std::size_t i = 0;
    while (i < text.size()) {
        i = scan::find(text, scan::MayEndValue, i);
        if (i == std::string_view::npos) return text.size();
        if (text[i] == ',') return i;
        if (text[i] == '<') {
            i = text.find('>', i);
            if (i == std::string_view::npos) return text.size();
            ++i;
            continue;
        }
        for (++i; i < text.size() && text[i] != '"'; ++i)
            if (text[i] == '\\') ++i;
        ++i;
    }
    return text.size();
}

}  // namespace ims::sip::codec

namespace ims::sip {

namespace {

// In place of Params: shows them.
struct Shown : scan::NoParams {
    const std::function<void(const Param&)>& show;
    bool add(const Param& p) {
        if (!NoParams::add(p)) return false;
        show(p);
        return true;
    }
};

}  // namespace

std::optional<ParseError> each_param(std::string_view text, const std::function<void(const Param&)>& show) {
    Shown shown{{}, show};
    return codec::parse_only_params(text, shown);
}

std::optional<ParseError> each_auth_param(std::string_view text,
                                          const std::function<void(const Param&)>& show) {
    Shown shown{{}, show};
    std::string_view scheme;
    return codec::parse_auth(text, scheme, shown);
}

}  // namespace ims::sip
