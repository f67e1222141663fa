#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;

TEST_CASE("registrations, dialogs and expiry survive a restart", "[TS24.229-5.2]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("INVITE", path), scscf_at);
    (void)stage.response(100);
    const auto out = stage.request("INVITE");
    const auto own = std::string{out.message.raw_all(sip::HeaderId::RecordRoute)[0]};
    stage.receive(stage.answer(out.message, 200,
                               {"Contact: <sip:alice@127.0.0.2:40000>", "Record-Route: " + own}, "alice-tag"),
                  alice_at);
    (void)stage.response(200);

    stage.restart();
    CHECK(stage.node().is_registered(Impu{"tel:+1555"}));
    CHECK(stage.node().dialogs() == 1);
    stage.receive(stage.for_alice("BYE", sip::NameAddr::parse(own)->uri.text(), {}, "alice-tag"), scscf_at);
    CHECK(stage.request("BYE").to == alice_at);
    stage.receive(stage.for_alice("MESSAGE", path), scscf_at);
    CHECK(stage.request("MESSAGE").to == alice_at);
    stage.sent.clear();
    stage.advance(3631s);
    CHECK_FALSE(stage.node().is_registered(Impu{"tel:+1555"}));
}

TEST_CASE("a restart between challenge and answer is not noticed", "[TS24.229-5.2.2.2]") {
    Stage stage;
    stage.receive(stage.a_register(), alice_at);
    const auto first = stage.request("REGISTER");
    stage.receive(stage.answer(first.message, 401,
                               {"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5, "
                                "ck=\"0011\", ik=\"2233\""}),
                  icscf_at);
    (void)stage.response(401);
    CHECK(stage.node().save(stage.now).find("0011") == std::string::npos);
    stage.restart();
    stage.receive(stage.a_register(), alice_at);
    CHECK(stage.request("REGISTER").message.get<h::Path>()->uri == first.message.get<h::Path>()->uri);
}

TEST_CASE("a state that is not ours is refused and changes nothing", "[TS24.229-5.2]") {
    Stage stage;
    stage.register_alice();
    const auto saved = ims::test::heading(stage.node()) + stage.node().save(stage.now);
    std::string why;
    const auto taken = [&](const std::string& file) {
        Stage other;
        const bool ok = ims::test::restore(other.node(), file, other.now, why);
        CHECK(other.node().bindings() == (ok ? 1 : 0));
        return ok;
    };
    CHECK(taken(saved));
    CHECK_FALSE(taken(saved + "binding x {}\n"));
    CHECK(why.find("'service_route' not found") != std::string::npos);
    CHECK_FALSE(taken(saved + "binding x {\n"));
    CHECK_FALSE(taken(saved + "flock x {}\n"));
    CHECK(why == "a P-CSCF knows no flock");
    CHECK_FALSE(taken("#scscf 3\n"));
    CHECK(why == "line 1: the state of scscf 3, not of pcscf 3");
}

TEST_CASE("a dialog whose INVITE died with the process does not stay for ever", "[TS24.229-5.2.6]") {
    Stage stage;
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("INVITE", path), scscf_at);
    (void)stage.response(100);
    const auto invite = stage.request("INVITE");
    stage.receive(stage.answer(invite.message, 180, {"Contact: <sip:alice@127.0.0.2:40000>"}, "al"),
                  alice_at);
    (void)stage.response(180);
    stage.restart();
    const auto own = invite.message.get<h::RecordRoute>()->uri.text();
    stage.advance(180s);
    stage.sent.clear();
    stage.receive(stage.for_alice("BYE", own, {}, "al"), scscf_at);  // the caller gives up by himself
    CHECK(stage.request("BYE").to == alice_at);
    stage.sent.clear();
    stage.advance(200s);
    CHECK(stage.node().dialogs() == 0);
}
