#pragma once
#include "common/diameter/codec/members.hpp"
#include "common/diameter/codec/reader.hpp"
#include "common/diameter/codec/scan.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

// The AVPs of whole messages: what stands before and after a command's own. `Out` and `In` are Writer and
// Reader, or in the tests those that libfdproto stands behind. Private to common/diameter/codec.
namespace ims::diameter::codec {

constexpr std::uint32_t no_state_maintained = 1;  // Auth-Session-State

constexpr bool is_protocol_error(ResultCode code) {
    return static_cast<std::uint32_t>(code) / 1000 == 3;
}

struct ExperimentalResult {  // RFC 6733 7.6
    std::uint32_t vendor_id = 0;
    std::uint32_t experimental_result_code = 0;
};
template <class Io>
void members(Io& io, Of<Io, ExperimentalResult>& g) {
    io.required(Avp::VendorId, g.vendor_id);
    io.required(Avp::ExperimentalResultCode, g.experimental_result_code);
}

// ---- writing

template <class Out>
void put_cx_application(Out& out) {
    out.put(Avp::VendorSpecificApplicationId,
            VendorSpecificApplicationId{cx::vendor_3gpp, cx::application_id, {}});
}

template <class Out>
void put_result(Out& out, const diameter::Result& result) {
    if (const auto* code = std::get_if<ResultCode>(&result)) return out.put(Avp::ResultCode, *code);
    const auto code = static_cast<std::uint32_t>(std::get<ExperimentalResultCode>(result));
    out.put(Avp::ExperimentalResult, ExperimentalResult{cx::vendor_3gpp, code});
}

template <class Out>
void put_cx_request(Out& out, const Head& head, const cx::Request& request) {
    out.put(Avp::SessionId, head.session_id);
    put_cx_application(out);
    out.put(Avp::AuthSessionState, no_state_maintained);
    out.put(Avp::OriginHost, head.origin_host);
    out.put(Avp::OriginRealm, head.origin_realm);
    out.optional(Avp::DestinationHost, head.destination_host);
    out.put(Avp::DestinationRealm, head.destination_realm);
    std::visit([&out](const auto& r) { members(out, r); }, request);
    out.many(Avp::RouteRecord, head.route_record);
}

template <class Out>
void put_cx_answer(Out& out, const Head& head, const cx::Answer& answer) {
    out.put(Avp::SessionId, head.session_id);
    put_cx_application(out);
    put_result(out, cx::result(answer));
    out.put(Avp::AuthSessionState, no_state_maintained);
    out.put(Avp::OriginHost, head.origin_host);
    out.put(Avp::OriginRealm, head.origin_realm);
    std::visit([&out](const auto& a) { members(out, a); }, answer);
}

// ---- reading

template <class In>
diameter::Result read_result(In& in, std::optional<ReadFault>& fault) {
    std::optional<ResultCode> code;
    std::optional<ExperimentalResult> experimental;
    in.optional(Avp::ResultCode, code);
    in.optional(Avp::ExperimentalResult, experimental);
    if (code) return *code;
    if (!experimental) {
        if (!fault)
            fault = ReadFault{ResultCode::MissingAvp, example(Avp::ResultCode), "neither result is there"};
        return ResultCode::UnableToComply;
    }
    // Another vendor's code says nothing to us (RFC 6733 7.6); our types are those of 29.229.
    if (experimental->vendor_id != cx::vendor_3gpp) return ResultCode::UnableToComply;
    return static_cast<ExperimentalResultCode>(experimental->experimental_result_code);
}

template <class In>
ErrorAnswer read_error_answer(In& in, ResultCode code) {
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

template <class In>
void read_cx_request(In& in, Message& m) {
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
    auto& request = m.content.emplace<cx::Request>();
    emplace_at(m.header.command_code - first_cx_command, request);
    std::visit([&in](auto& r) { members(in, r); }, request);
}

// Answers are read with an open hand: what we need is a result and who gave it. Agents leave out the rest.
template <class In>
void read_cx_answer(In& in, Message& m, std::optional<ReadFault>& fault) {
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
    auto& answer = m.content.emplace<cx::Answer>();
    emplace_at(m.header.command_code - first_cx_command, answer);
    std::visit(
        [&](auto& a) {
            members(in, a);
            a.result = result;
        },
        answer);
}

template <class Request, class Answer, class In>
void read_base(In& in, Message& m) {
    if (m.header.request) {
        members(in, m.content.emplace<Request>());
        return;
    }
    std::uint32_t code = 0;
    in.required(Avp::ResultCode, code);
    if (m.header.error || is_protocol_error(static_cast<ResultCode>(code))) {
        m.content = read_error_answer(in, static_cast<ResultCode>(code));
        return;
    }
    members(in, m.content.emplace<Answer>());
}

// Content and head of a message whose header is known.
template <class In>
void read(In& in, Message& m, std::optional<ReadFault>& fault) {
    switch (m.header.command_code) {
        case command_cer: return read_base<CapabilitiesExchangeRequest, CapabilitiesExchangeAnswer>(in, m);
        case command_dwr: return read_base<DeviceWatchdogRequest, DeviceWatchdogAnswer>(in, m);
        case command_dpr: return read_base<DisconnectPeerRequest, DisconnectPeerAnswer>(in, m);
        default: return m.header.request ? read_cx_request(in, m) : read_cx_answer(in, m, fault);
    }
}

}  // namespace ims::diameter::codec
