#pragma once
#include "common/why/capture.hpp"

#include <string>
#include <vector>

namespace ims::why {

// A capture file (pcapng, draft-ietf-opsawg-pcapng) that Wireshark, tshark and others open: one interface for
// each service, by its name, and each packet with who saw it as a comment. IP, UDP and TCP headers are made
// up around the messages: addresses and ports are the real ones, sequence numbers count from 1 in each
// direction of a connection, and a message that does not fit into a packet is cut into segments. What TLS
// carried is written as plain TCP.
std::string pcapng_of(const std::vector<Packet>& packets);

}  // namespace ims::why
