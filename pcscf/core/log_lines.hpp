#pragma once
#include "common/base/log_line.hpp"

namespace ims::pcscf {

inline constexpr LogLine log_line_rows[] = {
    {"pcscf.event.unexpected", Severity::Error,
     "The P-CSCF was given a Diameter event, which it has no use for.",
     "None for subscribers; the event was dropped. It is a fault of ours.",
     "Make a support bundle (`deploy/lab support-bundle`) and report it."},
    {"pcscf.request.discarded", Severity::Warning,
     "A request came from an address that no registered UE has here, and was dropped without an answer "
     "(24.229 "
     "5.2.6.3.2A).",
     "The UE hears nothing until it gives up and registers anew.",
     "A few after a restart without state are expected. Many from one `peer`: a stranger, or NAT changes the "
     "UEs' "
     "ports. `pcscf.unregistered: refuse` answers 403 instead, to see more.",
     "caller-not-registered"},
    {"pcscf.associations.failed", Severity::Error,
     "The security associations of a registration could not be made: the kernel refused them, no protected "
     "client port was left, or the challenge had no keys; `reason` says which.",
     "The UE gets 500 and is not registered.",
     "The kernel: CAP_NET_ADMIN, modules (`deploy/lab doctor`). Ports: more of them in "
     "pcscf.ipsec.client_ports. Keys: the S-CSCF must challenge with IMS-AKA.",
     "associations-not-made"},
    {"pcscf.associations.lost", Severity::Warning,
     "The kernel does not have the security associations of a registered UE any more: it was started anew, "
     "or "
     "somebody took them away.",
     "The UE's registration is forgotten here; it is not reached until it registers anew, which it does when "
     "it hears nothing.",
     "After a reboot: expected. Otherwise look who changes `ip xfrm state`."},
    {"pcscf.associations.limit", Severity::Warning,
     "An address has as many first REGISTERs and challenges without an answer as "
     "`pcscf.ipsec.waiting_per_address` allows (said once until all of them are over), or there are "
     "`pcscf.ipsec.max_sets` sets of associations.",
     "Further first REGISTERs of that address (of everybody) get 503 with Retry-After: 60, and cost nothing. "
     "UEs that are registered refresh, call and are called as before.",
     "One address by the thousand and none answered: block it, or raise the limit if it is a NAT before many "
     "UEs. `ims_notes_total{id=\"pcscf.registration.limited\"}` counts what was refused.",
     "too-many-associations"},
    {"pcscf.agreement.changed", Severity::Warning,
     "A request on security associations had a Security-Verify that is not the Security-Server its UE was "
     "sent "
     "(RFC 3329 2.3.1).",
     "The request is answered 494 with the list as it was sent.",
     "Something between changes the headers, or the UE's own software does: compare `offered` with the 401 "
     "in "
     "`deploy/lab why`. A UE that leaves the header out is served.",
     "security-verify-differs"},
    {"pcscf.nat.other_address", Severity::Warning,
     "What a UE behind a NAT sends on its security associations comes from another public address (`peer`) "
     "than the one it registered with (`address`): the NAT has changed its own.",
     "Its requests are taken, but no answer or call reaches it, until it finds that out and registers anew.",
     "One UE: nothing. All of one network: its NAT uses several addresses in turn, and should keep each UE "
     "on "
     "one."},
    {"pcscf.binding.full", Severity::Warning,
     "What a UE's registration has to remember (Service-Route, identities, charging addresses) is longer "
     "than the "
     "65,535 octets there are for it.",
     "The older value stays. The user's newest identities or charging addresses are not used here.",
     "Look at the subscriber's profile in the HSS: an implicit registration set of that size is mostly a "
     "provisioning mistake."},
    {"pcscf.registration.not_kept", Severity::Error,
     "A registration that the S-CSCF accepted does not fit here: Contact, Service-Route and identities "
     "together "
     "are longer than 65,535 octets.",
     "The UE gets 500 and is not registered.",
     "Make the subscriber's implicit registration set smaller in the HSS, or see what makes its Contact so "
     "long."},
    {"pcscf.registration.limit", Severity::Error,
     "There are `pcscf.max_bindings` registrations and challenges.",
     "New UEs get 503 with Retry-After: 60 and cannot register here; those who are registered go on.",
     "Raise pcscf.max_bindings if memory allows (docs/performance.md), or add a P-CSCF. Many challenges and "
     "few "
     "registrations: somebody sends REGISTERs with made-up identities.",
     "overload"},
    {"pcscf.subscription.failed", Severity::Warning,
     "The subscription to a user's registration state at the S-CSCF was refused or not answered.",
     "If the network deregisters that user, this P-CSCF does not learn it and goes on taking his requests "
     "until "
     "his registration expires. It is tried again by itself, later each time.",
     "One user: nothing. Many: see whether the S-CSCF is up and knows this P-CSCF (`scscf.trusted_peers`)."},
    {"pcscf.ack.discarded", Severity::Warning,
     "An ACK belongs to no dialog here, or came from somebody who has no part in it.",
     "The answer to the call is repeated for 32 s, and then the called UE may end the call.",
     "After a restart without state: expected. Otherwise compare the ACK's Route and the UE's flow in "
     "`deploy/lab "
     "why CALL-ID`."},
    {"pcscf.route.mismatch", Severity::Warning,
     "A UE's request has another Route than the Service-Route it was given, and `pcscf.route_mismatch` is "
     "refuse.",
     "The request is answered 400.",
     "The UE is wrong, or uses the route of an older registration. `pcscf.route_mismatch: replace` puts it "
     "right "
     "instead."},
    {"pcscf.core.silent", Severity::Warning, "The S-CSCF did not answer a request of a registered UE.",
     "The call or message fails with 408 or 504. With `pcscf.scscf_restoration` the UE is told to register "
     "anew.",
     "Is the S-CSCF up (`deploy/lab status`)? Does its name resolve here? If it died, its UEs come back with "
     "their "
     "next REGISTER.",
     "no-final-response"},
    {"pcscf.entry_point.skipped", Severity::Warning,
     "An I-CSCF (`peer`) did not answer a REGISTER, or answered 3xx, 480 or 503; the next one is tried.",
     "Registrations take longer, up to 32 s each where it is silent.",
     "Bring that I-CSCF back, or take it out of `pcscf.entry_points`."},
    {"pcscf.entry_point.unreachable", Severity::Error,
     "No I-CSCF took a REGISTER: all are silent or refuse; `reason` is what the last one did.",
     "Nobody can register by this P-CSCF: UEs get 504. Calls of those who are registered go on.",
     "Start the I-CSCF (`deploy/lab up`), or mend `pcscf.entry_points`, `routes` and DNS. If the I-CSCF "
     "answers "
     "480, it is the HSS that is away.",
     "hss-unreachable"},
    {"pcscf.challenge.unreadable", Severity::Warning,
     "The S-CSCF's 401 has no WWW-Authenticate that this P-CSCF can read, or its ck and ik are no keys.",
     "The UE gets 500 and is not registered.",
     "See the 401 in `deploy/lab why`. An element between S-CSCF and P-CSCF must not change the header."},
    {"pcscf.association.ended", Severity::Warning,
     "A UE that is known by its address got 500 or 504 to its REGISTER, so what binds it to the address is "
     "given up "
     "(24.229 5.2.2.3).",
     "It has to authenticate itself again with its next REGISTER.",
     "See why the REGISTER failed: the line before."},
    {"pcscf.association.overwritten", Severity::Warning,
     "Another user registered from the address and port of a user who is known by it alone.",
     "The first one is not registered here any more and has to register anew.",
     "Often a client that changed its account. Many of them: a NAT that gives one address to several UEs, "
     "which "
     "this kind of security does not bear.",
     "nat"},
    {"pcscf.emergency.refused", Severity::Warning,
     "A registered UE made an emergency call, and emergency sessions are not served here.",
     "It got 380 with the order to call by other means (circuit switched, another network). **Somebody may "
     "be in "
     "danger.**",
     "Nothing now. For a network that real people use, see docs/conformance.md before you offer it to them."},
};
inline constexpr LogLines log_lines{"P-CSCF", log_line_rows};

}  // namespace ims::pcscf
