#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;
using sip::HeaderId;

namespace {
const std::string service_route = "sip:orig@127.0.1.30:6060;lr";
const std::vector<std::string> right_route{"Route: <sip:127.0.1.10:5060;lr>",
                                           "Route: <sip:orig@127.0.1.30:6060;lr>"};

std::vector<std::string> with_route(std::vector<std::string> more) {
    more.insert(more.begin(), right_route.begin(), right_route.end());
    return more;
}
}  // namespace

TEST_CASE("the asserted identity is the default one, whatever From says", "[TS24.229-5.2.6.3.1]") {
    Stage stage;
    stage.register_alice();
    stage.receive(
        stage.from_alice("MESSAGE", with_route({"P-Asserted-Identity: <sip:president@elsewhere.example>"})),
        alice_at);
    const auto out = stage.request("MESSAGE");
    CHECK(out.to == scscf_at);
    CHECK(out.message.raw_all(HeaderId::PAssertedIdentity) ==
          std::vector<std::string_view>{"\"Alice\" <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>"});
}

TEST_CASE("a preferred identity chooses among the registered ones", "[TS24.229-5.2.6.3.1]") {
    Stage stage;
    stage.register_alice();
    SECTION("a registered tel URI") {
        stage.receive(stage.from_alice("MESSAGE", with_route({"P-Preferred-Identity: <tel:+1555>"})),
                      alice_at);
        const auto out = stage.request("MESSAGE");
        CHECK(out.message.raw(HeaderId::PAssertedIdentity) == "<tel:+1555>");
        CHECK_FALSE(out.message.has<h::PPreferredIdentity>());
    }
    SECTION("its SIP form with user=phone, which stays as it is") {
        stage.receive(
            stage.from_alice("MESSAGE",
                             with_route({"P-Preferred-Identity: <sip:+1555@other.example;user=phone>"})),
            alice_at);
        CHECK(stage.request("MESSAGE").message.raw(HeaderId::PAssertedIdentity) ==
              "<sip:+1555@other.example;user=phone>");
    }
    SECTION("two of them: the second is the alternative identity") {
        stage.receive(stage.from_alice("MESSAGE",
                                       with_route({"P-Preferred-Identity: "
                                                   "<sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>, "
                                                   "<tel:+1555>"})),
                      alice_at);
        CHECK(stage.request("MESSAGE").message.raw_all(HeaderId::PAssertedIdentity).size() == 2);
    }
    SECTION("one that is not registered is of no account") {
        stage.receive(stage.from_alice("MESSAGE", with_route({"P-Preferred-Identity: <tel:+1999>"})),
                      alice_at);
        CHECK(stage.request("MESSAGE").message.raw(HeaderId::PAssertedIdentity) ==
              "\"Alice\" <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>");
    }
}

TEST_CASE("what only the network may say is taken out of a UE's request", "[TS24.229-5.2.1]") {
    Stage stage;
    stage.register_alice();
    stage.receive(
        stage.from_alice(
            "MESSAGE",
            with_route({"P-Charging-Vector: icid-value=x", "P-Charging-Function-Addresses: ccf=a",
                        "P-Served-User: <sip:x@y>", "P-Profile-Key: <sip:x@y>",
                        "P-Asserted-Service: urn:urn-7:3gpp-service.ims.icsi.mmtel",
                        "Feature-Caps: *;+g.3gpp.trf", "P-Media-Authorization: 00",
                        "P-User-Database: <aaa://x>", "Restoration-Info: noresponse", "Attestation-Info: A",
                        "Resource-Priority: esnet.1", "Priority: psap-callback", "Security-Verify: tls;q=0.1",
                        "P-Access-Network-Info: 3GPP-E-UTRAN;utran-cell-id-3gpp=1, "
                        "3GPP-E-UTRAN;utran-cell-id-3gpp=2;network-provided",
                        "Geolocation: <cid:a@b>;loc-src=thief.example", "X-Mine: stays"})),
        alice_at);
    const auto out = stage.request("MESSAGE").message;
    CHECK(out.get<h::PChargingVector>()->params.get("icid-value").value_or("") != "x");
    for (const auto id : {HeaderId::PChargingFunctionAddresses, HeaderId::PServedUser, HeaderId::PProfileKey,
                          HeaderId::PAssertedService, HeaderId::FeatureCaps, HeaderId::PMediaAuthorization,
                          HeaderId::PUserDatabase, HeaderId::RestorationInfo, HeaderId::ResourcePriority,
                          HeaderId::Priority, HeaderId::SecurityVerify}) {
        INFO(sip::header_name(id));
        CHECK_FALSE(out.has(id));
    }
    CHECK_FALSE(out.has("Attestation-Info"));
    CHECK(out.raw_all(HeaderId::PAccessNetworkInfo).size() == 1);
    CHECK_FALSE(out.get<h::PAccessNetworkInfo>()->params.has("network-provided"));
    CHECK_FALSE(out.get<h::Geolocation>()->params.has("loc-src"));
    CHECK(out.raw("X-Mine") == "stays");
}

TEST_CASE("a Route that is not the Service-Route is replaced or refused", "[TS24.229-5.2.6.3.3]") {
    SECTION("replaced by policy") {
        Stage stage;
        stage.register_alice();
        stage.receive(stage.from_alice("MESSAGE", {"Route: <sip:127.0.1.10:5060;lr>, <sip:evil.example;lr>"}),
                      alice_at);
        const auto out = stage.request("MESSAGE");
        CHECK(out.to == scscf_at);
        CHECK(out.message.raw_all(HeaderId::Route) ==
              std::vector<std::string_view>{"<" + service_route + ">"});
    }
    SECTION("refused by policy") {
        auto config = Stage::lab();
        config.route_mismatch = RouteMismatch::Refuse;
        Stage stage{config};
        stage.register_alice();
        stage.receive(stage.from_alice("MESSAGE", {"Route: <sip:127.0.1.10:5060;lr>, <sip:evil.example;lr>"}),
                      alice_at);
        CHECK(stage.response(400).to == alice_at);
        stage.receive(
            stage.from_alice("MESSAGE", {"Route: <sip:127.0.1.10:5060;lr>,<sip:orig@127.0.1.30:6060;lr>"}),
            alice_at);
        CHECK(stage.request("MESSAGE").to == scscf_at);
    }
}

TEST_CASE("the P-CSCF tells its capabilities to registered UEs and its own network, to nobody else",
          "[RFC3261-11][TS24.229-5.2.1]") {
    auto config = Stage::lab();
    config.trusted_peers = {*AddressRange::parse("127.0.1.0/24")};
    Stage stage{config};
    const auto ask = [&] { return stage.from_alice("OPTIONS", {}, "sip:127.0.1.10:5060"); };
    stage.receive(ask(), alice_at);
    CHECK(stage.silent());
    stage.register_alice();
    stage.receive(ask(), alice_at);
    const auto answer = stage.response(200).message;
    CHECK(answer.raw("Accept") == "application/reginfo+xml");
    CHECK(answer.raw("Supported") == "path, outbound, sec-agree");
    CHECK_FALSE(answer.has("Allow"));
    stage.receive(ask(), scscf_at);
    CHECK(stage.response(200).to == scscf_at);
    stage.receive(ask(), stranger_at);
    CHECK(stage.silent());
}

TEST_CASE("a stranger gets silence, or a 403 where a lab wants to see it", "[TS24.229-5.2.6.3.2A]") {
    SECTION("silence") {
        Stage stage;
        stage.receive(stage.from_alice("INVITE", right_route), stranger_at);
        CHECK(stage.silent());
        CHECK(stage.last("pcscf.request.discarded").field("peer") == "127.0.0.99:5060");
        stage.advance(10s);
        CHECK(stage.silent());
        CHECK(stage.node().idle());
    }
    SECTION("403") {
        auto config = Stage::lab();
        config.unregistered = Unregistered::Refuse;
        Stage stage{config};
        stage.receive(stage.from_alice("MESSAGE", right_route), stranger_at);
        CHECK(stage.response(403).to == stranger_at);
    }
}

TEST_CASE("an INVITE gets its 100 at once, and Record-Route on its way", "[TS24.229-5.2.7]") {
    Stage stage;
    stage.register_alice();
    stage.receive(stage.from_alice("INVITE", right_route), alice_at);
    CHECK(stage.response(100).to == alice_at);
    const auto out = stage.request("INVITE");
    const auto recorded = out.message.get<h::RecordRoute>();
    REQUIRE(recorded.has_value());
    CHECK(recorded->uri.loose());
    CHECK(recorded->uri.port == 5060);
    CHECK(stage.node().dialogs() == 1);
}

TEST_CASE("a call that is refused leaves no dialog", "[TS24.229-5.2.6.3.4]") {
    Stage stage;
    stage.register_alice();
    stage.receive(stage.from_alice("INVITE", right_route), alice_at);
    (void)stage.response(100);
    const auto out = stage.request("INVITE");
    stage.receive(stage.answer(out.message, 486), scscf_at);
    (void)stage.request("ACK");
    CHECK(stage.response(486).to == alice_at);
    stage.advance(300s);
    CHECK(stage.node().dialogs() == 0);
    CHECK(stage.node().idle());
}

namespace {
// Alice's call to Bob is up; returns our own Record-Route as she sees it.
std::string call(Stage& stage) {
    stage.register_alice();
    stage.receive(stage.from_alice("INVITE", right_route), alice_at);
    (void)stage.response(100);
    const auto out = stage.request("INVITE");
    const auto own = out.message.raw_all(HeaderId::RecordRoute).front();
    stage.receive(stage.answer(out.message, 200,
                               {"Record-Route: <sip:term@127.0.1.30:6060;lr>",
                                "Record-Route: <sip:orig-1@127.0.1.30:6060;lr>",
                                "Record-Route: " + std::string{own}, "Contact: <sip:bob@127.0.0.3:40001>",
                                "P-Charging-Vector: icid-value=9", "P-Charging-Function-Addresses: ccf=x"}),
                  scscf_at);
    const auto ok = stage.response(200);
    CHECK_FALSE(ok.message.has<h::PChargingVector>());
    CHECK_FALSE(ok.message.has<h::PChargingFunctionAddresses>());
    return std::string{ok.message.raw_all(HeaderId::RecordRoute).back()};
}
}  // namespace

TEST_CASE("inside a dialog the Route is that of the dialog, and the ICID the one it began with",
          "[TS24.229-5.2.6.3.5]") {
    Stage stage;
    const auto own = call(stage);
    const std::vector<std::string> route_set{"Route: " + own, "Route: <sip:orig-1@127.0.1.30:6060;lr>",
                                             "Route: <sip:term@127.0.1.30:6060;lr>"};
    stage.receive(stage.from_alice("ACK", route_set, "sip:bob@127.0.0.3:40001", "remote"), alice_at);
    const auto ack = stage.request("ACK");
    CHECK(ack.to == scscf_at);

    stage.receive(stage.from_alice("BYE", route_set, "sip:bob@127.0.0.3:40001", "remote"), alice_at);
    const auto bye = stage.request("BYE");
    CHECK(bye.to == scscf_at);
    CHECK(bye.message.raw_all(HeaderId::Route).size() == 2);
    CHECK(bye.message.has<h::PChargingVector>());
    CHECK_FALSE(bye.message.has<h::PAssertedIdentity>());
    stage.receive(stage.answer(bye.message, 200), scscf_at);
    (void)stage.response(200);
    stage.advance(200s);
    CHECK(stage.node().dialogs() == 0);
}

TEST_CASE("a 481 to a PRACK that came late does not end the call", "[RFC5057-5.1]") {
    Stage stage;
    const auto own = call(stage);
    const std::vector<std::string> route_set{"Route: " + own, "Route: <sip:orig-1@127.0.1.30:6060;lr>",
                                             "Route: <sip:term@127.0.1.30:6060;lr>"};
    stage.receive(stage.from_alice("PRACK", route_set, "sip:bob@127.0.0.3:40001", "remote"), alice_at);
    const auto prack = stage.request("PRACK");
    stage.receive(stage.answer(prack.message, 481), scscf_at);
    (void)stage.response(481);
    stage.advance(600s);
    stage.receive(stage.from_alice("BYE", route_set, "sip:bob@127.0.0.3:40001", "remote"), alice_at);
    CHECK(stage.request("BYE").to == scscf_at);
}

TEST_CASE("a BYE whose Route is wrong is put right", "[TS24.229-5.2.6.3.9]") {
    Stage stage;
    const auto own = call(stage);
    stage.receive(stage.from_alice("BYE", {"Route: " + own, "Route: <sip:evil.example;lr>"},
                                   "sip:bob@127.0.0.3:40001", "remote"),
                  alice_at);
    const auto bye = stage.request("BYE");
    CHECK(bye.to == scscf_at);
    CHECK(bye.message.raw_all(HeaderId::Route).front() == "<sip:orig-1@127.0.1.30:6060;lr>");
}

TEST_CASE("nobody else may speak in a UE's dialog", "[TS24.229-5.2.6.3.9]") {
    Stage stage;
    const auto own = call(stage);
    stage.receive(stage.from_alice("BYE", {"Route: " + own}, "sip:bob@127.0.0.3:40001", "remote"),
                  stranger_at);
    CHECK(stage.response(403).to == stranger_at);
    SECTION("nor a registered UE in one that does not exist") {
        stage.receive(stage.from_alice("BYE", {}, "sip:bob@127.0.0.3:40001", "unknown"), alice_at);
        CHECK(stage.response(403).to == alice_at);
    }
}

TEST_CASE("an ACK in a UE's dialog is taken from this UE only", "[TS24.229-5.2.6.3.9]") {
    Stage stage;
    const auto own = call(stage);
    const auto ack = [&] {
        return stage.from_alice("ACK", {"Route: " + own}, "sip:bob@127.0.0.3:40001", "remote");
    };
    stage.receive(ack(), stranger_at);
    CHECK(stage.silent());
    CHECK(stage.last("pcscf.ack.discarded").field("reason") == "not of this UE");
    stage.receive(ack(), alice_at);
    CHECK(stage.request("ACK").to == scscf_at);
}

TEST_CASE("a request of the far end reaches the caller over its flow", "[TS24.229-5.2.6.4.9]") {
    Stage stage;
    const auto own = call(stage);
    const auto route = own.substr(1, own.size() - 2);
    auto bye =
        stage.for_alice("BYE", route, {"P-Charging-Vector: icid-value=9;orig-ioi=\"Type 1home\""}, "alice");
    bye.replace(bye.find("Call-ID: call-2"), 15, "Call-ID: call-1");
    bye.replace(bye.find("tag=bob"), 7, "tag=remote");
    stage.receive(bye, scscf_at);
    const auto out = stage.request("BYE");
    CHECK(out.to == alice_at);
    CHECK_FALSE(out.message.has<h::PChargingVector>());
    stage.receive(stage.answer(out.message, 200), alice_at);
    const auto ok = stage.response(200);
    CHECK(ok.to == scscf_at);
    CHECK(ok.message.get<h::PChargingVector>()->params.get("icid-value").value_or("") == "9");
    CHECK(ok.message.get<h::PChargingVector>()->params.get("term-ioi").value_or("") ==
          "Type 1ims.mnc001.mcc001.3gppnetwork.org");
}

TEST_CASE("an emergency call of a registered UE is 380, of a stranger 403", "[TS24.229-5.2.10]") {
    Stage stage;
    stage.register_alice();
    for (const auto* target : {"urn:service:sos", "urn:service:sos.fire", "tel:112",
                               "sip:112@ims.mnc001.mcc001.3gppnetwork.org"}) {
        INFO(target);
        stage.receive(stage.from_alice("INVITE", right_route, target), alice_at);
        const auto refused = stage.response(380);
        CHECK(refused.message.get<h::ContentType>()->token == "application/3gpp-ims+xml");
        CHECK(refused.message.body().find("<type>emergency</type>") != std::string_view::npos);
        stage.receive(text({std::string{"ACK "} + target + " SIP/2.0",
                            "Via: " + std::string{*refused.message.raw(HeaderId::Via)}, "Max-Forwards: 70",
                            "From: " + std::string{*refused.message.raw(HeaderId::From)},
                            "To: " + std::string{*refused.message.raw(HeaderId::To)}, "Call-ID: call-1",
                            "CSeq: " + std::to_string(refused.message.cseq().number) + " ACK"}),
                      alice_at);
    }
    stage.receive(stage.from_alice("INVITE", {}, "urn:service:sos"), stranger_at);
    CHECK(stage.response(403).to == stranger_at);
}

TEST_CASE("a UE that sends a large request over TCP is still itself where there is no security",
          "[RFC3261-18.1.1]") {
    Stage stage;
    stage.register_alice();
    const auto over_tcp = *IpEndpoint::parse("127.0.0.2:55555");
    auto large = stage.from_alice("MESSAGE", right_route);
    large.replace(large.find("SIP/2.0/UDP"), 11, "SIP/2.0/TCP");
    stage.receive(large, over_tcp, sip::Transport::Tcp, 9);
    CHECK(stage.request("MESSAGE").to == scscf_at);
}

TEST_CASE("many UEs on one address are told apart by the identity they name", "[TS24.229-5.2.6.3]") {
    Stage stage;
    stage.register_alice();
    auto carol = stage.a_register();
    for (auto at = carol.find("001010000000001"); at != std::string::npos; at = carol.find("001010000000001"))
        carol.replace(at, 15, "001010000000002");
    carol.replace(carol.find("reg-alice"), 9, "reg-carol");
    carol.replace(carol.find("sip:alice@"), 10, "sip:carol@");
    stage.receive(carol, alice_at);
    const auto out = stage.request("REGISTER");
    stage.receive(stage.answer(out.message, 200,
                               {"Contact: <sip:carol@127.0.0.2:40000>;expires=3600",
                                "Service-Route: <" + service_route + ">",
                                "P-Associated-URI: <sip:001010000000002@ims.mnc001.mcc001.3gppnetwork.org>"}),
                  icscf_at);
    (void)stage.response(200);
    CHECK(stage.node().bindings() == 2);

    stage.receive(stage.from_alice("MESSAGE", right_route), alice_at);
    CHECK(stage.request("MESSAGE").message.raw(HeaderId::PAssertedIdentity) ==
          "\"Alice\" <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>");
    stage.receive(
        stage.from_alice("MESSAGE", with_route({"P-Preferred-Identity: "
                                                "<sip:001010000000002@ims.mnc001.mcc001.3gppnetwork.org>"})),
        alice_at);
    CHECK(stage.request("MESSAGE").message.raw(HeaderId::PAssertedIdentity) ==
          "<sip:001010000000002@ims.mnc001.mcc001.3gppnetwork.org>");
}

TEST_CASE("a member of a registered wildcarded identity is asserted, and the wildcard named beside it",
          "[TS24.229-5.2.6.3.3]") {
    Stage stage;
    stage.receive(stage.a_register(), alice_at);
    auto lines = Stage::accepted();
    lines.emplace_back("P-Associated-URI: <sip:pbx!.*!@ims.mnc001.mcc001.3gppnetwork.org>");
    lines.emplace_back("P-Associated-URI: <sip:pbx7@ims.mnc001.mcc001.3gppnetwork.org>");
    stage.receive(stage.answer(stage.request("REGISTER").message, 200, lines), icscf_at);
    (void)stage.response(200);
    const auto asserted_for = [&](const std::string& preferred) {
        stage.receive(stage.from_alice("MESSAGE", with_route({"P-Preferred-Identity: <" + preferred + ">"})),
                      alice_at);
        return stage.request("MESSAGE").message;
    };
    const auto member = asserted_for("sip:pbx42@ims.mnc001.mcc001.3gppnetwork.org");
    CHECK(member.raw(HeaderId::PAssertedIdentity) == "<sip:pbx42@ims.mnc001.mcc001.3gppnetwork.org>");
    CHECK(member.raw(HeaderId::PProfileKey) == "<sip:pbx!.*!@ims.mnc001.mcc001.3gppnetwork.org>");
    // NOTE 7: an identity of its own wins over the wildcard it falls under.
    const auto distinct = asserted_for("sip:pbx7@ims.mnc001.mcc001.3gppnetwork.org");
    CHECK(distinct.raw(HeaderId::PAssertedIdentity) == "<sip:pbx7@ims.mnc001.mcc001.3gppnetwork.org>");
    CHECK_FALSE(distinct.has<h::PProfileKey>());
    const auto stranger = asserted_for("sip:other@ims.mnc001.mcc001.3gppnetwork.org");
    CHECK(stranger.raw(HeaderId::PAssertedIdentity) ==
          "\"Alice\" <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>");
}

TEST_CASE("a request that is no private network's traffic cannot claim to be", "[TS24.229-5.2.6.3.3]") {
    Stage stage;
    stage.register_alice();
    stage.receive(stage.from_alice("INVITE", with_route({"P-Private-Network-Indication: private.example"})),
                  alice_at);
    (void)stage.response(100);
    CHECK_FALSE(stage.request("INVITE").message.has<h::PPrivateNetworkIndication>());
}

TEST_CASE("a request in a dialog whose Route is wrong is 400 where the policy is so",
          "[TS24.229-5.2.6.3.5]") {
    auto config = Stage::lab();
    config.route_mismatch = RouteMismatch::Refuse;
    Stage stage{config};
    const auto own = call(stage);
    stage.receive(stage.from_alice("INVITE", {"Route: " + own, "Route: <sip:evil.example;lr>"},
                                   "sip:bob@127.0.0.3:40001", "remote"),
                  alice_at);
    (void)stage.response(100);
    CHECK(stage.response(400).to == alice_at);
    CHECK(stage.silent());
}
