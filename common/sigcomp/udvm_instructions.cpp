#include "common/sigcomp/udvm_machine.hpp"

#include <bit>
#include <numeric>

// RFC 3320 9.1 to 9.3: what computes, moves octets about and steers the program.
namespace ims::sigcomp::udvm {

namespace {

// How many additions take as long, as sigcomp-cost measures it.
constexpr std::uint64_t hashing = 20, sorting = 10;

}  // namespace

void Machine::execute(std::uint8_t opcode) {
    switch (opcode) {
        case 0:
            if (charge(1)) fail(Reason::UserRequested);
            return;
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
        case 7:
        case 8:
        case 9:
        case 10: return arithmetic(opcode);
        case 11: return sort(false);
        case 12: return sort(true);
        case 13: return sha_1();
        case 14: return load_word();
        case 15: return multiload();
        case 16: {
            const auto value = multitype();
            if (charge(1)) push(value);
            return;
        }
        case 17: {
            const auto where = multitype();
            if (!charge(1)) return;
            const auto value = pop();
            if (ok()) memory_.set_word(where, value);
            return;
        }
        case 18: {
            const auto from = multitype();
            const auto length = multitype();
            const auto to = multitype();
            if (charge(1 + std::uint64_t{length})) copy(from, length, to);
            return;
        }
        case 19: return copy_literal(false);
        case 20: return copy_literal(true);
        case 21: return memset();
        case 22: {
            const auto to = address();
            if (charge(1)) jump(to);
            return;
        }
        case 23: return compare();
        case 24: return call();
        case 25:
            if (charge(1)) {
                const auto to = pop();
                if (ok()) jump(to);
            }
            return;
        case 26: return switch_();
        case 27: return crc();
        case 28: return input_bytes();
        case 29: return input_bits();
        case 30: return input_huffman();
        case 31: return state_access();
        case 32: return state_create();
        case 33: return state_free();
        case 34: return output();
        case 35: return end_message();
        default: return fail(Reason::InvalidOpcode);
    }
}

void Machine::arithmetic(std::uint8_t opcode) {
    const auto where = reference();
    const unsigned a = memory_.word(where);
    const unsigned b = opcode == 3 ? 0 : multitype();
    if (!charge(1)) return;
    if ((opcode == 9 || opcode == 10) && b == 0) return fail(Reason::DivByZero);
    unsigned result = 0;
    switch (opcode) {
        case 1: result = a & b; break;
        case 2: result = a | b; break;
        case 3: result = ~a; break;
        case 4: result = b < 16 ? a << b : 0; break;
        case 5: result = b < 16 ? a >> b : 0; break;
        case 6: result = a + b; break;
        case 7: result = a - b; break;
        case 8: result = a * b; break;
        case 9: result = a / b; break;
        default: result = a % b; break;
    }
    memory_.set_word(where, static_cast<std::uint16_t>(result));
}

void Machine::sort(bool descending) {
    const auto start = multitype();
    const std::size_t lists = multitype();
    const std::size_t words = multitype();
    const auto levels = words > 1 ? std::bit_width(words - 1) : 0;
    if (!charge(1 + words * (static_cast<std::uint64_t>(levels) + lists)) || lists * words == 0) return;
    dear(sorting);
    const auto octets = memory_.plain(start, 2 * lists * words);
    if (!ok()) return;
    const auto word = [&](std::size_t i) { return octets[2 * i] << 8 | octets[2 * i + 1]; };
    std::vector<std::size_t> order(words);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return descending ? word(a) > word(b) : word(a) < word(b);
    });
    const Octets before{octets.begin(), octets.end()};
    for (std::size_t list = 0; list < lists; ++list)
        for (std::size_t i = 0; i < words; ++i)
            std::copy_n(before.begin() + static_cast<std::ptrdiff_t>(2 * (list * words + order[i])), 2,
                        octets.begin() + static_cast<std::ptrdiff_t>(2 * (list * words + i)));
}

void Machine::sha_1() {
    const auto position = multitype();
    const auto length = multitype();
    const auto destination = multitype();
    if (!charge(1 + std::uint64_t{length})) return;
    dear(hashing);
    crypto::Sha1 hash;
    visit(position, length, [&](OctetSpan octets) { hash.add(octets); });
    if (ok()) store(bounds(), destination, hash.digest());
}

void Machine::load_word() {
    const auto where = multitype();
    const auto value = multitype();
    if (charge(1)) memory_.set_word(where, value);
}

// Word by word, each value read when its turn comes (RFC 4896 3.2).
void Machine::multiload() {
    const auto where = multitype();
    const unsigned n = literal();
    if (!charge(1 + std::uint64_t{n})) return;
    const auto values = pc_;
    for (unsigned i = 0; i < n && ok(); ++i) skip_multitype();
    const auto end = pc_;
    for (unsigned i = 0; i < 2 * n && ok(); ++i) {
        const auto octet = static_cast<std::uint16_t>(where + i);
        if (octet >= instruction_ && octet < end) return fail(Reason::MultiloadOverwritten);
    }
    pc_ = values;
    for (unsigned i = 0; i < n && ok(); ++i)
        memory_.set_word(static_cast<std::uint16_t>(where + 2 * i), multitype());
}

void Machine::copy_literal(bool offset) {
    const auto first = multitype();
    const auto length = multitype();
    const auto where = reference();
    const auto to = memory_.word(where);
    if (!charge(1 + std::uint64_t{length})) return;
    const auto b = bounds();
    copy(offset ? b.back(to, first) : first, length, to);
    auto next = to;
    for (std::size_t left = length; left > 0;) {
        const auto run = b.run(next, left);
        next = b.after(next, run);
        left -= run;
    }
    if (ok()) memory_.set_word(where, next);
}

void Machine::memset() {
    auto where = multitype();
    const auto length = multitype();
    unsigned value = multitype();
    const unsigned step_by = multitype();
    if (!charge(1 + std::uint64_t{length})) return;
    const auto b = bounds();
    for (std::size_t left = length; left > 0 && ok();) {
        const auto run = b.run(where, left);
        for (auto& octet : memory_.plain(where, run)) {
            octet = static_cast<std::uint8_t>(value);
            value += step_by;
        }
        where = b.after(where, run);
        left -= run;
    }
}

void Machine::compare() {
    const auto a = multitype();
    const auto b = multitype();
    const auto less = address();
    const auto equal = address();
    const auto greater = address();
    if (charge(1)) jump(a < b ? less : a == b ? equal : greater);
}

void Machine::call() {
    const auto to = address();
    if (!charge(1)) return;
    push(static_cast<std::uint16_t>(pc_));
    jump(to);
}

void Machine::switch_() {
    const unsigned n = literal();
    const auto j = multitype();
    if (!charge(1 + std::uint64_t{n})) return;
    if (j >= n) return fail(Reason::SwitchValueTooHigh);
    std::uint16_t to = 0;
    for (unsigned i = 0; i < n && ok(); ++i)
        if (const auto one = address(); i == j) to = one;
    if (ok()) jump(to);
}

// The frame check sequence of PPP (RFC 1662 C.2), without the complement in which PPP sends it: RFC 4465
// A.1.9.
void Machine::crc() {
    const auto expected = multitype();
    const auto position = multitype();
    const auto length = multitype();
    const auto otherwise = address();
    if (!charge(1 + std::uint64_t{length})) return;
    unsigned fcs = 0xffff;
    visit(position, length, [&](OctetSpan octets) {
        for (const auto octet : octets) {
            fcs ^= octet;
            for (int bit = 0; bit < 8; ++bit) fcs = (fcs & 1) != 0 ? fcs >> 1 ^ 0x8408 : fcs >> 1;
        }
    });
    if (ok() && fcs != expected) jump(otherwise);
}

}  // namespace ims::sigcomp::udvm
