#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;
using sip::HeaderId;

namespace {
constexpr auto impu = "sip:+1555@ims.mnc001.mcc001.3gppnetwork.org";

Config subscribing() {
    auto c = Stage::lab();
    c.subscribe_to_reg_event = true;
    return c;
}

struct Subscribed {
    std::string contact, call_id, from_tag, own;
    std::string path;
};

Subscribed subscribe(Stage& stage) {
    Subscribed s;
    stage.receive(stage.a_register(), alice_at);
    const auto reg = stage.request("REGISTER");
    s.path = reg.message.get<h::Path>()->uri.text();
    stage.receive(stage.answer(reg.message, 200, Stage::accepted()), icscf_at);
    const auto first = stage.sent.front().message.is_request();
    if (!first) (void)stage.response(200);
    const auto out = stage.request("SUBSCRIBE");
    if (first) (void)stage.response(200);
    CHECK(out.to == scscf_at);
    CHECK(out.message.request_uri().text() == impu);
    CHECK(out.message.get<h::Event>()->token == "reg");
    CHECK(*out.message.get<h::Expires>() > 3600);
    CHECK(out.message.get<h::PAssertedIdentity>()->uri.text() == s.path);
    CHECK(out.message.has<h::PChargingVector>());
    s.contact = out.message.get<h::Contact>()->address.uri.text();
    s.call_id = out.message.call_id();
    s.from_tag = out.message.from_tag();
    stage.receive(
        stage.answer(out.message, 200, {"Expires: 4200", "Contact: <sip:notifier@127.0.1.30:6060>"}, "scscf"),
        scscf_at);
    return s;
}

std::string contact_element(const std::string& state, const std::string& event) {
    return "<contact id=\"c1\" state=\"" + state + "\" event=\"" + event +
           "\"><uri>sip:alice@127.0.0.2:40000</uri></contact>";
}
std::string reginfo(const std::string& registration_state, const std::string& contact, unsigned version = 0) {
    std::string body = "<?xml version=\"1.0\"?><reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"" +
                       std::to_string(version) + "\" state=\"full\">";
    int id = 0;
    for (const auto* aor : {"sip:+1555@ims.mnc001.mcc001.3gppnetwork.org",
                            "sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org", "tel:+1555"})
        body += std::string{"<registration aor=\""} + aor + "\" id=\"r" + std::to_string(++id) +
                "\" state=\"" + registration_state + "\">" + contact + "</registration>";
    return body + "</reginfo>";
}
std::string notify(const Subscribed& s, unsigned cseq, const std::string& state, const std::string& body,
                   const std::string& event = "reg") {
    return text(
        {"NOTIFY " + s.contact + " SIP/2.0",
         "Via: SIP/2.0/UDP 127.0.1.30:6060;branch=z9hG4bKn" + std::to_string(cseq), "Max-Forwards: 70",
         std::string{"From: <"} + impu + ">;tag=scscf", "To: <sip:127.0.1.10:5060>;tag=" + s.from_tag,
         "Call-ID: " + s.call_id, "CSeq: " + std::to_string(cseq) + " NOTIFY", "Event: " + event,
         "Subscription-State: " + state, "Contact: <sip:notifier@127.0.1.30:6060>",
         "P-Charging-Vector: icid-value=5;orig-ioi=\"Type 1home\"", "Content-Type: application/reginfo+xml"},
        body);
}
}  // namespace

TEST_CASE("the first registration of a user is watched, a refresh is not watched twice", "[TS24.229-5.2.3]") {
    Stage stage{subscribing()};
    subscribe(stage);
    stage.register_alice();
    CHECK(stage.silent());
    CHECK(stage.node().subscriptions() == 1);
}

TEST_CASE("a NOTIFY is answered with the charging of its dialog", "[TS24.229-5.2.3]") {
    Stage stage{subscribing()};
    const auto s = subscribe(stage);
    stage.receive(
        notify(s, 1, "active;expires=4200", reginfo("active", contact_element("active", "registered"))),
        scscf_at);
    const auto ok = stage.response(200);
    const auto charging = ok.message.get<h::PChargingVector>();
    CHECK(charging->params.get("orig-ioi").value_or("") == "Type 1home");
    CHECK(charging->params.get("term-ioi").value_or("") == "Type 1ims.mnc001.mcc001.3gppnetwork.org");
    CHECK(stage.node().is_registered(Impu{impu}));
}

TEST_CASE("a deregistration by the network ends the binding, and its last requests still pass",
          "[TS24.229-5.2.5.2]") {
    Stage stage{subscribing()};
    const auto s = subscribe(stage);
    stage.receive(
        notify(s, 1, "terminated", reginfo("terminated", contact_element("terminated", "rejected"))),
        scscf_at);
    (void)stage.response(200);
    CHECK_FALSE(stage.node().is_registered(Impu{impu}));
    CHECK(stage.last("pcscf.registration.ended").field("reason") == "rejected");
    stage.receive(stage.for_alice("MESSAGE", s.path), scscf_at);
    CHECK(stage.response(480).to == scscf_at);
    stage.advance(200s);
    CHECK(stage.node().bindings() == 0);
    CHECK(stage.node().subscriptions() == 0);
}

TEST_CASE("a NOTIFY that is not of the core ends nothing", "[TS24.229-4.4]") {
    auto config = subscribing();
    config.trusted_peers = std::vector{*AddressRange::parse("127.0.1.0/24")};
    Stage stage{config};
    const auto s = subscribe(stage);
    stage.receive(
        notify(s, 1, "terminated", reginfo("terminated", contact_element("terminated", "rejected"))),
        stranger_at);
    (void)stage.response(403);
    CHECK(stage.node().is_registered(Impu{impu}));
}

TEST_CASE("an identity that the network takes away may no longer be asserted, the others stay",
          "[TS24.229-5.2.4]") {
    Stage stage{subscribing()};
    const auto s = subscribe(stage);
    const std::string without_contacts =
        "<?xml version=\"1.0\"?><reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"1\" "
        "state=\"partial\"><registration aor=\"tel:+1555\" id=\"r3\" state=\"terminated\"/></reginfo>";
    stage.receive(notify(s, 1, "active;expires=4200", without_contacts), scscf_at);
    (void)stage.response(200);
    CHECK_FALSE(stage.node().is_registered(Impu{"tel:+1555"}));
    CHECK(stage.node().is_registered(Impu{impu}));
    SECTION("with the last of them the UE goes") {
        stage.receive(notify(s, 2, "active;expires=4200", reginfo("terminated", "")), scscf_at);
        (void)stage.response(200);
        CHECK_FALSE(stage.node().is_registered(Impu{impu}));
        CHECK(stage.last("pcscf.registration.ended").field("reason") == "deactivated");
    }
}

TEST_CASE("only what is said of this UE's contact counts", "[TS24.229-5.2.4]") {
    Stage stage{subscribing()};
    const auto s = subscribe(stage);
    auto other = contact_element("terminated", "unregistered");
    other.replace(other.find("alice@127.0.0.2"), 15, "alice@127.0.0.9");
    stage.receive(notify(s, 1, "active;expires=4200",
                         reginfo("active", other + contact_element("active", "registered"))),
                  scscf_at);
    (void)stage.response(200);
    CHECK(stage.node().is_registered(Impu{impu}));
}

TEST_CASE("an identity that the network adds may be asserted", "[TS24.229-5.2.4]") {
    Stage stage{subscribing()};
    const auto s = subscribe(stage);
    auto body = reginfo("active", contact_element("active", "created"));
    body.insert(body.find("</reginfo>"),
                "<registration aor=\"sip:alias@x.example\" id=\"r9\" state=\"active\">" +
                    contact_element("active", "created") + "</registration>");
    stage.receive(notify(s, 1, "active;expires=4200", body), scscf_at);
    (void)stage.response(200);
    CHECK(stage.node().is_registered(Impu{"sip:alias@x.example"}));
}

TEST_CASE("NOTIFYs that do not belong are refused and change nothing", "[RFC6665-4.1.3]") {
    Stage stage{subscribing()};
    auto s = subscribe(stage);
    const auto refused = [&](int status) {
        const auto charging = stage.response(status).message.get<h::PChargingVector>();
        REQUIRE(charging.has_value());
        CHECK(charging->params.get("orig-ioi").value_or("") == "Type 1home");
        CHECK(charging->params.get("term-ioi").value_or("") == "Type 1ims.mnc001.mcc001.3gppnetwork.org");
    };
    const auto gone = reginfo("terminated", contact_element("terminated", "rejected"));
    SECTION("another dialog") {
        s.from_tag = "guessed";
        stage.receive(notify(s, 1, "terminated", gone), stranger_at);
        refused(481);
    }
    SECTION("another event") {
        stage.receive(notify(s, 1, "active", gone, "presence"), scscf_at);
        refused(489);
    }
    SECTION("no XML") {
        stage.receive(notify(s, 1, "active", "<reginfo"), scscf_at);
        refused(400);
    }
    SECTION("an old one") {
        stage.receive(notify(s, 2, "active", reginfo("active", contact_element("active", "registered"))),
                      scscf_at);
        (void)stage.response(200);
        stage.receive(notify(s, 1, "active", gone), scscf_at);
        refused(500);
    }
    CHECK(stage.node().is_registered(Impu{impu}));
}

TEST_CASE("the subscription is refreshed 600 s before its end", "[TS24.229-5.2.3]") {
    Stage stage{subscribing()};
    const auto s = subscribe(stage);
    stage.advance(3500s);
    stage.register_alice();
    CHECK(stage.silent());
    stage.advance(101s);
    const auto refresh = stage.request("SUBSCRIBE");
    CHECK(refresh.message.call_id() == s.call_id);
    CHECK(refresh.message.to_tag() == "scscf");
    CHECK(refresh.message.request_uri().text() == "sip:notifier@127.0.1.30:6060");
    SECTION("481: a new one") {
        stage.sent.clear();
        stage.receive(stage.answer(refresh.message, 481), scscf_at);
        stage.advance(61s);
        const auto anew = stage.request("SUBSCRIBE");
        CHECK(anew.message.to_tag().empty());
    }
}

TEST_CASE("a subscription that fails is tried again", "[TS24.229-5.2.3]") {
    Stage stage{subscribing()};
    stage.receive(stage.a_register(), alice_at);
    const auto reg = stage.request("REGISTER");
    stage.receive(stage.answer(reg.message, 200, Stage::accepted()), icscf_at);
    while (stage.sent.front().message.is_response()) stage.sent.pop_front();
    const auto out = stage.request("SUBSCRIBE");
    stage.sent.clear();
    stage.receive(stage.answer(out.message, 503), scscf_at);
    CHECK(stage.noted("pcscf.subscription.failed"));
    CHECK(stage.node().is_registered(Impu{impu}));
    stage.advance(61s);
    (void)stage.request("SUBSCRIBE");
}

TEST_CASE("beyond the border of a visited network the P-CSCF is known by its thig-path",
          "[TS24.229-5.2.2.1][TS24.229-5.2.3]") {
    Stage stage{subscribing()};
    stage.receive(stage.a_register(), alice_at);
    auto lines = Stage::accepted();
    lines.emplace_back("Feature-Caps: *;+g.3gpp.thig-path=\"<sip:token@ibcf.example;lr>\"");
    lines.emplace_back("Feature-Caps: *;+g.3gpp.trf");
    stage.receive(stage.answer(stage.request("REGISTER").message, 200, lines), icscf_at);
    std::optional<sip::Message> ok, subscribe;
    for (auto& s : stage.sent) (s.message.is_request() ? subscribe : ok) = s.message;
    REQUIRE((ok && subscribe));
    CHECK(ok->raw_all(HeaderId::FeatureCaps) == std::vector<std::string_view>{"*;+g.3gpp.trf"});
    CHECK(subscribe->get<h::PAssertedIdentity>()->uri.text() == "sip:token@ibcf.example;lr");
}

TEST_CASE("a user is a privileged sender while the reg event says so", "[TS24.229-5.2.4]") {
    Stage stage{subscribing()};
    const auto s = subscribe(stage);
    const std::string actions =
        "<cp:actions xmlns:cp=\"urn:ietf:params:xml:ns:common-policy\" "
        "xmlns:eri=\"urn:3gpp:ns:extRegInfo:1.0\"><eri:privSender/></cp:actions>";
    const std::string president = "<sip:president@pbx.example>";
    const auto asserted = [&] {
        stage.receive(stage.from_alice("MESSAGE", {"P-Asserted-Identity: " + president}), alice_at);
        return std::string{stage.request("MESSAGE").message.raw(HeaderId::PAssertedIdentity).value_or("")};
    };
    CHECK(asserted() != president);
    stage.receive(notify(s, 1, "active;expires=600",
                         reginfo("active", contact_element("active", "registered") + actions)),
                  scscf_at);
    (void)stage.response(200);
    CHECK(asserted() == president);
    stage.restart();
    CHECK(asserted() == president);
    stage.receive(
        notify(s, 2, "active;expires=600", reginfo("active", contact_element("active", "registered"), 1)),
        scscf_at);
    (void)stage.response(200);
    CHECK(asserted() != president);
}

TEST_CASE("the reg event says what priorities and which private network a user has", "[TS24.229-7.10.3]") {
    Stage stage{subscribing()};
    const auto s = subscribe(stage);
    const auto said = [](const std::string& actions) {
        return reginfo("active", contact_element("active", "registered") +
                                     "<cp:actions xmlns:cp=\"urn:ietf:params:xml:ns:common-policy\" "
                                     "xmlns:eri=\"urn:3gpp:ns:extRegInfo:1.0\">" +
                                     actions + "</cp:actions>");
    };
    const auto sent = [&] {
        stage.receive(stage.from_alice("MESSAGE", {"Resource-Priority: wps.1", "Resource-Priority: wps.2",
                                                   "P-Private-Network-Indication: pbx.example"}),
                      alice_at);
        const auto m = stage.request("MESSAGE").message;
        return std::string{m.raw(HeaderId::ResourcePriority).value_or("none")} + ", " +
               std::string{m.raw(HeaderId::PPrivateNetworkIndication).value_or("none")};
    };
    CHECK(sent() == "none, none");
    stage.receive(notify(s, 1, "active;expires=600",
                         said("<eri:rph ns=\"wps\" val=\"1\"/><eri:pni insert=\"fwd\"/><eri:new/>")),
                  scscf_at);
    (void)stage.response(200);
    CHECK(sent() == "wps.1, pbx.example");
    stage.restart();
    CHECK(sent() == "wps.1, pbx.example");
    stage.receive(notify(s, 2, "active;expires=600",
                         said("<eri:rph ns=\"wps\"/><eri:pni insert=\"ins\" domain=\"sip:hq.example\"/>")),
                  scscf_at);
    (void)stage.response(200);
    CHECK(sent() == "none, sip:hq.example");
}
