// ims-load: many UEs in one process, for measuring the core. Each has a loopback address of its own,
// authenticates with AKA, and does one thing at a stated rate: register, reregister, call or message. Open
// loop: the next operation starts on time whatever the earlier ones do. Retransmits over UDP as a UE would
// (T1 500 ms, doubling), gives up after 32 s. Every user is at one operation at a time; a user still busy
// when his turn comes is passed over and counted.
//
// Over TCP, TLS and WebSocket each UE has one connection, which it opens with its first request and keeps.
// Idle: each opens one, asks OPTIONS on it, and is silent.
#include "common/base/text.hpp"
#include "common/base/time.hpp"
#include "common/crypto/aka.hpp"
#include "common/crypto/digest.hpp"
#include "common/sip/message/message.hpp"
#include "tests/bench/compressed.hpp"
#include "tests/bench/datagrams.hpp"
#include "tests/bench/streams.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <queue>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace ims::bench {
namespace {

using sip::Message;
namespace h = sip::h;

enum class Step : std::uint8_t { Idle, Challenge, Answer, Invite, Bye, Message, Options };

struct User {
    bool registered = false;
    Step step = Step::Idle;
    std::uint8_t resends = 0;
    std::uint32_t cseq = 0;
    std::uint32_t operations = 0;  // makes Call-IDs and branches unique
    TimePoint began, sent;
    std::string request;                  // outstanding, for retransmission
    std::string service_routes;           // Route headers of the next request outside a dialog
    std::optional<sip::Flow> connection;  // what came last, came on it
};

struct Options {
    std::string pcscf = "127.0.1.10:5060", realm, first_imsi = "001010000000001", first_msisdn = "15550001",
                mode = "register";
    std::string k, opc, first_address = "127.16.0.1";
    unsigned users = 1000, first_user = 0;
    double rate = 100, seconds = 10;
    std::uint16_t port = 5090;
    sip::Transport transport = sip::Transport::Udp;
    std::string tls_ca;
    bool sigcomp = false;
    bool json = false;
    double settle = 0, setup_rate = 400, hold = 0;
};

// In URIs (RFC 3261 19.1.1, RFC 7118 5.2): TLS is TCP with a security agreement of its own, both WebSockets
// are ws.
std::string_view uri_transport(sip::Transport transport) {
    switch (transport) {
        case sip::Transport::Udp: return {};
        case sip::Transport::Tcp: return "tcp";
        case sip::Transport::Tls: return "tls";
        case sip::Transport::Sctp: return "sctp";
        case sip::Transport::Ws:
        case sip::Transport::Wss: return "ws";
    }
    return {};
}

class Load final : private Compressing {
  public:
    explicit Load(Options o)
        : options_{std::move(o)},
          pcscf_{*IpEndpoint::parse(options_.pcscf)},
          reliable_{is_reliable(options_.transport)},
          users_(options_.users) {
        make_wire();
        const auto k = unhex(options_.k);
        const auto opc = unhex(options_.opc);
        crypto::MilenageKeys keys;
        std::copy_n(k->begin(), 16, keys.k.begin());
        std::copy_n(opc->begin(), 16, keys.opc.begin());
        keys_ = keys;
        const auto first_address = *IpAddress::parse(options_.first_address);
        const auto first = first_address.octets();
        base_ = (std::uint32_t{first[0]} << 24) | (std::uint32_t{first[1]} << 16) |
                (std::uint32_t{first[2]} << 8) | first[3];
        base_ += options_.first_user;
    }

    int run() {
        if (options_.mode == "idle") return run_idle();
        if (options_.mode != "register") {
            // Bring everybody in first, gently, without measuring.
            pace(static_cast<double>(options_.users), options_.setup_rate,
                 [this](std::uint32_t u, TimePoint now) { start_register(u, now); });
            drain(35s);
            const auto missing =
                std::count_if(users_.begin(), users_.end(), [](const User& u) { return !u.registered; });
            if (missing > 0) {
                std::fprintf(stderr, "%ld of %u users could not register: nothing was measured\n",
                             static_cast<long>(missing), options_.users);
                return 1;
            }
            forget();
            stay(options_.settle);
        }
        std::puts("measuring");  // the bench reads the services' CPU time now
        std::fflush(stdout);
        const auto begin = std::chrono::steady_clock::now();
        const double operations = options_.rate * options_.seconds;
        if (options_.mode == "register" || options_.mode == "reregister")
            pace(operations, options_.rate,
                 [this](std::uint32_t u, TimePoint now) { start_register(u, now); });
        else if (options_.mode == "call")
            pace(
                operations, options_.rate, [this](std::uint32_t u, TimePoint now) { start_call(u, now); }, 2);
        else
            pace(operations, options_.rate,
                 [this](std::uint32_t u, TimePoint now) { start_message(u, now); });
        const double issued = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        drain(35s);
        hold();
        report(issued);
        return failed_ == 0 && done_ > 0 ? 0 : 1;
    }

  private:
    void make_wire() {
        const bool secure =
            options_.transport == sip::Transport::Tls || options_.transport == sip::Transport::Wss;
        const sigcomp::Endpoint::Config sigcomp;
        if (reliable_) {
            std::optional<sip::TlsConfig> tls;
            if (secure) tls = sip::TlsConfig{.certificate = {}, .key = {}, .ca = options_.tls_ca};
            wire_ = std::make_unique<Streams>(
                users_.size(), options_.sigcomp ? sigcomp.offers.decompression_memory_size : 0, tls);
        } else {
            wire_ = std::make_unique<Datagrams>(options_.port, pcscf_);
        }
        if (!options_.sigcomp) return;
        auto compressed = std::make_unique<Compressed>(std::move(wire_), static_cast<Compressing&>(*this));
        compressed_ = compressed.get();
        wire_ = std::move(compressed);
    }

    // Connections are opened and used once, by some so that what is needed only once is there, then by the
    // others.
    int run_idle() {
        const auto first = std::min<unsigned>(options_.users / 4, 500);
        const auto ask = [this](std::uint32_t u, TimePoint now) { start_options(u, now); };
        pace(first, options_.setup_rate, ask);
        drain(35s);
        std::puts("measuring");  // the bench reads the services' memory now
        std::fflush(stdout);
        const auto begin = std::chrono::steady_clock::now();
        pace(options_.users - first, options_.setup_rate, ask, 1, first);
        const double issued = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        drain(35s);
        const bool all = done_ == options_.users && broken_ == 0;
        hold();
        report(issued);
        return all ? 0 : 1;
    }
    // Everything stands and is silent.
    void hold() {
        if (options_.hold <= 0) return;
        stay(options_.hold);
        std::puts("held");  // the bench reads the services' memory again
        std::fflush(stdout);
        stay(2);
    }
    void stay(double seconds) {
        const auto until =
            std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<int>(seconds * 1000));
        while (std::chrono::steady_clock::now() < until) turn(std::chrono::steady_clock::now(), 50);
    }

    // ---- Compressing: one compartment for each UE, which is there for good once it is registered
    std::optional<Compartment> compartment(const Way& way) override {
        const auto* flow = std::get_if<sip::Flow>(&way);
        const auto local = flow != nullptr ? flow->local : *std::get<sip::Target>(way).local;
        const auto u = user_at(local.address);
        if (u >= users_.size()) return {};
        return Compartment{std::to_string(u), {}, users_[u].registered};
    }
    std::vector<std::string> take_closed_compartments() override { return {}; }
    sip::Flow reply_flow(const sip::Flow& arrived) override { return arrived; }

    std::uint32_t user_at(const IpAddress& at) const {
        const auto o = at.octets();
        return ((std::uint32_t{o[0]} << 24) | (std::uint32_t{o[1]} << 16) | (std::uint32_t{o[2]} << 8) |
                o[3]) -
               base_;
    }
    void send(std::uint32_t u, std::string octets) {
        sip::Transmit transmit{u + 1, sip::make_buffer(std::move(octets)), {}, options_.sigcomp};
        if (const auto& connection = users_[u].connection)
            transmit.to = *connection;
        else
            transmit.to = sip::Target{options_.transport, pcscf_, IpEndpoint{address(u), options_.port},
                                      pcscf_.address.text()};
        wire_->send(std::move(transmit));
    }

    IpAddress address(std::uint32_t u) const {
        const std::uint32_t a = base_ + u;
        return IpAddress::v4({static_cast<std::uint8_t>(a >> 24), static_cast<std::uint8_t>(a >> 16),
                              static_cast<std::uint8_t>(a >> 8), static_cast<std::uint8_t>(a)});
    }
    std::string contact(std::uint32_t u) const {
        return address(u).text() + ":" + std::to_string(options_.port);
    }
    std::string contact_uri(std::uint32_t u) const {
        auto uri = "sip:" + std::to_string(u) + "@" + contact(u);
        if (const auto transport = uri_transport(options_.transport); !transport.empty())
            uri.append(";transport=").append(transport);
        if (options_.sigcomp)  // RFC 3486 4, RFC 5049 9.1
            uri.append(";comp=sigcomp;sigcomp-id=").append(instance(u));
        return uri;
    }
    static std::string instance(std::uint32_t u) {
        return "urn:uuid:00000000-0000-1000-8000-" + plus("000000000000", u);
    }
    static std::string plus(const std::string& digits, std::uint64_t n) {
        auto text = std::to_string(*parse_number(digits) + n);
        return text.size() < digits.size() ? std::string(digits.size() - text.size(), '0') + text : text;
    }
    std::string impi(std::uint32_t u) const {
        return plus(options_.first_imsi, options_.first_user + u) + "@" + options_.realm;
    }
    std::string impu(std::uint32_t u) const { return "sip:" + impi(u); }
    std::string msisdn_uri(std::uint32_t u) const {
        return "sip:+" + plus(options_.first_msisdn, options_.first_user + u) + "@" + options_.realm;
    }

    std::string head(std::string_view method, std::string_view uri, std::uint32_t u, std::string_view call_id,
                     std::string_view to, std::string_view to_tag, std::uint32_t cseq) {
        std::string m;
        m.reserve(1200);
        m.append(method)
            .append(" ")
            .append(uri)
            .append(" SIP/2.0\r\nVia: SIP/2.0/")
            .append(transport_text(options_.transport))
            .append(" ")
            .append(contact(u));
        m.append(";branch=z9hG4bK")
            .append(run_)
            .append(std::to_string(u))
            .append("x")
            .append(std::to_string(++branch_))
            .append(";rport");
        if (options_.sigcomp) m.append(";comp=sigcomp;sigcomp-id=\"").append(instance(u)).append("\"");
        m.append("\r\nMax-Forwards: 70\r\n");
        const auto from = method == "REGISTER" ? impu(u) : msisdn_uri(u);
        m.append("From: <")
            .append(from)
            .append(">;tag=f")
            .append(std::to_string(u))
            .append("\r\nTo: <")
            .append(to)
            .append(">");
        if (!to_tag.empty()) m.append(";tag=").append(to_tag);
        m.append("\r\nCall-ID: ")
            .append(call_id)
            .append("\r\nCSeq: ")
            .append(std::to_string(cseq))
            .append(" ")
            .append(method)
            .append("\r\n");
        return m;
    }

    std::string call_id(std::uint32_t u, std::uint32_t operation) const {
        return run_ + "-" + std::to_string(u) + "-" + std::to_string(operation) + "@" + address(u).text();
    }

    void send_request(std::uint32_t u, Step step, std::string request, TimePoint now) {
        auto& user = users_[u];
        user.step = step;
        user.resends = 0;
        user.sent = now;
        user.request = std::move(request);
        send(u, user.request);
        timers_.push({now + 500ms, u, user.operations, step, 0});
    }

    void start_register(std::uint32_t u, TimePoint now) {
        auto& user = users_[u];
        ++user.operations;
        user.began = now;
        // Registered, it knows how it authenticates; over TLS nothing else tells that from SIP Digest.
        send_register(
            u, user.registered ? R"(nonce="",algorithm=AKAv1-MD5,response="")" : R"(nonce="",response="")",
            Step::Challenge, now);
    }
    void send_register(std::uint32_t u, std::string_view auth, Step step, TimePoint now) {
        auto& user = users_[u];
        auto m = head("REGISTER", "sip:" + options_.realm, u, call_id(u, user.operations), impu(u), {},
                      ++user.cseq);
        m.append("Contact: <").append(contact_uri(u));
        m.append(">;+sip.instance=\"<").append(instance(u)).append(">\";expires=600000\r\n");
        m.append(
            "Supported: path\r\nP-Access-Network-Info: "
            "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010019B01\r\n");
        m.append("Authorization: Digest username=\"")
            .append(impi(u))
            .append("\",realm=\"")
            .append(options_.realm);
        m.append("\",uri=\"sip:")
            .append(options_.realm)
            .append("\",")
            .append(auth)
            .append("\r\nContent-Length: 0\r\n\r\n");
        send_request(u, step, std::move(m), now);
    }
    void answer_challenge(std::uint32_t u, const Message& response, TimePoint now) {
        const auto challenge = response.get<h::WwwAuthenticate>();
        if (!challenge) return finish(u, false, now);
        const std::string nonce{challenge->params.get("nonce").value_or("")};
        const auto octets = unbase64(nonce);
        if (!octets || octets->size() < 32) return finish(u, false, now);
        crypto::Block rand{};
        std::copy_n(octets->begin(), 16, rand.begin());
        const auto f = crypto::aka_functions(keys_, rand, {}, {});
        const auto algorithm = std::string{challenge->params.get("algorithm").value_or("AKAv1-MD5")};
        const auto uri = "sip:" + options_.realm;
        const auto key = crypto::ha1(crypto::HashAlgorithm::Md5, impi(u), options_.realm, f.res);
        crypto::DigestInput in{*crypto::parse_digest_algorithm(algorithm),
                               key,
                               nonce,
                               "0a4f113b",
                               "00000001",
                               "auth",
                               "REGISTER",
                               uri,
                               {}};
        const auto response_text = crypto::digest_response(in);
        send_register(u,
                      "nonce=\"" + nonce + "\",algorithm=" + algorithm +
                          ",qop=auth,nc=00000001,cnonce=\"0a4f113b\",response=\"" + response_text + "\"",
                      Step::Answer, now);
    }

    static constexpr std::string_view sdp =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 96 "
        "97\r\nb=AS:41\r\n"
        "a=rtpmap:96 AMR-WB/16000/1\r\na=fmtp:96 mode-change-capability=2;max-red=0\r\na=rtpmap:97 "
        "telephone-event/16000/1\r\na=ptime:20\r\n";

    void start_call(std::uint32_t u, TimePoint now) {
        auto& user = users_[u];
        const std::uint32_t callee = u + 1 < users_.size() ? u + 1 : u - 1;
        ++user.operations;
        user.began = now;
        user.cseq = 1;
        const auto to = msisdn_uri(callee);
        auto m = head("INVITE", to, u, call_id(u, user.operations), to, {}, user.cseq);
        m.append(user.service_routes).append("Contact: <").append(contact_uri(u)).append(">\r\n");
        m.append("P-Preferred-Identity: <").append(msisdn_uri(u)).append(">\r\n");
        m.append(
            "Supported: 100rel,timer\r\nAllow: INVITE,ACK,BYE,CANCEL,UPDATE,PRACK,MESSAGE\r\nContent-Type: "
            "application/sdp\r\nContent-Length: ");
        m.append(std::to_string(sdp.size())).append("\r\n\r\n").append(sdp);
        send_request(u, Step::Invite, std::move(m), now);
    }
    void start_message(std::uint32_t u, TimePoint now) {
        auto& user = users_[u];
        const std::uint32_t callee = u + 1 < users_.size() ? u + 1 : 0;
        ++user.operations;
        user.began = now;
        const auto to = msisdn_uri(callee);
        auto m = head("MESSAGE", to, u, call_id(u, user.operations), to, {}, 1);
        m.append(user.service_routes).append("P-Preferred-Identity: <").append(msisdn_uri(u)).append(">\r\n");
        m.append("Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
        send_request(u, Step::Message, std::move(m), now);
    }

    // What the P-CSCF answers by itself (483), and keeps nothing of where a connection repeats nothing.
    void start_options(std::uint32_t u, TimePoint now) {
        auto& user = users_[u];
        ++user.operations;
        user.began = now;
        auto m = head("OPTIONS", impu(u), u, call_id(u, user.operations), impu(u), {}, 1);
        constexpr std::string_view hops =
            "Max-Forwards: 70";  // of strangers it answers what may go no further
        m.replace(m.find(hops), hops.size(), "Max-Forwards: 0");
        m.append("Content-Length: 0\r\n\r\n");
        send_request(u, Step::Options, std::move(m), now);
    }

    void established(std::uint32_t u, const Message& ok, TimePoint now) {
        auto& user = users_[u];
        const auto target = ok.get<h::Contact>();
        if (!target) return finish(u, false, now);
        const auto uri = target->address.uri.text();
        std::string routes;
        const auto recorded = ok.all<h::RecordRoute>();
        if (recorded)
            for (auto r = recorded->rbegin(); r != recorded->rend(); ++r)
                routes.append("Route: ").append(r->text()).append("\r\n");
        const std::uint32_t callee = u + 1 < users_.size() ? u + 1 : u - 1;
        const auto id = call_id(u, user.operations);
        auto ack = head("ACK", uri, u, id, msisdn_uri(callee), ok.to_tag(), user.cseq);
        ack.append(routes).append("Content-Length: 0\r\n\r\n");
        send(u, std::move(ack));
        auto bye = head("BYE", uri, u, id, msisdn_uri(callee), ok.to_tag(), ++user.cseq);
        bye.append(routes).append("Content-Length: 0\r\n\r\n");
        send_request(u, Step::Bye, std::move(bye), now);
    }
    void acknowledge_failure(std::uint32_t u, const Message& response) {  // RFC 3261 17.1.1.3
        auto ack = Message::parse(std::string_view{users_[u].request});
        if (!ack) return;
        std::string m = "ACK " + ack->request_uri().text() + " SIP/2.0\r\n";
        m.append("Via: ")
            .append(*ack->raw(sip::HeaderId::Via))
            .append("\r\nMax-Forwards: 70\r\nFrom: ")
            .append(*ack->raw(sip::HeaderId::From));
        m.append("\r\nTo: ")
            .append(*response.raw(sip::HeaderId::To))
            .append("\r\nCall-ID: ")
            .append(ack->call_id());
        m.append("\r\nCSeq: ")
            .append(std::to_string(ack->cseq().number))
            .append(" ACK\r\n")
            .append(users_[u].service_routes);
        m.append("Content-Length: 0\r\n\r\n");
        send(u, std::move(m));
    }

    void finish(std::uint32_t u, bool ok, TimePoint now) {
        auto& user = users_[u];
        user.step = Step::Idle;
        user.request.clear();
        --busy_;
        if (ok) {
            ++done_;
            latencies_.push_back(std::chrono::duration<double, std::milli>(now - user.began).count());
        } else {
            ++failed_;
        }
    }

    void happened(const sip::Transports::Event& event, TimePoint now) {
        std::visit(overloaded{
                       [&](const sip::Received& r) { received(r, now); },
                       [&](const sip::FlowClosed& closed) {
                           ++broken_;
                           const auto u = user_at(closed.flow.local.address);
                           if (u < users_.size() && users_[u].connection == closed.flow)
                               users_[u].connection.reset();
                       },
                       [&](const sip::TransportFailed& f) {
                           const auto u = static_cast<std::uint32_t>(f.transmit - 1);
                           ++reasons_[f.detail];
                           if (users_[u].step != Step::Idle) finish(u, false, now);
                       },
                       [&](const Note& n) {
                           if (n.severity < Severity::Warning) return;
                           std::string text{n.id};
                           for (const auto& field : n.fields)
                               if (field.name == "reason") text += ": " + field.value;
                           ++reasons_[text];
                       },
                   },
                   event);
    }

    void received(const sip::Received& arrived, TimePoint now) {
        const std::uint32_t u = user_at(arrived.flow.local.address);
        if (u >= users_.size()) return;
        if (reliable_) users_[u].connection = arrived.flow;
        auto parsed = Message::parse(*arrived.bytes);
        if (!parsed) {
            ++unparsable_;
            return;
        }
        if (parsed->is_request()) return serve(u, *parsed);
        on_response(u, *parsed, now);
    }

    void serve(std::uint32_t u, const Message& request) {
        if (request.method() == sip::Method::Ack) return;
        auto response = Message::response(request, 200, "OK", "c" + std::to_string(u));
        if (request.method() == sip::Method::Invite) {
            auto ringing = Message::response(request, 180, "Ringing", "c" + std::to_string(u));
            for (const auto value : request.raw_all(sip::HeaderId::RecordRoute)) {
                ringing.append_raw("Record-Route", value);
                response.append_raw("Record-Route", value);
            }
            const auto uri = "<" + contact_uri(u) + ">";
            ringing.set_raw(sip::HeaderId::Contact, uri);
            response.set_raw(sip::HeaderId::Contact, uri);
            response.set_body(std::string{sdp}, "application/sdp");
            send(u, ringing.serialize());
        }
        send(u, response.serialize());
    }

    void on_response(std::uint32_t u, const Message& response, TimePoint now) {
        auto& user = users_[u];
        const auto cseq = response.cseq();
        if (user.step == Step::Idle || response.call_id() != call_id(u, user.operations) ||
            cseq.number != (user.step == Step::Message || user.step == Step::Options ? 1 : user.cseq))
            return;  // late: of an operation that is over
        if (response.status() < 200) {
            user.resends =
                255;  // a provisional came: no more retransmissions (an INVITE), slow ones are not modelled
            return;
        }
        statuses_[response.status()]++;
        switch (user.step) {
            case Step::Challenge:
                if (response.status() != 401) return finish(u, false, now);
                challenge_.push_back(std::chrono::duration<double, std::milli>(now - user.sent).count());
                return answer_challenge(u, response, now);
            case Step::Answer:
                if (response.status() != 200) return finish(u, false, now);
                answer_.push_back(std::chrono::duration<double, std::milli>(now - user.sent).count());
                user.registered = true;
                user.service_routes.clear();
                for (const auto value : response.raw_all(sip::HeaderId::ServiceRoute))
                    user.service_routes.append("Route: ").append(value).append("\r\n");
                return finish(u, true, now);
            case Step::Invite:
                if (cseq.method != sip::Method::Invite) return;
                if (response.status() >= 300) {
                    acknowledge_failure(u, response);
                    return finish(u, false, now);
                }
                setup_.push_back(std::chrono::duration<double, std::milli>(now - user.sent).count());
                return established(u, response, now);
            case Step::Bye:
                if (cseq.method != sip::Method::Bye) return;
                return finish(u, response.status() == 200, now);
            case Step::Message: return finish(u, response.status() / 100 == 2, now);
            case Step::Options: return finish(u, true, now);
            case Step::Idle: return;
        }
    }

    void turn(TimePoint now, int wait_ms) {
        if (wire_->wait(wait_ms)) {
            now = std::chrono::steady_clock::now();
            wire_->receive([&](const sip::Transports::Event& e) { happened(e, now); });
        }
        while (!timers_.empty() && timers_.top().at <= now) {
            const auto t = timers_.top();
            timers_.pop();
            auto& user = users_[t.user];
            if (user.step != t.step || user.operations != t.operation || user.request.empty()) continue;
            if (now - user.sent > 32s) {
                statuses_[408]++;
                finish(t.user, false, now);
                continue;
            }
            if (user.resends != 255 && !reliable_) {
                send(t.user, user.request);
                ++resent_;
            }
            const auto n = std::min<unsigned>(t.resends + 1U, 3U);
            timers_.push(
                {now + 500ms * (1U << n), t.user, t.operation, t.step, static_cast<std::uint8_t>(n)});
        }
        wire_->flush();
    }

    template <class Start>
    void pace(double operations, double rate, Start start, std::uint32_t stride = 1,
              std::uint32_t first = 0) {
        const auto begin = std::chrono::steady_clock::now();
        double started = 0;
        std::uint32_t next = first;
        while (started < operations) {
            const auto now = std::chrono::steady_clock::now();
            const double due =
                std::min(operations, std::chrono::duration<double>(now - begin).count() * rate);
            while (started + 1 <= due || (due >= operations && started < operations)) {
                started += 1;
                const auto u = next;
                next += stride;
                if (next + (stride - 1) >= users_.size()) next = 0;
                if (users_[u].step != Step::Idle) {
                    ++passed_over_;
                    continue;
                }
                ++busy_;
                start(u, now);
            }
            wire_->flush();
            turn(now, 1);
        }
    }
    void drain(Duration limit) {
        const auto until = std::chrono::steady_clock::now() + limit;
        while (busy_ > 0 && std::chrono::steady_clock::now() < until)
            turn(std::chrono::steady_clock::now(), 5);
    }
    void forget() {
        latencies_.clear(), challenge_.clear(), answer_.clear(), setup_.clear(), statuses_.clear();
        done_ = failed_ = resent_ = passed_over_ = 0;
    }

    static nlohmann::json percentiles(std::vector<double>& v) {
        if (v.empty()) return nullptr;
        std::sort(v.begin(), v.end());
        const auto at = [&](double p) {
            return v[std::min(v.size() - 1, static_cast<std::size_t>(p * static_cast<double>(v.size())))];
        };
        return {{"p50_ms", at(0.5)}, {"p99_ms", at(0.99)}, {"max_ms", v.back()}};
    }
    void report(double issued) {
        nlohmann::json j{{"mode", options_.mode},
                         {"asked_rate", options_.rate},
                         {"done", done_},
                         {"failed", failed_},
                         {"unfinished", busy_},
                         {"passed_over", passed_over_},
                         {"retransmissions", resent_},
                         {"seconds", issued},
                         {"rate", static_cast<double>(done_) / issued},
                         {"unparsable", unparsable_}};
        j["transport"] = std::string{sip::transport_text(options_.transport)};
        j["connections_closed"] = broken_;
        if (compressed_ != nullptr) {
            const auto& c = compressed_->counters();
            j["sigcomp"] = {{"received", c.received},
                            {"received_octets", c.received_octets},
                            {"received_text_octets", c.received_text_octets},
                            {"sent", c.sent},
                            {"sent_octets", c.sent_octets},
                            {"sent_text_octets", c.sent_text_octets},
                            {"nacks", c.nacks_received}};
        }
        j["operation"] = percentiles(latencies_);
        if (!challenge_.empty()) j["register_challenge"] = percentiles(challenge_);
        if (!answer_.empty()) j["register_answer"] = percentiles(answer_);
        if (!setup_.empty()) j["call_setup"] = percentiles(setup_);
        for (const auto& [status, n] : statuses_) j["statuses"][std::to_string(status)] = n;
        for (const auto& [reason, n] : reasons_) j["reasons"][reason] = n;
        std::puts(options_.json ? j.dump().c_str() : j.dump(2).c_str());
    }

    struct Timer {
        TimePoint at;
        std::uint32_t user, operation;
        Step step;
        std::uint8_t resends;
        bool operator>(const Timer& o) const { return at > o.at; }
    };

    Options options_;
    IpEndpoint pcscf_;
    bool reliable_;
    std::unique_ptr<Wire> wire_;
    Compressed* compressed_ = nullptr;
    crypto::AkaKeys keys_;
    std::vector<User> users_;
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
    // Of this run: its transactions and dialogs must not look like those of the run before.
    std::string run_ =
        std::to_string(std::chrono::system_clock::now().time_since_epoch().count() / 1000 % 10'000'000'000);
    std::uint32_t base_ = 0;
    std::uint64_t branch_ = 0, done_ = 0, failed_ = 0, resent_ = 0, passed_over_ = 0, unparsable_ = 0,
                  broken_ = 0;
    std::int64_t busy_ = 0;
    std::vector<double> latencies_, challenge_, answer_, setup_;
    std::map<int, std::uint64_t> statuses_;
    std::map<std::string, std::uint64_t> reasons_;  // of what failed below SIP
};

}  // namespace
}  // namespace ims::bench

int main(int argc, char** argv) {
    ims::bench::Options o;
    CLI::App app{"Many UEs at a stated rate, for measuring an IMS core"};
    app.add_option("--pcscf", o.pcscf, "address:port of the P-CSCF")->capture_default_str();
    app.add_option("--realm", o.realm, "home network domain")->required();
    app.add_option("--first-imsi", o.first_imsi)->capture_default_str();
    app.add_option("--first-msisdn", o.first_msisdn)->capture_default_str();
    app.add_option("--first-address", o.first_address, "loopback address of the first UE")
        ->capture_default_str();
    app.add_option("--first-user", o.first_user, "offset into IMSIs, numbers and addresses")
        ->capture_default_str();
    app.add_option("--users", o.users)->capture_default_str();
    app.add_option("--k", o.k, "K, 32 hexadecimal digits")->required();
    app.add_option("--opc", o.opc, "OPc, 32 hexadecimal digits")->required();
    app.add_option("--mode", o.mode)
        ->check(CLI::IsMember({"register", "reregister", "call", "message", "idle"}))
        ->capture_default_str();
    app.add_option("--rate", o.rate, "operations a second")->capture_default_str();
    app.add_option("--seconds", o.seconds)->capture_default_str();
    app.add_option("--settle", o.settle, "seconds of quiet between registering everybody and measuring");
    app.add_option("--hold", o.hold,
                   "seconds of quiet after the last operation, with all connections standing");
    app.add_option("--setup-rate", o.setup_rate, "registrations a second before measuring")
        ->capture_default_str();
    app.add_option("--port", o.port, "port of all UEs in Via and Contact, and over UDP")
        ->capture_default_str();
    std::string transport = "udp";
    app.add_option("--transport", transport)
        ->check(CLI::IsMember({"udp", "tcp", "tls", "ws", "wss"}))
        ->capture_default_str();
    app.add_option("--tls-ca", o.tls_ca, "root of the P-CSCF's certificate, which must speak of its address");
    app.add_flag("--sigcomp", o.sigcomp, "over UDP, TCP and TLS");
    app.add_flag("--json", o.json, "one line");
    CLI11_PARSE(app, argc, argv);
    o.transport = *ims::sip::parse_transport(transport);
    if (!ims::unhex(o.k) || o.k.size() != 32 || !ims::unhex(o.opc) || o.opc.size() != 32 ||
        !ims::IpEndpoint::parse(o.pcscf) || !ims::parse_number(o.first_imsi) ||
        !ims::parse_number(o.first_msisdn) || !ims::IpAddress::parse(o.first_address) || o.users < 2) {
        std::fputs("a key, number or address is malformed, or there are fewer than two users\n", stderr);
        return 2;
    }
    try {
        return ims::bench::Load{std::move(o)}.run();
    } catch (const std::runtime_error& e) {
        std::fprintf(stderr, "ims-load: %s\n", e.what());
        return 1;
    }
}
