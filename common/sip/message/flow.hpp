#pragma once
#include "common/base/ip.hpp"
#include "common/base/note.hpp"
#include "common/base/time.hpp"
#include "common/sip/message/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

// The words in which SIP cores and the shell talk about the wire. No sockets here.
namespace ims::sip {

enum class Transport : std::uint8_t { Udp, Tcp, Tls, Sctp, Ws, Wss };
std::string_view transport_text(Transport t);                     // "UDP", as in Via
std::optional<Transport> parse_transport(std::string_view text);  // any case
constexpr bool is_reliable(Transport t) {
    return t != Transport::Udp;
}
// Where no port is named: RFC 3261 19.1.2; of WebSockets those of HTTP, RFC 7118 5, RFC 6455 3.
constexpr std::uint16_t default_port(Transport t) {
    switch (t) {
        case Transport::Ws: return 80;
        case Transport::Wss: return 443;
        case Transport::Tls: return 5061;
        case Transport::Udp:
        case Transport::Tcp:
        case Transport::Sctp: break;
    }
    return 5060;
}

// A way on which octets go back and forth with one peer. A stream's flow is its connection and dies with it;
// a datagram flow is the pair of endpoints. A UE's contact is reached through its flow, never through a bare
// address.
struct Flow {
    Transport transport = Transport::Udp;
    IpEndpoint local;
    IpEndpoint remote;
    std::uint64_t connection = 0;  // of a stream: unique in the process, never used again; 0 for datagrams
    auto operator<=>(const Flow&) const = default;
    std::string text() const;  // "UDP 127.0.1.10:5060-127.0.0.2:40000"
};

// A peer to reach by address; the shell reuses a connection to it or opens one. `local` binds to a listening
// endpoint's address (and port, for datagrams).
struct Target {
    Transport transport = Transport::Udp;
    IpEndpoint remote;
    std::optional<IpEndpoint> local;
    // Of TLS and WSS: the host of the URI that led here, which the certificate must speak of (RFC 5922 4).
    std::string host{};
    auto operator<=>(const Target&) const = default;
    std::string text() const;
};

// ---- events: shell -> core
struct Received {
    Buffer bytes;  // one whole message
    Flow flow;
    Duration waited{};  // in the socket, before anybody looked; 0 where that is not known
};
struct TransportFailed {
    std::uint64_t transmit = 0;  // Transmit::id
    std::string detail;          // "connection refused"
};
struct FlowClosed {
    Flow flow;
};

// ---- effects: core -> shell
struct Transmit {
    std::uint64_t id = 0;  // names it in TransportFailed
    Buffer bytes;
    std::variant<Flow, Target> to;
    bool compress = false;  // the peer asked for SigComp (RFC 3486 4 and 5): common/compression does it
};

}  // namespace ims::sip
