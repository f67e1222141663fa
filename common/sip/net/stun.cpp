#include "common/sip/net/stun.hpp"

#include <cstddef>
#include <cstdint>

namespace ims::sip::stun {

namespace {

constexpr std::size_t header_octets = 20;
constexpr std::size_t transaction_octets = 12;
constexpr std::string_view magic_cookie{"\x21\x12\xA4\x42", 4};
constexpr std::size_t cookie_at = 4;

enum Type : std::uint16_t { BindingRequest = 0x0001, BindingSuccess = 0x0101, BindingError = 0x0111 };
// RFC 5389 18.2.
enum Attribute : std::uint16_t {
    Username = 0x0006,
    MessageIntegrity = 0x0008,
    ErrorCode = 0x0009,
    UnknownAttributes = 0x000A,
    Realm = 0x0014,
    Nonce = 0x0015,
    XorMappedAddress = 0x0020,
    ComprehensionOptional = 0x8000,  // and all above
};

std::uint16_t number_at(std::string_view text, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(text[at]) << 8 |
                                      static_cast<unsigned char>(text[at + 1]));
}
void put(std::string& out, std::uint16_t number) {
    out.push_back(static_cast<char>(number >> 8));
    out.push_back(static_cast<char>(number & 0xFF));
}

// Credentials may be there; nobody asked for them.
bool is_understood(std::uint16_t attribute) {
    switch (attribute) {
        case Username:
        case MessageIntegrity:
        case Realm:
        case Nonce: return true;
        default: return attribute >= ComprehensionOptional;
    }
}

// The attributes that must be understood and are not; nothing if the message is cut off.
std::optional<std::string> not_understood(std::string_view attributes) {
    std::string unknown;
    while (!attributes.empty()) {
        if (attributes.size() < 4) return std::nullopt;
        const auto type = number_at(attributes, 0);
        const std::size_t padded = 4 + (number_at(attributes, 2) + std::size_t{3}) / 4 * 4;
        if (padded > attributes.size()) return std::nullopt;
        if (!is_understood(type)) put(unknown, type);
        attributes.remove_prefix(padded);
    }
    return unknown;
}

void put_attribute(std::string& out, std::uint16_t type, std::string_view value) {
    put(out, type);
    put(out, static_cast<std::uint16_t>(value.size()));
    out += value;
    while (out.size() % 4 != 0) out.push_back('\0');
}

// RFC 5389 15.2: the port against the cookie's first half, the address against cookie and transaction.
std::string xor_address(const IpEndpoint& at, std::string_view mask) {
    std::string value{'\0', at.address.is_v6() ? '\x02' : '\x01'};
    put(value, at.port ^ number_at(mask, 0));
    std::size_t i = 0;
    for (const auto octet : at.address.octets()) value.push_back(static_cast<char>(octet ^ mask[i++]));
    return value;
}

std::string message(std::uint16_t type, std::string_view cookie_and_transaction,
                    std::string_view attributes) {
    std::string out;
    put(out, type);
    put(out, static_cast<std::uint16_t>(attributes.size()));
    out += cookie_and_transaction;
    out += attributes;
    return out;
}

}  // namespace

bool is_message(std::string_view datagram) {
    return datagram.size() >= header_octets && (datagram[0] & 0xC0) == 0 &&
           datagram.substr(cookie_at, magic_cookie.size()) == magic_cookie;
}

std::optional<std::string> answer(std::string_view datagram, const IpEndpoint& from) {
    if (!is_message(datagram) || number_at(datagram, 0) != BindingRequest) return std::nullopt;
    if (number_at(datagram, 2) != datagram.size() - header_octets) return std::nullopt;
    const auto unknown = not_understood(datagram.substr(header_octets));
    if (!unknown) return std::nullopt;
    const auto mask = datagram.substr(cookie_at, magic_cookie.size() + transaction_octets);
    std::string attributes;
    if (unknown->empty()) {
        put_attribute(attributes, XorMappedAddress, xor_address(from, mask));
        return message(BindingSuccess, mask, attributes);
    }
    using namespace std::string_view_literals;
    put_attribute(attributes, ErrorCode, "\0\0\4\24Unknown Attribute"sv);  // 420: class 4, number 20
    put_attribute(attributes, UnknownAttributes, *unknown);
    return message(BindingError, mask, attributes);
}

}  // namespace ims::sip::stun
