#pragma once
#include "common/base/log_line.hpp"

namespace ims::sip::net {

inline constexpr LogLine log_line_rows[] = {
    {"sip.net.datagram.refused", Severity::Warning,
     "A datagram was longer than `limits.message_size` or had more lines than `limits.headers`.",
     "It was answered 513 or 400 where it could be answered, and dropped.",
     "Look who `peer` is. A UE of yours: raise the limit. A stranger: keep him out with a packet filter."},
    {"sip.net.stream.broken", Severity::Warning,
     "On a connection came what is no SIP message (or no WebSocket frame), one that is too long, or one that "
     "was not complete "
     "within "
     "`limits.message_timeout`.",
     "The message is answered where it can be, and the connection closed. The UE connects again.",
     "`reason` says what was wrong, `flow` who sent it. Often it is a port scanner; of a UE of yours, look "
     "at its "
     "trace."},
    {"sip.net.accept.failed", Severity::Warning,
     "The system gave no new TCP connection, mostly because the process has no file descriptors left.",
     "UEs and other nodes cannot connect for the moment; accepting pauses and is tried again.",
     "Raise the limit of open files (`ulimit -n`, LimitNOFILE) above `limits.connections`, and see "
     "`sip_net_connections` in /metrics."},
    {"sip.net.connection.refused", Severity::Warning,
     "A connection was over `limits.connections` or, from one address, over "
     "`limits.connections_per_peer`.",
     "It was closed at once; who came cannot register or call that way.",
     "Many UEs behind one NAT, or one core node with many connections: raise connections_per_peer. One "
     "address "
     "that only opens connections: keep it out with a packet filter."},
    {"sip.net.connect.failed", Severity::Warning,
     "A connection to `peer` could not be opened: refused, no answer within `limits.connect_timeout`, or a "
     "handshake "
     "of TLS or WebSocket that failed.",
     "The request goes to the next target, if there is one; else it fails. A UE whose own connection is gone "
     "and "
     "that is behind a NAT is not reached.",
     "A core node: does it run and listen there (`deploy/lab status`), with a certificate that speaks of the "
     "host we look for? A UE: it has to come back by "
     "itself."},
    {"sip.net.handshake.failed", Severity::Warning,
     "Who connected to a TLS or WebSocket port did not get through the handshake within "
     "`limits.handshake_timeout`, or not at all: no TLS, no certificate that leads to `tls.ca`, a "
     "certificate of "
     "ours that it does not believe, or an HTTP request that asks for something else than SIP.",
     "The connection is closed; who asked by HTTP was told why. Counted in "
     "`sip_net_handshakes_failed_total`.",
     "`reason` says what was wrong. `unknown ca` or `certificate unknown` of all UEs: give them our root, or "
     "look "
     "whether `tls.certificate` has run out (`deploy/lab doctor`). A stranger: a port scanner."},
    {"sip.net.tls.certificates.refused", Severity::Error,
     "After SIGHUP the files of `tls` could not be used; `reason` names the file.",
     "Connections to come use the certificate from before. When that runs out, nobody can connect by TLS.",
     "Mend the file and send SIGHUP again; `openssl x509 -in FILE -noout -dates -subject` shows a "
     "certificate, and "
     "certificate and key must belong together."},
};
inline constexpr LogLines log_lines{"The three CSCFs: sockets", log_line_rows};

}  // namespace ims::sip::net
