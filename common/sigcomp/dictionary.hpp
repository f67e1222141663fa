#pragma once
#include <cstdint>
#include <string_view>

// The published dictionaries: state items that every endpoint of ours has, whoever asks.
namespace ims::sigcomp {

std::string_view sip_sdp_dictionary();   // RFC 3485, mandatory for SIP (RFC 5049 4.5); 4,836 octets
std::string_view presence_dictionary();  // RFC 5112; 3,475 octets

// Where RFC 3485 3 puts the strings and the more useful ones among them; the table behind is not needed to
// copy from them.
struct DictionaryPart {
    std::uint16_t begin, length;
};
constexpr DictionaryPart all_strings{0, 0x0D8C};
constexpr DictionaryPart strings_of_priority_1_and_2{0x0920, 0x046C};

}  // namespace ims::sigcomp
