#include "common/sip/proxy/element.hpp"

#include <deque>
#include <map>
#include <set>

#include <catch2/catch.hpp>

// Alice, a proxy and Bob, each an Element, joined by a wire that takes 10 ms and loses the packets it is told
// to.
using namespace ims;
using namespace ims::sip;

namespace {

constexpr Duration wire_delay = 10ms;

IpEndpoint at(std::string_view text) {
    return *IpEndpoint::parse(text);
}
const IpEndpoint alice_at = at("192.0.2.1:5060"), proxy_at = at("192.0.2.10:5060"),
                 bob_at = at("192.0.2.20:5060");

enum class Plan { Message, Answered, Busy, Cancelled };

class World {
  public:
    World(Plan plan, std::set<std::size_t> lost, Transport transport = Transport::Udp)
        : plan_{plan}, lost_{std::move(lost)}, transport_{transport} {
        for (const auto& endpoint : {alice_at, proxy_at, bob_at}) {
            ElementConfig config;
            config.listen = {{transport, endpoint}};
            hosts_.emplace(endpoint, Element{std::move(config), random_});
        }
    }

    void run() {
        start();
        for (int steps = 0; steps < 2000; ++steps) {
            auto next = wire_.empty() ? std::optional<TimePoint>{} : std::optional{wire_.front().arrives};
            for (const auto& [endpoint, element] : hosts_) next = earliest(next, element.next_deadline());
            next = earliest(next, cancel_at_);
            if (repeat_) next = earliest(next, repeat_->at);
            if (!next) return;
            REQUIRE(*next >= now_);
            now_ = *next;
            step();
        }
        FAIL("the world does not come to rest");
    }

    std::size_t packets = 0;  // put on the wire, lost ones included
    std::vector<int> finals;  // what Alice got, 2xx repetitions not counted
    bool failed = false;      // or a RequestFailed
    int requests_at_bob = 0;
    int acks_at_bob = 0;       // of a 2xx
    bool bob_ringing = false;  // from 180 to the end
    bool alice_in_call = false, bob_in_call = false;
    std::vector<std::string> ladder;

    bool at_rest() const {
        for (const auto& [endpoint, element] : hosts_)
            if (element.transactions() != 0 || !element.idle()) return false;
        return true;
    }

  private:
    struct Packet {
        TimePoint arrives;
        IpEndpoint from, to;
        Buffer bytes;
    };
    struct Repeat {  // RFC 3261 13.3.1.4: Bob's 2xx until its ACK comes
        ServerTransactionId id;
        Message response;
        TimePoint at, until;
        Duration interval;
    };

    Element& host(const IpEndpoint& e) { return hosts_.at(e); }
    Target to(const IpEndpoint& e) const { return {transport_, e, {}}; }

    void start() {
        auto request = Message::request(plan_ == Plan::Message ? Method::Message : Method::Invite,
                                        Uri::sip("bob", "192.0.2.20"));
        request.set_raw(HeaderId::From, "<sip:alice@example.com>;tag=a");
        request.set_raw(HeaderId::To, "<sip:bob@example.com>");
        request.set_raw(HeaderId::CallId, "lossy");
        request.set_raw(HeaderId::CSeq, plan_ == Plan::Message ? "1 MESSAGE" : "1 INVITE");
        ElementOutputs out;
        invite_ = host(alice_at).send(std::move(request), to(proxy_at), now_, out);
        if (plan_ == Plan::Cancelled) cancel_at_ = now_ + 1s;
        take(alice_at, out);
    }

    void step() {
        while (!wire_.empty() && wire_.front().arrives <= now_) {
            const auto packet = wire_.front();
            wire_.pop_front();
            ElementOutputs out;
            host(packet.to).handle(Received{packet.bytes, {transport_, packet.to, packet.from, 0}}, now_,
                                   out);
            take(packet.to, out);
        }
        if (cancel_at_ && *cancel_at_ <= now_) {
            cancel_at_.reset();
            ElementOutputs out;
            host(alice_at).cancel(invite_, now_, out);
            take(alice_at, out);
        }
        if (repeat_ && repeat_->at <= now_) {
            ElementOutputs out;
            host(bob_at).respond(repeat_->id, repeat_->response, now_, out);
            repeat_->interval = std::min<Duration>(2 * repeat_->interval, 4s);
            repeat_->at = now_ + repeat_->interval;
            if (repeat_->at > repeat_->until) repeat_.reset();
            take(bob_at, out);
        }
        for (auto& [endpoint, element] : hosts_) {
            const auto next = element.next_deadline();
            if (!next || *next > now_) continue;
            ElementOutputs out;
            element.handle_timeout(now_, out);
            take(endpoint, out);
        }
    }

    void take(const IpEndpoint& who, ElementOutputs& first) {
        std::deque<ElementOutput> todo{std::make_move_iterator(first.begin()),
                                       std::make_move_iterator(first.end())};
        while (!todo.empty()) {
            auto output = std::move(todo.front());
            todo.pop_front();
            ElementOutputs more;
            if (auto* transmit = std::get_if<Transmit>(&output))
                put(who, *transmit);
            else if (who == alice_at)
                alice(output, more);
            else if (who == proxy_at)
                proxy(output, more);
            else
                bob(output, more);
            for (auto& m : more) todo.push_back(std::move(m));
        }
    }

    void put(const IpEndpoint& from, const Transmit& transmit) {
        const auto to = std::visit([](const auto& d) { return d.remote; }, transmit.to);
        const bool lose = lost_.contains(packets++);
        ladder.push_back(std::to_string((now_ - TimePoint{}) / 1ms) + " ms " + from.text() + " -> " +
                         to.text() + " " + transmit.bytes->substr(0, transmit.bytes->find('\r')) +
                         (lose ? "  LOST" : ""));
        if (!lose) wire_.push_back({now_ + wire_delay, from, to, transmit.bytes});
    }

    void alice(ElementOutput& output, ElementOutputs& more) {
        if (std::holds_alternative<RequestFailed>(output)) failed = true;
        auto* arrived = std::get_if<ResponseArrived>(&output);
        if (arrived == nullptr || arrived->response.status() < 200) return;
        const int status = arrived->response.status();
        if (plan_ != Plan::Message && status < 300) {
            alice_in_call = true;
            auto ack = Message::request(Method::Ack, Uri::sip("bob", "192.0.2.20"));
            for (const auto id : {HeaderId::From, HeaderId::To, HeaderId::CallId})
                ack.set_raw(id, *arrived->response.raw(id));
            ack.set_raw(HeaderId::CSeq, "1 ACK");
            host(alice_at).send_ack(std::move(ack), to(proxy_at), now_, more);
            if (!finals.empty()) return;
        }
        finals.push_back(status);
    }

    void proxy(ElementOutput& output, ElementOutputs& more) {
        if (auto* request = std::get_if<RequestArrived>(&output))
            host(proxy_at).forward(request->transaction, {Branch{request->request, to(bob_at), 1000, {}, {}}},
                                   now_, more);
        else if (auto* ack = std::get_if<AckArrived>(&output))
            host(proxy_at).forward_ack(Branch{std::move(ack->request), to(bob_at), 1000, {}, {}}, now_, more);
        else if (auto* response = std::get_if<ResponseToForward>(&output))
            host(proxy_at).respond(response->transaction, std::move(response->response), now_, more);
    }

    void bob(ElementOutput& output, ElementOutputs& more) {
        auto& element = host(bob_at);
        if (auto* request = std::get_if<RequestArrived>(&output)) {
            ++requests_at_bob;
            const auto id = request->transaction;
            const auto answer = [&](int status) {
                return Message::response(request->request, status, {}, "b");
            };
            if (plan_ == Plan::Message) return element.respond(id, answer(200), now_, more);
            bob_ringing = true;
            element.respond(id, answer(180), now_, more);
            if (plan_ == Plan::Busy) {
                bob_ringing = false;
                element.respond(id, answer(486), now_, more);
            }
            if (plan_ == Plan::Answered) {
                bob_ringing = false;
                bob_in_call = true;
                element.respond(id, answer(200), now_, more);
                repeat_ = Repeat{id, answer(200), now_ + 500ms, now_ + 32s, 500ms};
            }
        } else if (std::holds_alternative<Cancelled>(output)) {
            bob_ringing = false;
        } else if (std::holds_alternative<AckArrived>(output)) {
            ++acks_at_bob;
            repeat_.reset();
        } else if (auto* ended = std::get_if<TransactionEnded>(&output)) {
            CHECK_FALSE(ended->ack_missing);
        }
    }

    Plan plan_;
    std::set<std::size_t> lost_;
    Transport transport_;
    SeededRandom random_{7};
    TimePoint now_{};
    std::map<IpEndpoint, Element> hosts_;
    std::deque<Packet> wire_;
    ClientTransactionId invite_;
    std::optional<TimePoint> cancel_at_;
    std::optional<Repeat> repeat_;
};

void check(Plan plan, const std::set<std::size_t>& lost) {
    World world{plan, lost};
    world.run();
    std::string ladder;
    for (const auto& line : world.ladder) ladder += line + "\n";
    INFO(ladder);
    CHECK(world.requests_at_bob == 1);
    CHECK_FALSE(world.failed);
    CHECK(world.at_rest());
    CHECK_FALSE(world.bob_ringing);
    REQUIRE(world.finals.size() == 1);
    switch (plan) {
        case Plan::Message: CHECK(world.finals[0] == 200); break;
        case Plan::Busy: CHECK(world.finals[0] == 486); break;
        case Plan::Cancelled: CHECK(world.finals[0] == 487); break;
        case Plan::Answered:
            CHECK(world.finals[0] == 200);
            CHECK(world.alice_in_call);
            CHECK(world.bob_in_call);
            CHECK(world.acks_at_bob >= 1);
            break;
    }
}

std::size_t packets_without_loss(Plan plan) {
    World world{plan, {}};
    world.run();
    return world.packets;
}

}  // namespace

TEST_CASE("every flow comes to its end on a wire that loses nothing, and repeats nothing", "[RFC3261-17]") {
    for (const auto plan : {Plan::Message, Plan::Answered, Plan::Busy, Plan::Cancelled}) check(plan, {});
    CHECK(packets_without_loss(Plan::Message) == 4);
    CHECK(packets_without_loss(Plan::Answered) == 8);  // INVITE, 180, 200 and ACK, each over two hops
    CHECK(packets_without_loss(Plan::Busy) == 8);
    CHECK(packets_without_loss(Plan::Cancelled) == 12);  // and CANCEL, its 200, 487 and ACK
}

TEST_CASE("every flow survives the loss of any single packet", "[RFC3261-17]") {
    for (const auto plan : {Plan::Message, Plan::Answered, Plan::Busy, Plan::Cancelled})
        for (std::size_t i = 0; i < packets_without_loss(plan); ++i) check(plan, {i});
}

TEST_CASE("every flow survives the loss of any two packets", "[RFC3261-17]") {
    for (const auto plan : {Plan::Message, Plan::Answered, Plan::Busy, Plan::Cancelled}) {
        const auto count = packets_without_loss(plan) + 4;  // repetitions may be lost too
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t j = i + 1; j < count; ++j) check(plan, {i, j});
    }
}

TEST_CASE("over a reliable transport nothing is ever repeated", "[RFC3261-17]") {
    World world{Plan::Busy, {}, Transport::Tcp};
    world.run();
    CHECK(world.finals == std::vector<int>{486});
    CHECK(world.packets == 8);
    CHECK(world.at_rest());
}
