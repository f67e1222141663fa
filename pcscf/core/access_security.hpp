#pragma once
#include "common/ipsec/agreement.hpp"
#include "common/sip/message/flow.hpp"
#include "common/sip/message/message.hpp"
#include "pcscf/core/config.hpp"

#include <optional>
#include <string>
#include <string_view>

// How a REGISTER may come in (24.229 5.2.2.1 "mechanism choice", 5.2.2.2, RFC 3329). What comes on security
// associations is decided in gm_security.cpp; here is what comes in clear.
namespace ims::pcscf {

// What runs between the challenge and its answer.
struct Challenge {
    enum class Kind : std::uint8_t { Aka, Digest };
    Kind kind = Kind::Aka;
    std::string ck, ik;  // hexadecimal, taken out of the 401; keys of security associations, never logged
    std::string nonce;   // of the AKA challenge
    std::uint64_t association = 0;  // the set that was made for it, on which the answer must come; 0: none
    ipsec::Mechanisms security_client;  // of the REGISTER that was challenged
    bool tls = false;                   // agreed on: the answer must come over TLS
};

struct AccessAccepted {
    // What goes into the Authorization header of the forwarded REGISTER (24.229 7.2A.2); nothing: absent.
    std::optional<std::string_view> integrity_protected;
    bool digest = false;  // of a password, not IMS-AKA, and without TLS
};
struct AccessRefused {
    sip::Message response;
    std::string_view reason;
};
// In clear, where the policy allows it. `credentials`: Authorization of the REGISTER, or null. `associated`:
// the source is an IP association of this user (5.2.2.3). `challenge`: the running one of this user, or null.
AccessAccepted accept_in_clear(const sip::AuthValue* credentials, bool associated,
                               const Challenge* challenge);
// Over TLS. `bound`: the connection is this user's already (5.2.2.4).
AccessAccepted accept_on_tls(const sip::AuthValue* credentials, bool bound, const Challenge* challenge);
// A REGISTER that wants no security agreement, or none that we can keep. `offer`: what we can, which may be
// nothing.
AccessRefused want_agreement(const sip::Message& request, const ipsec::Mechanisms& offer,
                             std::string_view reason);
// What came back is not what was sent (RFC 3329 2.3.1): 494, whatever the request asks for.
AccessRefused agreement_changed(const sip::Message& request, const ipsec::Mechanisms& sent,
                                std::string_view reason);
// Whether these are the answer to this challenge; AUTS and an empty response are none (33.203 7.3).
bool answers(const sip::AuthValue* credentials, const Challenge& challenge);
// Says so in the REGISTER that goes on (5.2.2.1 step 4B, 5.2.2.2 step 1): the rest of what the UE wrote stays
// as it is. `credentials`: its Authorization, which is there.
void set_integrity_protected(sip::Message& request, const sip::AuthValue& credentials,
                             std::optional<std::string_view> value);

// Takes ck and ik out of a 401 (5.2.2.2, 401, step 2); nothing if it is no challenge. The 401 may only be
// sent on if both are gone, which they then are.
std::optional<Challenge> take_keys(sip::Message& unauthorized);

}  // namespace ims::pcscf
