#include "common/runtime/sections.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace ims::runtime {

namespace {

std::vector<SctpEndpoint> read_sctp(const Section& listen) {
    auto endpoints = listen.list<SctpEndpoint>("sctp");
    for (const auto& endpoint : endpoints) {
        const auto& all = endpoint.addresses;
        if (std::any_of(all.begin(), all.end(), [](const IpAddress& a) { return a.is_unspecified(); }))
            listen.error("sctp", "must be addresses that peers can reach, not " + endpoint.text() +
                                     ": they are told to each peer");
    }
    return endpoints;
}

// RFC 3261 18.1.1: what comes within 200 octets of the path MTU goes over a stream, and where that MTU is not
// known what is above 1300. From a loopback address every path is the loopback device's.
constexpr std::size_t margin_below_path_mtu = 200;
constexpr std::size_t loopback_mtu = 65'536;

std::vector<sip::ListeningPoint> read_listen(const Section& root, const std::vector<SctpEndpoint>& sctp) {
    std::vector<sip::ListeningPoint> points;
    const auto listen = root.section("listen");
    std::optional<std::size_t> known_mtu;
    if (listen.has("path_mtu"))
        known_mtu = listen.get_between<std::size_t>("path_mtu", loopback_mtu, 576, loopback_mtu);
    const auto add = [&](std::string_view key, sip::Transport transport) {
        for (const auto& endpoint : listen.list<IpEndpoint>(key)) {
            if (endpoint.address.is_unspecified())
                listen.error(key, "must be addresses that peers can reach, not " + endpoint.text() +
                                      ": they go into Via");
            else
                points.push_back({transport, endpoint});
        }
    };
    add("udp", sip::Transport::Udp);
    add("tcp", sip::Transport::Tcp);
    add("tls", sip::Transport::Tls);
    add("ws", sip::Transport::Ws);
    add("wss", sip::Transport::Wss);
    for (const auto& endpoint : sctp) points.push_back({sip::Transport::Sctp, endpoint.first(), {}});
    for (auto& point : points) {
        auto mtu = known_mtu;
        if (!mtu && point.endpoint.address.is_loopback()) mtu = loopback_mtu;
        if (mtu) point.largest_datagram = *mtu - margin_below_path_mtu;
    }
    if (points.empty())
        root.error("listen", "must name at least one endpoint under udp, tcp, tls, ws, wss or sctp");
    return points;
}

bool is_secure(sip::Transport transport) {
    return transport == sip::Transport::Tls || transport == sip::Transport::Wss;
}

std::optional<sip::TlsConfig> read_sip_tls(const Section& root,
                                           const std::vector<sip::ListeningPoint>& points) {
    using Clients = sip::TlsConfig::ClientCertificates;
    const bool listens =
        std::any_of(points.begin(), points.end(), [](const auto& p) { return is_secure(p.transport); });
    const auto tls = root.section("tls");
    if (!tls.present()) {
        if (listens) root.error("tls", "is missing, but listen has tls or wss");
        return std::nullopt;
    }
    sip::TlsConfig config;
    config.certificate = tls.require<std::string>("certificate");
    config.key = tls.require<std::string>("key");
    config.ca = tls.get<std::string>("ca", {});
    config.client_certificates = tls.choice(
        "client_certificates", config.client_certificates,
        {{"none", Clients::None}, {"optional", Clients::Optional}, {"required", Clients::Required}});
    config.verify_servers = tls.get("verify_servers", config.verify_servers);
    if (config.client_certificates != Clients::None && config.ca.empty())
        tls.error("ca", "is missing: it says whose client certificates are believed");
    return config;
}

sip::WebSocketConfig read_web_socket(const Section& section) {
    sip::WebSocketConfig config;
    config.path = section.get<std::string>("path", {});
    if (!config.path.empty() && !config.path.starts_with('/')) section.error("path", "must begin with /");
    config.origins = section.list<std::string>("origins");
    return config;
}

// SCTP is what a URI may ask for where it is listened on (RFC 4168 6), and never chosen before the others
// unless somebody says so.
std::vector<sip::Transport> read_transports(const Section& root, bool on_tls, bool on_sctp) {
    using sip::Transport;
    std::vector<Transport> transports;
    for (const auto& word : root.list<std::string>("transports")) {
        const auto transport = sip::parse_transport(word);
        if (transport == Transport::Udp || transport == Transport::Tcp || transport == Transport::Tls ||
            transport == Transport::Sctp)
            transports.push_back(*transport);
        else
            root.error("transports",
                       "must be a list of udp, tcp, tls and sctp, best first, not '" + word + "'");
        if (transport == Transport::Tls && !on_tls)
            root.error("transports", "has tls, which needs listen.tls: its address goes into Via");
    }
    if (!transports.empty()) return transports;
    transports = {Transport::Udp, Transport::Tcp};
    if (on_tls) transports.push_back(Transport::Tls);
    if (on_sctp) transports.push_back(Transport::Sctp);
    return transports;
}

void read_limits(const Section& limits, CscfSections& out) {
    auto& t = out.transports;
    t.message_octets = limits.get_between<std::size_t>("message_size", t.message_octets, 1024, 65535);
    t.header_lines =
        limits.get_between<std::size_t>("headers", t.header_lines, 16, sip::Limits{}.header_lines);
    t.connections = limits.get_between<std::size_t>("connections", t.connections, 1, 1'000'000);
    t.connections_per_peer =
        limits.get_between<std::size_t>("connections_per_peer", t.connections_per_peer, 1, 1'000'000);
    t.backlog =
        static_cast<int>(limits.get_between<unsigned>("backlog", static_cast<unsigned>(t.backlog), 1, 65535));
    t.connect_timeout = limits.get_between<Duration>("connect_timeout", t.connect_timeout, 100ms, 60s);
    t.handshake_timeout = limits.get_between<Duration>("handshake_timeout", t.handshake_timeout, 100ms, 60s);
    t.idle_timeout = limits.get_between<Duration>("idle_timeout", t.idle_timeout, 1s, 24h);
    t.probe_after = std::chrono::duration_cast<std::chrono::seconds>(
        limits.get_between<Duration>("probe_after", t.probe_after, 1s, 2h));
    t.message_timeout = limits.get_between<Duration>("message_timeout", t.message_timeout, 1s, 10min);
    t.write_queue_octets =
        limits.get_between<std::size_t>("write_queue", t.write_queue_octets, 65536, 1U << 30);
    t.datagram_queue = limits.get_between<std::size_t>("datagram_queue", t.datagram_queue, 64, 1U << 20);
    t.socket_buffer = static_cast<int>(limits.get_between<unsigned>(
        "socket_buffer", static_cast<unsigned>(t.socket_buffer), 65536, 1U << 30));
    out.element.max_transactions =
        limits.get_between<std::size_t>("transactions", out.element.max_transactions, 1, 10'000'000);
    out.element.overload_delay =
        limits.get_between<Duration>("overload_delay", out.element.overload_delay, 0ms, 10s);
    out.element.max_breadth = limits.get_between<unsigned>("max_breadth", out.element.max_breadth, 1, 1000);
}

std::optional<diameter::TlsConfig> read_tls(const Section& tls) {
    if (!tls.present()) return std::nullopt;
    return diameter::TlsConfig{tls.require<std::string>("certificate"), tls.require<std::string>("key"),
                               tls.require<std::string>("ca")};
}

diameter::PeerConfig read_peer(const Section& section) {
    diameter::PeerConfig peer;
    peer.identity = section.require<std::string>("identity");
    peer.realm = section.get<std::string>("realm", {});
    peer.further_hosts = section.list<std::string>("host");
    if (!peer.further_hosts.empty()) {
        peer.host = peer.further_hosts.front();
        peer.further_hosts.erase(peer.further_hosts.begin());
    }
    peer.port = section.get_between<std::uint16_t>("port", peer.port, 1, 65535);
    peer.transport = section.choice("transport", peer.transport,
                                    {{"tcp", diameter::PeerTransport::Tcp},
                                     {"tls", diameter::PeerTransport::Tls},
                                     {"sctp", diameter::PeerTransport::Sctp}});
    if (!peer.further_hosts.empty() && peer.transport != diameter::PeerTransport::Sctp)
        section.error("host", "must be one, unless the transport is sctp");
    peer.priority = section.get("priority", peer.priority);
    peer.relay = section.get("relay", peer.relay);
    return peer;
}

}  // namespace

diameter::Config read_diameter(const Section& section) {
    diameter::Config config;
    config.identity = section.require<std::string>("identity");
    config.realm = section.require<std::string>("realm");
    config.listen = section.list<IpEndpoint>("listen");
    config.listen_tls = section.list<IpEndpoint>("listen_tls");
    config.listen_sctp = section.list<SctpEndpoint>("listen_sctp");
    config.sctp_addresses = section.list<IpAddress>("sctp_addresses");
    config.tls = read_tls(section.section("tls"));
    bool needs_tls = !config.listen_tls.empty();
    for (const auto& peer : section.sections("peers")) {
        config.peers.push_back(read_peer(peer));
        needs_tls = needs_tls || config.peers.back().transport == diameter::PeerTransport::Tls;
    }
    if (needs_tls && !config.tls) section.error("tls", "is missing, but a peer or listen_tls needs it");
    config.accept_unknown_peers = section.get("accept_unknown_peers", config.accept_unknown_peers);
    config.watchdog =
        section.get_between<Duration>("watchdog", config.watchdog, 6s, 10min);  // RFC 3539 3.4.1
    config.request_timeout =
        section.get_between<Duration>("request_timeout", config.request_timeout, 100ms, 60s);
    config.attempts = section.get_between<unsigned>("attempts", config.attempts, 1, 10);
    config.reconnect_min = section.get_between<Duration>("reconnect_min", config.reconnect_min, 100ms, 10min);
    config.reconnect_max = section.get_between<Duration>("reconnect_max", config.reconnect_max, 100ms, 1h);
    if (config.reconnect_max < config.reconnect_min)
        section.error("reconnect_max", "must not be below reconnect_min");
    config.max_message = section.get_between<std::size_t>("max_message", config.max_message, 4096, 0xffffff);
    config.max_pending = section.get_between<std::size_t>("max_pending", config.max_pending, 1, 10'000'000);
    return config;
}

// "ns.example", "ns.example:5353"
std::optional<sip::ResolverConfig::NamedServer> parse_named_server(std::string_view text) {
    sip::ResolverConfig::NamedServer server;
    if (const auto colon = text.find(':'); colon != text.npos) {
        const auto port = parse_number(text.substr(colon + 1));
        if (!port || *port == 0 || *port > 65535) return {};
        server.port = static_cast<std::uint16_t>(*port);
        text = text.substr(0, colon);
    }
    const auto of_a_name = [](char c) {
        return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
    };
    // The last label of a name is no number (RFC 1123 2.1): that is an address with a mistake in it.
    if (text.empty() || !std::all_of(text.begin(), text.end(), of_a_name) || is_digit(text.back())) return {};
    server.host = text;
    return server;
}

sip::ResolverConfig read_dns(const Section& dns) {
    sip::ResolverConfig config;
    for (const auto& server : dns.list<std::string>("servers")) {
        if (const auto endpoint = IpEndpoint::parse(server))
            config.servers.push_back(*endpoint);
        else if (const auto address = IpAddress::parse(server))
            config.servers.push_back({*address, 53});
        else if (auto named = parse_named_server(server))
            config.named_servers.push_back(std::move(*named));
        else
            dns.error("servers", "must be a list of addresses and host names, with a port or without, not '" +
                                     server + "'");
    }
    config.timeout = dns.get_between<Duration>("timeout", config.timeout, 50ms, 60s);
    config.attempts = dns.get_between<unsigned>("attempts", config.attempts, 1, 10);
    return config;
}

sip::TimerValues read_timers(const Section& timers, const sip::TimerValues& fallback) {
    sip::TimerValues values;
    values.t1 = timers.get_between<Duration>("t1", fallback.t1, 1ms, 60s);
    values.t2 = timers.get_between<Duration>("t2", fallback.t2, 1ms, 120s);
    values.t4 = timers.get_between<Duration>("t4", fallback.t4, 1ms, 120s);
    if (values.t2 < values.t1) timers.error("t2", "must not be below t1");
    return values;
}

TraceConfig read_trace(const Section& section) {
    TraceConfig config;
    config.octets = section.get<std::size_t>("octets", config.octets);
    // Below that a shelf does not hold a registration.
    if (config.octets != 0 && (config.octets < (1U << 20) || config.octets > (1ULL << 34)))
        section.error("octets", "must be 0 or between 1048576 and 17179869184");
    const auto hep = section.section("hep");
    if (!hep.present()) return config;
    const auto text = hep.require<std::string>("collector");
    auto collector = trace::parse_collector(text);
    if (!collector && !text.empty())
        hep.error("collector",
                  "must be an address or a name with a port, 192.0.2.1:9060 or '[2001:db8::1]:9060', not '" +
                      text + "'");
    if (!collector) collector.emplace();
    collector->id = hep.get<std::uint32_t>("id", collector->id);
    if (const auto file = hep.find<std::string>("key_file")) {
        std::ifstream in{*file};
        if (!in) hep.error("key_file", "cannot read '" + *file + "'");
        const std::string content{std::istreambuf_iterator<char>{in}, {}};
        collector->key = trim(content);
    }
    config.hep = std::move(collector);
    return config;
}

std::vector<sip::StaticRoute> read_routes(const Section& root) {
    std::vector<sip::StaticRoute> routes;
    for (const auto& route : root.sections("routes")) {
        sip::StaticRoute r{route.require<std::string>("host"), route.list<sip::Target>("targets")};
        if (r.targets.empty()) route.error("targets", "must name at least one address");
        routes.push_back(std::move(r));
    }
    return routes;
}

CscfSections read_cscf(const Section& root) {
    CscfSections out;
    auto& element = out.element;
    out.sctp = read_sctp(root.section("listen"));
    element.listen = read_listen(root, out.sctp);
    element.own_names = root.list<std::string>("names");
    // The first address of an endpoint is a listening point's; the others mean this element as well.
    for (const auto& endpoint : out.sctp)
        for (const auto& address : endpoint.addresses)
            if (address != endpoint.addresses.front())
                element.own_names.push_back(IpEndpoint{address, endpoint.port}.text());
    element.server = root.get<std::string>("server", {});
    const auto timers = root.section("timers");
    element.timers = read_timers(timers, element.timers);
    // RFC 3261 16.6 step 11: more than three minutes.
    element.timer_c = timers.get_between<Duration>("c", element.timer_c, 180s + 1ms, 1h);
    read_limits(root.section("limits"), out);

    auto& locator = element.locator;
    locator.routes = read_routes(root);
    out.tls = read_sip_tls(root, element.listen);
    out.transports.web_socket = read_web_socket(root.section("web_socket"));
    locator.transports =
        read_transports(root,
                        std::any_of(element.listen.begin(), element.listen.end(),
                                    [](const auto& point) { return point.transport == sip::Transport::Tls; }),
                        !out.sctp.empty());
    const auto listens_on = [&](bool v6) {
        return std::any_of(element.listen.begin(), element.listen.end(),
                           [&](const auto& point) { return point.endpoint.address.is_v6() == v6; });
    };
    locator.ipv4 = listens_on(false);
    locator.ipv6 = listens_on(true);
    const auto dns = root.section("dns");
    out.resolver = read_dns(dns);
    locator.negative_ttl =
        dns.get_between<std::chrono::seconds>("negative_ttl", locator.negative_ttl, 0s, 24h);
    locator.query_timeout = dns.get_between<Duration>("query_timeout", locator.query_timeout, 50ms, 60s);

    const auto state = root.section("state");
    out.state_file = state.present() ? state.require<std::string>("file") : std::string{};
    out.state_interval = state.get_between<Duration>("interval", out.state_interval, 10ms, 1h);
    out.trace = read_trace(root.section("trace"));
    return out;
}

}  // namespace ims::runtime
