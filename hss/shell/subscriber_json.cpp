#include "hss/shell/subscriber_json.hpp"

#include "common/base/ip.hpp"
#include "hss/core/subscriber.hpp"
#include "hss/postgres/json_reader.hpp"
#include "hss/shell/credentials_json.hpp"

#include <array>

namespace ims::hss {
namespace {

using nlohmann::json;

constexpr std::int64_t max_id = std::numeric_limits<std::int64_t>::max();
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

// An array of texts, or nothing if it is absent.
std::optional<std::vector<std::string>> texts(JsonReader& r, std::string_view key) {
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
        p.aka = read_aka(a);
        a.finish();
    }
    if (const auto* digest = r.find("digest")) {
        JsonReader d{*digest, where + ".digest", error};
        p.sip_digest = read_digest(d, p.impi, realm);
        d.finish();
    }
    if (const auto lines = texts(r, "line_identifiers")) {
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
    for (const auto* shown : {"has_aka", "has_digest"}) r.find(shown);  // of what we print; not for reading
    r.finish();
    return p;
}

void read_subscription_keys(JsonReader& r, Subscription& s) {
    s.barred = r.flag("barred", false);
    s.allowed_visited_networks = texts(r, "allowed_visited_networks");
    if (const auto id = r.number("capability_set", 1, max_id)) s.capability_set = CapabilitySetId{*id};
    if (const auto id = r.number("charging_set", 1, max_id)) s.charging_set = ChargingSetId{*id};
    s.loose_route = r.flag("loose_route", false);
    if (r.find("privileged_sender")) s.privileged_sender = r.flag("privileged_sender", false);
}

// The keys of the short form; they make the usual subscriber.
Subscriber read_short(JsonReader& r, const std::string& realm) {
    Subscriber s;
    s.imsi = r.text("imsi").value_or("");
    s.realm = r.text("realm").value_or(realm);
    s.msisdn = r.text("msisdn");
    if (s.msisdn && s.msisdn->starts_with('+')) s.msisdn->erase(0, 1);
    if (s.msisdn && (s.msisdn->empty() || s.msisdn->size() > 15 || !parse_number(*s.msisdn)))
        r.fail("'msisdn' must be up to 15 digits, as of an international number");
    s.bar_imsi_identity = r.flag("bar_imsi_identity", false);
    s.display_name = r.text("display_name");
    s.service_profile = ServiceProfileId{r.number("service_profile", 1, max_id).value_or(1)};
    s.sqn = static_cast<std::uint64_t>(r.number("sqn", 0, (1LL << 48) - 1).value_or(0));
    if (r.find("k")) s.aka = read_aka(r);
    return s;
}

Checked read_short_form(const json& j, const std::string& realm, Subscription& out) {
    std::string error;
    JsonReader r{j, "subscriber", error};
    auto usual = read_short(r, realm);
    const auto* digest = r.find("digest");
    out = subscription_of(usual);
    if (digest) {
        JsonReader d{*digest, "subscriber.digest", error};
        auto& p = out.private_identities.front();
        p.sip_digest = read_digest(d, p.impi, usual.realm);
        d.finish();
        if (!p.aka) p.scheme = AuthenticationScheme::SipDigest;
    }
    if (usual.imsi.empty()) r.fail("needs 'imsi' (or 'private_identities' and 'implicit_registration_sets')");
    if (!usual.aka && !digest) r.fail("needs credentials: 'k' and 'opc', or 'digest'");
    read_subscription_keys(r, out);
    r.finish();
    if (!error.empty()) return error;
    return inconsistency(out);
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
        if (const auto impis = texts(sr, "private_identities"))
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

nlohmann::json subscriber_json(const Subscription& s) {
    json j{{"impi", s.private_identities.front().impi.value()}, {"barred", s.barred}};
    if (s.allowed_visited_networks) j["allowed_visited_networks"] = *s.allowed_visited_networks;
    if (s.capability_set) j["capability_set"] = s.capability_set->value();
    if (s.charging_set) j["charging_set"] = s.charging_set->value();
    if (s.loose_route) j["loose_route"] = true;
    if (s.privileged_sender) j["privileged_sender"] = *s.privileged_sender;
    for (const auto& p : s.private_identities) {
        json one{{"impi", p.impi.value()}, {"scheme", word_of(schemes, p.scheme)}};
        if (p.imsi) one["imsi"] = *p.imsi;
        one["has_aka"] = p.aka.has_value();
        one["has_digest"] = p.sip_digest.has_value();
        j["private_identities"].push_back(std::move(one));
    }
    for (const auto& set : s.implicit_registration_sets) {
        json one{{"state", name(set.state)}};
        for (const auto& r : set.public_identities)
            one["public_identities"].push_back(public_identity_json(r));
        for (const auto& a : set.associations) one["private_identities"].push_back(a.impi.value());
        j["implicit_registration_sets"].push_back(std::move(one));
    }
    j["registration"] = assignment_json(s);
    return j;
}

Checked read_subscriber(const nlohmann::json& j, const std::string& realm, Subscription& out) {
    out = {};
    if (!j.is_object()) return "subscriber: must be a JSON object";
    if (!j.contains("private_identities")) return read_short_form(j, realm, out);
    return read_whole_form(j, realm, nullptr, out);
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

Checked read_range(const nlohmann::json& j, const std::string& realm, std::vector<Subscription>& out) {
    std::string error;
    auto body = j;
    if (!body.is_object()) return "range: must be a JSON object";
    const auto take = [&](const char* key) -> json {
        auto value = body.contains(key) ? body[key] : json{};
        body.erase(key);
        return value;
    };
    const auto first = take("first_imsi"), number = take("first_msisdn"), count = take("count");
    if (!first.is_string()) return "range: needs 'first_imsi'";
    if (!count.is_number_integer() || count < 1 || count > 1'000'000)
        return "range: needs 'count', a whole number from 1 to 1000000";
    if (!number.is_null() && !number.is_string()) return "range: 'first_msisdn' must be text";
    body["imsi"] = first;
    if (!number.is_null()) body["msisdn"] = number;
    Subscription pattern;
    if (auto wrong = read_subscriber(body, realm, pattern)) return wrong;

    JsonReader r{body, "range", error};
    auto usual = read_short(r, realm);
    const auto first_imsi = usual.imsi;
    const auto first_msisdn = usual.msisdn;
    for (std::uint64_t n = 0; n < count.get<std::uint64_t>(); ++n) {
        const auto imsi = number_after(first_imsi, n);
        const auto msisdn = first_msisdn ? number_after(*first_msisdn, n) : std::nullopt;
        if (!imsi || (first_msisdn && !msisdn))
            return "range: the numbers overflow after " + std::to_string(n);
        usual.imsi = *imsi;
        usual.msisdn = msisdn;
        auto one = subscription_of(usual);
        one.barred = pattern.barred;
        one.allowed_visited_networks = pattern.allowed_visited_networks;
        one.capability_set = pattern.capability_set;
        one.charging_set = pattern.charging_set;
        if (const auto* digest = body.contains("digest") ? &body["digest"] : nullptr) {
            JsonReader d{*digest, "range.digest", error};
            auto& p = one.private_identities.front();
            p.sip_digest = read_digest(d, p.impi, usual.realm);
            p.scheme = pattern.private_identities.front().scheme;
        }
        out.push_back(std::move(one));
    }
    if (!error.empty()) return error;
    return std::nullopt;
}

namespace {

std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> out;
    for (;;) {
        const auto comma = line.find(',');
        out.emplace_back(trim(line.substr(0, comma)));
        if (comma == line.npos) return out;
        line.remove_prefix(comma + 1);
    }
}

// A line of CSV as the short form; digits stay text but for what is a number or a flag there.
std::optional<json> short_form_of(const std::vector<std::string>& columns, std::string_view line) {
    const auto values = split(line);
    if (values.size() != columns.size()) return std::nullopt;
    json j = json::object();
    for (std::size_t n = 0; n < columns.size(); ++n) {
        if (values[n].empty()) continue;
        if (columns[n] == "sqn" || columns[n] == "service_profile" || columns[n] == "capability_set" ||
            columns[n] == "charging_set") {
            const auto number = parse_number(values[n]);
            j[columns[n]] = number ? json(*number) : json(values[n]);
        } else if (columns[n] == "barred" || columns[n] == "bar_imsi_identity") {
            j[columns[n]] = values[n] == "true" || values[n] == "1";
        } else if (columns[n] == "ha1" || columns[n] == "password") {
            j["digest"][columns[n]] = values[n];
        } else {
            j[columns[n]] = values[n];
        }
    }
    return j;
}

}  // namespace

Checked read_import(std::string_view body, bool csv, const std::string& realm,
                    std::vector<Subscription>& out) {
    std::vector<std::string> columns;
    std::size_t number = 0;
    while (!body.empty()) {
        const auto end = body.find('\n');
        const auto line = trim(body.substr(0, end));
        body.remove_prefix(end == body.npos ? body.size() : end + 1);
        ++number;
        if (line.empty()) continue;
        const auto at = "line " + std::to_string(number) + ": ";
        if (csv && columns.empty()) {
            columns = split(line);
            continue;
        }
        std::optional<json> one;
        if (csv) {
            one = short_form_of(columns, line);
            if (!one) return at + "has another number of fields than the first line";
        } else {
            one = json::parse(line, nullptr, false);
            if (one->is_discarded()) return at + "is not JSON";
        }
        if (auto wrong = read_subscriber(*one, realm, out.emplace_back())) return at + *wrong;
    }
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
