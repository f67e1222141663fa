#include "common/ims/gruu.hpp"

#include "common/base/text.hpp"

#include <cstdint>

namespace ims::gruu {

namespace {

constexpr std::string_view temporary_user = "tgruu.";
constexpr std::string_view imei_urn = "urn:gsma:imei:";    // RFC 7254
constexpr std::string_view meid_urn = "urn:device:meid:";  // RFC 8464
constexpr std::size_t device_digits = 14;  // TAC and SNR of an IMEI; manufacturer code and serial number

// RFC 3261 25.1: paramchar.
bool stands_in_parameter(char c) {
    constexpr std::string_view marks = "-_.!~*'()[]/:&+$";
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
}

std::string escaped(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (stands_in_parameter(c)) {
            out += c;
        } else {
            const auto octet = static_cast<unsigned char>(c);
            out += '%';
            out += digits[octet >> 4];
            out += digits[octet & 15];
        }
    }
    return out;
}

std::string device_number(std::string_view text) {
    std::string number;
    for (const char c : text) {
        if (c == '-') continue;
        if (number.size() == device_digits || c == ';') break;
        number += c;
    }
    return number;
}

}  // namespace

bool is_gruu(const sip::Uri& uri) {
    return uri.is_sip() && uri.has("gr");
}

std::string gr_of(std::string_view instance, const crypto::Uuid& device_names) {
    if (instance.starts_with('<') && instance.ends_with('>'))
        instance = instance.substr(1, instance.size() - 2);
    for (const auto urn : {imei_urn, meid_urn})
        if (istarts_with(instance, urn))
            return "urn:uuid:" + crypto::uuid_text(crypto::name_based_uuid(
                                     device_names, device_number(instance.substr(urn.size()))));
    return escaped(instance);
}

bool same_gr(std::string_view a, std::string_view b) {
    return iequals(sip::unescape(a), sip::unescape(b));
}

bool may_be_instance(std::string_view gr) {
    return istarts_with(sip::unescape(gr), "urn:");
}

std::string public_gruu(const Impu& impu, std::string_view gr) {
    return impu.value() + ";gr=" + std::string{gr};
}

std::string server_mark(std::string_view server_name) {
    std::uint32_t hash = 0x811c9dc5;  // FNV-1a
    for (const char c : to_lower(server_name)) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x01000193;
    }
    const std::uint8_t octets[]{static_cast<std::uint8_t>(hash >> 24), static_cast<std::uint8_t>(hash >> 16),
                                static_cast<std::uint8_t>(hash >> 8), static_cast<std::uint8_t>(hash)};
    return hex(octets);
}

std::string temporary_gruu(std::string_view mark, std::string_view token, std::string_view domain) {
    std::string uri{"sip:"};
    uri.append(temporary_user).append(mark).append(".").append(token);
    uri.append("@").append(domain).append(";gr");
    return uri;
}

std::optional<Temporary> temporary_parts(const sip::Uri& uri) {
    if (!is_temporary(uri) || !uri.user.starts_with(temporary_user)) return {};
    const auto rest = std::string_view{uri.user}.substr(temporary_user.size());
    const auto dot = rest.find('.');
    if (dot == std::string_view::npos) return {};
    return Temporary{rest.substr(0, dot), rest.substr(dot + 1)};
}

}  // namespace ims::gruu
