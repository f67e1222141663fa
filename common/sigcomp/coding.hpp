#pragma once
#include "common/sigcomp/assembler.hpp"

#include <cstdint>
#include <vector>

// The prefix codes of our compressed messages. A message is a sequence of
//
//   run │ so many literals │ length │ place
//
// where `run` literals are followed by a copy of `length` octets from `place`; it ends with its octets,
// filled up with ones, which begin no whole code word of `run` and `length`.
namespace ims::sigcomp {

class BitWriter {
  public:
    void put(unsigned bits, std::uint32_t word);  // the most significant bit first
    Octets finish();                              // filled up with ones

  private:
    Octets octets_;
    unsigned used_ = 8;  // bits of the last octet
};

// Code words in groups: those of a group have the same length and stand for consecutive values. Groups are
// listed by growing length; the words count upwards through them, so that INPUT-HUFFMAN finds each with one
// comparison.
class Code {
  public:
    struct Group {
        unsigned bits;
        std::uint16_t first_value;
        std::uint16_t values;
    };
    explicit Code(std::vector<Group> groups);

    unsigned bits(std::uint16_t value) const;  // 0: there is no word for it
    void put(BitWriter& to, std::uint16_t value) const;
    void append_operands(std::vector<Operand>& to) const;  // #n and the sets of INPUT-HUFFMAN

  private:
    struct Numbered {
        Group group;
        std::uint16_t first_word;
    };
    const Numbered* group_of(std::uint16_t value) const;
    std::vector<Numbered> groups_;
};

const Code& run_code();      // 0 to max_run
const Code& literal_code();  // an octet
const Code& length_code();   // min_length to max_length
const Code& place_code();

constexpr std::uint16_t max_run = 1045;
constexpr std::uint16_t min_length = 2;
constexpr std::uint16_t max_length = 561;

// What a word of place_code() stands for. The distance is kept from copy to copy: where text was replaced by
// text of another length it changes a little, else it stays.
constexpr std::uint16_t same_distance = 8;  // 0 to 15: the last distance less 8 and this
constexpr std::uint16_t near_values = 16;
constexpr std::uint16_t dictionary_values = 4096;  // from `near_values` on: so many octets into the window
constexpr std::uint16_t far_values = 0x8000;       // from here on: a distance, less this
constexpr std::uint16_t close = 128;               // distances below have shorter words
constexpr std::uint16_t max_distance = close + 4096;

}  // namespace ims::sigcomp
