#include "hss/shell/short_form.hpp"

#include "common/crypto/milenage.hpp"
#include "hss/shell/credentials_json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace ims::hss {
namespace {

using nlohmann::json;

const std::string k = "465b5ce8b199b49faa5f0a2ee238a6bc";  // TS 35.208 test set 1
const std::string op = "cdc202d5123e20f62b6d676ac72cb318";
const std::string opc = "cd63cb71954a9f4e48a5994e37a02baf";

Templates templates() {
    Templates t;
    t.realm = "ims.example";
    SubscriberTemplate meters;
    meters.public_identities = {"sip:meter-{imsi}@{realm}"};
    meters.service_profile = ServiceProfileId{7};
    meters.capability_set = CapabilitySetId{3};
    meters.allowed_visited_networks = {"ims.example"};
    meters.amf = {0x90, 0x01};
    meters.sqn = 64;
    t.by_name["meters"] = meters;
    return t;
}

json row(const json& more = json::object()) {
    json j{{"imsi", "001010000000001"}, {"msisdn", "15550001"}, {"k", k}, {"opc", opc}};
    j.update(more);
    return j;
}

Subscription made_of(const json& j, const Subscription* before = nullptr) {
    Subscription s;
    const auto wrong = read_subscriber(j, templates(), before, s);
    INFO(wrong.value_or(""));
    REQUIRE_FALSE(wrong);
    return s;
}
std::string why_not(const json& j, const Subscription* before = nullptr) {
    Subscription s;
    return read_subscriber(j, templates(), before, s).value_or("");
}

}  // namespace

TEST_CASE("what a row does not say its template says", "[issue]") {
    auto meter = row({{"template", "meters"}});
    meter.erase("msisdn");
    const auto s = made_of(meter);
    const auto& identity = s.implicit_registration_sets.front().public_identities.front();
    CHECK(identity.identity.identity.value() == "sip:meter-001010000000001@ims.example");
    CHECK(identity.service_profile == ServiceProfileId{7});
    CHECK(s.capability_set == CapabilitySetId{3});
    CHECK(s.allowed_visited_networks == std::vector<std::string>{"ims.example"});
    CHECK(s.private_identities.front().sqn == 64);
    CHECK(s.private_identities.front().aka->amf == crypto::Amf{0x90, 0x01});

    const auto own =
        made_of(row({{"template", "meters"}, {"service_profile", 2}, {"sqn", 5}, {"amf", "8000"}}));
    CHECK(own.implicit_registration_sets.front().public_identities.front().service_profile ==
          ServiceProfileId{2});
    CHECK(own.private_identities.front().sqn == 5);
    CHECK(own.private_identities.front().aka->amf == crypto::Amf{0x80, 0x00});

    CHECK(why_not(row({{"template", "cars"}})).find("no template 'cars'") != std::string::npos);
    auto chosen = templates();
    chosen.chosen = "meters";
    Subscription by_choice;
    CHECK_FALSE(read_subscriber(row(), chosen, nullptr, by_choice));
    CHECK(by_choice.capability_set == CapabilitySetId{3});
}

TEST_CASE("OP is kept beside the OPc that it makes", "[TS35.206-4.1]") {
    auto with_op = row({{"op", op}});
    with_op.erase("opc");
    const auto s = made_of(with_op);
    const auto& aka = *s.private_identities.front().aka;
    CHECK(hex(std::get<crypto::MilenageKeys>(aka.keys).opc) == opc);
    CHECK(hex(*aka.op) == op);
    CHECK_FALSE(made_of(row()).private_identities.front().aka->op);
    // Both may be given, if they belong together.
    CHECK(made_of(row({{"op", op}})).private_identities.front().aka->op);
    CHECK(why_not(row({{"op", k}})).find("do not belong together") != std::string::npos);
    // The same keys without OP keep it; other keys do not.
    CHECK(made_of(row(), &s).private_identities.front().aka->op);
    CHECK_FALSE(made_of(row({{"opc", k}}), &s).private_identities.front().aka->op);
}

TEST_CASE("a row without keys is somebody who is there already, and keeps them", "[issue]") {
    auto before = made_of(row({{"sqn", 4096}}));
    auto without = row({{"display_name", "Alice"}});
    without.erase("k");
    without.erase("opc");
    CHECK(why_not(without).find("credentials") != std::string::npos);
    const auto after = made_of(without, &before);
    CHECK(same_keys(after.private_identities.front().aka->keys, before.private_identities.front().aka->keys));
    CHECK(after.private_identities.front().sqn == 4096);
}

TEST_CASE("the short form is given of who is nothing but what a template makes", "[issue]") {
    const auto again = [](const Subscription& s) {
        const auto form = short_form(s, templates(), true);
        REQUIRE(form);
        CHECK(subscriber_json(made_of(*form), {true, false}) == subscriber_json(s, {true, false}));
        return *form;
    };
    CHECK(again(made_of(row())).at("template") == "default");
    CHECK(again(made_of(row({{"msisdn", {"15550001", "15550002"}}, {"bar_imsi_identity", true}})))
              .at("msisdn")
              .size() == 2);
    CHECK(again(made_of(row({{"realm", "elsewhere.example"}, {"display_name", "A"}, {"barred", true}})))
              .at("realm") == "elsewhere.example");
    CHECK(again(made_of(row({{"digest", {{"password", "secret"}}}}))).contains("digest"));
    auto meter = row({{"template", "meters"}});
    meter.erase("msisdn");
    CHECK(again(made_of(meter)).at("template") == "meters");
    const auto form = short_form(made_of(row()), templates(), false);
    REQUIRE(form);
    CHECK(form->dump().find(k) == std::string::npos);

    auto more = made_of(row());
    more.implicit_registration_sets.front().public_identities[1].service_profile = ServiceProfileId{2};
    CHECK_FALSE(short_form(more, templates(), true));
}

}  // namespace ims::hss
