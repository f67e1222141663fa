#include "scscf/core/snapshot.hpp"

#include "common/base/text.hpp"
#include "common/crypto/digest.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

namespace ims::scscf {

namespace {

using Json = nlohmann::json;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

std::int64_t relative(TimePoint at, TimePoint now) {
    return duration_cast<milliseconds>(at - now).count();
}
TimePoint absolute(const Json& value, TimePoint now) {
    return now + milliseconds{value.get<std::int64_t>()};
}

// A profile as XML of Annex E of TS 29.228, which wants an identity in each; the identities are the set's.
std::string profile_xml(const ServiceProfile& profile) {
    ImsSubscription subscription;
    auto& placed = subscription.service_profiles.emplace_back(profile);
    placed.public_identities.emplace_back().identity = Impu{"sip:profile.invalid"};
    return print_user_data(subscription);
}

ServiceProfile profile_from(const Json& j) {
    auto subscription = parse_user_data(j.at("xml").get_ref<const std::string&>());
    if (!subscription) throw std::out_of_range("profile: " + subscription.error().what);
    if (subscription->service_profiles.size() != 1) throw std::out_of_range("profile: not one");
    auto profile = std::move(subscription->service_profiles.front());
    profile.public_identities.clear();
    return profile;
}

void write(JsonText& json, const Binding& b, TimePoint now) {
    using Text = Binding::Text;
    json.begin_object()
        .member("uri", b.uri())
        .member("instance", b.instance())
        .member("path", b.path())
        .member("call_id", b.texts.get(Text::CallId))
        .member("params", b.params ? std::string_view{*b.params} : std::string_view{})
        .member("route_token", b.route_token)
        .member("registered", relative(b.registered_at, now))
        .member("expires", relative(b.expires_at, now))
        .member("id", b.id)
        .member("cseq", b.cseq)
        .member("first_cseq", b.first_cseq)
        .member("reg_id", b.reg_id)
        .member("q", b.q)
        .member("private_identity", b.private_identity)
        .member("explicit_identity", b.explicit_identity)
        .member("event", static_cast<int>(b.event))
        .member("home_network", b.home_network)
        .member("digest", b.digest)
        .member("gruu", b.gruu)
        .member("reauthenticate", b.reauthenticate)
        .end_object();
}

Binding binding_from(const Json& j, Registrations& registrations, TimePoint now) {
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
    b.gruu = j.at("gruu");
    b.reauthenticate = j.at("reauthenticate");
    return b;
}

void write(JsonText& json, const Subscription& s, TimePoint now) {
    using Text = Subscription::Text;
    json.begin_object()
        .member("call_id", s.texts.get(Text::CallId))
        .member("local", s.texts.get(Text::Local))
        .member("remote", s.texts.get(Text::Remote))
        .member("target", s.texts.get(Text::Target))
        .member("routes", s.texts.get(Text::Routes))
        .member("icid", s.texts.get(Text::Icid))
        .member("expires", relative(s.expires_at, now))
        .member("id", s.id)
        .member("local_cseq", s.local_cseq)
        .member("remote_cseq", s.remote_cseq)
        .member("version", s.version)
        .member("binding", s.binding)
        .end_object();
}

Subscription subscription_from(const Json& j, TimePoint now) {
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

void write(JsonText& json, const cx::ChargingInformation& c) {
    const auto put = [&](const char* name, const std::optional<std::string>& value) {
        if (value) json.member(name, *value);
    };
    json.begin_object("charging");
    put("primary_ecf", c.primary_event_charging_function_name);
    put("secondary_ecf", c.secondary_event_charging_function_name);
    put("primary_ccf", c.primary_charging_collection_function_name);
    put("secondary_ccf", c.secondary_charging_collection_function_name);
    json.end_object();
}

cx::ChargingInformation charging_from(const Json& j) {
    const auto take = [&](const char* name) -> std::optional<std::string> {
        if (!j.contains(name)) return {};
        return j.at(name).get<std::string>();
    };
    return {take("primary_ecf"), take("secondary_ecf"), take("primary_ccf"), take("secondary_ccf")};
}

void write(JsonText& json, const Identity& identity) {
    json.begin_object().member("name", identity.name.text()).member("profile", identity.profile);
    if (identity.barred) json.member("barred", true);
    if (identity.type != IdentityType::DistinctImpu) json.member("type", static_cast<int>(identity.type));
    if (identity.extras)
        json.member("display_name", identity.extras->display_name)
            .member("alias_group", identity.extras->alias_group);
    json.end_object();
}

PublicIdentity identity_from(const Json& j) {
    PublicIdentity identity;
    identity.identity = Impu{j.at("name").get<std::string>()};
    identity.barring_indication = j.value("barred", false);
    const auto type = j.value("type", 0);
    if (type < 0 || type > static_cast<int>(IdentityType::WildcardedImpu)) throw std::out_of_range("type");
    identity.identity_type = static_cast<IdentityType>(type);
    const auto text = [&](const char* name) -> std::optional<std::string> {
        auto value = j.value(name, std::string{});
        if (value.empty()) return std::nullopt;
        return value;
    };
    identity.display_name = text("display_name");
    identity.alias_identity_group_id = text("alias_group");
    return identity;
}

void write(StateText& out, const ImplicitRegistrationSet& set, const std::vector<std::string>& profiles,
           TimePoint now) {
    auto& json = out.begin("set", std::to_string(set.id.value()));
    json.member("id", set.id.value())
        .member("hss", set.hss ? std::string_view{*set.hss} : std::string_view{})
        .member("keep", relative(set.keep_until, now))
        .member("next_id", set.next_id)
        .member("privileged_sender", set.privileged_sender);
    if (set.charging) write(json, *set.charging);
    const auto list = [&](const char* name, const auto& values, auto one) {
        json.begin_array(name);
        for (const auto& value : values) one(value);
        json.end_array();
    };
    list("profiles", profiles, [&](const auto& key) { json.text(key); });
    list("private_identities", set.private_identities, [&](const auto& impi) { json.text(impi.text()); });
    list("identities", set.identities, [&](const auto& identity) { write(json, identity); });
    list("bindings", set.bindings, [&](const auto& binding) { write(json, binding, now); });
    list("subscriptions", set.subscriptions, [&](const auto& one) { write(json, one, now); });
    out.end();
}

// A set as it is read, before anything is taken.
struct ReadSet {
    SetId id;
    std::vector<std::string> profiles;
    ImsSubscription subscription;
    std::vector<Impi> impis;
    std::optional<cx::ChargingInformation> charging;
    std::string hss;
    TimePoint keep;
    std::uint32_t next_id = 0;
    bool privileged_sender = false;
    std::vector<Binding> bindings;
    std::vector<Subscription> subscriptions;
};

ReadSet set_from(const Json& j, const std::map<std::string, ServiceProfile, std::less<>>& profiles,
                 Registrations& registrations, TimePoint now) {
    ReadSet set;
    set.id = SetId{j.at("id").get<std::uint64_t>()};
    set.profiles = j.at("profiles").get<std::vector<std::string>>();
    for (const auto& key : set.profiles) {
        const auto profile = profiles.find(key);
        if (profile == profiles.end()) throw std::out_of_range("a profile that is not there");
        set.subscription.service_profiles.push_back(profile->second);
    }
    for (const auto& one : j.at("identities"))
        set.subscription.service_profiles.at(one.at("profile"))
            .public_identities.push_back(identity_from(one));
    for (const auto& impi : j.at("private_identities")) set.impis.emplace_back(impi.get<std::string>());
    if (j.contains("charging")) set.charging = charging_from(j.at("charging"));
    set.hss = j.at("hss");
    set.keep = absolute(j.at("keep"), now);
    set.next_id = j.at("next_id");
    set.privileged_sender = j.at("privileged_sender");
    for (const auto& one : j.at("bindings")) {
        set.bindings.push_back(binding_from(one, registrations, now));
        if (set.bindings.back().private_identity >= set.impis.size() ||
            set.bindings.back().explicit_identity >= j.at("identities").size())
            throw std::out_of_range("a binding names an identity that is not there");
    }
    for (const auto& one : j.at("subscriptions")) set.subscriptions.push_back(subscription_from(one, now));
    return set;
}

void write(StateText& out, SetId set, const Dialog& d) {
    using Text = Dialog::Text;
    auto& json = out.begin("dialog", std::to_string(d.id));
    json.member("id", d.id)
        .member("set", set.value())
        .member("call_id", d.texts.get(Text::CallId))
        .member("caller", d.texts.get(Text::Caller))
        .member("called", d.texts.get(Text::Called))
        .member("caller_target", d.texts.get(Text::CallerTarget))
        .member("called_target", d.texts.get(Text::CalledTarget))
        .member("caller_routes", d.texts.get(Text::CallerRoutes))
        .member("called_routes", d.texts.get(Text::CalledRoutes))
        .member("icid", d.texts.get(Text::Icid))
        .member("caller_cseq", d.caller_cseq)
        .member("called_cseq", d.called_cseq)
        .member("binding", d.binding)
        .member("serves_called", d.serves_called);
    out.end();
}

std::pair<SetId, Dialog> dialog_from(const Json& j) {
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
    d.id = j.at("id");
    if (d.id == 0) throw std::out_of_range("id");
    return {SetId{j.at("set").get<std::uint64_t>()}, std::move(d)};
}

void write(StateText& out, const Authentications::State& state, TimePoint now) {
    const auto& c = *state.aka;
    auto& json = out.begin("challenge", state.impi.value());
    json.member("impi", state.impi.value())
        .member("impu", c.impu.value())
        .member("call_id", c.call_id)
        .member("algorithm", crypto::digest_algorithm_text(c.algorithm))
        .member("realm", c.realm)
        .begin_array("vector")
        .text(hex(c.vector.rand_autn))
        .text(hex(c.vector.xres))
        .text(hex(c.vector.ck))
        .text(hex(c.vector.ik))
        .end_array()
        .member("resynchronisations", c.resynchronisations)
        .member("until", relative(state.until, now));
    out.end();
}

struct ReadChallenge {
    Impi impi;
    AkaChallenge aka;
    TimePoint until;
};

ReadChallenge challenge_from(const Json& j, TimePoint now) {
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
    return {Impi{j.at("impi").get<std::string>()}, std::move(c), absolute(j.at("until"), now)};
}

void write(StateText& out, const Gruus& gruus) {
    out.begin("gruu_key", "-").member("key", hex(gruus.key()));
    out.end();
}

crypto::TokenKey gruu_key_from(const Json& j) {
    const auto octets = unhex(j.at("key").get_ref<const std::string&>());
    crypto::TokenKey key{};
    if (!octets || octets->size() != key.size()) throw std::out_of_range("gruu_key");
    std::copy(octets->begin(), octets->end(), key.begin());
    return key;
}

void write_profile(StateText& out, const std::string& key, const ServiceProfile& profile) {
    out.begin("profile", key).member("key", key).member("xml", profile_xml(profile));
    out.end();
}

// Equal profiles have one name, in each process: what they say.
std::string name_of(const ServiceProfile& profile) {
    return crypto::hash_hex(crypto::HashAlgorithm::Sha256, profile_xml(profile)).substr(0, 32);
}

}  // namespace

// ---- writing

std::vector<std::string> Snapshots::Profiles::names_of(const ImplicitRegistrationSet& set, StateText& out) {
    std::vector<std::string> names;
    names.reserve(set.profiles.size());
    for (const auto& profile : set.profiles) {
        auto& known = names_[profile.get()];
        if (known.profile.lock() != profile) {  // new, or another one that lies where it lay
            known = {profile, name_of(*profile)};
            auto& written = written_[known.name];
            if (written.expired()) write_profile(out, known.name, *profile);
            written = profile;
        }
        names.push_back(known.name);
    }
    return names;
}

void Snapshots::Profiles::took(const std::string& name,
                               const std::shared_ptr<const ServiceProfile>& profile) {
    written_[name] = profile;
    if (profile) names_[profile.get()] = {profile, name};
}

void Snapshots::Profiles::sweep(StateText& out) {
    if (written_.size() < sweep_at_) return;
    std::erase_if(names_, [](const auto& entry) { return entry.second.profile.expired(); });
    std::erase_if(written_, [&](const auto& entry) {
        if (!entry.second.expired()) return false;
        out.gone("profile", entry.first);
        return true;
    });
    sweep_at_ = std::max<std::size_t>(64, written_.size() * 2);
}

void Snapshots::Profiles::write_all(StateText& out) const {
    for (const auto& [name, profile] : written_)
        if (const auto there = profile.lock()) write_profile(out, name, *there);
}

std::string Snapshots::save(TimePoint now) const {
    std::string text;
    StateText out{text};
    auto profiles = profiles_;
    write(out, gruus_);
    profiles.write_all(out);
    registrations_.for_each([&](const ImplicitRegistrationSet& set) {
        const auto names = profiles.names_of(set, out);
        write(out, set, names, now);
    });
    for (const auto& [set, dialog] : dialogs_.all())
        if (dialog.releasing == 0) write(out, set, dialog);
    authentications_.for_each([&](const Authentications::State& state) {
        if (state.aka) write(out, state, now);
    });
    return text;
}

bool Snapshots::has_changes() const {
    return !(gruu_key_written_ && registrations_.changes.empty() && dialogs_.changes.empty() &&
             authentications_.changes.empty());
}

void Snapshots::write_changes(TimePoint now, std::string& text) {
    StateText out{text};
    if (!std::exchange(gruu_key_written_, true)) write(out, gruus_);
    registrations_.changes.take([&](SetId id, bool anew) {
        if (const auto* set = registrations_.find(id)) {
            const auto names = profiles_.names_of(*set, out);
            write(out, *set, names, now);
        } else if (!anew) {
            out.gone("set", std::to_string(id.value()));
        }
    });
    dialogs_.changes.take([&](const DialogKey& key, bool anew) {
        const auto* dialog = dialogs_.find(key);
        if (dialog != nullptr && dialog->releasing == 0)
            write(out, key.set, *dialog);
        else if (!anew)
            out.gone("dialog", std::to_string(key.id));
    });
    authentications_.changes.take([&](const std::string& impi, bool anew) {
        const auto* state = authentications_.find(Impi{impi});
        if (state != nullptr && state->aka)
            write(out, *state, now);
        else if (!anew)
            out.gone("challenge", impi);
    });
    profiles_.sweep(out);
}

void Snapshots::forget_changes() {
    gruu_key_written_ = true;
    registrations_.changes.clear();
    dialogs_.changes.clear();
    authentications_.changes.clear();
}

// ---- reading

bool Snapshots::restore(const std::vector<StateRecord>& saved, std::string& why) {
    // All is read before anything is taken: a broken record changes nothing.
    std::map<std::string, ServiceProfile, std::less<>> profiles;
    std::vector<ReadSet> sets;
    std::vector<std::pair<SetId, Dialog>> dialogs;
    std::vector<ReadChallenge> challenges;
    std::optional<crypto::TokenKey> gruu_key;
    try {
        for (const auto& record : saved)
            if (record.kind == "profile") {
                const auto j = Json::parse(record.value);
                profiles.emplace(j.at("key").get<std::string>(), profile_from(j));
            }
        for (const auto& record : saved) {
            if (record.kind == "profile") continue;
            const auto j = Json::parse(record.value);
            if (record.kind == "set") {
                sets.push_back(set_from(j, profiles, registrations_, record.written));
            } else if (record.kind == "dialog") {
                dialogs.push_back(dialog_from(j));
            } else if (record.kind == "challenge") {
                challenges.push_back(challenge_from(j, record.written));
            } else if (record.kind == "gruu_key") {
                gruu_key = gruu_key_from(j);
            } else {
                why = "an S-CSCF knows no " + std::string{record.kind};
                return false;
            }
        }
    } catch (const Json::exception& e) {
        why = e.what();
        return false;
    } catch (const std::out_of_range& e) {
        why = e.what();
        return false;
    }
    for (const auto& [name, profile] : profiles) profiles_.took(name, {});
    for (auto& read : sets) {
        auto& set = registrations_.restore(read.id, read.impis, read.subscription, read.charging, read.hss);
        set.keep_until = read.keep;
        set.next_id = read.next_id;
        set.privileged_sender = read.privileged_sender;
        for (auto& binding : read.bindings) registrations_.restore_binding(set, std::move(binding));
        for (auto& subscription : read.subscriptions) set.subscriptions.push_back(std::move(subscription));
        for (std::size_t i = 0; i < set.profiles.size(); ++i)
            profiles_.took(read.profiles[i], set.profiles[i]);
        registrations_.arm(set);
    }
    for (auto& [set, dialog] : dialogs) dialogs_.add(set, std::move(dialog));
    for (auto& c : challenges) authentications_.challenge(c.impi, std::move(c.aka), c.until);
    if (gruu_key) gruus_.set_key(*gruu_key);
    forget_changes();
    gruu_key_written_ = gruu_key.has_value();
    return true;
}

}  // namespace ims::scscf
