#include "tests/unit/pcscf/stage.hpp"

using namespace ims;
using namespace ims::pcscf;
using namespace ims::pcscf::test;
namespace h = ims::sip::h;
using sip::HeaderId;

namespace {

using Private = UserPolicy::PrivateNetwork;

Config with(const UserPolicy& policy) {
    auto config = Stage::lab();
    config.policies.emplace(Impu{"tel:+1555"}, policy);  // one of those that Alice registers
    return config;
}
const UserPolicy privileged{.private_network = {}, .private_domain = {}, .privileged_sender = true};
UserPolicy is_private(Private how) {
    return {.private_network = how, .private_domain = "pbx.example", .privileged_sender = false};
}

sip::Message sends(Stage& stage, const std::vector<std::string>& lines) {
    stage.receive(stage.from_alice("MESSAGE", lines), alice_at);
    return stage.request("MESSAGE").message;
}

const std::string president = "<sip:president@pbx.example>";

}  // namespace

TEST_CASE("a privileged sender says who calls, the P-CSCF whom it serves", "[TS24.229-5.2.6.3.3]") {
    Stage stage{with(privileged)};
    stage.register_alice();
    const auto asserted = sends(stage, {"P-Asserted-Identity: " + president,
                                        "P-Preferred-Identity: <tel:+1555>", "Feature-Caps: *;+g.3gpp.trf"});
    CHECK(asserted.raw(HeaderId::PAssertedIdentity) == president);
    CHECK(asserted.raw(HeaderId::PServedUser) == "<tel:+1555>;sescase=orig;regstate=reg");
    CHECK_FALSE(asserted.has<h::PPreferredIdentity>());
    CHECK(asserted.has<h::FeatureCaps>());
    // Without an assertion of its own it is as everybody else.
    const auto silent = sends(stage, {});
    CHECK(silent.raw(HeaderId::PAssertedIdentity) ==
          "\"Alice\" <sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>");
    CHECK(silent.raw(HeaderId::PServedUser) ==
          "<sip:+1555@ims.mnc001.mcc001.3gppnetwork.org>;sescase=orig;regstate=reg");
}

TEST_CASE("a privileged sender says who answers", "[TS24.229-5.2.6.4.4]") {
    Stage stage{with(privileged)};
    const auto path = stage.register_alice();
    stage.receive(stage.for_alice("INVITE", path), scscf_at);
    (void)stage.response(100);
    stage.receive(stage.answer(stage.request("INVITE").message, 200,
                               {"P-Asserted-Identity: " + president, "Contact: <sip:alice@127.0.0.2:40000>"}),
                  alice_at);
    CHECK(stage.response(200).message.raw(HeaderId::PAssertedIdentity) == president);
}

TEST_CASE("private network traffic is what the policy lets a user say", "[TS24.229-5.2.6.3.3]") {
    const auto said = [](Private how, const std::vector<std::string>& lines) {
        Stage stage{with(is_private(how))};
        stage.register_alice();
        return std::string{sends(stage, lines).raw(HeaderId::PPrivateNetworkIndication).value_or("nothing")};
    };
    const std::vector<std::string> own{"P-Private-Network-Indication: PBX.example"};
    const std::vector<std::string> foreign{"P-Private-Network-Indication: other.example"};
    CHECK(said(Private::Forward, own) == "PBX.example");
    CHECK(said(Private::Forward, foreign) == "nothing");
    CHECK(said(Private::Forward, {}) == "nothing");
    CHECK(said(Private::Insert, {}) == "pbx.example");
    CHECK(said(Private::Insert, foreign) == "pbx.example");
    CHECK(said(Private::None, own) == "nothing");
}

TEST_CASE("a user who is not always private is told what is private traffic", "[TS24.229-5.2.6.4.3]") {
    const auto told = [](Private how) {
        Stage stage{with(is_private(how))};
        const auto path = stage.register_alice();
        stage.receive(stage.for_alice("MESSAGE", path, {"P-Private-Network-Indication: pbx.example"}),
                      scscf_at);
        return stage.request("MESSAGE").message.has<h::PPrivateNetworkIndication>();
    };
    CHECK(told(Private::Forward));
    CHECK_FALSE(told(Private::Insert));
    CHECK_FALSE(told(Private::None));
}
