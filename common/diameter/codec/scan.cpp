#include "common/diameter/codec/scan.hpp"

#include "common/diameter/codec/header.hpp"

#include <algorithm>
#include <cstring>

namespace ims::diameter::codec {

namespace {

using Span = std::span<const std::uint8_t>;

constexpr std::uint8_t flags_known = flag_request | flag_proxiable | flag_error | flag_retransmitted;
constexpr unsigned max_depth = 8;  // Cx needs three

struct Fault {
    ResultCode code;
    Octets failed_avp;
    std::string detail;
};

std::string label(std::uint32_t code, const AvpDefinition* d) {
    return (d ? std::string{d->name} : std::string{"AVP"}) + " (" + std::to_string(code) + ")";
}

// ASCII without NUL, as nearly all texts are: eight octets at a time.
bool is_plain_text(Span s) {
    constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
    while (s.size() >= 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, s.data(), 8);
        // Borrows reach an octet's top bit only from one that is zero itself, or below it.
        if (((eight | (eight - ones)) & tops) != 0) return false;
        s = s.subspan(8);
    }
    return std::all_of(s.begin(), s.end(), [](auto c) { return c != 0 && c < 0x80; });
}

// RFC 3629, as RFC 6733 4.3.1 wants UTF8String.
bool is_utf8(Span s) {
    std::size_t i = 0;
    while (i < s.size()) {
        const auto c = s[i];
        if (c < 0x80) {
            ++i;
            continue;
        }
        const std::size_t more = c >= 0xc2 && c <= 0xdf   ? 1
                                 : (c & 0xf0) == 0xe0     ? 2
                                 : c >= 0xf0 && c <= 0xf4 ? 3
                                                          : 0;
        if (more == 0 || i + more >= s.size()) return false;
        for (std::size_t k = 1; k <= more; ++k)
            if ((s[i + k] & 0xc0) != 0x80) return false;
        const auto second = s[i + 1];
        if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) ||
            (c == 0xf4 && second > 0x8f))
            return false;
        i += more + 1;
    }
    return true;
}

bool is_identity(Span s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](auto c) { return c > 0x20 && c < 0x7f; });
}

// No UTF8String of these applications has a use for NUL, and a Session-Id or an identity with one reads
// differently in code that ends text there.
bool has_nul(Span s) {
    return std::find(s.begin(), s.end(), 0) != s.end();
}

std::optional<std::pair<ResultCode, std::string>> value_fault(const AvpDefinition& d, Span value) {
    const auto length_is = [&](std::size_t n) -> std::optional<std::pair<ResultCode, std::string>> {
        if (value.size() == n) return {};
        return std::pair{ResultCode::InvalidAvpLength,
                         "is " + std::to_string(value.size()) + " octets long, not " + std::to_string(n)};
    };
    const auto invalid = [](const char* why) {
        return std::pair{ResultCode::InvalidAvpValue, std::string{why}};
    };
    switch (d.type) {
        case Type::OctetString:
        case Type::Grouped: return {};
        case Type::Utf8String:
            if (is_plain_text(value) && !value.empty()) return {};
            if (has_nul(value)) return invalid("contains a NUL");
            if (!is_utf8(value)) return invalid("is not UTF-8");
            if (d.avp == Avp::SessionId && value.empty()) return invalid("is empty");
            return {};
        case Type::DiameterIdentity:
        case Type::DiameterUri:
            if (!is_identity(value)) return invalid("is not printable ASCII");
            return {};
        case Type::Address: {
            if (value.size() < 2)
                return std::pair{ResultCode::InvalidAvpLength, std::string{"has no address family"}};
            const unsigned family = unsigned{value[0]} << 8 | value[1];
            if (family == 1) return length_is(6);
            if (family == 2) return length_is(18);
            return {};
        }
        case Type::Unsigned64: return length_is(8);
        case Type::Time:
        case Type::Unsigned32:
        case Type::Integer32: return length_is(4);
        case Type::Enumerated:
            if (auto fault = length_is(4)) return fault;
            if (d.highest != any_value && u32(value) > d.highest) return invalid("has an undefined value");
            return {};
    }
    return {};
}

// Walks the AVPs of `octets`, depth first. `lenient`: we are inside something that may be ignored as a whole,
// so an unknown AVP in it is no reason to refuse the message. `plain`: see Scanned.
std::optional<Fault> walk(Span octets, unsigned depth, bool lenient, std::vector<RawAvp>* found,
                          bool& plain) {
    while (!octets.empty()) {
        // RFC 6733 7.5: where the length is beyond reason, a copy of the header and the shortest value of its
        // type.
        const auto broken = [&](std::size_t header, const AvpDefinition* d, std::string why) {
            Octets copy(octets.begin(),
                        octets.begin() + static_cast<std::ptrdiff_t>(std::min(header, octets.size())));
            copy.resize(header + (d ? shortest(d->type) : 0));
            copy[5] = 0;
            copy[6] = 0;
            copy[7] = static_cast<std::uint8_t>(copy.size());
            return Fault{ResultCode::InvalidAvpLength, std::move(copy), std::move(why)};
        };
        if (octets.size() < 8) return broken(8, nullptr, "an AVP header is cut off");
        const auto code = u32(octets);
        const auto flags = octets[4];
        const std::size_t length = u24(octets.subspan(5));
        const auto header = avp_header_size((flags & avp_vendor) != 0);
        if (octets.size() < header) return broken(header, nullptr, "an AVP header is cut off");
        const auto vendor = header == 12 ? u32(octets.subspan(8)) : 0;
        const auto* d = find(code, vendor);
        if (length < header) return broken(header, d, label(code, d) + " is shorter than its header");
        if (length > octets.size())
            return broken(header, d, label(code, d) + " is longer than what holds it");

        const auto avp = octets.first(length);
        const auto fault = [&](ResultCode result, const std::string& why) {
            return Fault{result, Octets(avp.begin(), avp.end()), label(code, d) + " " + why};
        };
        const bool mandatory = (flags & avp_mandatory) != 0;
        // 4.1: an unrecognized bit is an error; P belongs to end-to-end security, which is deprecated, and is
        // ignored.
        if ((flags & avp_reserved) != 0) return fault(ResultCode::InvalidAvpBits, "has reserved flags set");
        if (!d && mandatory && !lenient) return fault(ResultCode::AvpUnsupported, "is unknown and mandatory");
        if (d) {
            const auto value = avp.subspan(header);
            if (auto wrong = value_fault(*d, value)) return fault(wrong->first, wrong->second);
            if (d->type == Type::Grouped) {
                if (depth >= max_depth) return fault(ResultCode::InvalidAvpValue, "is nested too deeply");
                if (auto inner = walk(value, depth + 1, lenient || !mandatory, nullptr, plain)) return inner;
            }
        }
        plain = plain && d && (header == 12) == (vendor != 0) && padded(length) <= octets.size();
        if (found) found->push_back({d, mandatory, static_cast<std::uint8_t>(header), avp});
        octets = octets.subspan(std::min(octets.size(), padded(length)));
    }
    return {};
}

bool is_base_command(std::uint32_t code) {
    return code == command_cer || code == command_dwr || code == command_dpr;
}

std::optional<Fault> header_fault(const Header& h) {
    const auto protocol_error = [](ResultCode code, std::string why) {
        return Fault{code, {}, std::move(why)};
    };
    // 3: "E ... MUST NOT be set in request messages".
    if (h.request && h.error) return protocol_error(ResultCode::InvalidHdrBits, "R and E are both set");
    if (h.application_id == cx::application_id) {
        if (h.command_code < first_cx_command || h.command_code > last_cx_command)
            return protocol_error(ResultCode::CommandUnsupported,
                                  "no command " + std::to_string(h.command_code) + " in Cx");
        if (h.request && !h.proxiable)
            return protocol_error(ResultCode::InvalidHdrBits, "a Cx request without P");
        return {};
    }
    if (h.application_id != common_messages)
        return protocol_error(ResultCode::ApplicationUnsupported,
                              "application " + std::to_string(h.application_id));
    if (!is_base_command(h.command_code))
        return protocol_error(ResultCode::CommandUnsupported,
                              "no command " + std::to_string(h.command_code) + " in the base protocol");
    if (h.request && h.proxiable)
        return protocol_error(ResultCode::InvalidHdrBits, "P on a command between neighbours");
    return {};
}

// An error answer repeats Session-Id and Proxy-Info (6.2), wherever they stand and as far as the octets can
// be walked.
Malformed malformed(const Header& header, Span avps, Fault fault) {
    Malformed m;
    m.code = fault.code;
    m.detail = std::move(fault.detail);
    m.header = header;
    m.answer = header.request;
    m.failed_avp = std::move(fault.failed_avp);
    while (avps.size() >= 8) {
        const std::size_t length = u24(avps.subspan(5));
        const auto header_length = avp_header_size((avps[4] & avp_vendor) != 0);
        if (length < header_length || length > avps.size()) break;
        const auto* d = find(u32(avps), header_length == 12 ? u32(avps.subspan(8)) : 0);
        const auto avp = avps.first(length);
        if (d && d->avp == Avp::SessionId && m.session_id.empty() &&
            !value_fault(*d, avp.subspan(header_length)))
            m.session_id = text_of(avp.subspan(header_length));
        if (d && d->avp == Avp::ProxyInfo) m.proxy_info.emplace_back(avp.begin(), avp.end());
        avps = avps.subspan(std::min(avps.size(), padded(length)));
    }
    return m;
}

}  // namespace

ims::Result<Scanned, Malformed> scan(Span octets) {
    Scanned s;
    if (octets.size() < header_size) {
        Malformed m;
        m.code = ResultCode::InvalidMessageLength;
        m.detail = "shorter than a header";
        m.close = true;
        return m;
    }
    const auto flags = octets[4];
    s.header.request = (flags & flag_request) != 0;
    s.header.proxiable = (flags & flag_proxiable) != 0;
    s.header.error = (flags & flag_error) != 0;
    s.header.retransmitted = (flags & flag_retransmitted) != 0;
    s.header.command_code = u24(octets.subspan(5));
    s.header.application_id = u32(octets.subspan(8));
    s.header.hop_by_hop = u32(octets.subspan(12));
    s.header.end_to_end = u32(octets.subspan(16));

    // A wrong version or length says that the next header may not be where we think it is: answer, then
    // close.
    const auto distrusted = [&](ResultCode code, std::string why) {
        auto m = malformed(s.header, {}, {code, {}, std::move(why)});
        m.close = true;
        return m;
    };
    if (octets[0] != 1)
        return distrusted(ResultCode::UnsupportedVersion, "version " + std::to_string(octets[0]));
    const std::size_t length = u24(octets.subspan(1));
    if (length != octets.size() || length % 4 != 0)
        return distrusted(ResultCode::InvalidMessageLength, "message length " + std::to_string(length));

    auto fault = header_fault(s.header);
    s.plain = !s.header.error && (flags & ~flags_known) == 0;
    s.avps.reserve(24);
    auto in_avps = walk(octets.subspan(header_size), 0, false, &s.avps, s.plain);
    if (!fault) fault = std::move(in_avps);
    if (fault) return malformed(s.header, octets.subspan(header_size), std::move(*fault));
    return s;
}

RawAvp take_avp(Span& rest) {
    const auto header = avp_header_size((rest[4] & avp_vendor) != 0);
    const auto length = u24(rest.subspan(5));
    const RawAvp avp{find(u32(rest), header == 12 ? u32(rest.subspan(8)) : 0), (rest[4] & avp_mandatory) != 0,
                     static_cast<std::uint8_t>(header), rest.first(length)};
    rest = rest.subspan(std::min(rest.size(), padded(length)));
    return avp;
}

Octets example(Avp avp) {
    const auto& d = definition(avp);
    Octets o(avp_header_size(d.vendor != 0) + shortest(d.type));
    put_avp_header(o, 0, d, o.size());
    return o;
}

}  // namespace ims::diameter::codec
