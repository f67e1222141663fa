#pragma once
#include "pcscf/core/pcscf.hpp"
#include "tests/support/saved_state.hpp"

#include <deque>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

// A P-CSCF on a stage of its own: the test plays the UE on one side and the home network on the other.
namespace ims::pcscf::test {

inline const auto pcscf_at = *IpEndpoint::parse("127.0.1.10:5060");
inline const auto icscf_at = *IpEndpoint::parse("127.0.1.20:4060");
inline const auto scscf_at = *IpEndpoint::parse("127.0.1.30:6060");
inline const auto alice_at = *IpEndpoint::parse("127.0.0.2:40000");
inline const auto stranger_at = *IpEndpoint::parse("127.0.0.99:5060");

struct Sent {
    sip::Message message;
    IpEndpoint to;
    sip::Transport transport = sip::Transport::Udp;
    bool over_flow = true;            // else to a target: a connection may have to be opened
    std::optional<IpEndpoint> local;  // of a target
    std::uint64_t id = 0;             // in TransportFailed
};

// Lines joined by CRLF, with an empty line and a Content-Length at the end.
inline std::string text(const std::vector<std::string>& lines, const std::string& body = {}) {
    std::string out;
    for (const auto& line : lines) out += line + "\r\n";
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return out;
}

class Stage {
  public:
    explicit Stage(Config c = lab(), std::vector<sip::ListeningPoint> further = {})
        : config_{std::move(c)}, further_{std::move(further)} {
        build();
    }

    static Config lab() {
        Config c;
        c.uri = "sip:127.0.1.10:5060";
        c.visited_network = "ims.mnc001.mcc001.3gppnetwork.org";
        c.security = Security::Off;
        c.subscribe_to_reg_event = false;
        return c;
    }

    void build() {
        sip::ElementConfig element;
        element.listen = {{sip::Transport::Udp, pcscf_at}, {sip::Transport::Tcp, pcscf_at}};
        element.listen.insert(element.listen.end(), further_.begin(), further_.end());
        element.locator.routes = {
            {"ims.mnc001.mcc001.3gppnetwork.org", {{sip::Transport::Udp, icscf_at, {}}}},
            {"second.example", {{sip::Transport::Udp, *IpEndpoint::parse("127.0.1.21:4060"), {}}}}};
        node_ = std::make_unique<Pcscf>(config_, element, random_);
    }
    void restart() {  // saves, builds anew, restores
        const auto before = std::move(node_);
        build();
        std::string why;
        REQUIRE(ims::test::hand_over(*before, *node_, now, now, why));
    }

    Pcscf& node() { return *node_; }

    void receive(const std::string& message, const IpEndpoint& from,
                 sip::Transport transport = sip::Transport::Udp, std::uint64_t connection = 0) {
        receive(message, {transport, pcscf_at, from, connection});
    }
    void receive(const std::string& message, const sip::Flow& flow) {
        event(sip::Received{sip::make_buffer(message), flow});
    }
    void event(const Event& e) {
        Effects out;
        node_->handle(e, now, out);
        take(out);
    }
    // Moves time on, stopping at each deadline.
    void advance(Duration d) {
        const auto end = now + d;
        while (const auto next = node_->next_deadline()) {
            if (*next > end) break;
            now = std::max(now, *next);
            Effects out;
            node_->handle_timeout(now, out);
            take(out);
        }
        now = end;
    }

    bool silent() const { return sent.empty(); }
    // The next message that left, which must be a request (a response) as named.
    Sent request(std::string_view method) {
        REQUIRE(!sent.empty());
        auto s = std::move(sent.front());
        sent.pop_front();
        REQUIRE(s.message.is_request());
        REQUIRE(s.message.method_name() == method);
        return s;
    }
    Sent response(int status) {
        REQUIRE(!sent.empty());
        auto s = std::move(sent.front());
        sent.pop_front();
        REQUIRE(s.message.is_response());
        REQUIRE(s.message.status() == status);
        return s;
    }
    bool noted(std::string_view id) const {
        for (const auto& n : notes)
            if (n.id == id) return true;
        return false;
    }
    const Note& last(std::string_view id) const {
        for (auto n = notes.rbegin(); n != notes.rend(); ++n)
            if (n->id == id) return *n;
        FAIL("no note " << id);
        return notes.front();
    }

    // The answer of the next hop: `request` as it arrived there, with these lines more.
    std::string answer(const sip::Message& request, int status, const std::vector<std::string>& lines = {},
                       std::string_view to_tag = "remote") {
        auto r = sip::Message::response(request, status, {}, to_tag);
        for (const auto& line : lines) {
            const auto colon = line.find(':');
            r.append_raw(line.substr(0, colon), line.substr(colon + 2));
        }
        return r.serialize();
    }

    // Registers Alice; returns the Path URI that the home network got.
    std::string register_alice(const IpEndpoint& at = alice_at,
                               const std::vector<std::string>& more_in_200 = {}) {
        receive(a_register(at), at);
        const auto forwarded = request("REGISTER");
        auto lines = accepted();
        lines.insert(lines.end(), more_in_200.begin(), more_in_200.end());
        receive(answer(forwarded.message, 200, lines), icscf_at);
        (void)response(200);
        return forwarded.message.get<sip::h::Path>()->uri.text();
    }
    static std::vector<std::string> accepted() {
        return {"Contact: <sip:alice@127.0.0.2:40000>;expires=3600",
                "Service-Route: <sip:orig@127.0.1.30:6060;lr>",
                "P-Associated-URI: \"Alice\" <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>",
                "P-Associated-URI: <sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>",
                "P-Associated-URI: <tel:+1555>"};
    }
    std::string a_register(const IpEndpoint& at = alice_at, const std::vector<std::string>& more = {},
                           const std::string& expires = "3600",
                           const std::string& authorization =
                               "Digest username=\"001010000000001@ims.mnc001.mcc001.3gppnetwork.org\", "
                               "realm=\"ims.mnc001.mcc001.3gppnetwork.org\", nonce=\"\", "
                               "uri=\"sip:ims.mnc001.mcc001.3gppnetwork.org\", response=\"\"") {
        ++cseq_;
        std::vector<std::string> lines{
            "REGISTER sip:ims.mnc001.mcc001.3gppnetwork.org SIP/2.0",
            "Via: SIP/2.0/UDP " + at.text() + ";branch=z9hG4bKreg" + std::to_string(cseq_) + ";rport",
            "Max-Forwards: 70",
            "From: <sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=a",
            "To: <sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>",
            "Call-ID: reg-alice",
            "CSeq: " + std::to_string(cseq_) + " REGISTER",
            "Contact: <sip:alice@127.0.0.2:40000>",
            "Expires: " + expires};
        if (!authorization.empty()) lines.push_back("Authorization: " + authorization);
        lines.insert(lines.end(), more.begin(), more.end());
        return text(lines);
    }
    // A request of Alice's.
    std::string from_alice(const std::string& method, const std::vector<std::string>& more = {},
                           const std::string& target = "sip:+1666@ims.mnc001.mcc001.3gppnetwork.org",
                           const std::string& to_tag = {}) {
        ++cseq_;
        std::vector<std::string> lines{
            method + " " + target + " SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.0.2:40000;branch=z9hG4bKa" + std::to_string(cseq_) + ";rport",
            "Max-Forwards: 70",
            "From: <sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=alice",
            "To: <sip:+1666@ims.mnc001.mcc001.3gppnetwork.org>" + (to_tag.empty() ? "" : ";tag=" + to_tag),
            "Call-ID: call-1",
            "CSeq: " + std::to_string(cseq_) + " " + method,
            "Contact: <sip:alice@127.0.0.2:40000>"};
        lines.insert(lines.end(), more.begin(), more.end());
        return text(lines);
    }
    // A request for Alice from her S-CSCF.
    std::string for_alice(const std::string& method, const std::string& route,
                          const std::vector<std::string>& more = {}, const std::string& to_tag = {}) {
        ++cseq_;
        std::vector<std::string> lines{
            method + " sip:alice@127.0.0.2:40000 SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.1.30:6060;branch=z9hG4bKt" + std::to_string(cseq_),
            "Route: <" + route + ">",
            "Max-Forwards: 66",
            "From: <sip:+1666@ims.mnc001.mcc001.3gppnetwork.org>;tag=bob",
            "To: <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>" + (to_tag.empty() ? "" : ";tag=" + to_tag),
            "Call-ID: call-2",
            "CSeq: " + std::to_string(cseq_) + " " + method,
            "Contact: <sip:bob@127.0.0.3:40001>"};
        lines.insert(lines.end(), more.begin(), more.end());
        return text(lines);
    }

    TimePoint now{std::chrono::hours{1}};
    std::deque<Sent> sent;
    std::vector<Note> notes;

  private:
    void take(const Effects& out) {
        for (const auto& effect : out) {
            if (const auto* t = std::get_if<sip::Transmit>(&effect)) {
                auto parsed = sip::Message::parse(t->bytes);
                REQUIRE(parsed.has_value());
                if (const auto* flow = std::get_if<sip::Flow>(&t->to)) {
                    sent.push_back(
                        {std::move(*parsed), flow->remote, flow->transport, true, flow->local, t->id});
                } else {
                    const auto& target = std::get<sip::Target>(t->to);
                    sent.push_back(
                        {std::move(*parsed), target.remote, target.transport, false, target.local, t->id});
                }
            } else if (const auto* n = std::get_if<Note>(&effect)) {
                notes.push_back(*n);
            }
        }
    }

    Config config_;
    std::vector<sip::ListeningPoint> further_;
    SeededRandom random_{7};
    std::unique_ptr<Pcscf> node_;
    unsigned cseq_ = 0;
};

}  // namespace ims::pcscf::test
