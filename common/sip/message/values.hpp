#pragma once
#include "common/sip/message/params.hpp"
#include "common/sip/message/uri.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the typed headers hold. Many headers share a shape; headers.hpp says which header has which.
namespace ims::sip {

// RFC 3261 7.1 and the extensions an IMS core meets; anything else is Other and keeps its text.
enum class Method : std::uint8_t {
    Invite,
    Ack,
    Bye,
    Cancel,
    Register,
    Options,
    Prack,
    Update,
    Info,
    Message,
    Subscribe,
    Notify,
    Refer,
    Publish,
    Other
};
std::string_view method_text(Method m);      // "INVITE"; empty for Other
Method parse_method(std::string_view text);  // case-sensitive (RFC 3261 7.1)

// Common status codes; any int from 100 to 699 is allowed where a status is asked for.
std::string_view default_reason(int status);  // "Not Found"; "Unknown" where RFC-registered names have none

// From, To, Contact, Route, Record-Route, Path, P-Asserted-Identity and their like: name-addr or addr-spec.
struct NameAddr {
    std::string display_name;  // without quotes and escapes
    Uri uri;
    Params params;  // header parameters: tag, expires, q, +sip.instance, ...

    NameAddr() = default;
    explicit NameAddr(Uri u) : uri{std::move(u)} {}
    static Parsed<NameAddr> parse(std::string_view text);
    std::optional<std::string_view> tag() const { return params.get("tag"); }
    std::string text() const;
    bool operator==(const NameAddr&) const = default;
};

// One value of Contact: an address or "*" (RFC 3261 20.10).
struct ContactValue {
    bool star = false;
    NameAddr address;
    bool operator==(const ContactValue&) const = default;
};

struct ViaValue {
    std::string transport;  // "UDP", "TCP", "TLS", "SCTP", "WS", "WSS", or what came
    std::string host;       // an IPv6 reference keeps its brackets
    std::optional<std::uint16_t> port;
    Params params;

    std::string_view branch() const { return params.get("branch").value_or(std::string_view{}); }
    std::string sent_by()
        const;  // "host:port" with the transport's default port made explicit, host in lower case
    bool operator==(const ViaValue&) const = default;
};

struct CSeqValue {
    std::uint32_t number = 0;  // below 2^31
    Method method = Method::Other;
    std::string method_name;
    bool operator==(const CSeqValue&) const = default;
};

struct RAckValue {
    std::uint32_t response_number = 0;
    CSeqValue cseq;
    bool operator==(const RAckValue&) const = default;
};

// A token (or other single word) with parameters: Event, Subscription-State, P-Access-Network-Info, Reason,
// Security-Client/-Server/-Verify, Content-Type, Session-Expires, P-Charging-Vector (word empty, all in
// params), ...
struct TokenParams {
    std::string token;
    bool quoted = false;  // P-Visited-Network-ID may be a quoted-string
    Params params;
    bool operator==(const TokenParams&) const = default;
};

// WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization, Authentication-Info:
// "Digest realm=\"x\", nonce=\"y\"". Authentication-Info has no scheme.
struct AuthValue {
    std::string scheme;
    Params params;  // written comma separated
    bool operator==(const AuthValue&) const = default;
};

// A media type is a TokenParams whose token is "type/subtype" in lower case without white space.

}  // namespace ims::sip
