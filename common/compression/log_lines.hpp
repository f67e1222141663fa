#pragma once
#include "common/base/log_line.hpp"

namespace ims::compression {

inline constexpr LogLine log_line_rows[] = {
    {"sigcomp.message.refused", Severity::Warning,
     "A SigComp message could not be decompressed: `reason` is the word of RFC 4077 for why, `octets` its "
     "size. Of a sender nobody knows the first one is told; those that follow at once are trace.",

     "It is dropped and answered with a NACK, after which the UE compresses otherwise. STATE_NOT_FOUND after "
     "a restart of this P-CSCF is the ordinary way in which UEs learn that their states are gone.",
     "CYCLES_EXHAUSTED, OUTPUT_OVERFLOW or SEGFAULT again and again from one `flow`: an attack, or a broken "
     "compressor; the machine stops it within its cycles. A phone that never gets through: `sigcomp: off`, "
     "and tell its maker."},
    {"sigcomp.nack.received", Severity::Warning,
     "A UE could not decompress what was sent to it, and says why (`reason`).",
     "The message is compressed anew without what the UE lost, and sent again at once (`again`).",
     "STATE_NOT_FOUND now and then: the UE restarted. Any other reason: its decompressor does not take our "
     "bytecode; from then on it gets everything as text."},
    {"sigcomp.strangers.limited", Severity::Warning,
     "SigComp messages of senders nobody knows (no registration, no security associations) have used up what "
     "they may use in a second: all of them together, or those of one `address`. `reason` is the limit (said "
     "once until it is whole again).",
     "Further SigComp messages of strangers (of that address) are dropped without an answer until the next "
     "second earns something. Registered UEs notice nothing; a UE that compresses its first REGISTER sends "
     "it as text when it got no answer.",
     "Somebody floods the port in clear: block the address. Many UEs behind one address that compress their "
     "first REGISTER: raise `pcscf.sigcomp_strangers.address_cycles_per_second`. "
     "`ims_notes_total{id=\"sigcomp.message.dropped\"}` counts what was dropped."},
    {"sigcomp.message.not_sent", Severity::Warning,
     "A message is too large for SigComp, or the peer's memory, and its connection takes nothing else.",
     "It fails as if the connection had broken; where it can, it goes another way.",
     "Look at the message's size (SDP, certificates); `limits` of the UE are what it announced."},
};
inline constexpr LogLines log_lines{"P-CSCF: signalling compression", log_line_rows};

}  // namespace ims::compression
