#include "common/sip/message/header_id.hpp"

#include "common/base/text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>

namespace ims::sip {

namespace {

struct Known {
    HeaderId id;
    std::string_view name;
    char compact;
};

constexpr std::array known{
#define X(id, name, compact) Known{HeaderId::id, name, compact},
    IMS_SIP_HEADERS(X)
#undef X
};

// A name as it is compared. Two of them to a cache line.
struct Name {
    char text[31];
    std::uint8_t length;
};
static_assert(sizeof(Name) == 32);

constexpr auto names = [] {
    std::array<Name, known.size()> all{};
    for (std::size_t n = 0; n < known.size(); ++n) {
        if (known[n].name.size() > sizeof all[n].text) std::terminate();  // no constant: does not compile
        for (std::size_t i = 0; i < known[n].name.size(); ++i) all[n].text[i] = known[n].name[i];
        all[n].length = static_cast<std::uint8_t>(known[n].name.size());
    }
    return all;
}();

// Length and four characters tell all names apart but two; one of these is in the next free place. The
// factors are from a search for such.
constexpr std::size_t slots = 512;
constexpr std::uint32_t mixed(std::uint32_t first_two, std::uint32_t last_two, std::size_t length) {
    constexpr std::uint32_t lower_case = 0x20202020;  // of letters
    const auto four = (first_two | last_two << 16) | lower_case;
    return (four + static_cast<std::uint32_t>(length) * 0x9E3779B1U) * 0x2BA14D5DU >> 23;
}
constexpr std::uint32_t two(const char* at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(at[0]) | static_cast<unsigned char>(at[1])
                                                                              << 8);
}
constexpr std::size_t slot_of(std::string_view name) {
    return mixed(two(name.data()), two(name.data() + name.size() - 2), name.size());
}
static_assert(1U << (32 - 23) == slots);

constexpr auto table = [] {
    std::array<HeaderId, slots> ids{};
    ids.fill(HeaderId::Unknown);
    for (const auto& k : known) {
        auto slot = slot_of(k.name);
        while (ids[slot] != HeaderId::Unknown) slot = (slot + 1) % slots;
        ids[slot] = k.id;
    }
    return ids;
}();

constexpr auto compact_names = [] {
    std::array<HeaderId, 26> ids{};
    ids.fill(HeaderId::Unknown);
    for (const auto& k : known)
        if (k.compact != 0) ids[static_cast<std::size_t>(k.compact - 'a')] = k.id;
    return ids;
}();

template <class Word>
bool same(const char* a, const char* b) {
    return std::memcmp(a, b, sizeof(Word)) == 0;  // of a fixed length: a comparison of two words
}

// To the letter, as nearly everybody writes it: words from the front, and one that ends with the name.
bool same_letters(const char* a, const char* b, std::size_t n) {
    if (n >= 8) {
        for (std::size_t i = 0; i + 8 < n; i += 8)
            if (!same<std::uint64_t>(a + i, b + i)) return false;
        return same<std::uint64_t>(a + n - 8, b + n - 8);
    }
    if (n >= 4) return same<std::uint32_t>(a, b) && same<std::uint32_t>(a + n - 4, b + n - 4);
    return same<std::uint16_t>(a, b) && same<std::uint16_t>(a + n - 2, b + n - 2);
}

bool same_name(const Name& name, std::string_view text) {
    if (text.size() != name.length) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (lower(text[i]) != lower(name.text[i])) return false;
    return true;
}

[[gnu::noinline]] HeaderId id_in_any_case(std::size_t slot, std::string_view name) {
    for (; table[slot] != HeaderId::Unknown; slot = (slot + 1) % slots)
        if (same_name(names[static_cast<std::size_t>(table[slot])], name)) return table[slot];
    return HeaderId::Unknown;
}

}  // namespace

std::string_view header_name(HeaderId id) {
    return id == HeaderId::Unknown ? std::string_view{} : known[static_cast<std::size_t>(id)].name;
}

HeaderId header_id(std::string_view name) {
    if (name.size() < 2) {
        return name.size() == 1 && is_alpha(name[0])
                   ? compact_names[static_cast<std::size_t>(lower(name[0]) - 'a')]
                   : HeaderId::Unknown;
    }
    const auto slot = slot_of(name);
    const auto id = table[slot];
    if (id == HeaderId::Unknown) return id;
    const auto& likely = names[static_cast<std::size_t>(id)];
    if (name.size() == likely.length && same_letters(name.data(), likely.text, name.size())) return id;
    return id_in_any_case(slot, name);
}

}  // namespace ims::sip
