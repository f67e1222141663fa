#include "tests/unit/scscf/bench.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using cx::MultimediaAuthRequest;
using cx::ServerAssignmentRequest;
using cx::ServerAssignmentType;

TEST_CASE("an unprotected REGISTER is challenged with a vector of the HSS", "[TS24.229-5.4.1.2.1]") {
    Bench bench;
    bench.receive(Register{}.text());

    const auto mar = bench.ask<MultimediaAuthRequest>();
    CHECK(bench.in<MultimediaAuthRequest>(mar).user_name == alice_impi);
    CHECK(bench.in<MultimediaAuthRequest>(mar).public_identity == alice_barred);
    CHECK(bench.in<MultimediaAuthRequest>(mar).server_name == "sip:scscf.ims.example:6060");
    CHECK(bench.in<MultimediaAuthRequest>(mar).sip_auth_data_item.sip_authentication_scheme ==
          "Digest-AKAv1-MD5");
    bench.answer(mar, bench.vector());

    const auto challenge = bench.take();
    REQUIRE(challenge.status() == 401);
    const auto www = *challenge.get<sip::h::WwwAuthenticate>();
    CHECK(www.params.get("realm") == "ims.example");
    CHECK(www.params.get("algorithm") == "AKAv1-MD5");
    CHECK(unbase64(*www.params.get("nonce"))->size() == 32);
    CHECK(www.params.get("ck") == "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0");
    CHECK(www.params.get("ik") == "10101010101010101010101010101010");
    CHECK_THAT(header(challenge, "P-Charging-Vector"), Contains("orig-ioi=\"Type 1visited.example\"") &&
                                                           Contains("term-ioi=\"Type 1ims.example\"") &&
                                                           Contains("icid-value=\"icid-1\""));
}

TEST_CASE("the right answer registers the implicit set and gives the way back", "[TS24.229-5.4.1.2.2]") {
    Bench bench;
    Register r;
    bench.receive(r.text());
    bench.answer(bench.ask<MultimediaAuthRequest>(), bench.vector());
    r.authorization = bench.answer_to(bench.take());
    r.cseq = 2;
    bench.receive(r.text());

    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(bench.in<ServerAssignmentRequest>(sar).server_assignment_type ==
          ServerAssignmentType::Registration);
    CHECK(bench.in<ServerAssignmentRequest>(sar).public_identity == std::vector{alice_barred});
    bench.answer(sar, bench.assignment());

    const auto ok = bench.take();
    REQUIRE(ok.status() == 200);
    CHECK(headers(ok, "P-Associated-URI") ==
          std::vector<std::string>{"\"Alice\" <sip:+15550001@ims.example>", "<tel:+15550001>"});
    CHECK(header(ok, "Path") == r.path);
    CHECK_THAT(header(ok, "Service-Route"),
               StartsWith("<sip:orig.") && Contains("@scscf.ims.example:6060;lr>"));
    CHECK_THAT(header(ok, "Contact"), Contains("sip:alice@10.0.0.1:5060") && Contains("expires=600"));
    CHECK(bench.node.is_registered(alice_tel));
    CHECK(bench.node.contacts(alice_sip) == 1);
    REQUIRE(bench.note("scscf.registration.accepted"));
    CHECK(bench.note("scscf.registration.accepted")->field("impi") == alice_impi.value());
}

namespace {

const ServerAssignmentRequest& sar_in(const cx::Send& question) {
    return std::get<ServerAssignmentRequest>(question.request);
}

// The first REGISTER up to its 401.
sip::Message challenged(Bench& bench, const Register& r) {
    bench.receive(r.text());
    bench.answer(bench.ask<MultimediaAuthRequest>(), bench.vector());
    auto challenge = bench.take();
    REQUIRE(challenge.status() == 401);
    return challenge;
}

// A REGISTER that follows in the same Call-ID, answering that challenge.
Register answering(Bench& bench, Register r, const sip::Message& challenge) {
    r.authorization = bench.answer_to(challenge);
    ++r.cseq;
    return r;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("without the lab's policy an unprotected answer is ignored and challenged anew",
          "[TS24.229-5.4.1.2.1]") {
    auto config = lab_config();
    config.accept_aka_without_integrity_protection = false;
    Bench bench{config};
    Register r;
    const auto challenge = challenged(bench, r);
    r = answering(bench, r, challenge);
    bench.receive(r.text());
    bench.answer(bench.ask<MultimediaAuthRequest>(), bench.vector());
    const auto again = bench.take();
    CHECK(again.status() == 401);
    CHECK(header(again, "WWW-Authenticate") != header(challenge, "WWW-Authenticate"));
    CHECK_FALSE(bench.node.is_registered(alice_sip));

    // Protected by the security association the same answer registers.
    r.authorization = bench.answer_to(again, R"(, integrity-protected="yes")");
    ++r.cseq;
    bench.receive(r.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 200);
}

TEST_CASE("AKAv2-SHA-256 is used with a UE that asks for it", "[TS24.229-5.4.1.2.1A]") {
    Bench bench;
    Register r;
    r.authorization = replaced(r.authorization, "response=\"\"", "response=\"\", algorithm=AKAv2-SHA-256");
    const auto challenge = challenged(bench, r);
    CHECK_THAT(header(challenge, "WWW-Authenticate"), Contains("algorithm=AKAv2-SHA-256"));
    bench.receive(answering(bench, r, challenge).text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 200);
}

TEST_CASE("a wrong response is 403, the HSS is told, and an earlier registration stays",
          "[TS24.229-5.4.1.2.3A]") {
    Bench bench;
    Register r;
    bench.register_alice(r);
    r.cseq = 5;
    const auto challenge = challenged(bench, r);
    r.authorization = bench.answer_to(challenge, R"(, integrity-protected="no")", "0102030405060708");
    r.cseq = 6;
    bench.receive(r.text());
    CHECK(bench.take().status() == 403);
    CHECK(sar_in(bench.ask<ServerAssignmentRequest>()).server_assignment_type ==
          ServerAssignmentType::AuthenticationFailure);
    CHECK(bench.node.is_registered(alice_sip));
    CHECK(bench.note("scscf.authentication.failed")->field("impi") == alice_impi.value());
}

TEST_CASE("a challenge is answered once and only in its own Call-ID", "[TS24.229-5.4.1.2.2]") {
    Bench bench;
    Register r;
    auto answer = answering(bench, r, challenged(bench, r));
    auto stolen = answer;
    stolen.call_id = "other@ue";
    stolen.authorization =
        replaced(stolen.authorization, "integrity-protected=\"no\"", "integrity-protected=\"yes\"");
    bench.receive(stolen.text());
    CHECK(bench.take().status() == 403);

    bench.receive(answer.text());  // the challenge is still outstanding
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 200);

    ++answer.cseq;  // replayed: challenged anew
    bench.receive(answer.text());
    bench.answer(bench.ask<MultimediaAuthRequest>(), bench.vector());
    CHECK(bench.take().status() == 401);
}

TEST_CASE("AUTS makes the HSS resynchronise and the UE is challenged again, at most twice",
          "[TS24.229-5.4.1.2.3A]") {
    Bench bench;
    Register r;
    auto challenge = challenged(bench, r);
    const std::string auts = base64(Octets(14, 0x55));
    for (int i = 0; i < 2; ++i) {
        const auto www = *challenge.get<sip::h::WwwAuthenticate>();
        const auto nonce = std::string{*www.params.get("nonce")};
        r.authorization = R"(Digest username="001010000000001@ims.example", realm="ims.example", nonce=")" +
                          nonce + R"(", uri="sip:ims.example", response="", auts=")" + auts +
                          R"(", integrity-protected="no")";
        ++r.cseq;
        bench.receive(r.text());
        const auto mar = bench.ask<MultimediaAuthRequest>();
        auto expected = *unbase64(nonce);
        expected.resize(16);
        expected.insert(expected.end(), 14, 0x55);
        CHECK(bench.in<MultimediaAuthRequest>(mar).sip_auth_data_item.sip_authorization == expected);
        bench.answer(mar, bench.vector());
        challenge = bench.take();
        REQUIRE(challenge.status() == 401);
    }
    const auto www = *challenge.get<sip::h::WwwAuthenticate>();
    r.authorization = R"(Digest username="001010000000001@ims.example", realm="ims.example", nonce=")" +
                      std::string{*www.params.get("nonce")} +
                      R"(", uri="sip:ims.example", response="", auts=")" + auts +
                      R"(", integrity-protected="no")";
    ++r.cseq;
    bench.receive(r.text());
    CHECK(bench.take().status() == 403);
    CHECK(bench.note("scscf.authentication.resynchronised_too_often"));
}

TEST_CASE("an empty response to the challenge is a MAC failure: 403", "[TS24.229-5.4.1.2.3A]") {
    Bench bench;
    Register r;
    const auto www = *challenged(bench, r).get<sip::h::WwwAuthenticate>();
    r.authorization =
        replaced(r.authorization, "nonce=\"\"", "nonce=\"" + std::string{*www.params.get("nonce")} + "\"");
    ++r.cseq;
    bench.receive(r.text());
    CHECK(bench.take().status() == 403);
    CHECK_THAT(std::string{bench.note("scscf.authentication.failed")->field("reason")}, Contains("AUTN"));
}

TEST_CASE("reg-await-auth ends after four minutes and the HSS is told", "[TS24.229-5.4.1.2.3]") {
    Bench bench;
    Register r;
    const auto answer = answering(bench, r, challenged(bench, r));
    bench.advance(239s);
    CHECK(bench.asked.empty());
    bench.advance(1s);
    CHECK(sar_in(bench.ask<ServerAssignmentRequest>()).server_assignment_type ==
          ServerAssignmentType::AuthenticationTimeout);
    bench.receive(answer.text());
    CHECK(bench.ask<MultimediaAuthRequest>().id.value() > 0);
}

TEST_CASE("vectors at hand are used before the HSS is asked again", "[TS24.229-5.4.1.2.1]") {
    auto config = lab_config();
    config.vectors_per_request = 2;
    Bench bench{config};
    Register r;
    bench.receive(r.text());
    const auto mar = bench.ask<MultimediaAuthRequest>();
    CHECK(bench.in<MultimediaAuthRequest>(mar).sip_number_auth_items == 2);
    auto answer = bench.vector();
    answer.sip_auth_data_item.push_back(bench.vector().sip_auth_data_item.front());
    bench.answer(mar, answer);
    const auto first = bench.take();
    r.call_id = "reg-2@ue";
    bench.receive(r.text());
    CHECK(bench.asked.empty());
    const auto second = bench.take();
    CHECK(second.status() == 401);
    CHECK(header(second, "WWW-Authenticate") != header(first, "WWW-Authenticate"));
}

TEST_CASE("errors of MAA and SAA: a refusal is 403, an HSS that is away 504, another S-CSCF 480",
          "[TS29.228-6.3]") {
    const auto status_for_maa = [](cx::Result result) {
        Bench bench;
        bench.receive(Register{}.text());
        cx::MultimediaAuthAnswer answer;
        answer.result = result;
        bench.answer(bench.ask<MultimediaAuthRequest>(), answer);
        return bench.take().status();
    };
    const auto status_for_saa = [](cx::Result result) {
        Bench bench;
        Register r;
        bench.receive(answering(bench, r, challenged(bench, r)).text());
        cx::ServerAssignmentAnswer answer;
        answer.result = result;
        bench.answer(bench.ask<ServerAssignmentRequest>(), answer);
        CHECK_FALSE(bench.node.is_registered(alice_sip));
        return bench.take().status();
    };
    using E = cx::ExperimentalResultCode;
    CHECK(status_for_maa(E::ErrorUserUnknown) == 403);
    CHECK(status_for_maa(cx::ResultCode::UnableToComply) == 504);
    CHECK(status_for_maa(cx::ResultCode::Success) == 403);  // without a vector
    CHECK(status_for_saa(E::ErrorUserUnknown) == 403);
    CHECK(status_for_saa(E::ErrorIdentityAlreadyRegistered) == 480);
    CHECK(status_for_saa(cx::ResultCode::UnableToComply) == 504);

    Bench bench;
    bench.receive(Register{}.text());
    bench.fail(bench.ask<MultimediaAuthRequest>());
    CHECK(bench.take().status() == 504);
    CHECK(bench.note("scscf.registration.rejected")->field("reason") == "HSS not reached: nobody there");
}

TEST_CASE("a profile that is no XML, or without the identity, is refused", "[TS29.228-E]") {
    for (const auto* profile :
         {"<IMSSubscription>", "<IMSSubscription><PrivateID>x@y</PrivateID></IMSSubscription>"}) {
        Bench bench;
        Register r;
        bench.receive(answering(bench, r, challenged(bench, r)).text());
        bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment(profile));
        CHECK(bench.take().status() == 500);
        CHECK(bench.node.registered_users() == 0);
    }
}

// ---- contacts and expiry

TEST_CASE("the expiry asked for is granted, capped, refused or the default", "[TS24.229-5.4.1.2.2]") {
    const auto granted = [](std::string_view contact, std::string_view more = "") {
        auto config = lab_config();
        config.max_expires = std::chrono::seconds{7200};
        config.default_expires = std::chrono::seconds{1800};
        Bench bench{config};
        Register r;
        r.contact = contact;
        r.more = more;
        return header(bench.register_alice(r), "Contact");
    };
    CHECK_THAT(granted("<sip:a@10.0.0.1>;expires=600"), Contains("expires=600"));
    CHECK_THAT(granted("<sip:a@10.0.0.1>", "Expires: 900\r\n"), Contains("expires=900"));
    CHECK_THAT(granted("<sip:a@10.0.0.1>"), Contains("expires=1800"));
    CHECK_THAT(granted("<sip:a@10.0.0.1>;expires=600000"), Contains("expires=7200"));
    CHECK_THAT(granted("<sip:a@10.0.0.1>;expires=99999999999"), Contains("expires=7200"));

    Bench bench;
    Register r;
    r.contact = "<sip:a@10.0.0.1>;expires=59";
    bench.receive(answering(bench, r, challenged(bench, r)).text());
    const auto refused = bench.take();
    CHECK(refused.status() == 423);
    CHECK(header(refused, "Min-Expires") == "60");
}

TEST_CASE("a registration runs out: the HSS is told and nobody is reached", "[TS24.229-5.4.1.4]") {
    Bench bench;
    bench.register_alice();
    bench.advance(599s);
    CHECK(bench.node.is_registered(alice_sip));
    bench.advance(1s);
    CHECK_FALSE(bench.node.is_registered(alice_sip));
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::TimeoutDeregistration);
    CHECK(sar_in(sar).user_name == alice_impi);
    CHECK(sar.destination_host == "hss.ims.example");
    CHECK(bench.note("scscf.deregistration.by_timeout"));
}

TEST_CASE("re-registration refreshes the contact and keeps its Service-Route", "[TS24.229-5.4.1.2.2]") {
    Bench bench;
    Register r;
    const auto first = bench.register_alice(r);
    bench.advance(300s);
    r.cseq = 3;
    bench.receive(answering(bench, r, challenged(bench, r)).text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::ReRegistration);
    CHECK(sar_in(sar).user_data_already_available == cx::UserDataAlreadyAvailable::AlreadyAvailable);
    cx::ServerAssignmentAnswer without_profile;
    without_profile.result = cx::ResultCode::Success;
    bench.answer(sar, without_profile);
    const auto again = bench.take();
    CHECK(again.status() == 200);
    CHECK(header(again, "Service-Route") == header(first, "Service-Route"));
    CHECK(bench.node.contacts(alice_sip) == 1);
    bench.advance(599s);
    CHECK(bench.node.is_registered(alice_sip));
}

TEST_CASE("a protected refresh needs no new challenge", "[TS24.229-5.4.1.2.2]") {
    Bench bench;
    Register r;
    bench.register_alice(r);
    r.cseq = 9;
    r.authorization = replaced(r.authorization, "integrity-protected=\"no\"", "integrity-protected=\"yes\"");
    bench.receive(r.text());
    CHECK(bench.asked.empty());
    CHECK(bench.take().status() == 200);
    CHECK(bench.note("scscf.registration.refreshed"));
}

TEST_CASE("a protected REGISTER of a user who is unknown here is 500, unless restoration knows its P-CSCFs",
          "[TS24.229-5.4.1.2.3A]") {
    Register r;
    r.authorization = replaced(r.authorization, "integrity-protected=\"no\"", "integrity-protected=\"yes\"");
    for (const bool restoration : {true, false})
        for (const bool peers_known : {true, false}) {
            auto config = lab_config();
            config.scscf_restoration = restoration;
            if (peers_known) config.trusted_peers = std::vector{*AddressRange::parse("127.0.1.0/24")};
            Bench bench{config};
            bench.receive(r.text());
            if (!restoration || !peers_known) {
                CHECK(bench.asked.empty());
                CHECK(bench.take().status() == 500);
                continue;
            }
            bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
            CHECK(bench.take().status() == 200);
        }
}

TEST_CASE("a new contact needs a challenge, however protected the REGISTER is, unless it is a new flow",
          "[TS24.229-5.4.1.2.2]") {
    Bench bench;
    Register r;
    bench.register_alice(r);
    r.cseq = 9;
    r.authorization = replaced(r.authorization, "integrity-protected=\"no\"", "integrity-protected=\"yes\"");
    r.contact = "<sip:alice@10.0.0.66:5060>;expires=600";
    bench.receive(r.text());
    CHECK(bench.take().status() == 403);
    CHECK(bench.node.contacts(alice_sip) == 1);

    r.cseq = 10;
    r.contact = R"(<sip:alice@10.0.0.66:5060>;expires=600;reg-id=1;+sip.instance="<urn:1>")";
    r.path = "<sip:flow.1@pcscf.ims.example:5060;lr;ob>";
    bench.receive(r.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 200);
    CHECK(bench.node.contacts(alice_sip) == 2);
}

TEST_CASE("whom the HSS made known as unregistered is not registered without a challenge",
          "[TS24.229-5.4.1.2.3A]") {
    Bench bench;
    bench.receive(
        "MESSAGE sip:+15550001@ims.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.1.10:5060;branch=z9hG4bK-m\r\n"
        "Max-Forwards: 69\r\nFrom: <sip:bob@ims.example>;tag=f\r\nTo: <sip:+15550001@ims.example>\r\n"
        "Call-ID: m@x\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n");
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    bench.sent.clear();
    Register r;
    r.authorization = replaced(r.authorization, "integrity-protected=\"no\"", "integrity-protected=\"yes\"");
    bench.receive(r.text());
    CHECK(bench.take().status() == 500);
    CHECK_FALSE(bench.node.is_registered(alice_sip));
}

TEST_CASE("nothing is taken from outside the trust domain", "[TS24.229-4.4]") {
    auto config = lab_config();
    config.trusted_peers = std::vector{*AddressRange::parse("127.0.1.0/24")};
    Bench bench{config};
    const auto service_route = header(bench.register_alice(), "Service-Route");

    Register r;
    r.cseq = 9;
    r.authorization = replaced(r.authorization, "integrity-protected=\"no\"", "integrity-protected=\"yes\"");
    bench.receive(r.text(), "127.0.2.1:5060");
    CHECK(bench.take().status() == 403);
    REQUIRE(bench.note("scscf.request.untrusted"));
    CHECK_THAT(std::string{bench.note("scscf.request.untrusted")->field("reason")}, Contains("127.0.2.1"));

    const auto request = [](std::string_view method, std::string_view to_tag, std::string_view route) {
        return std::string{method} + " sip:bob@ims.example SIP/2.0\r\n" +
               "Via: SIP/2.0/UDP 127.0.2.1:5060;branch=z9hG4bK-" + std::string{method} + "\r\n" +
               "Max-Forwards: 69\r\nFrom: <sip:alice@ims.example>;tag=f\r\nTo: <sip:bob@ims.example>" +
               std::string{to_tag} + "\r\nCall-ID: c@x\r\nCSeq: 1 " + std::string{method} +
               "\r\nP-Asserted-Identity: <sip:+15550001@ims.example>\r\nRoute: " + std::string{route} +
               "\r\nContent-Length: 0\r\n\r\n";
    };
    for (const auto& route : {service_route, std::string{"<sip:scscf.ims.example:6060;lr;orig>"}}) {
        bench.receive(request("MESSAGE", "", route), "127.0.2.1:5060");
        CHECK(bench.take().status() == 403);
        CHECK(bench.sent.empty());
        bench.advance(40s);
    }
    bench.notes.clear();
    bench.receive(request("ACK", ";tag=t", "<sip:mo@scscf.ims.example:6060;lr>, <sip:other.example;lr>"),
                  "127.0.2.1:5060");
    CHECK(bench.sent.empty());
    CHECK(bench.note("scscf.request.untrusted"));
}

TEST_CASE("a UE that comes back at another address replaces its old contact", "[TS24.229-5.4.1.2.2]") {
    Bench bench;
    Register r;
    r.contact = R"(<sip:alice@10.0.0.1:5060>;+sip.instance="<urn:gsma:imei:1>")";
    bench.register_alice(r);
    r.contact = R"(<sip:alice@10.0.0.77:5060>;+sip.instance="<urn:gsma:imei:1>")";
    r.call_id = "after-reboot@ue";
    const auto ok = bench.register_alice(r);
    CHECK(headers(ok, "Contact").size() == 1);
    CHECK_THAT(header(ok, "Contact"), Contains("10.0.0.77"));
    CHECK(bench.node.contacts(alice_sip) == 1);
}

TEST_CASE("two devices keep two contacts, up to the limit", "[TS24.229-5.4.1.2.2]") {
    auto config = lab_config();
    config.max_contacts = 2;
    Bench bench{config};
    for (int device = 1; device <= 2; ++device) {
        Register r;
        r.call_id = "reg-" + std::to_string(device) + "@ue";
        r.contact = "<sip:alice@10.0.0." + std::to_string(device) +
                    ">;q=0.7;+sip.instance=\"<urn:" + std::to_string(device) + ">\"";
        const auto ok = bench.register_alice(r);
        CHECK(headers(ok, "Contact").size() == static_cast<std::size_t>(device));
        CHECK_THAT(header(ok, "Contact"), Contains("q=0.7"));
    }
    Register third;
    third.call_id = "reg-3@ue";
    third.contact = R"(<sip:alice@10.0.0.3>;+sip.instance="<urn:3>")";
    bench.receive(answering(bench, third, challenged(bench, third)).text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 403);
    CHECK(bench.node.contacts(alice_sip) == 2);
}

TEST_CASE("of several contacts in one REGISTER the one of highest q is bound", "[TS24.229-5.4.1.2.3]") {
    Bench bench;
    Register r;
    r.contact = "<sip:alice@10.0.0.1>;q=0.2, <sip:alice@10.0.0.2>;q=0.8";
    const auto ok = bench.register_alice(r);
    REQUIRE(headers(ok, "Contact").size() == 1);
    CHECK_THAT(header(ok, "Contact"), Contains("10.0.0.2"));
}

TEST_CASE("a REGISTER without Contact asks what is bound", "[RFC3261-10.3]") {
    Bench bench;
    Register r;
    bench.register_alice(r);
    r.contact.clear();
    r.cseq = 7;
    bench.receive(answering(bench, r, challenged(bench, r)).text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    const auto ok = bench.take();
    CHECK(ok.status() == 200);
    CHECK_THAT(header(ok, "Contact"), Contains("sip:alice@10.0.0.1:5060"));
}

TEST_CASE("an old CSeq changes nothing", "[RFC3261-10.3]") {
    Bench bench;
    Register r;
    r.cseq = 10;
    bench.register_alice(r);
    r.cseq = 3;
    r.authorization = replaced(r.authorization, "integrity-protected=\"no\"", "integrity-protected=\"yes\"");
    bench.receive(r.text());
    CHECK(bench.take().status() == 400);
    CHECK(bench.node.is_registered(alice_sip));
}

TEST_CASE("broken requests are refused with 400", "[TS24.229-5.4.1.2.3]") {
    const auto status_of = [](const Register& r) {
        Bench bench;
        bench.receive(r.text());
        CHECK(bench.asked.empty());
        return bench.take().status();
    };
    Register star;
    star.contact = "*";
    CHECK(status_of(star) == 400);
    Register bnc;
    bnc.contact = "<sip:user@10.0.0.1;bnc>";
    CHECK(status_of(bnc) == 400);
    Register basic;
    basic.authorization = "Basic QWxhZGRpbg==";
    CHECK(status_of(basic) == 400);
    Register odd;
    odd.authorization =
        replaced(odd.authorization, "integrity-protected=\"no\"", "integrity-protected=\"perhaps\"");
    CHECK(status_of(odd) == 400);
    Register urn;
    urn.to = "urn:service:sos";
    CHECK(status_of(urn) == 400);
}

TEST_CASE("a flow through a P-CSCF that does not keep flows is 439", "[TS24.229-5.4.1.2.2]") {
    Bench bench;
    Register r;
    r.contact = R"(<sip:alice@10.0.0.1>;reg-id=1;+sip.instance="<urn:1>")";
    r.more = "Supported: outbound\r\n";
    bench.receive(answering(bench, r, challenged(bench, r)).text());
    CHECK(bench.take().status() == 439);

    Bench with_ob;
    r.path = "<sip:flow.1@pcscf.ims.example:5060;lr;ob>";
    const auto ok = with_ob.register_alice(r);
    CHECK(ok.has_option(sip::HeaderId::Require, "outbound"));
    CHECK_THAT(header(ok, "Contact"), Contains("reg-id=1"));
}

TEST_CASE("a right answer that ends in 423 or 439 does not leave authentication pending in the HSS",
          "[TS29.228-6.1.2]") {
    for (const int status : {423, 439}) {
        Bench bench;
        Register r;
        r.contact = status == 423 ? "<sip:a@10.0.0.1>;expires=59"
                                  : R"(<sip:alice@10.0.0.1>;reg-id=1;+sip.instance="<urn:1>")";
        r.more = "Supported: outbound\r\n";
        bench.receive(answering(bench, r, challenged(bench, r)).text());
        CHECK(bench.take().status() == status);
        const auto sar = bench.ask<ServerAssignmentRequest>();
        CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::AuthenticationTimeout);
        CHECK(sar_in(sar).user_name == alice_impi);
        CHECK(sar_in(sar).public_identity == std::vector{alice_barred});
    }
}

TEST_CASE("a REGISTER that requires what nobody here can is 420", "[RFC3261-8.2.2.3]") {
    Bench bench;
    Register r;
    r.more = "Require: path, gruu, sec-agree, x-unheard\r\n";
    bench.receive(r.text());
    const auto refusal = bench.take();
    CHECK(refusal.status() == 420);
    CHECK(headers(refusal, "Unsupported") == std::vector<std::string>{"gruu", "x-unheard"});
    CHECK(bench.asked.empty());

    r.more = "Require: path, outbound, sec-agree\r\n";
    r.cseq = 2;
    challenged(bench, r);
}

TEST_CASE("auth-done counts only where it is allowed", "[TS24.229-5.4.1.2.2E]") {
    Register r;
    r.authorization =
        replaced(r.authorization, "integrity-protected=\"no\"", "integrity-protected=\"auth-done\"");
    Bench bench;
    bench.receive(r.text());
    CHECK(bench.take().status() == 403);
    auto config = lab_config();
    config.accept_auth_done = true;
    Bench trusting{config};
    trusting.receive(r.text());
    trusting.answer(trusting.ask<ServerAssignmentRequest>(), trusting.assignment());
    CHECK(trusting.take().status() == 200);
}

TEST_CASE("charging functions go to a P-CSCF of the own network only", "[TS24.229-5.4.1.2.2F]") {
    for (const bool home : {true, false}) {
        Bench bench;
        Register r;
        bench.receive(answering(bench, r, challenged(bench, r)).text());
        auto assignment = bench.assignment();
        assignment.charging_information = cx::ChargingInformation{};
        assignment.charging_information->primary_charging_collection_function_name = "aaa://cdf.ims.example";
        const auto sar = bench.ask<ServerAssignmentRequest>();
        if (home) {
            bench.answer(sar, assignment);
            CHECK(header(bench.take(), "P-Charging-Function-Addresses") == "ccf=\"aaa://cdf.ims.example\"");
            continue;
        }
        bench.answer(sar, assignment);
        bench.sent.clear();
        Register away;
        auto text = replaced(away.text(), "P-Visited-Network-ID: \"ims.example\"",
                             "P-Visited-Network-ID: \"far.example\"");
        text = replaced(text, "CSeq: 1", "CSeq: 8");
        text = replaced(text, "integrity-protected=\"no\"", "integrity-protected=\"yes\"");
        bench.receive(replaced(text, "z9hG4bK-i-", "z9hG4bK-x-"));
        const auto ok = bench.take();
        CHECK(ok.status() == 200);
        CHECK_FALSE(ok.has("P-Charging-Function-Addresses"));
    }
}

// ---- deregistration

TEST_CASE("a UE deregisters its contact", "[TS24.229-5.4.1.4]") {
    Bench bench;
    Register r;
    bench.register_alice(r);
    r.contact = "<sip:alice@10.0.0.1:5060>;expires=0";
    r.cseq = 5;
    bench.receive(answering(bench, r, challenged(bench, r)).text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::UserDeregistration);
    bench.answer(sar, cx::ServerAssignmentAnswer{
                          cx::ResultCode::Success, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}});
    const auto ok = bench.take();
    CHECK(ok.status() == 200);
    CHECK_THAT(header(ok, "Contact"), Contains("expires=0"));
    CHECK_FALSE(ok.has("Service-Route"));
    CHECK_FALSE(bench.node.is_registered(alice_sip));
    CHECK(bench.note("scscf.deregistration.by_user"));
}

TEST_CASE("Contact * removes every contact of the private identity", "[TS24.229-5.4.1.4]") {
    Bench bench;
    for (int device = 1; device <= 2; ++device) {
        Register r;
        r.call_id = "reg-" + std::to_string(device) + "@ue";
        r.contact = "<sip:alice@10.0.0." + std::to_string(device) +
                    ">;+sip.instance=\"<urn:" + std::to_string(device) + ">\"";
        bench.register_alice(r);
    }
    Register all;
    all.call_id = "bye@ue";
    all.contact = "*";
    all.more = "Expires: 0\r\n";
    bench.receive(answering(bench, all, challenged(bench, all)).text());
    bench.fail(bench.ask<ServerAssignmentRequest>());  // the UE is gone, whatever the HSS says
    const auto ok = bench.take();
    CHECK(ok.status() == 200);
    CHECK(headers(ok, "Contact").size() == 2);
    CHECK_FALSE(bench.node.is_registered(alice_sip));
}

TEST_CASE("Contact * ends the contacts of the private identity in each of its sets", "[TS24.229-5.4.1.4]") {
    Bench bench;
    bench.register_alice();
    Register work;  // a second implicit registration set of the same subscription
    work.call_id = "reg-work@ue";
    work.to = "sip:work@ims.example";
    bench.receive(answering(bench, work, challenged(bench, work)).text());
    bench.answer(bench.ask<ServerAssignmentRequest>(),
                 bench.assignment(
                     R"(<IMSSubscription><PrivateID>001010000000001@ims.example</PrivateID><ServiceProfile>)"
                     R"(<PublicIdentity><Identity>sip:work@ims.example</Identity></PublicIdentity>)"
                     R"(</ServiceProfile></IMSSubscription>)"));
    REQUIRE(bench.take().status() == 200);
    REQUIRE(bench.node.registered_users() == 2);

    Register all;
    all.call_id = "bye@ue";
    all.contact = "*";
    all.more = "Expires: 0\r\n";
    bench.receive(answering(bench, all, challenged(bench, all)).text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::UserDeregistration);
    CHECK(sar_in(sar).public_identity == std::vector{alice_barred, Impu{"sip:work@ims.example"}});
    bench.answer(sar, bench.assignment());
    CHECK(bench.take().status() == 200);
    CHECK_FALSE(bench.node.is_registered(alice_sip));
    CHECK_FALSE(bench.node.is_registered(Impu{"sip:work@ims.example"}));
}

TEST_CASE("one of two devices leaves, the other stays, here and in the HSS",
          "[TS24.229-5.4.1.4][TS29.228-6.1.2]") {
    Bench bench;
    Register r;
    for (int device = 1; device <= 2; ++device) {
        r.call_id = "reg-" + std::to_string(device) + "@ue";
        r.contact = "<sip:alice@10.0.0." + std::to_string(device) +
                    ">;+sip.instance=\"<urn:" + std::to_string(device) + ">\"";
        bench.register_alice(r);
    }
    r.contact = R"(<sip:alice@10.0.0.2>;+sip.instance="<urn:2>";expires=0)";
    r.cseq = 5;
    bench.receive(answering(bench, r, challenged(bench, r)).text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::ReRegistration);
    REQUIRE(sar_in(sar).scscf_restoration_info->restoration_info.size() == 1);
    CHECK_THAT(sar_in(sar).scscf_restoration_info->restoration_info[0].contact, Contains("10.0.0.1"));
    CHECK(bench.take().status() == 200);
    CHECK(bench.node.contacts(alice_sip) == 1);
}

TEST_CASE("deregistration of what is not bound is 481", "[TS24.229-5.4.1.4]") {
    Bench bench;
    Register r;
    r.contact = "<sip:alice@10.0.0.1:5060>;expires=0";
    bench.receive(answering(bench, r, challenged(bench, r)).text());
    const auto sar = bench.ask<ServerAssignmentRequest>();  // it might have been lost here
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::NoAssignment);
    cx::ServerAssignmentAnswer not_ours;
    bench.answer(sar, not_ours);
    CHECK(bench.take().status() == 481);
}

TEST_CASE("by policy the S-CSCF keeps the profile after deregistration", "[TS29.228-6.1.2.1]") {
    auto config = lab_config();
    config.store_server_name = true;
    Bench bench{config};
    Register r;
    bench.register_alice(r);
    r.contact = "<sip:alice@10.0.0.1:5060>;expires=0";
    r.cseq = 5;
    bench.receive(answering(bench, r, challenged(bench, r)).text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::UserDeregistrationStoreServerName);
    cx::ServerAssignmentAnswer stored;
    stored.result = cx::ResultCode::Success;
    bench.answer(sar, stored);
    bench.advance(std::chrono::hours{1});
    CHECK(sar_in(bench.ask<ServerAssignmentRequest>()).server_assignment_type ==
          ServerAssignmentType::TimeoutDeregistration);
}

TEST_CASE("TLS alone does not make an answer without a challenge good", "[TS24.229-5.4.1.1]") {
    Bench bench;
    Register r;
    r.authorization =
        R"(Digest username="001010000000001@ims.example", realm="ims.example", nonce="x", uri="sip:ims.example", )"
        R"(response="0123", algorithm=AKAv2-SHA-256, integrity-protected="tls-connected")";
    bench.receive(r.text());
    bench.answer(bench.ask<MultimediaAuthRequest>(), bench.vector());
    const auto challenge = bench.take();
    CHECK(challenge.status() == 401);
    CHECK_FALSE(challenge.get<sip::h::WwwAuthenticate>()->params.has("ck"));
    r.authorization = bench.answer_to(challenge, R"(, integrity-protected="tls-connected")");
    r.cseq = 2;
    bench.receive(r.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 200);
}
