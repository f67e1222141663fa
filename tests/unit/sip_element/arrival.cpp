#include "common/base/text.hpp"
#include "stage.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace ims;
using namespace ims::sip;
using namespace ims::sip::stage;

TEST_CASE("a request reaches the node with its source written into its Via", "[RFC3581-4]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE", .via_params = ";rport"}, udp_from("198.51.100.7:40000"));
    const auto request = s.arrived();
    CHECK(request.request.top_via().params.get("received") == "198.51.100.7");
    CHECK(request.request.top_via().params.get("rport") == "40000");
    s.respond(request, 200);
    const auto ok = s.sent();
    CHECK(ok.message.status() == 200);
    CHECK(ok.peer() == "198.51.100.7:40000");
}

TEST_CASE("without rport the answer goes to the source address and the port of sent-by", "[RFC3261-18.2.2]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE", .sent_by = "10.0.0.1:5070"}, udp_from("198.51.100.7:40000"));
    const auto request = s.arrived();
    CHECK(request.request.top_via().params.get("received") == "198.51.100.7");
    CHECK_FALSE(request.request.top_via().params.has("rport"));
    s.respond(request, 200);
    CHECK(s.sent().peer() == "198.51.100.7:5070");
}

TEST_CASE("an INVITE that is not answered within 200 ms gets a 100", "[RFC3261-17.2.1]") {
    Stage s;
    s.receive(Request{});
    s.advance(199ms);
    CHECK(s.silent());
    s.advance(1ms);
    CHECK(s.sent().message.status() == 100);
    s.receive(Request{});  // repeated by the caller
    CHECK(s.sent().message.status() == 100);
    s.arrived();
    CHECK_FALSE(s.has<RequestArrived>());
}

TEST_CASE("a MESSAGE over UDP gets its 100 only when timer E has reached T2", "[RFC4320-4.1]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE"});
    s.advance(3499ms);
    CHECK(s.silent());
    s.advance(1ms);
    CHECK(s.sent().message.status() == 100);
}

TEST_CASE("no 408 ever answers a non-INVITE request", "[RFC4320-4.2]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE"});
    s.respond(s.arrived(), 408);
    CHECK(s.silent());
    CHECK(s.has<TransactionEnded>());
    CHECK(s.element.idle());
}

TEST_CASE("a repeated request is absorbed, or gets the same answer again", "[RFC3261-17.2.3]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE"});
    const auto request = s.arrived();
    s.receive(Request{.method = "MESSAGE"});
    CHECK(s.silent());
    s.respond(request, 200);
    const auto first = s.sent();
    s.receive(Request{.method = "MESSAGE"});
    CHECK(s.sent().message.serialize() == first.message.serialize());
    CHECK_FALSE(s.has<RequestArrived>());
    s.receive(Request{.method = "MESSAGE", .branch = "z9hG4bKother"});
    CHECK(s.has<RequestArrived>());
}

TEST_CASE("an INVITE and its ACK without the magic cookie find each other", "[RFC3261-17.2.3]") {
    Stage s;
    const Request old{.branch = "1"};
    s.receive(old);
    const auto invite = s.arrived();
    s.receive(old);
    CHECK_FALSE(s.has<RequestArrived>());
    s.respond(invite, 486);
    auto busy = s.sent();
    auto stranger = old;
    stranger.method = "ACK";
    stranger.to_tag = "somebody-else";
    s.receive(stranger);
    s.take<AckArrived>();  // no match: the To tag is not ours
    s.acknowledge(old, busy);
    CHECK_FALSE(s.has<AckArrived>());
    s.advance(4999ms);
    CHECK(s.silent());  // acknowledged: the 486 is not repeated
}

TEST_CASE("an answer over a stream whose connection is gone is sent to its source anew", "[RFC3261-18.2.2]") {
    Stage s;
    s.receive(Request{.method = "MESSAGE", .sent_by = "192.0.2.1:5071", .transport = "TCP"},
              tcp_from("192.0.2.1:34567"));
    s.respond(s.arrived(), 200);
    const auto first = s.sent();
    REQUIRE(std::holds_alternative<Flow>(first.to));
    s.transport_fails(first);
    const auto second = s.sent();
    REQUIRE(std::holds_alternative<Target>(second.to));
    CHECK(second.peer() == "192.0.2.1:5071");
    CHECK(second.transport() == Transport::Tcp);
    s.transport_fails(second);
    CHECK(s.silent());
    CHECK(s.noted("sip.response.undeliverable") != nullptr);
    s.advance(1s);
    CHECK(s.element.transactions() == 0);
}

TEST_CASE(
    "what a proxy must refuse is refused with its reason and a note, and the ACK of the refusal is absorbed",
    "[RFC3261-16.3]") {
    const auto refused = [](Request request, int status) {
        INFO(request.text());
        Stage s;
        s.receive(request);
        CHECK_FALSE(s.has<RequestArrived>());
        const auto answer = s.sent();
        CHECK(answer.message.status() == status);
        CHECK_FALSE(answer.message.to_tag().empty());
        REQUIRE(s.noted("sip.request.refused") != nullptr);
        CHECK(s.noted("sip.request.refused")->field("call_id") == "call-1");
        CHECK(s.noted("sip.request.refused")->field("status") == std::to_string(status));
        CHECK_FALSE(s.noted("sip.request.refused")->field("reason").empty());
        s.receive(request);
        CHECK(s.sent().message.to_tag() == answer.message.to_tag());  // RFC 3261 8.2.7
        if (request.method == "INVITE") s.acknowledge(request, answer);
        CHECK_FALSE(s.has<AckArrived>());
        CHECK(s.element.transactions() == 0);
        return answer;
    };
    refused({.uri = "mailto:bob@example.com"}, 416);
    refused({.max_forwards = 0}, 483);
    refused({.extra = "Route: <<>\r\n"}, 400);
    const auto extension = refused({.extra = "Proxy-Require: nobody, knows\r\n"}, 420);
    CHECK(extension.message.raw(HeaderId::Unsupported) == "nobody, knows");
    refused({.method = "CANCEL"}, 481);
}

TEST_CASE("what a node may understand reaches it", "[RFC3261-16.3]") {
    auto config = a_proxy();
    config.proxy_extensions = {"sec-agree"};
    Stage s{config};
    for (const auto& request :
         {Request{.uri = "urn:service:sos", .branch = "z9hG4bK1"},
          Request{.uri = "tel:+4930123", .branch = "z9hG4bK2"},
          Request{.method = "NEWMETHOD", .branch = "z9hG4bK3"},
          Request{.branch = "z9hG4bK4", .extra = "Proxy-Require: sec-agree\r\nX-Unknown: yes\r\n"},
          Request{
              .method = "OPTIONS", .uri = "sip:proxy.example", .branch = "z9hG4bK5", .max_forwards = 0}}) {
        INFO(request.text());
        s.receive(request);
        REQUIRE(s.has<RequestArrived>());
        s.arrived();
    }
    CHECK(s.silent());
}

TEST_CASE("a request that comes back unchanged is a loop, one that comes back different a spiral",
          "[RFC5393-4.2]") {
    Stage s;
    s.receive(Request{.uri = "sip:bob@example.com"});
    s.forward(s.arrived(), {"192.0.2.20:5060"});
    const auto forwarded = s.sent();

    s.receive(forwarded.message.serialize(), udp_from("192.0.2.20:5060"));
    CHECK_FALSE(s.has<RequestArrived>());
    CHECK(s.sent().message.status() == 482);

    auto changed = forwarded.message;
    changed.set_request_uri(Uri::sip("robert", "example.com"));
    s.receive(changed.serialize(), udp_from("192.0.2.20:5060"));
    CHECK(s.has<RequestArrived>());
}

TEST_CASE("the top Route is taken away if it is this element, and kept if it is not", "[RFC3261-16.4]") {
    Stage s;
    s.receive(Request{.branch = "z9hG4bK1",
                      .extra = "Route: <sip:token@proxy.example;lr;orig>, <sip:next.example;lr>\r\n"});
    const auto ours = s.arrived();
    REQUIRE(ours.own_route);
    CHECK(ours.own_route->uri.user == "token");
    CHECK(ours.own_route->uri.has("orig"));
    CHECK(ours.request.raw_all(HeaderId::Route).size() == 1);
    CHECK(ours.request.get<h::Route>()->uri.host == "next.example");

    s.receive(Request{.branch = "z9hG4bK2", .extra = "Route: <sip:192.0.2.10;lr>\r\n"});
    CHECK_FALSE(s.arrived().request.has<h::Route>());

    s.receive(Request{.branch = "z9hG4bK3", .extra = "Route: <sip:192.0.2.10:5061;lr>\r\n"});
    const auto foreign = s.arrived();
    CHECK_FALSE(foreign.own_route);
    CHECK(foreign.request.has<h::Route>());
}

TEST_CASE("what a strict router upstream did to the Request-URI is undone", "[RFC3261-16.4]") {
    Stage s;
    s.receive(Request{.uri = "sip:proxy.example;lr",
                      .extra = "Route: <sip:next.example;lr>, <sip:bob@192.0.2.20>\r\n"});
    const auto request = s.arrived();
    CHECK(request.request.request_uri().text() == "sip:bob@192.0.2.20");
    CHECK(request.request.all<h::Route>()->size() == 1);
    CHECK_FALSE(request.own_route);
}

TEST_CASE("an maddr that names this element is taken away", "[RFC3261-16.4]") {
    Stage s;
    s.receive(Request{.uri = "sip:bob@example.com;maddr=192.0.2.10;transport=udp"});
    CHECK(s.arrived().request.request_uri().text() == "sip:bob@example.com");
}

TEST_CASE("a CANCEL before anything was forwarded ends the INVITE with 487", "[RFC3261-9.2]") {
    Stage s;
    s.receive(Request{});
    const auto invite = s.arrived();
    s.receive(Request{.method = "CANCEL"});
    CHECK(s.sent().message.status() == 200);
    const auto terminated = s.sent();
    CHECK(terminated.message.status() == 487);
    CHECK(s.take<Cancelled>().answered);
    s.respond(invite, 200);  // too late
    CHECK(s.silent());
    s.receive(Request{.method = "CANCEL"});
    CHECK(s.sent().message.status() == 200);
    CHECK_FALSE(s.has<Cancelled>());
    s.acknowledge(Request{}, terminated);
    s.advance(5s);
    CHECK(s.element.transactions() == 0);
    CHECK_FALSE(s.take<TransactionEnded>().ack_missing);
}

TEST_CASE("an INVITE whose 486 is never acknowledged ends with a word about it", "[RFC3261-17.2.1]") {
    Stage s;
    s.receive(Request{});
    s.respond(s.arrived(), 486);
    s.advance(32s);
    CHECK(s.take<TransactionEnded>().ack_missing);
    CHECK(s.element.transactions() == 0);
}

TEST_CASE("while draining, new requests get 503 with Retry-After and what is under way goes on",
          "[RFC3261-21.5.4]") {
    Stage s;
    s.receive(Request{});
    const auto before = s.arrived();
    s.element.refuse_new_requests(30s);
    s.receive(Request{.branch = "z9hG4bKnew"});
    const auto refused = s.sent();
    CHECK(refused.message.status() == 503);
    CHECK(refused.message.raw(HeaderId::RetryAfter) == "30");
    CHECK_FALSE(s.has<RequestArrived>());
    s.receive(Request{.method = "BYE", .branch = "z9hG4bKbye", .to_tag = "bob"});
    s.respond(s.arrived(), 200);
    CHECK(s.sent().message.status() == 200);
    CHECK_FALSE(s.element.idle());
    s.respond(before, 200);
    CHECK(s.sent().message.status() == 200);
    CHECK(s.element.idle());
}

TEST_CASE("beyond its limit an element refuses new requests and still serves dialogs", "[RFC3261-21.5.4]") {
    auto config = a_proxy();
    config.max_transactions = 8;
    Stage s{config};
    for (int i = 0; i < 8; ++i)
        s.receive(Request{.method = "MESSAGE", .branch = "z9hG4bK" + std::to_string(i)});
    CHECK(s.silent());
    s.receive(Request{.method = "MESSAGE", .branch = "z9hG4bK8"});
    CHECK(s.sent().message.status() == 503);
    s.receive(Request{.method = "BYE", .branch = "z9hG4bK9", .to_tag = "bob"});
    CHECK(s.silent());
    s.receive(Request{.method = "BYE", .branch = "z9hG4bK10", .to_tag = "bob"});
    CHECK(s.sent().message.status() == 503);
}

TEST_CASE("malformed requests get the status of their mistake, malformed responses silence", "[RFC4475]") {
    const auto verdict = [](const std::string& name) -> int {
        std::ifstream file{std::string{IMS_TEST_DATA} + "/sip-torture/rfc4475/" + name + ".dat",
                           std::ios::binary};
        std::stringstream text;
        text << file.rdbuf();
        REQUIRE_FALSE(text.str().empty());
        Stage s;
        s.receive(text.str(), udp_from("192.0.2.1:5060"));
        if (!s.fragments.empty()) return std::stoi(s.fragments[0].substr(8));
        if (s.silent()) {
            CHECK((s.has<RequestArrived>() || s.has<AckArrived>() || !s.notes.empty()));
            return s.has<RequestArrived>() ? 1 : 0;
        }
        CHECK_FALSE(s.has<RequestArrived>());
        CHECK_FALSE(s.notes.empty());
        return s.sent().message.status();
    };
    constexpr int reaches_the_node = 1;
    constexpr int silence = 0;
    CHECK(verdict("badvers") == 505);
    CHECK(verdict("unkscm") == 416);
    CHECK(verdict("novelsc") == 416);
    CHECK(verdict("zeromf") == 483);
    CHECK(verdict("bext01") == 420);
    CHECK(verdict("escruri") == 400);
    CHECK(verdict("insuf") == 400);
    CHECK(verdict("mismatch01") == 400);
    CHECK(verdict("mismatch02") == 400);
    CHECK(verdict("scalar02") == 400);
    CHECK(verdict("badinv01") == 400);
    CHECK(verdict("clerr") == 400);
    CHECK(verdict("ncl") == 400);
    CHECK(verdict("multi01") == 400);
    CHECK(verdict("bigcode") == silence);
    CHECK(verdict("scalarlg") == silence);
    CHECK(verdict("bcast") == silence);
    CHECK(verdict("wsinv") == reaches_the_node);
    CHECK(verdict("intmeth") == reaches_the_node);
    CHECK(verdict("dblreq") == reaches_the_node);
    CHECK(verdict("inv2543") == reaches_the_node);
    CHECK(verdict("transports") == reaches_the_node);
    CHECK(verdict("longreq") == reaches_the_node);
}

TEST_CASE("no torture message, whole or cut off anywhere, stops an element", "[RFC4475]") {
    Stage s;
    for (const auto& file :
         std::filesystem::recursive_directory_iterator{std::string{IMS_TEST_DATA} + "/sip-torture"}) {
        if (file.path().extension() != ".dat") continue;
        std::ifstream stream{file.path(), std::ios::binary};
        std::stringstream text;
        text << stream.rdbuf();
        for (std::size_t end = 0; end <= text.str().size(); end += 13)
            s.receive(text.str().substr(0, end), udp_from("192.0.2.1:5060"));
        s.receive(text.str(), udp_from("192.0.2.1:5060"));
    }
    s.advance(200s);
    CHECK(s.element.next_deadline() ==
          std::nullopt);  // an INVITE nobody answers stays, and waits for nothing
}

TEST_CASE("a response without its client transaction is dropped with a note", "[RFC6026-8.9]") {
    Stage s;
    s.receive(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKnothing\r\nVia: SIP/2.0/UDP "
        "192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: lost\r\n"
        "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
        udp_from("192.0.2.20:5060"));
    CHECK(s.silent());
    REQUIRE(s.noted("sip.response.unmatched") != nullptr);
    CHECK(s.noted("sip.response.unmatched")->field("call_id") == "lost");
}

TEST_CASE("the timers of the UE's side run where the UE is", "[TS24.229-7.7]") {
    auto config = a_proxy();
    config.listen.push_back({Transport::Udp, at("198.51.100.1:5060"), gm_timers});
    Stage s{config};
    s.receive(Request{.method = "MESSAGE"},
              {Transport::Udp, at("198.51.100.1:5060"), at("192.0.2.1:5060"), 0});
    s.advance(13999ms);
    CHECK(s.silent());
    s.advance(1ms);
    CHECK(s.sent().message.status() == 100);
}
