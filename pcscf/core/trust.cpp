#include "pcscf/core/trust.hpp"

#include "common/base/text.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace ims::pcscf {

namespace {

using sip::HeaderId;

bool has_unknown_headers(const sip::Message& m) {
    return m.has(HeaderId::Unknown);
}

// 24.229 7.2.13 to 7.2.21: headers of the trust domain that the suite only carries.
constexpr std::array<std::string_view, 7> carried{
    "Service-Interact-Info", "Cellular-Network-Info", "Resource-Share",  "Priority-Share",
    "Attestation-Info",      "Origination-Id",        "Priority-Verstat"};

void remove_all(sip::Message& m, std::initializer_list<HeaderId> ids) {
    for (const auto id : ids)
        if (m.has(id)) m.remove(id);
}

// 5.2.1 step 3: what only the network may say of the access. A value we cannot read cannot claim it either.
void remove_network_provided_access(sip::Message& m) {
    const auto lines = m.raw_all(HeaderId::PAccessNetworkInfo);
    bool claimed = false;
    for (const auto line : lines)
        claimed = claimed || line.find("network-provided") != std::string_view::npos;
    if (!claimed) return;
    const auto values = m.all<sip::h::PAccessNetworkInfo>();
    std::vector<sip::TokenParams> kept;
    if (values)
        for (const auto& v : *values)
            if (!v.params.has("network-provided") && !v.params.has("np")) kept.push_back(v);
    m.set_all<sip::h::PAccessNetworkInfo>(kept);
}

// 5.2.1 step 4: the source of a location is the network's to name.
void remove_location_source(sip::Message& m) {
    if (!m.has<sip::h::Geolocation>()) return;
    auto values = m.all<sip::h::Geolocation>();
    if (!values) return;  // carried as it came: not ours to read
    bool changed = false;
    for (auto& v : *values) changed = v.params.remove("loc-src") || changed;
    if (changed) m.set_all<sip::h::Geolocation>(*values);
}

}  // namespace

void remove_option(sip::Message& m, sip::HeaderId header, std::string_view option_tag) {
    if (!m.has_option(header, option_tag)) return;
    const auto rewrite = [&]<class H>(H) {
        auto values = m.all<H>();
        if (!values) return;
        std::erase_if(*values, [&](const auto& v) { return iequals(v, option_tag); });
        m.set_all<H>(*values);
    };
    switch (header) {
        case HeaderId::Require: return rewrite(sip::h::Require{});
        case HeaderId::ProxyRequire: return rewrite(sip::h::ProxyRequire{});
        case HeaderId::Supported: return rewrite(sip::h::Supported{});
        default: return;
    }
}

void strip_from_ue(sip::Message& m) {
    // 5.2.1 steps 2 and 4; 4.4: what counts only because a node of the network wrote it.
    remove_all(
        m, {HeaderId::PChargingVector, HeaderId::PChargingFunctionAddresses, HeaderId::PMediaAuthorization,
            HeaderId::FeatureCaps, HeaderId::PServedUser, HeaderId::PUserDatabase, HeaderId::PProfileKey,
            HeaderId::PAssertedService, HeaderId::PVisitedNetworkId, HeaderId::RestorationInfo,
            HeaderId::ResponseSource, HeaderId::RelayedCharge, HeaderId::PPrivateNetworkIndication,
            HeaderId::ResourcePriority, HeaderId::PCalledPartyId});
    if (has_unknown_headers(m))
        for (const auto name : carried) m.remove(name);
    remove_network_provided_access(m);
    remove_location_source(m);
    // 4.4.14: psap-callback is the network's word; the other values are the user's own.
    if (const auto priority = m.raw(HeaderId::Priority); priority && iequals(*priority, "psap-callback"))
        m.remove(HeaderId::Priority);
    // RFC 3329 2.3.1 and annex A.2.2: the security agreement is between the UE and us.
    remove_all(m, {HeaderId::SecurityClient, HeaderId::SecurityVerify});
    if (m.is_request()) {
        remove_option(m, HeaderId::Require, "sec-agree");
        remove_option(m, HeaderId::ProxyRequire, "sec-agree");
    }
}

void strip_towards_ue(sip::Message& m) {
    // 5.2.1 step 2; 4.4: no UE is a member of the trust domain here, since none is a privileged sender. Where
    // the other party is (4.4.3) is for the network alone. Feature-Caps stays: the network tells the UE with
    // it what it can do (RFC 6809), and what another UE wrote there went at its own P-CSCF.
    remove_all(m,
               {HeaderId::PAccessNetworkInfo, HeaderId::PChargingVector, HeaderId::PChargingFunctionAddresses,
                HeaderId::PServedUser, HeaderId::PUserDatabase, HeaderId::PProfileKey,
                HeaderId::PPrivateNetworkIndication, HeaderId::ResourcePriority, HeaderId::RestorationInfo,
                HeaderId::ResponseSource, HeaderId::RelayedCharge, HeaderId::PVisitedNetworkId});
    if (m.is_response()) m.remove(HeaderId::Reason);  // 4.4.7: in a request it is the user's to see
    if (has_unknown_headers(m))
        for (const auto name : carried) m.remove(name);
    // RFC 3325 7: a UE is outside of the trust domain; who asked for it stays unknown to it. The priv-value
    // stays.
    if (m.has(HeaderId::PAssertedIdentity) && m.has(HeaderId::Privacy)) {
        const auto privacy = m.get<sip::h::Privacy>();
        bool id = !privacy;  // not readable: the safe side
        if (privacy)
            for (const auto& value : *privacy) id = id || iequals(value, "id");
        if (id) m.remove(HeaderId::PAssertedIdentity);
    }
}

}  // namespace ims::pcscf
