// What outlives the process, as records (common/node/state.hpp): bindings, dialogs, subscriptions,
// associations and running challenges, never keys.
#include "pcscf/core/impl.hpp"
#include "pcscf/core/lines.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace ims::pcscf {

namespace {

using Json = nlohmann::json;
// An early dialog whose INVITE died with the process: nobody will tell how it ends. Timer C (RFC 3261 16.6
// step 11), and 64*T1 of Gm for what comes after an answer that nobody acknowledges.
constexpr Duration early_dialog_left = 181s + 64 * sip::gm_timers.t1;

std::int64_t from_now(TimePoint at, TimePoint now) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(at - now).count();
}
TimePoint to_time(const Json& j, TimePoint now) {
    return now + std::chrono::milliseconds{j.get<std::int64_t>()};
}

void write_flow(JsonText& json, const sip::Flow& f) {
    json.begin_object("flow")
        .member("transport", sip::transport_text(f.transport))
        .member("local", f.local.text())
        .member("remote", f.remote.text())
        .end_object();
}

// Throws Json::exception on anything else than what write_flow() wrote, as all that read here do.
sip::Flow flow_from(const Json& j) {
    sip::Flow f;
    const auto transport = sip::parse_transport(j.at("transport").get<std::string>());
    const auto local = IpEndpoint::parse(j.at("local").get<std::string>());
    const auto remote = IpEndpoint::parse(j.at("remote").get<std::string>());
    if (!transport || !local || !remote) throw Json::other_error::create(501, "not a flow", nullptr);
    f.transport = *transport;
    f.local = *local;
    f.remote = *remote;
    return f;
}

void write_policy(JsonText& json, const UserPolicy& p) {
    json.begin_object("policy")
        .member("private_network", static_cast<int>(p.private_network))
        .member("private_domain", p.private_domain)
        .member("privileged_sender", p.privileged_sender)
        .member("privileged_in_private", p.privileged_in_private)
        .begin_array("resource_priorities");
    for (const auto& priority : p.resource_priorities) json.text(priority);
    json.end_array().end_object();
}

UserPolicy policy_from(const Json& j) {
    UserPolicy p;
    j.at("private_network").get_to(p.private_network);
    j.at("private_domain").get_to(p.private_domain);
    j.at("privileged_sender").get_to(p.privileged_sender);
    j.at("privileged_in_private").get_to(p.privileged_in_private);
    j.at("resource_priorities").get_to(p.resource_priorities);
    return p;
}

void write(StateText& out, const Binding& b, TimePoint now) {
    using Text = Binding::Text;
    auto& json = out.begin("binding", b.token());
    json.member("token", b.token())
        .member("impi", b.texts.get(Text::Impi))
        .member("contact", b.contact())
        .member("instance", b.instance())
        .member("reg_id", b.reg_id)
        .member("ob", b.ob)
        .member("outbound", b.outbound)
        .member("ip_association", b.ip_association)
        .member("radio_access", b.radio_access)
        .member("on_associations", b.on_associations)
        .member("leaving", b.state == Binding::State::Leaving)
        .member("until", from_now(b.until, now));
    if (b.policy) write_policy(json, *b.policy);
    write_flow(json, b.flow);
    json.begin_array("associated");
    for (std::size_t i = 0; i < b.identities(); ++i)
        json.begin_array().text(b.impu(i)).text(b.asserted(i)).end_array();
    json.end_array().begin_array("service_route");
    for (const auto route : b.service_route()) json.text(route);
    json.end_array()
        .member("charging_functions", b.texts.get(Text::ChargingFunctions))
        .member("term_ioi", b.texts.get(Text::TermIoi))
        .member("thig_path", b.texts.get(Text::ThigPath));
    out.end();
}

Binding binding_from(const Json& j, TimePoint now) {
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
        throw Json::other_error::create(501, "a binding is too long", nullptr);
    b.reg_id = j.at("reg_id");
    b.ob = j.at("ob");
    b.outbound = j.at("outbound");
    b.ip_association = j.at("ip_association");
    b.radio_access = j.at("radio_access");
    if (const auto policy = j.find("policy"); policy != j.end())
        b.policy = std::make_unique<const UserPolicy>(policy_from(*policy));
    b.state = j.at("leaving").get<bool>() ? Binding::State::Leaving : Binding::State::Registered;
    b.until = to_time(j.at("until"), now);
    b.flow = flow_from(j.at("flow"));
    // A connection does not outlive the process: the UE will make a new one (RFC 5626 4.3).
    b.flow_open = !sip::is_reliable(b.flow.transport);
    b.on_associations = j.at("on_associations");
    return b;
}

void write_side(JsonText& json, std::string_view name, const ipsec::Side& s) {
    json.begin_object(name)
        .member("address", s.address.text())
        .member("port_c", s.client_port)
        .member("port_s", s.server_port)
        .member("spi_c", s.spi_client)
        .member("spi_s", s.spi_server)
        .end_object();
}
ipsec::Side side_from(const Json& j) {
    const auto address = IpAddress::parse(j.at("address").get<std::string>());
    if (!address) throw Json::other_error::create(501, "not an address", nullptr);
    return {*address, j.at("port_c"), j.at("port_s"), j.at("spi_c"), j.at("spi_s")};
}

// The keys are the kernel's, and stay there.
void write(StateText& out, const AssociationSet& s, TimePoint now) {
    auto& json = out.begin("association", std::to_string(s.id));
    json.member("id", s.id).member("impi", s.impi.value());
    write_side(json, "own", s.set.own);
    write_side(json, "peer", s.set.peer);
    json.member("transform", s.set.transform.text())
        .member("udp_enc_tun", s.set.mode == ipsec::Mode::UdpEncapsulatedTunnel)
        .member("encapsulation_port", s.set.encapsulation_port)
        .member("offered", s.offered)
        .member("old", s.state == AssociationSet::State::Old)
        .member("in_use", s.in_use)
        .member("stream", s.stream)
        .member("since", from_now(s.since, now))
        .member("until", from_now(s.until, now));
    out.end();
}
AssociationSet association_from(const Json& j, TimePoint now) {
    AssociationSet s;
    const auto transform = ipsec::parse_transform(j.at("transform").get<std::string>());
    if (!transform) throw Json::other_error::create(501, "not a transform", nullptr);
    s.id = j.at("id");
    s.impi = Impi{j.at("impi").get<std::string>()};
    s.set = {side_from(j.at("own")),
             side_from(j.at("peer")),
             *transform,
             j.at("udp_enc_tun").get<bool>() ? ipsec::Mode::UdpEncapsulatedTunnel : ipsec::Mode::Transport,
             j.at("encapsulation_port"),
             {}};
    s.offered = j.at("offered");
    s.state = j.at("old").get<bool>() ? AssociationSet::State::Old : AssociationSet::State::Established;
    s.in_use = j.at("in_use");
    s.stream = j.at("stream");
    s.since = to_time(j.at("since"), now);
    s.last_used = now;  // not since: that changes with every packet, and only people look at it
    s.until = to_time(j.at("until"), now);
    return s;
}

void write_list(JsonText& json, std::string_view name, const std::vector<std::string>& list) {
    json.begin_array(name);
    for (const auto& one : list) json.text(one);
    json.end_array();
}

void write(StateText& out, const Dialog& d, TimePoint now) {
    auto& json = out.begin("dialog", d.token);
    json.member("token", d.token)
        .member("binding", d.binding)
        .member("impi", d.impi.value())
        .member("impu", d.impu.value())
        .member("ue_is_caller", d.ue_is_caller)
        .member("method", sip::method_text(d.method))
        .member("call_id", d.call_id)
        .member("ue_tag", d.ue_tag)
        .member("ue_contact", d.ue_contact)
        .member("ue_cseq", d.ue_cseq)
        .member("icid", d.icid)
        .member("orig_ioi", d.orig_ioi);
    write_list(json, "route_set", d.route_set);
    json.begin_array("peers");
    for (const auto& p : d.peers) {
        json.begin_object().member("tag", p.tag).member("contact", p.contact);
        write_list(json, "route_set", p.route_set);
        json.member("cseq", p.cseq).member("confirmed", p.confirmed).end_object();
    }
    json.end_array();
    if (d.ends) json.member("ends", from_now(*d.ends, now));
    out.end();
}

Dialog dialog_from(const Json& j, TimePoint now) {
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

void write(StateText& out, const Subscription& s, TimePoint now) {
    using Text = Subscription::Text;
    auto& json = out.begin("subscription", s.call_id());
    json.member("call_id", s.call_id())
        .member("impi", s.get(Text::Impi))
        .member("target", s.get(Text::Target))
        .member("binding", s.get(Text::Binding))
        .member("local_tag", s.get(Text::LocalTag))
        .member("remote_tag", s.get(Text::RemoteTag))
        .member("remote_target", s.get(Text::RemoteTarget))
        .begin_array("route_set");
    for (const auto route : s.route_set()) json.text(route);
    json.end_array()
        .member("cseq", s.cseq)
        .member("notified_cseq", s.notified_cseq)
        .member("icid", s.get(Text::Icid))
        .member("act_at", from_now(s.act_at, now))
        .member("failures", s.failures);
    if (s.expires) json.member("expires", from_now(*s.expires, now));
    out.end();
}

Subscription subscription_from(const Json& j, TimePoint now) {
    Subscription s;
    const auto text = [&](const char* name) -> std::string_view {
        return j.at(name).get_ref<const std::string&>();
    };
    const auto routes = to_lines(j.at("route_set").get<std::vector<std::string>>());
    if (!s.texts.assign({text("call_id"), text("impi"), text("target"), text("binding"), text("local_tag"),
                         text("remote_tag"), text("remote_target"), routes, text("icid")}))
        throw Json::other_error::create(501, "a subscription is too long", nullptr);
    s.cseq = j.at("cseq");
    s.notified_cseq = j.at("notified_cseq");
    s.act_at = to_time(j.at("act_at"), now);
    s.failures = j.at("failures");
    if (j.contains("expires")) s.expires = to_time(j.at("expires"), now);
    return s;
}

void write(StateText& out, const RunningChallenge& c, TimePoint now) {
    auto& json = out.begin("challenge", c.impi.value());
    json.member("impi", c.impi.value())
        .member("aka", c.challenge.kind == Challenge::Kind::Aka)
        .member("token", c.token)
        .member("contact", c.contact);
    write_flow(json, c.flow);
    json.member("until", from_now(c.until, now));
    out.end();
}

RunningChallenge challenge_from(const Json& j, TimePoint now) {
    RunningChallenge running;
    running.impi = Impi{j.at("impi").get<std::string>()};
    running.challenge.kind = j.at("aka").get<bool>() ? Challenge::Kind::Aka : Challenge::Kind::Digest;
    running.token = j.at("token");
    running.contact = j.at("contact");
    running.flow = flow_from(j.at("flow"));
    running.until = to_time(j.at("until"), now);
    return running;
}

// Its keys are nowhere but in the kernel, so a challenge that waits for its associations dies with the
// process, and they with it: the UE tries again.
bool is_kept(const AssociationSet& s) {
    return s.state != AssociationSet::State::Temporary;
}
bool is_kept(const RunningChallenge& c) {
    return c.challenge.association == 0;
}
bool is_kept(const auto&) {
    return true;
}

}  // namespace

std::string Pcscf::Impl::save(TimePoint now) const {
    std::string text;
    StateText out{text};
    const auto each = [&](const auto& record) {
        if (is_kept(record)) write(out, record, now);
    };
    bindings.for_each(each);
    dialogs.for_each(each);
    subscriptions.for_each(each);
    associations.for_each(each);
    challenges.for_each(each);
    return text;
}

bool Pcscf::Impl::has_changes() const {
    return !(bindings.changes.empty() && dialogs.changes.empty() && subscriptions.changes.empty() &&
             associations.changes.empty() && challenges.changes.empty());
}

void Pcscf::Impl::write_changes(TimePoint now, std::string& text) {
    StateText out{text};
    const auto say = [&](std::string_view kind, std::string_view key, const auto* record, bool anew) {
        if (record != nullptr && is_kept(*record))
            write(out, *record, now);
        else if (!anew)
            out.gone(kind, key);
    };
    bindings.changes.take(
        [&](const auto& key, bool anew) { say("binding", key, bindings.by_token(key), anew); });
    dialogs.changes.take([&](const auto& key, bool anew) { say("dialog", key, dialogs.find(key), anew); });
    subscriptions.changes.take(
        [&](const auto& key, bool anew) { say("subscription", key, subscriptions.find(key), anew); });
    associations.changes.take([&](std::uint64_t id, bool anew) {
        say("association", std::to_string(id), associations.find(id), anew);
    });
    challenges.changes.take(
        [&](const auto& key, bool anew) { say("challenge", key, challenges.find(Impi{key}), anew); });
}

void Pcscf::Impl::forget_changes() {
    associations.changes.clear();
    bindings.changes.clear();
    dialogs.changes.clear();
    subscriptions.changes.clear();
    challenges.changes.clear();
}

bool Pcscf::Impl::restore(const std::vector<StateRecord>& saved, TimePoint now, std::string& why) {
    // All is read before anything is taken: a broken record changes nothing.
    std::vector<Binding> read_bindings;
    std::vector<Dialog> read_dialogs;
    std::vector<Subscription> read_subscriptions;
    std::vector<RunningChallenge> read_challenges;
    std::vector<AssociationSet> read_associations;
    try {
        for (const auto& record : saved) {
            const auto j = Json::parse(record.value);
            const auto at = record.written;
            if (record.kind == "binding") {
                read_bindings.push_back(binding_from(j, at));
            } else if (record.kind == "dialog") {
                read_dialogs.push_back(dialog_from(j, at));
            } else if (record.kind == "subscription") {
                read_subscriptions.push_back(subscription_from(j, at));
            } else if (record.kind == "challenge") {
                read_challenges.push_back(challenge_from(j, at));
            } else if (record.kind == "association") {
                read_associations.push_back(association_from(j, at));
            } else {
                why = "a P-CSCF knows no " + std::string{record.kind};
                return false;
            }
        }
    } catch (const Json::exception& e) {
        why = e.what();
        return false;
    }
    for (auto& s : read_associations) associations.add(std::move(s));
    for (auto& b : read_bindings) bindings.wake(bindings.add(std::move(b)));
    std::vector<std::string> orphaned;
    for (auto& d : read_dialogs) {
        if (!d.ends && !d.confirmed()) {
            d.ends = now + early_dialog_left;
            orphaned.push_back(d.token);
        }
        if (d.ends) dialog_wakeups.at(*d.ends, d.token);
        dialogs.add(std::move(d));
    }
    for (auto& s : read_subscriptions) subscriptions.wake(subscriptions.add(std::move(s)));
    for (auto& c : read_challenges) challenges.set(std::move(c));
    forget_changes();
    for (const auto& token : orphaned) dialogs.changes.changed(token);
    return true;
}

}  // namespace ims::pcscf
