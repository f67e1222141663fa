#include "common/why/pcapng.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace ims::why {

namespace {

constexpr std::uint8_t protocol_tcp = 6, protocol_udp = 17;
constexpr std::size_t largest_segment = 60'000;
constexpr std::size_t largest_datagram = 65'507;

// Network order, as headers have it.
void put(std::string& to, std::uint64_t value, unsigned octets) {
    while (octets-- > 0) to += static_cast<char>(value >> (octets * 8) & 0xff);
}
// The order of the file.
void put_little(std::string& to, std::uint64_t value, unsigned octets) {
    for (unsigned i = 0; i < octets; ++i) to += static_cast<char>(value >> (i * 8) & 0xff);
}

// RFC 1071
std::uint32_t sum_of(std::string_view octets, std::uint32_t sum = 0) {
    for (std::size_t i = 0; i < octets.size(); i += 2) {
        const auto high = static_cast<std::uint8_t>(octets[i]);
        const auto low = i + 1 < octets.size() ? static_cast<std::uint8_t>(octets[i + 1]) : std::uint8_t{0};
        sum += static_cast<std::uint32_t>(high << 8 | low);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}
void set_checksum(std::string& header, std::size_t at, std::uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    const auto value = static_cast<std::uint16_t>(~sum);
    header[at] = static_cast<char>(value >> 8);
    header[at + 1] = static_cast<char>(value & 0xff);
}

// The sum over the pseudo header of RFC 9293 3.1 and RFC 8200 8.1.
std::uint32_t pseudo_sum(const Packet& p, std::uint8_t protocol, std::size_t length) {
    const auto source = p.source.address.octets(), destination = p.destination.address.octets();
    std::string pseudo{text_of(source)};
    pseudo += text_of(destination);
    put(pseudo, length, 4);
    put(pseudo, protocol, 4);
    return sum_of(pseudo);
}

std::string ip_packet(const Packet& p, std::uint8_t protocol, const std::string& content) {
    const auto source = p.source.address.octets(), destination = p.destination.address.octets();
    std::string out;
    if (p.destination.address.is_v6()) {
        put(out, 0x60000000, 4);
        put(out, content.size(), 2);
        put(out, protocol, 1);
        put(out, 64, 1);  // hop limit
        out += text_of(source);
        out += text_of(destination);
    } else {
        put(out, 0x4500, 2);
        put(out, 20 + content.size(), 2);
        put(out, 0x00004000, 4);  // do not fragment
        put(out, 64, 1);          // time to live
        put(out, protocol, 1);
        put(out, 0, 2);
        out += text_of(source);
        out += text_of(destination);
        set_checksum(out, 10, sum_of(out));
    }
    return out + content;
}

std::string udp_packet(const Packet& p) {
    const auto payload = std::string_view{p.octets}.substr(0, largest_datagram);
    std::string udp;
    put(udp, p.source.port, 2);
    put(udp, p.destination.port, 2);
    put(udp, 8 + payload.size(), 2);
    put(udp, 0, 2);
    udp += payload;
    set_checksum(udp, 6, sum_of(udp, pseudo_sum(p, protocol_udp, udp.size())));
    if (udp[6] == 0 && udp[7] == 0) udp[6] = udp[7] = static_cast<char>(0xff);  // RFC 768: 0 means none
    return ip_packet(p, protocol_udp, udp);
}

// Connections, by what the next octet in each direction is numbered.
class Connections {
  public:
    std::vector<std::string> segments(const Packet& p) {
        auto& next = next_.try_emplace({p.source, p.destination}, 1).first->second;
        const auto other = next_.try_emplace({p.destination, p.source}, 1).first->second;
        std::vector<std::string> packets;
        std::string_view rest = p.octets;
        do {
            const auto payload = rest.substr(0, largest_segment);
            rest.remove_prefix(payload.size());
            std::string tcp;
            put(tcp, p.source.port, 2);
            put(tcp, p.destination.port, 2);
            put(tcp, next, 4);
            put(tcp, other, 4);
            put(tcp, rest.empty() ? 0x5018 : 0x5010, 2);  // 20 octets of header; ACK, and PSH with the last
            put(tcp, 65535, 2);                           // window
            put(tcp, 0, 4);                               // checksum, urgent pointer
            tcp += payload;
            set_checksum(tcp, 16, sum_of(tcp, pseudo_sum(p, protocol_tcp, tcp.size())));
            packets.push_back(ip_packet(p, protocol_tcp, tcp));
            next += static_cast<std::uint32_t>(payload.size());
        } while (!rest.empty());
        return packets;
    }

  private:
    std::map<std::pair<IpEndpoint, IpEndpoint>, std::uint32_t> next_;
};

bool is_taken_for_another(const Packet& p) {
    const auto is_x11 = [](std::uint16_t port) { return port >= 6000 && port <= 6063; };
    return p.transport != "UDP" &&
           (p.transport != "TCP" || is_x11(p.source.port) || is_x11(p.destination.port));
}

// Wireshark's own format (wsutil/exported_pdu_tlvs.h): tags before the message.
std::string exported_pdu(const Packet& p) {
    enum Tag : std::uint16_t {
        End = 0,
        Protocol = 12,
        SourceV4 = 20,
        DestinationV4,
        SourceV6,
        DestinationV6,
        PortType,
        SourcePort,
        DestinationPort
    };
    constexpr std::uint32_t tcp = 2;
    std::string out;
    const auto tag = [&out](Tag name, std::string value) {
        while (value.size() % 4 != 0) value += '\0';
        put(out, name, 2);
        put(out, value.size(), 2);
        out += value;
    };
    const auto number = [](std::uint32_t value) {
        std::string text;
        put(text, value, 4);
        return text;
    };
    const bool v6 = p.destination.address.is_v6();
    const auto source = p.source.address.octets(), destination = p.destination.address.octets();
    tag(Protocol, p.diameter ? "diameter" : "sip");
    tag(v6 ? SourceV6 : SourceV4, std::string{text_of(source)});
    tag(v6 ? DestinationV6 : DestinationV4, std::string{text_of(destination)});
    tag(PortType, number(tcp));
    tag(SourcePort, number(p.source.port));
    tag(DestinationPort, number(p.destination.port));
    tag(End, {});
    return out + p.octets;
}

// ---- the file

enum class Block : std::uint32_t { Interface = 1, EnhancedPacket = 6, Section = 0x0A0D0D0A };

void pad(std::string& out) {
    while (out.size() % 4 != 0) out += '\0';
}
void put_option(std::string& out, std::uint16_t code, std::string_view value) {
    value = value.substr(0, 1'024);
    put_little(out, code, 2);
    put_little(out, value.size(), 2);
    out += value;
    pad(out);
}
void end_options(std::string& out) {
    put_little(out, 0, 4);
}
std::string block(Block type, const std::string& body) {
    const auto length = body.size() + 12;
    std::string out;
    put_little(out, static_cast<std::uint32_t>(type), 4);
    put_little(out, length, 4);
    out += body;
    put_little(out, length, 4);
    return out;
}

std::string section_block() {
    constexpr std::uint16_t application = 4;
    std::string body;
    put_little(body, 0x1A2B3C4D, 4);  // byte order
    put_little(body, 1, 2);           // version 1.0
    put_little(body, 0, 2);
    put_little(body, ~std::uint64_t{0}, 8);  // of unknown length
    put_option(body, application, "ims-why " IMS_VERSION);
    end_options(body);
    return block(Block::Section, body);
}

// draft-ietf-opsawg-pcaplinktype
enum class LinkType : std::uint16_t {
    Raw = 101,  // an IPv4 or IPv6 header comes first
    UpperPdu = 252,
};

std::string interface_block(LinkType type, std::string_view name) {
    constexpr std::uint16_t interface_name = 2, resolution = 9;
    std::string body;
    put_little(body, static_cast<std::uint16_t>(type), 2);
    put_little(body, 0, 2);
    put_little(body, 0, 4);  // no limit of length
    put_option(body, interface_name, name);
    put_option(body, resolution, "\x06");  // microseconds
    end_options(body);
    return block(Block::Interface, body);
}

std::string packet_block(std::size_t interface, const Packet& p, std::string_view octets) {
    constexpr std::uint16_t comment = 1, flags = 2;
    const auto at = static_cast<std::uint64_t>(p.at);
    std::string body;
    put_little(body, interface, 4);
    put_little(body, at >> 32, 4);
    put_little(body, at & 0xffffffff, 4);
    put_little(body, octets.size(), 4);
    put_little(body, octets.size(), 4);
    body += octets;
    pad(body);
    put_option(body, comment, p.comment);
    std::string direction;
    put_little(direction, p.out ? 2 : 1, 4);
    put_option(body, flags, direction);
    end_options(body);
    return block(Block::EnhancedPacket, body);
}

}  // namespace

std::string pcapng_of(const std::vector<Packet>& packets) {
    std::vector<std::string> interfaces;
    const auto name_of = [](const Packet& p) {
        return p.service + (is_taken_for_another(p) ? ", exported" : "");
    };
    const auto interface_of = [&](const Packet& p) {
        return static_cast<std::size_t>(std::find(interfaces.begin(), interfaces.end(), name_of(p)) -
                                        interfaces.begin());
    };
    auto out = section_block();
    for (const auto& p : packets)
        if (interface_of(p) == interfaces.size()) {
            interfaces.push_back(name_of(p));
            out += interface_block(is_taken_for_another(p) ? LinkType::UpperPdu : LinkType::Raw, name_of(p));
        }
    Connections connections;
    for (const auto& p : packets) {
        std::vector<std::string> octets;
        if (is_taken_for_another(p))
            octets.push_back(exported_pdu(p));
        else if (p.transport == "UDP")
            octets.push_back(udp_packet(p));
        else
            octets = connections.segments(p);
        for (const auto& one : octets) out += packet_block(interface_of(p), p, one);
    }
    return out;
}

}  // namespace ims::why
