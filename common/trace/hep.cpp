#include "common/trace/hep.hpp"

#include "common/base/text.hpp"
#include "common/trace/avp.hpp"
#include "common/trace/clue.hpp"

#include <algorithm>
#include <limits>

namespace ims::trace {

namespace {

enum class Chunk : std::uint16_t {
    IpFamily = 1,
    IpProtocol = 2,
    SourceV4 = 3,
    DestinationV4 = 4,
    SourceV6 = 5,
    DestinationV6 = 6,
    SourcePort = 7,
    DestinationPort = 8,
    Seconds = 9,
    Microseconds = 10,
    Protocol = 11,
    AgentId = 12,
    Key = 14,
    Payload = 15,
    Correlation = 17,
    NodeName = 19,
};

constexpr std::size_t chunk_head = 6;
constexpr std::size_t largest_datagram = 65'507 - 20;   // UDP over IPv4, and a little less than over IPv6
constexpr std::size_t longest_text = 1'024;             // of a correlation, a key, a name
constexpr std::uint32_t family_v4 = 2, family_v6 = 10;  // AF_INET, AF_INET6 of Linux
constexpr std::uint32_t protocol_tcp = 6, protocol_udp = 17, protocol_sctp = 132;
constexpr std::uint32_t type_sip = 1, type_diameter = 0x38;  // the latter as captagent has it

class Writer {
  public:
    Writer() {
        out_ = "HEP3";
        number(0, 2);
    }
    void chunk(Chunk type, std::string_view value) {
        number(0, 2);  // vendor: none
        number(static_cast<std::uint32_t>(type), 2);
        number(static_cast<std::uint32_t>(chunk_head + value.size()), 2);
        out_ += value;
    }
    void chunk(Chunk type, std::uint32_t value, unsigned octets) {
        std::string text;
        put(text, value, octets);
        chunk(type, text);
    }
    std::size_t size() const { return out_.size(); }
    std::string finish() {
        std::string length;
        put(length, static_cast<std::uint32_t>(out_.size()), 2);
        out_.replace(4, 2, length);
        return std::move(out_);
    }

  private:
    static void put(std::string& to, std::uint32_t value, unsigned octets) {
        while (octets-- > 0) to += static_cast<char>(value >> (octets * 8) & 0xff);
    }
    void number(std::uint32_t value, unsigned octets) { put(out_, value, octets); }

    std::string out_;
};

std::uint32_t ip_protocol(sip::Transport transport) {
    switch (transport) {
        case sip::Transport::Udp: return protocol_udp;
        case sip::Transport::Sctp: return protocol_sctp;
        case sip::Transport::Tcp:
        case sip::Transport::Tls:
        case sip::Transport::Ws:
        case sip::Transport::Wss: return protocol_tcp;
    }
    return protocol_tcp;
}

void write_addresses(Writer& out, const IpEndpoint& source, const IpEndpoint& destination) {
    const bool v6 = destination.address.is_v6();
    const auto source_octets = source.address.octets();
    const auto destination_octets = destination.address.octets();
    out.chunk(Chunk::IpFamily, v6 ? family_v6 : family_v4, 1);
    out.chunk(v6 ? Chunk::SourceV6 : Chunk::SourceV4, text_of(source_octets));
    out.chunk(v6 ? Chunk::DestinationV6 : Chunk::DestinationV4, text_of(destination_octets));
    out.chunk(Chunk::SourcePort, source.port, 2);
    out.chunk(Chunk::DestinationPort, destination.port, 2);
}

}  // namespace

std::string Collector::text() const {
    return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::optional<Collector> parse_collector(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const auto port = parse_number(text.substr(colon + 1));
    auto host = text.substr(0, colon);
    const bool brackets = host.starts_with('[') && host.ends_with(']');
    if (brackets) host = host.substr(1, host.size() - 2);
    if (!port || *port == 0 || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
    const bool name = std::all_of(host.begin(), host.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
    });
    const auto address = IpAddress::parse(host);
    if (brackets ? !address || !address->is_v6() : !name || host.empty()) return std::nullopt;
    Collector collector;
    collector.host = host;
    collector.port = static_cast<std::uint16_t>(*port);
    return collector;
}

HepPacket hep_packet(const WireMessage& message, std::string_view correlation, const Collector& collector,
                     std::string_view node) {
    // Both ends are of one family: where ours is not known it is written as the unspecified address.
    auto local = message.way.local;
    if (local.address.family() != message.way.remote.address.family())
        local = {message.way.remote.address.is_v6() ? IpAddress::v6({}) : IpAddress::v4({}), local.port};
    const auto& source = message.out ? local : message.way.remote;
    const auto& destination = message.out ? message.way.remote : local;
    const auto since_1970 = message.at.time_since_epoch().count();
    const bool is_sip = message.protocol == WireMessage::Protocol::Sip;

    Writer out;
    write_addresses(out, source, destination);
    out.chunk(Chunk::IpProtocol, ip_protocol(message.way.transport), 1);
    out.chunk(Chunk::Seconds, static_cast<std::uint32_t>(since_1970 / 1'000'000), 4);
    out.chunk(Chunk::Microseconds, static_cast<std::uint32_t>(since_1970 % 1'000'000), 4);
    out.chunk(Chunk::Protocol, is_sip ? type_sip : type_diameter, 1);
    out.chunk(Chunk::AgentId, collector.id, 4);
    if (!collector.key.empty()) out.chunk(Chunk::Key, collector.key.substr(0, longest_text));
    if (!correlation.empty()) out.chunk(Chunk::Correlation, correlation.substr(0, longest_text));
    out.chunk(Chunk::NodeName, node.substr(0, longest_text));
    const auto room = largest_datagram - out.size() - chunk_head;
    out.chunk(Chunk::Payload, message.octets.substr(0, room));
    return {out.finish(), message.octets.size() > room};
}

std::string correlation_of(const WireMessage& message) {
    constexpr std::uint32_t session_id = 263;
    std::string found;
    if (message.protocol == WireMessage::Protocol::Diameter)
        each_avp_of_message(message.octets, [&](const Avp& avp) {
            if (avp.is(session_id)) found = avp.value;
        });
    else
        each_header(message.octets, [&](std::string_view name, std::string_view value) {
            if (name == "call-id" && found.empty()) found = value;
        });
    return found;
}

}  // namespace ims::trace
