// SIP digest without TLS (24.229 5.2.2.3): an address and port that answered a challenge is an IP
// association.
#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;

namespace {

const std::string challenge = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5";

std::string answered(const std::string& impi = "001010000000001@ims.mnc001.mcc001.3gppnetwork.org") {
    return "Digest username=\"" + impi +
           "\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", response=\"0123\", algorithm=MD5";
}

std::string mark(const Sent& forwarded) {
    const auto authorization = forwarded.message.get<h::Authorization>();
    REQUIRE(authorization.has_value());
    return std::string{authorization->params.get("integrity-protected").value_or("absent")};
}

Sent sends(Stage& stage, const std::string& authorization = answered()) {
    stage.receive(stage.a_register(alice_at, {}, "3600", authorization), alice_at);
    return stage.request("REGISTER");
}

// Registers by digest; returns the Path URI.
std::string register_by_digest(Stage& stage) {
    stage.receive(stage.a_register(alice_at, {}, "3600", ""), alice_at);
    const auto first = stage.request("REGISTER");
    stage.receive(stage.answer(first.message, 401, {challenge}), icscf_at);
    (void)stage.response(401);
    const auto second = sends(stage);
    CHECK(mark(second) == "ip-assoc-pending");
    stage.receive(stage.answer(second.message, 200, Stage::accepted()), icscf_at);
    (void)stage.response(200);
    return second.message.get<h::Path>()->uri.text();
}

}  // namespace

TEST_CASE("an address and port that answered a challenge is vouched for from then on", "[TS24.229-5.2.2.3]") {
    Stage stage;
    register_by_digest(stage);
    SECTION("in a refresh") {}
    SECTION("also while it is challenged again") {
        const auto refresh = sends(stage);
        stage.receive(stage.answer(refresh.message, 401, {challenge}), icscf_at);
        (void)stage.response(401);
    }
    SECTION("and after a restart") {
        stage.restart();
    }
    CHECK(mark(sends(stage)) == "ip-assoc-yes");
}

TEST_CASE("another port of the same address is not vouched for", "[TS24.229-5.2.2.3]") {
    Stage stage;
    register_by_digest(stage);
    const auto other_port = *IpEndpoint::parse("127.0.0.2:40002");
    stage.receive(stage.a_register(other_port, {}, "3600", answered()), other_port);
    CHECK(mark(stage.request("REGISTER")) == "ip-assoc-pending");
}

TEST_CASE("IMS-AKA in clear makes no IP association", "[TS24.229-5.2.2.3]") {
    Stage stage;
    stage.register_alice();
    CHECK(mark(sends(stage)) == "ip-assoc-pending");
}

TEST_CASE("a 500 or 504 to a REGISTER ends the IP association and what stood on it", "[TS24.229-5.2.2.3]") {
    Stage stage;
    const auto path = register_by_digest(stage);
    stage.receive(stage.for_alice("INVITE", path), scscf_at);
    (void)stage.response(100);
    const auto invite = stage.request("INVITE");
    stage.receive(stage.answer(invite.message, 200, {"Contact: <sip:alice@127.0.0.2:40000>"}, "al"),
                  alice_at);
    (void)stage.response(200);
    const int status = GENERATE(500, 504);
    const auto refresh = sends(stage);
    stage.receive(stage.answer(refresh.message, status), icscf_at);
    CHECK(stage.response(status).to == alice_at);
    CHECK(stage.noted("pcscf.association.ended"));
    CHECK(stage.node().bindings() == 0);
    CHECK(stage.node().dialogs() == 0);
    CHECK(stage.silent());  // 5.2.8.1.4: without a word
    stage.receive(stage.from_alice("MESSAGE"), alice_at);
    CHECK(stage.silent());
    CHECK(mark(sends(stage)) == "ip-assoc-pending");
}

TEST_CASE("other refusals of a REGISTER leave the IP association", "[TS24.229-5.2.2.3]") {
    Stage stage;
    register_by_digest(stage);
    const auto refresh = sends(stage);
    stage.receive(stage.answer(refresh.message, 423), icscf_at);
    (void)stage.response(423);
    CHECK(mark(sends(stage)) == "ip-assoc-yes");
}

TEST_CASE("who authenticates at an address and port takes it over from another user", "[TS24.229-5.2.2.3]") {
    Stage stage;
    register_by_digest(stage);
    const auto carol = sends(stage, answered("carol@ims.example"));
    CHECK(mark(carol) == "ip-assoc-pending");
    auto lines = Stage::accepted();
    lines[2] = lines[3] = lines[4] = "P-Associated-URI: <sip:carol@ims.example>";
    stage.receive(stage.answer(carol.message, 200, lines), icscf_at);
    (void)stage.response(200);
    CHECK(stage.noted("pcscf.association.overwritten"));
    CHECK(stage.node().bindings() == 1);
    CHECK_FALSE(stage.node().is_registered(Impu{"tel:+1555"}));
    CHECK(stage.node().is_registered(Impu{"sip:carol@ims.example"}));
}
