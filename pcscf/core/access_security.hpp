#pragma once
#include "common/sip/message/flow.hpp"
#include "common/sip/message/message.hpp"
#include "pcscf/core/config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

// How a REGISTER may come in (24.229 5.2.2.1 "mechanism choice", 5.2.2.2, RFC 3329). The place where the Gm
// security mechanisms (ipsec-3gpp, tls) will decide; until then there is clear text where the policy allows
// it, and a refusal.
namespace ims::pcscf {

// What runs between the challenge and its answer.
struct Challenge {
    enum class Kind : std::uint8_t { Aka, Digest };
    Kind kind = Kind::Aka;
    std::string ck, ik;  // hexadecimal, taken out of the 401; keys of security associations, never logged
};

struct AccessAccepted {
    // What goes into the Authorization header of the forwarded REGISTER (24.229 7.2A.2); nothing: absent.
    std::optional<std::string_view> integrity_protected;
    bool digest = false;  // of a password, not IMS-AKA
};
struct AccessRefused {
    sip::Message response;
    std::string_view reason;
};
using AccessDecision = std::variant<AccessAccepted, AccessRefused>;

// `associated`: the source is an IP association of this user (5.2.2.3). `challenge`: the running one of this
// user, or null.
AccessDecision screen_register(const sip::Message& request, Security policy, bool associated,
                               const Challenge* challenge);

// Takes ck and ik out of a 401 (5.2.2.2, 401, step 2); nothing if it is no challenge. The 401 may only be
// sent on if both are gone, which they then are.
std::optional<Challenge> take_keys(sip::Message& unauthorized);

}  // namespace ims::pcscf
