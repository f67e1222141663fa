#pragma once
#include "scscf/core/register_request.hpp"
#include "scscf/core/registrations.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A contact between its three forms: the Contact header of a REGISTER, the binding, the Contact header of an
// answer. And where it goes among the contacts that are bound.
namespace ims::scscf {

// Does this Contact mean that binding (RFC 3261 10.3, RFC 5626 6)?
bool is_same_contact(const Binding& binding, const sip::NameAddr& contact);

// The binding a Contact makes, without what its registration adds (identities, times, token); nothing if it
// is too long to be kept.
std::optional<Binding> binding_of(const sip::NameAddr& contact, std::string_view path,
                                  std::string_view call_id, Registrations& registrations);
// Its Contact's parameters but expires.
sip::Params params_of(const Binding& binding);
// The Contact as it is written, with all its parameters but expires.
std::string contact_of(const Binding& binding);
// As in a 200: expires is what is left, 0 for what has ended; its GRUUs, if it shows them, come last.
std::string contact_of(const Binding& binding, TimePoint now, const sip::Params& gruus = {});

// Where the contact of a REGISTER goes: what it refreshes and what it takes the place of (5.4.1.2.2 B4A, step
// 6). By id, since a set may change while the HSS is asked.
struct Placement {
    std::uint32_t refreshes = 0;         // 0: a new contact
    std::vector<std::uint32_t> removes;  // by the same REGISTER
    std::size_t beside = 0;              // other contacts of this private identity that stay

    bool removes_binding(const Binding& binding) const;
};
Placement place(const ImplicitRegistrationSet& set, std::uint8_t private_index, const RegisterRequest& r);

// ---- the marks that tell our own Route entries apart: user part of the URI

inline constexpr std::string_view originating_mark =
    "orig.";  // Service-Route: "orig.<16 hexadecimal digits>"
std::string route_user(std::uint64_t token);
std::optional<std::uint64_t> route_token_of(std::string_view user);
// 5.4.1.2.2F c: another Service-Route for each registration and flow. It is made of what names the contact,
// so that a registration that comes back from the HSS has the Service-Route the UE knows; `attempt` tells
// accidental equals apart.
std::uint64_t route_token(std::string_view impi, const Binding& binding, unsigned attempt);

}  // namespace ims::scscf
