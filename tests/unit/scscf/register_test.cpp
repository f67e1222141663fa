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
