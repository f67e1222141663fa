#include "common/sigcomp/assembler.hpp"
#include "tests/unit/sigcomp/bench.hpp"

#include <catch2/catch.hpp>

// The edges of the instructions that RFC 4465 does not try, and each reason a machine can fail for.
using namespace ims;
using namespace ims::sigcomp;
using namespace ims::sigcomp::test;

namespace {

// A program at 128 that ends with END-MESSAGE, run on `input` by a machine of 8192 octets less the message.
struct Program {
    Assembler a{128};
    Label failure = a.label();

    Program& op(Op o, std::initializer_list<Operand> operands) {
        a.emit(o, operands);
        return *this;
    }
    Program& plain(std::string_view octets) {
        a.octets(octets);
        return *this;
    }
    Octets message(std::string_view input = {}) {
        op(Op::EndMessage, {0, 0, 0, 0, 0, 0, 0});
        a.place(failure);
        op(Op::DecompressionFailure, {});
        auto out = upload_header({}, 128, a.finish());
        out.insert(out.end(), input.begin(), input.end());
        return out;
    }
};

Result<Decompressed, Failure> run(Program p, std::string_view input = {}) {
    static const StateStore states;
    return decompress(p.message(input), TransportKind::MessageBased, Parameters{}, states);
}
std::string outcome(Program p, std::string_view input = {}) {
    const auto r = run(std::move(p), input);
    return r ? hex(octets_of(r->text)) : reason_of(r);
}
// Computes with one word and gives it out.
std::string computed(Op o, int a, int b) {
    Program p;
    p.op(Op::Load, {32, a});
    o == Op::Not ? p.op(o, {word_at(32)}) : p.op(o, {word_at(32), b});
    return outcome(std::move(p.op(Op::Output, {32, 2})));
}

}  // namespace

TEST_CASE("arithmetic is modulo 65536, and shifts of 16 and more give 0", "[RFC3320-9.1]") {
    CHECK(computed(Op::Add, 65535, 2) == "0001");
    CHECK(computed(Op::Subtract, 1, 2) == "ffff");
    CHECK(computed(Op::Multiply, 65535, 65535) == "0001");
    CHECK(computed(Op::Divide, 65535, 256) == "00ff");
    CHECK(computed(Op::Remainder, 1000, 7) == "0006");
    CHECK(computed(Op::Divide, 1, 0) == "DIV_BY_ZERO");
    CHECK(computed(Op::Remainder, 1, 0) == "DIV_BY_ZERO");
    CHECK(computed(Op::Lshift, 1, 15) == "8000");
    CHECK(computed(Op::Lshift, 65535, 16) == "0000");
    CHECK(computed(Op::Rshift, 65535, 15) == "0001");
    CHECK(computed(Op::Rshift, 65535, 40000) == "0000");
    CHECK(computed(Op::And, 0x0ff0, 0x00ff) == "00f0");
    CHECK(computed(Op::Or, 0x0ff0, 0x00ff) == "0fff");
    CHECK(computed(Op::Not, 0x0ff0, 0) == "f00f");
}

TEST_CASE("sorting keeps equal words in order, and nothing may be sorted", "[RFC3320-9.1.3]") {
    const auto sorted = [](Op o, int lists, int words) {
        Program p;
        p.op(Op::Multiload, {32, 8, 2, 1, 2, 1, 10, 20, 30, 40});
        return outcome(std::move(p.op(o, {32, lists, words}).op(Op::Output, {32, 16})));
    };
    CHECK(sorted(Op::SortAscending, 2, 4) ==
          "00010001000200020014"
          "0028000a001e");
    CHECK(sorted(Op::SortDescending, 2, 4) == "0002000200010001000a001e00140028");
    CHECK(sorted(Op::SortAscending, 0, 4) == "0002000100020001000a0014001e0028");
    CHECK(sorted(Op::SortAscending, 4, 0) == "0002000100020001000a0014001e0028");
    CHECK(sorted(Op::SortAscending, 1, 9000) == "CYCLES_EXHAUSTED");
    CHECK(sorted(Op::SortAscending, 4000, 2) == "SEGFAULT");
}

TEST_CASE("what lies beyond the memory is neither read nor written nor executed", "[RFC3320-8.7]") {
    const auto fails = [](Op o, std::initializer_list<Operand> operands) {
        Program p;
        return outcome(std::move(p.op(o, operands)));
    };
    CHECK(fails(Op::Load, {8192, 1}) == "SEGFAULT");
    CHECK(fails(Op::Output, {8100, 200}) == "SEGFAULT");
    CHECK(fails(Op::Copy, {32, 200, 8100}) == "SEGFAULT");
    CHECK(fails(Op::Copy, {8100, 200, 1000}) == "SEGFAULT");
    CHECK(fails(Op::Memset, {8100, 200, 0, 0}) == "SEGFAULT");
    CHECK(fails(Op::Sha1, {8100, 200, 1000}) == "SEGFAULT");
    CHECK(fails(Op::Sha1, {0, 0, 8170}) == "SEGFAULT");
    CHECK(fails(Op::Push, {1}) == "SEGFAULT");  // the stack is at 0, and filled with the memory size
    CHECK(fails(Op::Add, {word_at(9000), 1}) == "SEGFAULT");
    CHECK(fails(Op::Load, {32, word_at(9000)}) == "SEGFAULT");
    CHECK(fails(Op::EndMessage, {0, 0, 200, 8100, 0, 6, 0}) == "SEGFAULT");
    CHECK(fails(Op::EndMessage, {9000, 0, 0, 0, 0, 0, 0}) == "SEGFAULT");
    CHECK(fails(Op::EndMessage, {0, 9000, 0, 0, 0, 0, 0}) == "SEGFAULT");

    Program far;
    const auto elsewhere = run(std::move(far.plain("\x16\x80\xf0").plain(std::string_view{"\x00", 1})));
    CHECK(reason_of(elsewhere) == "SEGFAULT");  // JUMP to 128 + 0xf000
    Program end;  // the last octet of memory is an instruction that goes on behind it
    end.op(Op::Load, {32, 0x2200}).op(Op::Subtract, {word_at(0), 1}).op(Op::Copy, {32, 1, word_at(0)});
    end.op(Op::Subtract, {word_at(0), 128 + 16}).op(Op::Load, {70, 500}).op(Op::Add, {word_at(0), 144});
    end.op(Op::Push, {word_at(0)}).op(Op::Return, {});
    CHECK(outcome(std::move(end)) == "SEGFAULT");
}

TEST_CASE("operands that stand for nothing are refused, each with its place", "[RFC3320-8.5][RFC4077-3.2]") {
    for (const auto first : {0x82, 0x83, 0x84, 0x85}) {  // of a multitype
        Program p;
        p.op(Op::Load, {32, 1}).plain(std::string{'\x10', static_cast<char>(first), 0, 0});
        const auto r = run(std::move(p));
        CHECK(reason_of(r) == "INVALID_OPERAND");
        CHECK(r.error().opcode == 16);
        CHECK(r.error().pc == 131);
    }
    for (const auto first : {0xc1, 0xe0, 0xff}) {  // of a reference and a literal
        Program reference, literal;
        CHECK(outcome(std::move(reference.plain(std::string{'\x03', static_cast<char>(first), 0, 0}))) ==
              "INVALID_OPERAND");
        CHECK(outcome(std::move(literal.plain(
                  std::string{'\x0f', '\x20', static_cast<char>(first), 0, 0}))) == "INVALID_OPERAND");
    }
    for (const auto opcode : {36, 100, 255}) {
        Program p;
        const auto r = run(std::move(p.plain(std::string{static_cast<char>(opcode)})));
        CHECK(reason_of(r) == "INVALID_OPCODE");
        CHECK(r.error().opcode == opcode);
    }
}

TEST_CASE("the stack wraps, and does not give what was not put there", "[RFC3320-8.3][RFC4896-3.4]") {
    Program under;
    CHECK(outcome(std::move(under.op(Op::Load, {70, 500}).op(Op::Pop, {32}))) == "STACK_UNDERFLOW");
    Program back;
    CHECK(outcome(std::move(back.op(Op::Load, {70, 500}).op(Op::Return, {}))) == "STACK_UNDERFLOW");
    Program over;  // the 65535th item lies where the fill is, which is what is written last
    over.op(Op::Load, {70, 500}).op(Op::Load, {500, 65535}).op(Op::Push, {0x1234}).op(Op::Output, {500, 2});
    CHECK(outcome(std::move(over)) == "0000");
    Program pop;  // POP may overwrite the stack's location, which was read before
    pop.op(Op::Load, {70, 500})
        .op(Op::Push, {0x1234})
        .op(Op::Pop, {70})
        .op(Op::Output, {70, 2})
        .op(Op::Output, {500, 2});
    CHECK(outcome(std::move(pop)) == "12340000");
}

TEST_CASE("MULTILOAD reads each value when its turn comes, and not over itself", "[RFC4896-3.2]") {
    Program p;  // the example of RFC 4896
    p.op(Op::Multiload, {64, 3, 0x1111, 0x2222, word_at(64)}).op(Op::Output, {64, 6});
    CHECK(outcome(std::move(p)) == "111122221111");
    Program over;
    CHECK(outcome(std::move(over.op(Op::Multiload, {120, 5, 1, 2, 3, 4, 5}))) == "MULTILOAD_OVERWRITTEN");
}

TEST_CASE("COPY-OFFSET counts back around the ring as often as it takes", "[RFC3320-9.2.6][RFC4896-4]") {
    const auto copied = [](int offset, int from) {
        Program p;  // a ring of 8 octets at 200: ABCDEFGH
        p.op(Op::Memset, {200, 8, 'A', 1})
            .op(Op::Load, {64, 200})
            .op(Op::Load, {66, 208})
            .op(Op::Load, {32, from});
        p.op(Op::Load, {34, 300});
        p.op(Op::CopyOffset, {offset, 1, word_at(32)}).op(Op::Output, {200, 8}).op(Op::Output, {32, 2});
        return outcome(std::move(p));
    };
    CHECK(copied(1, 203) ==
          "4142434345464748"
          "00cc");  // C over D
    CHECK(copied(4, 203) ==
          "4142434845464748"
          "00cc");  // H is behind A
    CHECK(copied(8, 203) ==
          "4142434445464748"
          "00cc");  // itself
    CHECK(copied(8 * 100 + 1, 203) ==
          "4142434345464748"
          "00cc");
    CHECK(copied(1, 207) ==
          "4142434445464747"
          "00c8");  // the next is the ring's first
    CHECK(copied(0, 203) ==
          "4142434445464748"
          "00cc");
}

TEST_CASE("copies go on behind the ring's right end only if they began there", "[RFC4896-4]") {
    Program p;  // ring 200..203; from before it into it, and on at its left
    p.op(Op::Memset, {300, 6, 'a', 1}).op(Op::Load, {64, 200}).op(Op::Load, {66, 204});
    p.op(Op::Copy, {300, 6, 199}).op(Op::Output, {199, 1}).op(Op::Output, {200, 4});
    CHECK(outcome(std::move(p)) ==
          "61"
          "66636465");
    Program overlapping;  // what was copied is copied again
    overlapping.op(Op::Load, {300, 0x4142}).op(Op::Copy, {300, 6, 302}).op(Op::Output, {300, 8});
    CHECK(outcome(std::move(overlapping)) == "4142414241424142");
}

TEST_CASE("input is refused for wrong orders and too many bits, and taken up to the last bit",
          "[RFC3320-8.2]") {
    const auto bits = [](int order, int length, std::string_view input) {
        Program p;
        p.op(Op::Load, {68, order}).op(Op::InputBits, {length, 32, p.failure}).op(Op::Output, {32, 2});
        return outcome(std::move(p), input);
    };
    CHECK(bits(0, 16, "\x12\x34") == "1234");
    CHECK(bits(0, 12, "\x12\x34") == "0123");
    CHECK(bits(1, 12, "\x12\x34") == "0482");  // P: bits of an octet from the least significant on
    CHECK(bits(4, 12, "\x12\x34") == "0c48");  // F: the first bit is the least significant one
    CHECK(bits(5, 12, "\x12\x34") == "0412");
    CHECK(bits(0, 0, "") == "0000");
    CHECK(bits(0, 17, "\x12\x34\x56") == "TOO_MANY_BITS_REQUESTED");
    CHECK(bits(8, 1, "\x12") == "BAD_INPUT_BITORDER");
    CHECK(bits(0, 9, "\x12") == "USER_REQUESTED");

    Program p;  // the rest of an octet is lost when the order of bits in an octet changes, even by a request
                // for none
    p.op(Op::InputBits, {4, 32, p.failure}).op(Op::Load, {68, 1}).op(Op::InputBits, {0, 34, p.failure});
    p.op(Op::Load, {68, 0}).op(Op::InputBits, {8, 34, p.failure}).op(Op::Output, {32, 4});
    CHECK(outcome(std::move(p), "\x12\x34") == "00010034");
}

TEST_CASE("INPUT-HUFFMAN: no sets do nothing, too many bits and no match fail", "[RFC3320-9.4.4]") {
    const auto decoded = [](std::initializer_list<Operand> sets, std::string_view input) {
        Program p;
        std::vector<Operand> operands{32, p.failure};
        operands.insert(operands.end(), sets);
        p.a.emit(Op::InputHuffman, operands);
        return outcome(std::move(p.op(Op::Output, {32, 2})), input);
    };
    CHECK(decoded({0}, "") == "0000");
    CHECK(decoded({2, 1, 0, 0, 7, 2, 4, 7, 100}, std::string_view{"\x00", 1}) == "0007");
    CHECK(decoded({2, 1, 0, 0, 7, 2, 4, 7, 100}, "\xc0") == "0066");
    CHECK(decoded({2, 1, 1, 1, 7, 0, 0, 0, 65535}, std::string_view{"\x00", 1}) ==
          "ffff");  // two ranges of one length
    CHECK(decoded({1, 1, 1, 1, 7}, std::string_view{"\x00", 1}) == "HUFFMAN_NO_MATCH");
    CHECK(decoded({2, 16, 1, 1, 7, 1, 0, 0, 0}, "\xff\xff\xff") == "TOO_MANY_BITS_REQUESTED");
    CHECK(decoded({1, 16, 0, 65535, 0}, "\x12") == "USER_REQUESTED");
}

TEST_CASE("a program cannot steer to where it does not know", "[RFC3320-9.3]") {
    Program p;
    p.op(Op::Switch, {2, 2, p.failure, p.failure});
    CHECK(outcome(std::move(p)) == "SWITCH_VALUE_TOO_HIGH");
    Program none;
    none.op(Op::Switch, {0, 0});
    CHECK(outcome(std::move(none)) == "SWITCH_VALUE_TOO_HIGH");
    Program call;
    call.op(Op::Load, {70, 500}).op(Op::Call, {call.failure});
    CHECK(outcome(std::move(call)) == "USER_REQUESTED");
}

TEST_CASE("state: lengths, priorities, numbers and probes are checked", "[RFC3320-9.4][RFC4077-3.2]") {
    const auto asks = [](int times, Op o, std::initializer_list<Operand> operands) {
        Program p;
        for (int i = 0; i < times; ++i) p.op(o, operands);
        return outcome(std::move(p));
    };
    CHECK(asks(4, Op::StateCreate, {1, 32, 0, 6, 0}) == "");
    CHECK(asks(5, Op::StateCreate, {1, 32, 0, 6, 0}) == "TOO_MANY_STATE_REQUESTS");
    CHECK(asks(4, Op::StateFree, {32, 6}) == "");
    CHECK(asks(5, Op::StateFree, {32, 6}) == "TOO_MANY_STATE_REQUESTS");
    CHECK(asks(1, Op::StateCreate, {1, 32, 0, 5, 0}) == "INVALID_STATE_ID_LENGTH");
    CHECK(asks(1, Op::StateCreate, {1, 32, 0, 21, 0}) == "INVALID_STATE_ID_LENGTH");
    CHECK(asks(1, Op::StateFree, {32, 5}) == "INVALID_STATE_ID_LENGTH");
    CHECK(asks(1, Op::StateAccess, {32, 21, 0, 0, 0, 0}) == "INVALID_STATE_ID_LENGTH");
    CHECK(asks(1, Op::StateCreate, {1, 32, 0, 6, 65535}) == "INVALID_STATE_PRIORITY");
    CHECK(asks(1, Op::StateAccess, {32, 6, 0, 0, 0, 0}) == "STATE_NOT_FOUND");

    const auto dictionary = [](int length, int begin, int octets) {
        Program p;
        p.op(Op::Multiload, {32, 3, 0xfbe5, 0x07df, 0xe5e6});
        return outcome(
            std::move(p.op(Op::StateAccess, {32, length, begin, octets, 1000, 0}).op(Op::Output, {1000, 3})));
    };
    CHECK(dictionary(6, 0xcfe, 3) == "534950");
    CHECK(dictionary(6, 1, 0) == "INVALID_STATE_PROBE");
    CHECK(dictionary(6, 4835, 2) == "STATE_TOO_SHORT");
    CHECK(dictionary(7, 0xcfe, 3) == "STATE_NOT_FOUND");  // the seventh octet is another one
}

TEST_CASE("END-MESSAGE makes no state of its own if its operands name none, and at most a fourth",
          "[RFC3320-9.4.9]") {
    const auto made = [](int creates, int minimum, int priority) {
        Program p;
        for (int i = 0; i < creates; ++i) p.op(Op::StateCreate, {1, 32, 0, 6, 0});
        const auto r = run(std::move(p.op(Op::EndMessage, {0, 0, 1, 32, 0, minimum, priority})));
        return r ? std::to_string(r->requests.size()) : reason_of(r);
    };
    CHECK(made(0, 6, 0) == "1");
    CHECK(made(0, 20, 65534) == "1");
    CHECK(made(1, 5, 0) == "1");
    CHECK(made(1, 21, 0) == "1");
    CHECK(made(1, 6, 65535) == "1");
    CHECK(made(3, 6, 0) == "4");
    CHECK(made(4, 5, 0) == "4");
    CHECK(made(4, 6, 0) == "TOO_MANY_STATE_REQUESTS");
}

TEST_CASE("no message is another thing than an empty one, and 65536 octets are all it may have",
          "[RFC3320-9.4.8]") {
    Program silent, empty;
    CHECK_FALSE(run(std::move(silent))->has_output);
    const auto r = run(std::move(empty.op(Op::Output, {32, 0})));
    CHECK(r->has_output);
    CHECK(r->text.empty());

    const auto gives = [](int octets) {
        Parameters ours;
        ours.cycles_per_bit = 128;
        static const StateStore states;
        Program p;
        for (int i = 0; i < 8; ++i) p.op(Op::Output, {0, 7000});
        p.op(Op::Output, {0, octets - 56000});
        return decompress(p.message(), TransportKind::MessageBased, ours, states);
    };
    CHECK(gives(56000 + 7800)->text.size() == 63800);
    Program p;
    for (int i = 0; i < 8; ++i) p.op(Op::Output, {0, 8000});
    Program q = p;
    Parameters ours;
    ours.cycles_per_bit = 128;
    const StateStore states;
    CHECK(decompress(p.op(Op::Output, {0, 1536}).message(), TransportKind::MessageBased, ours, states)
              ->text.size() == 65536);
    CHECK(reason_of(decompress(q.op(Op::Output, {0, 1537}).message(), TransportKind::MessageBased, ours,
                               states)) == "OUTPUT_OVERFLOW");
}

TEST_CASE("a machine may be given less to do than RFC 3320 grants, and then counts what is dear as that",
          "[RFC3320-8.6][RFC4077-3.2]") {
    StateStore states;
    const auto effort_of = [&](Op op, std::initializer_list<Operand> operands, std::uint64_t most) {
        Program p;
        for (int i = 0; i < 100; ++i) p.op(op, operands);
        Effort effort{most, 0};
        const auto r = decompress(p.message(), TransportKind::MessageBased, Parameters{}, states, effort);
        return std::pair{reason_of(r), effort.used};
    };
    // END-MESSAGE costs one.
    CHECK(effort_of(Op::Add, {word_at(40), 1}, 101) == std::pair{std::string{"none"}, std::uint64_t{101}});
    CHECK(effort_of(Op::Add, {word_at(40), 1}, 100) ==
          std::pair{std::string{"CYCLES_EXHAUSTED"}, std::uint64_t{100}});
    CHECK(effort_of(Op::Add, {word_at(40), 1}, 0) ==
          std::pair{std::string{"CYCLES_EXHAUSTED"}, std::uint64_t{0}});
    // SHA-1 of nothing, which costs one cycle and takes as long as twenty; and nobody who is granted all of
    // RFC 3320 hears of it.
    const auto all = effort_of(Op::Sha1, {1000, 0, 1000}, Effort{}.most);
    CHECK(all == std::pair{std::string{"none"}, std::uint64_t{2101}});
    const auto some = effort_of(Op::Sha1, {1000, 0, 1000}, 1000);
    CHECK(some.first == "CYCLES_EXHAUSTED");
    CHECK(some.second >= 1000);
    CHECK(some.second < 1021);
    // What is read gives cycles, but no more than there may be.
    Program reads;
    for (int i = 0; i < 50; ++i)
        reads.op(Op::InputBytes, {1, 1000, reads.failure}).op(Op::Not, {word_at(40)});
    Effort effort{100, 0};
    const auto r = decompress(reads.message(std::string(50, 'x')), TransportKind::MessageBased, Parameters{},
                              states, effort);
    CHECK(reason_of(r) == "CYCLES_EXHAUSTED");
    CHECK(effort.used <= 100);
}

TEST_CASE("a message has to fit into the memory, and so has its bytecode", "[RFC3320-8.7][RFC4077-3.2]") {
    Bench bench;
    bench.ours.decompression_memory_size = 2048;
    auto whole = upload_header({}, 128, Octets(1, 35));
    whole.resize(2048);
    const auto large = bench.run(whole);
    CHECK(reason_of(large) == "BYTECODES_TOO_LARGE");
    CHECK(hex(large.error().details) == "0800");
    const auto upload = bench.run(upload_header({}, 1024, Octets(513, 0)));  // 1024 + 513 > 2048 - 516
    CHECK(reason_of(upload) == "BYTECODES_TOO_LARGE");
    CHECK(upload.error().pc == 0);
    CHECK(reason_of(bench.run(upload_header({}, 128, Octets(513, 0)))) == "USER_REQUESTED");
}

TEST_CASE("a partial identifier that two items have is refused", "[RFC3320-7.2]") {
    // Two items whose identifiers begin alike are not found by chance: a source that says so stands for them.
    struct Twins final : StateSource {
        Found find(OctetSpan) const override { return NotUnique{}; }
    };
    const auto r = decompress(octets("f9010203040506"), TransportKind::MessageBased, Parameters{}, Twins{});
    CHECK(reason_of(r) == "ID_NOT_UNIQUE");
    CHECK(hex(r.error().details) == "010203040506");
    Program p;
    const auto inside = decompress(p.op(Op::StateAccess, {32, 6, 0, 0, 0, 0}).message(),
                                   TransportKind::MessageBased, Parameters{}, Twins{});
    CHECK(reason_of(inside) == "ID_NOT_UNIQUE");
    CHECK(inside.error().opcode == 31);
}

TEST_CASE("a stored program begins with what its name said of it", "[RFC3320-7.2]") {
    Bench bench;
    Assembler a{64};
    a.emit(Op::Output, {0, 10});
    a.emit(Op::EndMessage, {0, 0, 0, 0, 0, 0, 0});
    const CreateRequest request{64, 64, 6, 0, a.finish()};
    bench.compartment.create(request);
    const auto item = make_state(64, 64, 6, request.value);
    for (const std::size_t length : {6u, 9u, 12u}) {
        const auto message = reference_header({}, OctetSpan{item->identifier}.first(length));
        const auto size = 8192 - message.size();
        CHECK(output_of(bench.run(message)) ==
              hex(Octets{static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)}) +
                  "0010"
                  "0002"
                  "00" +
                  hex(Octets{static_cast<std::uint8_t>(length)}) + "000b");
    }
}
