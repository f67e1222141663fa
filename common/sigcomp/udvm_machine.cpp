#include "common/sigcomp/udvm_machine.hpp"

#include <cstring>

namespace ims::sigcomp {

namespace udvm {

namespace {

constexpr std::uint16_t stack_location = 70;

}  // namespace

void Machine::useful_values(std::size_t identifier_octets, std::size_t state_length) {
    std::memset(memory_.plain(0, 32).data(), 0, 32);  // decompress() makes no memory smaller than that
    memory_.set_word(0, static_cast<std::uint16_t>(memory_.size()));  // 65536 is told as 0
    memory_.set_word(2, static_cast<std::uint16_t>(ours_->cycles_per_bit));
    memory_.set_word(4, ours_->version);
    memory_.set_word(6, static_cast<std::uint16_t>(identifier_octets));
    memory_.set_word(8, static_cast<std::uint16_t>(state_length));
}

void Machine::load(const StateItem& item, std::size_t identifier_octets) {
    if (const auto place = memory_.plain(item.address, item.value.size()); !place.empty())
        std::copy(item.value.begin(), item.value.end(), place.begin());
    if (ok()) useful_values(identifier_octets, item.value.size());
    pc_ = item.instruction;
}

void Machine::load(const Upload& upload) {
    if (upload.destination + upload.bytecode.size() > memory_.size()) {
        const auto size = ours_->decompression_memory_size;
        return fail(Reason::BytecodesTooLarge,
                    {static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)});
    }
    const auto place = memory_.plain(upload.destination, upload.bytecode.size());
    std::copy(upload.bytecode.begin(), upload.bytecode.end(), place.begin());
    useful_values(0, 0);
    pc_ = upload.destination;
}

Result<Decompressed, Failure> Machine::run(std::size_t header_octets) {
    // Before the first instruction nothing is known of one (RFC 4077 3.1).
    if (failure_) return Failure{failure_->reason, 0, 0, failure_->details};
    if (memory_.violated()) return Failure{Reason::Segfault, 0, 0, {}};
    cycles_left_ = (1000 + header_octets * std::uint64_t{8}) * ours_->cycles_per_bit;
    stay_within_effort();
    while (!ended_) {
        step();
        if (failure_) return *failure_;
        if (memory_.violated()) return segfault();
    }
    return std::move(result_);
}

void Machine::step() {
    instruction_ = static_cast<std::uint16_t>(pc_);
    if (pc_ >= memory_.size()) return fail(Reason::Segfault);
    execute(code_octet());
}

void Machine::fail(Reason reason, Octets details) {
    if (failure_ || memory_.violated()) return;
    failure_ = Failure{reason, memory_.peek(instruction_), instruction_, std::move(details)};
}

Failure Machine::segfault() const {
    return {Reason::Segfault, memory_.peek(instruction_), instruction_, {}};
}

bool Machine::exhausted() {
    fail(Reason::CyclesExhausted, {static_cast<std::uint8_t>(ours_->cycles_per_bit)});
    return false;
}

void Machine::refund(std::size_t bits) {
    cycles_left_ += bits * std::uint64_t{ours_->cycles_per_bit};
    stay_within_effort();
}

void Machine::stay_within_effort() {
    cycles_left_ = std::min(cycles_left_, most_effort_ - std::min(effort(), most_effort_));
}

// ---- operands (RFC 3320 8.5)
// ---------------------------------------------------------------------------------

std::uint16_t Machine::literal() {
    const unsigned first = code_octet();
    if (first < 0x80) return static_cast<std::uint16_t>(first);
    if (first < 0xc0) return static_cast<std::uint16_t>((first & 0x3fu) << 8 | code_octet());
    if (first != 0xc0) {
        fail(Reason::InvalidOperand);
        return 0;
    }
    const unsigned high = code_octet();
    return static_cast<std::uint16_t>(high << 8 | code_octet());
}

std::uint16_t Machine::reference() {
    const unsigned first = code_octet();
    if (first < 0x80) return static_cast<std::uint16_t>(2 * first);
    if (first < 0xc0) return static_cast<std::uint16_t>(2 * ((first & 0x3fu) << 8 | code_octet()));
    if (first != 0xc0) {
        fail(Reason::InvalidOperand);
        return 0;
    }
    const unsigned high = code_octet();
    return static_cast<std::uint16_t>(high << 8 | code_octet());
}

std::uint16_t Machine::longer_multitype(unsigned first) {
    if (first >= 0xe0) return static_cast<std::uint16_t>((first & 0x1fu) + 65504);
    if (first >= 0xc0) return memory_.word(static_cast<std::uint16_t>((first & 0x1fu) << 8 | code_octet()));
    if (first >= 0xa0) return static_cast<std::uint16_t>((first & 0x1fu) << 8 | code_octet());
    if (first >= 0x90) return static_cast<std::uint16_t>(((first & 0x0fu) << 8 | code_octet()) + 61440);
    if (first >= 0x88) return static_cast<std::uint16_t>(1u << ((first & 7u) + 8));
    if (first >= 0x86) return static_cast<std::uint16_t>(1u << ((first & 1u) + 6));
    if (first >= 0x82) {
        fail(Reason::InvalidOperand);
        return 0;
    }
    const unsigned high = code_octet();
    const auto value = static_cast<std::uint16_t>(high << 8 | code_octet());
    return first == 0x80 ? value : memory_.word(value);
}

void Machine::skip_multitype() {
    const unsigned first = code_octet();
    if (first < 0x80 || first >= 0xe0 || (first >= 0x86 && first < 0x90)) return;
    if (first >= 0x82 && first < 0x86) return fail(Reason::InvalidOperand);
    code_octet();
    if (first < 0x82) code_octet();
}

std::uint16_t Machine::address() {
    return static_cast<std::uint16_t>(instruction_ + multitype());
}

// ---- copies and the stack
// ------------------------------------------------------------------------------------

Octets Machine::gather(std::uint16_t from, std::size_t length) {
    Octets out;
    visit(from, length, [&](OctetSpan octets) { out.insert(out.end(), octets.begin(), octets.end()); });
    return out;
}

std::uint16_t Machine::store(const CopyBounds& b, std::uint16_t to, OctetSpan octets) {
    while (!octets.empty() && ok()) {
        const auto run = b.run(to, octets.size());
        if (const auto place = memory_.plain(to, run); ok()) std::copy_n(octets.begin(), run, place.begin());
        to = b.after(to, run);
        octets = octets.subspan(run);
    }
    return to;
}

// One octet after another: what has been copied may be copied again (RFC 3320 8.4).
void Machine::copy(std::uint16_t from, std::size_t length, std::uint16_t to) {
    const auto b = bounds();
    while (length > 0 && ok()) {
        const auto run = b.run(to, b.run(from, length));
        const auto source = memory_.plain(from, run);
        const auto target = memory_.plain(to, run);
        if (!ok()) return;
        if (from < to && to < from + run)
            for (std::size_t i = 0; i < run; ++i) target[i] = source[i];
        else
            std::memmove(target.data(), source.data(), run);
        from = b.after(from, run);
        to = b.after(to, run);
        length -= run;
    }
}

void Machine::push(std::uint16_t value) {
    const auto stack = memory_.word(stack_location);
    const auto fill = memory_.word(stack);
    memory_.set_word(static_cast<std::uint16_t>(stack + 2 * fill + 2), value);
    memory_.set_word(stack, static_cast<std::uint16_t>(fill + 1));  // also over the value: RFC 4896 3.4
}

std::uint16_t Machine::pop() {
    const auto stack = memory_.word(stack_location);
    const auto fill = static_cast<std::uint16_t>(memory_.word(stack) - 1);
    if (fill == 0xffff) {
        fail(Reason::StackUnderflow);
        return 0;
    }
    memory_.set_word(stack, fill);
    return memory_.word(static_cast<std::uint16_t>(stack + 2 * fill + 2));
}

}  // namespace udvm

Result<Decompressed, Failure> decompress(OctetSpan octets, TransportKind kind, const Parameters& ours,
                                         const StateSource& states, Effort& effort) {
    const auto message = parse_message(octets);
    if (!message) return message.error();
    const auto memory_size = udvm_memory_size(ours.decompression_memory_size, kind, octets.size());
    if (memory_size < 128) {  // RFC 3320 8.7, 2; the sender learns how much it may send
        const auto size = ours.decompression_memory_size;
        return Failure{Reason::BytecodesTooLarge,
                       0,
                       0,
                       {static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)}};
    }
    udvm::Machine machine{memory_size, ours, states, message->remaining, effort.most};
    if (const auto* reference = std::get_if<Reference>(&message->what)) {
        const auto partial = reference->partial_identifier;
        const Octets details{partial.begin(), partial.end()};
        const auto found = states.find(partial);
        if (std::holds_alternative<StateSource::NotUnique>(found))
            return Failure{Reason::IdNotUnique, 0, 0, details};
        if (std::holds_alternative<StateSource::NotFound>(found))
            return Failure{Reason::StateNotFound, 0, 0, details};
        machine.load(*std::get<const StateItem*>(found), partial.size());
    } else if (const auto* upload = std::get_if<Upload>(&message->what)) {
        machine.load(*upload);
    } else {
        return Failure{Reason::InvalidCodeLocation, 0, 0, {}};  // a NACK holds nothing to decompress
    }
    auto result = machine.run(message->header.size());
    effort.used = machine.effort();
    if (result)
        result->returned_feedback.assign(message->returned_feedback.begin(),
                                         message->returned_feedback.end());
    return result;
}

}  // namespace ims::sigcomp
