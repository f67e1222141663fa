#include "tests/unit/scscf/bench.hpp"

#include <catch2/catch.hpp>

// What requests and responses say of charging and access, and to whom (TS 24.229 4.4, 4.5).
using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;

namespace {

// What neither the other user nor another network may learn, and whether it is still there.
const std::string access_info =
    "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=1\r\n"
    "P-Charging-Function-Addresses: ccf=c.example\r\n";
std::string charged(std::string_view orig_ioi) {
    return "P-Charging-Vector: icid-value=a;ecid=1;orig-ioi=\"" + std::string{orig_ioi} + "\"\r\n";
}
std::string kept(const sip::Message& m) {
    std::string found;
    if (m.has("P-Access-Network-Info")) found += "PANI ";
    if (header(m, "P-Charging-Vector").find("ecid") != std::string::npos) found += "ecid ";
    if (m.has("P-Charging-Function-Addresses")) found += "PCFA ";
    return found;
}

}  // namespace

TEST_CASE("where a caller is does not reach the called UE", "[TS24.229-4.4]") {
    Bench bench;
    bench.registered();
    Request invite;
    invite.uri = alice_sip.value();
    invite.more = access_info + charged("ims.example");
    bench.receive(invite.text());
    CHECK(kept(bench.beyond_100()).empty());
}

TEST_CASE("a response takes to another network neither access nor charging functions, at home they stay",
          "[TS24.229-4.5.5]") {
    const auto answered = [](std::string_view orig_ioi) {
        Bench bench;
        bench.registered();
        Request invite;
        invite.uri = alice_sip.value();
        invite.more = charged(orig_ioi);
        bench.receive(invite.text());
        bench.respond(bench.beyond_100(), 200,
                      access_info + "P-Charging-Vector: icid-value=a;ecid=1;term-ioi=x\r\n");
        return kept(bench.beyond_100());
    };
    CHECK(answered("ims.example") == "PANI ecid PCFA ");
    CHECK(answered("far.example").empty());

    const auto to_caller = [](std::string_view orig_ioi) {
        Bench bench;
        Request invite;
        invite.route = bench.registered();
        invite.more = charged(orig_ioi);
        bench.receive(invite.text());
        bench.respond(bench.beyond_100(), 200,
                      access_info + "P-Charging-Vector: icid-value=a;ecid=1;term-ioi=x\r\n");
        return kept(bench.beyond_100());
    };
    CHECK(to_caller("Type 1ims.example") == "PCFA ");
    CHECK(to_caller("Type 1visited.example").empty());
}

TEST_CASE("within a dialog the access stays at home too", "[TS24.229-5.4.3.2]") {
    const auto passed = [](std::string_view orig_ioi, std::string_view next) {
        Bench bench;
        Request bye;
        bye.method = "BYE";
        bye.uri = "sip:bob@10.0.0.2";
        bye.to_tag = "t1";
        bye.route = "<sip:mo@scscf.ims.example:6060;lr>, <sip:" + std::string{next} + ";lr>";
        bye.more = access_info + charged(orig_ioi);
        bench.receive(bye.text());
        const auto in_bye = kept(bench.take());
        bye.method = "ACK";
        bench.receive(bye.text());
        const auto in_ack = kept(bench.take());
        CHECK(in_ack == in_bye);
        return in_bye;
    };
    CHECK(passed("Type 1ims.example", "icscf.ims.example:4060") == "PANI ecid PCFA ");
    CHECK(passed("Type 1ims.example", "other.example:5060").empty());
    CHECK(passed("ims.example", "pcscf.ims.example:5060") == "PCFA ");
}

TEST_CASE("inside a dialog each side gets the IOI of its type", "[TS24.229-4.5.4]") {
    const auto passed = [](std::string_view orig_ioi) {
        Bench bench;
        Request bye;
        bye.method = "BYE";
        bye.uri = "sip:bob@10.0.0.2";
        bye.to_tag = "t1";
        bye.route = "<sip:mo@scscf.ims.example:6060;lr>, <sip:other.example;lr>";
        bye.more = "P-Charging-Vector: icid-value=a;orig-ioi=\"" + std::string{orig_ioi} + "\"\r\n";
        bench.receive(bye.text());
        const auto request = bench.take();
        bench.respond(request, 200, "P-Charging-Vector: icid-value=a;term-ioi=\"x\"\r\n");
        return std::pair{header(request, "P-Charging-Vector"), header(bench.take(), "P-Charging-Vector")};
    };
    const auto from_pcscf = passed("Type 1visited.example");
    CHECK_THAT(from_pcscf.first, Contains("orig-ioi=\"ims.example\""));
    CHECK_THAT(from_pcscf.second,
               Contains("orig-ioi=\"Type 1visited.example\"") && Contains("term-ioi=\"Type 1ims.example\""));
    const auto from_home = passed("far.example");
    CHECK_THAT(from_home.first, Contains("orig-ioi=\"Type 1ims.example\""));
    CHECK_THAT(from_home.second,
               Contains("orig-ioi=\"far.example\"") && Contains("term-ioi=\"ims.example\""));
}

TEST_CASE("within a dialog that says nothing of networks each side still gets the IOI of its type",
          "[TS24.229-4.5.4]") {
    Bench bench;
    Request invite;
    invite.route = bench.registered();
    bench.receive(invite.text());
    const auto sent = bench.beyond_100();
    bench.respond(sent, 200,
                  "Record-Route: " + header(sent, "Record-Route") + "\r\nContact: <sip:bob@10.0.0.2>\r\n");
    bench.beyond_100();
    Request info;  // of Alice, then of Bob
    info.method = "INFO";
    info.uri = "sip:bob@10.0.0.2";
    info.to_tag = "peer";
    info.route = header(sent, "Record-Route") + ", <sip:icscf.ims.example:4060;lr>";
    info.cseq = 2;
    bench.receive(info.text());
    CHECK_THAT(header(bench.take(), "P-Charging-Vector"), Contains("orig-ioi=\"ims.example\""));
    auto text = info.text();
    const auto swap = [&](std::string_view from, std::string_view to) {
        text.replace(text.find(from), from.size(), to);
    };
    swap("From: <sip:alice@ims.example>;tag=f1", "From: <sip:bob@ims.example>;tag=peer");
    swap("To: <sip:bob@10.0.0.2>;tag=peer", "To: <sip:alice@ims.example>;tag=f1");
    swap("z9hG4bK-", "z9hG4bK-bob-");
    bench.receive(text);
    CHECK_THAT(header(bench.take(), "P-Charging-Vector"), Contains("orig-ioi=\"Type 1ims.example\""));
}

TEST_CASE("the refusal of a request from another home network carries type 2", "[TS24.229-4.5.4]") {
    Bench bench;
    bench.registered();
    Request invite;
    invite.uri = "sip:001010000000001@ims.example";
    invite.more = "P-Charging-Vector: icid-value=a;orig-ioi=\"far.example\"\r\n";
    bench.receive(invite.text());
    const auto refusal = bench.beyond_100();
    CHECK(refusal.status() == 404);
    CHECK_THAT(header(refusal, "P-Charging-Vector"), Contains("term-ioi=\"ims.example\""));
}

TEST_CASE("transit-ioi ends here", "[TS24.229-4.5.4A]") {
    Bench bench;
    Request invite;
    invite.route = bench.registered();
    invite.more = "P-Charging-Vector: icid-value=a;orig-ioi=\"Type 1v\";transit-ioi=\"carrier.1\"\r\n";
    bench.receive(invite.text());
    const auto sent = bench.beyond_100();
    CHECK_THAT(header(sent, "P-Charging-Vector"), !Contains("transit-ioi"));
    bench.respond(sent, 486, "P-Charging-Vector: icid-value=a;transit-ioi=\"carrier.1\"\r\n");
    bench.take();  // ACK
    CHECK_THAT(header(bench.take(), "P-Charging-Vector"), !Contains("transit-ioi"));
}

TEST_CASE("charging functions of the caller go along inside the home network", "[TS24.229-5.4.3.2]") {
    Bench bench;
    Request invite;
    invite.route = bench.registered();
    cx::PushProfileRequest ppr;
    ppr.user_name = alice_impi;
    ppr.charging_information = cx::ChargingInformation{};
    ppr.charging_information->primary_charging_collection_function_name = "aaa://cdf.ims.example";
    bench.push(ppr);
    bench.receive(invite.text());
    CHECK(header(bench.beyond_100(), "P-Charging-Function-Addresses") == "ccf=\"aaa://cdf.ims.example\"");
    invite.uri = "sip:carol@other.example";
    invite.call_id = "call-2@ue";
    bench.receive(invite.text());
    CHECK_FALSE(bench.beyond_100().has("P-Charging-Function-Addresses"));
}
