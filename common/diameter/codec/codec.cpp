#include "common/diameter/codec/codec.hpp"

#include "common/diameter/codec/commands.hpp"
#include "common/diameter/codec/header.hpp"
#include "common/diameter/codec/judge.hpp"
#include "common/diameter/codec/reader.hpp"
#include "common/diameter/codec/scan.hpp"
#include "common/diameter/codec/writer.hpp"

#include <algorithm>

namespace ims::diameter::codec {

namespace {

// ---- writing

constexpr std::size_t usual_size = 1000;  // of a message, so that its octets are not moved while it grows

// The header of a message whose length is not known yet; finish() puts it in.
Octets begin(const Header& header, std::uint32_t code, std::uint32_t application, std::uint8_t flags) {
    Octets message;
    message.reserve(usual_size);
    message.resize(header_size);
    message[0] = 1;  // version
    message[4] = flags;
    put_u24(message, 5, code);
    put_u32(message, 8, application);
    put_u32(message, 12, header.hop_by_hop);
    put_u32(message, 16, header.end_to_end);
    return message;
}

void append(Octets& message, std::span<const std::uint8_t> avp) {
    message.insert(message.end(), avp.begin(), avp.end());
    message.resize(padded(message.size()));
}

Octets finish(Octets message) {
    put_u24(message, 1, message.size());
    return message;
}

std::uint8_t request_flags(const Header& header) {
    return static_cast<std::uint8_t>(flag_request | (header.retransmitted ? flag_retransmitted : 0));
}
std::uint8_t error_flag(ResultCode code) {
    return is_protocol_error(code) ? flag_error : std::uint8_t{0};
}

struct Command {
    std::uint32_t code;
    bool request;
};
Command command_of(const BaseCommand& command) {
    return std::visit(overloaded{
                          [](const CapabilitiesExchangeRequest&) {
                              return Command{command_cer, true};
                          },
                          [](const CapabilitiesExchangeAnswer&) {
                              return Command{command_cer, false};
                          },
                          [](const DisconnectPeerRequest&) {
                              return Command{command_dpr, true};
                          },
                          [](const DisconnectPeerAnswer&) {
                              return Command{command_dpr, false};
                          },
                          [](const DeviceWatchdogRequest&) {
                              return Command{command_dwr, true};
                          },
                          [](const DeviceWatchdogAnswer&) {
                              return Command{command_dwr, false};
                          },
                      },
                      command);
}
Malformed refuse(const Header& header, const Head& head, ReadFault fault) {
    Malformed m;
    m.code = fault.code;
    m.detail = std::move(fault.detail);
    m.answer = header.request;
    m.header = header;
    m.session_id = head.session_id;
    m.proxy_info = head.proxy_info;
    m.failed_avp = std::move(fault.failed_avp);
    return m;
}

}  // namespace

Octets encode(const Header& header, const Head& head, const cx::Request& request) {
    auto octets = begin(header, first_cx_command + static_cast<std::uint32_t>(request.index()),
                        cx::application_id, request_flags(header) | flag_proxiable);
    Writer out{octets};
    put_cx_request(out, head, request);
    for (const auto& avp : head.proxy_info) append(octets, avp);
    return finish(std::move(octets));
}

Octets encode(const Header& header, const Head& head, const cx::Answer& answer) {
    const auto* code = std::get_if<ResultCode>(&cx::result(answer));
    auto octets = begin(header, first_cx_command + static_cast<std::uint32_t>(answer.index()),
                        cx::application_id, flag_proxiable | (code ? error_flag(*code) : 0));
    Writer out{octets};
    put_cx_answer(out, head, answer);
    for (const auto& avp : head.proxy_info) append(octets, avp);
    return finish(std::move(octets));
}

Octets encode(const Header& header, const BaseCommand& command) {
    const auto [code, request] = command_of(command);
    const auto* cea = std::get_if<CapabilitiesExchangeAnswer>(&command);
    const auto flags = request ? request_flags(header) : cea ? error_flag(cea->result_code) : std::uint8_t{0};
    auto octets = begin(header, code, common_messages, flags);
    Writer out{octets};
    std::visit([&out](const auto& c) { members(out, c); }, command);
    return finish(std::move(octets));
}

// RFC 6733 7.2. The command may be one that no dictionary knows.
Octets encode_error(const Malformed& request, std::string_view origin_host, std::string_view origin_realm) {
    const auto flags = (request.header.proxiable ? flag_proxiable : 0) | error_flag(request.code);
    auto octets = begin(request.header, request.header.command_code, request.header.application_id,
                        static_cast<std::uint8_t>(flags));
    Writer out{octets};
    if (!request.session_id.empty()) out.put(Avp::SessionId, request.session_id);
    if (!is_protocol_error(request.code) && request.header.application_id == cx::application_id) {
        put_cx_application(out);
        out.put(Avp::AuthSessionState, no_state_maintained);
    }
    out.put(Avp::OriginHost, origin_host);
    out.put(Avp::OriginRealm, origin_realm);
    out.put(Avp::ResultCode, request.code);
    if (!request.detail.empty()) out.put(Avp::ErrorMessage, request.detail);
    if (!request.failed_avp.empty()) {
        auto failed = request.failed_avp;
        failed.resize(padded(failed.size()));
        out.put(Avp::FailedAvp, failed);
    }
    for (const auto& avp : request.proxy_info) append(octets, avp);
    return finish(std::move(octets));
}

ims::Result<Message, Malformed> decode(std::span<const std::uint8_t> octets) {
    const auto scanned = scan(octets);
    if (!scanned) return scanned.error();

    ims::Result<Message, Malformed> decoded{Message{}};
    auto& m = *decoded;
    m.header = scanned->header;
    for (const auto& avp : scanned->avps)
        if (avp.is(Avp::ProxyInfo)) m.head.proxy_info.emplace_back(avp.octets.begin(), avp.octets.end());

    if (!scanned->plain && !libfdproto_accepts(octets))
        return refuse(m.header, m.head, {ResultCode::UnableToComply, {}, "refused by the parser"});
    std::optional<ReadFault> fault;
    Reader in{scanned->avps, fault};
    read(in, m, fault);
    if (fault) return refuse(m.header, m.head, std::move(*fault));
    return decoded;
}

void set_hop_by_hop(Octets& message, std::uint32_t hop_by_hop) {
    for (std::size_t i = 0; i < 4; ++i)
        message[12 + i] = static_cast<std::uint8_t>(hop_by_hop >> (24 - 8 * i));
}

void set_retransmitted(Octets& message) {
    message[4] |= flag_retransmitted;
}

}  // namespace ims::diameter::codec
