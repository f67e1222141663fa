#pragma once
#include "common/crypto/aka.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::ue {

// One challenge of the network held against what is believed to be on the card (Milenage, TS 35.206;
// TS 33.102 6.3): what matches, and which mistake would explain what does not.
struct SimCheck {
    crypto::Key128 k{};
    crypto::Block op{};
    bool op_is_opc = false;  // `op` is said to be an OPc
    crypto::Block rand{};
    std::array<std::uint8_t, 16> autn{};
    std::optional<Octets> res;                         // of the card, 4 to 16 octets
    std::optional<std::array<std::uint8_t, 14>> auts;  // of the card
};

// How K and OP or OPc would have to be read for the network's MAC (or, where none fits, the card's RES) to be
// right.
enum class Reading : std::uint8_t {
    AsGiven,
    OpcIsAnOp,   // the value given as OPc is an OP
    OpIsAnOpc,   // the value given as OP is an OPc
    Swapped,     // K and OPc are in each other's place
    KReversed,   // octets of K in the other order
    OpReversed,  // octets of OP or OPc in the other order
    BothReversed,
};
std::string_view text(Reading r);

struct SimVerdict {
    std::optional<Reading> network;  // under which AUTN is right; nothing: under none
    std::optional<Reading> card;     // under which RES is right; nothing: under none, or it was not given
    std::optional<bool> auts;  // its MAC-S is right under the network's reading, else the card's; if given
    std::uint64_t sqn = 0;     // of the network, with `network`
    crypto::Amf amf{};
    std::uint64_t sqn_ms = 0;  // of the card, with auts == true
    crypto::Block opc{};       // of the network's reading, else as given
    std::array<std::uint8_t, 8> xres{};

    bool all_right() const;  // everything that was given fits the keys as they were given
    // A sentence a line: what was found, and last what to do.
    std::vector<std::string> sentences(const SimCheck& of) const;
};
SimVerdict check_sim(const SimCheck& c);

}  // namespace ims::ue
