#include "tests/unit/scscf/bench.hpp"

#include <map>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using cx::ServerAssignmentRequest;
using cx::ServerAssignmentType;

namespace {

const std::string pcv = "P-Charging-Vector: icid-value=\"icid-9\";orig-ioi=\"Type 1visited.example\"\r\n";

}  // namespace

TEST_CASE("an originating request goes to the entry point of the home network", "[TS24.229-5.4.3.2]") {
    Bench bench;
    Request invite;
    invite.route = bench.registered();
    invite.more =
        pcv + "P-Served-User: <sip:+15550001@ims.example>\r\nP-Access-Network-Info: 3GPP-E-UTRAN-FDD\r\n";
    bench.receive(invite.text());
    const auto request = bench.beyond_100();
    CHECK(request.request_uri().text() == "sip:bob@ims.example");
    CHECK_FALSE(request.has("Route"));
    CHECK_FALSE(request.has("P-Served-User"));
    CHECK(request.has("P-Access-Network-Info"));
    CHECK(header(request, "Record-Route") == "<sip:mo.1@scscf.ims.example:6060;lr>");
    CHECK_THAT(header(request, "P-Charging-Vector"), Contains("icid-value=\"icid-9\"") &&
                                                         Contains("orig-ioi=\"ims.example\"") &&
                                                         !Contains("Type 1"));
    // step 9: the tel alias is asserted too
    CHECK(headers(request, "P-Asserted-Identity") ==
          std::vector<std::string>{"<sip:+15550001@ims.example>", "<tel:+15550001>"});
    CHECK(bench.note("scscf.session.originating")->field("impu") == "sip:+15550001@ims.example");

    bench.respond(request, 200,
                  "P-Charging-Vector: icid-value=\"icid-9\";orig-ioi=\"ims.example\";term-ioi=\"other\"\r\n");
    const auto ok = bench.beyond_100();
    CHECK(ok.status() == 200);
    CHECK_THAT(header(ok, "P-Charging-Vector"),
               Contains("orig-ioi=\"Type 1visited.example\"") && Contains("term-ioi=\"Type 1ims.example\""));
}

TEST_CASE("asked for its capabilities the S-CSCF names the extensions of its registrar", "[RFC3261-11.2]") {
    Bench bench;
    Request options;
    options.method = "OPTIONS";
    options.uri = "sip:scscf.ims.example:6060";
    bench.receive(options.text());
    const auto answer = bench.take();
    CHECK(answer.status() == 200);
    CHECK(answer.raw("Supported") == "path, outbound, gruu");
    CHECK(answer.raw("Accept") == "");
    CHECK_FALSE(answer.has("Allow"));
}

TEST_CASE("a global number is looked for at home, another domain by its own name", "[TS24.229-5.4.3.2]") {
    Bench bench;
    Request to_tel;
    to_tel.route = bench.registered();
    to_tel.uri = "tel:+15550002";
    bench.receive(to_tel.text());
    CHECK(bench.beyond_100().request_uri().text() == "tel:+15550002");

    Request away;
    away.route = to_tel.route;
    away.uri = "sip:carol@other.example";
    away.call_id = "call-2@ue";
    away.more = "P-Access-Network-Info: 3GPP-E-UTRAN-FDD\r\nP-Charging-Vector: icid-value=a;ecid=1\r\n";
    bench.receive(away.text());
    const auto request = bench.beyond_100();
    CHECK(request.request_uri().host == "other.example");
    CHECK_FALSE(request.has("P-Access-Network-Info"));  // step 14
    CHECK_THAT(header(request, "P-Charging-Vector"), !Contains("ecid"));
}

TEST_CASE("a tel-only identity gets its SIP form beside it", "[TS24.229-5.4.3.2]") {
    Bench bench;
    Request invite;
    invite.route = bench.registered();
    invite.asserted = "<tel:+15550001>";
    bench.receive(invite.text());
    CHECK(headers(bench.beyond_100(), "P-Asserted-Identity") ==
          std::vector<std::string>{"<tel:+15550001>", "<sip:+15550001@ims.example;user=phone>"});
}

TEST_CASE("barred and foreign identities may not call", "[TS24.229-5.4.3.2]") {
    Bench bench;
    Request barred;
    barred.route = bench.registered();
    barred.asserted = "<sip:001010000000001@ims.example>";
    bench.receive(barred.text());
    CHECK(bench.beyond_100().status() == 403);
    CHECK(bench.note("scscf.session.rejected")->field("reason") == "the calling identity is barred");

    Request foreign = barred;
    foreign.call_id = "call-2@ue";
    foreign.asserted = "<sip:mallory@ims.example>";
    bench.receive(foreign.text());
    CHECK(bench.beyond_100().status() == 403);
}

TEST_CASE("a barred second identity does not leave", "[TS24.229-5.4.3.2]") {
    Bench bench;
    Request invite;
    invite.route = bench.registered();
    invite.asserted = "<tel:+15550001>, <sip:001010000000001@ims.example>";
    bench.receive(invite.text());
    CHECK(headers(bench.beyond_100(), "P-Asserted-Identity")[0] == "<tel:+15550001>");
}

TEST_CASE("a terminating request goes to the contact along its Path", "[TS24.229-5.4.3.3]") {
    Bench bench;
    bench.registered();
    Request invite;
    invite.uri = "tel:+15550001;npdi;rn=+1999";
    invite.route = "<sip:scscf.ims.example:6060;lr>";
    invite.asserted = "<sip:bob@ims.example>";
    invite.more =
        "P-Charging-Vector: icid-value=icid-7;orig-ioi=other.example\r\n"
        "P-User-Database: <aaa://hss.ims.example>\r\n";
    bench.receive(invite.text());
    const auto request = bench.beyond_100();
    CHECK(request.request_uri().text() == "sip:alice@10.0.0.1:5060");
    CHECK(header(request, "Route") == "<sip:term.7@pcscf.ims.example:5060;lr>");
    CHECK(header(request, "P-Called-Party-ID") == "<tel:+15550001>");
    CHECK(header(request, "Record-Route") == "<sip:mt.1@scscf.ims.example:6060;lr>");
    CHECK_FALSE(request.has("P-User-Database"));
    CHECK_THAT(header(request, "P-Charging-Vector"),
               Contains("icid-value=icid-7") && Contains("orig-ioi=\"Type 1ims.example\""));

    bench.respond(request, 180, "P-Asserted-Identity: <sip:+15550001@ims.example>\r\n");
    const auto ringing = bench.beyond_100();
    CHECK(ringing.status() == 180);
    CHECK(headers(ringing, "P-Asserted-Identity").size() == 2);
    CHECK_THAT(header(ringing, "P-Charging-Vector"),
               Contains("orig-ioi=\"other.example\"") && Contains("term-ioi=\"ims.example\""));
}

TEST_CASE("a barred called identity is not found", "[TS24.229-5.4.3.3]") {
    Bench bench;
    bench.registered();
    Request invite;
    invite.uri = "sip:001010000000001@ims.example";
    bench.receive(invite.text());
    CHECK(bench.beyond_100().status() == 404);
}

TEST_CASE("a user who is not registered: profile of the HSS, then 480", "[TS24.229-5.4.3.3]") {
    Bench bench;
    Request message;
    message.method = "MESSAGE";
    message.uri = "sip:+15550001@ims.example";
    message.asserted = "<sip:bob@ims.example>";
    bench.receive(message.text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(bench.in<ServerAssignmentRequest>(sar).server_assignment_type ==
          ServerAssignmentType::UnregisteredUser);
    CHECK(bench.in<ServerAssignmentRequest>(sar).public_identity == std::vector{alice_sip});
    CHECK_FALSE(bench.in<ServerAssignmentRequest>(sar).user_name);
    bench.answer(sar, bench.assignment());
    CHECK(bench.beyond_100().status() == 480);

    message.call_id = "call-2@ue";  // the profile is known now
    bench.receive(message.text());
    CHECK(bench.beyond_100().status() == 480);
    CHECK(bench.asked.empty());

    bench.advance(std::chrono::hours{1} + 1s);  // unregistered_lifetime
    CHECK(bench.in<ServerAssignmentRequest>(bench.ask<ServerAssignmentRequest>()).server_assignment_type ==
          ServerAssignmentType::TimeoutDeregistration);
}

TEST_CASE("the HSS does not know the called user, or names another S-CSCF, or is away",
          "[TS24.229-5.4.3.3]") {
    const auto answer_for = [](const cx::ServerAssignmentAnswer& answer) {
        Bench bench;
        Request invite;
        invite.uri = "sip:zoe@ims.example";
        bench.receive(invite.text());
        bench.answer(bench.ask<ServerAssignmentRequest>(), answer);
        return bench.beyond_100();
    };
    cx::ServerAssignmentAnswer unknown;
    unknown.result = cx::ExperimentalResultCode::ErrorUserUnknown;
    CHECK(answer_for(unknown).status() == 404);
    cx::ServerAssignmentAnswer elsewhere;
    elsewhere.result = cx::ExperimentalResultCode::ErrorIdentityAlreadyRegistered;
    elsewhere.server_name = "sip:s2.ims.example";
    const auto redirect = answer_for(elsewhere);
    CHECK(redirect.status() == 305);
    CHECK(header(redirect, "Contact") == "<sip:s2.ims.example>");
    cx::ServerAssignmentAnswer busy;
    busy.result = cx::ResultCode::TooBusy;
    CHECK(answer_for(busy).status() == 504);
}

TEST_CASE("two devices ring in parallel, or one after the other by q, or only the best",
          "[TS24.229-5.4.3.3]") {
    const auto with_two = [](std::string_view disposition) {
        Bench bench;
        Register phone;
        phone.contact = R"(<sip:alice@10.0.0.1:5060>;q=0.9;+sip.instance="<urn:a>")";
        bench.register_alice(phone);
        Register tablet;
        tablet.call_id = "reg-2@ue";
        tablet.contact = R"(<sip:alice@10.0.0.2:5060>;q=0.5;+sip.instance="<urn:b>")";
        bench.register_alice(tablet);
        CHECK(bench.node.contacts(alice_sip) == 2);
        bench.sent.clear();
        Request invite;
        invite.uri = alice_sip.value();
        if (!disposition.empty()) invite.more = "Request-Disposition: " + std::string{disposition} + "\r\n";
        bench.receive(invite.text());
        std::vector<std::string> contacts;
        std::optional<sip::Message> first;
        const auto read = [&] {
            while (!bench.sent.empty()) {
                auto m = bench.take();
                if (!m.is_request() || m.method() != sip::Method::Invite) continue;
                contacts.push_back(m.request_uri().host);
                if (!first) first = std::move(m);
            }
        };
        read();
        if (contacts.size() == 1) {
            bench.respond(*first, 486);
            read();
        }
        return contacts;
    };
    // q differs: one after the other
    CHECK(with_two("") == std::vector<std::string>{"10.0.0.1", "10.0.0.2"});
    CHECK(with_two("no-fork") == std::vector<std::string>{"10.0.0.1"});
    CHECK(with_two("sequential") == std::vector<std::string>{"10.0.0.1", "10.0.0.2"});
}

namespace {

// Alice's device, registered over flow 1 and then over flow 2. Gives its Service-Route.
std::string register_two_flows(Bench& bench) {
    std::string service_route;
    for (int flow = 1; flow <= 2; ++flow) {
        Register r;
        r.call_id = "reg-" + std::to_string(flow) + "@ue";
        r.contact = "<sip:alice@10.0.0." + std::to_string(flow) + ":5060>;reg-id=" + std::to_string(flow) +
                    ";+sip.instance=\"<urn:a>\"";
        r.path = "<sip:flow." + std::to_string(flow) + "@pcscf.ims.example:5060;lr;ob>";
        service_route = header(bench.register_alice(r), "Service-Route");
        bench.advance(1s);
    }
    REQUIRE(bench.node.contacts(alice_sip) == 2);
    bench.sent.clear();
    return service_route;
}

}  // namespace

TEST_CASE("a flow that has failed is followed by the next one of the same device", "[TS24.229-5.4.3.3]") {
    Bench bench;
    register_two_flows(bench);
    Request invite;
    invite.uri = alice_sip.value();
    bench.receive(invite.text());
    const auto latest = bench.beyond_100();
    CHECK(header(latest, "Route") == "<sip:flow.2@pcscf.ims.example:5060;lr;ob>");
    bench.respond(latest, 430);
    auto other = bench.beyond_100();
    if (other.method() == sip::Method::Ack) other = bench.beyond_100();
    REQUIRE(other.is_request());
    CHECK(other.method() == sip::Method::Invite);
    CHECK(header(other, "Route") == "<sip:flow.1@pcscf.ims.example:5060;lr;ob>");
    CHECK(header(other, "P-Called-Party-ID") == "<" + alice_sip.value() + ">");
    bench.respond(other, 430);
    auto last = bench.beyond_100();
    if (last.is_request()) last = bench.beyond_100();
    CHECK(last.status() == 480);  // RFC 5626 11.5: 430 is not for endpoints
}

TEST_CASE("a flow that failed at the called side is no reason to call the caller's other device",
          "[TS24.229-5.4.3.2]") {
    Bench bench;
    Request invite;
    invite.route = register_two_flows(bench);
    bench.receive(invite.text());
    const auto sent = bench.beyond_100();
    REQUIRE(sent.request_uri().text() == "sip:bob@ims.example");
    bench.respond(sent, 430);
    auto next = bench.beyond_100();
    if (next.method() == sip::Method::Ack) next = bench.beyond_100();
    REQUIRE_FALSE(next.is_request());
    CHECK(next.status() == 480);  // RFC 5626 11.5
}

TEST_CASE("Accept-Contact with require and explicit chooses the device that can", "[RFC3841-7.2.4]") {
    Bench bench;
    Register plain;
    plain.contact = R"(<sip:alice@10.0.0.1:5060>;+sip.instance="<urn:a>")";
    bench.register_alice(plain);
    Request message;
    message.method = "MESSAGE";
    message.uri = alice_sip.value();
    message.more = "Accept-Contact: *;+g.3gpp.smsip;require;explicit\r\n";
    bench.receive(message.text());
    CHECK(bench.beyond_100().status() == 480);

    Register with_sms;
    with_sms.call_id = "reg-2@ue";
    with_sms.contact = R"(<sip:alice@10.0.0.2:5060>;+sip.instance="<urn:b>";+g.3gpp.smsip)";
    bench.register_alice(with_sms);
    bench.sent.clear();
    message.call_id = "call-2@ue";
    bench.receive(message.text());
    CHECK(bench.beyond_100().request_uri().host == "10.0.0.2");

    Request other;
    other.uri = alice_sip.value();
    other.call_id = "call-3@ue";
    other.more = "Reject-Contact: *;+g.3gpp.smsip\r\n";
    bench.receive(other.text());
    CHECK(bench.beyond_100().request_uri().host == "10.0.0.1");
}

TEST_CASE("requests within a dialog follow their Route, ACK and BYE too", "[TS24.229-5.4.3.2]") {
    Bench bench;
    bench.registered();
    Request bye;
    bye.method = "BYE";
    bye.uri = "sip:bob@10.0.0.2";
    bye.to_tag = "t1";
    bye.route = "<sip:mo@scscf.ims.example:6060;lr>, <sip:pcscf.ims.example:5060;lr>";
    bye.cseq = 2;
    bench.receive(bye.text());
    const auto request = bench.take();
    CHECK(request.method() == sip::Method::Bye);
    CHECK(header(request, "Route") == "<sip:pcscf.ims.example:5060;lr>");
    CHECK_FALSE(request.has("Record-Route"));
    bench.respond(request, 200);
    CHECK(bench.take().status() == 200);

    Request ack = bye;
    ack.method = "ACK";
    bench.receive(ack.text());
    CHECK(bench.take().method() == sip::Method::Ack);

    Request update = bye;
    update.method = "UPDATE";
    update.cseq = 3;
    bench.receive(update.text());
    CHECK(header(bench.take(), "Record-Route") == "<sip:mo@scscf.ims.example:6060;lr>");
}

TEST_CASE("an INVITE cancelled while the HSS is asked goes nowhere", "[TS24.229-5.4.3.3]") {
    Bench bench;
    Request invite;
    invite.uri = alice_sip.value();
    bench.receive(invite.text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    auto cancel = invite.text();
    cancel.replace(0, 6, "CANCEL");
    cancel.replace(cancel.find("1 INVITE"), 8, "1 CANCEL");
    bench.receive(cancel);
    bench.sent.clear();
    bench.answer(sar, bench.assignment());
    CHECK(bench.sent.empty());
}

TEST_CASE("the called party's identity goes only where RFC 7976 has it", "[RFC7976]") {
    Bench bench;
    bench.registered();
    Request request;
    request.uri = alice_sip.value();
    request.asserted = "<sip:bob@ims.example>";
    bench.receive(request.text());
    CHECK(header(bench.beyond_100(), "P-Called-Party-ID") == "<sip:+15550001@ims.example>");
    request.method = "INFO";
    request.call_id = "call-2@ue";
    bench.receive(request.text());
    CHECK_FALSE(bench.beyond_100().has("P-Called-Party-ID"));
}

TEST_CASE("an application server calls for a user who is not registered", "[TS24.229-5.4.3.2]") {
    Request invite;
    invite.route = "<sip:scscf.ims.example:6060;lr;orig>";
    const auto ask = [&](Bench& bench) {
        bench.receive(invite.text());
        const auto sar = bench.ask<ServerAssignmentRequest>();
        CHECK(Bench::in<ServerAssignmentRequest>(sar).server_assignment_type ==
              ServerAssignmentType::UnregisteredUser);
        CHECK(Bench::in<ServerAssignmentRequest>(sar).public_identity == std::vector{alice_sip});
        return sar;
    };
    Bench bench;
    bench.answer(ask(bench), bench.assignment());
    const auto sent = bench.beyond_100();
    CHECK(sent.request_uri().text() == "sip:bob@ims.example");
    CHECK(headers(sent, "P-Asserted-Identity").size() == 2);  // step 9
    CHECK_FALSE(bench.node.is_registered(alice_sip));

    Bench refused;
    cx::ServerAssignmentAnswer unknown;
    unknown.result = cx::ExperimentalResultCode::ErrorUserUnknown;
    refused.answer(ask(refused), unknown);
    CHECK(refused.beyond_100().status() == 404);

    invite.asserted = "<sip:001010000000001@ims.example>";
    Bench barred;
    barred.receive(invite.text());
    barred.answer(barred.ask<ServerAssignmentRequest>(), barred.assignment());
    CHECK(barred.beyond_100().status() == 403);
}

// ---- services

namespace {

const std::string mmtel = "urn:urn-7:3gpp-service.ims.icsi.mmtel";
const std::string other_service = "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg";

std::string subscribed_to(std::string_view service) {
    auto profile = alice_profile();
    profile.insert(profile.find("</ServiceProfile>"),
                   "<CoreNetworkServicesAuthorization><Extension><ListOfServiceIds><ServiceId>" +
                       std::string{service} +
                       "</ServiceId></ListOfServiceIds></Extension></CoreNetworkServicesAuthorization>");
    return profile;
}

// Alice, who has subscribed to MMTel, is registered.
std::string with_mmtel(Bench& bench) {
    const auto route = bench.registered();
    cx::PushProfileRequest ppr;
    ppr.user_name = alice_impi;
    ppr.user_data = subscribed_to(mmtel);
    bench.push(ppr);
    REQUIRE(diameter::is_success(std::get<cx::PushProfileAnswer>(bench.replies.back().answer).result));
    return route;
}

}  // namespace

TEST_CASE("of the services a UE prefers those it has subscribed to are asserted", "[TS24.229-5.4.3.2]") {
    Bench bench;
    Request invite;
    invite.route = with_mmtel(bench);
    invite.more = "P-Preferred-Service: " + other_service + ", " + mmtel + "\r\n";
    bench.receive(invite.text());
    auto sent = bench.beyond_100();
    CHECK(headers(sent, "P-Asserted-Service") == std::vector{mmtel});
    CHECK_FALSE(sent.has("P-Preferred-Service"));

    invite.call_id = "call-2@ue";
    invite.more = "P-Asserted-Service: " + mmtel + "\r\n";  // nobody asserts but the network
    bench.receive(invite.text());
    CHECK_FALSE(bench.beyond_100().has("P-Asserted-Service"));
}

TEST_CASE("a service that is not subscribed is refused where the operator wants it", "[TS24.229-5.4.3.2]") {
    auto config = lab_config();
    config.unsubscribed_service = Unsubscribed::Refuse;
    Bench bench{config};
    Request invite;
    invite.route = with_mmtel(bench);
    invite.more = "P-Preferred-Service: " + other_service + "\r\n";
    bench.receive(invite.text());
    CHECK(bench.beyond_100().status() == 403);

    Request called;
    called.uri = alice_sip.value();
    called.asserted = "<sip:bob@ims.example>";
    called.call_id = "call-2@ue";
    called.more = "P-Asserted-Service: " + other_service + "\r\n";
    bench.receive(called.text());
    CHECK(bench.beyond_100().status() == 403);
}

TEST_CASE("a service that the called user has not subscribed to does not reach him", "[TS24.229-5.4.3.3]") {
    Bench bench;
    with_mmtel(bench);
    Request called;
    called.uri = alice_sip.value();
    called.asserted = "<sip:bob@ims.example>";
    for (const auto& service : {mmtel, other_service}) {
        called.call_id += "x";
        called.more = "P-Asserted-Service: " + service + "\r\n";
        bench.receive(called.text());
        CHECK(bench.beyond_100().has("P-Asserted-Service") == (service == mmtel));
    }
}

TEST_CASE("a profile without a list of services allows them all", "[TS29.228-B.2]") {
    Bench bench;
    Request invite;
    invite.route = bench.registered();
    invite.more = "P-Preferred-Service: " + other_service + "\r\n";
    bench.receive(invite.text());
    CHECK(header(bench.beyond_100(), "P-Asserted-Service") == other_service);
}

TEST_CASE("a call that names no service is known by its SDP", "[TS24.229-5.4.3.2][TS24.229-5.4.3.3]") {
    const auto call = [](const std::string& media) {
        Request invite;
        auto text = invite.text();
        const auto sdp = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n" + media;
        const auto at = text.find("Content-Length: 0");
        text.replace(at, 17,
                     "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(sdp.size()));
        return text + sdp;
    };
    const std::string audio = "m=audio 4000 RTP/AVP 0\r\n";
    auto config = lab_config();
    SECTION("it is asserted where it is subscribed") {
        Bench bench{config};
        with_mmtel(bench);
        bench.receive(replaced(call(audio), "INVITE sip:bob@ims.example", "INVITE " + alice_sip.value()),
                      "127.0.1.20:4060");
        CHECK(headers(bench.beyond_100(), "P-Asserted-Service") == std::vector{mmtel});
    }
    SECTION("no other media show a service") {
        Bench bench{config};
        with_mmtel(bench);
        bench.receive(replaced(call("m=message 4000 TCP/MSRP *\r\n"), "INVITE sip:bob@ims.example",
                               "INVITE " + alice_sip.value()),
                      "127.0.1.20:4060");
        CHECK_FALSE(bench.beyond_100().has("P-Asserted-Service"));
    }
    SECTION("the operator may refuse what is not subscribed") {
        config.unsubscribed_service = Unsubscribed::Refuse;
        Bench bench{config};
        bench.registered();
        cx::PushProfileRequest ppr;
        ppr.user_name = alice_impi;
        ppr.user_data = subscribed_to(other_service);
        bench.push(ppr);
        bench.receive(replaced(call(audio), "INVITE sip:bob@ims.example", "INVITE " + alice_sip.value()),
                      "127.0.1.20:4060");
        CHECK(bench.beyond_100().status() == 403);
    }
}

TEST_CASE("of contacts of equal q the one that does more of what the caller would like comes first",
          "[RFC3841-7.2.4]") {
    Bench bench;
    const auto bind = [&](const std::string& n, const std::string& features) {
        Register r;
        r.call_id = "reg-" + n + "@ue";
        r.contact = "<sip:alice@10.0.0." + n + ":5060>;+sip.instance=\"<urn:" + n + ">\"" + features;
        bench.register_alice(r);
        bench.sent.clear();
    };
    bind("1", ";audio");
    bind("2", ";audio;video");
    bind("3", ";video;q=0.5");
    Request invite;
    invite.uri = alice_sip.value();
    invite.more = "Accept-Contact: *;audio;video\r\n";
    bench.receive(invite.text(), "127.0.1.20:4060");
    // One after the other: q first, then the preference.
    std::vector<std::string> hosts;
    for (int i = 0; i < 3; ++i) {
        const auto sent = bench.beyond_100();
        hosts.push_back(sent.request_uri().host);
        CHECK(bench.sent.empty());
        bench.respond(sent, 486);
        CHECK(bench.beyond_100().method() == sip::Method::Ack);
    }
    CHECK(hosts == std::vector<std::string>{"10.0.0.2", "10.0.0.1", "10.0.0.3"});
}

TEST_CASE("a flow that has failed is followed at once, whatever another device does",
          "[TS24.229-5.4.3.3][RFC5626-5.3.1]") {
    Bench bench;
    const auto bind = [&](const std::string& id, int flow) {
        Register r;
        const auto n = id + std::to_string(flow);
        r.call_id = "reg-" + n + "@ue";
        r.contact = "<sip:" + n + "@10.0.0.1:5060>;reg-id=" + std::to_string(flow) +
                    ";+sip.instance=\"<urn:" + id + ">\"";
        r.path = "<sip:flow." + n + "@pcscf.ims.example:5060;lr;ob>";
        bench.register_alice(r);
        bench.sent.clear();
        bench.advance(1s);
    };
    bind("a", 1);
    bind("a", 2);
    bind("b", 1);
    Request invite;
    invite.uri = alice_sip.value();
    bench.receive(invite.text(), "127.0.1.20:4060");
    std::map<std::string, sip::Message> sent;
    for (int i = 0; i < 2; ++i) {
        auto request = bench.beyond_100();
        sent.emplace(request.request_uri().user, request);
    }
    REQUIRE(sent.contains("a2"));
    REQUIRE(sent.contains("b1"));
    bench.respond(sent.at("a2"), 430);
    CHECK(bench.beyond_100().method() == sip::Method::Ack);
    const auto other = bench.beyond_100();
    CHECK(other.request_uri().user == "a1");
    bench.respond(sent.at("b1"), 486);
    CHECK(bench.beyond_100().method() == sip::Method::Ack);
    bench.respond(other, 200);
    CHECK(bench.beyond_100().status() == 200);
}
