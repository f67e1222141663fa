#pragma once
#include "common/trace/wire.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// HEP, version 3 ("EEP", sipcapture.org): a message as a collector such as Homer takes it, one to a datagram.
namespace ims::trace {

struct Collector {
    std::string host;  // an address, or a name
    std::uint16_t port = 9060;
    std::uint32_t id = 1;  // of the capture agent, as the collector shows it
    std::string key;       // what the collector wants to hear before it believes us; empty: nothing
    bool operator==(const Collector&) const = default;
    std::string text() const;  // "127.0.0.1:9060", "[::1]:9060", "homer:9060"
};
// "HOST:PORT" or "[IPV6]:PORT".
std::optional<Collector> parse_collector(std::string_view text);

// `message` holds no secret any more. `correlation` joins what belongs together: the Call-ID, the Session-Id.
// `node` is the name of the service. What is too long for a datagram is cut: `cut` says so.
struct HepPacket {
    std::string octets;
    bool cut = false;
};
HepPacket hep_packet(const WireMessage& message, std::string_view correlation, const Collector& collector,
                     std::string_view node);

// The Call-ID of a SIP message, the Session-Id of a Diameter message; empty if there is none.
std::string correlation_of(const WireMessage& message);

}  // namespace ims::trace
