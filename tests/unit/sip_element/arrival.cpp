#include "stage.hpp"

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
