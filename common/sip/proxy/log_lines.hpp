#pragma once
#include "common/base/log_line.hpp"

namespace ims::sip {

inline constexpr LogLine log_line_rows[] = {
    {"sip.message.malformed", Severity::Warning,
     "A message breaks the grammar of SIP at `header` or octet `offset`; `reason` says how.",
     "A request is answered with `status` where that can be done, a response is dropped. That registration, "
     "call "
     "or message does not come about.",
     "The sender has to be corrected; `peer` is where it came from. `deploy/lab why` shows the message.",
     "malformed-message"},
    {"sip.transport.failed", Severity::Warning,
     "A message could not be sent to `peer` (`detail`: connection refused or lost, no way there).",
     "The next target or the other way back is tried. If there is none, sip.request.unreachable or "
     "sip.response.undeliverable follows.",
     "One UE: nothing. A core node: look whether it runs and whether `routes` or DNS lead to the right "
     "port."},
    {"sip.target.failed", Severity::Warning,
     "One of several targets answered 503, or did not answer; the next one is tried.",
     "The request takes longer. A target that asked for it with Retry-After is spared for that long.",
     "Look why `peer` is overloaded or stopping; its own log says it."},
    {"sip.sigcomp.unanswered", Severity::Warning,
     "A request that was sent compressed had no answer at all before timer B or F ran out.",
     "It is sent once more as text (RFC 3486 7): who does not know SigComp has no means to say so.",
     "The peer said comp=sigcomp and does not do it, or is not there: `peer` is who."},
    {"sip.request.no_answer", Severity::Warning,
     "No target answered before timer B or F ran out (32 s), or before the time that is given to it.",
     "The sender gets 408 or 504. Where nobody answers at all, this service is cut off from the next hop.",
     "Is the next hop up, and does its answer find the way back (packet filter, asymmetric route)? `detail` "
     "names "
     "whom was asked last.",
     "no-final-response"},
    {"sip.request.unreachable", Severity::Warning,
     "There is no target: the name does not resolve, or every address refused.",
     "The sender gets 408, 480, 500 or 504 at once.",
     "`detail` has the query or the address that failed. Ask the same name server (`dig`), compare `routes`, "
     "and "
     "see whether the next hop runs.",
     "dns-does-not-resolve"},
    {"sip.request.unanswered", Severity::Warning,
     "This service took a request and did not answer it in time; what it waited for (HSS, next hop) did not "
     "come.",
     "The sender times out by itself. RFC 4320 forbids an answer that late.",
     "Look for slow Cx answers: `scscf_cx_pending`, `icscf_locations` and `hss_requests_waiting` in "
     "/metrics; then "
     "at the database."},
    {"sip.response.undeliverable", Severity::Warning,
     "An answer could not be sent back: the connection it belongs to is gone, and so is the address of Via.",
     "The sender does not learn what became of its request and tries again.",
     "One UE: nothing, it lost its connection. A core node: see why connections to `peer` break."},
};
inline constexpr LogLines log_lines{"The three CSCFs: SIP", log_line_rows};

}  // namespace ims::sip
