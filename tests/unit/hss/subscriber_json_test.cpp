#include "hss/shell/subscriber_json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace ims::hss {
namespace {

using nlohmann::json;

const std::string k = "465b5ce8b199b49faa5f0a2ee238a6bc";
const std::string op = "cdc202d5123e20f62b6d676ac72cb318";

// One with everything that can be provisioned.
const auto whole = json::parse(R"({
  "barred": true, "allowed_visited_networks": ["a.example"], "capability_set": 2, "charging_set": 3,
  "loose_route": true, "privileged_sender": false,
  "private_identities": [
    {"impi": "alice@ims.example", "imsi": "001010000000001", "sqn": 4096,
     "aka": {"k": "465b5ce8b199b49faa5f0a2ee238a6bc", "amf": "9001",
             "op": "cdc202d5123e20f62b6d676ac72cb318"}},
    {"impi": "tuak@ims.example", "aka": {"algorithm": "tuak", "keccak_iterations": 2,
      "k": "abababababababababababababababab",
      "topc": "bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff"}},
    {"impi": "desk@ims.example", "digest": {"password": "x", "algorithm": "SHA-256", "realm": "desks"}},
    {"impi": "line@ims.example", "scheme": "nass", "line_identifiers": ["0a0b"]},
    {"impi": "early@ims.example", "scheme": "early", "framed_ip_address": "2001:db8::1"}],
  "implicit_registration_sets": [
    {"private_identities": ["alice@ims.example", "tuak@ims.example"], "public_identities": [
      {"identity": "sip:alice@ims.example", "display_name": "Alice", "alias_group": "1",
       "service_priority_level": 2},
      {"identity": "tel:+15550001", "alias_group": "1", "max_registrations": 2},
      {"identity": "sip:alice!.*!@ims.example", "type": "wildcarded", "barred": true}]},
    {"private_identities": ["desk@ims.example", "line@ims.example", "early@ims.example"],
     "public_identities": [
      {"identity": "sip:info@ims.example", "type": "psi", "application_server": "sip:as.example",
       "psi_active": false}]}]
})");

Templates templates() {
    Templates t;
    t.realm = "ims.example";
    return t;
}

}  // namespace

TEST_CASE("with secrets what is printed makes the same subscriber again", "[issue]") {
    Subscription made, again;
    REQUIRE(read_subscriber(whole, templates(), nullptr, made) == std::nullopt);
    const auto printed = subscriber_json(made, {true, false});
    REQUIRE(read_subscriber(printed, templates(), nullptr, again) == std::nullopt);
    CHECK(subscriber_json(again, {true, false}) == printed);
    CHECK(printed["private_identities"][0]["aka"]["k"] == k);
    CHECK(printed["private_identities"][0]["aka"]["op"] == op);
    CHECK(printed["private_identities"][0]["aka"]["opc"] == "cd63cb71954a9f4e48a5994e37a02baf");
    CHECK(printed["private_identities"][0]["sqn"] == 4096);
    CHECK(printed["private_identities"][4]["framed_ip_address"] == "2001:db8::1");
}

TEST_CASE("without secrets nothing of them is printed, and what is makes nobody new", "[issue]") {
    Subscription made, again;
    REQUIRE(read_subscriber(whole, templates(), nullptr, made) == std::nullopt);
    for (const bool registration : {false, true}) {
        const auto printed = subscriber_json(made, {false, registration});
        for (const auto* secret : {"465b5ce8", "cdc202d5", "cd63cb71", "abababab", "bd04d953", "ha1"})
            CHECK(printed.dump().find(secret) == std::string::npos);
    }
    const auto printed = subscriber_json(made, {false, false});
    CHECK(read_subscriber(printed, templates(), nullptr, again).value_or("").find("has no keys in it") !=
          std::string::npos);
    REQUIRE(read_subscriber(printed, templates(), &made, again) == std::nullopt);
    CHECK(subscriber_json(again, {true, false}) == subscriber_json(made, {true, false}));
    // The SQN is not where somebody may edit it and put it back later.
    CHECK_FALSE(subscriber_json(made, {true, true})["private_identities"][0].contains("sqn"));
}

}  // namespace ims::hss
