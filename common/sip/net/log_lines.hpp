#pragma once
#include "common/base/log_line.hpp"

namespace ims::sip::net {

inline constexpr LogLine log_line_rows[] = {
    {"sip.net.datagram.refused", Severity::Warning,
     "A datagram, or a message over SCTP, was longer than `limits.message_size` or had more lines than "
     "`limits.headers`.",
     "It was answered 513 or 400 where it could be answered, and dropped.",
     "Look who `peer` is. A UE of yours: raise the limit. A stranger: keep him out with a packet filter."},
    {"sip.net.stream.broken", Severity::Warning,
     "On a TCP connection came what is no SIP message, one that is too long, or one that was not complete "
     "within "
     "`limits.message_timeout`.",
     "The message is answered where it can be, and the connection closed. The UE connects again.",
     "`reason` says what was wrong, `flow` who sent it. Often it is a port scanner; of a UE of yours, look "
     "at its "
     "trace."},
    {"sip.net.accept.failed", Severity::Warning,
     "The system gave no new TCP connection or SCTP association, mostly because the process has no file "
     "descriptors left.",
     "UEs and other nodes cannot connect for the moment; accepting pauses and is tried again.",
     "Raise the limit of open files (`ulimit -n`, LimitNOFILE) above `limits.connections`, and see "
     "`sip_net_connections` in /metrics."},
    {"sip.net.connection.refused", Severity::Warning,
     "A TCP connection was over `limits.connections` or, from one address, over "
     "`limits.connections_per_peer`.",
     "It was closed at once; who came cannot register or call over TCP.",
     "Many UEs behind one NAT, or one core node with many connections: raise connections_per_peer. One "
     "address "
     "that only opens connections: keep it out with a packet filter."},
    {"sip.net.connect.failed", Severity::Warning,
     "A TCP connection to `peer` could not be opened: refused, or no answer within `limits.connect_timeout`.",
     "The request goes to the next target, if there is one; else it fails. A UE whose own connection is gone "
     "and "
     "that is behind a NAT is not reached.",
     "A core node: does it run and listen on TCP there (`deploy/lab status`)? A UE: it has to come back by "
     "itself."},
    {"sip.net.path.changed", Severity::Warning,
     "One of the paths of an SCTP association, to the peer's address `peer`, does not answer any more.",
     "None while another path is left: messages take that. If it was the last one, the association ends "
     "within "
     "half a minute under traffic.",
     "Look at the network to `peer`: interface, cable, switch, packet filter (SCTP is IP protocol 132). "
     "`reason` "
     "says available when the path is back."},
};
inline constexpr LogLines log_lines{"The three CSCFs: sockets", log_line_rows};

}  // namespace ims::sip::net
