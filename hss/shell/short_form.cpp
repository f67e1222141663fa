#include "hss/shell/short_form.hpp"

#include "hss/postgres/json_reader.hpp"
#include "hss/shell/credentials_json.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace ims::hss {
namespace {

using nlohmann::json;

constexpr std::int64_t max_sqn = (1LL << 48) - 1;

const SubscriberTemplate& template_of(JsonReader& r, const Templates& templates) {
    const auto name = r.text("template").value_or(templates.chosen);
    const auto found = templates.by_name.find(name);
    if (found != templates.by_name.end()) return found->second;
    r.fail("there is no template '" + name + "': list them, or add it");
    return templates.by_name.begin()->second;
}

// One number as text, or several as a list.
void read_msisdns(JsonReader& r, Subscriber& s) {
    std::vector<std::string> numbers;
    const auto* given = r.find("msisdn");
    if (given && given->is_array())
        numbers = read_list(r, "msisdn").value_or(numbers);
    else if (auto one = r.text("msisdn"))
        numbers.push_back(std::move(*one));
    for (auto& n : numbers) {
        if (n.starts_with('+')) n.erase(0, 1);
        if (n.empty() || n.size() > 15 || !std::ranges::all_of(n, is_digit))
            r.fail("'msisdn' must be up to 15 digits, as of an international number");
    }
    if (numbers.empty()) return;
    s.msisdn = std::move(numbers.front());
    s.further_msisdns.assign(std::make_move_iterator(numbers.begin() + 1),
                             std::make_move_iterator(numbers.end()));
}

struct ReadShort {
    Subscriber usual;
    const SubscriberTemplate* pattern = nullptr;
    bool sqn_given = false;
};

ReadShort read_usual(JsonReader& r, const Templates& templates) {
    ReadShort out;
    out.pattern = &template_of(r, templates);
    auto& s = out.usual;
    s.imsi = r.text("imsi").value_or("");
    s.realm = r.text("realm").value_or(templates.realm);
    read_msisdns(r, s);
    s.public_identities = out.pattern->public_identities;
    s.bar_imsi_identity = r.flag("bar_imsi_identity", out.pattern->bar_imsi_identity);
    s.display_name = r.text("display_name");
    s.service_profile = ServiceProfileId{
        r.number("service_profile", 1, max_id).value_or(out.pattern->service_profile.value())};
    const auto sqn = r.number("sqn", 0, max_sqn);
    out.sqn_given = sqn.has_value();
    s.sqn = sqn ? static_cast<std::uint64_t>(*sqn) : out.pattern->sqn;
    if (r.find("k")) s.aka = read_aka(r, out.pattern->amf);
    return out;
}

// What the whole subscription has from its template, and then what the row says.
void finish_subscription(JsonReader& r, const ReadShort& read, Subscription& s) {
    s.capability_set = read.pattern->capability_set;
    s.charging_set = read.pattern->charging_set;
    s.allowed_visited_networks = read.pattern->allowed_visited_networks;
    read_subscription_keys(r, s);
}

void read_password(JsonReader& r, const std::string& realm, std::string& error, PrivateIdentity& p) {
    const auto* digest = r.find("digest");
    if (!digest) return;
    JsonReader d{*digest, r.where() + ".digest", error};
    p.sip_digest = read_digest(d, p.impi, realm);
    d.finish();
}

// Credentials and SQN that a row leaves out stay.
void keep_credentials(const PrivateIdentity& was, bool sqn_given, PrivateIdentity& p) {
    if (!p.aka)
        p.aka = was.aka;
    else if (!p.aka->op && was.aka && same_keys(was.aka->keys, p.aka->keys))
        p.aka->op = was.aka->op;
    if (!p.sip_digest) p.sip_digest = was.sip_digest;
    if (!sqn_given) p.sqn = was.sqn;
    p.line_identifiers = was.line_identifiers;
    p.framed_ip_address = was.framed_ip_address;
    p.authentication_pending = was.authentication_pending;
}

}  // namespace

Checked read_short_form(const json& j, const Templates& templates, const Subscription* before,
                        Subscription& out) {
    std::string error;
    JsonReader r{j, "subscriber", error};
    const auto read = read_usual(r, templates);
    auto made = subscription_of(read.usual);
    made.id = out.id;
    made.version = out.version;
    out = std::move(made);
    auto& p = out.private_identities.front();
    read_password(r, read.usual.realm, error, p);
    if (const auto* was = before ? before->find(p.impi) : nullptr) keep_credentials(*was, read.sqn_given, p);
    if (!p.aka && p.sip_digest) p.scheme = AuthenticationScheme::SipDigest;
    if (read.usual.imsi.empty())
        r.fail("needs 'imsi' (or 'private_identities' and 'implicit_registration_sets')");
    if (!p.aka && !p.sip_digest) r.fail("needs credentials: 'k' and 'opc', or 'digest'");
    finish_subscription(r, read, out);
    r.finish();
    if (!error.empty()) return error;
    return inconsistency(out);
}

Checked read_range(const json& j, const Templates& templates, std::vector<Subscription>& out) {
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
    if (body.contains("private_identities")) return "range: takes the keys of the short form only";
    body["imsi"] = first;
    if (!number.is_null()) body["msisdn"] = number;
    Subscription pattern;
    if (auto wrong = read_subscriber(body, templates, nullptr, pattern)) return wrong;

    std::string error;
    JsonReader r{body, "range", error};
    auto read = read_usual(r, templates);
    auto& usual = read.usual;
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
        finish_subscription(r, read, one);
        auto& p = one.private_identities.front();
        read_password(r, usual.realm, error, p);
        p.scheme = pattern.private_identities.front().scheme;
        out.push_back(std::move(one));
    }
    if (!error.empty()) return error;
    return std::nullopt;
}

namespace {

// Each number once, in the order of the identities that have it.
json msisdns_of(const ImplicitRegistrationSet& set) {
    json numbers = json::array();
    for (const auto& r : set.public_identities) {
        const auto& text = r.identity.identity.value();
        const auto plus = text.find(":+");
        if (plus == text.npos) continue;
        const auto digits = text.substr(plus + 2, text.find('@') - plus - 2);
        if (std::ranges::find(numbers, json(digits)) == numbers.end()) numbers.push_back(digits);
    }
    return numbers;
}

json keys_of(const PrivateIdentity& p) {
    json j = json::object();
    if (p.aka) add_aka(j, *p.aka);
    if (j.value("algorithm", "") == "milenage") j.erase("algorithm");
    if (p.sip_digest) j["digest"] = digest_json(*p.sip_digest);
    return j;
}

}  // namespace

std::optional<json> short_form(const Subscription& s, const Templates& templates, bool secrets) {
    if (s.private_identities.size() != 1 || s.implicit_registration_sets.size() != 1) return std::nullopt;
    const auto& p = s.private_identities.front();
    const auto& set = s.implicit_registration_sets.front();
    if (!p.imsi) return std::nullopt;
    const auto realm = p.impi.value().substr(p.impi.value().find('@') + 1);

    json row{{"imsi", *p.imsi}, {"sqn", p.sqn}};
    if (realm != templates.realm) row["realm"] = realm;
    if (auto numbers = msisdns_of(set); numbers.size() == 1)
        row["msisdn"] = numbers.front();
    else if (!numbers.empty())
        row["msisdn"] = std::move(numbers);
    const auto& first = set.public_identities.front();
    row["service_profile"] = first.service_profile.value();
    if (first.identity.display_name) row["display_name"] = *first.identity.display_name;
    row["bar_imsi_identity"] = std::ranges::any_of(
        set.public_identities, [](const PublicIdentityRecord& r) { return r.identity.barring_indication; });
    row["barred"] = s.barred;
    if (s.capability_set) row["capability_set"] = s.capability_set->value();
    if (s.charging_set) row["charging_set"] = s.charging_set->value();
    if (s.allowed_visited_networks) row["allowed_visited_networks"] = *s.allowed_visited_networks;
    if (secrets) row.update(keys_of(p));

    // Whether it says all is seen by reading it.
    const auto whole = subscriber_json(s, {true, false});
    const auto says_all = [&](const std::string& name) {
        row["template"] = name;
        Subscription again;
        return !read_short_form(row, templates, &s, again) && subscriber_json(again, {true, false}) == whole;
    };
    if (says_all("default")) return row;
    for (const auto& [name, pattern] : templates.by_name)
        if (name != "default" && says_all(name)) return row;
    return std::nullopt;
}

}  // namespace ims::hss
