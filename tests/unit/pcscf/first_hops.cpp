// UEs whose first hop is TLS or a WebSocket: SIP Digest, flows that are connections, and whose they are
// (24.229 5.2.2.4, TS 33.203 annex O, RFC 7118, RFC 5626).
#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;
using sip::HeaderId;
using sip::Transport;

namespace {

const auto tls_at = *IpEndpoint::parse("127.0.1.10:5061");
const auto ws_at = *IpEndpoint::parse("127.0.1.10:8088");
const auto wss_at = *IpEndpoint::parse("127.0.1.10:8089");
const auto ephemeral = *IpEndpoint::parse("127.0.0.2:51234");

IpEndpoint listening(Transport t) {
    return t == Transport::Tls ? tls_at : t == Transport::Ws ? ws_at : wss_at;
}
sip::Flow flow_on(Transport t, std::uint64_t connection = 5, const IpEndpoint& remote = ephemeral) {
    return {t, listening(t), remote, connection};
}

Stage a_stage(Security security = Security::Required) {
    auto c = Stage::lab();
    c.security = security;
    return Stage{c, {{Transport::Tls, tls_at}, {Transport::Ws, ws_at}, {Transport::Wss, wss_at}}};
}

const std::string impi = "001010000000001@ims.mnc001.mcc001.3gppnetwork.org";
const std::string page = "<sip:8r3k2p@7d8d9e0f.invalid;transport=ws>";
const std::string flow_params = ";reg-id=1;+sip.instance=\"<urn:uuid:1>\"";
const std::string challenge =
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"";

std::string answered(const std::string& who = impi, const std::string& algorithm = "SHA-256") {
    return "Digest username=\"" + who +
           "\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", response=\"0123\", algorithm=" + algorithm;
}

void replace(std::string& text, const std::string& what, const std::string& with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    text.replace(at, what.size(), with);
}

// As a page writes it: neither Via nor Contact say where it is (RFC 7118 5, B.1).
std::string as_page_writes(std::string text, Transport t, const std::string& contact = page) {
    const auto via = text.find("SIP/2.0/UDP ");
    REQUIRE(via != std::string::npos);
    text.replace(via, text.find(';', via) - via,
                 "SIP/2.0/" + std::string{sip::transport_text(t)} + " 7d8d9e0f.invalid");
    replace(text, "<sip:alice@127.0.0.2:40000>", contact);
    return text;
}

std::string a_register(Stage& stage, Transport t, const std::string& authorization = {},
                       const std::vector<std::string>& more = {},
                       const std::string& contact = page + flow_params, const std::string& expires = "3600") {
    auto lines = more;
    lines.emplace_back("Supported: path, gruu, outbound");
    return as_page_writes(stage.a_register(ephemeral, lines, expires, authorization), t, contact);
}

std::vector<std::string> accepted(const std::string& contact, const std::string& expires = "3600") {
    auto lines = Stage::accepted();
    lines.front() = "Contact: " + contact + ";expires=" + expires;
    if (contact.find("reg-id") != std::string::npos) lines.emplace_back("Require: outbound");
    return lines;
}

std::string mark(const Sent& forwarded) {
    const auto authorization = forwarded.message.get<h::Authorization>();
    if (!authorization) return "no Authorization";
    return std::string{authorization->params.get("integrity-protected").value_or("absent")};
}

// Registers by digest on a connection; returns the Path URI.
std::string registers(Stage& stage, Transport t, std::uint64_t connection = 5,
                      const std::string& contact = page + flow_params) {
    const auto flow = flow_on(t, connection);
    stage.receive(a_register(stage, t, {}, {}, contact), flow);
    const auto first = stage.request("REGISTER");
    CHECK(mark(first) == "no Authorization");
    stage.receive(stage.answer(first.message, 401, {challenge}), icscf_at);
    CHECK(stage.response(401).transport == t);
    stage.receive(a_register(stage, t, answered(), {}, contact), flow);
    const auto second = stage.request("REGISTER");
    CHECK(mark(second) == (t != Transport::Ws ? "tls-pending" : "ip-assoc-pending"));
    stage.receive(stage.answer(second.message, 200, accepted(contact)), icscf_at);
    const auto ok = stage.response(200);
    CHECK(ok.over_flow);
    CHECK(ok.transport == t);
    CHECK_FALSE(ok.message.has(HeaderId::SecurityServer));
    return second.message.get<h::Path>()->uri.text();
}

std::string agreed(const std::string& verify = "tls;q=0.1", const std::string& client = "tls") {
    return "Security-Client: " + client + "\r\nSecurity-Verify: " + verify +
           "\r\nRequire: sec-agree\r\nProxy-Require: sec-agree";
}

}  // namespace

TEST_CASE("TLS satisfies the policy that security is required, a WebSocket in clear does not",
          "[TS33.203-O.2.3][TS24.229-5.2.2.4]") {
    auto stage = a_stage();
    const auto t = GENERATE(Transport::Tls, Transport::Wss);
    (void)registers(stage, t);
    CHECK(stage.node().is_registered(Impu{"tel:+1555"}));

    // The connection is hers from now on: that is what the registrar is told.
    stage.receive(a_register(stage, t, answered()), flow_on(t));
    CHECK(mark(stage.request("REGISTER")) == "tls-yes");
    // Another one of the same address is not.
    stage.receive(a_register(stage, t, answered()), flow_on(t, 6));
    CHECK(mark(stage.request("REGISTER")) == "tls-pending");

    stage.receive(a_register(stage, Transport::Ws), flow_on(Transport::Ws, 7));
    const auto refused = stage.response(421).message;
    CHECK(refused.raw(HeaderId::SecurityServer) == "tls;q=0.1");
    CHECK(refused.has_option(HeaderId::Require, "sec-agree"));
}

TEST_CASE("a mark of the UE's own making is replaced on TLS too", "[TS24.229-5.2.2.4]") {
    auto stage = a_stage();
    stage.receive(a_register(stage, Transport::Tls, answered() + ", integrity-protected=\"tls-yes\""),
                  flow_on(Transport::Tls));
    CHECK(mark(stage.request("REGISTER")) == "tls-pending");
}

TEST_CASE("IMS-AKA over TLS is told the registrar as what it is", "[TS24.229-7.2A.2]") {
    auto stage = a_stage();
    const auto [algorithm, expected] = GENERATE(table<std::string, std::string>(
        {{"AKAv2-SHA-256", "tls-connected"}, {"AKAv1-MD5", "no"}, {"MD5", "tls-pending"}}));
    stage.receive(a_register(stage, Transport::Tls, answered(impi, algorithm)), flow_on(Transport::Tls));
    CHECK(mark(stage.request("REGISTER")) == expected);
}

TEST_CASE("TLS is agreed on in clear, and the challenge answered on it", "[RFC3329][TS33.203-O.2.2]") {
    auto stage = a_stage();
    const auto asks = stage.a_register(
        alice_at, {"Security-Client: tls", "Require: sec-agree", "Proxy-Require: sec-agree"}, "3600", {});
    stage.receive(asks, alice_at);
    const auto first = stage.request("REGISTER");
    CHECK_FALSE(first.message.has(HeaderId::SecurityClient));
    CHECK_FALSE(first.message.has_option(HeaderId::Require, "sec-agree"));
    stage.receive(stage.answer(first.message, 401, {challenge}), icscf_at);
    const auto unauthorized = stage.response(401);
    CHECK(unauthorized.transport == Transport::Udp);
    CHECK(unauthorized.message.raw(HeaderId::SecurityServer) == "tls;q=0.1");

    const auto answers = [&](const std::string& with) {
        auto text = stage.a_register(ephemeral, {with}, "3600", answered());
        replace(text, "SIP/2.0/UDP", "SIP/2.0/TLS");
        stage.receive(text, flow_on(Transport::Tls));
    };
    SECTION("with the lists as they were") {
        answers(agreed());
        const auto second = stage.request("REGISTER");
        CHECK(mark(second) == "tls-pending");
        CHECK_FALSE(second.message.has(HeaderId::SecurityVerify));
        // The same Path as of the challenged one (5.2.2.1 step 1).
        CHECK(second.message.raw(HeaderId::Path) == first.message.raw(HeaderId::Path));
        stage.receive(stage.answer(second.message, 200, Stage::accepted()), icscf_at);
        CHECK(stage.response(200).transport == Transport::Tls);
        // From now on she is known by it alone.
        stage.receive(stage.from_alice("MESSAGE"), alice_at);
        CHECK(stage.silent());
        CHECK(stage.noted("pcscf.request.discarded"));
        stage.receive(stage.from_alice("MESSAGE"), flow_on(Transport::Tls));
        CHECK(stage.request("MESSAGE").to == scscf_at);
    }
    SECTION("not if somebody changed Security-Server") {
        answers(agreed("ipsec-3gpp;q=0.1;alg=null"));
        CHECK(stage.response(494).message.raw(HeaderId::SecurityServer) == "tls;q=0.1");
    }
    SECTION("not if somebody changed Security-Client") {
        answers(agreed("tls;q=0.1", "tls, tls"));
        (void)stage.response(494);
    }
    SECTION("not without Security-Verify") {
        answers("Security-Client: tls");
        (void)stage.response(421);
    }
    SECTION("not in clear") {
        stage.receive(stage.a_register(alice_at, {agreed()}, "3600", answered()), alice_at);
        CHECK(stage.silent());
        CHECK(stage.last("pcscf.request.discarded").field("reason") ==
              "the challenge is answered outside TLS");
    }
}

TEST_CASE("a connection is one user's", "[TS24.229-5.2.2.4][TS33.203-O.2.2]") {
    const auto t = GENERATE(Transport::Tls, Transport::Ws, Transport::Wss);
    auto stage = a_stage(Security::Off);
    (void)registers(stage, t);
    const auto carol = [&] {
        stage.receive(a_register(stage, t, answered("carol@ims.example")), flow_on(t));
    };
    carol();
    CHECK(stage.response(403).transport == t);
    CHECK(stage.last("pcscf.registration.refused").field("reason") == "the connection is another user's");
    CHECK(stage.node().is_registered(Impu{"tel:+1555"}));

    SECTION("what another identity is claimed for on it, is asserted to be hers") {
        stage.receive(
            as_page_writes(stage.from_alice("MESSAGE", {"P-Preferred-Identity: <sip:+1666@ims.example>"}), t),
            flow_on(t));
        CHECK(stage.request("MESSAGE").message.raw(HeaderId::PAssertedIdentity) ==
              "\"Alice\" <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>");
    }
    SECTION("what comes on another, or in clear from the same address, is not of her") {
        stage.receive(as_page_writes(stage.from_alice("MESSAGE"), t), flow_on(t, 6));
        CHECK(stage.silent());
        stage.receive(stage.from_alice("MESSAGE"), ephemeral);
        CHECK(stage.silent());
    }
    SECTION("nor is it of the core, where a Route leads") {
        stage.receive(stage.for_alice("MESSAGE", "sip:token@127.0.1.10:5060"), flow_on(t, 6));
        if (t != Transport::Tls) CHECK(stage.silent());
    }
    SECTION("until she leaves") {
        stage.receive(a_register(stage, t, answered(), {}, page + flow_params, "0"), flow_on(t));
        const auto leaves = stage.request("REGISTER");
        stage.receive(stage.answer(leaves.message, 200, accepted(page + flow_params, "0")), icscf_at);
        (void)stage.response(200);
        carol();
        CHECK(stage.request("REGISTER").message.get<h::Authorization>()->params.get("username") ==
              "carol@ims.example");
    }
}

TEST_CASE("a page is called on its WebSocket, or it is 430", "[RFC7118-5][RFC5626-5.3.1]") {
    const auto t = GENERATE(Transport::Ws, Transport::Wss);
    const bool outbound = GENERATE(true, false);
    CAPTURE(sip::transport_text(t), outbound);
    auto stage = a_stage(Security::Off);
    const auto contact = outbound ? page + flow_params : page;
    const auto path = registers(stage, t, 5, contact);
    CHECK((path.find(";ob") != std::string::npos) == outbound);

    stage.receive(stage.for_alice("INVITE", path), scscf_at);
    (void)stage.response(100);
    const auto invite = stage.request("INVITE");
    CHECK(invite.over_flow);
    CHECK(invite.transport == t);
    CHECK(invite.to == ephemeral);
    CHECK(invite.message.top_via().transport == sip::transport_text(t));
    // RFC 7118 5.2: a URI knows ws only.
    const auto own = invite.message.get<h::RecordRoute>()->uri;
    CHECK(own.params.get("transport") == "ws");
    CHECK(own.port == listening(t).port);
    stage.receive(stage.answer(invite.message, 200, {"Contact: " + page}, "al"), flow_on(t));
    // The core reaches us as always.
    const auto seen_by_core = stage.response(200).message.get<h::RecordRoute>()->uri;
    CHECK_FALSE(seen_by_core.params.has("transport"));
    CHECK(seen_by_core.port == pcscf_at.port);

    const auto gone = [&] {
        stage.receive(stage.for_alice("MESSAGE", path), scscf_at);
        CHECK(stage.response(430).to == scscf_at);
        stage.receive(stage.for_alice("BYE", seen_by_core.text(), {}, "al"), scscf_at);
        CHECK(stage.response(430).to == scscf_at);
        CHECK(stage.silent());
        CHECK(stage.noted("pcscf.flow.gone"));
    };
    SECTION("the requests of the dialog take it too, in both directions") {
        stage.receive(stage.for_alice("BYE", seen_by_core.text(), {}, "al"), scscf_at);
        const auto bye = stage.request("BYE");
        CHECK(bye.over_flow);
        CHECK(bye.transport == t);
    }
    SECTION("when it closes") {
        stage.event(sip::FlowClosed{flow_on(t)});
        CHECK(stage.noted("pcscf.flow.closed"));
        gone();
    }
    SECTION("when the P-CSCF starts anew, which no connection outlives") {
        stage.restart();
        gone();
    }
    SECTION("when it turns out dead") {
        stage.receive(stage.for_alice("MESSAGE", path), scscf_at);
        const auto lost = stage.request("MESSAGE");
        stage.event(sip::TransportFailed{lost.id, "broken pipe"});
        CHECK(stage.response(430).to == scscf_at);
        CHECK(stage.silent());
    }
    SECTION("when it comes back on a new one, the dialog goes on there") {
        stage.event(sip::FlowClosed{flow_on(t)});
        const auto again = registers(stage, t, 9, contact);
        CHECK(stage.node().bindings() == 1);
        // As an outbound flow it keeps its Path: the registrar ends no session (24.229 5.4.1.2.2 step 6).
        CHECK((again == path) == outbound);
        stage.receive(stage.for_alice("BYE", seen_by_core.text(), {}, "al"), scscf_at);
        const auto bye = stage.request("BYE");
        CHECK(bye.over_flow);
        CHECK(bye.transport == t);
    }
}

TEST_CASE("a page learns how often to show that it is there", "[RFC5626-5.4]") {
    auto stage = a_stage(Security::Off);
    const auto t = Transport::Ws;
    stage.receive(a_register(stage, t, answered()), flow_on(t));
    const auto forwarded = stage.request("REGISTER");
    stage.receive(stage.answer(forwarded.message, 200, accepted(page + flow_params)), icscf_at);
    CHECK(stage.response(200).message.raw(HeaderId::FlowTimer) == "120");
}
