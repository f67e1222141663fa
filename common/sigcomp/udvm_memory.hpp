#pragma once
#include "common/base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

// What the machine of udvm.hpp stands on. Private to it.
namespace ims::sigcomp::udvm {

// Addresses are 16 bits and count on from 65535 to 0. What lies beyond the memory is read as 0, not written,
// and leaves a mark: the instruction under way ends in SEGFAULT.
class Memory {
  public:
    explicit Memory(std::size_t octets) : octets_(octets) {}

    std::size_t size() const { return octets_.size(); }
    bool violated() const { return violated_; }
    std::uint8_t peek(std::uint16_t address) const {  // for reports: 0 beyond the memory
        return address < octets_.size() ? octets_[address] : std::uint8_t{0};
    }

    std::uint8_t octet(std::uint16_t address) {
        if (address < octets_.size()) return octets_[address];
        violated_ = true;
        return 0;
    }
    void set_octet(std::uint16_t address, std::uint8_t value) {
        if (address < octets_.size())
            octets_[address] = value;
        else
            violated_ = true;
    }
    std::uint16_t word(std::uint16_t address) {
        const auto high = octet(address);
        return static_cast<std::uint16_t>(high << 8 | octet(static_cast<std::uint16_t>(address + 1)));
    }
    void set_word(std::uint16_t address, std::uint16_t value) {
        set_octet(address, static_cast<std::uint8_t>(value >> 8));
        set_octet(static_cast<std::uint16_t>(address + 1), static_cast<std::uint8_t>(value));
    }

    // Octets one after another without regard to the byte copying rules; empty if not all are there.
    std::span<std::uint8_t> plain(std::size_t address, std::size_t length) {
        if (address <= octets_.size() && length <= octets_.size() - address)
            return std::span{octets_}.subspan(address, length);
        violated_ = true;
        return {};
    }

  private:
    Octets octets_;
    bool violated_ = false;
};

// The byte copying rules (RFC 3320 8.4, RFC 4896 4): which address follows which. The registers are read when
// an instruction begins, so that what it overwrites does not matter to it.
struct CopyBounds {
    std::uint16_t left, right;

    std::uint16_t next(std::uint16_t address) const {
        const auto following = static_cast<std::uint16_t>(address + 1);
        return following == right ? left : following;
    }
    // How many of `length` octets from `address` on follow one another without a jump, at least one.
    std::size_t run(std::uint16_t address, std::size_t length) const {
        const std::size_t to_right = static_cast<std::uint16_t>(right - address - 1) + std::size_t{1};
        return std::min({length, to_right, std::size_t{65536} - address});
    }
    std::uint16_t after(std::uint16_t address, std::size_t run) const {
        return next(static_cast<std::uint16_t>(address + run - 1));
    }
    // RFC 3320 9.2.6 counts back one address at a time, from byte_copy_left on to before byte_copy_right.
    std::uint16_t back(std::uint16_t address, std::uint16_t offset) const {
        const auto to_left = static_cast<std::uint16_t>(address - left);
        if (offset <= to_left) return static_cast<std::uint16_t>(address - offset);
        const std::size_t ring = static_cast<std::uint16_t>(right - left - 1) + std::size_t{1};
        const std::size_t beyond = (offset - to_left - std::size_t{1}) % ring;
        return static_cast<std::uint16_t>(right - 1 - beyond);
    }
};

// The remaining message as the INPUT instructions take it (RFC 3320 8.2).
class Input {
  public:
    explicit Input(std::span<const std::uint8_t> octets) : octets_{octets} {}

    // The P-bit for what follows; a fraction of an octet that was left under the other one is lost.
    void order(bool least_significant_first) {
        if (least_significant_first != least_first_) discard_fraction();
        least_first_ = least_significant_first;
    }
    void discard_fraction() {
        if (used_bits_ == 0) return;
        used_bits_ = 0;
        ++at_;
    }
    std::size_t octets_left() const { return octets_.size() - at_; }  // a fraction counts as one
    std::size_t bits_left() const { return octets_left() * 8 - used_bits_; }

    std::span<const std::uint8_t> take_octets(std::size_t n) {  // n <= octets_left(), no fraction left
        at_ += n;
        return octets_.subspan(at_ - n, n);
    }
    // n <= 16 and n <= bits_left(). The first bit to arrive is the most significant one, or the least.
    std::uint16_t take_bits(unsigned n, bool first_is_least_significant) {
        unsigned value = 0;
        for (unsigned i = 0; i < n; ++i) {
            const unsigned octet = octets_[at_];
            const unsigned bit = least_first_ ? octet >> used_bits_ & 1u : octet >> (7 - used_bits_) & 1u;
            value |= bit << (first_is_least_significant ? i : n - 1 - i);
            if (++used_bits_ == 8) {
                used_bits_ = 0;
                ++at_;
            }
        }
        return static_cast<std::uint16_t>(value);
    }

  private:
    std::span<const std::uint8_t> octets_;
    std::size_t at_ = 0;
    unsigned used_bits_ = 0;  // of octets_[at_]
    bool least_first_ = false;
};

}  // namespace ims::sigcomp::udvm
