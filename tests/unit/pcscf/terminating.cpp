#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;
using sip::HeaderId;

namespace {
const std::vector<std::string> from_core{"P-Called-Party-ID: <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>",
                                         "P-Asserted-Identity: <sip:+1666@ims.mnc001.mcc001.3gppnetwork.org>",
                                         "P-Charging-Vector: icid-value=77;orig-ioi=\"Type 1home\"",
                                         "P-Charging-Function-Addresses: ccf=x",
                                         "P-Served-User: <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>",
                                         "Record-Route: <sip:term@127.0.1.30:6060;lr>"};

std::vector<std::string> with(std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
}  // namespace

TEST_CASE("a request to the UE is found by our Path and goes over the UE's flow without what it may not see",
          "[TS24.229-5.2.6.4.3]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("INVITE", path, from_core), scscf_at);
    CHECK(stage.response(100).to == scscf_at);
    const auto out = stage.request("INVITE");
    CHECK(out.to == alice_at);
    for (const auto id :
         {HeaderId::PChargingVector, HeaderId::PChargingFunctionAddresses, HeaderId::PServedUser}) {
        INFO(sip::header_name(id));
        CHECK_FALSE(out.message.has(id));
    }
    CHECK(out.message.has<h::PAssertedIdentity>());
    CHECK(out.message.has<h::PCalledPartyId>());
    CHECK(out.message.raw_all(HeaderId::RecordRoute).size() == 2);
    CHECK(out.message.get<h::RecordRoute>()->uri.host == "127.0.1.10");
}

TEST_CASE("where a caller is and what the network noted of him does not reach the other UE",
          "[TS24.229-4.4][TS24.229-7.2A.4]") {
    const std::vector<std::string> of_the_network{
        "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000101",
        "P-Charging-Vector: icid-value=77",
        "P-Charging-Function-Addresses: ccf=x",
        "P-Served-User: <sip:x@y.example>",
        "P-User-Database: <aaa://hss.example>",
        "P-Profile-Key: <sip:!.*!@y.example>",
        "P-Private-Network-Indication: private.example",
        "Resource-Priority: ets.0",
        "Relayed-Charge: orig-ioi=x",
        "Cellular-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=2",
        "Service-Interact-Info: x"};
    const auto clean = [&](const sip::Message& m) {
        for (const auto& line : of_the_network) {
            const auto name = line.substr(0, line.find(':'));
            INFO(name);
            CHECK_FALSE(m.has(name));
        }
    };
    Stage stage;
    const auto path = stage.register_alice();
    SECTION("in requests, the first and those of its dialog, and in the ACK") {
        stage.receive(stage.for_alice("INVITE", path, with(of_the_network, {"Feature-Caps: *;+g.3gpp.trf"})),
                      scscf_at);
        (void)stage.response(100);
        const auto invite = stage.request("INVITE");
        clean(invite.message);
        CHECK(invite.message.has<h::FeatureCaps>());  // said to the UE
        const auto own = invite.message.get<h::RecordRoute>()->uri.text();
        stage.receive(stage.answer(invite.message, 200, {"Contact: <sip:alice@127.0.0.2:40000>"}, "al"),
                      alice_at);
        (void)stage.response(200);
        stage.receive(stage.for_alice("ACK", own, of_the_network, "al"), scscf_at);
        clean(stage.request("ACK").message);
        stage.receive(stage.for_alice("INFO", own, of_the_network, "al"), scscf_at);
        clean(stage.request("INFO").message);
    }
    SECTION("in responses, where also a Reason stays inside") {
        stage.receive(stage.from_alice("INVITE"), alice_at);
        (void)stage.response(100);
        const auto invite = stage.request("INVITE");
        const auto said = with(of_the_network, {"Reason: Q.850;cause=31"});
        stage.receive(stage.answer(invite.message, 180, said), scscf_at);
        clean(stage.response(180).message);
        stage.receive(stage.answer(invite.message, 480, said), scscf_at);
        (void)stage.request("ACK");
        const auto refused = stage.response(480);
        clean(refused.message);
        CHECK_FALSE(refused.message.has<h::Reason>());
    }
}

TEST_CASE("a caller who asked for privacy stays unknown to the UE", "[RFC3325-7]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("MESSAGE", path, with(from_core, {"Privacy: id"})), scscf_at);
    const auto out = stage.request("MESSAGE");
    CHECK_FALSE(out.message.has<h::PAssertedIdentity>());
    CHECK(out.message.has<h::Privacy>());
}

TEST_CASE("who was called before stays unknown where privacy was asked for", "[RFC7044-10.1.2]") {
    const std::string first = "<sip:bob@home.example?Privacy=history&Reason=SIP%3Bcause%3D302>;index=1";
    const std::string second = "\"Carol\" <sip:carol@home.example>;index=1.1;mp=1";
    const std::string hidden = "<sip:anonymous@anonymous.invalid>;index=1";
    const auto seen = [&](const std::vector<std::string>& lines) {
        Stage stage;
        const auto path = stage.register_alice();
        stage.receive(stage.for_alice("MESSAGE", path, lines), scscf_at);
        std::vector<std::string> values;
        const auto message = stage.request("MESSAGE").message;
        CHECK_FALSE((message.raw(HeaderId::Privacy) == "history"));  // it has been granted
        for (const auto value : message.raw_all(HeaderId::HistoryInfo)) values.emplace_back(value);
        return values;
    };
    const auto history = "History-Info: " + first + ", " + second;
    CHECK(seen({history}) == std::vector{hidden, second});  // the entry that asks for it
    CHECK(seen({history, "Privacy: history"}) ==
          std::vector{hidden, std::string{"<sip:anonymous@anonymous.invalid>;index=1.1;mp=1"}});
    CHECK(seen({"History-Info: " + second, "Privacy: id"}) == std::vector{second});
    CHECK(seen({"History-Info: <sip:dan@home.example?Privacy=none&Reason=x>;index=1"}) ==
          std::vector{std::string{"<sip:dan@home.example?Reason=x>;index=1"}});
    CHECK(seen({"History-Info: <sip:broken", "Privacy: id"}).empty());
}

TEST_CASE("who answers is who was called", "[TS24.229-5.2.6.4.4]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("INVITE", path, from_core), scscf_at);
    (void)stage.response(100);
    const auto out = stage.request("INVITE");
    stage.receive(
        stage.answer(out.message, 180,
                     {"P-Asserted-Identity: <sip:president@elsewhere.example>",
                      "Contact: <sip:alice@127.0.0.2:40000>", "P-Charging-Vector: icid-value=forged",
                      "Record-Route: " + std::string{out.message.raw_all(HeaderId::RecordRoute)[0]},
                      "Record-Route: " + std::string{out.message.raw_all(HeaderId::RecordRoute)[1]}}),
        alice_at);
    const auto ringing = stage.response(180);
    CHECK(ringing.to == scscf_at);
    CHECK(ringing.message.raw_all(HeaderId::PAssertedIdentity) ==
          std::vector<std::string_view>{"\"Alice\" <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>"});
    const auto charging = ringing.message.get<h::PChargingVector>();
    CHECK(charging->params.get("icid-value").value_or("") == "77");
    CHECK(charging->params.get("orig-ioi").value_or("") == "Type 1home");
    CHECK(charging->params.get("term-ioi").value_or("") == "Type 1ims.mnc001.mcc001.3gppnetwork.org");
}

TEST_CASE("a UE that answers with other Vias and Record-Routes than it got has no say in them",
          "[TS24.229-5.2.6.4.4]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.receive(
        stage.for_alice("INVITE", path,
                        with(from_core, {"Via: SIP/2.0/UDP 127.0.1.40:5060;branch=z9hG4bKfurther"})),
        scscf_at);
    (void)stage.response(100);
    const auto out = stage.request("INVITE");
    const auto own = out.message.get<h::RecordRoute>()->uri;
    auto wrong = sip::Message::response(out.message, 180, {}, "al");
    const std::string own_via{*wrong.raw(HeaderId::Via)};
    wrong.remove(HeaderId::Via);
    wrong.prepend_raw(HeaderId::Via, own_via + ", SIP/2.0/UDP 127.0.0.66:5060;branch=z9hG4bKother");
    wrong.remove(HeaderId::RecordRoute);
    SECTION("Record-Route of another") {
        wrong.append_raw("Record-Route", "<" + own.text() + ">");
        wrong.append_raw("Record-Route", "<sip:thief@127.0.0.66;lr>");
    }
    SECTION("none at all") {}
    stage.receive(wrong.serialize(), alice_at);
    const auto ringing = stage.response(180);
    CHECK(ringing.to == scscf_at);
    const auto vias = ringing.message.all<h::Via>();
    REQUIRE(vias->size() == 2);
    CHECK((*vias)[0].sent_by() == "127.0.1.30:6060");
    CHECK((*vias)[1].sent_by() == "127.0.1.40:5060");
    const auto recorded = ringing.message.all<h::RecordRoute>();
    REQUIRE(recorded->size() == 2);
    CHECK((*recorded)[0].uri.user == own.user);
    CHECK((*recorded)[1].uri.text() == "sip:term@127.0.1.30:6060;lr");
}

TEST_CASE("a Path that is not ours is 404", "[TS24.229-5.2.6.4.1]") {
    Stage stage;
    stage.register_alice();
    stage.receive(stage.for_alice("MESSAGE", "sip:0123456789abcdef01234567@127.0.1.10:5060;lr", from_core),
                  scscf_at);
    CHECK(stage.response(404).to == scscf_at);
}

TEST_CASE("a UE that does not answer is 408 upstream", "[RFC3261-16.8]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("INVITE", path, from_core), scscf_at);
    (void)stage.response(100);
    stage.advance(33s);
    while (!stage.sent.empty() && stage.sent.front().message.is_request()) stage.sent.pop_front();
    CHECK(stage.response(408).to == scscf_at);
    CHECK(stage.noted("pcscf.ue.silent"));
}

TEST_CASE("a UE on a radio access is given the time of Gm", "[TS24.229-7.7]") {
    Stage stage;
    stage.receive(
        stage.a_register(alice_at,
                         {"P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000101"}),
        alice_at);
    const auto reg = stage.request("REGISTER");
    stage.receive(stage.answer(reg.message, 200, Stage::accepted()), icscf_at);
    (void)stage.response(200);
    stage.receive(stage.for_alice("MESSAGE", reg.message.get<h::Path>()->uri.text(), from_core), scscf_at);
    (void)stage.request("MESSAGE");
    stage.advance(1900ms);
    CHECK(stage.silent());
    stage.advance(200ms);  // T1 = 2 s
    (void)stage.request("MESSAGE");
}

TEST_CASE("a request of the called UE inside the dialog takes the way back of the INVITE",
          "[TS24.229-5.2.6.3.5]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("INVITE", path, from_core), scscf_at);
    (void)stage.response(100);
    const auto out = stage.request("INVITE");
    const auto own = std::string{out.message.raw_all(HeaderId::RecordRoute)[0]};
    stage.receive(stage.answer(out.message, 200,
                               {"Contact: <sip:alice@127.0.0.2:40000>", "Record-Route: " + own,
                                "Record-Route: <sip:term@127.0.1.30:6060;lr>"},
                               "alice-tag"),
                  alice_at);
    (void)stage.response(200);
    CHECK(stage.node().dialogs() == 1);

    auto bye = stage.from_alice("BYE", {"Route: " + own, "Route: <sip:term@127.0.1.30:6060;lr>"},
                                "sip:bob@127.0.0.3:40001", "bob");
    bye.replace(bye.find("Call-ID: call-1"), 15, "Call-ID: call-2");
    bye.replace(bye.find("tag=alice"), 9, "tag=alice-tag");
    stage.receive(bye, alice_at);
    const auto forwarded = stage.request("BYE");
    CHECK(forwarded.to == scscf_at);
    CHECK(forwarded.message.get<h::PChargingVector>()->params.get("icid-value").value_or("") == "77");
}

TEST_CASE("a target refresh for the UE is recorded as the first request was, each side sees its own port",
          "[TS24.229-5.2.6.4.5][TS24.229-5.2.6.4.6]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("INVITE", path, from_core), scscf_at);
    (void)stage.response(100);
    const auto first = stage.request("INVITE");
    const auto own = first.message.get<h::RecordRoute>()->uri;
    const std::vector<std::string> contact{"Contact: <sip:alice@127.0.0.2:40000>"};
    stage.receive(stage.answer(first.message, 200, contact, "al"), alice_at);
    const auto towards_core = stage.response(200).message.get<h::RecordRoute>()->uri;

    stage.receive(stage.for_alice("UPDATE", own.text(), {}, "al"), scscf_at);
    const auto update = stage.request("UPDATE");
    CHECK(update.message.raw_all(HeaderId::RecordRoute).size() == 1);
    CHECK(update.message.get<h::RecordRoute>()->uri == own);
    auto answer = sip::Message::response(update.message, 200);
    answer.append_raw("Contact", "<sip:alice@127.0.0.2:40000>");
    SECTION("whatever the UE makes of it") {
        answer.set_raw(HeaderId::RecordRoute, "<sip:thief@127.0.0.66;lr>");
    }
    SECTION("as it should be") {}
    stage.receive(answer.serialize(), alice_at);
    const auto ok = stage.response(200).message;
    CHECK(ok.raw_all(HeaderId::RecordRoute).size() == 1);
    CHECK(ok.get<h::RecordRoute>()->uri == towards_core);

    stage.receive(stage.for_alice("INFO", own.text(), {}, "al"), scscf_at);
    CHECK_FALSE(stage.request("INFO").message.has<h::RecordRoute>());
}

TEST_CASE("who is not of the core cannot reach a UE by a Path or a dialog it has learnt", "[TS24.229-4.4]") {
    auto config = Stage::lab();
    config.trusted_peers = std::vector{*AddressRange::parse("127.0.1.0/24")};
    Stage stage{config};
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("MESSAGE", path, from_core), stranger_at);
    CHECK(stage.silent());  // 5.2.6.3.2A: a UE that is not registered
    CHECK(stage.noted("pcscf.request.discarded"));

    stage.receive(stage.for_alice("INVITE", path, from_core), scscf_at);
    (void)stage.response(100);
    const auto invite = stage.request("INVITE");
    const auto own = invite.message.get<h::RecordRoute>()->uri.text();
    stage.receive(stage.answer(invite.message, 200, {"Contact: <sip:alice@127.0.0.2:40000>"}, "al"),
                  alice_at);
    (void)stage.response(200);
    stage.receive(stage.for_alice("ACK", own, {}, "al"), stranger_at);
    CHECK(stage.silent());
    stage.receive(stage.for_alice("BYE", own, {}, "al"), stranger_at);
    CHECK(stage.response(403).to.address == stranger_at.address);
    CHECK(stage.silent());

    stage.receive(stage.for_alice("ACK", own, {}, "al"), scscf_at);
    CHECK(stage.request("ACK").to == alice_at);
    stage.receive(stage.for_alice("BYE", own, {}, "al"), scscf_at);
    CHECK(stage.request("BYE").to == alice_at);
}

TEST_CASE("a UE cannot send the P-CSCF elsewhere with a 305", "[TS24.229-5.2.1]") {
    Stage stage;
    const auto path = stage.register_alice();
    const std::vector<std::string> elsewhere{"Contact: <sip:victim@127.0.0.66:5060>"};
    SECTION("on an initial request") {
        stage.receive(stage.for_alice("MESSAGE", path, from_core), scscf_at);
        const auto out = stage.request("MESSAGE");
        stage.receive(stage.answer(out.message, 305, elsewhere), alice_at);
    }
    SECTION("inside a dialog, which has its route set") {
        stage.receive(stage.from_alice("INVITE"), alice_at);
        (void)stage.response(100);
        const auto invite = stage.request("INVITE");
        const auto own = invite.message.get<h::RecordRoute>()->uri.text();
        stage.receive(stage.answer(invite.message, 200, {"Contact: <sip:bob@127.0.0.3:40001>"}), scscf_at);
        (void)stage.response(200);
        auto info = stage.for_alice("INFO", own, {}, "alice");
        info.replace(info.find("Call-ID: call-2"), 15, "Call-ID: call-1");
        info.replace(info.find("tag=bob"), 7, "tag=remote");
        stage.receive(info, scscf_at);
        const auto out = stage.request("INFO");
        stage.receive(stage.answer(out.message, 305, elsewhere), alice_at);
    }
    CHECK(stage.response(305).to == scscf_at);
    CHECK(stage.silent());
}

TEST_CASE("a 305 of the core on a request of the UE is followed", "[TS24.229-5.2.1]") {
    Stage stage;
    stage.register_alice();
    stage.receive(stage.from_alice("MESSAGE"), alice_at);
    const auto out = stage.request("MESSAGE");
    stage.receive(stage.answer(out.message, 305, {"Contact: <sip:127.0.1.31:6060>"}), scscf_at);
    CHECK(stage.request("MESSAGE").to == *IpEndpoint::parse("127.0.1.31:6060"));
}

TEST_CASE("early media of a UE that is not authorised to send it is not announced", "[TS24.229-5.2.6.4.2]") {
    const std::vector<std::string> announced{"P-Early-Media: sendrecv",
                                             "Contact: <sip:alice@127.0.0.2:40000>"};
    auto config = Stage::lab();
    config.early_media = GENERATE(false, true);
    CAPTURE(config.early_media);
    Stage stage{config};
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("INVITE", path, from_core), scscf_at);
    (void)stage.response(100);
    const auto invite = stage.request("INVITE");
    const auto own = invite.message.get<h::RecordRoute>()->uri.text();
    stage.receive(stage.answer(invite.message, 183, announced, "alice-tag"), alice_at);
    CHECK(stage.response(183).message.has<h::PEarlyMedia>() == config.early_media);

    auto update = stage.from_alice(
        "UPDATE", {"Route: <" + own + ">", "Route: <sip:term@127.0.1.30:6060;lr>", announced[0]},
        "sip:bob@127.0.0.3:40001", "bob");
    update.replace(update.find("Call-ID: call-1"), 15, "Call-ID: call-2");
    update.replace(update.find("tag=alice"), 9, "tag=alice-tag");
    stage.receive(update, alice_at);
    CHECK(stage.request("UPDATE").message.has<h::PEarlyMedia>() == config.early_media);
}
