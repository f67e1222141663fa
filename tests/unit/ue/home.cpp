#include "tests/unit/ue/home.hpp"

#include "common/base/result.hpp"

#include <algorithm>

namespace ims::ue::test {

using namespace sip;

namespace {

const IpEndpoint pcscf_v4 = *IpEndpoint::parse("127.0.1.10:5060");
const IpEndpoint pcscf_v6 = *IpEndpoint::parse("[2001:db8::10]:5060");

ElementConfig element_config() {
    ElementConfig config;
    for (const auto transport : {Transport::Udp, Transport::Tcp})
        for (const auto& at : {pcscf_v4, pcscf_v6}) config.listen.push_back({transport, at, {}});
    config.timers = gm_timers;
    return config;
}

crypto::Block op() {
    crypto::Block block{};
    block.fill(0x5a);
    return block;
}

Uri own_uri(const Message& request) {
    const bool v6 = request.top_via().host.front() == '[';
    const auto& at = v6 ? pcscf_v6 : pcscf_v4;
    auto uri = Uri::sip("", at.address.uri_text(), at.port);
    uri.params.set("lr");
    return uri;
}

std::string quoted(const std::string& name, const std::string& value) {
    return ", " + name + "=\"" + value + "\"";
}

}  // namespace

crypto::AkaKeys test_keys() {
    crypto::MilenageKeys keys;
    keys.k.fill(0x11);
    keys.opc = crypto::milenage_opc(keys.k, op());
    return keys;
}

std::string text(const Happening& happening) {
    const auto with = [](std::string what, int status, const std::string& reason) {
        if (status != 0) what += " " + std::to_string(status);
        return reason.empty() ? what : what + " " + reason;
    };
    return std::visit(
        overloaded{
            [](const Challenged& h) -> std::string {
                switch (h.verdict) {
                    case Challenged::Verdict::Answered: return "challenged " + h.algorithm;
                    case Challenged::Verdict::SynchronisationFailure: return "SQN out of range";
                    case Challenged::Verdict::MacFailure: return "MAC failure";
                }
                return {};
            },
            [](const Registered& h) -> std::string {
                return (h.refreshed ? "refreshed " : "registered ") + std::to_string(h.expires.count());
            },
            [&](const RegistrationFailed& h) { return with("registration failed", h.status, h.reason); },
            [](const Deregistered& h) -> std::string {
                return h.by_network ? "deregistered by network: " + h.event : "deregistered";
            },
            [](const RegistrationStateNotified& h) {
                return "notified " + std::to_string(h.version) + " " + h.state;
            },
            [](const MessageReceived& h) { return "message from " + h.from + ": " + h.text; },
            [](const MessageDelivered& h) { return "delivered " + std::to_string(h.status); },
            [&](const MessageFailed& h) { return with("not delivered", h.status, h.reason); },
            [](const OptionsAnswered& h) { return "options " + std::to_string(h.status); },
            [](const IncomingCall& h) { return "call from " + h.from; },
            [](const CallProgress& h) { return "progress " + std::to_string(h.status); },
            [](const CallEstablished& h) {
                return "established with " + (h.remote_media ? h.remote_media->text() : "nothing");
            },
            [](const MediaChanged& h) { return "media " + std::string{sdp::direction_text(h.direction)}; },
            [&](const CallEnded& h) {
                return with("ended: " + std::string{text(h.cause)}, h.status, h.reason);
            },
        },
        happening);
}

Home::Home() : element_{element_config(), random_} {}

Config Home::config_of(int n, bool v6) const {
    const auto imsi = "00101000000000" + std::to_string(n);
    Config config;
    config.impi = impi_of_imsi(imsi, domain);
    config.impu = Impu{"sip:+1555000" + std::to_string(n) + "@" + domain};
    config.domain = domain;
    config.credentials = Card{.keys = test_keys(), .sqn_ms = 0, .scheme = {}};
    config.local = *IpEndpoint::parse(v6 ? "[2001:db8::" + std::to_string(n) + "]:5060"
                                         : "127.0.0." + std::to_string(n) + ":5060");
    config.pcscf = v6 ? pcscf_v6 : pcscf_v4;
    return config;
}

Ue& Home::add(Config config) {
    return ues_.emplace_back(std::move(config), random_);
}

std::string Home::remove(Ue& ue) {
    auto saved = ims::test::heading(ue) + ue.save(now_);
    std::erase_if(ues_, [&](const Ue& u) { return &u == &ue; });
    return saved;
}

void Home::carry(Ue& ue, Effects& effects) {
    for (auto& effect : effects) {
        auto* transmit = std::get_if<Transmit>(&effect);
        if (transmit == nullptr) continue;
        const auto message = Message::parse(transmit->bytes);
        REQUIRE(message.has_value());
        if (message->is_request()) seen.push_back(*message);
        if (wire && !wire(*message, false)) continue;
        if (behaviour.silent) continue;
        const auto transport = std::visit([](const auto& to) { return to.transport; }, transmit->to);
        const auto& local = ue.config().local;
        element_.handle(Received{transmit->bytes, Flow{transport, ue.config().pcscf, local,
                                                       transport == Transport::Tcp ? std::uint64_t{1} : 0}},
                        now_, outputs_);
    }
    settle();
}

void Home::settle() {
    while (!outputs_.empty()) {
        auto outputs = std::exchange(outputs_, {});
        for (auto& output : outputs)
            std::visit(
                overloaded{
                    [&](const Transmit& t) {
                        const auto to = std::visit([](const auto& way) { return way.remote; }, t.to);
                        packets_.push_back({t.bytes, to});
                    },
                    [&](const RequestArrived& e) { on(e); },
                    [&](const AckArrived& e) {
                        if (const auto target = target_of(e.request.request_uri()))
                            element_.forward_ack(
                                {.request = e.request, .next_hop = *target, .record_route = {}, .timers = {}},
                                now_, outputs_);
                    },
                    [&](const ResponseToForward& e) {
                        element_.respond(e.transaction, e.response, now_, outputs_);
                    },
                    [](const auto&) {},
                },
                output);
    }
}

void Home::deliver(const Packet& packet) {
    const auto message = Message::parse(packet.bytes);
    REQUIRE(message.has_value());
    if (wire && !wire(*message, true)) return;
    for (auto& ue : ues_) {
        if (ue.config().local != packet.to) continue;
        Effects out;
        const auto transport = ue.config().transport;
        ue.handle(Received{packet.bytes, Flow{transport, packet.to, ue.config().pcscf,
                                              transport == Transport::Tcp ? std::uint64_t{1} : 0}},
                  now_, out);
        carry(ue, out);
        return;
    }
}

void Home::advance(Duration d) {
    const auto until = now_ + d;
    for (;;) {
        settle();
        if (!packets_.empty()) {
            const auto packet = packets_.front();
            packets_.pop_front();
            deliver(packet);
            continue;
        }
        auto next = element_.next_deadline();
        for (const auto& ue : ues_) next = earliest(next, ue.next_deadline());
        if (!next || *next > until) break;
        now_ = std::max(now_, *next);
        element_.handle_timeout(now_, outputs_);
        for (auto& ue : ues_) {
            if (!ue.next_deadline() || *ue.next_deadline() > now_) continue;
            Effects out;
            ue.handle_timeout(now_, out);
            carry(ue, out);
        }
    }
    now_ = until;
}

std::vector<std::string> Home::happenings(Ue& ue) {
    std::vector<std::string> out;
    for (const auto& happening : ue.take_happenings()) out.push_back(text(happening));
    return out;
}

void Home::registers(Ue& ue) {
    command(ue, [](Ue& u, TimePoint now, Effects& out) { u.register_(now, out); });
    run();
    REQUIRE(ue.registered());
    ue.take_happenings();
}

std::vector<Message> Home::of(std::string_view method) const {
    std::vector<Message> out;
    for (const auto& message : seen)
        if (message.method_name() == method) out.push_back(message);
    return out;
}

void Home::on(const RequestArrived& event) {
    if (event.request.method() == Method::Register) {
        if (behaviour.refuse_register != 0)
            return element_.respond(event.transaction,
                                    Message::response(event.request, behaviour.refuse_register, {}, "home"),
                                    now_, outputs_);
        if (!behaviour.algorithm.empty() && !authenticated(event.request)) return challenge(event);
        return registered(event);
    }
    if (event.request.method() == Method::Subscribe) {
        subscribe_ = event.request;
        auto ok = Message::response(event.request, 200, {}, "notifier");
        ok.set_raw(HeaderId::Contact, "<sip:scscf.example;lr>");
        ok.set_raw(HeaderId::Expires, "600000");
        return element_.respond(event.transaction, std::move(ok), now_, outputs_);
    }
    proxy(event);
}

bool Home::authenticated(const Message& request) {
    const auto authorization = request.get<h::Authorization>();
    if (!authorization) return false;
    const auto text = [&](std::string_view name) {
        return std::string{authorization->params.get(name).value_or("")};
    };
    if (nonce_.empty() || text("nonce") != nonce_) return false;
    const auto algorithm = *crypto::parse_digest_algorithm(behaviour.algorithm);
    if (const auto auts = text("auts"); !auts.empty()) {
        std::array<std::uint8_t, 14> octets{};
        const auto binary = unbase64(auts);
        REQUIRE(binary->size() == octets.size());
        std::copy(binary->begin(), binary->end(), octets.begin());
        resynchronised = crypto::check_auts(test_keys(), vector_.rand, octets);
        if (resynchronised) behaviour.sqn = crypto::next_sqn({}, *resynchronised, 0);
        return false;
    }
    std::string ha1;
    if (algorithm.aka == 0)
        ha1 = crypto::ha1(algorithm.hash, text("username"), text("realm"), octets_of(behaviour.password));
    else if (algorithm.aka == 1)
        ha1 = crypto::ha1(algorithm.hash, text("username"), text("realm"), vector_.xres);
    else
        ha1 = crypto::ha1(
            algorithm.hash, text("username"), text("realm"),
            octets_of(crypto::aka_v2_password(algorithm.hash, vector_.xres, vector_.ik, vector_.ck)));
    const auto cnonce = text("cnonce"), nc = text("nc"), qop = text("qop"), uri = text("uri");
    const auto expected = crypto::digest_response({.algorithm = algorithm,
                                                   .ha1 = ha1,
                                                   .nonce = nonce_,
                                                   .cnonce = cnonce,
                                                   .nc = nc,
                                                   .qop = qop,
                                                   .method = "REGISTER",
                                                   .uri = uri,
                                                   .body = {}});
    const bool right = expected == text("response");
    if (!right) ++failed_responses;
    if (right && algorithm.aka != 0) nonce_.clear();  // a vector is good for once
    return right;
}

void Home::challenge(const RequestArrived& event) {
    if (failed_responses > 0)
        return element_.respond(event.transaction, Message::response(event.request, 403, {}, "home"), now_,
                                outputs_);
    crypto::Block rand{};
    random_.fill(rand);
    vector_ = crypto::generate_vector(test_keys(), rand, behaviour.sqn, {0x80, 0});
    behaviour.sqn = crypto::next_sqn({}, behaviour.sqn, 0);
    Octets nonce{rand.begin(), rand.end()};
    nonce.insert(nonce.end(), vector_.autn.begin(), vector_.autn.end());
    nonce_ = base64(nonce);
    auto response = Message::response(event.request, 401, {}, "home");
    auto value = "Digest realm=\"" + std::string{domain} + "\"" + quoted("nonce", nonce_) +
                 ", algorithm=" + behaviour.algorithm;
    if (!behaviour.qop.empty()) value += quoted("qop", behaviour.qop);
    response.set_raw(HeaderId::WwwAuthenticate, value);
    element_.respond(event.transaction, std::move(response), now_, outputs_);
}

void Home::registered(const RequestArrived& event) {
    const auto expires = event.request.get<h::Expires>();
    if (expires && *expires != 0 && *expires < behaviour.min_expires) {
        auto response = Message::response(event.request, 423, {}, "home");
        response.set<h::MinExpires>(behaviour.min_expires);
        return element_.respond(event.transaction, std::move(response), now_, outputs_);
    }
    const auto user = event.request.get<h::To>()->uri.user;
    auto contact = event.request.get<h::Contact>();
    REQUIRE(contact.has_value());
    auto response = Message::response(event.request, 200, {}, "home");
    if (expires && *expires == 0) {
        contacts_.erase(user);
    } else {
        contacts_[user] = contact->address.uri;
        contact->address.params.set("expires", std::to_string(behaviour.granted));
        response.set<h::Contact>(*contact);
        auto service_route = own_uri(event.request);
        service_route.user = "orig";
        response.set<h::ServiceRoute>(NameAddr{service_route});
        response.append_raw("P-Associated-URI",
                            "<sip:" + user + "@" + std::string{domain} + ">, <tel:" + user + ">");
    }
    element_.respond(event.transaction, std::move(response), now_, outputs_);
}

std::optional<Target> Home::target_of(const Uri& uri) const {
    auto contact = uri;
    if (uri.is_tel() || uri.host == domain) {
        const auto found = contacts_.find(uri.user);
        if (found == contacts_.end()) return {};
        contact = found->second;
    }
    const auto transport =
        parse_transport(contact.params.get("transport").value_or("udp")).value_or(Transport::Udp);
    const auto host =
        contact.host.front() == '[' ? contact.host.substr(1, contact.host.size() - 2) : contact.host;
    const auto address = IpAddress::parse(host);
    if (!address) return {};
    return Target{transport, {*address, contact.port.value_or(5060)}, {}};
}

void Home::proxy(const RequestArrived& event) {
    const auto target = target_of(event.request.request_uri());
    if (!target)
        return element_.respond(event.transaction, Message::response(event.request, 404, {}, "home"), now_,
                                outputs_);
    auto request = event.request;
    request.remove<h::Route>();
    if (const auto identity = request.get<h::PPreferredIdentity>()) {
        request.set<h::PAssertedIdentity>(*identity);
        request.remove<h::PPreferredIdentity>();
    }
    Branch branch{.request = std::move(request), .next_hop = *target, .record_route = {}, .timers = {}};
    if (event.request.to_tag().empty()) branch.record_route = NameAddr{own_uri(event.request)};
    element_.forward(event.transaction, {std::move(branch)}, now_, outputs_);
}

void Home::notify(const std::string& body, const std::string& state) {
    REQUIRE(subscribe_);
    const auto contact = subscribe_->get<h::Contact>()->address.uri;
    auto request = Message::request(Method::Notify, contact);
    request.set_raw(HeaderId::From, "<sip:scscf.example>;tag=notifier");
    request.set_raw(HeaderId::To, *subscribe_->raw(HeaderId::From));
    request.set<h::CallId>(std::string{subscribe_->call_id()});
    request.set<h::CSeq>({++notify_cseq_, Method::Notify, "NOTIFY"});
    request.set_raw(HeaderId::Contact, "<sip:scscf.example;lr>");
    request.set_raw(HeaderId::Event, "reg");
    request.set_raw(HeaderId::SubscriptionState, state);
    if (!body.empty()) request.set_body(body, "application/reginfo+xml");
    element_.send(std::move(request), *target_of(contact), now_, outputs_);
    settle();
}

}  // namespace ims::ue::test
