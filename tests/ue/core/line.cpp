#include "tests/ue/core/line.hpp"

#include "common/crypto/digest.hpp"

#include <algorithm>

namespace ims::ue {

namespace {

using namespace sip;

// ESP and the radio network's tunnel take their part of 1500 octets.
constexpr std::size_t protected_datagram = 1200;

ElementConfig element_config(const Config& config) {
    ElementConfig out;
    const auto other = config.transport == Transport::Udp ? Transport::Tcp : Transport::Udp;
    out.listen = {{config.transport, config.local, {}}};
    // Both, the preferred one first: RFC 3261 18.1.1 sends what is too long for a datagram on a stream.
    if (config.transport == Transport::Udp || config.transport == Transport::Tcp)
        out.listen.push_back({other, config.local, {}});
    const auto& ipsec = config.ipsec;
    if (!ipsec.transforms.empty()) {
        std::vector<IpAddress> addresses{config.local.address};
        if (ipsec.outside) addresses.push_back(*ipsec.outside);
        for (const auto& address : addresses)
            for (const auto transport : {config.transport, other})
                out.listen.push_back(
                    {transport, {address, ipsec.server_port}, {}, ipsec.client_ports, protected_datagram});
    }
    out.timers = config.timers;
    if (config.sigcomp) out.sigcomp_id = config.instance;  // RFC 5049 9.1
    out.max_transactions = 1000;
    return out;
}

// RFC 4122 text made from the IMPI: the same device after each start.
std::string instance_of(const Config& config) {
    if (!config.instance.empty()) return config.instance;
    const auto hash = crypto::hash_hex(crypto::HashAlgorithm::Md5, config.impi.value());
    return "urn:uuid:" + hash.substr(0, 8) + "-" + hash.substr(8, 4) + "-4" + hash.substr(13, 3) + "-8" +
           hash.substr(17, 3) + "-" + hash.substr(20, 12);
}

Config completed(Config config) {
    config.instance = instance_of(config);
    if (config.rtp.port == 0) config.rtp = {config.local.address, 49170};
    return config;
}

std::string_view uri_transport(Transport transport) {
    switch (transport) {
        case Transport::Udp: return {};
        case Transport::Tcp: return "tcp";
        case Transport::Tls: return "tls";
        case Transport::Sctp: return "sctp";
        case Transport::Ws:
        case Transport::Wss: return "ws";  // RFC 7118 5.3: for both
    }
    return {};
}

std::string user_of(const Impi& impi) {
    return impi.value().substr(0, impi.value().find('@'));
}

}  // namespace

Line::Line(Config config, Random& random)
    : config_{completed(std::move(config))}, random_{random}, element_{element_config(config_), random} {}

Impu Line::default_identity() const {
    return binding.associated_uris.empty() ? config_.impu : Impu{binding.associated_uris.front()};
}

Impu Line::preferred_identity() const {
    const auto& known = binding.associated_uris;
    const bool temporary = config_.impu.value() == "sip:" + config_.impi.value();
    if (!temporary && std::find(known.begin(), known.end(), config_.impu.value()) != known.end())
        return config_.impu;
    const auto numbered = std::find_if(known.begin(), known.end(),
                                       [](const std::string& uri) { return uri.starts_with("sip:+"); });
    return numbered == known.end() ? default_identity() : Impu{*numbered};
}

ContactValue Line::contact(bool answer) const {
    auto uri = Uri::sip(user_of(config_.impi), contact_host(answer), contact_port());
    if (const auto transport = uri_transport(config_.transport); !transport.empty())
        uri.params.set("transport", std::string{transport});
    if (config_.sigcomp) {  // RFC 3486 4, RFC 5049 9.1
        uri.params.set("comp", "sigcomp");
        uri.params.set("sigcomp-id", config_.instance);
    }
    ContactValue value;
    value.address = NameAddr{std::move(uri)};
    if (config_.reg_id != 0) value.address.params.set("reg-id", std::to_string(config_.reg_id));
    value.address.params.set_quoted("+sip.instance", "<" + config_.instance + ">");
    value.address.params.set_quoted("+g.3gpp.icsi-ref", mmtel_icsi_ref);
    return value;
}

ContactValue Line::dialog_contact() const {
    auto value = contact();
    if (binding.public_gruu) value.address.uri = *binding.public_gruu;
    return value;
}

bool Line::is_own_contact(const Uri& uri) const {
    return uri.is_sip() && (uri.host == contact_host(false) || uri.host == contact_host(true)) &&
           (on_web_socket() || uri.port.value_or(default_port(config_.transport)) == contact_port());
}

std::string Line::new_call_id() {
    return random_.token(12) + "@" + config_.local.address.text();
}

void Line::dress(Message& request) const {
    if (!config_.access_network.empty())
        request.set_raw(HeaderId::PAccessNetworkInfo, config_.access_network);
    if (!config_.user_agent.empty()) request.set_raw(HeaderId::UserAgent, config_.user_agent);
}

Message Line::initial_request(Method method, const Uri& to) {
    const auto identity = preferred_identity();
    auto message = Message::request(method, to);
    // 24.229 5.1.2A.1.1: the P-CSCF, then what the registrar gave.
    std::vector<NameAddr> route{pcscf(false)};
    route.insert(route.end(), binding.service_route.begin(), binding.service_route.end());
    message.set_all<h::Route>(route);

    message.set_raw(HeaderId::From, "<" + identity.value() + ">;tag=" + new_tag());
    message.set<h::To>(NameAddr{to});
    message.set<h::CallId>(new_call_id());
    message.set<h::CSeq>({1, method, std::string{method_text(method)}});
    message.set_raw(HeaderId::PPreferredIdentity, "<" + identity.value() + ">");
    dress(message);
    security.dress(message);
    return message;
}

ClientTransactionId Line::send(Message request, TimePoint now) {
    return element_.send(std::move(request), way(false), now, outputs);
}

NameAddr Line::pcscf(bool answer) const {
    const auto way_there = way(answer);
    auto uri = Uri::sip("", way_there.remote.address.uri_text(), way_there.remote.port);
    uri.params.set("lr");
    if (config_.sigcomp) uri.params.set("comp", "sigcomp");
    return NameAddr{std::move(uri)};
}

ClientTransactionId Line::send_register(Message request, bool answer, TimePoint now) {
    if (config_.sigcomp) request.set_all<h::Route>({pcscf(answer)});  // which says comp=sigcomp
    return element_.send(std::move(request), way(answer), now, outputs);
}

Target Line::way(bool answer) const {
    return security.way(answer).value_or(
        Target{config_.transport, config_.pcscf, config_.local, config_.pcscf_name});
}

bool Line::on_web_socket() const {
    return config_.transport == Transport::Ws || config_.transport == Transport::Wss;
}

// RFC 7118 B.1: who is behind a WebSocket has no address for others; a name that cannot be is written
// instead.
std::string Line::contact_host(bool answer) const {
    if (!on_web_socket()) return security.address(answer).uri_text();
    return crypto::hash_hex(crypto::HashAlgorithm::Md5, config_.local.text()).substr(0, 12) + ".invalid";
}

// 24.229 5.1.1.2.2: the protected server port, from the first REGISTER on.
std::optional<std::uint16_t> Line::contact_port() const {
    if (on_web_socket()) return {};
    return security.wanted() ? config_.ipsec.server_port : config_.local.port;
}

void Line::send_ack(Message ack, TimePoint now) {
    element_.send_ack(std::move(ack), way(false), now, outputs);
}

void Line::respond(ServerTransactionId id, Message response, TimePoint now) {
    element_.respond(id, std::move(response), now, outputs);
}

void Line::refuse(ServerTransactionId id, const Message& request, int status, TimePoint now) {
    auto response = Message::response(request, status, {}, new_tag());
    if (status == 405 || status == 501) response.set_raw(HeaderId::Allow, allowed_methods);
    respond(id, std::move(response), now);
}

std::string sender_of(const Message& request) {
    if (const auto asserted = request.get<h::PAssertedIdentity>()) return asserted->uri.text();
    const auto from = request.get<h::From>();
    return from ? from->uri.text() : std::string{};
}

}  // namespace ims::ue
