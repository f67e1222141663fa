#pragma once
#include "common/sigcomp/dictionary.hpp"
#include "common/sigcomp/state.hpp"

#include <cstdint>

// The program that our messages bring along and later only name, and what it reads:
//
//   sequence │ ring end │ flags │ parameters if flagged │ identifiers of kept texts, six octets each │ code
//   words
//
// In its memory:            0 .. 127   registers and variables
//                    128 .. window-1   the program; each message has it stored again
//                  window .. ring end  the dictionary, the kept texts named, ten octets, and the text
//
// The ten octets are what SHA-1 hashes before the text: with them it makes the identifier under which the
// text is kept, to announce that its sender keeps it too (RFC 3321 5.2, shared compression).
namespace ims::sigcomp {

struct Bytecode {
    DictionaryPart dictionary;  // length 0: none is loaded
    Octets code;
    std::uint16_t window = 0;
    StatePointer state;  // what it has stored of itself
};
// Which fits: the less memory the machine has, the less of it should the dictionary take.
const Bytecode& bytecode_for(std::uint32_t memory_size);

constexpr std::uint16_t code_address = 128;
constexpr std::uint16_t code_priority = 1;  // texts have 0, so that they go first
constexpr std::uint16_t text_header =
    10;  // state_length, address, instruction, minimum_access_length; own length
constexpr std::uint16_t max_kept = 1408;  // of a text with its own length; what is longer is kept in part

namespace flag {
constexpr std::uint8_t keep = 0x06;        // the receiver: minimum_access_length 6
constexpr std::uint8_t announce = 0x14;    // the sender has it too: an identifier of 20 octets
constexpr std::uint8_t text_state = 0x04;  // in both
constexpr std::uint8_t parameters = 0x08;
constexpr unsigned texts_shift = 5;  // how many kept texts are named: 0 to 7
}  // namespace flag

// A text as it is kept: its length with these two octets, then as much of it as fits. `address` is where it
// lay.
StatePointer kept_text(std::uint16_t address, std::string_view text);
bool is_kept_text(const StateItem& item);  // of this form, whoever made it

}  // namespace ims::sigcomp
