#pragma once
#include "common/base/ip.hpp"
#include "common/why/entry.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The messages of a traced subscriber, as the services kept them (GET /trace/messages), joined to what went
// over the wire: a message between two services is one packet, though both have seen it.
namespace ims::why {

struct SeenMessage {
    std::string service;  // who saw it: "pcscf"
    std::uint64_t number = 0;
    std::int64_t at = 0;  // microseconds since 1970
    bool diameter = false;
    bool out = false;
    std::string transport;  // "UDP"
    IpEndpoint local, remote;
    bool local_is_guessed = false;  // the port, of a connection that the service opened
    std::string octets;
};
struct SeenMessages {
    std::string service;
    std::uint64_t dropped = 0;  // made room for later ones, of any subscriber
    bool more = false;          // to be asked for with `after`
    std::vector<SeenMessage> messages;
};
Result<SeenMessages, Silence> read_seen_messages(std::string_view json);

struct Packet {
    std::string service;   // whose view it is: the sender's where he is one of ours
    std::string receiver;  // the service that received it, if it is one of ours
    std::int64_t at = 0;
    bool diameter = false;
    bool out = false;
    std::string transport;
    IpEndpoint source, destination;
    std::string octets;
    std::string comment;  // "sent by pcscf, received by icscf 0.213 ms later"
};
// In the order of time.
std::vector<Packet> packets_of(std::vector<SeenMessage> messages);

// "REGISTER sip:ims.example SIP/2.0", "SIP/2.0 200 OK", "Cx Multimedia-Auth-Request"
std::string first_line(const Packet& packet);

}  // namespace ims::why
