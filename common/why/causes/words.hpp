#pragma once
#include "common/why/cause.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

// What several causes say.
namespace ims::why {

// What is on its way for less than this, in microseconds, is not lost.
inline constexpr std::int64_t patience = 4'000'000;
inline constexpr auto near_misses = Cause::Needs::NearMisses;

// What is not null.
std::vector<const Entry*> evidence(std::initializer_list<const Entry*> entries);
// " It has X (one digit differs)." of what the HSS was asked about, or nothing.
std::string near_text(const Procedure& p, const std::string& identity);
std::string seconds_text(std::int64_t microseconds);  // "32 s", "0.4 s"
std::string upper_name(std::string_view service);     // "P-CSCF"
inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

inline bool registers(const Procedure& p) {  // or deregisters
    return p.kind == Procedure::Kind::Registration || p.kind == Procedure::Kind::Deregistration;
}

// The S-CSCF sent it a request with an original dialog identifier (TS 24.229 5.4.3.4).
bool is_application_server(const Procedure& p, std::string_view remote);

// The sender's Via is another address than the one it was seen at: there is a NAT between.
bool is_behind_nat(const Entry& request);

}  // namespace ims::why
