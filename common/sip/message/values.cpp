#include "common/sip/message/values.hpp"

#include "common/base/text.hpp"
#include "common/sip/message/codec.hpp"
#include "common/sip/message/flow.hpp"

#include <array>
#include <utility>

namespace ims::sip {

namespace {

constexpr std::array<std::string_view, 15> methods{"INVITE",    "ACK",    "BYE",    "CANCEL",  "REGISTER",
                                                   "OPTIONS",   "PRACK",  "UPDATE", "INFO",    "MESSAGE",
                                                   "SUBSCRIBE", "NOTIFY", "REFER",  "PUBLISH", ""};
static_assert(methods.size() == static_cast<std::size_t>(Method::Other) + 1);

// RFC 3261 21 and the IANA registry of response codes.
constexpr std::pair<int, std::string_view> reasons[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {199, "Early Dialog Terminated"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {417, "Unknown Resource-Priority"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {422, "Session Interval Too Small"},
    {423, "Interval Too Brief"},
    {424, "Bad Location Information"},
    {425, "Bad Alert Message"},
    {428, "Use Identity Header"},
    {429, "Provide Referrer Identity"},
    {430, "Flow Failed"},
    {433, "Anonymity Disallowed"},
    {436, "Bad Identity Info"},
    {437, "Unsupported Credential"},
    {438, "Invalid Identity Header"},
    {439, "First Hop Lacks Outbound Support"},
    {440, "Max-Breadth Exceeded"},
    {469, "Bad Info Package"},
    {470, "Consent Needed"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {494, "Security Agreement Required"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {555, "Push Notification Service Not Supported"},
    {580, "Precondition Failure"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
    {607, "Unwanted"},
    {608, "Rejected"},
};

}  // namespace

std::string_view method_text(Method m) {
    return methods[static_cast<std::size_t>(m)];
}

Method parse_method(std::string_view text) {
    if (text.empty()) return Method::Other;
    for (std::size_t i = 0; i + 1 < methods.size(); ++i)
        if (methods[i].size() == text.size() && methods[i][0] == text[0] && methods[i] == text)
            return static_cast<Method>(i);
    return Method::Other;
}

std::string_view default_reason(int status) {
    for (const auto& [code, text] : reasons)
        if (code == status) return text;
    return "Unknown";
}

Parsed<NameAddr> NameAddr::parse(std::string_view text) {
    return codec::parsed<NameAddr>(text);
}

std::string NameAddr::text() const {
    std::string out;
    codec::print(*this, out);
    return out;
}

std::string ViaValue::sent_by() const {
    const auto known = parse_transport(transport);
    auto out = to_lower(host);
    out += ':';
    out += std::to_string(port.value_or(known ? default_port(*known) : std::uint16_t{5060}));
    return out;
}

}  // namespace ims::sip
