#pragma once
#include "common/sip/message/headers.hpp"

#include <string>
#include <string_view>

// Text of one header value <-> its type. Message uses these; nodes use Message.
namespace ims::sip::codec {

// Parses one value (the part between commas for a list header) into `out`, which nobody has written to yet.
// The whole text must be used up. Returns what is against it; `out` is then of no use.
std::optional<ParseError> parse(std::string_view text, std::string& out);
std::optional<ParseError> parse(std::string_view text, std::uint32_t& out);
std::optional<ParseError> parse(std::string_view text, Uri& out);
std::optional<ParseError> parse(std::string_view text, NameAddr& out);
std::optional<ParseError> parse(std::string_view text, ContactValue& out);
std::optional<ParseError> parse(std::string_view text, ViaValue& out);
std::optional<ParseError> parse(std::string_view text, CSeqValue& out);
std::optional<ParseError> parse(std::string_view text, RAckValue& out);
std::optional<ParseError> parse(std::string_view text, TokenParams& out);
std::optional<ParseError> parse(std::string_view text, AuthValue& out);
std::optional<ParseError> parse(std::string_view text, std::vector<std::string>& out);

void print(const std::string& value, std::string& out);
void print(std::uint32_t value, std::string& out);
void print(const NameAddr& value, std::string& out);
void print(const ContactValue& value, std::string& out);
void print(const ViaValue& value, std::string& out);
void print(const CSeqValue& value, std::string& out);
void print(const RAckValue& value, std::string& out);
void print(const TokenParams& value, std::string& out);
void print(const AuthValue& value, std::string& out);
void print(const std::vector<std::string>& value, std::string& out);

// P-Charging-Vector, P-Charging-Function-Addresses and Response-Source have parameters and no token in front.
std::optional<ParseError> parse_params_only(std::string_view text, TokenParams& out);

// Content-Type and Accept: the token is "type/subtype" in lower case, whatever white space was around the
// slash.
std::optional<ParseError> parse_media_type(std::string_view text, TokenParams& out);
// For answering a request that is refused: everything of a Via up to its first mistake.
ViaValue via_as_far_as_readable(std::string_view text);

// What is against a name-addr or addr-spec with its parameters; builds nothing. `tag` is its tag, a view into
// `text`, where that is a token behind a URI in <>; it stays without data if there is none, or it must be
// looked for.
std::optional<ParseError> check_address(std::string_view text, std::string_view& tag);
// A CSeq as it stands, for whom it need not outlive the text.
struct CSeqText {
    std::uint32_t number = 0;
    Method method = Method::Other;
    std::string_view method_name;
};
std::optional<ParseError> parse(std::string_view text, CSeqText& out);
// The number of a CSeq that parse() accepts; 0 of any other.
std::uint32_t cseq_number(std::string_view text);
// The branch of one Via value, empty if it has none; a view into `text`.
Parsed<std::string_view> branch_of_via(std::string_view text);

// Length of the first value of a comma separated list: commas inside quotes and <> do not count.
std::size_t first_value_length(std::string_view text);

template <class H>
std::optional<ParseError> parse_header(std::string_view text, typename H::Value& out) {
    if constexpr (H::id == HeaderId::PChargingVector || H::id == HeaderId::PChargingFunctionAddresses ||
                  H::id == HeaderId::ResponseSource)
        return parse_params_only(text, out);
    else if constexpr (H::id == HeaderId::ContentType || H::id == HeaderId::Accept)
        return parse_media_type(text, out);
    else
        return parse(text, out);
}

// The value is read where it stays: moving a URI is half as dear as reading it.
template <class V, class Parse>
Parsed<V> parsed(std::string_view text, Parse parse_into) {
    Parsed<V> out{boost::system::in_place_value};
    if (const auto error = parse_into(text, *out)) out = *error;
    return out;
}
template <class V>
Parsed<V> parsed(std::string_view text) {
    return parsed<V>(text, [](std::string_view t, V& out) { return parse(t, out); });
}
template <class H>
Parsed<typename H::Value> parse_value(std::string_view text) {
    return parsed<typename H::Value>(text, parse_header<H>);
}

}  // namespace ims::sip::codec
