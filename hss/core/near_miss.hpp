#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Identities that somebody may have meant: one slip away from one that nobody has. For people who ask why
// (GET /near); never in the way of a request.
namespace ims::hss {

enum class Slip : std::uint8_t {
    Mnc,     // mnc01, mnc010 and mnc001 in the domain (TS 23.003 13.2 writes three digits)
    Domain,  // another domain
    Digit,   // one digit differs, is missing, is too much, or two neighbours are swapped
};
std::string_view text(Slip slip);

struct NearMiss {
    std::string identity;
    Slip how = Slip::Digit;
    bool operator==(const NearMiss&) const = default;
};

// What to look for in a store: a bounded list of identities, and user parts whose domain does not matter
// ("user@").
struct NearMissSearch {
    std::vector<std::string> identities;  // without the one asked for
    std::string user_at;                  // empty: the identity has no domain
};
NearMissSearch near_miss_search(std::string_view identity);

// Of what a store has, that which is near, the likeliest first; at most ten.
std::vector<NearMiss> near_misses(std::string_view identity, const std::vector<std::string>& stored);

}  // namespace ims::hss
