#include "tests/unit/scscf/bench.hpp"

#include <catch2/catch.hpp>

// TS 23.380, TS 24.229 4.14: what the HSS keeps of a registration, and what an S-CSCF that lost it makes of
// that.
using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;
using cx::ServerAssignmentRequest;
using cx::ServerAssignmentType;

namespace {

constexpr std::string_view contact =
    R"(<sip:alice@10.0.0.1:5060>;+g.3gpp.smsip;+sip.instance="<urn:gsma:imei:35209900-176148-0>";q=0.500)";
constexpr std::string_view path = "<sip:term.7@pcscf.ims.example:5060;lr>";

Register with_instance() {
    Register r;
    r.contact = std::string{contact} + ";expires=600";
    return r;
}

// What the HSS kept of alice.
cx::ScscfRestorationInfo kept() {
    cx::ScscfRestorationInfo info;
    info.user_name = alice_impi;
    cx::RestorationInfo one;
    one.path = path;
    one.contact = contact;
    one.initial_cseq_sequence_number = 2;
    one.call_id_sip_header = "reg-1@ue";
    info.restoration_info = {one};
    return info;
}

cx::ServerAssignmentAnswer with_contacts(cx::Result result, cx::ScscfRestorationInfo info = kept()) {
    cx::ServerAssignmentAnswer answer;
    answer.result = result;
    answer.user_name = alice_impi;
    answer.user_data = alice_profile();
    answer.scscf_restoration_info = {std::move(info)};
    return answer;
}

std::uint32_t features(const std::vector<cx::SupportedFeatures>& announced) {
    return announced.empty() ? 0 : announced.front().feature_list;
}

}  // namespace

TEST_CASE("the HSS learns with the registration what it needs to restore it", "[TS29.228-6.1.2]") {
    Bench bench;
    const auto r = with_instance();
    bench.receive(r.text());
    const auto mar = bench.ask<cx::MultimediaAuthRequest>();
    CHECK(features(Bench::in<cx::MultimediaAuthRequest>(mar).supported_features) ==
          (cx::feature::alias_ind | cx::feature::ims_restoration_ind));
    bench.answer(mar, bench.vector());
    auto answer = r;
    answer.authorization = bench.answer_to(bench.take());
    answer.cseq = 2;
    bench.receive(answer.text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(features(sar_in(sar).supported_features) ==
          (cx::feature::alias_ind | cx::feature::ims_restoration_ind));
    CHECK(sar_in(sar).multiple_registration_indication == 1U);
    REQUIRE(sar_in(sar).scscf_restoration_info);
    CHECK(*sar_in(sar).scscf_restoration_info == kept());
}

TEST_CASE("a refresh tells the HSS only what is new", "[TS29.228-6.1.2]") {
    Bench bench;
    auto r = with_instance();
    bench.register_alice(r);
    r.authorization = R"(Digest username="001010000000001@ims.example", realm="ims.example", nonce="", )"
                      R"(uri="sip:ims.example", response="", integrity-protected="yes")";
    r.cseq = 5;
    bench.receive(r.text());
    CHECK(bench.asked.empty());
    CHECK(bench.take().status() == 200);

    r.cseq = 6;
    r.path = "<sip:term.8@other-pcscf.ims.example:5060;lr>";
    bench.receive(r.text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::ReRegistration);
    CHECK(sar_in(sar).user_data_already_available == cx::UserDataAlreadyAvailable::AlreadyAvailable);
    REQUIRE(sar_in(sar).scscf_restoration_info->restoration_info.size() == 1);
    CHECK(sar_in(sar).scscf_restoration_info->restoration_info[0].path == r.path);
    CHECK(sar_in(sar).scscf_restoration_info->restoration_info[0].initial_cseq_sequence_number == 2U);
    cx::ServerAssignmentAnswer stored;
    stored.result = cx::ResultCode::Success;
    bench.answer(sar, stored);
    CHECK(bench.take().status() == 200);
}

TEST_CASE("a request for a user whose registration was lost reaches his contact", "[TS24.229-5.4.3.3]") {
    Bench bench;
    Request invite;
    invite.uri = "sip:+15550001@ims.example";
    invite.asserted = "<sip:bob@ims.example>";
    bench.receive(invite.text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::UnregisteredUser);
    bench.answer(sar, with_contacts(cx::ExperimentalResultCode::ErrorInAssignmentType));
    const auto out = bench.beyond_100();
    CHECK(out.request_uri().text() == "sip:alice@10.0.0.1:5060");
    CHECK(header(out, "Route") == path);
    CHECK(bench.note("scscf.registration.restored"));
    CHECK(bench.node.is_registered(alice_sip));

    Request again = invite;  // he is known from now on
    again.call_id = "call-2@ue";
    bench.receive(again.text());
    CHECK(bench.asked.empty());
    CHECK(bench.beyond_100().request_uri().text() == "sip:alice@10.0.0.1:5060");
}

TEST_CASE("a registered user of whom the HSS kept no contact cannot be called", "[TS24.229-5.4.3.3]") {
    Bench bench;
    Request invite;
    invite.uri = "sip:+15550001@ims.example";
    invite.asserted = "<sip:bob@ims.example>";
    bench.receive(invite.text());
    auto answer = with_contacts(cx::ExperimentalResultCode::ErrorInAssignmentType);
    answer.scscf_restoration_info.clear();
    bench.answer(bench.ask<ServerAssignmentRequest>(), answer);
    CHECK(bench.beyond_100().status() == 480);
    CHECK_FALSE(bench.node.is_registered(alice_sip));
}

TEST_CASE("a caller whose registration was lost is served, on the Service-Route he knows",
          "[TS24.229-5.4.3.2]") {
    Bench before;
    const auto service_route = header(before.register_alice(with_instance()), "Service-Route");

    Bench bench;
    Request invite;
    invite.route = service_route;
    bench.receive(invite.text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::NoAssignment);
    CHECK(sar_in(sar).public_identity == std::vector{alice_sip});
    bench.answer(sar, with_contacts(cx::ResultCode::Success));
    CHECK(bench.beyond_100().method() == sip::Method::Invite);

    Register refresh = with_instance();  // protected: nobody challenges it
    refresh.cseq = 9;
    refresh.authorization =
        R"(Digest username="001010000000001@ims.example", realm="ims.example", nonce="", )"
        R"(uri="sip:ims.example", response="", integrity-protected="yes")";
    bench.receive(refresh.text());
    CHECK(bench.asked.empty());
    CHECK(header(bench.take(), "Service-Route") == service_route);
}

TEST_CASE("a lost registration that the HSS cannot restore is told with the restoration body",
          "[TS24.229-5.4.3.2]") {
    Request invite;
    invite.route = "<sip:orig.0123456789abcdef@scscf.ims.example:6060;lr>";
    const auto lost = [&](const cx::Answer& answer) {
        Bench bench;
        bench.receive(invite.text());
        bench.answer(bench.ask<ServerAssignmentRequest>(), answer);
        return bench.beyond_100();
    };
    cx::ServerAssignmentAnswer not_assigned;  // DIAMETER_UNABLE_TO_COMPLY
    auto no_contacts = with_contacts(cx::ResultCode::Success);
    no_contacts.scscf_restoration_info.clear();
    for (const auto& answer : {not_assigned, no_contacts}) {
        const auto told = lost(answer);
        CHECK(told.status() == 504);
        CHECK(header(told, "Content-Type") == "application/3gpp-ims+xml");
        CHECK_THAT(std::string{told.body()}, Contains("<action>initial-registration</action>"));
        CHECK_THAT(header(told, "P-Asserted-Identity"), Contains("orig.0123456789abcdef"));
    }
    cx::ServerAssignmentAnswer unknown;
    unknown.result = cx::ExperimentalResultCode::ErrorUserUnknown;
    CHECK(lost(unknown).status() == 403);

    Bench away;  // to register anew would not help either
    away.receive(invite.text());
    away.fail(away.ask<ServerAssignmentRequest>());
    const auto refusal = away.beyond_100();
    CHECK(refusal.status() == 504);
    CHECK(refusal.body().empty());

    auto config = lab_config();
    config.scscf_restoration = false;
    Bench strict{config};
    strict.receive(invite.text());
    CHECK(strict.asked.empty());
    CHECK(strict.beyond_100().status() == 403);
}

TEST_CASE("a Service-Route that is gone does not hide a user who is registered", "[TS24.229-5.4.3.2]") {
    Bench bench;
    bench.register_alice();
    Request invite;
    invite.route = "<sip:orig.0123456789abcdef@scscf.ims.example:6060;lr>";
    bench.receive(invite.text());
    CHECK(bench.beyond_100().method() == sip::Method::Invite);
}

TEST_CASE("a device that registers where the others were lost brings them back", "[TS29.228-6.1.2.1]") {
    Bench bench;
    Register second;
    second.call_id = "reg-2@ue";
    second.contact = R"(<sip:alice@10.0.0.2>;+sip.instance="<urn:2>";expires=600)";
    bench.receive(bench.answering(second, bench.challenged(second)).text());
    bench.answer(bench.ask<ServerAssignmentRequest>(),
                 with_contacts(cx::ExperimentalResultCode::ErrorInAssignmentType));
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::ReRegistration);
    REQUIRE(sar_in(sar).scscf_restoration_info->restoration_info.size() == 2);
    CHECK(sar_in(sar).scscf_restoration_info->restoration_info[0] == kept().restoration_info[0]);
    CHECK_THAT(sar_in(sar).scscf_restoration_info->restoration_info[1].contact, Contains("10.0.0.2"));
    cx::ServerAssignmentAnswer stored;
    stored.result = cx::ResultCode::Success;
    bench.answer(sar, stored);
    const auto ok = bench.take();
    CHECK(ok.status() == 200);
    CHECK(headers(ok, "Contact").size() == 2);
}

TEST_CASE("what was lost can be deregistered", "[TS24.229-5.4.1.4]") {
    Bench bench;
    auto r = with_instance();
    r.cseq = 7;
    r.contact = std::string{contact} + ";expires=0";
    bench.receive(bench.answering(r, bench.challenged(r)).text());
    const auto question = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(question).server_assignment_type == ServerAssignmentType::NoAssignment);
    bench.answer(question, with_contacts(cx::ResultCode::Success));
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(sar_in(sar).server_assignment_type == ServerAssignmentType::UserDeregistration);
    cx::ServerAssignmentAnswer done;
    done.result = cx::ResultCode::Success;
    bench.answer(sar, done);
    CHECK(bench.take().status() == 200);
    CHECK_FALSE(bench.node.is_registered(alice_sip));
}

TEST_CASE("a contact that the HSS kept and nobody can read is left out", "[TS29.229-6.3.48]") {
    Bench bench;
    Request invite;
    invite.uri = "sip:+15550001@ims.example";
    invite.asserted = "<sip:bob@ims.example>";
    bench.receive(invite.text());
    auto info = kept();
    info.restoration_info[0].contact = "<<>>";
    bench.answer(bench.ask<ServerAssignmentRequest>(),
                 with_contacts(cx::ExperimentalResultCode::ErrorInAssignmentType, info));
    CHECK(bench.beyond_100().status() == 480);
    CHECK(bench.note("scscf.restoration.malformed"));
}

TEST_CASE("a push that needs a feature we have not is answered 5011", "[TS29.229-7.2.1]") {
    Bench bench;
    bench.register_alice();
    cx::PushProfileRequest ppr;
    ppr.user_name = alice_impi;
    ppr.supported_features = {{cx::vendor_3gpp, 1, cx::feature::sifc, true}};
    bench.push(ppr);
    const auto& answer = std::get<cx::PushProfileAnswer>(bench.replies.back().answer);
    CHECK(diameter::is(answer.result, cx::ExperimentalResultCode::ErrorFeatureUnsupported));
    CHECK(features(answer.supported_features) == (cx::feature::alias_ind | cx::feature::ims_restoration_ind));

    ppr.supported_features[0].mandatory = false;
    bench.push(ppr);
    CHECK(diameter::is_success(std::get<cx::PushProfileAnswer>(bench.replies.back().answer).result));
}

TEST_CASE("without restoration the HSS is told nothing and asked for nothing", "[TS24.229-4.14]") {
    auto config = lab_config();
    config.scscf_restoration = false;
    Bench bench{config};
    bench.receive(bench.answering(with_instance(), bench.challenged(with_instance())).text());
    const auto sar = bench.ask<ServerAssignmentRequest>();
    CHECK(features(sar_in(sar).supported_features) == cx::feature::alias_ind);
    CHECK_FALSE(sar_in(sar).scscf_restoration_info);
    CHECK_FALSE(sar_in(sar).multiple_registration_indication);
}
