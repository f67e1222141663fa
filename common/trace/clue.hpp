#pragma once
#include "common/trace/shelf.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// What an entry says of whom and what it is about, found without parsing the message. Texts are compared by
// their hash: tens of thousands of entries are looked at for one question.
namespace ims::trace {

using Hash = std::uint64_t;
inline Hash hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

// The part of an identity by which its other forms are found: the digits of an IMSI or MSISDN, whatever
// domain,
// "+" or separators stand around it ("sip:+15550001@ims.example;user=phone" -> "15550001"), else
// "user@domain" in lower case. So identities that differ only in their domain (mnc01 and mnc001) meet.
std::string essence(std::string_view identity);

struct Clue {
    Hash call_id = 0, icid = 0;  // 0: none
    bool registers = false;      // a REGISTER, or its response
    std::uint64_t connection = 0;
    std::vector<Hash> same;   // identities of one subscriber
    std::vector<Hash> named;  // identities that have a part in it
};
Clue clue_of(Kind kind, const std::vector<std::string_view>& fields);

// The headers of a SIP message by their order, without parsing values: f(name in lower case, long form;
// value). Folded lines are not joined. The first line comes with the name "".
void each_header(std::string_view message,
                 const std::function<void(std::string_view name, std::string_view value)>& f);

}  // namespace ims::trace
