#include "tests/unit/icscf/bench.hpp"

#include <utility>

#include <catch2/catch.hpp>

namespace ims::icscf::test {

namespace {

IpEndpoint at(std::string_view text) {
    return *IpEndpoint::parse(text);
}

sip::ElementConfig element_config() {
    sip::ElementConfig config;
    config.listen = {{sip::Transport::Udp, at("127.0.1.20:4060"), {}}};
    config.own_names = {"icscf.ims.example"};
    config.locator.routes = {{"s1.ims.example", {{sip::Transport::Udp, at("127.0.1.31:6060"), {}}}},
                             {"s2.ims.example", {{sip::Transport::Udp, at("127.0.1.32:6060"), {}}}},
                             {"s3.ims.example", {{sip::Transport::Udp, at("127.0.1.33:6060"), {}}}}};
    return config;
}

}  // namespace

Config lab_config() {
    Config config;
    config.uri = "sip:icscf.ims.example:4060";
    config.home_domain = "ims.example";
    config.scscfs = {
        {"sip:s1.ims.example", {1}}, {"sip:s2.ims.example", {1, 2}}, {"sip:s3.ims.example", {3}}};
    return config;
}

std::string a_register(std::string_view more, std::string_view contact,
                       std::string_view integrity_protected) {
    std::string t =
        "REGISTER sip:ims.example SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.1.10:5060;branch=z9hG4bK-r1\r\nMax-Forwards: 69\r\n"
        "From: <sip:alice@ims.example>;tag=f1\r\nTo: <sip:alice@ims.example>\r\n"
        "Call-ID: reg-1@ue\r\nCSeq: 1 REGISTER\r\nContact: ";
    t += contact;
    t += "\r\nP-Visited-Network-ID: \"visited.example\"\r\n";
    if (!integrity_protected.empty()) {
        t += R"(Authorization: Digest username="alice-private@ims.example", realm="ims.example", nonce="", )"
             R"(uri="sip:ims.example", response="", integrity-protected=")";
        t += integrity_protected;
        t += "\"\r\n";
    }
    t += more;
    return t + "Content-Length: 0\r\n\r\n";
}

std::string an_invite(std::string_view request_uri, std::string_view more, std::string_view route) {
    std::string t = "INVITE ";
    t += request_uri;
    t += " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.1.30:6060;branch=z9hG4bK-c1\r\nMax-Forwards: 66\r\n"
         "From: <sip:bob@ims.example>;tag=f1\r\nTo: <sip:alice@ims.example>\r\n"
         "Call-ID: call-1@ue\r\nCSeq: 1 INVITE\r\nContact: <sip:bob@10.0.0.2>\r\n";
    if (!route.empty()) {
        t += "Route: ";
        t += route;
        t += "\r\n";
    }
    t += more;
    return t + "Content-Length: 0\r\n\r\n";
}

Bench::Bench(Config config) : node{std::move(config), element_config(), random} {}

void Bench::absorb(Effects& effects) {
    for (auto& effect : effects)
        std::visit(overloaded{
                       [&](sip::Transmit& t) {
                           auto parsed = sip::Message::parse(t.bytes);
                           REQUIRE(parsed.has_value());
                           const auto to = std::visit([](const auto& where) { return where.remote; }, t.to);
                           if (parsed->status() != 100) sent.push_back({std::move(*parsed), to});
                       },
                       [&](cx::Send& s) { asked.push_back(std::move(s)); },
                       [&](cx::Reply&) {},
                       [](ipsec::Order&) { FAIL("orders security associations"); },
                       [&](Note& n) { notes.push_back(std::move(n)); },
                       [&](sip::dns::Query& q) { FAIL("asks DNS for " << q.name); },
                   },
                   effect);
    effects.clear();
}

void Bench::receive(std::string_view message, std::string_view from) {
    Effects effects;
    const sip::Flow flow{sip::Transport::Udp, at("127.0.1.20:4060"), at(from), 0};
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

void Bench::fail(const cx::Send& question) {
    Effects effects;
    node.handle(cx::SendFailed{question.id, cx::SendFailed::Reason::NoPeer, "no open connection"}, now,
                effects);
    absorb(effects);
}

void Bench::respond(const Sent& request, int status, std::string_view more) {
    auto text = sip::Message::response(request.message, status, {}, "peer").serialize();
    text.insert(text.find("\r\n") + 2, more);
    receive(text, request.to.text());
}

Bench::Sent Bench::take() {
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
    FAIL("the I-CSCF asked a " << cx::name(question.request));
    std::abort();
}

const Note* Bench::note(std::string_view id) const {
    for (auto n = notes.rbegin(); n != notes.rend(); ++n)
        if (n->id == id) return &*n;
    return nullptr;
}

cx::UserAuthorizationAnswer served_by(std::string name) {
    auto answer = uaa(cx::ExperimentalResultCode::SubsequentRegistration);
    answer.server_name = std::move(name);
    return answer;
}

cx::UserAuthorizationAnswer needs(std::vector<std::uint32_t> mandatory, std::vector<std::uint32_t> optional) {
    auto answer = uaa(cx::ExperimentalResultCode::FirstRegistration);
    answer.server_capabilities = cx::ServerCapabilities{std::move(mandatory), std::move(optional), {}};
    return answer;
}

cx::LocationInfoAnswer located_at(std::string name) {
    auto answer = lia(cx::ResultCode::Success);
    answer.server_name = std::move(name);
    return answer;
}

cx::LocationInfoAnswer lia(cx::Result result) {
    cx::LocationInfoAnswer answer;
    answer.result = result;
    return answer;
}

cx::UserAuthorizationAnswer uaa(cx::Result result) {
    cx::UserAuthorizationAnswer answer;
    answer.result = result;
    return answer;
}

std::string header(const sip::Message& message, std::string_view name) {
    return std::string{message.raw(name).value_or("")};
}

}  // namespace ims::icscf::test
