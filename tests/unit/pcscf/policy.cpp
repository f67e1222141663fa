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
const UserPolicy privileged = [] {
    UserPolicy p;
    p.privileged_sender = true;
    return p;
}();
UserPolicy is_private(Private how) {
    UserPolicy p;
    p.private_network = how;
    p.private_domain = "pbx.example";
    return p;
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

TEST_CASE("who is privileged in a private network is so for its traffic only", "[TS24.229-7.10.3]") {
    const auto asserted = [](Private how, const std::vector<std::string>& lines) {
        auto policy = is_private(how);
        policy.privileged_in_private = true;
        Stage stage{with(policy)};
        stage.register_alice();
        auto all = lines;
        all.push_back("P-Asserted-Identity: " + president);
        return sends(stage, all).raw(HeaderId::PAssertedIdentity) == president;
    };
    const std::string own = "P-Private-Network-Indication: pbx.example";
    CHECK(asserted(Private::Forward, {own}));
    CHECK_FALSE(asserted(Private::Forward, {}));
    CHECK_FALSE(asserted(Private::Forward, {"P-Private-Network-Indication: other.example"}));
    CHECK(asserted(Private::Insert, {}));
    CHECK_FALSE(asserted(Private::None, {own}));
}

TEST_CASE("a user asks for the priorities that are agreed, in the whole dialog, and is told of no others",
          "[TS24.229-4.4.6][RFC4412-3.1]") {
    UserPolicy policy;
    policy.resource_priorities = {"wps.1", "ets.0"};
    const std::string asked = "Resource-Priority: WPS.1, wps.0, q735.3";
    Stage stage{with(policy)};
    const auto path = stage.register_alice();
    CHECK(sends(stage, {asked}).raw_all(HeaderId::ResourcePriority) ==
          std::vector<std::string_view>{"WPS.1"});
    CHECK_FALSE(sends(stage, {"Resource-Priority: wps.0"}).has<h::ResourcePriority>());
    stage.receive(stage.for_alice("MESSAGE", path, {asked}), scscf_at);
    CHECK(stage.request("MESSAGE").message.raw_all(HeaderId::ResourcePriority) ==
          std::vector<std::string_view>{"WPS.1"});
    Stage nothing_agreed;
    const auto other_path = nothing_agreed.register_alice();
    CHECK_FALSE(sends(nothing_agreed, {asked}).has<h::ResourcePriority>());
    nothing_agreed.receive(nothing_agreed.for_alice("MESSAGE", other_path, {asked}), scscf_at);
    CHECK_FALSE(nothing_agreed.request("MESSAGE").message.has<h::ResourcePriority>());
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
