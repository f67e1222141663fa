#include "tests/support/gm/crowd.hpp"

#include <utility>

namespace ims::gm {

namespace {

const std::string realm = "ims.mnc001.mcc001.3gppnetwork.org";
const auto icscf_at = *IpEndpoint::parse("127.0.1.20:4060");
constexpr std::uint16_t clear_port = 5060;
constexpr std::uint16_t port_us = 5062;

std::string user(unsigned n) {
    return "00101" + std::to_string(1'000'000'000 + n);
}

}  // namespace

void Crowd::carry_out_nowhere(const ipsec::Order& order, const Tell& tell) {
    if (const auto* install = std::get_if<ipsec::Install>(&order)) tell(ipsec::Installed{install->id});
}

const std::vector<std::uint16_t>& Crowd::protected_ports() {
    static const std::vector<std::uint16_t> ports{5063, 5064, 5065, 5066, 5067};
    return ports;
}

std::vector<ipsec::Transform> Crowd::transforms() {
    return {{ipsec::Integrity::HmacSha1_96, ipsec::Encryption::AesCbc}};
}

Crowd::Crowd(const IpAddress& pcscf, bool ipsec, CarryOut carry_out)
    : own_{pcscf}, ipsec_{ipsec}, carry_out_{std::move(carry_out)} {
    pcscf::Config config;
    config.uri = "sip:" + IpEndpoint{own_, clear_port}.text();
    config.visited_network = realm;
    config.security = ipsec_ ? pcscf::Security::Required : pcscf::Security::Off;
    config.subscribe_to_reg_event = false;
    config.unregistered = pcscf::Unregistered::Refuse;
    config.entry_points = {"sip:" + icscf_at.text()};
    sip::ElementConfig element;
    element.listen = {{sip::Transport::Udp, {own_, clear_port}}, {sip::Transport::Tcp, {own_, clear_port}}};
    if (ipsec_) {
        config.ipsec.transforms = transforms();
        config.ipsec.server_port = protected_ports().front();
        config.ipsec.client_ports.assign(protected_ports().begin() + 1, protected_ports().end());
        for (const auto transport : {sip::Transport::Udp, sip::Transport::Tcp})
            element.listen.push_back(
                {transport, {own_, config.ipsec.server_port}, {}, config.ipsec.client_ports, 1200});
    }
    node_ = std::make_unique<pcscf::Pcscf>(std::move(config), std::move(element), random_);
}

IpAddress Crowd::address(unsigned ue) {
    return IpAddress::v4(
        {198, 18, static_cast<std::uint8_t>(1 + ue / 250), static_cast<std::uint8_t>(1 + ue % 250)});
}

Crowd::Ue& Crowd::ue(unsigned n) {
    if (ues_.size() <= n) ues_.resize(n + 1);
    return ues_[n];
}

std::string Crowd::a_register(unsigned n, std::uint16_t port_uc, bool answer, unsigned expires, bool offer,
                              const std::string& nonce) {
    const auto number = std::to_string(++last_);
    const auto me = user(n) + "@" + realm;
    const auto at = IpEndpoint{address(n), ipsec_ ? port_us : clear_port}.text();
    std::string text =
        "REGISTER sip:" + realm + " SIP/2.0\r\nVia: SIP/2.0/UDP " + at + ";branch=z9hG4bK" + number +
        "\r\nMax-Forwards: 70\r\nFrom: <sip:" + me + ">;tag=a\r\nTo: <sip:" + me + ">\r\nCall-ID: r" +
        std::to_string(n) + "\r\nCSeq: " + number + " REGISTER\r\nContact: <sip:" + user(n) + "@" + at +
        ">;expires=" + std::to_string(expires) + "\r\nSupported: path\r\n" +
        "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000101\r\n" +
        "Authorization: Digest username=\"" + me + "\",realm=\"" + realm + "\",nonce=\"" + nonce +
        "\",uri=\"sip:" + realm + "\",response=\"" + (answer ? std::string(32, '0') : "") + "\"\r\n";
    if (ipsec_) {
        text += "Require: sec-agree\r\nProxy-Require: sec-agree\r\n";
        if (offer)
            text += "Security-Client: ipsec-3gpp;alg=hmac-sha-1-96;ealg=aes-cbc;spi-c=" +
                    std::to_string(1'000'000 + 20 * n + 2 * (port_uc % 10)) +
                    ";spi-s=" + std::to_string(1'000'001 + 20 * n + 2 * (port_uc % 10)) +
                    ";port-c=" + std::to_string(port_uc) + ";port-s=" + std::to_string(port_us) + "\r\n";
        if (answer)
            for (const auto& line : ue(n).verify) text += "Security-Verify: " + line + "\r\n";
    }
    return text + "Content-Length: 0\r\n\r\n";
}

int Crowd::ask(std::string text, const sip::Flow& flow) {
    to_ue_.clear();
    event(sip::Received{sip::make_buffer(std::move(text)), flow});
    const auto answer = sip::Message::parse(sip::make_buffer(to_ue_));
    return answer && answer->is_response() ? answer->status() : 0;
}

bool Crowd::challenge_and_answer(unsigned n, const sip::Flow& flow, unsigned expires) {
    auto& one = ue(n);
    const auto port_uc = static_cast<std::uint16_t>(5070 + one.turn++ % 3);
    if (ask(a_register(n, port_uc, false, expires, true, ""), flow) != 401) return false;
    if (!ipsec_) return ask(a_register(n, 0, true, expires, false, "nonce"), flow) == 200;
    const auto challenge = sip::Message::parse(sip::make_buffer(to_ue_));
    const auto server = challenge->all<sip::h::SecurityServer>();
    if (!server || server->empty()) return false;
    one.verify.clear();
    for (const auto line : challenge->raw_all(sip::HeaderId::SecurityServer)) one.verify.emplace_back(line);
    one.port_ps = static_cast<std::uint16_t>(*parse_number(*server->front().params.get("port-s")));
    one.own_port = port_uc;
    const sip::Flow set{sip::Transport::Udp, {own_, one.port_ps}, {address(n), port_uc}, 0};
    return ask(a_register(n, port_uc, true, expires, true, "nonce"), set) == 200;
}

bool Crowd::registers(unsigned n) {
    return challenge_and_answer(
        n, {sip::Transport::Udp, {own_, clear_port}, {address(n), ipsec_ ? port_us : clear_port}, 0}, 3600);
}

bool Crowd::refreshes(unsigned n) {
    const auto& one = ue(n);
    return challenge_and_answer(n, {sip::Transport::Udp, {own_, one.port_ps}, {address(n), one.own_port}, 0},
                                3600);
}

bool Crowd::deregisters(unsigned n) {
    const auto& one = ue(n);
    const sip::Flow flow{sip::Transport::Udp,
                         {own_, ipsec_ ? one.port_ps : clear_port},
                         {address(n), ipsec_ ? one.own_port : clear_port},
                         0};
    return ask(a_register(n, one.own_port, true, 0, false, "nonce"), flow) == 200;
}

// The registrar of everybody: a challenge to what has no response, else 200.
std::string Crowd::home_answers(const sip::Message& request) {
    const auto authorization = request.get<sip::h::Authorization>();
    const auto response = authorization ? authorization->params.get("response").value_or("") : "";
    auto answer = sip::Message::response(request, response.empty() ? 401 : 200, {}, "home");
    if (response.empty()) {
        answer.set_raw(sip::HeaderId::WwwAuthenticate,
                       "Digest realm=\"" + realm +
                           "\",nonce=\"nonce\",algorithm=AKAv1-MD5,qop=\"auth\",ck=\"" +
                           std::string(32, 'c') + "\",ik=\"" + std::string(32, 'd') + "\"");
        return answer.serialize();
    }
    const auto contact = request.get<sip::h::Contact>();
    if (contact && contact->address.params.get("expires") != "0") answer.set<sip::h::Contact>(*contact);
    answer.set_raw(sip::HeaderId::ServiceRoute, "<sip:orig.0123456789abcdef@scscf." + realm + ":6060;lr>");
    const auto me = request.get<sip::h::To>()->uri.text();
    answer.set_raw(sip::HeaderId::PAssociatedUri, "<" + me + ">, <tel:+1555" + me.substr(9, 10) +
                                                      ">, <sip:+1555" + me.substr(9, 10) + "@" + realm + ">");
    return answer.serialize();
}

void Crowd::event(const Event& e) {
    Effects effects;
    node_->handle(e, now_, effects);
    take(std::move(effects));
    while (!events_.empty()) {
        const auto next = std::move(events_.front());
        events_.pop_front();
        Effects out;
        node_->handle(next, now_, out);
        take(std::move(out));
    }
}

void Crowd::take(Effects effects) {
    for (auto& effect : effects) {
        if (const auto* order = std::get_if<ipsec::Order>(&effect))
            carry_out_(*order, [this](ipsec::Report r) { events_.emplace_back(std::move(r)); });
        auto* t = std::get_if<sip::Transmit>(&effect);
        if (t == nullptr) continue;
        const auto* target = std::get_if<sip::Target>(&t->to);
        if (target == nullptr || target->remote != icscf_at) {
            to_ue_ = *t->bytes;
            continue;
        }
        const auto request = sip::Message::parse(t->bytes);
        events_.emplace_back(sip::Received{sip::make_buffer(home_answers(*request)),
                                           {sip::Transport::Udp, {own_, clear_port}, icscf_at, 0}});
    }
}

void Crowd::advance(Duration d) {
    const auto end = now_ + d;
    while (const auto next = node_->next_deadline()) {
        if (*next > end) break;
        now_ = std::max(now_, *next);
        Effects out;
        node_->handle_timeout(now_, out);
        take(std::move(out));
    }
    now_ = end;
    node_->forget_changes();  // nobody writes them down
}

}  // namespace ims::gm
