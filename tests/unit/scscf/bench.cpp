#include "tests/unit/scscf/bench.hpp"

#include <utility>

#include <catch2/catch.hpp>

namespace ims::scscf::test {

namespace {

IpEndpoint at(std::string_view text) {
    return *IpEndpoint::parse(text);
}

sip::ElementConfig element_config() {
    sip::ElementConfig config;
    config.listen = {{sip::Transport::Udp, at("127.0.1.30:6060"), {}}};
    config.own_names = {"scscf.ims.example"};
    config.locator.routes = {{"pcscf.ims.example", {{sip::Transport::Udp, at("127.0.1.10:5060"), {}}}},
                             {"icscf.ims.example", {{sip::Transport::Udp, at("127.0.1.20:4060"), {}}}},
                             {"other.example", {{sip::Transport::Udp, at("127.0.9.9:5060"), {}}}}};
    for (const auto* server : {"1", "2", "3"})  // application servers
        config.locator.routes.push_back(
            {"as" + std::string{server} + ".other.example",
             {{sip::Transport::Udp, at("127.0.9." + std::string{server} + ":5060"), {}}}});
    return config;
}

}  // namespace

std::string alice_profile() {
    return R"(<IMSSubscription><PrivateID>001010000000001@ims.example</PrivateID><ServiceProfile>)"
           R"(<PublicIdentity><BarringIndication>1</BarringIndication>)"
           R"(<Identity>sip:001010000000001@ims.example</Identity></PublicIdentity>)"
           R"(<PublicIdentity><Identity>sip:+15550001@ims.example</Identity>)"
           R"(<Extension><IdentityType>0</IdentityType><Extension><DisplayName>Alice</DisplayName></Extension></Extension>)"
           R"(</PublicIdentity><PublicIdentity><Identity>tel:+15550001</Identity></PublicIdentity>)"
           R"(</ServiceProfile></IMSSubscription>)";
}

Config lab_config() {
    Config config;
    config.server_name = "sip:scscf.ims.example:6060";
    config.home_domain = domain;
    config.icscf = "sip:icscf.ims.example:4060";
    config.accept_aka_without_integrity_protection = true;
    return config;
}

std::string Register::text() const {
    std::string t =
        "REGISTER sip:scscf.ims.example:6060 SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.1.20:4060;branch=z9hG4bK-i-" +
        call_id + std::to_string(cseq) +
        "\r\n"
        "Via: SIP/2.0/UDP 127.0.1.10:5060;branch=z9hG4bK-p-" +
        call_id + std::to_string(cseq) +
        "\r\n"
        "Max-Forwards: 68\r\n"
        "From: <" +
        to + ">;tag=f1\r\nTo: <" + to + ">\r\nCall-ID: " + call_id + "\r\nCSeq: " + std::to_string(cseq) +
        " REGISTER\r\n";
    if (!contact.empty()) t += "Contact: " + contact + "\r\n";
    if (!authorization.empty()) t += "Authorization: " + authorization + "\r\n";
    if (!path.empty()) t += "Path: " + path + "\r\n";
    return t +
           "Supported: path\r\nP-Visited-Network-ID: \"ims.example\"\r\n"
           "P-Charging-Vector: icid-value=\"icid-1\";orig-ioi=\"Type 1visited.example\"\r\n" +
           more + "Content-Length: 0\r\n\r\n";
}

std::string Request::text() const {
    std::string t = method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.1.10:5060;branch=z9hG4bK-" +
                    call_id + method + std::to_string(cseq) +
                    "\r\nMax-Forwards: 69\r\nFrom: <sip:alice@ims.example>;tag=f1\r\nTo: <" + uri + ">" +
                    (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: " + call_id +
                    "\r\nCSeq: " + std::to_string(cseq) + " " + method +
                    "\r\nContact: <sip:alice@10.0.0.1:5060>\r\n";
    if (!route.empty()) t += "Route: " + route + "\r\n";
    if (!asserted.empty()) t += "P-Asserted-Identity: " + asserted + "\r\n";
    return t + more + "Content-Length: 0\r\n\r\n";
}

Bench::Bench(Config config, std::unique_ptr<ServiceControl> service_control)
    : node{std::move(config), element_config(), random, std::move(service_control)} {}

void Bench::absorb(Effects& effects) {
    for (auto& effect : effects)
        std::visit(overloaded{
                       [&](sip::Transmit& t) {
                           auto parsed = sip::Message::parse(t.bytes);
                           REQUIRE(parsed.has_value());
                           sent.push_back(std::move(*parsed));
                       },
                       [&](cx::Send& s) { asked.push_back(std::move(s)); },
                       [&](cx::Reply& r) { replies.push_back(std::move(r)); },
                       [](ipsec::Order&) { FAIL("orders security associations"); },
                       [&](Note& n) { notes.push_back(std::move(n)); },
                       [&](sip::dns::Query& q) { FAIL("asks DNS for " << q.name); },
                   },
                   effect);
    effects.clear();
}

void Bench::receive(std::string_view message, std::string_view from) {
    Effects effects;
    const sip::Flow flow{sip::Transport::Udp, at("127.0.1.30:6060"), at(from), 0};
    node.handle(sip::Received{sip::make_buffer(std::string{message}), flow}, now, effects);
    absorb(effects);
}

void Bench::advance(Duration by) {
    const auto end = now + by;
    for (auto next = node.next_deadline(); next && *next <= end; next = node.next_deadline()) {
        now = std::max(now, *next);
        Effects effects;
        node.handle_timeout(now, effects);
        absorb(effects);
    }
    now = end;
}

void Bench::answer(const cx::Send& question, cx::Answer answer) {
    Effects effects;
    node.handle(cx::AnswerArrived{question.id, std::move(answer), "hss.ims.example"}, now, effects);
    absorb(effects);
}

void Bench::fail(const cx::Send& question, cx::SendFailed::Reason reason) {
    Effects effects;
    node.handle(cx::SendFailed{question.id, reason, "nobody there"}, now, effects);
    absorb(effects);
}

void Bench::push(cx::Request request) {
    Effects effects;
    node.handle(cx::RequestArrived{cx::RequestId{99}, std::move(request), "hss.ims.example", "ims.example"},
                now, effects);
    absorb(effects);
}

void Bench::respond(const sip::Message& request, int status, std::string_view more) {
    auto response = sip::Message::response(request, status, {}, "peer");
    auto text = response.serialize();
    text.insert(text.find("\r\n") + 2, more);
    receive(text);
}

sip::Message Bench::take() {
    REQUIRE_FALSE(sent.empty());
    auto message = std::move(sent.front());
    sent.pop_front();
    return message;
}

cx::Send Bench::next_question() {
    REQUIRE_FALSE(asked.empty());
    auto question = std::move(asked.front());
    asked.pop_front();
    return question;
}

void Bench::wrong_question(const cx::Send& question) {
    FAIL("the S-CSCF asked a " << cx::name(question.request));
    std::abort();
}

const Note* Bench::note(std::string_view id) const {
    for (auto n = notes.rbegin(); n != notes.rend(); ++n)
        if (n->id == id) return &*n;
    return nullptr;
}

cx::MultimediaAuthAnswer Bench::vector() {
    static std::uint8_t next = 0;
    ++next;
    cx::SipAuthDataItem item;
    item.sip_authentication_scheme = std::string{cx::scheme::digest_aka_v1_md5};
    item.sip_authenticate = Octets(32, next);
    item.sip_authorization = unhex("a1a2a3a4a5a6a7a8");
    item.confidentiality_key = Octets(16, 0xC0);
    item.integrity_key = Octets(16, 0x10);
    cx::MultimediaAuthAnswer answer;
    answer.result = cx::ResultCode::Success;
    answer.sip_auth_data_item = {item};
    return answer;
}

std::string Bench::answer_to(const sip::Message& challenge, std::string_view extra,
                             std::string_view xres_hex) {
    const auto www = challenge.get<sip::h::WwwAuthenticate>();
    REQUIRE(www.has_value());
    const auto nonce = std::string{*www->params.get("nonce")};
    const auto algorithm = *crypto::parse_digest_algorithm(*www->params.get("algorithm"));
    const auto res = *unhex(xres_hex);
    auto password = res;
    if (algorithm.aka == 2) {
        const auto v2 = crypto::aka_v2_password(algorithm.hash, res, Octets(16, 0x10), Octets(16, 0xC0));
        password = Octets(v2.begin(), v2.end());
    }
    const auto secret = crypto::ha1(algorithm.hash, alice_impi.value(), domain, password);
    crypto::DigestInput in;
    in.algorithm = algorithm;
    in.ha1 = secret;
    in.nonce = nonce;
    in.cnonce = "0a4f113b";
    in.nc = "00000001";
    in.qop = "auth";
    in.method = "REGISTER";
    in.uri = "sip:ims.example";
    return "Digest username=\"" + alice_impi.value() + "\", realm=\"ims.example\", nonce=\"" + nonce +
           "\", uri=\"sip:ims.example\", response=\"" + crypto::digest_response(in) +
           "\", algorithm=" + std::string{*www->params.get("algorithm")} +
           ", qop=auth, nc=00000001, cnonce=\"0a4f113b\"" + std::string{extra};
}

cx::ServerAssignmentAnswer Bench::assignment(std::string profile) {
    cx::ServerAssignmentAnswer answer;
    answer.result = cx::ResultCode::Success;
    answer.user_name = alice_impi;
    answer.user_data = std::move(profile);
    return answer;
}

sip::Message Bench::challenged(const Register& r) {
    receive(r.text());
    answer(ask<cx::MultimediaAuthRequest>(), vector());
    auto challenge = take();
    REQUIRE(challenge.status() == 401);
    return challenge;
}

Register Bench::answering(Register r, const sip::Message& challenge) {
    r.authorization = answer_to(challenge);
    ++r.cseq;
    return r;
}

sip::Message Bench::register_alice(Register r) {
    receive(answering(r, challenged(r)).text());
    answer(ask<cx::ServerAssignmentRequest>(), assignment());
    auto ok = take();
    REQUIRE(ok.status() == 200);
    return ok;
}

std::string Bench::registered() {
    auto route = header(register_alice(), "Service-Route");
    notes.clear();
    return route;
}

sip::Message Bench::beyond_100() {
    auto message = take();
    while (message.status() == 100) message = take();
    return message;
}

const cx::ServerAssignmentRequest& sar_in(const cx::Send& question) {
    return std::get<cx::ServerAssignmentRequest>(question.request);
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

std::string header(const sip::Message& message, std::string_view name) {
    return std::string{message.raw(name).value_or("")};
}

std::vector<std::string> headers(const sip::Message& message, std::string_view name) {
    std::vector<std::string> values;
    for (const auto& line : message.lines())
        if (iequals(line.name, name)) values.emplace_back(line.value);
    return values;
}

}  // namespace ims::scscf::test
