#include "pcscf/core/trust.hpp"

#include "common/base/text.hpp"

#include <algorithm>
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

bool asks_for_privacy(const sip::Message& m, std::initializer_list<std::string_view> values) {
    if (!m.has(HeaderId::Privacy)) return false;
    const auto privacy = m.get<sip::h::Privacy>();
    if (!privacy) return true;  // not readable: the safe side
    return std::any_of(privacy->begin(), privacy->end(), [&](const auto& given) {
        return std::any_of(values.begin(), values.end(), [&](auto one) { return iequals(given, one); });
    });
}

// Takes Privacy out of what stands behind the '?' of a URI; gives its value.
std::string take_privacy(std::string& headers) {
    std::string kept, value;
    for (std::string_view rest = headers; !rest.empty();) {
        const auto one = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        if (istarts_with(one, "Privacy=")) {
            value = one.substr(one.find('=') + 1);
        } else {
            kept.append(kept.empty() ? "" : "&").append(one);
        }
    }
    headers = std::move(kept);
    return value;
}

// 24.229 4.4.4, RFC 7044 10.1.2: who was called before, where one of them or the whole message asks for
// privacy.
void anonymise_history(sip::Message& m) {
    if (!m.has(HeaderId::HistoryInfo)) return;
    auto entries = m.all<sip::h::HistoryInfo>();
    if (!entries) return m.remove(HeaderId::HistoryInfo);  // what cannot be read may be private
    const bool all = asks_for_privacy(m, {"history", "header"});
    bool changed = false;
    for (auto& entry : *entries) {
        const auto before = entry.uri.headers.size();
        const bool own = iequals(take_privacy(entry.uri.headers), "history");
        changed = changed || all || entry.uri.headers.size() != before;
        if (!all && !own) continue;
        entry.display_name.clear();
        entry.uri = sip::Uri::sip("anonymous", "anonymous.invalid");
    }
    if (changed) m.set_all<sip::h::HistoryInfo>(*entries);
    if (auto privacy = m.get<sip::h::Privacy>()) {
        if (std::erase_if(*privacy, [](const auto& value) { return iequals(value, "history"); }) == 0) return;
        if (privacy->empty())
            m.remove(HeaderId::Privacy);
        else
            m.set<sip::h::Privacy>(*privacy);
    }
}

// 4.4.6: of what a UE asks for, or is to see, stays what is agreed with its user.
void keep_agreed_priorities(sip::Message& m, const UserPolicy& policy) {
    if (!m.has(HeaderId::ResourcePriority)) return;
    auto values = m.all<sip::h::ResourcePriority>();
    if (!values || policy.resource_priorities.empty()) return m.remove(HeaderId::ResourcePriority);
    std::erase_if(*values, [&](const auto& value) {
        const auto& agreed = policy.resource_priorities;
        return std::none_of(agreed.begin(), agreed.end(), [&](const auto& a) { return iequals(a, value); });
    });
    if (values->empty()) return m.remove(HeaderId::ResourcePriority);
    m.set_all<sip::h::ResourcePriority>(*values);
}

}  // namespace

bool UserPolicy::is_private(const sip::Message& m) const {
    if (private_network == PrivateNetwork::None) return false;
    const auto indication = m.get<sip::h::PPrivateNetworkIndication>();
    return indication && (private_domain.empty() || iequals(indication->token, private_domain));
}

bool UserPolicy::is_privileged(const sip::Message& m) const {
    if (privileged_sender || !privileged_in_private) return privileged_sender;
    return private_network == PrivateNetwork::Insert || is_private(m);  // with Insert, everything of his is
}

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

void strip_from_ue(sip::Message& m, const UserPolicy& policy) {
    // 5.2.1 steps 2 and 4; 4.4: what counts only because a node of the network wrote it.
    remove_all(
        m, {HeaderId::PChargingVector, HeaderId::PChargingFunctionAddresses, HeaderId::PMediaAuthorization,
            HeaderId::PServedUser, HeaderId::PUserDatabase, HeaderId::PProfileKey, HeaderId::PAssertedService,
            HeaderId::PVisitedNetworkId, HeaderId::RestorationInfo, HeaderId::ResponseSource,
            HeaderId::RelayedCharge, HeaderId::PCalledPartyId});
    keep_agreed_priorities(m, policy);
    if (m.has(HeaderId::FeatureCaps) && !policy.is_privileged(m)) m.remove(HeaderId::FeatureCaps);
    if (m.has(HeaderId::PPrivateNetworkIndication) && !policy.is_private(m))
        m.remove(HeaderId::PPrivateNetworkIndication);
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

void strip_towards_ue(sip::Message& m, const UserPolicy& policy) {
    // 5.2.1 step 2; 4.4: no UE is a member of the trust domain here, since none is a privileged sender. Where
    // the other party is (4.4.3) is for the network alone. Feature-Caps stays: the network tells the UE with
    // it what it can do (RFC 6809), and what another UE wrote there went at its own P-CSCF.
    remove_all(
        m, {HeaderId::PAccessNetworkInfo, HeaderId::PChargingVector, HeaderId::PChargingFunctionAddresses,
            HeaderId::PServedUser, HeaderId::PUserDatabase, HeaderId::PProfileKey, HeaderId::RestorationInfo,
            HeaderId::ResponseSource, HeaderId::RelayedCharge, HeaderId::PVisitedNetworkId});
    keep_agreed_priorities(m, policy);
    // 5.2.6.4.3 step 7A: who is always private need not be told.
    if (m.has(HeaderId::PPrivateNetworkIndication) &&
        (policy.private_network != UserPolicy::PrivateNetwork::Forward || !policy.is_private(m)))
        m.remove(HeaderId::PPrivateNetworkIndication);
    if (m.is_response()) m.remove(HeaderId::Reason);  // 4.4.7: in a request it is the user's to see
    if (has_unknown_headers(m))
        for (const auto name : carried) m.remove(name);
    // RFC 3325 7: a UE is outside of the trust domain; who asked for it stays unknown to it. The priv-value
    // stays.
    if (m.has(HeaderId::PAssertedIdentity) && asks_for_privacy(m, {"id"}))
        m.remove(HeaderId::PAssertedIdentity);
    anonymise_history(m);
}

}  // namespace ims::pcscf
