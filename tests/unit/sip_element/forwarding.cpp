#include "stage.hpp"

using namespace ims;
using namespace ims::sip;
using namespace ims::sip::stage;

TEST_CASE("a MESSAGE is forwarded and its 200 comes back", "[RFC3261-16]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE"});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto message = s.sent();
    CHECK(message.peer() == "192.0.2.20:5060");
    CHECK(*message.message.get<h::MaxForwards>() == 69);
    CHECK(message.message.top_via().host == "192.0.2.10");
    CHECK(message.message.all<h::Via>()->size() == 2);
    s.answer(message, 200);
    CHECK(s.pass_on().origin == ResponseToForward::Origin::Received);
    const auto ok = s.sent();
    CHECK(ok.message.status() == 200);
    CHECK(ok.message.all<h::Via>()->size() == 1);
    CHECK(ok.peer() == "192.0.2.1:5060");
    CHECK(s.element.idle());
    s.advance(32s);
    CHECK(s.element.transactions() == 0);
}

TEST_CASE(
    "what is forwarded keeps what nobody touched and gains Via, Max-Forwards, Max-Breadth and Record-Route",
    "[RFC3261-16.6][RFC5393-5.3]") {
    Stage s;
    s.receive(Request{
        .extra =
            "X-Unknown:  as it came \r\nRoute: <sip:next.example;lr>\r\nRecord-Route: <sip:before;lr>\r\n",
        .max_forwards = 17});
    const auto request = s.arrived();
    Branch branch{
        request.request, udp_to("192.0.2.20:5060"), 1000, NameAddr{Uri::sip("", "proxy.example")}, {}};
    branch.record_route->uri.params.set("lr");
    s.forward(request, {branch});
    const auto sent = s.sent();
    CHECK(*sent.message.get<h::MaxForwards>() == 16);
    CHECK(*sent.message.get<h::MaxBreadth>() == 60);
    CHECK(sent.message.raw("X-Unknown") == "as it came");
    CHECK(sent.message.serialize().find("X-Unknown:  as it came \r\n") != std::string::npos);
    const auto recorded = sent.message.all<h::RecordRoute>();
    REQUIRE(recorded->size() == 2);
    CHECK((*recorded)[0].uri.text() == "sip:proxy.example;lr");
    CHECK(sent.message.request_uri().text() == "sip:bob@192.0.2.20");
    const auto vias = sent.message.all<h::Via>();
    REQUIRE(vias->size() == 2);
    CHECK((*vias)[0].sent_by() == "192.0.2.10:5060");
    CHECK((*vias)[0].branch().starts_with("z9hG4bK"));
    CHECK((*vias)[1].branch() == "z9hG4bKcaller1");
    CHECK((*vias)[1].params.get("received") == "192.0.2.1");
}

TEST_CASE("a strict router downstream gets its own URI as Request-URI", "[RFC3261-16.6]") {
    Stage s;
    s.receive(Request{.extra = "Route: <sip:192.0.2.30>, <sip:192.0.2.40;lr>\r\n"});
    const auto request = s.arrived();
    s.forward(request, std::vector<Branch>{{request.request, {}, 1000, {}, {}}});
    const auto sent = s.sent();
    CHECK(sent.peer() == "192.0.2.30:5060");
    CHECK(sent.message.request_uri().text() == "sip:192.0.2.30");
    const auto routes = sent.message.all<h::Route>();
    REQUIRE(routes->size() == 2);
    CHECK((*routes)[0].uri.host == "192.0.2.40");
    CHECK((*routes)[1].uri.text() == "sip:bob@192.0.2.20");
}

TEST_CASE("a loose Route decides the next hop and stays in the request", "[RFC3261-16.6]") {
    Stage s;
    s.receive(Request{.extra = "Route: <sip:192.0.2.40:5070;lr>\r\n"});
    const auto request = s.arrived();
    s.forward(request, std::vector<Branch>{{request.request, {}, 1000, {}, {}}});
    const auto sent = s.sent();
    CHECK(sent.peer() == "192.0.2.40:5070");
    CHECK(sent.message.has<h::Route>());
    CHECK(sent.message.request_uri().text() == "sip:bob@192.0.2.20");
}

TEST_CASE("a request for a flow leaves on it, with the address that listens there in its Via",
          "[RFC5626-5.3]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE"});
    const auto request = s.arrived();
    s.forward(request,
              std::vector<Branch>{{request.request, tcp_from("198.51.100.7:40000", 42), 1000, {}, {}}});
    const auto sent = s.sent();
    REQUIRE(std::holds_alternative<Flow>(sent.to));
    CHECK(std::get<Flow>(sent.to).connection == 42);
    CHECK(sent.message.top_via().transport == "TCP");
    CHECK_FALSE(sent.message.top_via().params.has("rport"));

    s.call([&](Element& e, TimePoint now, ElementOutputs& out) {
        e.handle(FlowClosed{tcp_from("198.51.100.7:40000", 41)}, now, out);
    });
    CHECK_FALSE(s.has<ResponseToForward>());
    s.call([&](Element& e, TimePoint now, ElementOutputs& out) {
        e.handle(FlowClosed{tcp_from("198.51.100.7:40000", 42)}, now, out);
    });
    const auto failed = s.pass_on();
    CHECK(failed.origin == ResponseToForward::Origin::Unreachable);
    CHECK(s.sent().message.status() == 500);
}

TEST_CASE("a proxy gives out no more hops than it got", "[RFC3261-16.3]") {
    Stage s;
    s.receive(Request{.uri = "sip:bob@proxy.example", .max_forwards = 0});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    CHECK(s.sent().message.status() == 483);
    CHECK(s.silent());
}

TEST_CASE(
    "an answered call: 180 and 200 pass, the 200 repeated passes again, the ACK goes without a transaction",
    "[RFC3261-16.7][RFC6026-8.4]") {
    Stage s;
    s.receive(Request{});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto invite = s.sent();
    s.answer(invite, 100);
    CHECK_FALSE(s.has<ResponseToForward>());  // hop by hop
    s.answer(invite, 183, "bob", "RSeq: 1\r\nRequire: 100rel\r\n");
    s.pass_on();
    const auto progress = s.sent();
    CHECK(progress.message.status() == 183);
    CHECK(progress.message.raw(HeaderId::RSeq) == "1");
    s.answer(invite, 200);
    s.pass_on();
    const auto ok = s.sent();
    CHECK(ok.message.status() == 200);

    s.answer(invite, 200);  // the callee repeats it: no question to the node
    CHECK_FALSE(s.has<ResponseToForward>());
    CHECK(s.sent().message.serialize() == ok.message.serialize());

    s.answer(invite, 200, "another-fork");
    CHECK(s.pass_on().response.to_tag() == "another-fork");
    CHECK(s.sent().message.to_tag() == "another-fork");

    s.receive(Request{.method = "ACK", .uri = "sip:bob@192.0.2.20", .branch = "z9hG4bKack", .to_tag = "bob"});
    auto ack = s.take<AckArrived>();
    s.call([&](Element& e, TimePoint now, ElementOutputs& out) {
        e.forward_ack(Branch{std::move(ack.request), {}, 1000, {}, {}}, now, out);
    });
    const auto forwarded = s.sent();
    CHECK(forwarded.message.method() == Method::Ack);
    CHECK(forwarded.peer() == "192.0.2.20:5060");
    CHECK(*forwarded.message.get<h::MaxForwards>() == 69);
    CHECK(s.element.idle());
    s.advance(32s);
    CHECK(s.element.transactions() == 0);
    s.answer(invite, 200);  // RFC 6026 8.9: far too late
    CHECK(s.silent());
}

TEST_CASE("PRACK, UPDATE and methods nobody knows pass like any request", "[RFC3262-4]") {
    for (const std::string method : {"PRACK", "UPDATE", "INFO", "BYE", "NEWMETHOD"}) {
        INFO(method);
        Stage s;
        s.receive(Request{.method = method, .to_tag = "bob"});
        s.forward(s.arrived(), {"192.0.2.20:5060"});
        const auto request = s.sent();
        CHECK(request.message.method_name() == method);
        s.answer(request, 200);
        s.pass_on();
        CHECK(s.sent().message.status() == 200);
    }
}

TEST_CASE("a CANCEL goes on to a branch that rings, with its Reason, and its 487 comes back",
          "[RFC3261-16.10][RFC3326]") {
    Stage s;
    s.receive(Request{});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto invite = s.sent();
    s.answer(invite, 180);
    s.pass_on();
    s.sent();
    s.receive(Request{.method = "CANCEL", .extra = "Reason: Q.850;cause=16\r\n"});
    CHECK(s.sent().message.status() == 200);
    CHECK_FALSE(s.take<Cancelled>().answered);
    const auto cancel = s.sent();
    CHECK(cancel.message.method() == Method::Cancel);
    CHECK(cancel.message.raw(HeaderId::Reason) == "Q.850;cause=16");
    CHECK(cancel.message.top_via() == invite.message.top_via());
    CHECK(cancel.message.all<h::Via>()->size() == 1);
    CHECK(cancel.message.cseq().number == 1);
    s.answer(cancel, 200);
    CHECK_FALSE(s.has<ResponseToForward>());
    s.answer(invite, 487);
    const auto ack = s.sent();
    CHECK(ack.message.method() == Method::Ack);
    CHECK(ack.message.to_tag() == "bob");
    CHECK(ack.message.top_via() == invite.message.top_via());
    s.pass_on();
    CHECK(s.sent().message.status() == 487);
}

TEST_CASE("a CANCEL waits for the first provisional response", "[RFC3261-9.1]") {
    Stage s;
    s.receive(Request{});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto invite = s.sent();
    s.receive(Request{.method = "CANCEL"});
    CHECK(s.sent().message.status() == 200);
    CHECK(s.silent());
    s.answer(invite, 100);
    CHECK(s.sent().message.method() == Method::Cancel);
}

TEST_CASE("a 200 that crosses the CANCEL still goes upstream", "[RFC3261-9.1]") {
    Stage s;
    s.receive(Request{});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto invite = s.sent();
    s.answer(invite, 100);
    s.receive(Request{.method = "CANCEL"});
    s.sent();
    s.sent();
    s.answer(invite, 200);
    s.pass_on();
    CHECK(s.sent().message.status() == 200);
}

TEST_CASE("a cancelled INVITE that brings no final response is given up after 64*T1", "[RFC3261-9.1]") {
    Stage s;
    s.receive(Request{});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto invite = s.sent();
    s.answer(invite, 180);
    s.pass_on();
    s.receive(Request{.method = "CANCEL"});
    s.advance(31999ms);
    CHECK_FALSE(s.has<ResponseToForward>());
    s.advance(1ms);
    CHECK(s.pass_on().response.status() == 487);
}

TEST_CASE("timer C starts anew with each provisional, then cancels the branch", "[RFC3261-16.8]") {
    Stage s;
    s.receive(Request{});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto invite = s.sent();
    s.answer(invite, 180);
    s.pass_on();
    s.sent();
    s.advance(180s);
    s.answer(invite, 183);
    s.pass_on();
    s.sent();
    s.advance(180999ms);
    CHECK(s.silent());
    s.advance(1ms);
    const auto cancel = s.sent();
    CHECK(cancel.message.method() == Method::Cancel);
    s.answer(cancel, 200);
    s.answer(invite, 487);
    CHECK(s.sent().message.method() == Method::Ack);
    const auto result = s.pass_on();
    CHECK(result.origin == ResponseToForward::Origin::NoAnswer);
    CHECK(result.response.status() == 408);
}

TEST_CASE("a branch that nobody answers in the node's time is cancelled, and the node may try another",
          "[TS24.229-5.4.3.3]") {
    Stage s;
    s.receive(Request{});
    const auto request = s.arrived();
    ForwardOptions options;
    options.no_answer = 20s;
    s.forward(request, {"192.0.2.20:5060"}, options);
    const auto invite = s.sent();
    s.answer(invite, 180);
    s.pass_on();
    s.sent();
    s.advance(20s);
    CHECK(s.sent().message.method() == Method::Cancel);
    s.answer(invite, 487);
    s.sent();
    const auto result = s.take<ResponseToForward>();
    CHECK(result.origin == ResponseToForward::Origin::NoAnswer);
    CHECK(result.branch == 0);

    s.forward(request, {"192.0.2.30:5060"});
    const auto second = s.sent();
    CHECK(second.peer() == "192.0.2.30:5060");
    s.answer(second, 486);
    s.sent();
    const auto busy = s.pass_on();
    CHECK(busy.branch == 1);
    CHECK(busy.response.status() == 486);
}

TEST_CASE("a UAC's INVITE and its CANCEL", "[RFC3261-9.1]") {
    Stage s;
    auto invite = Message::request(Method::Invite, Uri::sip("bob", "192.0.2.20"));
    invite.set_raw(HeaderId::From, "<sip:a@b>;tag=1");
    invite.set_raw(HeaderId::To, "<sip:bob@b>");
    invite.set_raw(HeaderId::CallId, "own");
    invite.set_raw(HeaderId::CSeq, "7 INVITE");
    ClientTransactionId id;
    s.call([&](Element& e, TimePoint now, ElementOutputs& out) { id = e.send(invite, {}, now, out); });
    const auto sent = s.sent();
    CHECK(sent.peer() == "192.0.2.20:5060");
    CHECK(*sent.message.get<h::MaxForwards>() == 70);
    s.call([&](Element& e, TimePoint now, ElementOutputs& out) { e.cancel(id, now, out); });
    CHECK(s.silent());
    s.answer(sent, 180);
    CHECK(s.take<ResponseArrived>().response.status() == 180);
    const auto cancel = s.sent();
    CHECK(cancel.message.method() == Method::Cancel);
    s.answer(cancel, 200);
    s.answer(sent, 487);
    const auto done = s.take<ResponseArrived>();
    CHECK(done.transaction == id);
    CHECK(done.response.status() == 487);
    CHECK(s.sent().message.method() == Method::Ack);
    s.advance(32s);
    CHECK(s.element.transactions() == 0);
}

TEST_CASE("a UAC learns that nobody answered, and that nobody could be reached", "[RFC3261-8.1.3.1]") {
    Stage s;
    auto message = Message::request(Method::Message, Uri::sip("bob", "192.0.2.20"));
    message.set_raw(HeaderId::From, "<sip:a@b>;tag=1");
    message.set_raw(HeaderId::To, "<sip:bob@b>");
    message.set_raw(HeaderId::CallId, "own");
    message.set_raw(HeaderId::CSeq, "7 MESSAGE");
    const auto send = [&](NextHop hop) {
        s.call([&](Element& e, TimePoint now, ElementOutputs& out) { e.send(message, hop, now, out); });
    };
    send({});
    s.advance(32s);
    CHECK(s.take<RequestFailed>().reason == RequestFailed::Reason::Timeout);
    s.packets.clear();
    send({});
    s.transport_fails(s.sent());
    const auto failed = s.take<RequestFailed>();
    CHECK(failed.reason == RequestFailed::Reason::Unreachable);
    CHECK(failed.detail.find("connection refused") != std::string::npos);
    send(*Uri::parse("tel:+4930123"));
    CHECK(s.take<RequestFailed>().detail.find("not a SIP URI") != std::string::npos);
    CHECK(s.element.idle());
}

TEST_CASE("finished transactions leave nothing behind", "[RFC3261-17]") {
    Stage s;
    for (int i = 0; i < 2000; ++i) {
        s.receive(Request{.method = "MESSAGE", .branch = "z9hG4bK" + std::to_string(i)});
        s.forward(s.arrived(), {"192.0.2.20:5060"});
        s.answer(s.sent(), 200);
        s.pass_on();
        s.sent();
        s.advance(1ms);
    }
    CHECK(s.element.transactions() == 2000);  // the answers, for repetitions of the requests
    CHECK(s.element.idle());
    s.advance(32s);
    CHECK(s.element.transactions() == 0);
    CHECK_FALSE(s.element.next_deadline());
}

TEST_CASE("a final response that comes again stays away from the node", "[RFC3261-17.1.2.2]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE"});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto message = s.sent();
    s.answer(message, 200);
    s.pass_on();
    s.sent();
    s.answer(message, 200);
    CHECK_FALSE(s.has<ResponseToForward>());
    CHECK(s.silent());
    REQUIRE(s.noted("sip.response.late") != nullptr);
    CHECK(s.noted("sip.response.late")->severity == Severity::Trace);
}

TEST_CASE("a response that leads to nobody is dropped and the transaction waits on", "[RFC3261-16.7]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE"});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto message = s.sent();
    auto stripped = Message::response(message.message, 200, {}, "bob");
    const auto own = stripped.top_via();
    stripped.set<h::Via>(own);
    s.receive(stripped.serialize(), udp_from("192.0.2.20:5060"));
    CHECK_FALSE(s.has<ResponseToForward>());
    CHECK(s.noted("sip.message.malformed") != nullptr);
    s.answer(message, 200);
    s.pass_on();
    CHECK(s.sent().message.status() == 200);
}

TEST_CASE("a branch that says nothing at all until timer C or the node's time counts as 408",
          "[RFC3261-16.8]") {
    Stage s;
    s.receive(Request{});
    ForwardOptions options;
    options.no_answer = 10s;
    s.forward(s.arrived(), {"192.0.2.20:5060"}, options);
    s.advance(10s);
    const auto result = s.pass_on();
    CHECK(result.origin == ResponseToForward::Origin::NoAnswer);
    CHECK(result.response.status() == 408);
    CHECK(s.element.idle());
}

TEST_CASE("an INVITE cancelled and never answered ends with 487 on timer B", "[RFC3261-9.1]") {
    Stage s;
    s.receive(Request{});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    s.receive(Request{.method = "CANCEL"});
    s.advance(31999ms);
    CHECK_FALSE(s.has<ResponseToForward>());
    s.advance(1ms);
    const auto result = s.pass_on();
    CHECK(result.response.status() == 487);
    CHECK(result.origin == ResponseToForward::Origin::Received);  // nobody is to blame for it
}

TEST_CASE("a node that answers for itself cancels what it forwarded before", "[RFC3261-16.10]") {
    Stage s;
    s.receive(Request{});
    const auto request = s.arrived();
    s.forward(request, {"192.0.2.20:5060"});
    const auto invite = s.sent();
    s.answer(invite, 180);
    s.pass_on();
    s.sent();
    s.respond(request, 480);
    CHECK(s.sent().message.status() == 480);
    CHECK(s.sent().message.method() == Method::Cancel);
    s.answer(invite, 487);
    CHECK(s.sent().message.method() == Method::Ack);
    CHECK_FALSE(s.has<ResponseToForward>());
    CHECK(s.element.idle());
}

TEST_CASE("a request that is discarded is never answered", "[TS24.229-5.2.6.3.2A]") {
    Stage s;
    s.receive(Request{});
    s.element.discard(s.arrived().transaction);
    s.advance(1h);
    CHECK(s.silent());
    CHECK(s.element.transactions() == 0);
    CHECK(s.element.idle());
}

TEST_CASE("a target that says nothing at all in the node's time is given up", "[RFC3263-4.3]") {
    for (const auto* method : {"INVITE", "MESSAGE"}) {
        INFO(method);
        Stage s;
        s.receive(Request{.method = method});
        ForwardOptions options;
        options.no_response = 5s;
        s.forward(s.arrived(), {"192.0.2.20:5060"}, options);
        CHECK(s.sent().message.method_name() == method);
        s.advance(4999ms);
        CHECK_FALSE(s.has<ResponseToForward>());
        s.advance(1ms);
        const auto result = s.pass_on();
        CHECK(result.origin == ResponseToForward::Origin::NoAnswer);
        CHECK(result.response.status() == 408);
        CHECK(s.element.idle());
    }
}

TEST_CASE("a target that has said 100, or that the node knows to be at work, is not given up for silence",
          "[RFC3261-16.8]") {
    Stage s;
    s.receive(Request{});
    ForwardOptions options;
    options.no_response = 5s;
    s.forward(s.arrived(), {"192.0.2.20:5060"}, options);
    const auto invite = s.sent();
    s.answer(invite, 100);
    s.advance(60s);
    CHECK_FALSE(s.has<ResponseToForward>());

    Stage other;
    other.receive(Request{.method = "MESSAGE"});
    const auto message = other.arrived();
    other.forward(message, {"192.0.2.20:5060"}, options);
    const auto sent = other.sent();
    other.element.wait_on(message.transaction);
    other.advance(20s);
    CHECK_FALSE(other.has<ResponseToForward>());
    other.answer(sent, 200);
    CHECK(other.pass_on().response.status() == 200);
}
