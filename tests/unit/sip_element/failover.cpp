#include "stage.hpp"

using namespace ims;
using namespace ims::sip;
using namespace ims::sip::stage;

namespace {

ElementConfig with_two_servers() {
    auto config = a_proxy();
    config.locator.routes = {{"pool.example", {udp_to("192.0.2.31:5060"), udp_to("192.0.2.32:5060")}}};
    return config;
}

// A request on its way to the first of two servers.
struct OnItsWay {
    Stage s;
    RequestArrived request;
    Packet first;

    explicit OnItsWay(const std::string& method = "INVITE", ElementConfig config = with_two_servers())
        : s{std::move(config)}, request{start(s, method)}, first{send()} {}
    static RequestArrived start(Stage& s, const std::string& method) {
        s.receive(Request{.method = method, .uri = "sip:bob@pool.example"});
        return s.arrived();
    }
    Packet send(ForwardOptions options = {}) {
        s.forward(request, std::vector<Branch>{{request.request, {}, 1000, {}, {}}}, options);
        return s.sent();
    }
};

}  // namespace

TEST_CASE("after a transport error the next target gets the request with a new branch", "[RFC3263-4.3]") {
    OnItsWay w;
    CHECK(w.first.peer() == "192.0.2.31:5060");
    w.s.transport_fails(w.first);
    const auto second = w.s.sent();
    CHECK(second.peer() == "192.0.2.32:5060");
    CHECK(second.message.top_via().branch() != w.first.message.top_via().branch());
    CHECK(second.message.all<h::Via>()->size() == 2);
    CHECK(*second.message.get<h::MaxForwards>() == 69);
    w.s.answer(second, 200);
    w.s.pass_on();
    CHECK(w.s.sent().message.status() == 200);
}

TEST_CASE("a target that does not answer until timer B or F is passed over", "[RFC3263-4.3]") {
    for (const std::string method : {"INVITE", "MESSAGE"}) {
        OnItsWay w{method};
        w.s.advance(31999ms);
        w.s.packets.clear();
        w.s.advance(1ms);
        if (method == "MESSAGE") {  // the caller's own timer F has run out too: nobody waits any more
            CHECK(w.s.has<TransactionEnded>());
            continue;
        }
        CHECK(w.s.sent().peer() == "192.0.2.32:5060");
        w.s.advance(32s);
        const auto result = w.s.pass_on();
        CHECK(result.origin == ResponseToForward::Origin::NoAnswer);
        CHECK(result.response.status() == 408);
    }
}

TEST_CASE("a target that sent a provisional has answered: timer F tries no other", "[RFC3263-4.3]") {
    auto config = with_two_servers();
    config.timers = gm_timers;  // the caller is patient
    OnItsWay w{"MESSAGE", config};
    w.s.answer(w.first, 100);
    w.s.advance(127s);
    w.s.packets.clear();
    w.s.advance(1s);
    CHECK(w.s.silent());
    CHECK(w.s.element.idle());
}

TEST_CASE("a 503 sends the request to the next target, and Retry-After spares the first for a while",
          "[RFC3263-4.3]") {
    OnItsWay w;
    w.s.answer(w.first, 503, "full", "Retry-After: 60\r\n");
    CHECK(w.s.sent().message.method() == Method::Ack);
    const auto second = w.s.sent();
    CHECK(second.peer() == "192.0.2.32:5060");
    w.s.answer(w.first, 503, "full");  // repeated: acknowledged again by the old transaction
    CHECK(w.s.sent().message.top_via() == w.first.message.top_via());
    w.s.answer(second, 200);
    w.s.pass_on();
    w.s.sent();

    w.s.receive(Request{.uri = "sip:bob@pool.example", .branch = "z9hG4bKnext"});
    w.request = w.s.arrived();
    CHECK(w.send().peer() == "192.0.2.32:5060");
    w.s.advance(61s);
    w.s.packets.clear();
    w.s.receive(Request{.uri = "sip:bob@pool.example", .branch = "z9hG4bKlater"});
    w.request = w.s.arrived();
    CHECK(w.send().peer() == "192.0.2.31:5060");
}

TEST_CASE("when all targets are out of service the caller gets 500", "[RFC3261-16.7]") {
    OnItsWay w;
    w.s.answer(w.first, 503);
    w.s.sent();
    w.s.answer(w.s.sent(), 503);
    w.s.sent();
    w.s.pass_on();
    CHECK(w.s.sent().message.status() == 500);
}

TEST_CASE("when no target can be reached the node learns which and why", "[RFC3261-16.9]") {
    OnItsWay w;
    w.s.transport_fails(w.first);
    w.s.transport_fails(w.s.sent());
    const auto result = w.s.pass_on();
    CHECK(result.origin == ResponseToForward::Origin::Unreachable);
    CHECK(result.detail.find("192.0.2.32:5060") != std::string::npos);
    CHECK(result.detail.find("connection refused") != std::string::npos);
    CHECK(result.response.status() == 500);
    CHECK(w.s.noted("sip.request.unreachable")->field("call_id") == "call-1");
    CHECK(w.s.noted("sip.transport.failed")->field("peer").find("192.0.2.31:5060") != std::string_view::npos);
    CHECK(w.s.noted("sip.transport.failed")->field("call_id") == "call-1");
}

TEST_CASE("a cancelled request tries no further target", "[RFC3261-9.1]") {
    OnItsWay w;
    w.s.receive(Request{.method = "CANCEL", .uri = "sip:bob@pool.example"});
    w.s.sent();
    w.s.transport_fails(w.first);
    CHECK(w.s.silent());
    CHECK(w.s.pass_on().response.status() == 487);
}

TEST_CASE("the CANCEL and the ACK follow the target that was reached", "[RFC3263-4.4]") {
    OnItsWay w;
    w.s.transport_fails(w.first);
    const auto second = w.s.sent();
    w.s.answer(second, 180);
    w.s.pass_on();
    w.s.sent();
    w.s.receive(Request{.method = "CANCEL", .uri = "sip:bob@pool.example"});
    w.s.sent();
    const auto cancel = w.s.sent();
    CHECK(cancel.peer() == "192.0.2.32:5060");
    CHECK(cancel.message.top_via() == second.message.top_via());
    w.s.answer(second, 487);
    CHECK(w.s.sent().peer() == "192.0.2.32:5060");
}

TEST_CASE("the next hop is found by DNS while the request waits", "[RFC3263-4]") {
    Stage s;
    s.receive(Request{.uri = "sip:bob@host.example:5070"});
    const auto request = s.arrived();
    s.forward(request, std::vector<Branch>{{request.request, {}, 1000, {}, {}}});
    CHECK(s.silent());
    REQUIRE(s.queries.size() == 2);
    dns::Record record;
    record.ttl = 60s;
    record.address = *IpAddress::parse("192.0.2.40");
    s.resolves(s.queries[0], {record});
    s.resolves(s.queries[1], {});
    CHECK(s.sent().peer() == "192.0.2.40:5070");
}

TEST_CASE("a name that nobody knows ends in 504, with the name", "[RFC3261-21.5.5]") {
    Stage s;
    s.receive(Request{.uri = "sip:bob@host.example:5070"});
    const auto request = s.arrived();
    s.forward(request, std::vector<Branch>{{request.request, {}, 1000, {}, {}}});
    s.advance(5s);  // and no name server answers
    const auto result = s.pass_on();
    CHECK(result.origin == ResponseToForward::Origin::Unreachable);
    CHECK(result.response.status() == 504);
    CHECK(result.detail.find("host.example") != std::string::npos);
}

TEST_CASE("a CANCEL while the name is still being asked for ends the INVITE with 487", "[RFC3261-16.10]") {
    Stage s;
    s.receive(Request{.uri = "sip:bob@host.example:5070"});
    const auto request = s.arrived();
    s.forward(request, std::vector<Branch>{{request.request, {}, 1000, {}, {}}});
    s.receive(Request{.method = "CANCEL", .uri = "sip:bob@host.example:5070"});
    CHECK(s.sent().message.status() == 200);
    s.pass_on();
    CHECK(s.sent().message.status() == 487);
    dns::Record record;
    record.ttl = 60s;
    record.address = *IpAddress::parse("192.0.2.40");
    s.resolves(s.queries[0], {record});
    s.resolves(s.queries[1], {});
    CHECK(s.silent());
}

TEST_CASE("a request above 1300 octets goes over TCP, and over UDP if TCP is refused", "[RFC3261-18.1.1]") {
    Stage s;
    const Request large{.method = "MESSAGE", .body = std::string(1200, 'x')};
    s.receive(large);
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto stream = s.sent();
    CHECK(stream.transport() == Transport::Tcp);
    CHECK(stream.message.top_via().transport == "TCP");
    s.transport_fails(stream);
    const auto datagram = s.sent();
    CHECK(datagram.transport() == Transport::Udp);
    CHECK(datagram.message.top_via().transport == "UDP");
    CHECK(datagram.peer() == "192.0.2.20:5060");
    s.answer(datagram, 200);
    s.pass_on();
    CHECK(s.sent().message.status() == 200);

    auto second = large;
    second.branch = "z9hG4bKsecond";
    s.receive(second);
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    CHECK(s.sent().transport() == Transport::Udp);  // it refused TCP a moment ago
}

TEST_CASE("an element without TCP sends large requests over UDP", "[RFC3261-18.1.1]") {
    auto config = a_proxy();
    config.listen.pop_back();
    Stage s{config};
    s.receive(Request{.method = "MESSAGE", .body = std::string(1200, 'x')});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    CHECK(s.sent().transport() == Transport::Udp);
}

TEST_CASE("a 305 is followed where the node wants it, any other redirection goes upstream",
          "[TS24.229-5.2.7]") {
    Stage s;
    s.receive(Request{});
    const auto request = s.arrived();
    ForwardOptions options;
    options.recurse_on_305 = true;
    s.forward(request, {"192.0.2.20:5060"}, options);
    s.answer(s.sent(), 305, "use", "Contact: <sip:192.0.2.77:5080>\r\n");
    CHECK(s.sent().message.method() == Method::Ack);
    const auto again = s.sent();
    CHECK(again.peer() == "192.0.2.77:5080");
    CHECK(again.message.request_uri().text() == "sip:bob@192.0.2.20");
    s.answer(again, 302, "moved", "Contact: <sip:192.0.2.78>\r\n");
    s.sent();
    CHECK(s.pass_on().response.status() == 302);
}

TEST_CASE("a request for a transport nobody listens on cannot be sent", "[RFC3261-18.1.1]") {
    Stage s;
    s.receive(Request{});
    const auto request = s.arrived();
    s.forward(request,
              std::vector<Branch>{
                  {request.request, Target{Transport::Udp, at("[2001:db8::1]:5060"), {}}, 1000, {}, {}}});
    const auto result = s.pass_on();
    CHECK(result.origin == ResponseToForward::Origin::Unreachable);
    CHECK(result.detail.find("no listening point") != std::string::npos);
}

TEST_CASE("a target that refuses TCP and drops UDP is passed over, and the next one is offered TCP again",
          "[RFC3261-18.1.1][RFC3263-4.3]") {
    Stage s{with_two_servers()};
    s.receive(Request{.method = "MESSAGE", .uri = "sip:bob@pool.example", .body = std::string(1200, 'x')});
    const auto request = s.arrived();
    s.forward(request, std::vector<Branch>{{request.request, {}, 1000, {}, {}}});
    std::vector<std::string> tried;
    for (int i = 0; i < 4; ++i) {
        const auto packet = s.sent();
        tried.push_back(std::string{transport_text(packet.transport())} + " " + packet.peer());
        s.transport_fails(packet);
    }
    CHECK(tried == std::vector<std::string>{"TCP 192.0.2.31:5060", "UDP 192.0.2.31:5060",
                                            "TCP 192.0.2.32:5060", "UDP 192.0.2.32:5060"});
    CHECK(s.pass_on().origin == ResponseToForward::Origin::Unreachable);
}
