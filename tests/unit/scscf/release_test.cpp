#include "tests/unit/scscf/bench.hpp"

#include <catch2/catch.hpp>

// TS 24.229 5.4.5: sessions end with the registration that carries them.
using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;
using cx::ServerAssignmentRequest;

namespace {

// Alice calls; Bob is behind sip:bob@10.0.0.2 and another network's proxy.
struct Call {
    Bench& bench;
    std::string service_route;
    std::optional<sip::Message> invite = {};  // as it left us
    explicit Call(Bench& b, const Register& r = {})
        : bench{b}, service_route{header(b.register_alice(r), "Service-Route")} {}

    void dials() {
        Request request;
        request.route = service_route;
        request.more =
            "Record-Route: <sip:pcscf.ims.example:5060;lr>\r\n"
            "P-Charging-Vector: icid-value=\"icid-9\";orig-ioi=\"Type 1ims.example\"\r\n";
        bench.receive(request.text());
        invite = bench.beyond_100();
        REQUIRE(invite->method() == sip::Method::Invite);
    }
    void is_answered(std::string_view contact = "<sip:bob@10.0.0.2>") {
        std::string routes = "Record-Route: <sip:icscf.ims.example:4060;lr>\r\n";
        for (const auto& entry : headers(*invite, "Record-Route"))
            routes += "Record-Route: " + entry + "\r\n";
        bench.respond(*invite, 200, routes + "Contact: " + std::string{contact} + "\r\n");
        REQUIRE(bench.beyond_100().status() == 200);
    }
    // A request of Alice within the dialog, of which Bob's tag is "peer".
    std::string within(std::string_view method, unsigned cseq) const {
        Request request;
        request.method = method;
        request.uri = "sip:bob@10.0.0.2";
        request.to_tag = "peer";
        request.route =
            "<sip:" + own_route().user + "@scscf.ims.example:6060;lr>, <sip:icscf.ims.example:4060;lr>";
        request.cseq = cseq;
        return request.text();
    }
    sip::Uri own_route() const { return invite->get<sip::h::RecordRoute>()->uri; }
};

double dialogs(const Bench& bench) {
    for (const auto& gauge : bench.node.gauges())
        if (gauge.name == "scscf_dialogs") return gauge.value;
    return -1;
}

void terminate(Bench& bench) {
    cx::RegistrationTerminationRequest rtr;
    rtr.user_name = alice_impi;
    rtr.deregistration_reason.reason_code = cx::ReasonCode::PermanentTermination;
    bench.push(rtr);
}

}  // namespace

TEST_CASE("when the network ends a registration both sides of its sessions get a BYE",
          "[TS24.229-5.4.5.1.2]") {
    Bench bench;
    Call call{bench};
    call.dials();
    call.is_answered();
    CHECK(dialogs(bench) == 1);
    terminate(bench);

    const auto to_alice = bench.take();
    CHECK(to_alice.method() == sip::Method::Bye);
    CHECK(to_alice.request_uri().text() == "sip:alice@10.0.0.1:5060");
    CHECK(header(to_alice, "Route") == "<sip:pcscf.ims.example:5060;lr>");
    CHECK_THAT(header(to_alice, "From"), Contains("tag=peer"));
    CHECK(header(to_alice, "To") == "<sip:alice@ims.example>;tag=f1");
    CHECK(header(to_alice, "Call-ID") == "call-1@ue");
    CHECK(header(to_alice, "Reason") == "SIP;cause=480;text=\"Registration ended\"");
    CHECK(header(to_alice, "P-Charging-Vector") == "icid-value=\"icid-9\";orig-ioi=\"Type 1ims.example\"");
    const auto to_bob = bench.take();
    CHECK(to_bob.request_uri().text() == "sip:bob@10.0.0.2");
    CHECK(header(to_bob, "Route") == "<sip:icscf.ims.example:4060;lr>");
    CHECK(header(to_bob, "From") == "<sip:alice@ims.example>;tag=f1");
    CHECK(header(to_bob, "CSeq") == "2 BYE");
    CHECK(header(to_bob, "P-Charging-Vector") == "icid-value=\"icid-9\";orig-ioi=\"ims.example\"");

    bench.receive(call.within("INFO", 5));  // too late
    CHECK(bench.beyond_100().status() == 481);
    bench.respond(to_alice, 200);
    bench.respond(to_bob, 481);
    CHECK(dialogs(bench) == 0);
}

TEST_CASE("a session that the served user was called in ends with his registration", "[TS24.229-5.4.5.1.2]") {
    Bench bench;
    bench.registered();
    Request request;
    request.uri = alice_sip.value();
    request.asserted = "<sip:bob@ims.example>";
    request.more = "Record-Route: <sip:icscf.ims.example:4060;lr>\r\n";
    bench.receive(request.text());
    const auto invite = bench.beyond_100();
    std::string routes = "Record-Route: <sip:pcscf.ims.example:5060;lr>\r\n";
    for (const auto& entry : headers(invite, "Record-Route")) routes += "Record-Route: " + entry + "\r\n";
    bench.respond(invite, 200, routes + "Contact: <sip:alice@10.0.0.1:5060;ob>\r\n");
    bench.beyond_100();
    terminate(bench);
    const auto to_caller = bench.take();
    CHECK(header(to_caller, "Route") == "<sip:icscf.ims.example:4060;lr>");
    CHECK_THAT(header(to_caller, "From"), Contains("tag=peer"));
    const auto to_alice = bench.take();
    CHECK(to_alice.request_uri().text() == "sip:alice@10.0.0.1:5060;ob");
    CHECK(header(to_alice, "Route") == "<sip:pcscf.ims.example:5060;lr>");
    CHECK_THAT(header(to_alice, "P-Charging-Vector"), Contains("Type 1"));
}

TEST_CASE("sessions end before the deregistration of their contact is answered", "[TS24.229-5.4.1.4]") {
    Bench bench;
    Call call{bench};
    call.dials();
    call.is_answered();
    Register bye;
    bye.contact = "<sip:alice@10.0.0.1:5060>;expires=0";
    bye.cseq = 9;
    bye.authorization = R"(Digest username="001010000000001@ims.example", realm="ims.example", nonce="", )"
                        R"(uri="sip:ims.example", response="", integrity-protected="yes")";
    bench.receive(bye.text());
    cx::ServerAssignmentAnswer done;
    done.result = cx::ResultCode::Success;
    bench.answer(bench.ask<ServerAssignmentRequest>(), done);
    CHECK(bench.take().method() == sip::Method::Bye);
    CHECK(bench.take().method() == sip::Method::Bye);
    CHECK(bench.take().status() == 200);
}

TEST_CASE("sessions end when the registration runs out", "[TS24.229-5.4.5.1.2A]") {
    Bench bench;
    Call call{bench};
    call.dials();
    call.is_answered();
    bench.advance(601s);
    CHECK(bench.take().method() == sip::Method::Bye);
    CHECK(bench.take().method() == sip::Method::Bye);
}

TEST_CASE("a contact that is replaced takes its sessions along, another device keeps its own",
          "[TS24.229-5.4.1.2.2]") {
    Bench bench;
    Register other;
    other.call_id = "reg-2@ue";
    other.contact = R"(<sip:alice@10.0.0.9>;+sip.instance="<urn:9>";expires=600)";
    Register own;
    own.contact = R"(<sip:alice@10.0.0.1:5060>;+sip.instance="<urn:1>";expires=600)";
    bench.register_alice(other);
    Call call{bench, own};
    call.dials();
    call.is_answered();

    other.contact = R"(<sip:alice@10.0.0.10>;+sip.instance="<urn:9>";expires=600)";
    other.cseq = 9;
    bench.register_alice(other);
    CHECK(bench.sent.empty());  // nothing of ours

    own.contact = R"(<sip:alice@10.0.0.2:5060>;+sip.instance="<urn:1>";expires=600)";
    own.cseq = 9;
    bench.receive(own.text());
    bench.answer(bench.ask<cx::MultimediaAuthRequest>(), bench.vector());
    own.authorization = bench.answer_to(bench.take());
    own.cseq = 10;
    bench.receive(own.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().method() == sip::Method::Bye);
    CHECK(bench.take().method() == sip::Method::Bye);
    CHECK(bench.take().status() == 200);
}

TEST_CASE("a flow that comes by another way takes the place of the old one", "[TS24.229-5.4.1.2.2]") {
    Bench bench;
    Register r;
    r.contact = R"(<sip:alice@10.0.0.1:5060;ob>;reg-id=1;+sip.instance="<urn:1>";expires=600)";
    r.path = "<sip:flow.1@pcscf.ims.example:5060;lr;ob>";
    r.more = "Supported: outbound\r\n";
    Call call{bench, r};
    call.dials();
    call.is_answered();
    r.authorization = R"(Digest username="001010000000001@ims.example", realm="ims.example", nonce="", )"
                      R"(uri="sip:ims.example", response="", integrity-protected="yes")";
    r.cseq = 9;
    bench.receive(r.text());
    CHECK(bench.take().status() == 200);  // refreshed: the session goes on
    r.path = "<sip:flow.2@pcscf.ims.example:5060;lr;ob>";
    r.cseq = 10;
    bench.receive(r.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().method() == sip::Method::Bye);
    CHECK(bench.take().method() == sip::Method::Bye);
    const auto ok = bench.take();
    CHECK(ok.status() == 200);
    CHECK(header(ok, "Service-Route") != "<" + call.service_route + ">");
}

TEST_CASE("a call that still rings is cancelled, and its caller told", "[TS24.229-5.4.5.1.1]") {
    Bench bench;
    Call call{bench};
    call.dials();
    bench.respond(*call.invite, 180);
    bench.beyond_100();
    terminate(bench);
    const auto cancel = bench.take();
    CHECK(cancel.method() == sip::Method::Cancel);
    CHECK_THAT(header(cancel, "Reason"), Contains("cause=480"));
    bench.respond(cancel, 200);
    bench.respond(*call.invite, 487);
    CHECK(bench.take().method() == sip::Method::Ack);
    CHECK(bench.beyond_100().status() == 480);
    CHECK(dialogs(bench) == 0);
}

TEST_CASE("what the users have ended themselves is not ended again", "[TS24.229-5.4.5.1.2]") {
    Bench bench;
    Call call{bench};
    call.dials();
    call.is_answered();
    bench.receive(call.within("BYE", 2));
    bench.respond(bench.take(), 200);
    CHECK(bench.take().status() == 200);
    CHECK(dialogs(bench) == 0);
    terminate(bench);
    CHECK(bench.sent.empty());
}

TEST_CASE("the BYE goes where a re-INVITE moved the session, after the last CSeq", "[TS24.229-5.4.3.2]") {
    Bench bench;
    Call call{bench};
    call.dials();
    call.is_answered();
    bench.receive(call.within("INVITE", 7));
    auto again = bench.beyond_100();
    bench.respond(again, 200, "Contact: <sip:bob@10.0.0.77>\r\n");
    bench.beyond_100();
    terminate(bench);
    bench.take();
    const auto to_bob = bench.take();
    CHECK(to_bob.request_uri().text() == "sip:bob@10.0.0.77");
    CHECK(header(to_bob, "CSeq") == "8 BYE");
}

TEST_CASE("a user whom another S-CSCF has now keeps his sessions", "[TS29.228-6.1.3.1]") {
    Bench bench;
    Call call{bench};
    call.dials();
    call.is_answered();
    cx::RegistrationTerminationRequest rtr;
    rtr.user_name = alice_impi;
    rtr.public_identity = {alice_sip};
    rtr.deregistration_reason.reason_code = cx::ReasonCode::NewServerAssigned;
    bench.push(rtr);
    CHECK(bench.sent.empty());
    CHECK(dialogs(bench) == 0);
}

TEST_CASE("sessions outlive the process, and are still released", "[issue]") {
    Bench before;
    Call call{before};
    call.dials();
    call.is_answered();
    Bench bench;
    std::string why;
    REQUIRE(ims::test::hand_over(before.node, bench.node, before.now, bench.now, why));
    CHECK(dialogs(bench) == 1);
    terminate(bench);
    CHECK(header(bench.take(), "Route") == "<sip:pcscf.ims.example:5060;lr>");
    CHECK(header(bench.take(), "CSeq") == "2 BYE");
}

TEST_CASE("beyond the limit a call goes on, but nothing is kept of it", "[issue]") {
    auto config = lab_config();
    config.max_dialogs = 0;
    Bench bench{config};
    Call call{bench};
    call.dials();
    call.is_answered();
    CHECK(bench.note("scscf.dialog.not_kept"));
    terminate(bench);
    CHECK(bench.sent.empty());
}
