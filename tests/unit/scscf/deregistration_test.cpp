#include "tests/unit/scscf/bench.hpp"

#include <catch2/catch.hpp>

// The end of a registration by its UE and by time (by the network: network_test.cpp).
using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;
using cx::ServerAssignmentRequest;
using cx::ServerAssignmentType;

TEST_CASE("a UE deregisters its contact", "[TS24.229-5.4.1.4]") {
    Bench bench;
    Register r;
    bench.register_alice(r);
    r.contact = "<sip:alice@10.0.0.1:5060>;expires=0";
    r.cseq = 5;
    bench.receive(bench.answering(r, bench.challenged(r)).text());
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
    bench.receive(bench.answering(all, bench.challenged(all)).text());
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
    bench.receive(bench.answering(work, bench.challenged(work)).text());
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
    bench.receive(bench.answering(all, bench.challenged(all)).text());
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
    bench.receive(bench.answering(r, bench.challenged(r)).text());
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
    bench.receive(bench.answering(r, bench.challenged(r)).text());
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
    bench.receive(bench.answering(r, bench.challenged(r)).text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::UserDeregistrationStoreServerName);
    cx::ServerAssignmentAnswer stored;
    stored.result = cx::ResultCode::Success;
    bench.answer(sar, stored);
    bench.advance(std::chrono::hours{1});
    CHECK(sar_in(bench.ask<ServerAssignmentRequest>()).server_assignment_type ==
          ServerAssignmentType::TimeoutDeregistration);
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
