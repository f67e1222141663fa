#include "common/sigcomp/udvm_machine.hpp"

// RFC 3320 9.4: input, state, output and the end of a message.
namespace ims::sigcomp::udvm {

namespace {

constexpr std::uint16_t input_bit_order = 68;
constexpr std::size_t max_requests = 4;   // RFC 3320 6.2, of creation and of freeing each
constexpr std::uint64_t looking_up = 10;  // additions that take as long, as sigcomp-cost measures it
constexpr unsigned huffman_least_first = 2, bits_least_first = 4, octets_least_first = 1;  // H, F and P

bool identifier_length(unsigned octets) {
    return octets >= min_partial_identifier && octets <= max_partial_identifier;
}

}  // namespace

void Machine::input_bytes() {
    const auto length = multitype();
    const auto destination = multitype();
    const auto otherwise = address();
    if (!charge(1 + std::uint64_t{length})) return;
    input_.discard_fraction();  // also if what follows fails (RFC 4896 3.1)
    if (length > input_.octets_left()) return jump(otherwise);
    store(bounds(), destination, input_.take_octets(length));
    refund(std::size_t{8} * length);
}

bool Machine::set_bit_order() {
    const auto order = memory_.word(input_bit_order);
    if (order > 7) {
        fail(Reason::BadInputBitorder);
        return false;
    }
    input_.order((order & octets_least_first) != 0);
    return true;
}

void Machine::input_bits() {
    const auto length = multitype();
    const auto destination = multitype();
    const auto otherwise = address();
    if (!charge(1)) return;
    if (length > 16) return fail(Reason::TooManyBitsRequested);
    if (!set_bit_order()) return;
    if (length > input_.bits_left()) return jump(otherwise);
    const bool least_first = (memory_.word(input_bit_order) & bits_least_first) != 0;
    memory_.set_word(destination, input_.take_bits(length, least_first));
    refund(length);
}

void Machine::input_huffman() {
    const auto destination = multitype();
    const auto otherwise = address();
    const unsigned n = literal();
    if (!charge(1 + std::uint64_t{n}) || n == 0) return;

    // All operands are read before anything is done (RFC 3320 8.5), and their sum is checked.
    huffman_sets_.clear();
    unsigned total = 0;
    for (unsigned i = 0; i < n && ok(); ++i) {
        HuffmanSet s{};
        s.bits = multitype();
        s.lower = multitype();
        s.upper = multitype();
        s.uncompressed = multitype();
        total = std::min(total + s.bits, 65536u);
        huffman_sets_.push_back(s);
    }
    if (!ok()) return;
    if (total > 16) return fail(Reason::TooManyBitsRequested);
    if (!set_bit_order()) return;

    const bool least_first = (memory_.word(input_bit_order) & huffman_least_first) != 0;
    unsigned h = 0;
    std::size_t taken = 0;
    for (const auto& s : huffman_sets_) {
        // Bits of earlier requests of this instruction are gone; they earn nothing, since it fails.
        if (s.bits > input_.bits_left()) return jump(otherwise);
        h = h << s.bits | input_.take_bits(s.bits, least_first);
        taken += s.bits;
        if (h < s.lower || h > s.upper) continue;
        memory_.set_word(destination, static_cast<std::uint16_t>(h + s.uncompressed - s.lower));
        return refund(taken);
    }
    fail(Reason::HuffmanNoMatch);
}

void Machine::state_access() {
    const auto start = multitype();
    const auto identifier = multitype();
    const auto begin = multitype();
    unsigned length = multitype();
    auto where = multitype();
    auto instruction = multitype();
    if (!ok()) return;
    if (!identifier_length(identifier)) return fail(Reason::InvalidStateIdLength);
    const auto partial = gather(start, identifier);
    if (!ok()) return;
    dear(looking_up);
    const auto found = states_->find(partial);
    if (std::holds_alternative<StateSource::NotUnique>(found)) return fail(Reason::IdNotUnique, partial);
    if (std::holds_alternative<StateSource::NotFound>(found)) return fail(Reason::StateNotFound, partial);
    const auto& item = *std::get<const StateItem*>(found);

    if (length == 0 && begin != 0) return fail(Reason::InvalidStateProbe);
    if (length == 0) length = static_cast<unsigned>(item.value.size());
    if (where == 0) where = item.address;
    if (instruction == 0) instruction = item.instruction;
    if (!charge(1 + std::uint64_t{length})) return;
    if (begin + std::size_t{length} > item.value.size()) return fail(Reason::StateTooShort, partial);
    store(bounds(), where, OctetSpan{item.value}.subspan(begin, length));
    if (ok() && instruction != 0) jump(instruction);
}

bool Machine::may_create() {
    if (++creations_ <= max_requests) return true;
    fail(Reason::TooManyStateRequests);
    return false;
}

void Machine::state_create() {
    Creation c{};
    c.length = multitype();
    c.address = multitype();
    c.instruction = multitype();
    c.minimum_access_length = multitype();
    c.priority = multitype();
    if (!charge(1 + std::uint64_t{c.length}) || !may_create()) return;
    if (!identifier_length(c.minimum_access_length)) return fail(Reason::InvalidStateIdLength);
    if (c.priority == lowest_priority) return fail(Reason::InvalidStatePriority);
    asked_.emplace_back(c);
}

void Machine::state_free() {
    const auto start = multitype();
    const auto length = multitype();
    if (!charge(1)) return;
    if (++freeings_ > max_requests) return fail(Reason::TooManyStateRequests);
    if (!identifier_length(length)) return fail(Reason::InvalidStateIdLength);
    asked_.emplace_back(Freeing{start, length});
}

void Machine::output() {
    const auto start = multitype();
    const auto length = multitype();
    if (!charge(1 + std::uint64_t{length})) return;
    if (result_.text.size() + length > max_output_octets) return fail(Reason::OutputOverflow);
    result_.has_output = true;
    visit(start, length, [&](OctetSpan octets) { result_.text += text_of(octets); });
}

void Machine::end_message() {
    const auto requested_feedback = multitype();
    const auto returned_parameters = multitype();
    Creation c{};
    c.length = multitype();
    c.address = multitype();
    c.instruction = multitype();
    c.minimum_access_length = multitype();
    c.priority = multitype();
    if (!charge(1 + std::uint64_t{c.length})) return;
    if (identifier_length(c.minimum_access_length) && c.priority != lowest_priority) {
        if (!may_create()) return;
        asked_.emplace_back(c);
    }
    for (const auto& one : asked_) {
        if (const auto* creation = std::get_if<Creation>(&one))
            result_.requests.emplace_back(CreateRequest{creation->address, creation->instruction,
                                                        creation->minimum_access_length, creation->priority,
                                                        gather(creation->address, creation->length)});
        else if (const auto* freeing = std::get_if<Freeing>(&one))
            result_.requests.emplace_back(FreeRequest{gather(freeing->start, freeing->length)});
    }
    // Feedback is read without the byte copying rules (RFC 4896 4.1).
    if (requested_feedback != 0) read_requested_feedback(requested_feedback);
    if (returned_parameters != 0) read_returned_parameters(returned_parameters);
    ended_ = true;
}

// One octet below 128, or a length and so many octets (RFC 3320 figure 4).
Octets Machine::feedback_item(std::uint32_t where) {
    const auto first = memory_.plain(where, 1);
    if (first.empty()) return {};
    const std::size_t longer = (first[0] & 0x80) != 0 ? first[0] & 0x7fu : 0;
    const auto all = memory_.plain(where, 1 + longer);
    return {all.begin(), all.end()};
}

void Machine::read_requested_feedback(std::uint16_t location) {
    const auto flags = memory_.plain(location, 1);
    if (flags.empty()) return;
    RequestedFeedback feedback;
    feedback.no_state = (flags[0] & 2) != 0;
    feedback.no_local_state = (flags[0] & 1) != 0;
    if ((flags[0] & 4) != 0) feedback.item = feedback_item(location + 1u);
    result_.requested_feedback = std::move(feedback);
}

void Machine::read_returned_parameters(std::uint16_t location) {
    const auto fixed = memory_.plain(location, 2);
    if (fixed.empty()) return;
    ReturnedParameters returned;
    read_parameters_octet(fixed[0], returned);
    if (fixed[1] != 0) returned.version = fixed[1];
    std::size_t at = location + std::size_t{2};
    while (ok()) {
        const auto length = memory_.plain(at, 1);
        if (length.empty() || !identifier_length(length[0])) break;
        const auto identifier = memory_.plain(at + 1, length[0]);
        if (ok()) returned.states.emplace_back(identifier.begin(), identifier.end());
        at += 1u + length[0];
    }
    result_.returned_parameters = std::move(returned);
}

}  // namespace ims::sigcomp::udvm
