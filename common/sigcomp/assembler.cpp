#include "common/sigcomp/assembler.hpp"

#include <bit>

namespace ims::sigcomp {

namespace {

// The types of the operands: those before '*', then the ones behind it again and again.
std::string_view types(Op op) {
    switch (op) {
        case Op::DecompressionFailure:
        case Op::Return: return "";
        case Op::Not: return "$";
        case Op::And:
        case Op::Or:
        case Op::Lshift:
        case Op::Rshift:
        case Op::Add:
        case Op::Subtract:
        case Op::Multiply:
        case Op::Divide:
        case Op::Remainder: return "$%";
        case Op::CopyLiteral:
        case Op::CopyOffset: return "%%$";
        case Op::Multiload: return "%#*%";
        case Op::Jump:
        case Op::Call: return "@";
        case Op::Compare: return "%%@@@";
        case Op::Switch: return "#%*@";
        case Op::Crc: return "%%%@";
        case Op::InputBytes:
        case Op::InputBits: return "%%@";
        case Op::InputHuffman: return "%@#*%";
        default: return "*%";
    }
}

char type_of(Op op, std::size_t operand) {
    const auto all = types(op);
    const auto star = all.find('*');
    return operand < star ? all[operand] : all[star + 1];
}

void put(Octets& out, std::uint8_t first, std::uint16_t rest) {
    out.push_back(first);
    out.push_back(static_cast<std::uint8_t>(rest >> 8));
    out.push_back(static_cast<std::uint8_t>(rest));
}
void put(Octets& out, unsigned two) {
    out.push_back(static_cast<std::uint8_t>(two >> 8));
    out.push_back(static_cast<std::uint8_t>(two));
}

// Each gives the smallest encoding that has at least `size` octets.
Octets literal(std::uint16_t v, std::size_t size) {
    Octets out;
    if (v < 0x80 && size < 2)
        out.push_back(static_cast<std::uint8_t>(v));
    else if (v < 0x4000 && size < 3)
        put(out, 0x8000u | v);
    else
        put(out, 0xc0, v);
    return out;
}

Octets reference(std::uint16_t address, std::size_t size) {
    if (address % 2 == 0 && address < 0x8000 && size < 3) return literal(address / 2, size);  // memory[2 * N]
    Octets out;
    put(out, 0xc0, address);
    return out;
}

Octets value(std::uint16_t v, std::size_t size) {
    Octets out;
    if (size < 2 && v < 0x40)
        out.push_back(static_cast<std::uint8_t>(v));
    else if (size < 2 && v >= 64 && std::has_single_bit(v))
        out.push_back(static_cast<std::uint8_t>(0x80 + std::bit_width(v) - 1));  // 2^6 is 86, 2^15 is 8f
    else if (size < 2 && v >= 65504)
        out.push_back(static_cast<std::uint8_t>(0xe0 + (v - 65504)));
    else if (size < 3 && v < 8192)
        put(out, 0xa000u | v);
    else if (size < 3 && v >= 61440)
        put(out, 0x9000u | (v - 61440u));
    else
        put(out, 0x80, v);
    return out;
}

Octets word(std::uint16_t address, std::size_t size) {
    Octets out;
    if (size < 2 && address % 2 == 0 && address < 128)
        out.push_back(static_cast<std::uint8_t>(0x40 + address / 2));
    else if (size < 3 && address < 8192)
        put(out, 0xc000u | address);
    else
        put(out, 0x81, address);
    return out;
}

}  // namespace

void Assembler::place(Label l) {
    Item item;
    item.kind = Item::Kind::Label;
    item.label = l.index;
    items_.push_back(std::move(item));
}

void Assembler::emit(Op op, std::vector<Operand> operands) {
    Item item;
    item.kind = Item::Kind::Instruction;
    item.op = op;
    item.sizes.assign(operands.size(), 1);
    item.operands = std::move(operands);
    items_.push_back(std::move(item));
}

void Assembler::octets(std::string_view text) {
    Item item;
    item.plain.assign(text.begin(), text.end());
    items_.push_back(std::move(item));
}

std::uint16_t Assembler::value_of(const Operand& o) const {
    if (o.kind != Operand::Kind::Label) return o.number;
    const unsigned less = o.minus == Operand::none ? 0u : placed_[o.minus];
    return static_cast<std::uint16_t>(placed_[o.label] - less - o.number);
}

Octets Assembler::encoded(const Item& item, std::size_t which, std::uint16_t instruction) const {
    const auto& o = item.operands[which];
    const auto size = item.sizes[which];
    switch (type_of(item.op, which)) {
        case '#': return literal(value_of(o), size);
        case '$': return reference(o.number, size);
        case '@': return value(static_cast<std::uint16_t>(value_of(o) - instruction), size);
        default: return o.kind == Operand::Kind::WordAt ? word(o.number, size) : value(value_of(o), size);
    }
}

// Where labels lie depends on how long operands are, and the other way round: again, until nothing grows.
Octets Assembler::finish() {
    auto here = origin_;
    for (const auto& item : items_) {  // as if every operand took one octet
        if (item.kind == Item::Kind::Label) placed_[item.label] = here;
        if (item.kind == Item::Kind::Instruction)
            here = static_cast<std::uint16_t>(here + 1 + item.operands.size());
        here = static_cast<std::uint16_t>(here + item.plain.size());
    }
    while (true) {
        Octets out;
        bool grown = false;
        for (auto& item : items_) {
            here = static_cast<std::uint16_t>(origin_ + out.size());
            if (item.kind == Item::Kind::Label) {
                if (placed_[item.label] != here) grown = true;
                placed_[item.label] = here;
            }
            out.insert(out.end(), item.plain.begin(), item.plain.end());
            if (item.kind != Item::Kind::Instruction) continue;
            out.push_back(static_cast<std::uint8_t>(item.op));
            for (std::size_t i = 0; i < item.operands.size(); ++i) {
                const auto octets = encoded(item, i, here);
                if (octets.size() > item.sizes[i]) grown = true;
                item.sizes[i] = static_cast<std::uint8_t>(octets.size());
                out.insert(out.end(), octets.begin(), octets.end());
            }
        }
        if (!grown) return out;
    }
}

}  // namespace ims::sigcomp
