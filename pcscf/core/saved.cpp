// What outlives the process, as JSON: bindings, dialogs, subscriptions and running challenges, never keys.
// Times are milliseconds from the moment of saving.
#include "pcscf/core/impl.hpp"
#include "pcscf/core/lines.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace ims::pcscf {

namespace {

using nlohmann::json;
constexpr int version = 2;
// An early dialog whose INVITE died with the process: nobody will tell how it ends. Timer C (RFC 3261 16.6
// step 11), and 64*T1 of Gm for what comes after an answer that nobody acknowledges.
constexpr Duration early_dialog_left = 181s + 64 * sip::gm_timers.t1;

std::int64_t from_now(TimePoint at, TimePoint now) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(at - now).count();
}
TimePoint to_time(const json& j, TimePoint now) {
    return now + std::chrono::milliseconds{j.get<std::int64_t>()};
}

json flow_json(const sip::Flow& f) {
    return {{"transport", sip::transport_text(f.transport)},
            {"local", f.local.text()},
            {"remote", f.remote.text()}};
}

// Throws json::exception on anything else than what flow_json wrote.
sip::Flow flow_from(const json& j) {
    sip::Flow f;
    const auto transport = sip::parse_transport(j.at("transport").get<std::string>());
    const auto local = IpEndpoint::parse(j.at("local").get<std::string>());
    const auto remote = IpEndpoint::parse(j.at("remote").get<std::string>());
    if (!transport || !local || !remote) throw json::other_error::create(501, "not a flow", nullptr);
    f.transport = *transport;
    f.local = *local;
    f.remote = *remote;
    return f;
}

json policy_json(const UserPolicy& p) {
    return {{"private_network", p.private_network},
            {"private_domain", p.private_domain},
            {"privileged_sender", p.privileged_sender},
            {"privileged_in_private", p.privileged_in_private},
            {"resource_priorities", p.resource_priorities}};
}

UserPolicy policy_from(const json& j) {
    UserPolicy p;
    j.at("private_network").get_to(p.private_network);
    j.at("private_domain").get_to(p.private_domain);
    j.at("privileged_sender").get_to(p.privileged_sender);
    j.at("privileged_in_private").get_to(p.privileged_in_private);
    j.at("resource_priorities").get_to(p.resource_priorities);
    return p;
}

json binding_json(const Binding& b, TimePoint now) {
    using Text = Binding::Text;
    json identities = json::array();
    for (const auto& a : b.associated()) identities.push_back({a.impu.value(), a.asserted});
    return {{"token", b.token()},
            {"impi", b.texts.get(Text::Impi)},
            {"contact", b.contact()},
            {"instance", b.instance()},
            {"reg_id", b.reg_id},
            {"ob", b.ob},
            {"outbound", b.outbound},
            {"ip_association", b.ip_association},
            {"radio_access", b.radio_access},
            {"on_associations", b.on_associations},
            {"policy", b.policy ? policy_json(*b.policy) : json{}},
            {"leaving", b.state == Binding::State::Leaving},
            {"until", from_now(b.until, now)},
            {"flow", flow_json(b.flow)},
            {"associated", std::move(identities)},
            {"service_route", b.service_route()},
            {"charging_functions", b.texts.get(Text::ChargingFunctions)},
            {"term_ioi", b.texts.get(Text::TermIoi)},
            {"thig_path", b.texts.get(Text::ThigPath)}};
}

Binding binding_from(const json& j, TimePoint now) {
    Binding b;
    const auto text = [&](const char* name) -> std::string_view {
        return j.at(name).get_ref<const std::string&>();
    };
    const auto routes = to_lines(j.at("service_route").get<std::vector<std::string>>());
    std::vector<AssociatedUri> associated;
    for (const auto& a : j.at("associated"))
        associated.push_back({Impu{a.at(0).get<std::string>()}, a.at(1)});
    if (!b.texts.assign({text("token"), text("impi"), text("contact"), text("instance"), routes,
                         text("charging_functions"), text("term_ioi"), text("thig_path")}) ||
        !b.set_associated(associated))
        throw json::other_error::create(501, "a binding is too long", nullptr);
    b.reg_id = j.at("reg_id");
    b.ob = j.at("ob");
    b.outbound = j.at("outbound");
    b.ip_association = j.at("ip_association");
    b.radio_access = j.at("radio_access");
    if (const auto policy = j.find("policy"); policy != j.end() && !policy->is_null())
        b.policy = std::make_unique<const UserPolicy>(policy_from(*policy));
    b.state = j.at("leaving").get<bool>() ? Binding::State::Leaving : Binding::State::Registered;
    b.until = to_time(j.at("until"), now);
    b.flow = flow_from(j.at("flow"));
    // A connection does not outlive the process: the UE will make a new one (RFC 5626 4.3).
    b.flow_open = !sip::is_reliable(b.flow.transport);
    b.on_associations = j.value("on_associations", false);
    return b;
}

json side_json(const ipsec::Side& s) {
    return {{"address", s.address.text()},
            {"port_c", s.client_port},
            {"port_s", s.server_port},
            {"spi_c", s.spi_client},
            {"spi_s", s.spi_server}};
}
ipsec::Side side_from(const json& j) {
    const auto address = IpAddress::parse(j.at("address").get<std::string>());
    if (!address) throw json::other_error::create(501, "not an address", nullptr);
    return {*address, j.at("port_c"), j.at("port_s"), j.at("spi_c"), j.at("spi_s")};
}

// The keys are the kernel's, and stay there.
json association_json(const AssociationSet& s, TimePoint now) {
    return {{"id", s.id},
            {"impi", s.impi.value()},
            {"own", side_json(s.set.own)},
            {"peer", side_json(s.set.peer)},
            {"transform", s.set.transform.text()},
            {"udp_enc_tun", s.set.mode == ipsec::Mode::UdpEncapsulatedTunnel},
            {"encapsulation_port", s.set.encapsulation_port},
            {"offered", s.offered},
            {"old", s.state == AssociationSet::State::Old},
            {"in_use", s.in_use},
            {"stream", s.stream},
            {"since", from_now(s.since, now)},
            {"last_used", from_now(s.last_used, now)},
            {"until", from_now(s.until, now)}};
}
AssociationSet association_from(const json& j, TimePoint now, const Config& config) {
    AssociationSet s;
    const auto transform = ipsec::parse_transform(j.at("transform").get<std::string>());
    if (!transform) throw json::other_error::create(501, "not a transform", nullptr);
    s.id = j.at("id");
    s.impi = Impi{j.at("impi").get<std::string>()};
    s.set = {side_from(j.at("own")),
             side_from(j.at("peer")),
             *transform,
             j.at("udp_enc_tun").get<bool>() ? ipsec::Mode::UdpEncapsulatedTunnel : ipsec::Mode::Transport,
             j.at("encapsulation_port"),
             {}};
    // What was saved before it was kept was made with this configuration, we hope.
    s.offered = j.value("offered", code_of(config.ipsec.transforms));
    s.state = j.at("old").get<bool>() ? AssociationSet::State::Old : AssociationSet::State::Established;
    s.in_use = j.at("in_use");
    s.stream = j.at("stream");
    s.since = to_time(j.at("since"), now);
    s.last_used = to_time(j.at("last_used"), now);
    s.until = to_time(j.at("until"), now);
    return s;
}

json dialog_json(const Dialog& d, TimePoint now) {
    json peers = json::array();
    for (const auto& p : d.peers)
        peers.push_back({{"tag", p.tag},
                         {"contact", p.contact},
                         {"route_set", p.route_set},
                         {"cseq", p.cseq},
                         {"confirmed", p.confirmed}});
    json j{{"token", d.token},
           {"binding", d.binding},
           {"impi", d.impi.value()},
           {"impu", d.impu.value()},
           {"ue_is_caller", d.ue_is_caller},
           {"method", sip::method_text(d.method)},
           {"call_id", d.call_id},
           {"ue_tag", d.ue_tag},
           {"ue_contact", d.ue_contact},
           {"ue_cseq", d.ue_cseq},
           {"icid", d.icid},
           {"orig_ioi", d.orig_ioi},
           {"route_set", d.route_set},
           {"peers", std::move(peers)}};
    if (d.ends) j["ends"] = from_now(*d.ends, now);
    return j;
}

Dialog dialog_from(const json& j, TimePoint now) {
    Dialog d;
    d.token = j.at("token");
    d.binding = j.at("binding");
    d.impi = Impi{j.at("impi").get<std::string>()};
    d.impu = Impu{j.at("impu").get<std::string>()};
    d.ue_is_caller = j.at("ue_is_caller");
    d.method = sip::parse_method(j.at("method").get<std::string>());
    d.call_id = j.at("call_id");
    d.ue_tag = j.at("ue_tag");
    d.ue_contact = j.at("ue_contact");
    d.ue_cseq = j.at("ue_cseq");
    d.icid = j.at("icid");
    d.orig_ioi = j.at("orig_ioi");
    d.route_set = j.at("route_set").get<std::vector<std::string>>();
    for (const auto& p : j.at("peers"))
        d.peers.push_back({p.at("tag"), p.at("contact"), p.at("route_set").get<std::vector<std::string>>(),
                           p.at("cseq"), p.at("confirmed")});
    if (j.contains("ends")) d.ends = to_time(j.at("ends"), now);
    return d;
}

json subscription_json(const Subscription& s, TimePoint now) {
    using Text = Subscription::Text;
    json j{{"call_id", s.call_id()},
           {"impi", s.get(Text::Impi)},
           {"target", s.get(Text::Target)},
           {"binding", s.get(Text::Binding)},
           {"local_tag", s.get(Text::LocalTag)},
           {"remote_tag", s.get(Text::RemoteTag)},
           {"remote_target", s.get(Text::RemoteTarget)},
           {"route_set", s.route_set()},
           {"cseq", s.cseq},
           {"notified_cseq", s.notified_cseq},
           {"icid", s.get(Text::Icid)},
           {"act_at", from_now(s.act_at, now)},
           {"failures", s.failures}};
    if (s.expires) j["expires"] = from_now(*s.expires, now);
    return j;
}

Subscription subscription_from(const json& j, TimePoint now) {
    Subscription s;
    const auto text = [&](const char* name) -> std::string_view {
        return j.at(name).get_ref<const std::string&>();
    };
    const auto routes = to_lines(j.at("route_set").get<std::vector<std::string>>());
    if (!s.texts.assign({text("call_id"), text("impi"), text("target"), text("binding"), text("local_tag"),
                         text("remote_tag"), text("remote_target"), routes, text("icid")}))
        throw json::other_error::create(501, "a subscription is too long", nullptr);
    s.cseq = j.at("cseq");
    s.notified_cseq = j.at("notified_cseq");
    s.act_at = to_time(j.at("act_at"), now);
    s.failures = j.at("failures");
    if (j.contains("expires")) s.expires = to_time(j.at("expires"), now);
    return s;
}

}  // namespace

std::string Pcscf::Impl::save(TimePoint now) const {
    json j{{"node", "pcscf"},
           {"version", version},
           {"bindings", json::array()},
           {"dialogs", json::array()},
           {"subscriptions", json::array()},
           {"challenges", json::array()},
           {"associations", json::array()}};
    bindings.for_each([&](const Binding& b) { j["bindings"].push_back(binding_json(b, now)); });
    dialogs.for_each([&](const Dialog& d) { j["dialogs"].push_back(dialog_json(d, now)); });
    subscriptions.for_each(
        [&](const Subscription& s) { j["subscriptions"].push_back(subscription_json(s, now)); });
    // A challenge that waits for its associations dies with the process: its keys are nowhere but in the
    // kernel, and the UE tries again.
    associations.for_each([&](const AssociationSet& s) {
        if (s.state != AssociationSet::State::Temporary)
            j["associations"].push_back(association_json(s, now));
    });
    challenges.for_each([&](const RunningChallenge& c) {
        if (c.challenge.association != 0) return;
        j["challenges"].push_back({{"impi", c.impi.value()},
                                   {"aka", c.challenge.kind == Challenge::Kind::Aka},
                                   {"token", c.token},
                                   {"contact", c.contact},
                                   {"flow", flow_json(c.flow)},
                                   {"until", from_now(c.until, now)}});
    });
    return j.dump();
}

bool Pcscf::Impl::restore(std::string_view saved, TimePoint now, std::string& why) {
    try {
        const auto j = json::parse(saved);
        if (j.at("node") != "pcscf" || j.at("version") != version) {
            why = "not a P-CSCF state of version " + std::to_string(version);
            return false;
        }
        // All is read before anything is taken: a broken file changes nothing.
        std::vector<Binding> read_bindings;
        std::vector<Dialog> read_dialogs;
        std::vector<Subscription> read_subscriptions;
        std::vector<RunningChallenge> read_challenges;
        for (const auto& b : j.at("bindings")) read_bindings.push_back(binding_from(b, now));
        for (const auto& d : j.at("dialogs")) read_dialogs.push_back(dialog_from(d, now));
        for (const auto& s : j.at("subscriptions")) read_subscriptions.push_back(subscription_from(s, now));
        for (const auto& c : j.at("challenges")) {
            RunningChallenge running;
            running.impi = Impi{c.at("impi").get<std::string>()};
            running.challenge.kind = c.at("aka").get<bool>() ? Challenge::Kind::Aka : Challenge::Kind::Digest;
            running.token = c.at("token");
            running.contact = c.at("contact");
            running.flow = flow_from(c.at("flow"));
            running.until = to_time(c.at("until"), now);
            read_challenges.push_back(std::move(running));
        }
        std::vector<AssociationSet> read_associations;
        if (j.contains("associations"))  // absent in what was saved before there were any
            for (const auto& s : j.at("associations"))
                read_associations.push_back(association_from(s, now, config));
        for (auto& s : read_associations) associations.add(std::move(s));
        for (auto& b : read_bindings) bindings.wake(bindings.add(std::move(b)));
        for (auto& d : read_dialogs) {
            if (!d.ends && !d.confirmed()) d.ends = now + early_dialog_left;
            if (d.ends) dialog_wakeups.at(*d.ends, d.token);
            dialogs.add(std::move(d));
        }
        for (auto& s : read_subscriptions) subscriptions.wake(subscriptions.add(std::move(s)));
        for (auto& c : read_challenges) challenges.set(std::move(c));
        return true;
    } catch (const json::exception& e) {
        why = e.what();
        return false;
    }
}

// One line for each association set and each registration on one that changed: the whole of it, or that it is
// gone.
std::string Pcscf::Impl::take_journal(TimePoint now) {
    std::string lines;
    for (const auto id : std::exchange(changed_sets, {})) {
        const auto* s = associations.find(id);
        const bool lasts = s != nullptr && s->state != AssociationSet::State::Temporary;
        lines +=
            (lasts ? json{{"association", association_json(*s, now)}} : json{{"no_association", id}}).dump();
        lines += '\n';
    }
    for (const auto& token : std::exchange(changed_bindings, {})) {
        const auto* b = bindings.by_token(token);
        lines +=
            (b != nullptr ? json{{"binding", binding_json(*b, now)}} : json{{"no_binding", token}}).dump();
        lines += '\n';
    }
    return lines;
}

bool Pcscf::Impl::replay(std::string_view line, TimePoint now, std::string& why) {
    const auto forget_set = [&](std::uint64_t id) {
        if (const auto* s = associations.find(id)) associations.remove(*s);
    };
    const auto forget_binding = [&](std::string_view token) {
        if (const auto* b = bindings.by_token(token)) bindings.remove(*b);
    };
    try {
        const auto j = json::parse(line);
        if (j.contains("association")) {
            auto s = association_from(j.at("association"), now, config);
            forget_set(s.id);
            associations.add(std::move(s));
        } else if (j.contains("no_association")) {
            forget_set(j.at("no_association"));
        } else if (j.contains("binding")) {
            auto b = binding_from(j.at("binding"), now);
            forget_binding(b.token());
            bindings.wake(bindings.add(std::move(b)));
        } else if (j.contains("no_binding")) {
            forget_binding(j.at("no_binding").get_ref<const std::string&>());
        } else {
            why = "not a line of a P-CSCF's journal";
            return false;
        }
        return true;
    } catch (const json::exception& e) {
        why = e.what();
        return false;
    }
}

}  // namespace ims::pcscf
