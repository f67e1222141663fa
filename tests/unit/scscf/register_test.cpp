#include "tests/unit/scscf/bench.hpp"

#include <catch2/catch.hpp>

// What a REGISTER that is believed does: binding, expiry, the answer.
using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using cx::MultimediaAuthRequest;
using cx::ServerAssignmentRequest;
using cx::ServerAssignmentType;

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
        bench.receive(bench.answering(r, bench.challenged(r)).text());
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
        bench.receive(bench.answering(r, bench.challenged(r)).text());
        bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment(profile));
        CHECK(bench.take().status() == 500);
        CHECK(bench.node.registered_users() == 0);
    }
}

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
    bench.receive(bench.answering(r, bench.challenged(r)).text());
    const auto refused = bench.take();
    CHECK(refused.status() == 423);
    CHECK(header(refused, "Min-Expires") == "60");
}

TEST_CASE("re-registration refreshes the contact and keeps its Service-Route", "[TS24.229-5.4.1.2.2]") {
    Bench bench;
    Register r;
    const auto first = bench.register_alice(r);
    bench.advance(300s);
    r.cseq = 3;
    bench.receive(bench.answering(r, bench.challenged(r)).text());
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
    bench.receive(bench.answering(third, bench.challenged(third)).text());
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
    bench.receive(bench.answering(r, bench.challenged(r)).text());
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
    bench.receive(bench.answering(r, bench.challenged(r)).text());
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
        bench.receive(bench.answering(r, bench.challenged(r)).text());
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
    bench.challenged(r);
}

TEST_CASE("charging functions go to a P-CSCF of the own network only", "[TS24.229-5.4.1.2.2F]") {
    for (const bool home : {true, false}) {
        Bench bench;
        Register r;
        bench.receive(bench.answering(r, bench.challenged(r)).text());
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

TEST_CASE("a new configuration is taken while registrations stay, but for our names", "[issue]") {
    Bench bench;
    bench.register_alice();
    auto config = lab_config();
    config.max_expires = std::chrono::seconds{300};
    config.ioi = "other.example";
    config.server_name = "sip:other.ims.example";
    CHECK(bench.node.reload(config) == std::vector<std::string>{"server_name", "ioi"});
    CHECK(bench.node.is_registered(alice_sip));
    Register r;
    r.cseq = 7;
    r.authorization = replaced(r.authorization, "integrity-protected=\"no\"", "integrity-protected=\"yes\"");
    bench.receive(r.text());
    const auto ok = bench.take();
    CHECK_THAT(header(ok, "Contact"), Contains("expires=300"));
    CHECK_THAT(header(ok, "Service-Route"), Contains("@scscf.ims.example"));
}
