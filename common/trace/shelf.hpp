#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace ims::trace {

// When something happened, on a clock that all services of a network share.
using WallClock = std::chrono::sys_time<std::chrono::microseconds>;

enum class Kind : std::uint8_t {
    SipIn,  // fields: way, text
    SipOut,
    CxRequestIn,  // fields: command, then name and value in turn
    CxRequestOut,
    CxAnswerIn,
    CxAnswerOut,
    CxFailed,
    Note,             // fields: id, then name and value in turn
    TransportFailed,  // fields: detail
    FlowClosed,       // fields: way
    DnsQuery,         // fields: type, then name and value in turn
    DnsAnswer,
    Gap,  // nothing: the rest of the block before it begins anew
};

struct Head {
    std::uint32_t octets = 0;  // with this head, a multiple of 8
    Kind kind = Kind::Gap;
    std::uint8_t severity = 0;  // of a Note
    std::uint16_t fields = 0;
    std::int64_t at = 0;     // microseconds since 1970
    std::uint64_t turn = 0;  // what one event made a node do has one number
    std::uint64_t id = 0;    // joins a transmission and its failure, a Cx request and its answer; 0: none
};

// A ring of entries in one block: written one after the other, the oldest overwritten first. Writing is a
// copy to where the last one ended: no allocation, nothing to free, and what was copied goes back to the
// allocator while it is still in the caches.
class Shelf {
  public:
    explicit Shelf(std::size_t octets);  // of which it takes the largest power of two

    // An entry that would take more than a quarter of the shelf is cut in its last field.
    void append(Head head, std::span<const std::string_view> fields);

    // The same without gathering the fields first: room for `count` fields of together `octets`, which put()
    // fills one after the other. Null: it is a long one, for append().
    char* make(Head head, std::size_t count, std::size_t octets);
    static char* put(char* to, std::string_view field) {
        const auto length = static_cast<Length>(field.size());
        std::memcpy(to, &length, sizeof length);
        copy(to + sizeof length, field);
        return to + sizeof length + field.size();
    }

    // Places are numbers that are never used again: what lies at one either is the same entry or is gone.
    std::uint64_t oldest() const { return oldest_; }
    std::uint64_t end() const { return end_; }
    bool holds(std::uint64_t place) const { return place >= oldest_ && place < end_; }
    Head head(std::uint64_t place) const;
    std::uint64_t next(std::uint64_t place) const { return place + head(place).octets; }
    // Views into the shelf: good until something is appended.
    std::vector<std::string_view> fields(std::uint64_t place) const;

    std::uint64_t overwritten() const { return overwritten_; }  // entries

  private:
    using Length = std::uint32_t;

    // Most fields are a word: a call of memcpy for each would be most of what an entry costs.
    static void copy(char* to, std::string_view from) {
        const auto size = from.size();
        if (size >= 8 && size <= 16) {
            std::memcpy(to, from.data(), 8);
            std::memcpy(to + size - 8, from.data() + size - 8, 8);
        } else if (size >= 4 && size < 8) {
            std::memcpy(to, from.data(), 4);
            std::memcpy(to + size - 4, from.data() + size - 4, 4);
        } else if (size > 16) {
            std::memcpy(to, from.data(), size);
        } else {
            for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
        }
    }

    std::size_t offset(std::uint64_t place) const {
        return static_cast<std::size_t>(place) & (capacity_ - 1);
    }
    char* at(std::uint64_t place) const { return block_.get() + offset(place); }
    char* begin(Head head, std::size_t count, std::size_t octets);
    void make_room(std::size_t octets);
    void drop_oldest();

    std::size_t capacity_;           // a power of two
    std::unique_ptr<char[]> block_;  // made by the first entry
    std::uint64_t oldest_ = 0, end_ = 0;
    std::uint64_t overwritten_ = 0;
};

}  // namespace ims::trace
