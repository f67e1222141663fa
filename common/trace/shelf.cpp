#include "common/trace/shelf.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

namespace ims::trace {

namespace {

constexpr std::size_t rounded(std::size_t octets) {
    return (octets + 7) / 8 * 8;
}

}  // namespace

Shelf::Shelf(std::size_t octets) : capacity_{std::bit_floor(std::max<std::size_t>(octets, 1024))} {}

char* Shelf::make(Head head, std::size_t count, std::size_t octets) {
    octets = rounded(sizeof(Head) + count * sizeof(Length) + octets);
    if (octets > capacity_ / 4) return nullptr;
    return begin(head, count, octets);
}

char* Shelf::begin(Head head, std::size_t count, std::size_t octets) {
    // Left as it came from the system: pages nobody writes to cost nothing.
    if (!block_) block_.reset(new char[capacity_]);
    make_room(octets);
    head.octets = static_cast<std::uint32_t>(octets);
    head.fields = static_cast<std::uint16_t>(count);
    char* to = at(end_);
    std::memcpy(to, &head, sizeof head);
    end_ += octets;
    return to + sizeof head;
}

void Shelf::append(Head head, std::span<const std::string_view> fields) {
    std::size_t octets = sizeof(Head) + fields.size() * sizeof(Length);
    for (const auto field : fields) octets += field.size();
    std::size_t cut = 0;
    if (const auto most = capacity_ / 4; octets > most) {
        cut = std::min(octets - most, fields.empty() ? 0 : fields.back().size());
        octets -= cut;
    }
    octets = rounded(octets);
    if (octets > capacity_ / 2) return;  // many long fields: no message of ours
    char* to = begin(head, fields.size(), octets);
    for (std::size_t i = 0; i < fields.size(); ++i)
        to = put(to, fields[i].substr(0, fields[i].size() - (i + 1 == fields.size() ? cut : 0)));
}

void Shelf::make_room(std::size_t octets) {
    // An entry lies in one piece.
    if (const auto left = capacity_ - offset(end_); left < octets) {
        while (end_ + left - oldest_ > capacity_) drop_oldest();
        // What is left may be smaller than a head: the first octets say how much it is, and that it is a gap.
        const Head gap{static_cast<std::uint32_t>(left), Kind::Gap, 0, 0, 0, 0, 0};
        std::memcpy(at(end_), &gap, std::min(left, sizeof gap));
        end_ += left;
    }
    while (end_ + octets - oldest_ > capacity_) drop_oldest();
}

void Shelf::drop_oldest() {
    std::uint32_t octets = 0;
    std::memcpy(&octets, at(oldest_), sizeof octets);
    if (static_cast<Kind>(at(oldest_)[offsetof(Head, kind)]) != Kind::Gap) ++overwritten_;
    oldest_ += octets;
}

Head Shelf::head(std::uint64_t place) const {
    Head head;
    const auto left = capacity_ - offset(place);
    std::memcpy(&head, at(place), std::min(left, sizeof head));
    return head;
}

std::vector<std::string_view> Shelf::fields(std::uint64_t place) const {
    const auto count = head(place).fields;
    std::vector<std::string_view> fields;
    fields.reserve(count);
    const char* from = at(place) + sizeof(Head);
    for (std::size_t i = 0; i < count; ++i) {
        Length length = 0;
        std::memcpy(&length, from, sizeof length);
        from += sizeof length;
        fields.emplace_back(from, length);
        from += length;
    }
    return fields;
}

}  // namespace ims::trace
