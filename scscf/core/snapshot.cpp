#include "scscf/core/snapshot.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

namespace ims::scscf {

namespace {

using nlohmann::json;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr int version = 2;

std::int64_t relative(TimePoint at, TimePoint now) {
    return duration_cast<milliseconds>(at - now).count();
}
TimePoint absolute(const json& value, TimePoint now) {
    return now + milliseconds{value.get<std::int64_t>()};
}

ImsSubscription subscription_of(const ImplicitRegistrationSet& set) {
    ImsSubscription subscription;
    if (!set.private_identities.empty())
        subscription.private_id = Impi{set.private_identities.front().text()};
    for (std::size_t i = 0; i < set.profiles.size(); ++i) {
        auto profile = *set.profiles[i];
        for (const auto& identity : set.identities) {
            if (identity.profile != i) continue;
            PublicIdentity one;
            one.identity = identity.impu();
            one.barring_indication = identity.barred;
            one.identity_type = identity.type;
            if (identity.extras && !identity.extras->display_name.empty())
                one.display_name = identity.extras->display_name;
            if (identity.extras && !identity.extras->alias_group.empty())
                one.alias_identity_group_id = identity.extras->alias_group;
            profile.public_identities.push_back(std::move(one));
        }
        subscription.service_profiles.push_back(std::move(profile));
    }
    return subscription;
}

json to_json(const Binding& b, TimePoint now) {
    using Text = Binding::Text;
    return {{"uri", b.uri()},
            {"instance", b.instance()},
            {"path", b.path()},
            {"call_id", b.texts.get(Text::CallId)},
            {"params", b.params ? *b.params : std::string{}},
            {"route_token", b.route_token},
            {"registered", relative(b.registered_at, now)},
            {"expires", relative(b.expires_at, now)},
            {"id", b.id},
            {"cseq", b.cseq},
            {"first_cseq", b.first_cseq},
            {"reg_id", b.reg_id},
            {"q", b.q},
            {"private_identity", b.private_identity},
            {"explicit_identity", b.explicit_identity},
            {"event", static_cast<int>(b.event)},
            {"home_network", b.home_network},
            {"digest", b.digest},
            {"gruu", b.gruu},
            {"reauthenticate", b.reauthenticate}};
}

Binding binding_from(const json& j, Registrations& registrations, TimePoint now) {
    using Text = Binding::Text;
    Binding b;
    const auto text = [&](Text field, const char* name) {
        if (!b.texts.set(field, j.at(name).get_ref<const std::string&>()))
            throw std::out_of_range("a binding is too long");
    };
    text(Text::Uri, "uri");
    text(Text::Instance, "instance");
    text(Text::Path, "path");
    text(Text::CallId, "call_id");
    if (const auto& params = j.at("params").get_ref<const std::string&>(); !params.empty())
        b.params = registrations.share(params);
    b.route_token = j.at("route_token");
    b.registered_at = absolute(j.at("registered"), now);
    b.expires_at = absolute(j.at("expires"), now);
    b.id = j.at("id");
    b.cseq = j.at("cseq");
    b.first_cseq = j.at("first_cseq");
    b.reg_id = j.at("reg_id");
    b.q = j.at("q");
    b.private_identity = j.at("private_identity");
    b.explicit_identity = j.at("explicit_identity");
    const int event = j.at("event");
    if (event < 0 || event > static_cast<int>(reginfo::ContactEvent::Rejected))
        throw std::out_of_range("event");
    b.event = static_cast<reginfo::ContactEvent>(event);
    b.home_network = j.at("home_network");
    b.digest = j.at("digest");
    b.gruu = j.value("gruu", false);
    b.reauthenticate = j.at("reauthenticate");
    return b;
}

json to_json(const Subscription& s, TimePoint now) {
    using Text = Subscription::Text;
    return {{"call_id", s.texts.get(Text::CallId)},
            {"local", s.texts.get(Text::Local)},
            {"remote", s.texts.get(Text::Remote)},
            {"target", s.texts.get(Text::Target)},
            {"routes", s.texts.get(Text::Routes)},
            {"icid", s.texts.get(Text::Icid)},
            {"expires", relative(s.expires_at, now)},
            {"id", s.id},
            {"local_cseq", s.local_cseq},
            {"remote_cseq", s.remote_cseq},
            {"version", s.version},
            {"binding", s.binding}};
}

Subscription subscription_from(const json& j, TimePoint now) {
    using Text = Subscription::Text;
    Subscription s;
    const auto text = [&](Text field, const char* name) {
        if (!s.texts.set(field, j.at(name).get_ref<const std::string&>()))
            throw std::out_of_range("a subscription is too long");
    };
    text(Text::CallId, "call_id");
    text(Text::Local, "local");
    text(Text::Remote, "remote");
    text(Text::Target, "target");
    text(Text::Routes, "routes");
    text(Text::Icid, "icid");
    s.expires_at = absolute(j.at("expires"), now);
    s.id = j.at("id");
    s.local_cseq = j.at("local_cseq");
    s.remote_cseq = j.at("remote_cseq");
    s.version = j.at("version");
    s.binding = j.at("binding");
    return s;
}

json to_json(const cx::ChargingInformation& c) {
    json j = json::object();
    const auto put = [&](const char* name, const std::optional<std::string>& value) {
        if (value) j[name] = *value;
    };
    put("primary_ecf", c.primary_event_charging_function_name);
    put("secondary_ecf", c.secondary_event_charging_function_name);
    put("primary_ccf", c.primary_charging_collection_function_name);
    put("secondary_ccf", c.secondary_charging_collection_function_name);
    return j;
}

cx::ChargingInformation charging_from(const json& j) {
    const auto take = [&](const char* name) -> std::optional<std::string> {
        if (!j.contains(name)) return {};
        return j.at(name).get<std::string>();
    };
    return {take("primary_ecf"), take("secondary_ecf"), take("primary_ccf"), take("secondary_ccf")};
}

json to_json(const ImplicitRegistrationSet& set, TimePoint now) {
    json j{{"id", set.id.value()},
           {"user_data", print_user_data(subscription_of(set))},
           {"hss", set.hss ? *set.hss : std::string{}},
           {"keep", relative(set.keep_until, now)},
           {"next_id", set.next_id},
           {"privileged_sender", set.privileged_sender},
           {"private_identities", json::array()},
           {"bindings", json::array()},
           {"subscriptions", json::array()}};
    if (set.charging) j["charging"] = to_json(*set.charging);
    for (const auto& impi : set.private_identities) j["private_identities"].push_back(impi.text());
    for (const auto& binding : set.bindings) j["bindings"].push_back(to_json(binding, now));
    for (const auto& subscription : set.subscriptions)
        j["subscriptions"].push_back(to_json(subscription, now));
    return j;
}

void set_from(const json& j, Registrations& registrations, TimePoint now) {
    const auto profile = parse_user_data(j.at("user_data").get_ref<const std::string&>());
    if (!profile) throw std::out_of_range("user_data: " + profile.error().what);
    std::vector<Impi> impis;
    for (const auto& impi : j.at("private_identities")) impis.emplace_back(impi.get<std::string>());
    std::optional<cx::ChargingInformation> charging;
    if (j.contains("charging")) charging = charging_from(j.at("charging"));
    const SetId id{j.at("id").get<std::uint64_t>()};
    auto& set =
        registrations.restore(id, impis, *profile, charging, j.at("hss").get_ref<const std::string&>());
    set.keep_until = absolute(j.at("keep"), now);
    set.next_id = j.at("next_id");
    set.privileged_sender = j.value("privileged_sender", false);
    for (const auto& one : j.at("bindings")) {
        auto binding = binding_from(one, registrations, now);
        if (binding.private_identity >= set.private_identities.size() ||
            binding.explicit_identity >= set.identities.size())
            throw std::out_of_range("a binding names an identity that is not there");
        registrations.restore_binding(set, std::move(binding));
    }
    for (const auto& one : j.at("subscriptions")) set.subscriptions.push_back(subscription_from(one, now));
    registrations.arm(set);
}

json to_json(SetId set, const Dialog& d) {
    using Text = Dialog::Text;
    return {{"set", set.value()},
            {"call_id", d.texts.get(Text::CallId)},
            {"caller", d.texts.get(Text::Caller)},
            {"called", d.texts.get(Text::Called)},
            {"caller_target", d.texts.get(Text::CallerTarget)},
            {"called_target", d.texts.get(Text::CalledTarget)},
            {"caller_routes", d.texts.get(Text::CallerRoutes)},
            {"called_routes", d.texts.get(Text::CalledRoutes)},
            {"icid", d.texts.get(Text::Icid)},
            {"caller_cseq", d.caller_cseq},
            {"called_cseq", d.called_cseq},
            {"binding", d.binding},
            {"serves_called", d.serves_called}};
}

void dialog_from(const json& j, Dialogs& dialogs) {
    using Text = Dialog::Text;
    Dialog d;
    const auto text = [&](Text field, const char* name) {
        if (!d.texts.set(field, j.at(name).get_ref<const std::string&>()))
            throw std::out_of_range("a dialog is too long");
    };
    text(Text::CallId, "call_id");
    text(Text::Caller, "caller");
    text(Text::Called, "called");
    text(Text::CallerTarget, "caller_target");
    text(Text::CalledTarget, "called_target");
    text(Text::CallerRoutes, "caller_routes");
    text(Text::CalledRoutes, "called_routes");
    text(Text::Icid, "icid");
    d.caller_cseq = j.at("caller_cseq");
    d.called_cseq = j.at("called_cseq");
    d.binding = j.at("binding");
    d.serves_called = j.at("serves_called");
    dialogs.add(SetId{j.at("set").get<std::uint64_t>()}, std::move(d));
}

json to_json(const Impi& impi, const Authentications::State& state, TimePoint now) {
    const auto& c = *state.aka;
    return {{"impi", impi.value()},
            {"impu", c.impu.value()},
            {"call_id", c.call_id},
            {"algorithm", crypto::digest_algorithm_text(c.algorithm)},
            {"realm", c.realm},
            {"vector", {hex(c.vector.rand_autn), hex(c.vector.xres), hex(c.vector.ck), hex(c.vector.ik)}},
            {"resynchronisations", c.resynchronisations},
            {"until", relative(state.until, now)}};
}

void challenge_from(const json& j, Authentications& authentications, TimePoint now) {
    AkaChallenge c;
    c.impu = Impu{j.at("impu").get<std::string>()};
    c.call_id = j.at("call_id");
    const auto algorithm = crypto::parse_digest_algorithm(j.at("algorithm").get_ref<const std::string&>());
    if (!algorithm) throw std::out_of_range("algorithm");
    c.algorithm = *algorithm;
    c.realm = j.at("realm");
    const auto octets = [&](std::size_t i) {
        auto value = unhex(j.at("vector").at(i).get_ref<const std::string&>());
        if (!value) throw std::out_of_range("vector");
        return std::move(*value);
    };
    c.vector = AkaVector{octets(0), octets(1), octets(2), octets(3)};
    if (c.vector.rand_autn.size() != 32) throw std::out_of_range("vector");
    c.nonce = base64(c.vector.rand_autn);
    c.resynchronisations = j.at("resynchronisations");
    const Impi impi{j.at("impi").get<std::string>()};
    authentications.of(impi).aka = std::move(c);
    authentications.expire_at(impi, absolute(j.at("until"), now));
}

void gruu_key_from(const json& j, Gruus& gruus) {
    const auto octets = unhex(j.get_ref<const std::string&>());
    crypto::TokenKey key{};
    if (!octets || octets->size() != key.size()) throw std::out_of_range("gruu_key");
    std::copy(octets->begin(), octets->end(), key.begin());
    gruus.set_key(key);
}

}  // namespace

std::string save_all(const Registrations& registrations, const Dialogs& dialogs,
                     const Authentications& authentications, const Gruus& gruus, TimePoint now) {
    json j{{"node", "scscf"},       {"version", version},       {"gruu_key", hex(gruus.key())},
           {"sets", json::array()}, {"dialogs", json::array()}, {"challenges", json::array()}};
    registrations.for_each(
        [&](const ImplicitRegistrationSet& set) { j["sets"].push_back(to_json(set, now)); });
    for (const auto& [set, dialog] : dialogs.all())
        if (dialog.releasing == 0) j["dialogs"].push_back(to_json(set, dialog));
    authentications.for_each([&](const Authentications::State& state) {
        if (state.aka) j["challenges"].push_back(to_json(state.impi, state, now));
    });
    // Contact parameters are the UE's octets: what is no UTF-8 is replaced rather than lost with everything
    // else.
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool restore_all(std::string_view saved, Registrations& registrations, Dialogs& dialogs,
                 Authentications& authentications, Gruus& gruus, TimePoint now, std::string& why) {
    try {
        const auto j = json::parse(saved);
        if (j.at("node") != "scscf" || j.at("version") != version) {
            why = "no snapshot of an S-CSCF of this version";
            return false;
        }
        for (const auto& set : j.at("sets")) set_from(set, registrations, now);
        for (const auto& dialog : j.at("dialogs")) dialog_from(dialog, dialogs);
        for (const auto& challenge : j.at("challenges")) challenge_from(challenge, authentications, now);
        if (j.contains("gruu_key")) gruu_key_from(j.at("gruu_key"), gruus);
        return true;
    } catch (const json::exception& e) {
        why = e.what();
    } catch (const std::out_of_range& e) {
        why = e.what();
    }
    return false;
}

}  // namespace ims::scscf
