#include "pcscf/core/access_security.hpp"

#include "common/base/text.hpp"

#include <utility>

namespace ims::pcscf {

namespace {

using sip::HeaderId;

bool has_response(const sip::AuthValue& authorization) {
    const auto response = authorization.params.get("response");
    return response && !response->empty();
}

// In clear there is nothing to tell AKA from digest but what the two sides say: the challenge that was sent,
// else the algorithm the UE names. IMS-AKA is what is left (5.2.2.2 step 1: integrity-protected is then
// "no").
bool is_digest(const sip::AuthValue& authorization, bool associated, const Challenge* challenge) {
    const auto algorithm = authorization.params.get("algorithm");
    if (algorithm && istarts_with(*algorithm, "AKA")) return false;
    if (challenge != nullptr) return challenge->kind == Challenge::Kind::Digest;
    return associated || algorithm.has_value();
}

AccessRefused refuse(const sip::Message& request) {
    // RFC 3329 2.3.1 wants a Security-Server in the 494. With no mechanism to offer there is nothing to
    // write: its grammar has no empty list, and an offer we could not keep would lead the UE astray. RFC
    // 3329 2.3.2: sec-agree asked for nowhere is 421, only in Supported (or without the header) is 494.
    const bool asked = request.has_option(HeaderId::Require, "sec-agree") ||
                       request.has_option(HeaderId::ProxyRequire, "sec-agree") ||
                       request.has_option(HeaderId::Supported, "sec-agree");
    auto response = asked ? sip::Message::response(request, 494, "Security Agreement Required")
                          : sip::Message::response(request, 421, "Extension Required");
    response.set<sip::h::Require>("sec-agree");
    return {std::move(response), asked ? "no acceptable Security-Client" : "no security agreement"};
}

}  // namespace

AccessDecision screen_register(const sip::Message& request, Security policy, bool associated,
                               const Challenge* challenge) {
    // 5.2.2.2 step 3: the spec leaves the code to us. None of the mechanisms a UE can offer is available
    // here, so also an offer ends in a refusal (33.203 7.3.2: unacceptable proposal).
    if (policy == Security::Required) return refuse(request);

    const auto authorization = request.get<sip::h::Authorization>();
    if (!authorization) return AccessAccepted{};
    if (!is_digest(*authorization, associated, challenge)) return AccessAccepted{"no"};
    AccessAccepted accepted{.integrity_protected = {}, .digest = true};
    if (associated)
        accepted.integrity_protected = "ip-assoc-yes";
    else if (has_response(*authorization))
        accepted.integrity_protected = "ip-assoc-pending";
    return accepted;
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
        if (const auto ck = c.params.get("ck")) taken.ck = *ck;
        if (const auto ik = c.params.get("ik")) taken.ik = *ik;
        changed = c.params.remove("ck") || changed;
        changed = c.params.remove("ik") || changed;
    }
    if (changed) unauthorized.set_all<sip::h::WwwAuthenticate>(*challenges);
    return taken;
}

}  // namespace ims::pcscf
