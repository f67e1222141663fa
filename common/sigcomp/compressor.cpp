#include "common/sigcomp/compressor.hpp"

#include "common/sigcomp/likeness.hpp"
#include "common/sigcomp/sequences.hpp"
#include "common/sigcomp/udvm.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ims::sigcomp {

namespace {

constexpr std::size_t max_remembered = 16;           // messages
constexpr std::size_t max_remembered_octets = 8192;  // of a peer's state memory that we make use of
constexpr std::size_t max_announced = 2;             // texts of the peer that we name
constexpr std::ptrdiff_t max_waiting = 4;            // texts kept for it that may have arrived or not
constexpr std::size_t max_named = 3;
constexpr std::size_t min_window = 512;  // behind the dictionary; with less it is not worth trying

// RFC 4896 11: outputs what follows.
constexpr std::array<std::uint8_t, 13> uncompressed{0xf8, 0x00, 0xa1, 0x1c, 0x01, 0x86, 0x09,
                                                    0x22, 0x86, 0x01, 0x16, 0xf9, 0x23};

void append(Octets& to, OctetSpan octets) {
    to.insert(to.end(), octets.begin(), octets.end());
}

}  // namespace

// What a machine of the peer can find, of what a message of ours names.
class Compressor::PeerStates final : public StateSource {
  public:
    explicit PeerStates(const Attempt& how) : how_{&how} {}
    Found find(OctetSpan partial) const override {
        static const StateStore published;
        if (const auto local = published.find(partial); std::holds_alternative<const StateItem*>(local))
            return local;
        const auto named = [&](const StateItem& item) {
            return std::equal(partial.begin(), partial.end(), item.identifier.begin());
        };
        for (const auto& text : how_->texts)
            if (named(*text)) return text.get();
        if (!how_->upload && named(*how_->code->state)) return how_->code->state.get();
        return NotFound{};
    }

  private:
    const Attempt* how_;
};

Compressor::Compressor(Compressor&& other) noexcept
    : states_{other.states_},
      ours_{other.ours_},
      peer_{other.peer_},
      to_return_{std::move(other.to_return_)},
      peer_wants_states_{other.peer_wants_states_},
      parameters_arrived_{other.parameters_arrived_},
      plain_{other.plain_},
      sequence_{other.sequence_},
      sent_{std::exchange(other.sent_, {})},
      codes_{std::exchange(other.codes_, {})},
      announced_{std::exchange(other.announced_, {})},
      shared_{std::exchange(other.shared_, {})} {}

Result<Octets, CompressionFailure> Compressor::compress(std::string_view text, TransportKind kind) {
    if (text.size() > max_output_octets) return CompressionFailure::TooLarge;
    if (!plain_) {
        if (const auto* code = arrived_code(kind)) {
            if (auto message = attempt({code, false, most_like(text, sure_texts(), max_named)}, text, kind))
                return std::move(*message);
            if (auto message = attempt({code, false, {}}, text, kind)) return std::move(*message);
        }
        const auto memory = udvm_memory_size(peer_.decompression_memory_size, kind, text.size() / 2);
        if (auto message = attempt({&bytecode_for(memory), true, {}}, text, kind)) return std::move(*message);
        if (auto message = attempt({&bytecode_for(0), true, {}}, text, kind)) return std::move(*message);
    }
    Octets message{uncompressed.begin(), uncompressed.end()};
    append(message, octets_of(text));
    if (verified(message, text, kind, {nullptr, true, {}})) return message;
    return CompressionFailure::TooLarge;
}

// The bytecode that is there for sure. It stays, since texts have a lower priority.
const Bytecode* Compressor::arrived_code(TransportKind kind) const {
    if (peer_.state_memory_size == 0) return nullptr;
    const auto memory = udvm_memory_size(peer_.decompression_memory_size, kind, 0);
    for (const auto& u : codes_)
        if (u.arrived && u.code->window + u.code->dictionary.length + min_window <= memory) return u.code;
    return nullptr;
}

// Of what was created the oldest text goes first (RFC 3320 6.2). One that arrived is there if all that may
// have come after it leave room for it, whether they arrived or not.
std::vector<StatePointer> Compressor::sure_texts() const {
    std::vector<StatePointer> sure;
    std::size_t used = 0;
    for (const auto& u : codes_) used += u.code->state->cost();
    for (const auto& s : sent_)
        if (s.text && !s.arrived) used += s.text->cost();
    for (auto it = sent_.rbegin(); it != sent_.rend(); ++it) {
        if (!it->text || !it->arrived) continue;
        used += it->text->cost();
        if (used > usable_memory()) break;
        sure.push_back(it->text);
    }
    sure.insert(sure.end(), announced_.begin(), announced_.end());
    return sure;
}

std::optional<Octets> Compressor::attempt(Attempt how, std::string_view text, TransportKind kind) {
    const auto& code = *how.code;
    // A datagram takes memory from its machine; ours have at most a quarter left out for them.
    const auto reserve = kind == TransportKind::StreamBased
                             ? std::size_t{0}
                             : std::min<std::size_t>(text.size() + 64 + (how.upload ? code.code.size() : 0),
                                                     peer_.decompression_memory_size / 4);
    const auto memory = udvm_memory_size(peer_.decompression_memory_size, kind, reserve) & ~0xffu;
    if (memory < code.window + code.dictionary.length + min_window) return std::nullopt;

    Window window;
    window.ring = memory - code.window;
    const auto needed = [&] {
        auto octets = code.dictionary.length + text_header + text.size();
        for (const auto& t : how.texts) octets += t->value.size();
        return octets;
    };
    while (!how.texts.empty() && needed() > window.ring) how.texts.erase(how.texts.begin());
    const auto dictionary =
        octets_of(sip_sdp_dictionary()).subspan(code.dictionary.begin, code.dictionary.length);
    window.octets.reserve(needed());
    append(window.octets, dictionary);
    window.dictionary = dictionary.size();
    for (const auto& t : how.texts) append(window.octets, t->value);
    const auto address = static_cast<std::uint16_t>(code.window + window.octets.size() + text_header - 2);
    window.octets.resize(window.octets.size() + text_header);
    window.text = window.octets.size();
    append(window.octets, octets_of(text));
    const auto sequences = sequences_of(window);
    if (!sequences) return std::nullopt;
    const auto body = encode(window, *sequences);

    // A text that was told in a few words is not worth the room of the ones it was told with.
    Sent sent{static_cast<std::uint8_t>(sequence_ % 127 + 1), kind == TransportKind::StreamBased,
              !parameters_arrived_, &code, nullptr};
    std::uint8_t flags = static_cast<std::uint8_t>(how.texts.size() << flag::texts_shift);
    const bool fits = window.octets.size() <= window.ring;
    if (fits && body.size() * 5 > text.size()) {
        auto kept = kept_text(address, text);
        if (peer_.state_memory_size >= code.state->cost() + kept->cost()) {
            flags |= flag::keep;
            if (may_announce()) flags |= flag::announce;
            sent.text = std::move(kept);
        }
    }
    if (sent.told_parameters) flags |= flag::parameters;

    auto message = how.upload ? upload_header(to_return_, code_address, code.code)
                              : reference_header(to_return_, OctetSpan{code.state->identifier}.first(6));
    append(message,
           std::array<std::uint8_t, 3>{sent.sequence, static_cast<std::uint8_t>(memory >> 8), flags});
    if (sent.told_parameters)
        append(message, std::array<std::uint8_t, 2>{parameters_octet(ours_), ours_.version});
    for (const auto& t : how.texts) append(message, OctetSpan{t->identifier}.first(6));
    append(message, body);
    if (!verified(message, text, kind, how)) return std::nullopt;

    sequence_ = sent.sequence;
    if ((flags & flag::announce) == flag::announce) share(sent.text, sent.sequence, sent.arrived);
    remember(std::move(sent));
    return message;
}

bool Compressor::verified(OctetSpan message, std::string_view text, TransportKind kind,
                          const Attempt& how) const {
    const auto result = decompress(message, kind, peer_, PeerStates{how});
    return result && result->has_output == !text.empty() && result->text == text;
}

void Compressor::share(const StatePointer& text, std::uint8_t sequence, bool arrived) {
    if (auto kept = states_->add(text)) shared_.push_back({std::move(kept), sequence, arrived});
    drop_shared();
}

// The peer names the last texts that it got, and one message of its own may be on its way meanwhile: nothing
// older than the last three that arrived is needed.
void Compressor::drop_shared() {
    const auto arrived = [&] {
        return static_cast<std::size_t>(
            std::count_if(shared_.begin(), shared_.end(), [](const Shared& s) { return s.arrived; }));
    };
    while (!shared_.empty() &&
           (arrived() > max_announced + 1 || (arrived() == max_announced + 1 && !shared_.front().arrived))) {
        states_->release(*shared_.front().text);
        shared_.pop_front();
    }
}

bool Compressor::may_announce() const {
    const auto waiting =
        std::count_if(shared_.begin(), shared_.end(), [](const Shared& s) { return !s.arrived; });
    return peer_wants_states_ && ours_.state_memory_size > 0 && waiting < max_waiting;
}

void Compressor::remember(Sent sent) {
    const auto known = [&](const Uploaded& u) { return u.code == sent.code; };
    if (std::none_of(codes_.begin(), codes_.end(), known)) codes_.push_back({sent.code, false});
    if (sent.arrived) arrived(sent);
    sent_.push_back(std::move(sent));
    if (sent_.size() > max_remembered) sent_.pop_front();
    std::size_t used = 0;
    for (auto it = sent_.rbegin(); it != sent_.rend(); ++it) {
        if (!it->text) continue;
        used += it->text->cost();
        if (used > usable_memory()) it->text.reset();  // pushed out there by what came after it
    }
}

std::size_t Compressor::usable_memory() const {
    return std::min<std::size_t>(peer_.state_memory_size, max_remembered_octets);
}

void Compressor::arrived(const Sent& sent) {
    parameters_arrived_ |= sent.told_parameters;
    for (auto& u : codes_) u.arrived |= u.code == sent.code;
    for (auto& s : shared_) s.arrived |= s.sequence == sent.sequence;
    drop_shared();
}

void Compressor::returned_feedback(OctetSpan item) {
    if (item.size() != 1) return;  // not one of ours
    for (auto it = sent_.rbegin(); it != sent_.rend(); ++it) {
        if (it->sequence != item[0]) continue;
        it->arrived = true;
        return arrived(*it);
    }
}

void Compressor::requested_feedback(const RequestedFeedback& feedback) {
    to_return_ = feedback.item.value_or(Octets{});  // RFC 4896 9.2
    peer_wants_states_ = !feedback.no_local_state;
}

void Compressor::returned_parameters(const ReturnedParameters& told, const Compartment& received) {
    peer_.cycles_per_bit = told.cycles_per_bit.value_or(peer_.cycles_per_bit);
    peer_.decompression_memory_size =
        told.decompression_memory_size.value_or(peer_.decompression_memory_size);
    peer_.state_memory_size = told.state_memory_size.value_or(peer_.state_memory_size);
    peer_.version = told.version.value_or(peer_.version);
    if (peer_.state_memory_size == 0) reset();  // all is lost there (RFC 4077 1.2)
    // Only of what the peer itself had stored here: it learns nothing of others' texts.
    for (const auto& partial : told.states) {
        auto item = received.find(partial);
        if (!item || !is_kept_text(*item)) continue;
        std::erase(announced_, item);
        announced_.push_back(std::move(item));
        if (announced_.size() > max_announced) announced_.erase(announced_.begin());
    }
}

void Compressor::nack(const Nack& nack) {
    reset();
    switch (static_cast<Reason>(nack.reason)) {
        case Reason::StateNotFound:
        case Reason::IdNotUnique:
        case Reason::StateTooShort: return;
        default: plain_ = true;
    }
}

std::size_t Compressor::octets() const {
    std::size_t all = 0;
    for (const auto& s : sent_) all += s.text ? s.text->value.size() : 0;
    for (const auto& t : announced_) all += t->value.size();
    for (const auto& s : shared_) all += s.text->value.size();
    return all;
}

void Compressor::reset() {
    sent_.clear();
    codes_.clear();
    announced_.clear();
    for (const auto& s : shared_) states_->release(*s.text);
    shared_.clear();
    parameters_arrived_ = false;
}

}  // namespace ims::sigcomp
