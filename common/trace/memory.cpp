#include "common/trace/memory.hpp"

#include "common/trace/speaker.hpp"
#include "common/trace/summary.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <type_traits>

namespace ims::trace {

namespace {

constexpr std::size_t speakers = 63;  // shelves of those who speak, and one of nobody
constexpr std::size_t most_fields = 64;

// Views of what is kept, on the stack.
class Fields {
  public:
    void add(std::string_view field) {
        if (count_ < fields_.size()) fields_[count_++] = field;
    }
    void add(std::string_view name, std::string_view value) {
        if (count_ + 2 > fields_.size() || value.empty()) return;
        fields_[count_++] = name;
        fields_[count_++] = value;
    }
    operator std::span<const std::string_view>() const { return {fields_.data(), count_}; }

  private:
    std::array<std::string_view, most_fields> fields_;
    std::size_t count_ = 0;
};

Way way_of_flow(const sip::Flow& f) {
    return {f.transport, true, f.local, f.remote, f.connection};
}

// RFC 5626 3.5.1, RFC 3261 7.5: line ends before a message, or for their own sake.
bool is_keep_alive(const Event& event) {
    const auto* received = std::get_if<sip::Received>(&event);
    return received != nullptr && received->bytes->size() <= 4;
}

// A number by which speakers are spread over the shelves. 32 octets tell them apart well enough: who differ
// only later share a shelf, as others do.
std::uint64_t mark_of(std::string_view speaker) {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
    const auto size = std::min<std::size_t>(speaker.size(), 32);
    std::uint64_t mark = size;
    const auto take = [&](std::size_t at, std::size_t octets) {
        std::uint64_t word = 0;
        std::memcpy(&word, speaker.data() + at, octets);
        mark = (mark ^ word) * odd;
        mark ^= mark >> 29;
    };
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8) take(at, 8);
    if (at < size) size >= 8 ? take(size - 8, 8) : take(0, size);
    return mark;
}

Head head_of(Kind kind, std::uint64_t id = 0) {
    Head head;
    head.kind = kind;
    head.id = id;
    return head;
}

}  // namespace

std::string_view octets_of(const Way& way) {
    static_assert(std::is_trivially_copyable_v<Way>);
    return {reinterpret_cast<const char*>(&way), sizeof way};
}

Way way_of(std::string_view octets) {
    Way way;
    if (octets.size() == sizeof way) std::memcpy(&way, octets.data(), sizeof way);
    return way;
}

Memory::Memory(std::size_t octets) {
    if (octets == 0) return;
    shelves_.reserve(speakers + 1);
    for (std::size_t i = 0; i <= speakers; ++i) shelves_.emplace_back(octets / (speakers + 1));
}

// ---- whose it is

std::size_t Memory::shelf_of(std::string_view speaker) const {
    return speaker.empty() ? speakers : mark_of(speaker) % speakers;
}

std::size_t Memory::shelf_of(const Event& event) const {
    const auto* received = std::get_if<sip::Received>(&event);
    if (received != nullptr) {
        if (const auto speaker = speaker_of(*received->bytes); !speaker.empty()) return shelf_of(speaker);
        // What cannot be read is its sender's: it must not reach the shelf of nobody.
        return std::hash<IpAddress>{}(received->flow.remote.address) % speakers;
    }
    const auto* request = std::get_if<cx::RequestArrived>(&event);
    return shelf_of(request != nullptr ? subscriber_of(request->request) : std::string_view{});
}

std::size_t Memory::shelf_of(const Effects& effects) const {
    for (const auto& effect : effects)
        if (const auto* transmit = std::get_if<sip::Transmit>(&effect))
            return shelf_of(speaker_of(*transmit->bytes));
    for (const auto& effect : effects)
        if (const auto* note = std::get_if<Note>(&effect)) return shelf_of(note->field("impu"));
    return speakers;
}

// ---- what happened

void Memory::turn(const Event& event, const Effects& effects, WallClock now) {
    if (!on() || (effects.empty() && is_keep_alive(event))) return;
    auto shelf = shelf_of(event);
    if (shelf == speakers) shelf = shelf_of(effects);  // the answer of a database, of a name server
    const auto t = begin(shelf);
    std::visit([&](const auto& e) { keep(t, e, now); }, event);
    for (const auto& effect : effects) std::visit([&](const auto& e) { keep(t, e, now); }, effect);
}

void Memory::turn(const Effects& effects, WallClock now) {
    if (!on() || effects.empty()) return;
    const auto t = begin(shelf_of(effects));
    for (const auto& effect : effects) std::visit([&](const auto& e) { keep(t, e, now); }, effect);
}

void Memory::note(const Note& note, WallClock now) {
    if (on() && note.severity >= Severity::Warning) keep(begin(speakers), note, now);
}

Memory::Turn Memory::begin(const cx::Request& request) {
    return begin(shelf_of(subscriber_of(request)));
}

void Memory::append(const Turn& turn, Head head, std::span<const std::string_view> fields, WallClock now) {
    if (!on()) return;
    head.at = now.time_since_epoch().count();
    head.turn = turn.number;
    shelves_[turn.shelf].append(head, fields);
}

void Memory::keep(const Turn& turn, const sip::Received& event, WallClock now) {
    keep_message(turn, head_of(Kind::SipIn), way_of_flow(event.flow), *event.bytes, now);
}

void Memory::keep(const Turn& turn, const sip::Transmit& effect, WallClock now) {
    const auto way = std::visit(
        overloaded{
            [](const sip::Flow& f) { return way_of_flow(f); },
            [](const sip::Target& t) {
                return Way{t.transport, t.local.has_value(), t.local.value_or(IpEndpoint{}), t.remote, 0};
            },
        },
        effect.to);
    keep_message(turn, head_of(Kind::SipOut, effect.id), way, *effect.bytes, now);
}

void Memory::keep_message(const Turn& turn, Head head, const Way& way, std::string_view text, WallClock now) {
    if (!on()) return;
    head.at = now.time_since_epoch().count();
    head.turn = turn.number;
    if (auto* to = shelves_[turn.shelf].make(head, 2, sizeof way + text.size())) {
        Shelf::put(Shelf::put(to, octets_of(way)), text);
        return;
    }
    const std::array<std::string_view, 2> fields{octets_of(way), text};
    append(turn, head, fields, now);
}

void Memory::keep(const Turn& turn, const sip::TransportFailed& event, WallClock now) {
    const std::array<std::string_view, 1> fields{event.detail};
    append(turn, head_of(Kind::TransportFailed, event.transmit), fields, now);
}

void Memory::keep(const Turn& turn, const sip::FlowClosed& event, WallClock now) {
    const auto way = way_of_flow(event.flow);
    const std::array<std::string_view, 1> fields{octets_of(way)};
    append(turn, head_of(Kind::FlowClosed), fields, now);
}

void Memory::keep(const Turn& turn, const sip::dns::Query& effect, WallClock now) {
    Fields fields;
    fields.add(sip::dns::type_text(effect.type));
    fields.add("name", effect.name);
    append(turn, head_of(Kind::DnsQuery), fields, now);
}

void Memory::keep(const Turn& turn, const sip::dns::Answer& event, WallClock now) {
    Fields fields;
    fields.add(sip::dns::type_text(event.query.type));
    fields.add("name", event.query.name);
    fields.add("failed", event.failed ? "yes" : "");
    fields.add("detail", event.detail);
    const auto records = std::to_string(event.records.size());
    fields.add("records", records);
    append(turn, head_of(Kind::DnsAnswer), fields, now);
}

void Memory::keep(const Turn& turn, const cx::Send& effect, WallClock now) {
    Summary summary{effect.request};
    if (effect.destination_host) summary.add("peer", *effect.destination_host);
    keep_pairs(turn, head_of(Kind::CxRequestOut, effect.id.value()), cx::name(effect.request),
               summary.fields(), now);
}

void Memory::keep(const Turn& turn, const cx::RequestArrived& event, WallClock now) {
    Summary summary{event.request};
    summary.add("peer", event.origin_host);
    keep_pairs(turn, head_of(Kind::CxRequestIn, event.id.value()), cx::name(event.request), summary.fields(),
               now);
}

void Memory::keep(const Turn& turn, const cx::AnswerArrived& event, WallClock now) {
    Summary summary{event.answer};
    summary.add("peer", event.origin_host);
    keep_pairs(turn, head_of(Kind::CxAnswerIn, event.id.value()), cx::name(event.answer), summary.fields(),
               now);
}

void Memory::keep(const Turn& turn, const cx::Reply& effect, WallClock now) {
    const Summary summary{effect.answer};
    keep_pairs(turn, head_of(Kind::CxAnswerOut, effect.id.value()), cx::name(effect.answer), summary.fields(),
               now);
}

void Memory::keep(const Turn& turn, const cx::SendFailed& event, WallClock now) {
    Fields fields;
    fields.add("failed");
    fields.add("detail", event.detail);
    append(turn, head_of(Kind::CxFailed, event.id.value()), fields, now);
}

void Memory::keep(const Turn& turn, const Note& note, WallClock now) {
    auto head = head_of(Kind::Note);
    head.severity = static_cast<std::uint8_t>(note.severity);
    keep_pairs(turn, head, note.id, note.fields, now);
}

// Pairs with an empty value say nothing and are left out.
template <class Pairs>
void Memory::keep_pairs(const Turn& turn, Head head, std::string_view what, const Pairs& pairs,
                        WallClock now) {
    if (!on()) return;
    std::size_t count = 1;
    auto octets = what.size();
    for (const auto& [name, value] : pairs) {
        if (value.empty()) continue;
        count += 2;
        octets += name.size() + value.size();
    }
    head.at = now.time_since_epoch().count();
    head.turn = turn.number;
    if (auto* to = shelves_[turn.shelf].make(head, count, octets)) {
        to = Shelf::put(to, what);
        for (const auto& [name, value] : pairs)
            if (!value.empty()) to = Shelf::put(Shelf::put(to, name), value);
        return;
    }
    Fields fields;
    fields.add(what);
    for (const auto& [name, value] : pairs) fields.add(name, value);
    append(turn, head, fields, now);
}

}  // namespace ims::trace
