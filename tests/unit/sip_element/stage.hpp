#pragma once
#include "common/sip/proxy/element.hpp"

#include <deque>
#include <string>

#include <catch2/catch.hpp>

// One Element on a stage under virtual time: the test plays its peers, its node and the clock.
namespace ims::sip::stage {

inline IpEndpoint at(std::string_view text) {
    const auto endpoint = IpEndpoint::parse(text);
    REQUIRE(endpoint.has_value());
    return *endpoint;
}

inline const std::string proxy_address = "192.0.2.10:5060";

inline ElementConfig a_proxy() {
    ElementConfig config;
    config.listen = {{Transport::Udp, at(proxy_address)}, {Transport::Tcp, at(proxy_address)}};
    config.own_names = {"proxy.example"};
    return config;
}

inline Flow udp_from(std::string_view remote) {
    return {Transport::Udp, at(proxy_address), at(remote), 0};
}
inline Flow tcp_from(std::string_view remote, std::uint64_t connection = 7) {
    return {Transport::Tcp, at(proxy_address), at(remote), connection};
}
inline Target udp_to(std::string_view remote) {
    return {Transport::Udp, at(remote), {}};
}

// A packet the element sent.
struct Packet {
    std::uint64_t id = 0;
    Message message;
    std::variant<Flow, Target> to;

    Transport transport() const {
        return std::visit([](const auto& d) { return d.transport; }, to);
    }
    std::string peer() const {
        return std::visit([](const auto& d) { return d.remote.text(); }, to);
    }
};

// What a request says unless the test says otherwise.
struct Request {
    std::string method = "INVITE";
    std::string uri = "sip:bob@192.0.2.20";
    std::string branch = "z9hG4bKcaller1";
    std::string sent_by = "192.0.2.1:5060";
    std::string via_params = "";
    std::string call_id = "call-1";
    std::string to_tag = "";
    std::string extra = "";  // whole header lines with CRLF
    int cseq = 1;
    int max_forwards = 70;
    std::string body = "";
    std::string transport = "UDP";

    std::string text() const {
        return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/" + transport + " " + sent_by +
               ";branch=" + branch + via_params + "\r\nMax-Forwards: " + std::to_string(max_forwards) +
               "\r\nFrom: <sip:alice@example.com>;tag=alice\r\nTo: <sip:bob@example.com>" +
               (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: " + call_id +
               "\r\nCSeq: " + std::to_string(cseq) + " " + method + "\r\nContact: <sip:alice@192.0.2.1>\r\n" +
               extra + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
};

class Stage {
  public:
    explicit Stage(ElementConfig config = a_proxy()) : element{std::move(config), random_} {}

    // ---- peers
    void receive(const std::string& text, const Flow& from, Duration waited = {}) {
        element.handle(Received{make_buffer(text), from, waited}, now, outputs_);
        sort();
    }
    void receive(const Request& request, const Flow& from = udp_from("192.0.2.1:5060")) {
        receive(request.text(), from);
    }
    // A peer answers a request the element sent.
    void answer(const Packet& request, int status, const std::string& tag = "bob",
                const std::string& extra = "") {
        auto response = Message::response(request.message, status, {}, tag);
        auto text = response.serialize();
        if (!extra.empty()) text.insert(text.find("\r\n\r\n") + 2, extra);
        const Flow from{request.transport(), at(proxy_address), at(request.peer()), 0};
        receive(text, from);
    }
    // The caller acknowledges a final response to its INVITE.
    void acknowledge(const Request& invite, const Packet& response,
                     const Flow& from = udp_from("192.0.2.1:5060")) {
        auto ack = invite;
        ack.method = "ACK";
        ack.to_tag = std::string{response.message.to_tag()};
        receive(ack, from);
    }
    void transport_fails(const Packet& packet) {
        element.handle(TransportFailed{packet.id, "connection refused"}, now, outputs_);
        sort();
    }
    void resolves(const dns::Query& query, std::vector<dns::Record> records) {
        element.handle(dns::Answer{query, std::move(records), false, {}}, now, outputs_);
        sort();
    }

    // ---- the node
    RequestArrived arrived() { return take<RequestArrived>(); }
    void forward(const RequestArrived& request, std::vector<std::string> peers, ForwardOptions options = {}) {
        std::vector<Branch> branches;
        branches.reserve(peers.size());
        for (const auto& peer : peers) branches.push_back({request.request, udp_to(peer), 1000, {}, {}});
        forward(request, std::move(branches), options);
    }
    void forward(const RequestArrived& request, std::vector<Branch> branches, ForwardOptions options = {}) {
        element.forward(request.transaction, std::move(branches), now, outputs_, options);
        sort();
    }
    void respond(ServerTransactionId id, Message response) {
        element.respond(id, std::move(response), now, outputs_);
        sort();
    }
    void respond(const RequestArrived& request, int status, std::string_view tag = "node") {
        respond(request.transaction, Message::response(request.request, status, {}, tag));
    }
    // Passes on what the element wants to pass on, unchanged.
    ResponseToForward pass_on() {
        auto response = take<ResponseToForward>();
        respond(response.transaction, response.response);
        return response;
    }
    template <class F>
    void call(F f) {
        f(element, now, outputs_);
        sort();
    }

    // ---- the clock
    void advance(Duration by) {
        const auto end = now + by;
        for (auto next = element.next_deadline(); next && *next <= end; next = element.next_deadline()) {
            now = std::max(now, *next);
            element.handle_timeout(now, outputs_);
            sort();
        }
        now = end;
    }
    Duration elapsed() const { return now - start; }

    // ---- what the element said, in order
    Packet sent() {
        REQUIRE_FALSE(packets.empty());
        auto packet = std::move(packets.front());
        packets.pop_front();
        return packet;
    }
    bool silent() const { return packets.empty(); }
    template <class T>
    bool has() const {
        for (const auto& e : events)
            if (std::holds_alternative<T>(e)) return true;
        return false;
    }
    template <class T>
    T take() {
        for (auto e = events.begin(); e != events.end(); ++e) {
            if (!std::holds_alternative<T>(*e)) continue;
            auto value = std::get<T>(std::move(*e));
            events.erase(e);
            return value;
        }
        FAIL("the element did not say that");
        std::abort();
    }
    const Note* noted(std::string_view id) const {
        for (const auto& n : notes)
            if (n.id == id) return &n;
        return nullptr;
    }

  private:
    SeededRandom random_{1};

  public:
    static constexpr TimePoint start{std::chrono::hours{1}};
    TimePoint now = start;
    Element element;
    std::deque<Packet> packets;
    std::deque<ElementOutput> events;
    std::vector<Note> notes;
    std::deque<dns::Query> queries;
    std::vector<std::string> fragments;  // sent, and no message that a parser takes

  private:
    void sort() {
        for (auto& output : outputs_) {
            if (auto* transmit = std::get_if<Transmit>(&output)) {
                auto message = Message::parse(transmit->bytes);
                if (!message) {  // the answer to a request that lacks what every answer copies
                    fragments.push_back(*transmit->bytes);
                    continue;
                }
                packets.push_back({transmit->id, std::move(*message), transmit->to});
            } else if (auto* note = std::get_if<Note>(&output)) {
                notes.push_back(std::move(*note));
            } else if (auto* query = std::get_if<dns::Query>(&output)) {
                queries.push_back(std::move(*query));
            } else {
                events.push_back(std::move(output));
            }
        }
        outputs_.clear();
    }
    ElementOutputs outputs_;
};

}  // namespace ims::sip::stage
