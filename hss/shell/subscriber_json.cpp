#include "hss/shell/subscriber_json.hpp"

#include "common/base/ip.hpp"
#include "hss/postgres/json_reader.hpp"
#include "hss/shell/credentials_json.hpp"
#include "hss/shell/short_form.hpp"

#include <algorithm>
#include <array>

namespace ims::hss {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, IdentityType>, 4> identity_types{
    {{"distinct", IdentityType::DistinctImpu},
     {"psi", IdentityType::DistinctPsi},
     {"wildcarded_psi", IdentityType::WildcardedPsi},
     {"wildcarded", IdentityType::WildcardedImpu}}};
constexpr std::array<std::pair<std::string_view, AuthenticationScheme>, 4> schemes{
    {{"aka", AuthenticationScheme::DigestAkaV1Md5},
     {"digest", AuthenticationScheme::SipDigest},
     {"nass", AuthenticationScheme::NassBundled},
     {"early", AuthenticationScheme::EarlyIms}}};

template <class Table, class Value>
std::string word_of(const Table& table, Value value) {
    for (const auto& [word, v] : table)
        if (v == value) return std::string{word};
    return "";
}
template <class Table, class Value>
Value value_of(const Table& table, JsonReader& r, std::string_view key, Value fallback) {
    const auto text = r.text(key);
    if (!text) return fallback;
    std::string all;
    for (const auto& [word, v] : table) {
        if (word == *text) return v;
        all += (all.empty() ? "" : ", ") + std::string{word};
    }
    r.fail("'" + std::string{key} + "' must be one of " + all);
    return fallback;
}

// The elements of an array of objects.
std::vector<const json*> objects(JsonReader& r, std::string_view key) {
    std::vector<const json*> out;
    const auto* v = r.find(key);
    if (!v) return out;
    if (!v->is_array())
        r.fail("'" + std::string{key} + "' must be a list");
    else
        for (const auto& o : *v) out.push_back(&o);
    return out;
}

json public_identity_json(const PublicIdentityRecord& r) {
    json j{{"identity", r.identity.identity.value()}, {"service_profile", r.service_profile.value()}};
    if (r.identity.barring_indication) j["barred"] = true;
    if (r.identity.identity_type != IdentityType::DistinctImpu)
        j["type"] = word_of(identity_types, r.identity.identity_type);
    if (r.identity.display_name) j["display_name"] = *r.identity.display_name;
    if (r.identity.alias_identity_group_id) j["alias_group"] = *r.identity.alias_identity_group_id;
    if (r.identity.service_priority_level) j["service_priority_level"] = *r.identity.service_priority_level;
    if (r.identity.max_num_of_allowed_simult_registrations)
        j["max_registrations"] = *r.identity.max_num_of_allowed_simult_registrations;
    if (r.application_server) j["application_server"] = *r.application_server;
    if (r.psi() && !r.psi_active) j["psi_active"] = false;
    return j;
}

std::string address_text(const Octets& octets) {
    if (std::array<std::uint8_t, 4> v4{}; octets.size() == v4.size()) {
        std::ranges::copy(octets, v4.begin());
        return IpAddress::v4(v4).text();
    }
    std::array<std::uint8_t, 16> v6{};
    std::ranges::copy_n(octets.begin(), static_cast<std::ptrdiff_t>(std::min(octets.size(), v6.size())),
                        v6.begin());
    return IpAddress::v6(v6).text();
}

json private_identity_json(const PrivateIdentity& p, const Showing& showing) {
    json j{{"impi", p.impi.value()}, {"scheme", word_of(schemes, p.scheme)}};
    if (p.imsi) j["imsi"] = *p.imsi;
    j["has_aka"] = p.aka.has_value();
    j["has_digest"] = p.sip_digest.has_value();
    for (const auto& line : p.line_identifiers) j["line_identifiers"].push_back(hex(line));
    if (p.framed_ip_address) j["framed_ip_address"] = address_text(*p.framed_ip_address);
    if (showing.secrets && p.aka) add_aka(j["aka"], *p.aka);
    if (showing.secrets && p.sip_digest) j["digest"] = digest_json(*p.sip_digest);
    // Not where somebody may edit it and put it back later: the cards have gone on since.
    if (!showing.registration) j["sqn"] = p.sqn;
    return j;
}

PublicIdentityRecord read_public_identity(const json& j, const std::string& where, std::string& error) {
    PublicIdentityRecord out;
    JsonReader r{j, where, error};
    const auto identity = r.text("identity");
    if (!identity) r.fail("needs 'identity', a SIP or tel URI");
    out.identity.identity = Impu{identity.value_or("")};
    out.service_profile = ServiceProfileId{r.number("service_profile", 1, max_id).value_or(1)};
    out.identity.barring_indication = r.flag("barred", false);
    out.identity.identity_type = value_of(identity_types, r, "type", IdentityType::DistinctImpu);
    if (out.identity.identity_type == IdentityType::WildcardedPsi) out.identity.wildcarded_psi = identity;
    if (out.identity.identity_type == IdentityType::WildcardedImpu) out.identity.wildcarded_impu = identity;
    out.identity.display_name = r.text("display_name");
    out.identity.alias_identity_group_id = r.text("alias_group");
    if (const auto n = r.number("service_priority_level", 0, 4))
        out.identity.service_priority_level = static_cast<std::uint32_t>(*n);
    if (const auto n = r.number("max_registrations", 1, 2147483647))
        out.identity.max_num_of_allowed_simult_registrations = static_cast<std::uint32_t>(*n);
    out.application_server = r.text("application_server");
    out.psi_active = r.flag("psi_active", true);
    r.finish();
    return out;
}

PrivateIdentity read_private_identity(const json& j, const std::string& realm, const Subscription* before,
                                      const std::string& where, std::string& error) {
    PrivateIdentity p;
    JsonReader r{j, where, error};
    const auto imsi = r.text("imsi");
    const auto impi = r.text("impi");
    if (!impi && !imsi) r.fail("needs 'impi'");
    p.impi = impi ? Impi{*impi} : impi_of_imsi(imsi.value_or(""), realm);
    // What is not said about one that is there stays: credentials, SQN and the pending flag above all.
    if (const auto* was = before ? before->find(p.impi) : nullptr) p = *was;
    p.imsi = imsi;
    if (const auto* aka = r.find("aka")) {
        JsonReader a{*aka, where + ".aka", error};
        auto given = read_aka(a);
        a.finish();
        if (given && !given->op && p.aka && same_keys(given->keys, p.aka->keys)) given->op = p.aka->op;
        p.aka = std::move(given);
    }
    if (const auto* digest = r.find("digest")) {
        JsonReader d{*digest, where + ".digest", error};
        p.sip_digest = read_digest(d, p.impi, realm);
        d.finish();
    }
    if (const auto lines = read_list(r, "line_identifiers")) {
        p.line_identifiers.clear();
        for (const auto& line : *lines) {
            const auto octets = unhex(line);
            if (!octets) r.fail("'line_identifiers' must be hexadecimal");
            p.line_identifiers.push_back(octets.value_or(Octets{}));
        }
    }
    if (const auto address = r.text("framed_ip_address")) {
        const auto ip = IpAddress::parse(*address);
        if (!ip) r.fail("'framed_ip_address' must be an IP address");
        if (ip) p.framed_ip_address.emplace(ip->octets().begin(), ip->octets().end());
    }
    if (const auto sqn = r.number("sqn", 0, (1LL << 48) - 1)) p.sqn = static_cast<std::uint64_t>(*sqn);
    const auto fallback =
        p.aka || !p.sip_digest ? AuthenticationScheme::DigestAkaV1Md5 : AuthenticationScheme::SipDigest;
    p.scheme = value_of(schemes, r, "scheme", fallback);
    // What was printed without secrets makes nobody who could not register.
    if (r.flag("has_aka", false) && !p.aka)
        r.fail("has no keys in it, and there are none here yet: export with secrets, or add 'aka'");
    if (r.flag("has_digest", false) && !p.sip_digest)
        r.fail("has no digest in it, and there is none here yet: export with secrets, or add 'digest'");
    r.finish();
    return p;
}

Checked read_whole_form(const json& j, const std::string& realm, const Subscription* before,
                        Subscription& out) {
    std::string error;
    JsonReader r{j, "subscriber", error};
    read_subscription_keys(r, out);
    std::size_t n = 0;
    for (const auto* p : objects(r, "private_identities"))
        out.private_identities.push_back(read_private_identity(
            *p, realm, before, "subscriber.private_identities[" + std::to_string(n++) + "]", error));
    n = 0;
    for (const auto* s : objects(r, "implicit_registration_sets")) {
        const auto where = "subscriber.implicit_registration_sets[" + std::to_string(n++) + "]";
        auto& set = out.implicit_registration_sets.emplace_back();
        JsonReader sr{*s, where, error};
        std::size_t u = 0;
        for (const auto* identity : objects(sr, "public_identities"))
            set.public_identities.push_back(read_public_identity(
                *identity, where + ".public_identities[" + std::to_string(u++) + "]", error));
        if (const auto impis = read_list(sr, "private_identities"))
            for (const auto& impi : *impis) set.associations.push_back({Impi{impi}, false, {}});
        else
            for (const auto& p : out.private_identities) set.associations.push_back({p.impi, false, {}});
        sr.find("state");
        sr.finish();
    }
    for (const auto* shown : {"registration", "impi"}) r.find(shown);
    r.finish();
    if (!error.empty()) return error;
    return inconsistency(out);
}

}  // namespace

nlohmann::json assignment_json(const Subscription& s) {
    json j{{"server_name", nullptr}, {"sets", json::array()}};
    if (s.assignment) {
        j["server_name"] = s.assignment->server_name;
        j["origin_host"] = s.assignment->origin_host;
        j["origin_realm"] = s.assignment->origin_realm;
    }
    j["reassignment_pending"] = s.reassignment_pending;
    j["authentication_pending"] = json::array();
    for (const auto& p : s.private_identities)
        if (p.authentication_pending) j["authentication_pending"].push_back(p.impi.value());
    for (const auto& set : s.implicit_registration_sets) {
        json one{{"identity", set.public_identities.front().identity.identity.value()},
                 {"state", name(set.state)},
                 {"registered_with", json::array()}};
        for (const auto& a : set.associations)
            if (a.registered) one["registered_with"].push_back(a.impi.value());
        j["sets"].push_back(std::move(one));
    }
    return j;
}

nlohmann::json subscriber_json(const Subscription& s, const Showing& showing) {
    json j{{"impi", s.private_identities.front().impi.value()}, {"barred", s.barred}};
    if (s.allowed_visited_networks) j["allowed_visited_networks"] = *s.allowed_visited_networks;
    if (s.capability_set) j["capability_set"] = s.capability_set->value();
    if (s.charging_set) j["charging_set"] = s.charging_set->value();
    if (s.loose_route) j["loose_route"] = true;
    if (s.privileged_sender) j["privileged_sender"] = *s.privileged_sender;
    for (const auto& p : s.private_identities)
        j["private_identities"].push_back(private_identity_json(p, showing));
    for (const auto& set : s.implicit_registration_sets) {
        json one = json::object();
        if (showing.registration) one["state"] = name(set.state);
        for (const auto& r : set.public_identities)
            one["public_identities"].push_back(public_identity_json(r));
        for (const auto& a : set.associations) one["private_identities"].push_back(a.impi.value());
        j["implicit_registration_sets"].push_back(std::move(one));
    }
    if (showing.registration) j["registration"] = assignment_json(s);
    return j;
}

std::optional<std::vector<std::string>> read_list(JsonReader& r, std::string_view key) {
    const auto* v = r.find(key);
    if (!v) return std::nullopt;
    std::vector<std::string> out;
    if (v->is_array())
        for (const auto& t : *v)
            if (t.is_string()) out.push_back(t.get<std::string>());
    if (!v->is_array() || out.size() != v->size())
        r.fail("'" + std::string{key} + "' must be a list of texts");
    return out;
}

void read_subscription_keys(JsonReader& r, Subscription& s) {
    s.barred = r.flag("barred", false);
    if (auto networks = read_list(r, "allowed_visited_networks"))
        s.allowed_visited_networks = std::move(networks);
    if (const auto id = r.number("capability_set", 1, max_id)) s.capability_set = CapabilitySetId{*id};
    if (const auto id = r.number("charging_set", 1, max_id)) s.charging_set = ChargingSetId{*id};
    s.loose_route = r.flag("loose_route", false);
    if (r.find("privileged_sender")) s.privileged_sender = r.flag("privileged_sender", false);
}

Checked read_subscriber(const nlohmann::json& j, const Templates& templates, const Subscription* before,
                        Subscription& out) {
    out = {};
    if (before) {
        out.id = before->id;
        out.version = before->version;
    }
    if (!j.is_object()) return "subscriber: must be a JSON object";
    if (!j.contains("private_identities")) return read_short_form(j, templates, before, out);
    return read_whole_form(j, templates.realm, before, out);
}

Checked update_subscriber(const nlohmann::json& j, const std::string& realm, Subscription& subscription) {
    Subscription fresh;
    fresh.id = subscription.id;
    fresh.version = subscription.version;
    if (!j.is_object()) return "subscriber: must be a JSON object";
    if (auto wrong = read_whole_form(j, realm, &subscription, fresh)) return wrong;
    subscription = std::move(fresh);
    return std::nullopt;
}

nlohmann::json summary_json(const Provisioning::Summary& s) {
    json j{{"impi", s.impi.value()},
           {"public_identities", s.identities},
           {"barred", s.barred},
           {"state", name(s.state)}};
    if (!s.imsi.empty()) j["imsi"] = s.imsi;
    if (!s.server_name.empty()) j["server_name"] = s.server_name;
    return j;
}

}  // namespace ims::hss
