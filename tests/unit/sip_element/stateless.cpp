#include "stage.hpp"

using namespace ims;
using namespace ims::sip;
using namespace ims::sip::stage;

namespace {

ElementConfig a_stateless_proxy() {
    auto config = a_proxy();
    config.forwards_statelessly = true;
    return config;
}

Branch on(const RequestArrived& request) {
    return {request.request, udp_to("192.0.2.20:5060"), 1000, {}, {}};
}

Packet forwarded(Stage& s, Branch branch, const RequestArrived& request) {
    s.call([&](Element& element, TimePoint now, ElementOutputs& out) {
        element.forward_stateless(request.transaction, std::move(branch), now, out);
    });
    return s.sent();
}
Packet forwarded(Stage& s, const Request& request, const Flow& from = udp_from("192.0.2.1:5060")) {
    s.receive(request, from);
    const auto arrived = s.arrived();
    return forwarded(s, on(arrived), arrived);
}

}  // namespace

TEST_CASE("what is forwarded statelessly leaves nothing behind", "[RFC3261-16.11]") {
    Stage s{a_stateless_proxy()};
    const auto sent = forwarded(s, Request{.method = "BYE", .to_tag = "bob"});
    CHECK(sent.peer() == "192.0.2.20:5060");
    CHECK(*sent.message.get<h::MaxForwards>() == 69);
    CHECK(sent.message.all<h::Via>()->size() == 2);
    CHECK(s.element.transactions() == 0);
    CHECK(s.element.idle());
    s.advance(200s);
    CHECK(s.silent());
}

TEST_CASE("a repetition, the CANCEL and the ACK of a refusal have the branch of their INVITE",
          "[RFC3261-16.11][RFC3261-17.1.1.3]") {
    const auto same = [](const Request& invite) {
        Stage s{a_stateless_proxy()};
        const auto branch = std::string{forwarded(s, invite).message.top_branch()};
        CHECK(branch.starts_with("z9hG4bK"));
        CHECK(forwarded(s, invite).message.top_branch() == branch);

        auto cancel = invite;
        cancel.method = "CANCEL";
        CHECK(forwarded(s, cancel).message.top_branch() == branch);

        auto ack = invite;
        ack.method = "ACK";
        ack.to_tag = "busy";
        s.receive(ack);
        const auto arrived = s.take<AckArrived>();
        s.call([&](Element& element, TimePoint now, ElementOutputs& out) {
            element.forward_ack({arrived.request, udp_to("192.0.2.20:5060"), 1000, {}, {}}, now, out);
        });
        CHECK(s.sent().message.top_branch() == branch);
    };
    same(Request{});
    same(Request{.branch = "old-style"});  // RFC 2543
}

TEST_CASE("another transaction has another branch", "[RFC3261-16.11]") {
    Stage s{a_stateless_proxy()};
    const auto first = std::string{forwarded(s, Request{.method = "INFO"}).message.top_branch()};
    CHECK(forwarded(s, Request{.method = "INFO", .branch = "z9hG4bKcaller2"}).message.top_branch() != first);
    CHECK(forwarded(s, Request{.method = "INFO", .sent_by = "192.0.2.2:5060"}).message.top_branch() != first);
    const auto old = Request{.method = "INFO", .branch = "old"};
    auto next = old;
    next.cseq = 2;
    CHECK(forwarded(s, old).message.top_branch() != forwarded(s, next).message.top_branch());
}

TEST_CASE("a response to what was forwarded statelessly goes to where the next Via says",
          "[RFC3261-16.11][RFC3581-4]") {
    Stage s{a_stateless_proxy()};
    const auto back = [&](const Request& request, const Flow& from) {
        s.answer(forwarded(s, request, from), 200);
        CHECK_FALSE(s.has<ResponseToForward>());
        auto response = s.sent();
        CHECK(response.message.status() == 200);
        CHECK(response.message.all<h::Via>()->size() == 1);
        return response;
    };
    CHECK(back({.method = "INFO"}, udp_from("192.0.2.1:4444")).peer() == "192.0.2.1:5060");
    CHECK(back({.method = "INFO", .via_params = ";rport"}, udp_from("192.0.2.1:4444")).peer() ==
          "192.0.2.1:4444");
    CHECK(back({.method = "INFO", .sent_by = "caller.example:5080"}, udp_from("192.0.2.7:4444")).peer() ==
          "192.0.2.7:5080");
    const auto stream = back({.method = "INFO", .transport = "TCP"}, tcp_from("192.0.2.1:40123"));
    CHECK(stream.peer() == "192.0.2.1:5060");
    CHECK(stream.transport() == Transport::Tcp);
    // A provisional one as well, and each repetition of the 200: there is nobody to absorb it.
    const auto invite = forwarded(s, Request{});
    s.answer(invite, 180);
    CHECK(s.sent().message.status() == 180);
    s.answer(invite, 200);
    s.answer(invite, 200);
    CHECK(s.sent().message.status() == 200);
    CHECK(s.sent().message.status() == 200);
}

TEST_CASE("a response whose top Via is not ours is dropped", "[RFC3261-16.11]") {
    Stage s{a_stateless_proxy()};
    const auto sent = forwarded(s, Request{.method = "INFO"});
    auto text = Message::response(sent.message, 200, {}, "bob").serialize();
    const auto at = text.find("192.0.2.10:5060");
    REQUIRE(at != std::string::npos);
    text.replace(at, 15, "192.0.2.11:5060");
    s.receive(text, udp_from("192.0.2.20:5060"));
    CHECK(s.silent());
    CHECK(s.noted("sip.response.unmatched") != nullptr);
    // Without a second Via it leads nowhere.
    auto alone = Message::response(sent.message, 200, {}, "bob");
    const auto own = alone.top_via();
    alone.remove<h::Via>();
    alone.set<h::Via>(own);
    s.receive(alone.serialize(), udp_from("192.0.2.20:5060"));
    CHECK(s.silent());
}

TEST_CASE("a CANCEL without its INVITE is 481 where every INVITE has state", "[RFC3261-16.10]") {
    Stage s;
    s.receive(Request{.method = "CANCEL"});
    CHECK(s.sent().message.status() == 481);
}

TEST_CASE("a CANCEL of an INVITE that has state stays here", "[RFC3261-16.10]") {
    Stage s{a_stateless_proxy()};
    s.receive(Request{});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    (void)s.sent();
    s.receive(Request{.method = "CANCEL"});
    CHECK(s.sent().message.status() == 200);
    CHECK_FALSE(s.has<RequestArrived>());
}

TEST_CASE("checks come before a request is forwarded, with state or without", "[RFC3261-16.3]") {
    Stage s{a_stateless_proxy()};
    s.receive(Request{.method = "INFO", .extra = "Proxy-Require: magic\r\n"});
    CHECK(s.sent().message.status() == 420);
    s.receive(Request{.method = "CANCEL", .max_forwards = 0});
    CHECK(s.sent().message.status() == 483);
}

TEST_CASE("of several targets a stateless request takes always the same one",
          "[RFC3261-16.11][RFC3263-4.4]") {
    Stage s{a_stateless_proxy()};
    const auto host = [&](const Request& request) {
        s.receive(request);
        const auto arrived = s.arrived();
        s.call([&](Element& element, TimePoint now, ElementOutputs& out) {
            element.forward_stateless(
                arrived.transaction,
                {arrived.request, *Uri::parse("sip:next.example;transport=udp"), 1000, {}, {}}, now, out);
        });
        while (!s.queries.empty()) {
            const auto query = s.queries.front();
            s.queries.pop_front();
            if (query.type == dns::Type::Srv) {
                std::vector<dns::Record> records;
                for (const auto* target : {"c.example", "a.example", "b.example"}) {
                    dns::Record record;
                    record.type = dns::Type::Srv;
                    record.ttl = std::chrono::seconds{600};
                    record.priority = 1;
                    record.weight = 10;
                    record.port = 5060;
                    record.target = target;
                    records.push_back(record);
                }
                s.resolves(query, records);
            } else if (query.type == dns::Type::A) {
                dns::Record record;
                record.type = dns::Type::A;
                record.ttl = std::chrono::seconds{600};
                record.address = *IpAddress::parse("198.51.100." + std::to_string(query.name.front()));
                s.resolves(query, {record});
            } else {
                s.resolves(query, {});
            }
        }
        return s.sent().peer();
    };
    for (int i = 0; i < 20; ++i)
        CHECK(host(Request{.method = "INFO", .branch = "z9hG4bK" + std::to_string(i)}) ==
              "198.51.100.97:5060");
}

TEST_CASE("a stateless request for which there is no way is answered, an ACK is not", "[RFC3261-16.9]") {
    Stage s{a_stateless_proxy()};
    s.receive(Request{.method = "INFO"});
    const auto request = s.arrived();
    const auto answer =
        forwarded(s, {request.request, *Uri::parse("sip:192.0.2.20;transport=sctp"), 1000, {}, {}}, request);
    CHECK(answer.message.status() == 504);
    CHECK(answer.peer() == "192.0.2.1:5060");
    CHECK(answer.message.all<h::Via>()->size() == 1);

    s.receive(Request{.method = "ACK", .to_tag = "bob"});
    const auto ack = s.take<AckArrived>();
    s.call([&](Element& element, TimePoint now, ElementOutputs& out) {
        element.forward_ack({ack.request, *Uri::parse("sip:192.0.2.20;transport=sctp"), 1000, {}, {}}, now,
                            out);
    });
    CHECK(s.silent());
}
