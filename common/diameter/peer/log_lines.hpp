#pragma once
#include "common/base/log_line.hpp"

namespace ims::diameter {

inline constexpr LogLine log_line_rows[] = {
    {"diameter.peer.closed", Severity::Warning,
     "The connection to `peer` is gone: it broke, the watchdog was not answered, or the other side left.",
     "Requests under way go to another peer, or fail after `diameter.request_timeout`. Without any open peer "
     "no "
     "new registration or call is served.",
     "See whether `peer` runs; this side connects again by itself within `diameter.reconnect_max`. "
     "`diameter_peer_open` in /metrics has the present state.",
     "hss-unreachable"},
    {"diameter.peer.suspect", Severity::Warning,
     "`peer` did not answer a watchdog request in time (RFC 3539); it may be overloaded, or the network "
     "loses "
     "packets.",
     "New requests go to other peers. A second silence closes the connection.",
     "Look at CPU and log of `peer`, and at the network between.", "hss-unreachable"},
    {"diameter.peer.refused", Severity::Warning,
     "`peer` connected, and its capabilities do not fit: no common application, no common security, or this "
     "side "
     "is stopping. `reason` has the Result-Code it got.",
     "No Diameter between the two.", "Compare identity, realm and applications of both sides."},
    {"diameter.peer.unknown", Severity::Warning,
     "Somebody connected from `address` with an Origin-Host (`peer`) that may not; `reason` says why: it is "
     "not "
     "listed in `diameter.peers`, its certificate does not name it, it has to come over TLS, or it is our "
     "own.",
     "He got DIAMETER_UNKNOWN_PEER and was disconnected.",
     "One of yours: add it to `diameter.peers`, letter by letter as its Origin-Host, or give it a "
     "certificate with "
     "that name. A stranger: close the port to him.",
     "hss-unreachable"},
    {"diameter.connection.refused", Severity::Warning,
     "A connection was closed before it said who it is: TLS failed, too many strangers are connected, or "
     "this side "
     "is stopping.",
     "That peer has no connection; it tries again.",
     "With TLS compare certificates and CA on both sides. Many of them from one address: a scanner, keep it "
     "out."},
    {"diameter.connection.silent", Severity::Warning,
     "Somebody connected and sent no Capabilities-Exchange-Request in time.",
     "The connection was closed; nothing else is touched.",
     "A port scanner or a health check of a load balancer. If it is a peer of yours, look at its log."},
    {"diameter.message.malformed", Severity::Warning,
     "`peer` sent what is no Diameter, or a command with an AVP that is missing or wrong; `detail` names it.",
     "A request is answered with `reason`; an answer counts as failed, and the registration or call with it.",
     "The sender has to be corrected. Take a trace of the port and look at the AVP that `detail` names."},
    {"diameter.request.refused", Severity::Warning,
     "`peer` sent a request that is not for this node (another Destination-Host or realm, or a loop), or "
     "more than "
     "`diameter.max_pending` wait.",
     "It got the Result-Code in `reason`. With DIAMETER_TOO_BUSY registrations and calls fail for the "
     "moment.",
     "Wrong host or realm: compare the peers' `identity` and `realm`. Too busy: the HSS is too slow for what "
     "comes, "
     "see `hss_requests_waiting`.",
     "hss-busy"},
    {"diameter.request.unanswered", Severity::Error,
     "This node took a request and never made an answer: a fault of ours.",
     "The peer timed out on it; the registration or call behind it failed.",
     "Make a support bundle (`deploy/lab support-bundle`) and report it."},
    {"diameter.request.failed_over", Severity::Warning,
     "A peer did not answer or its connection broke, so the request was sent to the next one (`peer`).",
     "It took longer, up to `diameter.request_timeout` more.",
     "Look at the peer that was left: diameter.peer.closed or diameter.peer.suspect names it."},
};
inline constexpr LogLines log_lines{"I-CSCF, S-CSCF and HSS: Diameter", log_line_rows};

}  // namespace ims::diameter
