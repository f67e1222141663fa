#include "pcscf/core/access_security.hpp"

#include "common/base/text.hpp"

#include <utility>

namespace ims::pcscf {

namespace {

using sip::HeaderId;

bool has_response(const sip::AuthValue& credentials) {
    const auto response = credentials.params.get("response");
    return response && !response->empty();
}

// In clear there is nothing to tell AKA from digest but what the two sides say: the challenge that was sent,
// else the algorithm the UE names. IMS-AKA is what is left (5.2.2.2 step 1: integrity-protected is then
// "no").
bool is_digest(const sip::AuthValue& credentials, bool associated, const Challenge* challenge) {
    const auto algorithm = credentials.params.get("algorithm");
    if (algorithm && istarts_with(*algorithm, "AKA")) return false;
    if (challenge != nullptr) return challenge->kind == Challenge::Kind::Digest;
    return associated || algorithm.has_value();
}

}  // namespace

AccessRefused want_agreement(const sip::Message& request, const ipsec::Mechanisms& offer,
                             std::string_view reason) {
    // RFC 3329 2.3.2: sec-agree asked for nowhere is 421, only in Supported (or without the header) is 494.
    // 2.3.1 wants a Security-Server in it. With no mechanism to offer there is nothing to write: its grammar
    // has no empty list, and an offer we could not keep would lead the UE astray.
    const bool asked = request.has_option(HeaderId::Require, "sec-agree") ||
                       request.has_option(HeaderId::ProxyRequire, "sec-agree") ||
                       request.has_option(HeaderId::Supported, "sec-agree");
    auto response = asked ? sip::Message::response(request, 494, "Security Agreement Required")
                          : sip::Message::response(request, 421, "Extension Required");
    response.set<sip::h::Require>("sec-agree");
    if (!offer.empty()) response.set_all<sip::h::SecurityServer>(offer);
    return {std::move(response), reason};
}

AccessRefused agreement_changed(const sip::Message& request, const ipsec::Mechanisms& sent,
                                std::string_view reason) {
    auto response = sip::Message::response(request, 494, "Security Agreement Required");
    response.set<sip::h::Require>("sec-agree");
    response.set_all<sip::h::SecurityServer>(sent);
    return {std::move(response), reason};
}

bool answers(const sip::AuthValue* credentials, const Challenge& challenge) {
    return credentials != nullptr && has_response(*credentials) && !credentials->params.has("auts") &&
           credentials->params.get("nonce") == challenge.nonce;
}

void set_integrity_protected(sip::Message& request, const sip::AuthValue& credentials,
                             std::optional<std::string_view> value) {
    constexpr std::string_view name = "integrity-protected";
    if (credentials.params.empty() || credentials.params.has(name)) {
        auto changed = credentials;
        changed.params.remove(name);
        if (value) changed.params.set_quoted(name, *value);
        return request.set<sip::h::Authorization>(changed);
    }
    if (!value) return;
    std::string text{request.raw(HeaderId::Authorization).value_or(std::string_view{})};
    text.append(", ").append(name).append("=\"").append(*value).append("\"");
    request.set_raw(HeaderId::Authorization, text);
}

AccessAccepted accept_in_clear(const sip::AuthValue* credentials, bool associated,
                               const Challenge* challenge) {
    if (credentials == nullptr) return {};
    if (!is_digest(*credentials, associated, challenge)) return {"no"};
    AccessAccepted accepted{.integrity_protected = {}, .digest = true};
    if (associated)
        accepted.integrity_protected = "ip-assoc-yes";
    else if (has_response(*credentials))
        accepted.integrity_protected = "ip-assoc-pending";
    return accepted;
}

AccessAccepted accept_on_tls(const sip::AuthValue* credentials, bool bound, const Challenge* challenge) {
    if (credentials == nullptr) return {};
    // TS 24.371: IMS-AKA with AKAv2 needs no IPsec here. An answer of AKAv1 may have been got from the UE
    // elsewhere, by whoever speaks on this connection (RFC 4169 1).
    const auto algorithm = credentials->params.get("algorithm");
    if (algorithm && istarts_with(*algorithm, "AKAv2")) return {"tls-connected"};
    if (algorithm ? istarts_with(*algorithm, "AKA")
                  : challenge != nullptr && challenge->kind == Challenge::Kind::Aka)
        return {"no"};
    if (bound) return {"tls-yes"};
    if (has_response(*credentials)) return {"tls-pending"};
    return {};
}

std::optional<Challenge> take_keys(sip::Message& unauthorized) {
    // RFC 8760: one header for each algorithm, best first.
    auto challenges = unauthorized.all<sip::h::WwwAuthenticate>();
    if (!challenges || challenges->empty()) return std::nullopt;
    Challenge taken;
    taken.kind = Challenge::Kind::Digest;
    bool changed = false;
    for (auto& c : *challenges) {
        if (const auto algorithm = c.params.get("algorithm"); algorithm && istarts_with(*algorithm, "AKA"))
            taken.kind = Challenge::Kind::Aka;
        if (const auto nonce = c.params.get("nonce"); nonce && taken.nonce.empty()) taken.nonce = *nonce;
        if (const auto ck = c.params.get("ck")) taken.ck = *ck;
        if (const auto ik = c.params.get("ik")) taken.ik = *ik;
        changed = c.params.remove("ck") || changed;
        changed = c.params.remove("ik") || changed;
    }
    if (changed) unauthorized.set_all<sip::h::WwwAuthenticate>(*challenges);
    return taken;
}

}  // namespace ims::pcscf
