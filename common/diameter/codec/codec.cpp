#include "common/diameter/codec/codec.hpp"

#include "common/diameter/codec/dictionary.hpp"
#include "common/diameter/codec/header.hpp"
#include "common/diameter/codec/reader.hpp"
#include "common/diameter/codec/scan.hpp"
#include "common/diameter/codec/writer.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdproto.h>

namespace ims::diameter::codec {

namespace {

struct FreeMessage {
    void operator()(msg* m) const { fd_msg_free(m); }
};
using OwnedMessage = std::unique_ptr<msg, FreeMessage>;
struct FreeOctets {
    void operator()(std::uint8_t* o) const { std::free(o); }
};

constexpr std::uint32_t no_state_maintained = 1;  // Auth-Session-State

// ---- writing

OwnedMessage make(const Header& header, std::uint32_t code, std::uint32_t application, bool request) {
    msg* m = nullptr;
    if (fd_msg_new(Dictionary::get().command(code, request), 0, &m) != 0) throw std::bad_alloc{};
    OwnedMessage owned{m};
    msg_hdr* h = nullptr;
    fd_msg_hdr(m, &h);
    h->msg_appl = application;
    h->msg_hbhid = header.hop_by_hop;
    h->msg_eteid = header.end_to_end;
    if (request && header.retransmitted) h->msg_flags |= flag_retransmitted;
    return owned;
}

void put_u24(Octets& o, std::size_t at, std::size_t v) {
    for (std::size_t i = 0; i < 3; ++i) o[at + i] = static_cast<std::uint8_t>(v >> (16 - 8 * i));
}

void append(Octets& message, std::span<const std::uint8_t> avp) {
    message.insert(message.end(), avp.begin(), avp.end());
    message.resize((message.size() + 3) & ~std::size_t{3});
    put_u24(message, 1, message.size());
}

Octets finish(const OwnedMessage& message, const std::vector<Octets>& proxy_info) {
    std::uint8_t* buffer = nullptr;
    std::size_t length = 0;
    if (fd_msg_bufferize(message.get(), &buffer, &length) != 0) throw std::bad_alloc{};
    const std::unique_ptr<std::uint8_t, FreeOctets> owned{buffer};
    Octets octets(buffer, buffer + length);
    for (const auto& avp : proxy_info) append(octets, avp);
    return octets;
}

void put_cx_application(Writer& out) {
    out.put(Avp::VendorSpecificApplicationId,
            VendorSpecificApplicationId{cx::vendor_3gpp, cx::application_id, {}});
}

void put_result(Writer& out, const diameter::Result& result) {
    if (const auto* code = std::get_if<ResultCode>(&result)) return out.put(Avp::ResultCode, *code);
    Writer group{out.open_group(Avp::ExperimentalResult)};
    group.put(Avp::VendorId, cx::vendor_3gpp);
    group.put(Avp::ExperimentalResultCode, std::get<ExperimentalResultCode>(result));
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
bool is_protocol_error(ResultCode code) {
    return static_cast<std::uint32_t>(code) / 1000 == 3;
}

// ---- reading

struct AnswerResult {
    std::optional<ResultCode> result_code;
    std::optional<std::uint32_t> vendor, experimental;
};
template <class Io>
void members(Io& io, AnswerResult& r) {
    io.required(Avp::VendorId, r.vendor.emplace());
    io.required(Avp::ExperimentalResultCode, r.experimental.emplace());
}

diameter::Result read_result(Reader& in, std::optional<ReadFault>& fault) {
    AnswerResult r;
    in.optional(Avp::ResultCode, r.result_code);
    std::optional<AnswerResult> experimental;
    in.optional(Avp::ExperimentalResult, experimental);
    if (r.result_code) return *r.result_code;
    if (!experimental) {
        if (!fault)
            fault = ReadFault{ResultCode::MissingAvp, example(Avp::ResultCode), "neither result is there"};
        return ResultCode::UnableToComply;
    }
    // Another vendor's code says nothing to us (RFC 6733 7.6); our types are those of 29.229.
    if (experimental->vendor != cx::vendor_3gpp) return ResultCode::UnableToComply;
    return static_cast<ExperimentalResultCode>(experimental->experimental.value_or(0));
}

ErrorAnswer read_error_answer(Reader& in, ResultCode code) {
    ErrorAnswer e;
    e.result_code = code;
    std::optional<std::string> host, realm;
    in.optional(Avp::OriginHost, host);
    in.optional(Avp::OriginRealm, realm);
    in.optional(Avp::ErrorMessage, e.error_message);
    in.many(Avp::RedirectHost, e.redirect_host);
    e.origin_host = host.value_or("");
    e.origin_realm = realm.value_or("");
    return e;
}

template <std::size_t I = 0, class Variant>
void emplace_at(std::size_t index, Variant& v) {
    if constexpr (I < std::variant_size_v<Variant>) {
        if (index == I)
            v.template emplace<I>();
        else
            emplace_at<I + 1>(index, v);
    }
}

void read_cx_request(Reader& in, Message& m) {
    std::uint32_t auth_session_state = 0;
    VendorSpecificApplicationId application;
    in.required(Avp::SessionId, m.head.session_id);
    in.required(Avp::VendorSpecificApplicationId, application);
    in.required(Avp::AuthSessionState, auth_session_state);
    in.required(Avp::OriginHost, m.head.origin_host);
    in.required(Avp::OriginRealm, m.head.origin_realm);
    in.optional(Avp::DestinationHost, m.head.destination_host);
    in.required(Avp::DestinationRealm, m.head.destination_realm);
    in.many(Avp::RouteRecord, m.head.route_record);
    cx::Request request;
    emplace_at(m.header.command_code - first_cx_command, request);
    std::visit([&in](auto& r) { members(in, r); }, request);
    m.content = std::move(request);
}

// Answers are read with an open hand: what we need is a result and who gave it. Agents leave out the rest.
void read_cx_answer(Reader& in, Message& m, std::optional<ReadFault>& fault) {
    std::optional<std::string> session_id;
    in.optional(Avp::SessionId, session_id);
    m.head.session_id = session_id.value_or("");
    const auto result = read_result(in, fault);
    const auto* code = std::get_if<ResultCode>(&result);
    if (m.header.error || (code && is_protocol_error(*code))) {
        m.content = read_error_answer(in, code ? *code : ResultCode::UnableToComply);
        return;
    }
    in.required(Avp::OriginHost, m.head.origin_host);
    in.required(Avp::OriginRealm, m.head.origin_realm);
    cx::Answer answer;
    emplace_at(m.header.command_code - first_cx_command, answer);
    std::visit(
        [&](auto& a) {
            members(in, a);
            a.result = result;
        },
        answer);
    m.content = std::move(answer);
}

template <class Request, class Answer>
void read_base(Reader& in, Message& m) {
    if (m.header.request) {
        Request request;
        members(in, request);
        m.content = std::move(request);
        return;
    }
    std::uint32_t code = 0;
    in.required(Avp::ResultCode, code);
    if (m.header.error || is_protocol_error(static_cast<ResultCode>(code))) {
        m.content = read_error_answer(in, static_cast<ResultCode>(code));
        return;
    }
    Answer answer;
    members(in, answer);
    m.content = std::move(answer);
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

// libfdproto takes the buffer over, and frees it with the message.
OwnedMessage parse(std::span<const std::uint8_t> octets) {
    auto* buffer = static_cast<std::uint8_t*>(std::malloc(octets.size()));
    if (!buffer) throw std::bad_alloc{};
    std::memcpy(buffer, octets.data(), octets.size());
    msg* m = nullptr;
    if (fd_msg_parse_buffer(&buffer, octets.size(), &m) != 0) {
        std::free(buffer);
        return {};
    }
    OwnedMessage message{m};
    fd_pei error{};
    const int failed = fd_msg_parse_dict(m, Dictionary::get().handle(), &error);
    if (error.pei_avp_free && error.pei_avp) fd_msg_free(error.pei_avp);
    return failed == 0 ? std::move(message) : OwnedMessage{};
}

}  // namespace

Octets encode(const Header& header, const Head& head, const cx::Request& request) {
    const auto message = make(header, first_cx_command + static_cast<std::uint32_t>(request.index()),
                              cx::application_id, true);
    Writer out{message.get()};
    out.put(Avp::SessionId, head.session_id);
    put_cx_application(out);
    out.put(Avp::AuthSessionState, no_state_maintained);
    out.put(Avp::OriginHost, head.origin_host);
    out.put(Avp::OriginRealm, head.origin_realm);
    out.optional(Avp::DestinationHost, head.destination_host);
    out.put(Avp::DestinationRealm, head.destination_realm);
    std::visit([&out](const auto& r) { members(out, r); }, request);
    out.many(Avp::RouteRecord, head.route_record);
    return finish(message, head.proxy_info);
}

Octets encode(const Header& header, const Head& head, const cx::Answer& answer) {
    const auto message = make(header, first_cx_command + static_cast<std::uint32_t>(answer.index()),
                              cx::application_id, false);
    const auto& result = cx::result(answer);
    Writer out{message.get()};
    out.put(Avp::SessionId, head.session_id);
    put_cx_application(out);
    put_result(out, result);
    out.put(Avp::AuthSessionState, no_state_maintained);
    out.put(Avp::OriginHost, head.origin_host);
    out.put(Avp::OriginRealm, head.origin_realm);
    std::visit([&out](const auto& a) { members(out, a); }, answer);
    auto octets = finish(message, head.proxy_info);
    if (const auto* code = std::get_if<ResultCode>(&result); code && is_protocol_error(*code))
        octets[4] |= flag_error;
    return octets;
}

Octets encode(const Header& header, const BaseCommand& command) {
    const auto [code, request] = command_of(command);
    const auto message = make(header, code, common_messages, request);
    Writer out{message.get()};
    std::visit([&out](const auto& c) { members(out, c); }, command);
    auto octets = finish(message, {});
    if (const auto* cea = std::get_if<CapabilitiesExchangeAnswer>(&command);
        cea && is_protocol_error(cea->result_code))
        octets[4] |= flag_error;
    return octets;
}

// RFC 6733 7.2. The command may be one that no dictionary knows: a known answer lends its shape, the header's
// code and application are put in afterwards.
Octets encode_error(const Malformed& request, std::string_view origin_host, std::string_view origin_realm) {
    const auto message = make(request.header, first_cx_command, request.header.application_id, false);
    Writer out{message.get()};
    if (!request.session_id.empty()) out.put(Avp::SessionId, request.session_id);
    const bool protocol_error = is_protocol_error(request.code);
    if (!protocol_error && request.header.application_id == cx::application_id) {
        put_cx_application(out);
        out.put(Avp::AuthSessionState, no_state_maintained);
    }
    out.put(Avp::OriginHost, origin_host);
    out.put(Avp::OriginRealm, origin_realm);
    out.put(Avp::ResultCode, request.code);
    if (!request.detail.empty()) out.put(Avp::ErrorMessage, request.detail);
    auto octets = finish(message, {});
    if (!request.failed_avp.empty()) {
        Octets failed = example(Avp::FailedAvp);
        failed.insert(failed.end(), request.failed_avp.begin(), request.failed_avp.end());
        failed.resize((failed.size() + 3) & ~std::size_t{3});
        put_u24(failed, 5, failed.size());
        append(octets, failed);
    }
    for (const auto& avp : request.proxy_info) append(octets, avp);
    octets[4] = static_cast<std::uint8_t>((request.header.proxiable ? flag_proxiable : 0) |
                                          (protocol_error ? flag_error : 0));
    put_u24(octets, 5, request.header.command_code);
    return octets;
}

ims::Result<Message, Malformed> decode(std::span<const std::uint8_t> octets) {
    auto scanned = scan(octets);
    if (!scanned) return scanned.error();

    Message m;
    m.header = scanned->header;
    for (const auto& avp : scanned->avps)
        if (avp.definition && avp.definition->avp == Avp::ProxyInfo)
            m.head.proxy_info.emplace_back(avp.octets.begin(), avp.octets.end());

    const auto parsed = parse(octets);
    if (!parsed) return refuse(m.header, m.head, {ResultCode::UnableToComply, {}, "refused by the parser"});
    std::optional<ReadFault> fault;
    Reader in{parsed.get(), scanned->avps, fault};
    switch (m.header.command_code) {
        case command_cer: read_base<CapabilitiesExchangeRequest, CapabilitiesExchangeAnswer>(in, m); break;
        case command_dwr: read_base<DeviceWatchdogRequest, DeviceWatchdogAnswer>(in, m); break;
        case command_dpr: read_base<DisconnectPeerRequest, DisconnectPeerAnswer>(in, m); break;
        default:
            if (m.header.request)
                read_cx_request(in, m);
            else
                read_cx_answer(in, m, fault);
    }
    if (fault) return refuse(m.header, m.head, std::move(*fault));
    return m;
}

void set_hop_by_hop(Octets& message, std::uint32_t hop_by_hop) {
    for (std::size_t i = 0; i < 4; ++i)
        message[12 + i] = static_cast<std::uint8_t>(hop_by_hop >> (24 - 8 * i));
}

void set_retransmitted(Octets& message) {
    message[4] |= flag_retransmitted;
}

}  // namespace ims::diameter::codec
