#include "common/ims/gruu.hpp"
#include "tests/unit/icscf/bench.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::icscf;
using namespace ims::icscf::test;
using Catch::Matchers::Contains;
using cx::LocationInfoRequest;

namespace {

const LocationInfoRequest& lir_in(const cx::Send& question) {
    return std::get<LocationInfoRequest>(question.request);
}
std::string as_cancel(std::string invite) {
    for (auto at = invite.find("INVITE"); at != std::string::npos; at = invite.find("INVITE"))
        invite.replace(at, 6, "CANCEL");
    return invite;
}
constexpr std::string_view own_route = "<sip:icscf.ims.example:4060;lr>";
constexpr std::string_view own_route_orig = "<sip:icscf.ims.example:4060;lr;orig>";

}  // namespace

TEST_CASE("a terminating request goes to the S-CSCF of the called user, by Route", "[TS24.229-5.3.2.1]") {
    Bench bench;
    bench.receive(an_invite("sip:alice@ims.example", "P-Charging-Vector: icid-value=abc\r\n", own_route));
    const auto question = bench.ask<LocationInfoRequest>();
    CHECK(lir_in(question).public_identity == Impu{"sip:alice@ims.example"});
    CHECK_FALSE(lir_in(question).originating_request);
    bench.answer(question, located_at("sip:s2.ims.example"));
    const auto request = bench.take();
    CHECK(request.to.text() == "127.0.1.32:6060");
    CHECK(request.message.request_uri().text() == "sip:alice@ims.example");
    CHECK(header(request.message, "Route") == "<sip:s2.ims.example;lr>");
    CHECK_FALSE(request.message.has("Record-Route"));
    CHECK_THAT(header(request.message, "P-Charging-Vector"), Contains("icid-value=abc"));
    bench.respond(request, 180);
    CHECK(bench.take().message.status() == 180);
    bench.respond(request, 200);
    CHECK(bench.take().message.status() == 200);
}

TEST_CASE("within a dialog the route set decides, and nothing is remembered",
          "[TS24.229-5.3.5][RFC3261-16.11]") {
    Bench bench;
    auto text = an_invite("sip:bob@10.0.0.2",
                          "P-Charging-Vector: icid-value=\"known\"\r\n"
                          "Route: <sip:s2.ims.example;lr>\r\n",
                          "<sip:icscf.ims.example:4060;lr>");
    const auto to = text.find("To: ");
    text.insert(text.find("\r\n", to), ";tag=bob");
    bench.receive(text);
    const auto forwarded = bench.take();
    CHECK(forwarded.message.has<sip::h::Route>());
    CHECK(bench.node.idle());
    bench.respond(forwarded, 200);
    const auto answer = bench.take();
    CHECK(answer.message.status() == 200);
    CHECK(answer.to.text() == "127.0.1.10:6060");  // sent-by
    // Its CANCEL follows it; one that means nothing is 481.
    auto cancel = as_cancel(text);
    bench.receive(cancel);
    CHECK(bench.take().message.top_branch() == forwarded.message.top_branch());
    bench.receive(as_cancel(an_invite("sip:bob@ims.example")));
    CHECK(bench.take().message.status() == 481);
}

TEST_CASE("asked for its capabilities the I-CSCF says that it has none but to pass on", "[RFC3261-11.2]") {
    const auto ask = [](std::string_view more) {
        Bench bench;
        auto text = an_invite("sip:icscf.ims.example:4060", more);
        for (auto at = text.find("INVITE"); at != std::string::npos; at = text.find("INVITE"))
            text.replace(at, 6, "OPTIONS");
        bench.receive(text);
        return bench.take().message;
    };
    const auto answer = ask({});
    CHECK(answer.status() == 200);
    CHECK(answer.raw("Accept") == "");
    CHECK(answer.raw("Supported") == "");
    CHECK_FALSE(answer.has("Allow"));
    CHECK_FALSE(answer.to_tag().empty());
    const auto refusal = ask("Require: teleport\r\n");
    CHECK(refusal.status() == 420);
    CHECK(header(refusal, "Unsupported") == "teleport");
}

TEST_CASE("a temporary GRUU goes to the S-CSCF that made it, without the HSS", "[TS24.229-5.4.7A.3]") {
    Bench bench;
    const auto mark = gruu::server_mark("sip:s2.ims.example");
    bench.receive(an_invite(gruu::temporary_gruu(mark, "0011", "ims.example")));
    const auto request = bench.take();
    CHECK(request.to.text() == "127.0.1.32:6060");
    CHECK(header(request.message, "Route") == "<sip:s2.ims.example;lr>");
    CHECK(request.message.request_uri().has("gr"));
    CHECK_THAT(header(request.message, "P-Charging-Vector"), Contains("icid-value="));
    CHECK(bench.asked.empty());

    Bench unknown;
    unknown.receive(an_invite(gruu::temporary_gruu("00000000", "0011", "ims.example")));
    CHECK(unknown.take().message.status() == 404);
}

TEST_CASE("a public GRUU is looked for as the identity in it and stays as it is", "[TS24.229-5.3.2.1]") {
    Bench bench;
    bench.receive(an_invite("sip:+15550001@ims.example;user=phone;gr=urn:uuid:1"));
    const auto question = bench.ask<LocationInfoRequest>();
    CHECK(lir_in(question).public_identity == Impu{"sip:+15550001@ims.example"});
    bench.answer(question, located_at("sip:s1.ims.example"));
    CHECK(bench.take().message.request_uri().text() == "sip:+15550001@ims.example;user=phone;gr=urn:uuid:1");
}

TEST_CASE("an icid is made where none came", "[TS24.229-5.3.2.1]") {
    Bench bench;
    bench.receive(an_invite("sip:alice@ims.example"));
    bench.answer(bench.ask<LocationInfoRequest>(), located_at("sip:s2.ims.example"));
    CHECK_THAT(header(bench.take().message, "P-Charging-Vector"), Contains("icid-value="));
}

TEST_CASE("a telephone number in a SIP URI becomes a tel URI, a tel URI stays", "[TS24.229-5.3.2.1]") {
    Bench bench;
    bench.receive(an_invite("sip:+1-555-0001@other.example;user=phone"));
    const auto question = bench.ask<LocationInfoRequest>();
    CHECK(lir_in(question).public_identity == Impu{"tel:+15550001"});
    bench.answer(question, located_at("sip:s1.ims.example"));
    CHECK(bench.take().message.request_uri().text() == "tel:+1-555-0001");

    Bench with_tel;
    with_tel.receive(an_invite("tel:+15550001;rn=+15559999;npdi"));
    CHECK(lir_in(with_tel.ask<LocationInfoRequest>()).public_identity == Impu{"tel:+15550001"});
}

TEST_CASE("pres and im URIs are looked for as SIP identities", "[TS24.229-5.3.2.1]") {
    Bench bench;
    bench.receive(an_invite("im:alice@ims.example"));
    CHECK(lir_in(bench.ask<LocationInfoRequest>()).public_identity == Impu{"sip:alice@ims.example"});
}

TEST_CASE("unknown and unregistered called users", "[TS24.229-5.3.2.1]") {
    const auto status_for = [](const cx::LocationInfoAnswer& answer, int unknown = 404) {
        auto config = lab_config();
        config.unknown_user_status = unknown;
        Bench bench{config};
        bench.receive(an_invite("sip:alice@ims.example"));
        bench.answer(bench.ask<LocationInfoRequest>(), answer);
        return bench.take().message.status();
    };
    using E = cx::ExperimentalResultCode;
    CHECK(status_for(lia(E::ErrorUserUnknown)) == 404);
    CHECK(status_for(lia(E::ErrorUserUnknown), 604) == 604);
    CHECK(status_for(lia(E::ErrorIdentityNotRegistered)) == 480);
    CHECK(status_for(lia(cx::ResultCode::AuthorizationRejected)) == 404);
    CHECK(status_for(lia(cx::ResultCode::UnableToComply)) == 480);
}

TEST_CASE("a user with unregistered services gets an S-CSCF selected", "[TS24.229-5.3.2.1]") {
    Bench bench;
    bench.receive(an_invite("sip:alice@ims.example"));
    auto answer = lia(cx::ExperimentalResultCode::UnregisteredService);
    answer.server_capabilities = cx::ServerCapabilities{{3}, {}, {}};
    bench.answer(bench.ask<LocationInfoRequest>(), answer);
    CHECK(header(bench.take().message, "Route") == "<sip:s3.ims.example;lr>");
}

TEST_CASE("a wildcarded identity is told by P-Profile-Key, a received one is not believed",
          "[TS24.229-5.3.2.1]") {
    Bench bench;
    bench.receive(an_invite("sip:list-7@ims.example", "P-Profile-Key: <sip:forged@ims.example>\r\n"));
    auto answer = located_at("sip:s1.ims.example");
    answer.wildcarded_public_identity = "sip:list-!.*!@ims.example";
    bench.answer(bench.ask<LocationInfoRequest>(), answer);
    CHECK(header(bench.take().message, "P-Profile-Key") == "<sip:list-!.*!@ims.example>");

    Bench plain;
    plain.receive(an_invite("sip:alice@ims.example", "P-Profile-Key: <sip:forged@ims.example>\r\n"));
    plain.answer(plain.ask<LocationInfoRequest>(), located_at("sip:s1.ims.example"));
    CHECK_FALSE(plain.take().message.has("P-Profile-Key"));
}

TEST_CASE("an originating request is located by its served user and carries orig on", "[TS24.229-5.3.2.1A]") {
    Bench bench;
    bench.receive(
        an_invite("sip:somebody@other.example",
                  "P-Asserted-Identity: <sip:bob@ims.example>\r\nP-Served-User: <sip:carol@ims.example>\r\n",
                  own_route_orig));
    const auto question = bench.ask<LocationInfoRequest>();
    CHECK(lir_in(question).originating_request);
    CHECK(lir_in(question).public_identity == Impu{"sip:carol@ims.example"});
    bench.answer(question, located_at("sip:s1.ims.example"));
    CHECK(header(bench.take().message, "Route") == "<sip:s1.ims.example;lr;orig>");
}

TEST_CASE("orig from outside the trust domain is refused, and charging of strangers is dropped",
          "[TS24.229-5.3.2.1A]") {
    auto config = lab_config();
    config.trusted_peers = std::vector{*AddressRange::parse("127.0.1.0/24")};
    Bench bench{config};
    bench.receive(
        an_invite("sip:x@other.example", "P-Asserted-Identity: <sip:bob@ims.example>\r\n", own_route_orig),
        "127.0.2.1:5060");
    CHECK(bench.take().message.status() == 403);

    Bench stranger{config};
    stranger.receive(
        an_invite("sip:alice@ims.example",
                  "P-Charging-Vector: icid-value=forged\r\nP-Charging-Function-Addresses: ccf=x\r\n"),
        "127.0.2.1:5060");
    stranger.answer(stranger.ask<LocationInfoRequest>(), located_at("sip:s1.ims.example"));
    const auto request = stranger.take().message;
    CHECK(header(request, "P-Charging-Vector").find("forged") == std::string::npos);
    CHECK_FALSE(request.has("P-Charging-Function-Addresses"));
}

TEST_CASE("with further Route entries the request is only passed on", "[TS24.229-5.3.2.1]") {
    Bench bench;
    bench.receive(
        an_invite("sip:alice@ims.example", {}, "<sip:icscf.ims.example:4060;lr>, <sip:s3.ims.example;lr>"));
    CHECK(bench.asked.empty());
    CHECK(bench.take().to.text() == "127.0.1.33:6060");
}

TEST_CASE("an unreachable S-CSCF is replaced where capabilities are known", "[TS24.229-5.3.2.2]") {
    Bench bench;
    bench.receive(an_invite("sip:alice@ims.example"));
    auto answer = lia(cx::ExperimentalResultCode::UnregisteredService);
    answer.server_capabilities = cx::ServerCapabilities{{1}, {}, {}};
    bench.answer(bench.ask<LocationInfoRequest>(), answer);
    CHECK(bench.take().to.text() == "127.0.1.31:6060");
    bench.advance(8s + 1ms);
    REQUIRE_FALSE(bench.sent.empty());
    CHECK(bench.sent.back().to.text() == "127.0.1.32:6060");
    CHECK(bench.sent.back().message.request_uri().text() == "sip:alice@ims.example;scscf-reselection");
}

TEST_CASE("a silent S-CSCF of a registered user is replaced only with restoration", "[TS24.229-5.3.2.2]") {
    Bench restoring;
    restoring.receive(an_invite("sip:alice@ims.example"));
    restoring.answer(restoring.ask<LocationInfoRequest>(), located_at("sip:s1.ims.example"));
    restoring.advance(9s);
    const auto question = restoring.ask<LocationInfoRequest>();
    const auto& lir = std::get<LocationInfoRequest>(question.request);
    CHECK(lir.user_authorization_type == cx::UserAuthorizationType::RegistrationAndCapabilities);
    REQUIRE(lir.supported_features.size() == 1);
    CHECK(lir.supported_features[0].feature_list == cx::feature::ims_restoration_ind);
    restoring.sent.clear();
    auto capabilities = lia(cx::ResultCode::Success);
    capabilities.server_capabilities = cx::ServerCapabilities{{1}, {}, {}};
    restoring.answer(question, capabilities);
    CHECK(restoring.take().to.text() == "127.0.1.32:6060");

    auto config = lab_config();
    config.scscf_restoration = false;
    Bench bench{config};
    bench.receive(an_invite("sip:alice@ims.example"));
    bench.answer(bench.ask<LocationInfoRequest>(), located_at("sip:s1.ims.example"));
    bench.advance(9s);
    CHECK(bench.sent.back().message.status() == 408);
    CHECK(bench.asked.empty());
}

TEST_CASE("CANCEL while the HSS is asked: 200, 487, and the late answer is dropped", "[TS24.229-5.3.2.2]") {
    Bench bench;
    const auto invite = an_invite("sip:alice@ims.example");
    bench.receive(invite);
    const auto question = bench.ask<LocationInfoRequest>();
    auto cancel = invite;
    cancel.replace(0, 6, "CANCEL");
    cancel.replace(cancel.find("1 INVITE"), 8, "1 CANCEL");
    bench.receive(cancel);
    std::vector<int> statuses;
    while (!bench.sent.empty()) statuses.push_back(bench.take().message.status());
    CHECK(statuses == std::vector{200, 487});
    bench.answer(question, located_at("sip:s1.ims.example"));
    CHECK(bench.sent.empty());
}

TEST_CASE("305 of the S-CSCF is followed for an INVITE", "[TS24.229-5.3.2.1]") {
    Bench bench;
    bench.receive(an_invite("sip:alice@ims.example"));
    bench.answer(bench.ask<LocationInfoRequest>(), located_at("sip:s1.ims.example"));
    bench.respond(bench.take(), 305, "Contact: <sip:s3.ims.example;lr>\r\n");
    bool sent_there = false;
    for (const auto& each : bench.sent)
        sent_there = sent_there || (each.to.text() == "127.0.1.33:6060" && each.message.is_request());
    CHECK(sent_there);
}

TEST_CASE("a draining I-CSCF refuses new requests", "[issue]") {
    Bench bench;
    Effects effects;
    bench.node.drain(bench.now, effects);
    bench.receive(an_invite("sip:alice@ims.example"));
    CHECK(bench.take().message.status() == 503);
    CHECK(bench.asked.empty());
}

TEST_CASE("charging functions of the home network reach its own nodes only", "[TS24.229-5.3.2.1]") {
    auto config = lab_config();
    config.trusted_peers = std::vector{*AddressRange::parse("127.0.1.0/24")};
    for (const bool home : {true, false}) {
        Bench bench{config};
        bench.receive(an_invite("sip:alice@ims.example"), home ? "127.0.1.30:6060" : "127.0.9.9:5060");
        bench.answer(bench.ask<LocationInfoRequest>(), located_at("sip:s1.ims.example"));
        bench.respond(bench.take(), 183,
                      "P-Charging-Function-Addresses: ccf=c.example\r\n"
                      "P-Charging-Vector: icid-value=i;orig-ioi=a;term-ioi=b\r\n");
        const auto answer = bench.take().message;
        CHECK(answer.has("P-Charging-Function-Addresses") == home);
        CHECK(header(answer, "P-Charging-Vector") == "icid-value=i;orig-ioi=a;term-ioi=b");
    }
}

TEST_CASE("by policy the I-CSCF stays in the path, and passes what follows on", "[TS24.229-5.3.5]") {
    auto config = lab_config();
    config.record_route = true;
    config.trusted_peers = std::vector{*AddressRange::parse("127.0.1.0/24")};
    Bench bench{config};
    bench.receive(an_invite("sip:alice@ims.example"));
    bench.answer(bench.ask<LocationInfoRequest>(), located_at("sip:s1.ims.example"));
    CHECK(header(bench.take().message, "Record-Route") == "<sip:icscf.ims.example:4060;lr>");

    const std::string bye =
        "BYE sip:alice@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.9.9:5060;branch=z9hG4bK-b1\r\n"
        "Max-Forwards: 66\r\nFrom: <sip:bob@ims.example>;tag=f1\r\nTo: <sip:alice@ims.example>;tag=t1\r\n"
        "Call-ID: call-1@ue\r\nCSeq: 2 BYE\r\nRoute: <sip:icscf.ims.example:4060;lr>, "
        "<sip:s1.ims.example;lr>\r\n"
        "P-Charging-Function-Addresses: ccf=c.example\r\nP-Charging-Vector: icid-value=theirs\r\n"
        "Content-Length: 0\r\n\r\n";
    bench.receive(bye, "127.0.9.9:5060");  // another network's
    const auto passed = bench.take();
    CHECK(bench.asked.empty());
    CHECK(passed.to.text() == "127.0.1.31:6060");
    CHECK(header(passed.message, "Route") == "<sip:s1.ims.example;lr>");
    CHECK_FALSE(passed.message.has("P-Charging-Function-Addresses"));
    CHECK(header(passed.message, "P-Charging-Vector").find("theirs") == std::string::npos);
    CHECK(header(passed.message, "P-Charging-Vector").find("icid-value") != std::string::npos);
}

TEST_CASE("a new configuration is taken, but for our names", "[issue]") {
    Bench bench;
    auto config = lab_config();
    config.unknown_user_status = 604;
    config.uri = "sip:other.ims.example";
    CHECK(bench.node.reload(config) == std::vector<std::string>{"uri"});
    bench.receive(an_invite("sip:nobody@ims.example"));
    bench.answer(bench.ask<LocationInfoRequest>(), lia(cx::ExperimentalResultCode::ErrorUserUnknown));
    CHECK(bench.take().message.status() == 604);
}
