#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;

namespace {
const std::string aka_challenge =
    "WWW-Authenticate: Digest realm=\"ims.mnc001.mcc001.3gppnetwork.org\", nonce=\"AAAA\", "
    "algorithm=AKAv1-MD5, "
    "ck=\"00112233445566778899aabbccddeeff\", ik=\"ffeeddccbbaa99887766554433221100\"";
const std::string aka_answer =
    "Digest username=\"001010000000001@ims.mnc001.mcc001.3gppnetwork.org\", "
    "realm=\"ims.mnc001.mcc001.3gppnetwork.org\", nonce=\"AAAA\", algorithm=AKAv1-MD5, "
    "uri=\"sip:ims.mnc001.mcc001.3gppnetwork.org\", response=\"0123456789abcdef0123456789abcdef\"";
}  // namespace

TEST_CASE("a REGISTER leaves with Path, Require: path, charging vector and visited network",
          "[TS24.229-5.2.2.1]") {
    Stage stage;
    stage.receive(stage.a_register(
                      alice_at, {"P-Charging-Vector: icid-value=forged", "Route: <sip:127.0.1.10:5060;lr>"}),
                  alice_at);

    const auto out = stage.request("REGISTER");
    CHECK(out.to == icscf_at);
    const auto path = out.message.get<h::Path>();
    REQUIRE(path.has_value());
    CHECK(path->uri.host == "127.0.1.10");
    CHECK(path->uri.user.size() >= 16);
    CHECK(path->uri.loose());
    CHECK(out.message.has_option(sip::HeaderId::Require, "path"));
    const auto charging = out.message.get<h::PChargingVector>();
    REQUIRE(charging.has_value());
    CHECK(charging->params.get("icid-value").value_or("") != "forged");
    CHECK(charging->params.get("orig-ioi").value_or("") == "Type 1ims.mnc001.mcc001.3gppnetwork.org");
    CHECK_FALSE(charging->params.has("term-ioi"));
    CHECK(out.message.get<h::PVisitedNetworkId>()->token == "ims.mnc001.mcc001.3gppnetwork.org");
    CHECK(out.message.get<h::Authorization>()->params.get("integrity-protected").value_or("") == "no");
    CHECK_FALSE(out.message.has<h::Route>());
}

TEST_CASE("an integrity-protected of the UE's own making is replaced", "[TS24.229-5.2.2.1]") {
    Stage stage;
    stage.receive(
        stage.a_register(alice_at, {}, "3600",
                         "Digest username=\"x@y\", realm=\"r\", nonce=\"\", uri=\"sip:r\", response=\"\", "
                         "integrity-protected=\"yes\""),
        alice_at);
    const auto authorization = stage.request("REGISTER").message.get<h::Authorization>();
    CHECK(authorization->params.get("integrity-protected").value_or("") == "no");
}

TEST_CASE("a challenge reaches the UE without its keys", "[TS24.229-5.2.2.2]") {
    Stage stage;
    stage.receive(stage.a_register(), alice_at);
    const auto out = stage.request("REGISTER");
    stage.receive(stage.answer(out.message, 401, {aka_challenge, "P-Charging-Vector: icid-value=1"}),
                  icscf_at);

    const auto challenge = stage.response(401);
    CHECK(challenge.to == alice_at);
    const auto digest = challenge.message.get<h::WwwAuthenticate>();
    REQUIRE(digest.has_value());
    CHECK(digest->params.has("nonce"));
    CHECK_FALSE(digest->params.has("ck"));
    CHECK_FALSE(digest->params.has("ik"));
    CHECK_FALSE(challenge.message.has<h::PChargingVector>());
    for (const auto& n : stage.notes)
        for (const auto& f : n.fields) CHECK(f.value.find("0011223344") == std::string::npos);
}

TEST_CASE("a challenge that cannot be read is not passed on", "[TS24.229-5.2.2.2]") {
    Stage stage;
    stage.receive(stage.a_register(), alice_at);
    const auto out = stage.request("REGISTER");
    stage.receive(stage.answer(out.message, 401, {"WWW-Authenticate: Digest =,,ck=\"0011"}), icscf_at);
    const auto refused = stage.response(500);
    CHECK_FALSE(refused.message.has<h::WwwAuthenticate>());
}

TEST_CASE("the answer to a challenge goes with the same Path as the REGISTER that was challenged",
          "[TS24.229-5.2.2.1]") {
    Stage stage;
    stage.receive(stage.a_register(), alice_at);
    const auto first = stage.request("REGISTER");
    stage.receive(stage.answer(first.message, 401, {aka_challenge}), icscf_at);
    (void)stage.response(401);

    stage.receive(stage.a_register(alice_at, {}, "3600", aka_answer), alice_at);
    const auto second = stage.request("REGISTER");
    CHECK(second.message.get<h::Path>()->uri == first.message.get<h::Path>()->uri);
    CHECK(second.message.get<h::PChargingVector>()->params.get("icid-value") !=
          first.message.get<h::PChargingVector>()->params.get("icid-value"));

    stage.receive(stage.answer(second.message, 200, Stage::accepted()), icscf_at);
    CHECK(stage.response(200).to == alice_at);
    CHECK(stage.node().is_registered(Impu{"tel:+1555"}));
    CHECK(stage.node().is_registered(Impu{"sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org"}));
    CHECK(stage.last("pcscf.registration.accepted").field("impi") ==
          "001010000000001@ims.mnc001.mcc001.3gppnetwork.org");
}

TEST_CASE("a refresh keeps the binding and its Path", "[TS24.229-5.2.2.1]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.advance(1800s);
    CHECK(stage.register_alice() == path);
    CHECK(stage.node().bindings() == 1);
    CHECK(stage.noted("pcscf.registration.refreshed"));
    stage.advance(3000s);
    CHECK(stage.node().is_registered(Impu{"tel:+1555"}));
}

TEST_CASE("a registration that is not refreshed ends by itself", "[TS24.229-5.2.2.2]") {
    Stage stage;
    stage.register_alice();
    stage.advance(3629s);
    CHECK(stage.node().is_registered(Impu{"tel:+1555"}));
    stage.advance(2s);  // 30 s after expiry
    CHECK_FALSE(stage.node().is_registered(Impu{"tel:+1555"}));
    stage.advance(130s);
    CHECK(stage.node().bindings() == 0);
    CHECK(stage.node().idle());
}

TEST_CASE("a UE that deregisters may no longer send, and is forgotten", "[TS24.229-5.2.5.1]") {
    Stage stage;
    stage.register_alice();
    stage.receive(stage.a_register(alice_at, {}, "0"), alice_at);
    const auto out = stage.request("REGISTER");
    stage.receive(stage.answer(out.message, 200), icscf_at);
    (void)stage.response(200);
    CHECK_FALSE(stage.node().is_registered(Impu{"tel:+1555"}));

    stage.receive(stage.from_alice("MESSAGE"), alice_at);
    CHECK(stage.silent());
    stage.advance(200s);
    CHECK(stage.node().bindings() == 0);
}

TEST_CASE("a phone that was switched off and comes from another address replaces itself",
          "[TS24.229-5.2.2.1]") {
    Stage stage;
    const auto path = stage.register_alice();
    const auto elsewhere = *IpEndpoint::parse("127.0.0.2:40077");
    CHECK(stage.register_alice(elsewhere) != path);
    CHECK(stage.node().bindings() == 1);
}

TEST_CASE("of several Contacts in a REGISTER the one that the registrar bound is the UE's",
          "[TS24.229-5.4.1.2.3]") {
    Stage stage;
    auto both = stage.a_register();
    const std::string contact = "Contact: <sip:alice@127.0.0.2:40000>";
    const std::string other = "Contact: <sip:tablet@127.0.0.2:40000>";
    SECTION("the first is not preferred") {
        both.replace(both.find(contact), contact.size(), other + ";q=0.2, " + contact.substr(9) + ";q=0.7");
    }
    SECTION("the registrar does not say why") {
        both.replace(both.find(contact), contact.size(), other + "\r\n" + contact);
    }
    stage.receive(both, alice_at);
    const auto out = stage.request("REGISTER");
    stage.receive(stage.answer(out.message, 200, Stage::accepted()), icscf_at);  // lists alice@
    (void)stage.response(200);
    CHECK(stage.node().bindings() == 1);
    CHECK(stage.node().is_registered(Impu{"tel:+1555"}));
    // The binding is that of alice@: its end is the end of the registration.
    stage.receive(stage.a_register(alice_at, {}, "0"), alice_at);
    const auto leaving = stage.request("REGISTER");
    CHECK(leaving.message.get<h::Path>()->uri == out.message.get<h::Path>()->uri);
    stage.receive(stage.answer(leaving.message, 200), icscf_at);
    (void)stage.response(200);
    CHECK_FALSE(stage.node().is_registered(Impu{"tel:+1555"}));
}

TEST_CASE("a UE that gives up one of its flows keeps the other", "[TS24.229-5.2.5.1]") {
    Stage stage;
    const std::string contact = "<sip:alice@127.0.0.2:40000>";
    const auto flow = [](const std::string& reg_id) {
        return ";+sip.instance=\"<urn:uuid:1>\";reg-id=" + reg_id;
    };
    const auto reg = [&](const std::string& reg_id, std::uint64_t connection, const std::string& expires,
                         const std::vector<std::string>& bound) {
        auto r = stage.a_register(alice_at, {"Supported: path, outbound"}, expires);
        r.replace(r.find("SIP/2.0/UDP"), 11, "SIP/2.0/TCP");
        r.insert(r.find(contact) + contact.size(), flow(reg_id));
        stage.receive(r, alice_at, sip::Transport::Tcp, connection);
        const auto out = stage.request("REGISTER");
        std::vector<std::string> lines{"Service-Route: <sip:orig@127.0.1.30:6060;lr>", "Require: outbound",
                                       "P-Associated-URI: <tel:+1555>"};
        for (const auto& id : bound) lines.push_back("Contact: " + contact + flow(id) + ";expires=3600");
        stage.receive(stage.answer(out.message, 200, lines), icscf_at);
        (void)stage.response(200);
    };
    reg("1", 5, "3600", {"1"});
    reg("2", 6, "3600", {"1", "2"});
    CHECK(stage.node().bindings() == 2);

    reg("1", 5, "0", {"2"});
    CHECK(stage.node().is_registered(Impu{"tel:+1555"}));
    stage.advance(200s);
    CHECK(stage.node().bindings() == 1);
    reg("2", 6, "0", {});
    CHECK_FALSE(stage.node().is_registered(Impu{"tel:+1555"}));
}

TEST_CASE("a 3xx or 480 of the last entry point is 504 for the UE", "[TS24.229-5.2.2.1]") {
    const int status = GENERATE(300, 302, 480);
    INFO(status);
    Stage stage;
    stage.receive(stage.a_register(), alice_at);
    const auto out = stage.request("REGISTER");
    stage.receive(stage.answer(out.message, status, {"Contact: <sip:elsewhere.example>"}), icscf_at);
    const auto refused = stage.response(504);
    CHECK(refused.to == alice_at);
    CHECK_FALSE(refused.message.has<h::Contact>());
    CHECK(stage.last("pcscf.entry_point.unreachable").field("reason") == std::to_string(status));
}

TEST_CASE("a home network that does not answer is 504", "[TS24.229-5.2.2.1]") {
    Stage stage;
    stage.receive(stage.a_register(), alice_at);
    stage.advance(33s);
    std::vector<int> statuses;
    for (const auto& s : stage.sent)
        if (s.message.is_response()) statuses.push_back(s.message.status());
    CHECK(statuses == std::vector<int>{100, 504});  // 100: RFC 4320 4.1
    CHECK(stage.noted("pcscf.entry_point.unreachable"));
    stage.advance(40s);
    CHECK(stage.node().idle());
}

TEST_CASE("an entry point that answers 480 or nothing is passed over for the next", "[TS24.229-5.2.2.1]") {
    auto config = Stage::lab();
    config.entry_points = {"sip:127.0.1.20:4060", "sip:127.0.1.21:4060"};
    Stage stage{config};
    stage.receive(stage.a_register(), alice_at);
    const auto first = stage.request("REGISTER");
    CHECK(first.to == icscf_at);
    stage.receive(stage.answer(first.message, 480), icscf_at);
    const auto second = stage.request("REGISTER");
    CHECK(second.to == *IpEndpoint::parse("127.0.1.21:4060"));
    CHECK(second.message.get<h::Path>()->uri == first.message.get<h::Path>()->uri);
    stage.receive(stage.answer(second.message, 200, Stage::accepted()), second.to);
    (void)stage.response(200);
    CHECK(stage.node().is_registered(Impu{"tel:+1555"}));
}

TEST_CASE("a silent entry point costs time, not the registration", "[TS24.229-5.2.2.1]") {
    auto config = Stage::lab();
    config.entry_points = {"sip:127.0.1.20:4060", "sip:127.0.1.21:4060"};
    Stage stage{config};
    stage.receive(stage.a_register(), alice_at);
    const auto first = stage.request("REGISTER");
    stage.advance(14500ms);
    const auto second = stage.sent.back();
    CHECK(second.to == *IpEndpoint::parse("127.0.1.21:4060"));
    stage.sent.clear();
    stage.receive(stage.answer(second.message, 200, Stage::accepted()), second.to);
    CHECK(stage.response(200).to == alice_at);
}

TEST_CASE("where security is required a REGISTER without an agreement is 421, with only Supported 494",
          "[RFC3329-2.3.2]") {
    auto config = Stage::lab();
    config.security = Security::Required;
    Stage stage{config};
    stage.receive(stage.a_register(), alice_at);
    CHECK(stage.response(421).message.has_option(sip::HeaderId::Require, "sec-agree"));
    stage.receive(stage.a_register(alice_at, {"Supported: sec-agree"}), alice_at);
    CHECK(stage.response(494).to == alice_at);
    CHECK(stage.noted("pcscf.registration.refused"));
}

TEST_CASE("what belongs to the security agreement does not leave the access", "[TS24.229-A.2.2]") {
    Stage stage;
    stage.receive(
        stage.a_register(
            alice_at,
            {"Security-Client: ipsec-3gpp; alg=hmac-sha-1-96; spi-c=1; spi-s=2; port-c=5062; port-s=5064",
             "Require: sec-agree", "Proxy-Require: sec-agree", "Supported: path, sec-agree"}),
        alice_at);
    const auto out = stage.request("REGISTER").message;
    CHECK_FALSE(out.has<h::SecurityClient>());
    CHECK_FALSE(out.has<h::ProxyRequire>());
    CHECK_FALSE(out.has_option(sip::HeaderId::Require, "sec-agree"));
    CHECK(out.has_option(sip::HeaderId::Supported, "path"));
}

TEST_CASE("an emergency registration is refused cleanly", "[TS24.229-5.2.10]") {
    Stage stage;
    auto text = stage.a_register();
    const std::string contact = "<sip:alice@127.0.0.2:40000>";
    text.replace(text.find(contact), contact.size(), "<sip:alice@127.0.0.2:40000;sos>");
    stage.receive(text, alice_at);
    CHECK(stage.response(403).to == alice_at);
    CHECK(stage.silent());
}

TEST_CASE("a refusal of the home network goes to the UE and leaves nothing", "[TS24.229-5.2.2]") {
    Stage stage;
    stage.receive(stage.a_register(), alice_at);
    const auto out = stage.request("REGISTER");
    stage.receive(stage.answer(out.message, 403), icscf_at);
    CHECK(stage.response(403).to == alice_at);
    CHECK(stage.node().bindings() == 0);
    CHECK(stage.noted("pcscf.registration.rejected"));
}

TEST_CASE("a core that is overloaded is told to the UE as it was told to us: 503 with Retry-After",
          "[TS24.229-5.1.1.2.1][RFC3261-16.7]") {
    Stage stage;
    stage.receive(stage.a_register(), alice_at);
    stage.receive(stage.answer(stage.request("REGISTER").message, 503, {"Retry-After: 5"}), icscf_at);
    CHECK(stage.response(503).message.raw(sip::HeaderId::RetryAfter) == "5");
    // Without Retry-After it is no more than a failure.
    stage.receive(stage.a_register(), alice_at);
    stage.receive(stage.answer(stage.request("REGISTER").message, 503), icscf_at);
    CHECK_FALSE(stage.response(500).message.has<h::RetryAfter>());
}

TEST_CASE("an entry point that is overloaded is passed over for the next", "[RFC3263-4.3]") {
    auto config = Stage::lab();
    config.entry_points = {"sip:ims.mnc001.mcc001.3gppnetwork.org", "sip:second.example"};
    Stage stage{config};
    stage.receive(stage.a_register(), alice_at);
    stage.receive(stage.answer(stage.request("REGISTER").message, 503, {"Retry-After: 5"}), icscf_at);
    const auto second = stage.request("REGISTER");
    CHECK(second.to.text() == "127.0.1.21:4060");
    stage.receive(stage.answer(second.message, 503, {"Retry-After: 7"}), second.to);
    CHECK(stage.response(503).message.raw(sip::HeaderId::RetryAfter) == "7");
}

TEST_CASE("while draining a new registration is 503 with Retry-After", "[RFC3261-21.5.4]") {
    Stage stage;
    Effects out;
    stage.node().drain(stage.now, out);
    stage.receive(stage.a_register(), alice_at);
    CHECK(stage.response(503).message.has<h::RetryAfter>());
}

TEST_CASE("where the policy is so a UE learns only of its default identity", "[TS24.229-5.2.2.1]") {
    auto config = Stage::lab();
    config.forward_only_default_impu = true;
    Stage stage{config};
    stage.receive(stage.a_register(), alice_at);
    stage.receive(stage.answer(stage.request("REGISTER").message, 200, Stage::accepted()), icscf_at);
    CHECK(stage.response(200).message.raw_all(sip::HeaderId::PAssociatedUri) ==
          std::vector<std::string_view>{"\"Alice\" <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>"});
    CHECK(stage.node().is_registered(Impu{"tel:+1555"}));  // it is registered all the same
}

TEST_CASE("a P-CSCF out of service sends every REGISTER elsewhere", "[TS24.229-5.2.2.7]") {
    auto config = Stage::lab();
    config.accept_registrations = false;
    Stage stage{config};
    stage.receive(stage.a_register(), alice_at);
    const auto elsewhere = stage.response(305);
    CHECK(elsewhere.to == alice_at);
    CHECK_FALSE(elsewhere.message.has<h::Contact>());
    CHECK(stage.silent());
}

TEST_CASE("a registration that ends takes its calls along without a word", "[TS24.229-5.2.8.1.4]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("INVITE", path), scscf_at);
    (void)stage.response(100);
    const auto invite = stage.request("INVITE");
    stage.receive(stage.answer(invite.message, 200, {"Contact: <sip:alice@127.0.0.2:40000>"}, "al"),
                  alice_at);
    (void)stage.response(200);
    stage.advance(3631s);
    CHECK(stage.node().dialogs() == 1);  // its last requests may be on their way
    stage.advance(129s);
    CHECK(stage.node().dialogs() == 0);
    CHECK(stage.node().bindings() == 0);
    CHECK(stage.silent());
}
