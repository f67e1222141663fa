#pragma once
#include "common/base/text.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

// How a text is told as literals and copies (coding.hpp): about the cheapest way, by dynamic programming over
// the octets of the text.
namespace ims::sigcomp {

struct Sequence {
    std::uint16_t run;     // literals
    std::uint16_t length;  // of the copy behind them; 0 in the last sequence, which may have none
    std::uint16_t place;   // a value of place_code()
};

struct Window {
    Octets octets;               // dictionary, kept texts, header, text: what the machine's window will hold
    std::size_t dictionary = 0;  // so many octets of it
    std::size_t text = 0;        // where the text begins
    std::size_t ring = 0;  // octets of the machine's window; a copy from farther back finds other octets
};

// Nothing if a run of literals would be too long for its code.
std::optional<std::vector<Sequence>> sequences_of(const Window& window);

Octets encode(const Window& window, const std::vector<Sequence>& sequences);

}  // namespace ims::sigcomp
