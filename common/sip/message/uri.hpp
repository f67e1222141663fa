#pragma once
#include "common/sip/message/params.hpp"
#include "common/sip/message/parse_error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ims::sip {

// A SIP or SIPS URI (RFC 3261 19.1), a tel URI (RFC 3966) or any other URI (kept as text).
//
//   sip:user:password@host:port;params?headers     tel:+123-45;phone-context=x     urn:service:sos
struct Uri {
    enum class Scheme : std::uint8_t { Sip, Sips, Tel, Other };

    Scheme scheme = Scheme::Sip;
    std::string scheme_text;  // of Other only, lower case: "urn", "http", "pres"
    std::string user;         // sip: still escaped as it came; tel: the number with its separators; Other:
                              // everything after "scheme:"
    std::optional<std::string> password;  // still escaped
    std::string host;                     // sip only; an IPv6 reference keeps its brackets
    std::optional<std::uint16_t> port;
    Params params;
    std::string headers;  // after '?', as it came

    static Parsed<Uri> parse(std::string_view text);                // the whole text must be the URI
    static std::optional<ParseError> check(std::string_view text);  // what parse() would say against it
    static Uri sip(std::string_view user, std::string_view host, std::optional<std::uint16_t> port = {});
    static Uri tel(std::string_view number);

    bool is_sip() const { return scheme == Scheme::Sip || scheme == Scheme::Sips; }
    bool is_tel() const { return scheme == Scheme::Tel; }
    bool has(std::string_view param) const { return params.has(param); }
    bool loose() const { return has("lr"); }  // a loose router (RFC 3261 19.1.1)

    void print(std::string& out) const;
    std::string text() const;
    // What print() writes, or a little more.
    std::size_t size_hint() const {
        return 16 + scheme_text.size() + user.size() + (password ? password->size() : 0) + host.size() +
               params.size_hint() + headers.size();
    }

    // RFC 3261 19.1.4 and RFC 3966 5: escapes, case of scheme and host, parameters in any order.
    bool equivalent(const Uri& other) const;
    bool operator==(const Uri&) const = default;  // to the letter
};

// The user part with its escapes resolved ("%61" is "a"); unchanged if an escape is broken.
std::string unescape(std::string_view text);
// Escapes everything that is not allowed in the user part.
std::string escape_user(std::string_view text);

}  // namespace ims::sip
