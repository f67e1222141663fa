#include "common/sip/message/header_id.hpp"

#include "common/base/text.hpp"

#include <array>
#include <cstddef>

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

// Length and three characters tell nearly all names apart; the few that collide move to the next free place.
constexpr std::size_t slots = 512;
constexpr std::size_t slot_of(std::string_view name) {
    const auto at = [name](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(name[i]) |
                                        0x20U);  // of letters the lower case
    };
    return (name.size() * 31 + at(0) * 7 + at(name.size() / 2) * 13 + at(name.size() - 1) * 61) % slots;
}

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

bool same_name(std::string_view a, std::string_view b) {
    if (a == b) return true;  // as nearly everybody writes it
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
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
    for (auto slot = slot_of(name); table[slot] != HeaderId::Unknown; slot = (slot + 1) % slots)
        if (same_name(known[static_cast<std::size_t>(table[slot])].name, name)) return table[slot];
    return HeaderId::Unknown;
}

}  // namespace ims::sip
