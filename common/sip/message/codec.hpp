#pragma once
#include "common/sip/message/headers.hpp"

#include <string>
#include <string_view>

// Text of one header value <-> its type. Message uses these; nodes use Message.
namespace ims::sip::codec {

// Parses one value (the part between commas for a list header). The whole text must be used up.
void parse(std::string_view text, Parsed<std::string>& out);
void parse(std::string_view text, Parsed<std::uint32_t>& out);
void parse(std::string_view text, Parsed<NameAddr>& out);
void parse(std::string_view text, Parsed<ContactValue>& out);
void parse(std::string_view text, Parsed<ViaValue>& out);
void parse(std::string_view text, Parsed<CSeqValue>& out);
void parse(std::string_view text, Parsed<RAckValue>& out);
void parse(std::string_view text, Parsed<TokenParams>& out);
void parse(std::string_view text, Parsed<AuthValue>& out);
void parse(std::string_view text, Parsed<std::vector<std::string>>& out);

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
void parse_params_only(std::string_view text, Parsed<TokenParams>& out);

// Content-Type and Accept: the token is "type/subtype" in lower case, whatever white space was around the
// slash.
void parse_media_type(std::string_view text, Parsed<TokenParams>& out);
// For answering a request that is refused: everything of a Via up to its first mistake.
ViaValue via_as_far_as_readable(std::string_view text);

// What is against a name-addr or addr-spec with its parameters; builds nothing.
std::optional<ParseError> check_address(std::string_view text);
// The number of a CSeq that parse() accepts; 0 of any other.
std::uint32_t cseq_number(std::string_view text);
// The branch of one Via value, empty if it has none; a view into `text`.
Parsed<std::string_view> branch_of_via(std::string_view text);

// Length of the first value of a comma separated list: commas inside quotes and <> do not count.
std::size_t first_value_length(std::string_view text);

template <class H>
Parsed<typename H::Value> parse_value(std::string_view text) {
    Parsed<typename H::Value> out{ParseError{}};
    if constexpr (H::id == HeaderId::PChargingVector || H::id == HeaderId::PChargingFunctionAddresses ||
                  H::id == HeaderId::ResponseSource)
        parse_params_only(text, out);
    else if constexpr (H::id == HeaderId::ContentType || H::id == HeaderId::Accept)
        parse_media_type(text, out);
    else
        parse(text, out);
    return out;
}

}  // namespace ims::sip::codec
