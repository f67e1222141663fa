#pragma once
#include "common/base/text.hpp"

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

// A small assembler for the UDVM (RFC 3320 8.5 and 9): each operand in its smallest encoding, labels before
// or after their use.
//
//   Assembler a{128};
//   const auto loop = a.label();
//   a.place(loop);
//   a.emit(Op::Add, {word_at(32), 1});
//   a.emit(Op::Jump, {loop});
//   const Octets code = a.finish();
namespace ims::sigcomp {

enum class Op : std::uint8_t {  // RFC 3320 figure 11
    DecompressionFailure,
    And,
    Or,
    Not,
    Lshift,
    Rshift,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    SortAscending,
    SortDescending,
    Sha1,
    Load,
    Multiload,
    Push,
    Pop,
    Copy,
    CopyLiteral,
    CopyOffset,
    Memset,
    Jump,
    Compare,
    Call,
    Return,
    Switch,
    Crc,
    InputBytes,
    InputBits,
    InputHuffman,
    StateAccess,
    StateCreate,
    StateFree,
    Output,
    EndMessage,
};

struct Label {
    std::size_t index;
};

struct Operand {
    enum class Kind : std::uint8_t { Value, WordAt, Label };
    Kind kind;
    std::uint16_t number = 0;  // the value, or the address of the word
    std::size_t label = 0;     // the address it is placed at, less `number` and
    std::size_t minus = none;  // less the address of this one, if any

    static constexpr std::size_t none = ~std::size_t{0};
    Operand(int value) : kind{Kind::Value}, number{static_cast<std::uint16_t>(value)} {}
    Operand(Label l) : kind{Kind::Label}, label{l.index} {}
    Operand(Kind k, std::uint16_t n) : kind{k}, number{n} {}
};
inline Operand word_at(std::uint16_t address) {  // "$address"
    return {Operand::Kind::WordAt, address};
}
inline Operand octets_between(Label from, Label to) {
    Operand o{to};
    o.minus = from.index;
    return o;
}

class Assembler {
  public:
    explicit Assembler(std::uint16_t origin) : origin_{origin} {}

    Label label() {
        placed_.push_back(0);
        return {placed_.size() - 1};
    }
    void place(Label l);
    void emit(Op op, std::initializer_list<Operand> operands) { emit(op, std::vector<Operand>{operands}); }
    void emit(Op op, std::vector<Operand> operands);
    void octets(std::string_view text);  // as they stand

    Octets finish();

  private:
    struct Item {  // an instruction with its operands, octets, or a label
        enum class Kind : std::uint8_t { Instruction, Plain, Label };
        Kind kind = Kind::Plain;
        Op op = Op::DecompressionFailure;
        std::vector<Operand> operands;
        std::vector<std::uint8_t> sizes;  // of the operands' encodings, which only ever grow
        Octets plain;
        std::size_t label = 0;
    };
    std::uint16_t value_of(const Operand& o) const;
    Octets encoded(const Item& item, std::size_t which, std::uint16_t instruction) const;

    std::uint16_t origin_;
    std::vector<Item> items_;
    std::vector<std::uint16_t> placed_;
};

}  // namespace ims::sigcomp
