#include "common/sigcomp/coding.hpp"

namespace ims::sigcomp {

void BitWriter::put(unsigned bits, std::uint32_t word) {
    while (bits-- > 0) {
        if (used_ == 8) {
            octets_.push_back(0);
            used_ = 0;
        }
        octets_.back() = static_cast<std::uint8_t>(octets_.back() | (word >> bits & 1u) << (7 - used_));
        ++used_;
    }
}

Octets BitWriter::finish() {
    while (used_ < 8) put(1, 1);
    return std::move(octets_);
}

Code::Code(std::vector<Group> groups) {
    std::uint32_t word = 0;
    unsigned bits = 0;
    for (const auto& g : groups) {
        word <<= g.bits - bits;
        bits = g.bits;
        groups_.push_back({g, static_cast<std::uint16_t>(word)});
        word += g.values;
    }
}

const Code::Numbered* Code::group_of(std::uint16_t value) const {
    for (const auto& n : groups_)
        if (value >= n.group.first_value && value - n.group.first_value < n.group.values) return &n;
    return nullptr;
}

unsigned Code::bits(std::uint16_t value) const {
    const auto* n = group_of(value);
    return n ? n->group.bits : 0;
}

void Code::put(BitWriter& to, std::uint16_t value) const {
    if (const auto* n = group_of(value))
        to.put(n->group.bits, n->first_word + value - n->group.first_value + 0u);
}

void Code::append_operands(std::vector<Operand>& to) const {
    to.emplace_back(static_cast<int>(groups_.size()));
    unsigned bits = 0;
    for (const auto& n : groups_) {
        to.emplace_back(static_cast<int>(n.group.bits - bits));
        to.emplace_back(n.first_word);
        to.emplace_back(n.first_word + n.group.values - 1);
        to.emplace_back(n.group.first_value);
        bits = n.group.bits;
    }
}

// Fitted to what is left of messages between a UE and a P-CSCF when copies are taken out: short runs, and in
// them mostly hexadecimal digits.
const Code& run_code() {
    static const Code code{{{1, 0, 1}, {2, 1, 1}, {5, 2, 4}, {8, 6, 16}, {14, 22, 1024}}};
    return code;
}

const Code& literal_code() {
    static const Code code{
        {{5, '0', 10}, {5, 'a', 6}, {7, ' ', 16}, {7, ':', 7}, {7, 'g', 20}, {8, 'A', 26}, {13, 0, 256}}};
    return code;
}

const Code& length_code() {
    static const Code code{{{4, 2, 8}, {6, 10, 8}, {8, 18, 32}, {11, 50, 512}}};
    return code;
}

const Code& place_code() {
    static const Code code{{{3, same_distance, 1},
                            {7, 0, near_values},
                            {9, far_values, close},
                            {14, near_values, dictionary_values},
                            {14, far_values + close, 4096}}};
    return code;
}

}  // namespace ims::sigcomp
