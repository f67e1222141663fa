#pragma once
#include "common/why/capture.hpp"

#include <string>
#include <vector>

namespace ims::why {

// A capture file (pcapng, draft-ietf-opsawg-pcapng) that Wireshark, tshark and others open: one interface for
// each service, by its name, and each packet with who saw it as a comment. IP, UDP and TCP headers are made
// up around the messages: addresses and ports are the real ones, sequence numbers count from 1 in each
// direction of a connection, and a message that does not fit into a packet is cut into segments.
//
// Where Wireshark would take the port of a stream for another protocol (TLS, whose content is in the clear
// here; X11 on 6000 to 6063, among which an S-CSCF may listen), the message is written as an exported PDU,
// which names its protocol, on a second interface of the service ("scscf, exported"). Tools that know only IP
// packets leave these out.
std::string pcapng_of(const std::vector<Packet>& packets);

}  // namespace ims::why
