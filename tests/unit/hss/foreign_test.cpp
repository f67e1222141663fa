#include "hss/shell/ctl_client.hpp"
#include "hss/shell/ctl_foreign.hpp"

#include <catch2/catch.hpp>

namespace ims::hss::ctl {
namespace {

using nlohmann::json;

bool warns(const Foreign& f, const std::string& of) {
    for (const auto& w : f.warnings)
        if (w.find(of) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE("subscribers of Open5GS as mongoexport writes them", "[issue]") {
    const auto f = from_open5gs(foreign_objects(
        R"({"_id":{"$oid":"65a"},"imsi":"001010000000001","msisdn":["15550001","15550002"],"schema_version":1,
  "security":{"k":"465B5CE8 B199B49F AA5F0A2E E238A6BC","op":null,"opc":
  "CD63CB71 954A9F4E 48A5994E 37A02BAF","amf":"8000","sqn":{"$numberLong":"4097"},"rand":"00"},
  "slice":[{"sst":1}],"ambr":{"uplink":{"value":1,"unit":3}},"subscriber_status":0,"__v":0}
{"imsi":"001010000000002","msisdn":[],"security":{"k":"11","op":"22","opc":null,"sqn":64},
 "subscriber_status":1}
)",
        "dump.json"));
    REQUIRE(f.rows.size() == 2);
    CHECK(f.rows[0] == json{{"imsi", "001010000000001"},
                            {"msisdn", {"15550001", "15550002"}},
                            {"k", "465B5CE8B199B49FAA5F0A2EE238A6BC"},
                            {"opc", "CD63CB71954A9F4E48A5994E37A02BAF"},
                            {"amf", "8000"},
                            {"sqn", 4097}});
    CHECK(f.rows[1] ==
          json{{"imsi", "001010000000002"}, {"k", "11"}, {"op", "22"}, {"sqn", 64}, {"barred", true}});
    CHECK(f.ignored == std::map<std::string, std::size_t>{{"ambr", 1}, {"security.rand", 1}, {"slice", 1}});
    CHECK(f.warnings.empty());
}

TEST_CASE("what of an Open5GS subscriber matters and has no place here is said", "[issue]") {
    const auto f = from_open5gs({{{"imsi", "1"},
                                  {"security", {{"k", "11"}, {"op", "22"}, {"opc", "33"}}},
                                  {"subscriber_status", 1},
                                  {"operator_determined_barring", 3}},
                                 {{"imsi", "2"}}});
    CHECK(f.rows[0] == json{{"imsi", "1"}, {"k", "11"}, {"opc", "33"}, {"barred", false}});
    CHECK(f.ignored.contains("security.op beside security.opc"));
    CHECK(warns(f, "operator_determined_barring 3"));
    CHECK(warns(f, "2: has no 'security'"));
    CHECK_THROWS_AS(from_open5gs({json{{"supi", "1"}}}), CtlError);
}

TEST_CASE("subscribers of PyHSS as its REST API gives them", "[issue]") {
    const auto f = from_pyhss(foreign_objects(R"({
"auc": [{"auc_id":1,"ki":"11","opc":"22","amf":"8000","sqn":100,"iccid":"89","imsi":"001010000000001"},
        {"auc_id":2,"ki":"33","opc":"44","amf":"9001","sqn":1,"imsi":null},
        {"auc_id":3,"ki":"55","opc":"66","amf":"8000","imsi":"001010000000009"}],
"subscriber": [{"subscriber_id":1,"imsi":"001010000000001","auc_id":1,"default_apn":1,
                "msisdn":"15550001","enabled":true},
               {"subscriber_id":2,"imsi":"001010000000002","auc_id":2,"default_apn":1,
                "enabled":false,"roaming_enabled":false},
               {"subscriber_id":3,"imsi":"001010000000003","auc_id":7,"default_apn":1}],
"ims_subscriber": [{"ims_subscriber_id":1,"imsi":"001010000000001","msisdn":"15550001",
                    "msisdn_list":"15550001,15550003",
                    "ifc_path":"default_ifc.xml","scscf":"sip:scscf.example"},
                   {"ims_subscriber_id":2,"imsi":"001010000000002","msisdn":"15550002",
                    "msisdn_list":"15550002"}],
"apn": [{"apn_id":1}]})",
                                              "pyhss.json"));
    REQUIRE(f.rows.size() == 2);
    CHECK(f.rows[0] == json{{"imsi", "001010000000001"},
                            {"msisdn", {"15550001", "15550003"}},
                            {"k", "11"},
                            {"opc", "22"},
                            {"amf", "8000"},
                            {"sqn", 100}});
    CHECK(f.rows[1] == json{{"imsi", "001010000000002"},
                            {"msisdn", "15550002"},
                            {"k", "33"},
                            {"opc", "44"},
                            {"amf", "9001"},
                            {"sqn", 1},
                            {"barred", true}});
    for (const auto* field : {"auc.iccid", "subscriber.default_apn", "ims_subscriber.scscf", "table apn"})
        CHECK(f.ignored.contains(field));
    CHECK(warns(f, "ifc_path default_ifc.xml of 1 subscriber"));
    CHECK(warns(f, "roaming_enabled false of 1 subscriber"));
    CHECK(warns(f, "001010000000003: is a subscriber without ims_subscriber"));
    CHECK(warns(f, "1 auc of nobody"));
}

TEST_CASE("objects of PyHSS are told apart by what they have, and lists of its API without keys are told",
          "[issue]") {
    const auto f = from_pyhss(foreign_objects(
        R"([{"auc_id":1,"amf":"8000","sqn":100,"imsi":"001010000000001"}]
[{"ims_subscriber_id":1,"imsi":"001010000000001","msisdn":"15550001","msisdn_list":"15550001"}])",
        "two lists"));
    REQUIRE(f.rows.size() == 1);
    CHECK(f.rows[0] == json{{"imsi", "001010000000001"}, {"msisdn", "15550001"}, {"sqn", 100}});
    CHECK(warns(f, "1 auc without ki and opc"));
    CHECK_THROWS_AS(from_pyhss({json{{"colour", "blue"}}}), CtlError);
}

TEST_CASE("a file that is no JSON is refused with where", "[issue]") {
    CHECK_THROWS_WITH(foreign_objects("{\"imsi\":\"1\"}\n{\"imsi\":", "x.json"),
                      Catch::Contains("after 1 object"));
    CHECK_THROWS_WITH(foreign_objects("[1]", "x.json"), Catch::Contains("no object"));
    CHECK_THROWS_WITH(foreign_objects(" \n", "x.json"), Catch::Contains("no subscriber"));
}

}  // namespace ims::hss::ctl
