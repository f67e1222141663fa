#pragma once
#include "common/sigcomp/udvm.hpp"
#include "common/sigcomp/udvm_memory.hpp"

#include <array>

// One machine at work. Private to udvm*.cpp.
//
// An instruction that goes wrong calls fail() and returns; what it does until then stays inside the memory.
// The first failure counts, and step() is not called again.
namespace ims::sigcomp::udvm {

class Machine {
  public:
    Machine(std::size_t memory_size, const Parameters& ours, const StateSource& states, OctetSpan input,
            std::uint64_t most_effort)
        : memory_{memory_size}, ours_{&ours}, states_{&states}, input_{input}, most_effort_{most_effort} {}

    // RFC 3320 7.2 and 7.3: what is in memory at the start, and where execution begins.
    void load(const StateItem& item, std::size_t identifier_octets);
    void load(const Upload& upload);

    Result<Decompressed, Failure> run(std::size_t header_octets);
    std::uint64_t effort() const { return result_.cycles + dear_; }

  private:
    // udvm_machine.cpp: operands, costs and copies
    void useful_values(std::size_t identifier_octets, std::size_t state_length);
    void step();
    void fail(Reason reason, Octets details = {});
    bool ok() const { return !failure_ && !memory_.violated(); }
    bool charge(std::uint64_t cycles) {  // false if it costs more than what is left
        if (!ok()) return false;
        if (cycles > cycles_left_) return exhausted();
        cycles_left_ -= cycles;
        result_.cycles += cycles;
        return true;
    }
    bool exhausted();
    void refund(std::size_t bits);  // what successful input earns
    void stay_within_effort();
    // The instruction under way takes as long as so many cycles more than it costs.
    void dear(std::uint64_t cycles) {
        dear_ += cycles;
        stay_within_effort();
    }
    Failure segfault() const;

    std::uint8_t code_octet() {
        if (pc_ < memory_.size()) return memory_.octet(static_cast<std::uint16_t>(pc_++));
        fail(Reason::Segfault);
        return 0;
    }
    std::uint16_t literal();
    std::uint16_t reference();  // the address an operand $ stands for
    std::uint16_t multitype() {
        const auto first = code_octet();
        if (first < 0x40) return first;
        if (first < 0x80) return memory_.word(static_cast<std::uint16_t>(2 * (first & 0x3fu)));
        return longer_multitype(first);
    }
    std::uint16_t longer_multitype(unsigned first);
    std::uint16_t address();
    void skip_multitype();  // without reading memory for its value

    CopyBounds bounds() { return {memory_.word(64), memory_.word(66)}; }
    void copy(std::uint16_t from, std::size_t length, std::uint16_t to);
    std::uint16_t store(const CopyBounds& b, std::uint16_t to, OctetSpan octets);  // the address that follows
    void jump(std::uint16_t to) { pc_ = to; }
    void push(std::uint16_t value);
    std::uint16_t pop();

    // Gives the octets that the byte copying rules put one after another from `from` on to `each`, run by
    // run.
    template <class F>
    void visit(std::uint16_t from, std::size_t length, F each) {
        const auto b = bounds();
        while (length > 0 && ok()) {
            const auto run = b.run(from, length);
            if (const auto octets = memory_.plain(from, run); ok()) each(octets);
            from = b.after(from, run);
            length -= run;
        }
    }
    Octets gather(std::uint16_t from, std::size_t length);

    // udvm_instructions.cpp
    void execute(std::uint8_t opcode);
    void arithmetic(std::uint8_t opcode);
    void sort(bool descending);
    void sha_1();
    void load_word();
    void multiload();
    void copy_literal(bool offset);
    void memset();
    void compare();
    void call();
    void switch_();
    void crc();

    // udvm_io.cpp
    bool set_bit_order();  // false if input_bit_order holds no order
    void input_bytes();
    void input_bits();
    void input_huffman();
    void state_access();
    void state_create();
    void state_free();
    void output();
    void end_message();
    bool may_create();
    Octets feedback_item(std::uint32_t address);
    void read_requested_feedback(std::uint16_t location);
    void read_returned_parameters(std::uint16_t location);

    struct Creation {  // the operands; the value is what lies there at the end (RFC 4896 4.1)
        std::uint16_t length, address, instruction, minimum_access_length, priority;
    };
    struct Freeing {
        std::uint16_t start, length;
    };
    struct HuffmanSet {
        std::uint16_t bits, lower, upper, uncompressed;
    };

    Memory memory_;
    const Parameters* ours_;
    const StateSource* states_;
    Input input_;
    Decompressed result_;
    std::optional<Failure> failure_;
    std::uint64_t cycles_left_ = 0;
    std::uint64_t most_effort_;
    std::uint64_t dear_ = 0;         // effort that cost no cycles
    std::uint32_t pc_ = 0;           // of the next octet of code; 65536 is beyond every memory
    std::uint16_t instruction_ = 0;  // where the one under way begins
    bool ended_ = false;
    std::vector<std::variant<Creation, Freeing>> asked_;
    std::size_t creations_ = 0, freeings_ = 0;
    std::vector<HuffmanSet> huffman_sets_;  // of the instruction under way; kept for its memory
};

}  // namespace ims::sigcomp::udvm
