#include "tests/unit/scscf/bench.hpp"

#include <catch2/catch.hpp>

// Who a REGISTER is from: AKA, what the P-CSCF says, and who is believed (SIP Digest: digest_test.cpp).
using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;
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

TEST_CASE("without the lab's policy an unprotected answer is ignored and challenged anew",
          "[TS24.229-5.4.1.2.1]") {
    auto config = lab_config();
    config.accept_aka_without_integrity_protection = false;
    Bench bench{config};
    Register r;
    const auto challenge = bench.challenged(r);
    r = bench.answering(r, challenge);
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
    const auto challenge = bench.challenged(r);
    CHECK_THAT(header(challenge, "WWW-Authenticate"), Contains("algorithm=AKAv2-SHA-256"));
    bench.receive(bench.answering(r, challenge).text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 200);
}

TEST_CASE("a wrong response is 403, the HSS is told, and an earlier registration stays",
          "[TS24.229-5.4.1.2.3A]") {
    Bench bench;
    Register r;
    bench.register_alice(r);
    r.cseq = 5;
    const auto challenge = bench.challenged(r);
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
    auto answer = bench.answering(r, bench.challenged(r));
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
    auto challenge = bench.challenged(r);
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
    const auto www = *bench.challenged(r).get<sip::h::WwwAuthenticate>();
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
    const auto answer = bench.answering(r, bench.challenged(r));
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
