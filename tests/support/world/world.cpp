#include "tests/support/world/world.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <utility>

namespace ims::world {

namespace {

const auto pcscf_at = *IpEndpoint::parse("127.0.1.10:5060");
const auto icscf_at = *IpEndpoint::parse("127.0.1.20:4060");
const auto scscf_at = *IpEndpoint::parse("127.0.1.30:6060");
const auto hss_at = *IpEndpoint::parse("127.0.1.40:3868");

std::string sip_uri(const IpEndpoint& at) {
    return "sip:" + at.text();
}
std::string diameter_identity(std::string_view host) {
    return std::string{host} + "." + std::string{home};
}

hss::Policy hss_policy() {
    hss::Policy p;
    p.home_network = home;
    return p;
}

// TS 35.208 set 1: K and OPc.
crypto::MilenageKeys keys() {
    const auto bytes = [](std::string_view text) {
        std::array<std::uint8_t, 16> out{};
        const auto octets = unhex(text);
        std::copy_n(octets->begin(), out.size(), out.begin());
        return out;
    };
    return {bytes("465b5ce8b199b49faa5f0a2ee238a6bc"), bytes("cd63cb71954a9f4e48a5994e37a02baf")};
}

const std::vector<sip::ListeningPoint> connections_at{
    {sip::Transport::Tls, *IpEndpoint::parse("127.0.1.10:5061")},
    {sip::Transport::Ws, *IpEndpoint::parse("127.0.1.10:8088")},
    {sip::Transport::Wss, *IpEndpoint::parse("127.0.1.10:8089")}};

const auto pcscf_on_ipv6 = *IpEndpoint::parse("[fd00::1:10]:5060");
const std::vector<sip::ListeningPoint> ipv6_points{{sip::Transport::Udp, pcscf_on_ipv6},
                                                   {sip::Transport::Tcp, pcscf_on_ipv6}};

const std::vector<std::uint16_t> protected_ports{5063, 5064, 5065, 5066};

std::vector<ipsec::Transform> all_transforms() {
    using ipsec::Encryption;
    using ipsec::Integrity;
    return {{Integrity::HmacSha1_96, Encryption::AesCbc},
            {Integrity::Null, Encryption::AesGcm},
            {Integrity::AesGmac, Encryption::Null},
            {Integrity::HmacMd5_96, Encryption::DesEde3Cbc},
            {Integrity::HmacSha1_96, Encryption::Null}};
}

void add_ipsec(pcscf::IpsecConfig& ipsec, std::vector<sip::ListeningPoint>& listen) {
    if (ipsec.transforms.empty()) ipsec.transforms = all_transforms();
    ipsec.udp_encapsulation = true;
    ipsec.server_port = protected_ports.front();
    ipsec.client_ports.assign(protected_ports.begin() + 1, protected_ports.end());
    for (const auto& point : std::vector{listen}) {
        listen.push_back(point);
        listen.back().endpoint.port = ipsec.server_port;
        listen.back().client_ports = ipsec.client_ports;
        listen.back().largest_datagram = ipsec.largest_datagram;
    }
}

}  // namespace

World::World(Options options) : Wire{options.latency}, options_{std::move(options)} {
    last_seed_ = options_.seed * 1000;
    proves_each_turn = options_.proves_each_turn;
    add_host("pcscf", pcscf_at, [this] {
        auto c = options_.pcscf;
        c.uri = sip_uri(pcscf_at);
        if (c.visited_network.empty()) c.visited_network = home;
        const bool required = options_.security_required || options_.ipsec;
        if (c.security == pcscf::Security::Required && !required) c.security = pcscf::Security::Off;
        auto e = element(pcscf_at);
        if (options_.ipsec) add_ipsec(c.ipsec, e.listen);
        if (options_.connections)
            e.listen.insert(e.listen.end(), connections_at.begin(), connections_at.end());
        if (options_.ipv6) e.listen.insert(e.listen.end(), ipv6_points.begin(), ipv6_points.end());
        return std::make_unique<pcscf::Pcscf>(c, std::move(e), randoms_.emplace_back(++last_seed_));
    });
    if (options_.ipsec) host("pcscf").protected_ports = protected_ports;
    switch_sigcomp("pcscf", options_.pcscf.sigcomp);
    if (options_.connections) host("pcscf").further = connections_at;
    if (options_.ipv6)
        host("pcscf").further.insert(host("pcscf").further.end(), ipv6_points.begin(), ipv6_points.end());
    add_host("icscf", icscf_at, [this] {
        icscf::Config c;
        c.uri = sip_uri(icscf_at);
        c.home_domain = home;
        c.scscfs = {{sip_uri(scscf_at), {}}};
        return std::make_unique<icscf::Icscf>(c, element(icscf_at), randoms_.emplace_back(++last_seed_));
    });
    add_host("scscf", scscf_at, [this] {
        auto c = options_.scscf;
        c.server_name = sip_uri(scscf_at);
        c.home_domain = home;
        c.icscf = sip_uri(icscf_at);
        c.accept_aka_without_integrity_protection =
            !options_.ipsec || options_.pcscf.security != pcscf::Security::Required;
        return std::make_unique<scscf::Scscf>(c, element(scscf_at), randoms_.emplace_back(++last_seed_));
    });
    add_host("hss", hss_at, [this] {
        return std::make_unique<HssNode>(hss_policy(), store_, randoms_.emplace_back(++last_seed_));
    });
}

World::~World() {
    if (std::uncaught_exceptions() > 0) return;
    try {
        prove_disks();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        std::abort();
    }
}

sip::ElementConfig World::element(const IpEndpoint& at) const {
    sip::ElementConfig e;
    e.listen = {{sip::Transport::Udp, at}, {sip::Transport::Tcp, at}};
    e.locator.routes = {{std::string{home}, {{sip::Transport::Udp, icscf_at, {}}}}};
    e.max_transactions = options_.max_transactions;
    if (options_.udp_only) {
        e.listen.pop_back();
        e.locator.transports = {sip::Transport::Udp};
    }
    return e;
}

Phone& World::ue(const std::string& name, const std::function<void(ue::Config&)>& change) {
    const auto number = phones_.size() + 1;
    const auto imsi = *hss::number_after("001010000000000", number);
    const auto msisdn = *hss::number_after("15550000000", number);

    hss::Subscriber subscriber;
    subscriber.imsi = imsi;
    subscriber.realm = home;
    subscriber.msisdn = msisdn;

    ue::Config c;
    c.impi = impi_of_imsi(imsi, home);
    c.impu = temporary_impu_of_imsi(imsi, home);
    c.domain = home;
    c.credentials = ue::Card{keys(), 0, {}};
    c.local = *IpEndpoint::parse("127.0.2." + std::to_string(number) + ":5060");
    c.pcscf = pcscf_at;
    c.subscribe_to_reg_event = true;
    if (options_.ipsec) c.ipsec = {all_transforms(), 5062, {5064, 5066, 5068}};
    if (change) change(c);
    // A phone that was given another's identities is a further one of his.
    if (const auto* password = std::get_if<ue::Password>(&c.credentials))
        subscriber.digest_ha1 =
            crypto::ha1(crypto::HashAlgorithm::Md5, c.impi.value(), home, octets_of(password->text));
    else
        subscriber.aka = hss::AkaCredential{keys(), {0x80, 0x00}};
    if (store_.find(c.impi) == nullptr) store_.add_subscriber(subscriber);
    phones_.push_back(Phone{*this, name, c});
    add_host(name, c.local,
             [this, c] { return std::make_unique<ue::Ue>(c, randoms_.emplace_back(++last_seed_)); });
    host(name).writes_only_at_its_end = true;
    switch_sigcomp(name, c.sigcomp);
    return phones_.back();
}

void World::application_server(const std::string& name, const std::string& method, SessionCase session_case,
                               std::optional<DefaultHandling> default_handling) {
    const auto at = *IpEndpoint::parse("127.0.1." + std::to_string(51 + servers_) + ":5060");
    add_host(name, at, [this, at] {
        return std::make_unique<ApplicationServer>(at, randoms_.emplace_back(++last_seed_));
    });
    InitialFilterCriterion criterion;
    criterion.priority = static_cast<std::int32_t>(++servers_);
    ServicePointTrigger of_method;
    of_method.groups = {0};
    of_method.condition = ServicePointTrigger::Method{method};
    ServicePointTrigger of_case;
    of_case.groups = {1};
    of_case.condition = session_case;
    criterion.trigger_point = TriggerPoint{true, {std::move(of_method), std::move(of_case)}};
    criterion.application_server.server_name = sip_uri(at);
    criterion.application_server.default_handling = default_handling;
    store_.change_catalogue([&](hss::Catalogue& catalogue) {
        for (auto& [id, profile] : catalogue.service_profiles)
            profile.initial_filter_criteria.push_back(criterion);
    });
}

void World::first_hop(ue::Config& c, sip::Transport transport) {
    for (const auto& point : connections_at)
        if (point.transport == transport) c.pcscf = point.endpoint;
    c.transport = transport;
    c.credentials = ue::Password{"correct horse"};
    c.authorization_in_first_register = false;  // as JsSIP and others
    c.access_network.clear();
    c.reg_id = 1;
}

void World::on_ipv6(ue::Config& c) {
    const auto number = c.local.address.octets()[3];
    c.local = *IpEndpoint::parse("[fd00::2:" + std::to_string(number) + "]:5060");
    c.pcscf = pcscf_on_ipv6;
}

Phone& World::phone(const std::string& name) {
    for (auto& p : phones_)
        if (p.name() == name) return p;
    throw std::logic_error{"no phone " + name};
}

void World::everybody_looks() {
    for (const auto& p : phones_) (void)p.happenings();
}

// ---- Diameter, which is reliable: an answer comes, or word that none will

void World::on_cx(Host& from, const cx::Send& send) {
    const auto to = send.destination_host ? send.destination_host->substr(0, send.destination_host->find('.'))
                                          : std::string{"hss"};
    later(latency_, [this, asked = Asked{from.name, to, from.starts, send.id}, request = send.request] {
        if (!host(asked.to).node) return cannot_deliver(asked, cx::SendFailed::Reason::NoPeer);
        const auto id = ++last_asked_;
        asked_.emplace(id, asked);
        deliver(asked.to, cx::RequestArrived{cx::RequestId{id}, request, diameter_identity(asked.from),
                                             std::string{home}});
    });
}

void World::on_cx(Host& from, const cx::Reply& reply) {
    later(latency_, [this, name = from.name, reply] {
        const auto found = asked_.find(reply.id.value());
        if (found == asked_.end()) return;  // it was told that none will come
        const auto asked = std::move(found->second);
        asked_.erase(found);
        if (host(asked.from).starts == asked.starts)
            deliver(asked.from, cx::AnswerArrived{asked.id, reply.answer, diameter_identity(name)});
    });
}

void World::on_down(const Host& down) {
    for (auto it = asked_.begin(); it != asked_.end();) {
        const auto at = it++;
        if (at->second.to != down.name) continue;
        cannot_deliver(at->second, cx::SendFailed::Reason::PeerLost);
        asked_.erase(at);
    }
}

void World::cannot_deliver(const Asked& asked, cx::SendFailed::Reason reason) {
    later(latency_, [this, asked, reason] {
        if (host(asked.from).starts == asked.starts)
            deliver(asked.from, cx::SendFailed{asked.id, reason, "no open connection to " + asked.to});
    });
}

void World::push(const std::vector<hss::Push>& pushes) {
    on<HssNode>("hss", [&](HssNode& hss, TimePoint, Effects& out) { hss.push(pushes, out); });
}

// ---- time

bool World::all_idle() {
    for (const auto& name : host_names())
        if (const auto& node = host(name).node; node && !node->idle()) return false;
    return true;
}

void World::run(Duration limit) {
    const auto end = now() + limit;
    while (!(quiet() && all_idle())) {
        if (!step(end)) break;
    }
    pass_quiet_moment();
}

bool World::until(const std::function<bool()>& condition, Duration limit) {
    const auto end = now() + limit;
    while (!condition()) {
        if (!step(end)) return condition();
    }
    return true;
}

}  // namespace ims::world
