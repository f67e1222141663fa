#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;
using sip::HeaderId;

namespace {

Config restoring() {
    auto config = Stage::lab();
    config.scscf_restoration = true;
    return config;
}

// Lets the next hop be silent; the answer that the UE gets in time.
sip::Message answer_after_silence(Stage& stage) {
    stage.advance(31s);  // timers B and F of the UE end at 32 s
    std::optional<sip::Message> last;
    for (const auto& sent : stage.sent)
        if (sent.message.is_response()) {
            CHECK(sent.to == alice_at);
            last = sent.message;
        }
    REQUIRE(last);
    return *last;
}

bool orders_to_register(const sip::Message& m, const std::string& path) {
    const auto asserted = m.get<h::PAssertedIdentity>();
    return m.status() == 504 && asserted && asserted->uri.text() == path &&
           m.raw(HeaderId::ContentType) == "application/3gpp-ims+xml" &&
           m.body().find("<ims-3gpp version=\"1\">") != std::string_view::npos &&
           m.body().find("<type>restoration</type>") != std::string_view::npos &&
           m.body().find("<action>initial-registration</action>") != std::string_view::npos;
}

}  // namespace

TEST_CASE("a UE whose S-CSCF is silent is told to register anew", "[TS24.229-5.2.6.3.2A]") {
    Stage stage{restoring()};
    const auto path = stage.register_alice();
    const std::string method = GENERATE(as<std::string>{}, "INVITE", "MESSAGE");
    stage.receive(stage.from_alice(method), alice_at);
    if (method == "INVITE") (void)stage.response(100);
    CHECK(orders_to_register(answer_after_silence(stage), path));
}

TEST_CASE("a UE whose S-CSCF cannot be reached is told so at once", "[TS24.229-5.2.6.3.2A]") {
    Stage stage{restoring()};
    const auto path = stage.register_alice();
    stage.receive(stage.from_alice("MESSAGE"), alice_at);
    stage.event(sip::TransportFailed{stage.request("MESSAGE").id, "port unreachable"});
    REQUIRE_FALSE(stage.silent());
    CHECK(orders_to_register(stage.sent.front().message, path));
}

TEST_CASE("what the S-CSCF itself answers goes to the UE as it is", "[TS24.229-5.2.6.3.2A]") {
    Stage stage{restoring()};
    stage.register_alice();
    stage.receive(stage.from_alice("MESSAGE"), alice_at);
    stage.receive(stage.answer(stage.request("MESSAGE").message, 504), scscf_at);
    CHECK(stage.response(504).message.body().empty());
}

TEST_CASE("a callee who rings for too long is no sign of a lost S-CSCF", "[TS24.229-5.2.6.3.2A]") {
    Stage stage{restoring()};
    stage.register_alice();
    stage.receive(stage.from_alice("INVITE"), alice_at);
    (void)stage.response(100);
    const auto invite = stage.request("INVITE");
    stage.receive(stage.answer(invite.message, 180), scscf_at);
    (void)stage.response(180);
    stage.advance(400s);  // timer C, and a CANCEL that nobody answers
    REQUIRE_FALSE(stage.silent());
    CHECK(stage.sent.back().message.status() == 408);
    CHECK(stage.sent.back().message.body().empty());
}

TEST_CASE("without restoration silence is a plain 408 or 504", "[RFC3261-16.8]") {
    Stage stage;
    stage.register_alice();
    stage.receive(stage.from_alice("INVITE"), alice_at);
    (void)stage.response(100);
    const auto refused = answer_after_silence(stage);
    CHECK(refused.status() == 408);
    CHECK(refused.body().empty());
}
