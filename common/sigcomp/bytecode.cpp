#include "common/sigcomp/bytecode.hpp"

#include "common/sigcomp/assembler.hpp"
#include "common/sigcomp/coding.hpp"

#include <algorithm>

namespace ims::sigcomp {

namespace {

// Variables, two octets each. Between 32 and 63 an address takes one octet as any kind of operand.
constexpr std::uint16_t flags = 32;     // one octet, at 33
constexpr std::uint16_t len = 34;       // of a run or a copy
constexpr std::uint16_t distance = 36;  // of the last copy
constexpr std::uint16_t dest = 38;      // where the next octet goes
constexpr std::uint16_t count = 40;
constexpr std::uint16_t header = 42;  // of the text
constexpr std::uint16_t symbol = 44;
constexpr std::uint16_t feedback = 46;  // figure 12: Q is set; the item is our sequence number
constexpr std::uint16_t start = 48;     // of what a copy made; the beginning of the kept text
constexpr std::uint16_t identifier = 50;
constexpr std::uint16_t total = 56;  // of the kept text
constexpr std::uint16_t min_access = 58;
constexpr std::uint16_t pointer = 60;
constexpr std::uint16_t byte_copy_left = 64, byte_copy_right = 66;
constexpr std::uint16_t parameters = 74;  // figure 13: two octets, a length, an identifier, and a zero
constexpr std::uint16_t announced_length = parameters + 2;

class Program {
  public:
    explicit Program(DictionaryPart part) : dictionary_{part} {}

    Bytecode assemble() {
        a_.place(begin_);
        head();
        named_texts();
        decode();
        keep();
        a_.place(bad_);
        a_.emit(Op::DecompressionFailure, {});
        a_.place(dictionary_identifier_);
        if (dictionary_.length > 0) a_.octets(std::string_view{"\xfb\xe5\x07\xdf\xe5\xe6", 6});  // RFC 3485 3
        a_.place(end_);
        Bytecode b{dictionary_, a_.finish(), 0, nullptr};
        b.window = static_cast<std::uint16_t>(code_address + b.code.size());
        b.state = make_state(code_address, code_address, min_partial_identifier, b.code);
        return b;
    }

  private:
    void head() {
        a_.emit(Op::Load, {byte_copy_left, end_});
        a_.emit(Op::Load, {feedback, 0x0400});
        a_.emit(Op::InputBytes, {1, feedback + 1, bad_});
        a_.emit(Op::InputBytes, {1, byte_copy_right, bad_});
        a_.emit(Op::InputBytes, {1, flags + 1, bad_});
        a_.emit(Op::StateCreate,
                {octets_between(begin_, end_), begin_, begin_, int{min_partial_identifier}, code_priority});
        take_flag(len, flag::parameters);
        a_.emit(Op::Rshift, {word_at(len), 2});
        a_.emit(Op::InputBytes, {word_at(len), parameters, bad_});
        a_.emit(Op::Load, {dest, end_});
        if (dictionary_.length == 0) return;
        a_.emit(Op::StateAccess, {dictionary_identifier_, int{min_partial_identifier}, dictionary_.begin,
                                  dictionary_.length, end_, 0});
        a_.emit(Op::Add, {word_at(dest), dictionary_.length});
    }

    void named_texts() {
        const auto next = a_.label(), one = a_.label(), done = a_.label();
        a_.emit(Op::Load, {count, word_at(flags)});
        a_.emit(Op::Rshift, {word_at(count), int{flag::texts_shift}});
        a_.place(next);
        a_.emit(Op::Compare, {word_at(count), 0, done, done, one});
        a_.place(one);
        a_.emit(Op::InputBytes, {6, identifier, bad_});
        a_.emit(Op::StateAccess, {identifier, 6, 0, 0, word_at(dest), 0});
        a_.emit(Op::Copy, {word_at(dest), 2, len});
        a_.emit(Op::Add, {word_at(dest), word_at(len)});
        a_.emit(Op::Subtract, {word_at(count), 1});
        a_.emit(Op::Jump, {next});
        a_.place(done);
        a_.emit(Op::Load, {header, word_at(dest)});
        a_.emit(Op::Add, {word_at(dest), text_header});
    }

    void decode() {
        const auto sequence = a_.label(), literals = a_.label(), literal = a_.label(), match = a_.label(),
                   near = a_.label(), elsewhere = a_.label(), dictionary = a_.label(), far = a_.label(),
                   copy = a_.label(), out = a_.label();
        a_.place(sequence);
        huffman(len, run_code(), text_ended_);
        a_.place(literals);
        a_.emit(Op::Compare, {word_at(len), 0, match, match, literal});
        a_.place(literal);
        huffman(symbol, literal_code(), bad_);
        a_.emit(Op::CopyLiteral, {symbol + 1, 1, word_at(dest)});
        a_.emit(Op::Output, {symbol + 1, 1});
        a_.emit(Op::Subtract, {word_at(len), 1});
        a_.emit(Op::Jump, {literals});
        a_.place(match);
        huffman(len, length_code(), text_ended_);
        huffman(symbol, place_code(), bad_);
        a_.emit(Op::Load, {start, word_at(dest)});
        a_.emit(Op::Compare, {word_at(symbol), near_values, near, elsewhere, elsewhere});
        a_.place(near);
        a_.emit(Op::Add, {word_at(distance), word_at(symbol)});
        a_.emit(Op::Subtract, {word_at(distance), same_distance});
        a_.emit(Op::Jump, {copy});
        a_.place(elsewhere);
        a_.emit(Op::Compare, {word_at(symbol), far_values, dictionary, far, far});
        a_.place(dictionary);
        // The word counts octets of the window from near_values on.
        a_.emit(Op::Add, {word_at(symbol), window_less_near()});
        a_.emit(Op::CopyLiteral, {word_at(symbol), word_at(len), word_at(dest)});
        a_.emit(Op::Jump, {out});
        a_.place(far);
        a_.emit(Op::Load, {distance, word_at(symbol)});
        a_.emit(Op::Subtract, {word_at(distance), far_values});
        a_.place(copy);
        a_.emit(Op::CopyOffset, {word_at(distance), word_at(len), word_at(dest)});
        a_.place(out);
        a_.emit(Op::Output, {word_at(start), word_at(len)});
        a_.emit(Op::Jump, {sequence});
    }

    void keep() {
        const auto text_state = a_.label(), too_long = a_.label(), fits = a_.label(), finish = a_.label();
        a_.place(text_ended_);
        take_flag(len, flag::text_state);
        a_.emit(Op::Compare, {word_at(len), 0, finish, finish, text_state});
        a_.place(text_state);
        a_.emit(Op::Load, {total, word_at(dest)});
        a_.emit(Op::Subtract, {word_at(total), word_at(header)});
        a_.emit(Op::Subtract, {word_at(total), text_header - 2});
        a_.emit(Op::Compare, {word_at(total), max_kept, fits, fits, too_long});
        a_.place(too_long);
        a_.emit(Op::Load, {total, max_kept});
        a_.place(fits);
        a_.emit(Op::Load, {start, word_at(header)});
        a_.emit(Op::Load, {word_at(header), word_at(total)});
        a_.emit(Op::Add, {word_at(start), 8});
        a_.emit(Op::Load, {word_at(start), word_at(total)});
        a_.emit(Op::Load, {pointer, word_at(header)});
        a_.emit(Op::Add, {word_at(pointer), 2});
        a_.emit(Op::Load, {word_at(pointer), word_at(start)});
        a_.emit(Op::Add, {word_at(pointer), 4});
        a_.emit(Op::Load, {word_at(pointer), 6});
        a_.emit(Op::Load, {len, word_at(total)});
        a_.emit(Op::Add, {word_at(len), 8});
        take_flag(count, flag::announce);
        a_.emit(Op::Copy, {count + 1, 1, announced_length});
        a_.emit(Op::Sha1, {word_at(header), word_at(len), announced_length + 1});
        take_flag(min_access, flag::keep);
        a_.place(finish);
        a_.emit(Op::EndMessage,
                {feedback, parameters, word_at(total), word_at(start), 0, word_at(min_access), 0});
    }

    void take_flag(std::uint16_t to, std::uint8_t mask) {
        a_.emit(Op::Load, {to, word_at(flags)});
        a_.emit(Op::And, {word_at(to), mask});
    }
    void huffman(std::uint16_t to, const Code& code, Label otherwise) {
        std::vector<Operand> operands{to, otherwise};
        code.append_operands(operands);
        a_.emit(Op::InputHuffman, std::move(operands));
    }
    Operand window_less_near() {
        Operand o{end_};
        o.number = near_values;
        return o;
    }

    DictionaryPart dictionary_;
    Assembler a_{code_address};
    Label begin_ = a_.label(), bad_ = a_.label(), dictionary_identifier_ = a_.label(), end_ = a_.label(),
          text_ended_ = a_.label();
};

}  // namespace

const Bytecode& bytecode_for(std::uint32_t memory_size) {
    static const auto all = Program{all_strings}.assemble();
    static const auto common = Program{strings_of_priority_1_and_2}.assemble();
    static const auto none = Program{{0, 0}}.assemble();
    return memory_size >= 6144 ? all : memory_size >= 3072 ? common : none;
}

StatePointer kept_text(std::uint16_t address, std::string_view text) {
    const auto length = std::min<std::size_t>(text.size() + 2, max_kept);
    Octets value{static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
    value.insert(value.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length - 2));
    return make_state(address, 0, min_partial_identifier, std::move(value));
}

bool is_kept_text(const StateItem& item) {
    return item.instruction == 0 && item.minimum_access_length == min_partial_identifier &&
           item.value.size() > 2 &&
           (item.value[0] << 8 | item.value[1]) == static_cast<int>(item.value.size());
}

}  // namespace ims::sigcomp
