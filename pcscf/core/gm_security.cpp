// Security agreement (RFC 3329, TS 33.203 7.2, TS 24.229 5.2.2.2) and what becomes of the associations it
// makes (33.203 7.3, 7.4).
#include "pcscf/core/impl.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {

using sip::HeaderId;

// 64*T1 of Gm: what was sent on a set may be repeated so long (24.229 5.2.2.2).
constexpr Duration transactions_end = 64 * sip::gm_timers.t1;
// The kernel forgets by itself what a P-CSCF that is gone left behind; a living one comes first.
constexpr std::chrono::seconds kernel_grace{60};
// 33.203 7.1 rule 2: six associations in each direction, of which a set has two.
constexpr std::size_t most_sets_of_user = 3;

std::chrono::seconds lifetime(TimePoint until, TimePoint now) {
    return std::chrono::ceil<std::chrono::seconds>(until - now) + kernel_grace;
}

// 33.203 7.1 rule 1, annex M: the address in Via is the UE's own idea of itself.
bool comes_through_nat(const sip::RequestArrived& e) {
    const auto via = e.request.top_via();
    const auto literal = address_literal(via.host);
    return literal && *literal != e.flow.remote.address;
}

std::optional<std::array<std::uint8_t, 16>> key_of(std::string_view hexadecimal) {
    const auto octets = unhex(hexadecimal);
    std::array<std::uint8_t, 16> key{};
    if (!octets || octets->size() != key.size()) return std::nullopt;
    std::copy(octets->begin(), octets->end(), key.begin());
    return key;
}

}  // namespace

Security Pcscf::Impl::policy_at(const IpAddress& ue) const {
    for (const auto& p : config.access_policies)
        if (p.from.contains(ue)) return p.security;
    return config.security;
}

AssociationSet* Pcscf::Impl::associations_of(const Binding& b) {
    return b.on_associations ? associations.on(b.flow) : nullptr;
}
const AssociationSet* Pcscf::Impl::associations_of(const Binding& b) const {
    return const_cast<Impl*>(this)->associations_of(b);
}

ipsec::Mechanisms Pcscf::Impl::security_server(const AssociationSet& s) const {
    return ipsec::propose(transforms_of(s.offered), s.set.mode, s.set.own, true);
}

// ---- what comes from the wire

void Pcscf::Impl::arrive(const sip::Received& e, TimePoint now) {
    auto* s = associations.on(e.flow);
    if (s == nullptr) return element.handle(e, now, outputs);
    s->last_used = now;
    const bool by_stream = sip::is_reliable(e.flow.transport);
    // A connection that we opened, for one request that was too long for a datagram, says nothing of the UE.
    if (e.flow.local.port == s->set.own.server_port) {
        if (std::exchange(s->stream, by_stream) != by_stream) changed(*s);
        if (by_stream) s->connection = e.flow;
    }
    if (s->state == AssociationSet::State::Established && !s->in_use) take_into_use(*s, now);
    element.handle(sip::Received{e.bytes, by_stream ? e.flow : s->datagrams(), e.waited}, now, outputs);
}

// ---- REGISTER

void Pcscf::Impl::refuse_agreement(sip::RequestArrived& e, const RegisterContext& c, AccessRefused refused,
                                   TimePoint now) {
    auto& n = note(Severity::Info, "pcscf.registration.refused", e.request)
                  .with("impi", c.impi.value())
                  .with("impu", c.impu)
                  .with("status", std::to_string(refused.response.status()))
                  .with("reason", std::string{refused.reason})
                  .with("peer", e.flow.remote.text());
    if (!c.security_client.empty()) n.with("offered", ipsec::text_of(c.security_client));
    if (config.ipsec.available()) n.with("supported", ipsec::text_of(config.ipsec.transforms));
    answer_register(e.transaction, c, std::move(refused.response), now);
}

std::optional<AccessAccepted> Pcscf::Impl::secure(sip::RequestArrived& e, RegisterContext& c,
                                                  const RegisterSender& from, TimePoint now) {
    auto client = e.request.all<sip::h::SecurityClient>();
    if (!client) {
        refuse(e, 400, "Security-Client is malformed", now);
        return std::nullopt;
    }
    c.security_client = std::move(*client);
    if (auto* s = associations.find(c.association)) return secure_on_set(e, c, *s, from, now);
    if (is_over_tls(e.flow.transport)) return secure_on_tls(e, c, from, now);
    return secure_in_clear(e, c, from, now);
}

std::optional<AccessAccepted> Pcscf::Impl::secure_in_clear(sip::RequestArrived& e, RegisterContext& c,
                                                           const RegisterSender& from, TimePoint now) {
    const auto* const running = from.running;
    const auto policy = policy_at(e.flow.remote.address);
    const bool required = policy == Security::Required;
    const auto* challenge = running != nullptr && running->flow == e.flow ? &running->challenge : nullptr;
    const auto in_clear = [&] { return accept_in_clear(from.credentials, from.associated, challenge); };
    const bool tls = has_tls(e.flow.remote.address);
    if (policy == Security::Off || (!config.ipsec.available() && !tls && !required)) return in_clear();

    // The answer to a challenge belongs on the associations that were made for it (33.203 7.2, SM7), or on a
    // connection of TLS (O.2.2).
    if (running != nullptr && running->challenge.tls && answers(from.credentials, running->challenge)) {
        discard(e, "the challenge is answered outside TLS", now);
        return std::nullopt;
    }
    if (running != nullptr && running->challenge.association != 0 &&
        answers(from.credentials, running->challenge)) {
        discard(e, "the challenge is answered outside its security associations", now);
        return std::nullopt;
    }
    const auto supported = this->supported(e.flow.remote.address);
    if (c.security_client.empty()) {
        if (!required) return in_clear();
        refuse_agreement(e, c, want_agreement(e.request, supported, "no security agreement"), now);
        return std::nullopt;
    }
    const auto offer = ipsec::read_offer(c.security_client);
    const bool nat = comes_through_nat(e);
    const bool offered = ipsec::offers(offer, ipsec::Mode::UdpEncapsulatedTunnel);
    const bool passes = !nat || (offered && config.ipsec.udp_encapsulation);
    // Who offers both gets IPsec, where it is possible: it has authenticated both ends.
    const auto best = nat ? ipsec::Mode::UdpEncapsulatedTunnel : ipsec::Mode::Transport;
    if (offer.tls && tls && !(passes && ipsec::choose(offer, config.ipsec.transforms, best))) {
        c.tls = true;
        return AccessAccepted{};
    }
    if (!passes) {
        // Transport mode covers the addresses: what a NAT changes is refused by both ends (annex M).
        if (!required) return in_clear();
        refuse_agreement(
            e, c,
            {sip::Message::response(e.request, 403, "NAT between UE and P-CSCF"),
             offered ? "address translation between UE and P-CSCF, and no UDP encapsulation here"
                     : "address translation between UE and P-CSCF, and no mod=UDP-enc-tun offered"},
            now);
        return std::nullopt;
    }
    const auto mode = nat ? ipsec::Mode::UdpEncapsulatedTunnel : ipsec::Mode::Transport;
    if (!ipsec::choose(offer, config.ipsec.transforms, mode)) {
        if (!required) return in_clear();
        refuse_agreement(e, c, want_agreement(e.request, supported, "no acceptable Security-Client"), now);
        return std::nullopt;
    }
    if (!take_proposal(e, c, offer, mode, now)) return std::nullopt;
    return AccessAccepted{"no"};
}

// What the challenge will make a set of. False: answered.
bool Pcscf::Impl::take_proposal(sip::RequestArrived& e, RegisterContext& c, const ipsec::Offer& offer,
                                ipsec::Mode mode, TimePoint now) {
    c.proposal = ipsec::choose(offer, config.ipsec.transforms, mode);
    if (!c.proposal) {
        const auto supported = ipsec::propose(config.ipsec.transforms, mode, {}, true);
        refuse_agreement(e, c, want_agreement(e.request, supported, "no acceptable Security-Client"), now);
        return false;
    }
    return ports_are_free(e, c, now) && has_room(e, c, now);
}

// Anybody can send a first REGISTER, so what it costs is bounded: the associations of one address that wait
// for their UE. Who refreshes on associations is known, and has three sets at most.
bool Pcscf::Impl::has_room(sip::RequestArrived& e, RegisterContext& c, TimePoint now) {
    if (c.association != 0) return true;
    const auto& ue = e.flow.remote.address;
    const bool full = associations.size() >= config.ipsec.max_sets;
    if (!full && associations.waiting_at(ue) < config.ipsec.waiting_per_address) {
        associations.expect(ue);
        c.expected = true;
        return true;
    }
    const std::string_view limit = full ? "ipsec.max_sets" : "ipsec.waiting_per_address";
    if (full || associations.first_refusal(ue))
        note(Severity::Warning, "pcscf.associations.limit")
            .with("address", ue.text())
            .with("reason", std::string{limit});
    auto response = sip::Message::response(e.request, 503, {}, random.token(8));
    response.set_raw(HeaderId::RetryAfter, "60");
    note(Severity::Trace, "pcscf.registration.limited", e.request).with("impi", c.impi.value());
    refuse_agreement(e, c, {std::move(response), "too many security associations wait for their UE"}, now);
    return false;
}

void Pcscf::Impl::expect_no_more(RegisterContext& c) {
    if (std::exchange(c.expected, false)) associations.expect_no_more(c.flow.remote.address);
}

// 33.203 7.1 rule 2, annex M.
bool Pcscf::Impl::ports_are_free(sip::RequestArrived& e, const RegisterContext& c, TimePoint now) {
    const auto& ue = e.flow.remote.address;
    const auto& side = c.proposal->side;
    const auto taken = [&](std::string_view phrase, std::string_view reason) {
        refuse_agreement(e, c, {sip::Message::response(e.request, 403, phrase), reason}, now);
        return false;
    };
    // A UE that starts anew in clear has forgotten what it had: that gives way to it.
    const auto* other = associations.at({ue, side.client_port});
    const bool forgotten = other != nullptr && other->impi == c.impi && c.association == 0;
    if (other != nullptr && !forgotten)
        return taken("port-c is in use", "this address and port-c have security associations already");
    if (c.proposal->mode == ipsec::Mode::UdpEncapsulatedTunnel &&
        associations.is_of_another({ue, side.server_port}, c.impi))
        return taken("port-s is in use", "another UE behind the same NAT has this port-s");
    return true;
}

std::optional<AccessAccepted> Pcscf::Impl::secure_on_set(sip::RequestArrived& e, RegisterContext& c,
                                                         AssociationSet& s, const RegisterSender& from,
                                                         TimePoint now) {
    const auto* const running = from.running;
    const auto refused = [&](AccessRefused why) {
        refuse_agreement(e, c, std::move(why), now);
        return std::nullopt;
    };
    // 24.229 5.2.2.2 step 3c, 33.203 7.1 rule 3
    if (c.impi != s.impi)
        return refused(
            {sip::Message::response(e.request, 403), "another user than that of the associations"});
    // 33.203 7.2, SM7: before anything it says is looked at.
    if (running != nullptr && running->challenge.association != 0 && running->challenge.association != s.id &&
        associations.find(running->challenge.association) != nullptr &&
        answers(from.credentials, running->challenge)) {
        discard(e, "the challenge is answered on other security associations than those made for it", now);
        return std::nullopt;
    }
    const auto sent = security_server(s);
    const auto verify = e.request.all<sip::h::SecurityVerify>();
    const bool temporary = s.state == AssociationSet::State::Temporary;
    // Step 3a; on established associations phones leave Security-Verify out, and may (step 3b).
    if (!verify || (!verify->empty() && !ipsec::came_back(sent, *verify)))
        return refused(
            agreement_changed(e.request, sent, "Security-Verify is not the Security-Server that was sent"));
    if (temporary && verify->empty())
        return refused(want_agreement(e.request, sent, "Security-Verify is missing"));
    if (temporary) {
        if (running == nullptr || running->challenge.association != s.id)
            return refused(
                {sip::Message::response(e.request, 403), "no challenge waits on these associations"});
        if (!ipsec::came_back(running->challenge.security_client, c.security_client))
            return refused(want_agreement(
                e.request, sent, "Security-Client is not that of the REGISTER before the challenge"));
        return AccessAccepted{"yes"};
    }
    // Step 3b: new associations, if the registrar challenges. Without a proposal the old ones go on.
    if (!c.security_client.empty() &&
        !take_proposal(e, c, ipsec::read_offer(c.security_client), s.set.mode, now))
        return std::nullopt;
    return AccessAccepted{"yes"};
}

// 24.229 5.2.6.3 has no step for it. Phones leave the header out (or send no entry of ours), and are served:
// what was agreed is in force all the same, since nothing passes but through the associations.
bool Pcscf::Impl::verify(const sip::RequestArrived& e, TimePoint now) {
    auto* s = associations.on(e.flow);
    if (s == nullptr || !e.request.has(HeaderId::SecurityVerify)) return true;
    std::size_t hash = 0;
    for (const auto line : e.request.raw_all(HeaderId::SecurityVerify))
        hash = hash * 31 + std::hash<std::string_view>{}(line);
    if (hash == s->verified) return true;  // they do not change from one request to the next
    const auto returned = e.request.all<sip::h::SecurityVerify>();
    // In the middle of a re-registration: the one before, or the one to come.
    const auto sets = associations.of_user(s->impi);
    const bool right =
        returned && (returned->empty() || std::any_of(sets.begin(), sets.end(), [&](auto* one) {
                         return ipsec::came_back(security_server(*one), *returned);
                     }));
    if (right) {
        s->verified = hash;
        return true;
    }
    auto refused = agreement_changed(e.request, security_server(*s),
                                     "Security-Verify is not the Security-Server that was sent");
    note(Severity::Warning, "pcscf.agreement.changed", e.request)
        .with("impi", s->impi.value())
        .with("status", std::to_string(refused.response.status()))
        .with("reason", std::string{refused.reason})
        .with("peer", e.flow.remote.text())
        .with("offered", returned ? ipsec::text_of(*returned) : std::string{"malformed"});
    respond(e.transaction, std::move(refused.response), now);
    return false;
}

// ---- the challenge

bool Pcscf::Impl::make_set(RegisterContext& c, Challenge& challenge, sip::ServerTransactionId id,
                           sip::Message& response, TimePoint now) {
    if (!c.proposal) return false;
    const auto fails = [&](std::string_view reason) {
        note(Severity::Error, "pcscf.associations.failed", response)
            .with("impi", c.impi.value())
            .with("reason", std::string{reason});
        response.set_status(500);
        response.remove(HeaderId::WwwAuthenticate);
        return false;
    };
    const auto ck = key_of(challenge.ck);
    const auto ik = key_of(challenge.ik);
    if (!ck || !ik) return fails("the challenge came without ck and ik, which the associations are made of");
    // 33.203 7.4.2a: one that was not answered goes; and what a UE that starts anew has forgotten.
    if (auto* before = associations.temporary_of(c.impi)) remove_set(*before, "a new challenge");
    const auto& ue = c.flow.remote.address;
    auto* same = associations.at({ue, c.proposal->side.client_port});
    const bool tunnel = c.proposal->mode == ipsec::Mode::UdpEncapsulatedTunnel;
    if ((same != nullptr && same->impi != c.impi) ||
        (tunnel && associations.is_of_another({ue, c.proposal->side.server_port}, c.impi))) {
        // Two UEs of one address asked at the same time: the other was first.
        note(Severity::Info, "pcscf.registration.refused", response)
            .with("impi", c.impi.value())
            .with("status", "403")
            .with("reason", "this address and port-c have security associations already")
            .with("peer", c.flow.remote.text());
        response.set_status(403);
        response.remove(HeaderId::WwwAuthenticate);
        return false;
    }
    if (same != nullptr) remove_set(*same, "the UE starts anew from the same port");
    auto of_user = associations.of_user(c.impi);
    while (of_user.size() >= most_sets_of_user) {
        const auto oldest = std::min_element(
            of_user.begin(), of_user.end(), [](const auto* a, const auto* b) { return a->since < b->since; });
        remove_set(**oldest, "this user has more than six associations in one direction");
        of_user.erase(oldest);
    }
    const auto own = associations.allocate(c.flow.local.address, ue, c.proposal->side, random);
    if (!own) return fails("no protected client port is left for this UE");
    AssociationSet s;
    s.impi = c.impi;
    s.set = {*own, c.proposal->side, c.proposal->transform, c.proposal->mode, 0, {}};
    s.set.peer.address = ue;
    s.offered = code_of(config.ipsec.transforms);
    if (const auto* before = associations.find(c.association)) {
        s.set.encapsulation_port = before->set.encapsulation_port;  // a NAT has one mapping for port 4500
        s.compartment = before->compartment;
    }
    s.since = s.last_used = now;
    s.until = now + config.reg_await_auth;
    auto& added = associations.add(std::move(s));
    challenge.association = added.id;
    challenge.security_client = std::move(c.security_client);
    response.set_all<sip::h::SecurityServer>(security_server(added));
    note(Severity::Trace, "pcscf.associations.offered", response)
        .with("impi", c.impi.value())
        .with("set", std::to_string(added.id))
        .with("transform", added.set.transform.text())
        .with("flow", added.datagrams().text());
    effects->emplace_back(ipsec::Order{ipsec::Install{
        added.id, added.set, ipsec::expand(added.set.transform, *ik, *ck), lifetime(added.until, now)}});
    challenge.ck.clear();
    challenge.ik.clear();
    held.emplace(added.id, Held{id, std::move(response)});
    return true;
}

void Pcscf::Impl::handle(const ipsec::Installed& e, TimePoint now) {
    const auto found = held.find(e.id);
    if (found == held.end()) return;
    auto h = std::move(found->second);
    held.erase(found);
    respond(h.transaction, std::move(h.response), now);
}

void Pcscf::Impl::handle(const ipsec::InstallFailed& e, TimePoint now) {
    const auto found = held.find(e.id);
    if (found == held.end()) return;
    auto h = std::move(found->second);
    held.erase(found);
    auto* s = associations.find(e.id);
    auto& n = note(Severity::Error, "pcscf.associations.failed", h.response).with("reason", e.reason);
    if (s != nullptr) {
        n.with("impi", s->impi.value()).with("transform", s->set.transform.text());
        challenges.erase(s->impi);
        leave_compartment(*s);
        associations.remove(*s);
    }
    h.response.set_status(500);
    h.response.remove(HeaderId::WwwAuthenticate);
    h.response.remove(HeaderId::SecurityServer);
    const auto context = contexts.find(h.transaction);
    if (context == contexts.end()) return;
    answer_register(h.transaction, std::get<RegisterContext>(context->second), std::move(h.response), now);
}

// ---- what becomes of it

// 33.203 7.4.2a, 24.229 5.2.2.2: the 200 to a REGISTER that came on this set.
void Pcscf::Impl::established(const RegisterContext& c, Binding& b, TimePoint now) {
    auto* s = associations.find(c.association);
    if (s == nullptr) return;  // its time was over before the registrar answered
    changed(*s);
    const bool fresh = s->state == AssociationSet::State::Temporary;
    b.on_associations = true;
    AssociationSet* used = nullptr;
    for (auto* other : associations.of_user(s->impi)) {
        if (other == s || other->set.peer.address != s->set.peer.address) continue;
        if (other->in_use) used = other;
    }
    // Never shorter than what the older ones have (7.4.2a).
    auto until = std::max(b.until, fresh ? TimePoint{} : s->until);
    if (used != nullptr) until = std::max(until, used->until);
    s->until = until;
    s->take_at.reset();
    effects->emplace_back(ipsec::Order{ipsec::Extend{s->id, s->set, lifetime(until, now)}});
    if (!fresh) {
        if (s->in_use && b.flow != s->datagrams()) bindings.set_flow(b, s->datagrams());
        return;
    }
    associations.set_state(*s, AssociationSet::State::Established);
    note(Severity::Info, "pcscf.associations.established")
        .with("impi", s->impi.value())
        .with("set", std::to_string(s->id))
        .with("transform", s->set.transform.text())
        .with("flow", s->datagrams().text());
    // Whether SM1 was protected stands in the challenge no more; a UE that had forgotten its associations
    // sent it in clear, and its binding is then another one than the old set's.
    const bool replaces = used != nullptr && b.flow == used->datagrams();
    for (auto* other : associations.of_user(s->impi)) {
        if (other == s || other->set.peer.address != s->set.peer.address) continue;
        if (!replaces || other != used) remove_set(*other, "newer associations are established");
    }
    if (!replaces) {
        take_into_use(*s, now);
        bindings.set_flow(b, s->datagrams());
        return;
    }
    associations.set_state(*used, AssociationSet::State::Old);
    if (used->until - now <= transactions_end) return take_into_use(*s, now);
    s->take_at = used->until - transactions_end;
    associations.wake(*s);
}

// The UE has used the new set, or the old one ends: what goes to the UE goes on the new one from now on, and
// the old one stays for what is under way.
void Pcscf::Impl::take_into_use(AssociationSet& s, TimePoint now) {
    s.in_use = true;
    s.take_at.reset();
    changed(s);
    for (auto* other : associations.of_user(s.impi)) {
        if (other == &s || !other->in_use || other->set.peer.address != s.set.peer.address) continue;
        other->in_use = false;
        changed(*other);
        for (auto* b : bindings.of_user(s.impi)) {
            if (!b->on_associations || b->flow != other->datagrams()) continue;
            bindings.set_flow(*b, s.datagrams());
        }
        if (other->until > now + transactions_end) {
            other->until = now + transactions_end;
            associations.wake(*other);
            effects->emplace_back(
                ipsec::Order{ipsec::Extend{other->id, other->set, lifetime(other->until, now)}});
        }
    }
}

// 33.203 7.3: the REGISTER on a new set was refused, or was the end of the registration: the set goes when
// its answer is through. What it was meant to replace stays.
void Pcscf::Impl::end_temporary_sets(const RegisterContext& c, TimePoint now) {
    for (auto* s : associations.of_user(c.impi)) {
        if (s->state != AssociationSet::State::Temporary) continue;
        if (s->id != c.association) {
            remove_set(*s, "the registration was refused");
            continue;
        }
        s->until = std::min(s->until, now + transactions_end);
        associations.wake(*s);
    }
}

void Pcscf::Impl::remove_set(AssociationSet& s, std::string_view reason) {
    note(Severity::Info, "pcscf.associations.removed")
        .with("impi", s.impi.value())
        .with("set", std::to_string(s.id))
        .with("flow", s.datagrams().text())
        .with("reason", std::string{reason});
    effects->emplace_back(ipsec::Order{ipsec::Remove{s.id, s.set}});
    held.erase(s.id);
    leave_compartment(s);
    associations.remove(s);
}

// Those of its UE, unless another contact of that UE needs them.
std::vector<AssociationSet*> Pcscf::Impl::sets_only_of(const Binding& b) {
    const auto impi = b.impi();
    const auto& ue = b.flow.remote.address;
    for (const auto* other : bindings.of_user(impi))
        if (other != &b && other->on_associations && other->flow.remote.address == ue &&
            other->state == Binding::State::Registered)
            return {};
    auto sets = associations.of_user(impi);
    std::erase_if(sets, [&](const auto* s) {
        return s->set.peer.address != ue || s->state == AssociationSet::State::Temporary;
    });
    return sets;
}

void Pcscf::Impl::remove_sets_of(const Binding& b, std::string_view reason) {
    for (auto* s : sets_only_of(b)) remove_set(*s, reason);
}

void Pcscf::Impl::shorten_sets_of(const Binding& b, TimePoint now) {
    for (auto* s : sets_only_of(b)) {
        if (s->until <= b.until) continue;
        s->until = b.until;
        associations.wake(*s);
        changed(*s);
        effects->emplace_back(ipsec::Order{ipsec::Extend{s->id, s->set, lifetime(s->until, now)}});
    }
}

void Pcscf::Impl::associations_due(TimePoint now) {
    for (auto* s : associations.due(now)) {
        if (s->take_at && *s->take_at <= now) take_into_use(*s, now);
        if (s->until <= now)
            remove_set(*s, s->state == AssociationSet::State::Temporary ? "the challenge was not answered"
                                                                        : "its time is over");
        else
            associations.wake(*s);
    }
}

// What an earlier process left: what is not known any more goes, what is known and gone is lost.
void Pcscf::Impl::handle(const ipsec::Started& e, TimePoint now) {
    std::erase_if(config.ipsec.transforms, [&](const auto& t) {
        return std::find(e.missing.begin(), e.missing.end(), t) != e.missing.end();
    });
    if (e.no_encapsulation) config.ipsec.udp_encapsulation = false;
    ipsec::Keep keep;
    associations.for_each([&](const AssociationSet& s) {
        keep.sets.push_back({s.id, s.set, lifetime(s.until, now)});
    });
    effects->emplace_back(ipsec::Order{std::move(keep)});
    // Those that the journal brought back, and whose subscription died with the process (5.2.3).
    std::vector<const Binding*> unheard;
    bindings.for_each([&](const Binding& b) {
        if (b.on_associations && b.state == Binding::State::Registered &&
            subscriptions.of_user(b.impi()) == nullptr)
            unheard.push_back(&b);
    });
    if (config.subscribe_to_reg_event)
        for (const auto* b : unheard)
            if (subscriptions.of_user(b->impi()) == nullptr) subscribe(*b, now);
}

// RFC 3948 4, annex M: it is answered where it was heard last. The packet was authentic, and no repetition.
void Pcscf::Impl::handle(const ipsec::Mapped& e, TimePoint now) {
    auto* heard = associations.receiving_on(e.spi);
    if (heard == nullptr || heard->set.mode != ipsec::Mode::UdpEncapsulatedTunnel) return;
    const auto ue = heard->set.peer.address;
    if (e.seen.address != ue) {
        // The address is in the associations, in Via and in Contact: the UE must register anew.
        if (std::exchange(heard->strayed_to, e.seen.address) == e.seen.address) return;
        note(Severity::Warning, "pcscf.nat.other_address")
            .with("impi", heard->impi.value())
            .with("set", std::to_string(heard->id))
            .with("address", ue.text())
            .with("peer", e.seen.text());
        return;
    }
    for (auto* s : associations.of_user(heard->impi)) {
        if (s->set.mode != heard->set.mode || s->set.peer.address != ue ||
            s->set.encapsulation_port == e.seen.port)
            continue;
        s->set.encapsulation_port = e.seen.port;
        changed(*s);
        note(Severity::Trace, "pcscf.nat.mapped")
            .with("impi", s->impi.value())
            .with("set", std::to_string(s->id))
            .with("peer", e.seen.text());
        effects->emplace_back(ipsec::Order{ipsec::Extend{s->id, s->set, lifetime(s->until, now)}});
    }
}

void Pcscf::Impl::handle(const ipsec::Lost& e, TimePoint) {
    auto* s = associations.find(e.id);
    if (s == nullptr) return;
    note(Severity::Warning, "pcscf.associations.lost")
        .with("impi", s->impi.value())
        .with("set", std::to_string(e.id))
        .with("reason", e.reason);
    const auto lost = s->set.peer.address;
    const bool in_use = s->in_use;
    const auto impi = s->impi;
    leave_compartment(*s);
    associations.remove(*s);
    if (!in_use) return;
    for (auto* b : bindings.of_user(impi))
        if (b->on_associations && b->flow.remote.address == lost) drop(*b);
}

}  // namespace ims::pcscf
