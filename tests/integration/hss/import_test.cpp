// Provisioning for people: rows, templates, imports, exports and who may see secrets, by API and by hssctl.
#include "tests/integration/hss/deployment.hpp"

namespace ims::hss::test {
namespace {

const std::string op_hex = "cdc202d5123e20f62b6d676ac72cb318";  // TS 35.208 test set 1, as k_hex
const std::string opc_hex = "cd63cb71954a9f4e48a5994e37a02baf";

bool contains(const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
    return text.find(part) != std::string::npos;
}

std::string imsi(unsigned n) {
    return *number_after("001010000000000", n);
}
std::string csv_of(const std::vector<std::string>& lines, const std::string& head = "imsi,msisdn,k,opc") {
    auto text = head + "\n";
    for (const auto& line : lines) text += line + "\n";
    return text;
}
std::string line_of(unsigned n, const std::string& opc = opc_hex) {
    return imsi(n) + "," + *number_after("15550000", n) + "," + k_hex + "," + opc;
}

}  // namespace

TEST_CASE("one row makes a subscriber who registers", "[issue]") {
    Deployment d;
    const auto [made, status] =
        d.ctl("add --imsi " + imsi(1) + " --msisdn 15550001 --k " + k_hex + " --op " + op_hex);
    CHECK(status == 0);
    for (const auto* identity : {"sip:001010000000001@", "sip:+15550001@", "tel:+15550001"})
        contains(made, identity);
    CHECK(made.find(k_hex) == std::string::npos);
    CHECK(d.uar().result == diameter::Result{X::FirstRegistration});
    d.registers();
    CHECK(d.ctl("list").first == d.ctl("subscriber list").first);
    CHECK(d.ctl("show " + imsi(1)).second == 0);
    CHECK(d.ctl("delete " + imsi(1)).second == 0);
    CHECK(d.ctl("show " + imsi(1)).second == 1);
}

TEST_CASE("secrets are shown to who has the right to see them, and to nobody else", "[issue]") {
    Deployment d;
    REQUIRE(d.ctl("add --imsi " + imsi(1) + " --k " + k_hex + " --op " + op_hex).second == 0);
    const auto [shown, status] = d.ctl("subscriber show " + imsi(1) + " --secrets");
    CHECK(status == 0);
    for (const auto& secret : {k_hex, op_hex, opc_hex}) contains(shown, secret);
    CHECK(contains(d.log(), "note=hss.api.secrets.shown"));
    CHECK(contains(d.log(), "detail=\"one subscriber\" impi=" + alice.value()));

    // The ordinary token, in three ways.
    const auto [refused, failed] = d.ctl("subscriber show " + imsi(1) + " --secrets", "token");
    CHECK(failed == 1);
    contains(refused, "api.secrets_token_file");
    CHECK(d.ctl("export --secrets", "token").second == 1);
    const auto path = "/v1/subscribers/" + alice.value();
    CHECK(d.api(http::verb::get, path + "?secrets=true").status == 403);
    CHECK(d.api(http::verb::get, path + "?secrets=perhaps").status == 400);
    CHECK(d.api(http::verb::get, "/v1/export?secrets=true").status == 403);
    CHECK(contains(d.log(), "note=hss.api.secrets.refused"));
    for (const auto& answer : {d.ctl("subscriber show " + imsi(1)).first, d.ctl("export").first, refused,
                               d.log(), d.api(http::verb::get, path, {}, secrets_token).body, d.dump()})
        for (const auto& secret : {k_hex, op_hex, opc_hex}) CHECK(answer.find(secret) == std::string::npos);

    // OP outlives a change of something else.
    REQUIRE(d.ctl("subscriber bar " + imsi(1)).second == 0);
    contains(d.ctl("show --secrets " + imsi(1)).first, op_hex);
    // Who has none was given none.
    REQUIRE(d.ctl("add --imsi " + imsi(2) + " --k " + k_hex + " --opc " + opc_hex).second == 0);
    CHECK(d.ctl("show --secrets " + imsi(2)).first.find("op:") == std::string::npos);
}

TEST_CASE("without a second token nobody may see secrets", "[issue]") {
    Deployment d;
    REQUIRE(d.ctl("add --imsi " + imsi(1) + " --k " + k_hex + " --op " + op_hex).second == 0);
    auto without = d.configuration();
    const auto at = without.find(", secrets_token_file");
    without.erase(at, without.find('}', at) - at);
    d.write("hss.yaml", without);
    CHECK(d.terminate() == 0);
    d.start();
    CHECK(d.api(http::verb::get, "/v1/subscribers/" + alice.value(), {}, secrets_token).status == 401);
    contains(d.ctl("show --secrets " + imsi(1), "token").first, "nobody may see secrets here");
}

TEST_CASE("templates make subscribers, and are in use as long as they name something", "[issue]") {
    Deployment d;
    REQUIRE(d.ctl("profile add " + d.write("p.json", R"({"name":"metering"})")).second == 0);
    const auto file =
        d.write("t.json", R"({"name": "meters", "public_identities": ["sip:meter-{imsi}@{realm}"],
        "service_profile": 2, "sqn": 4096, "amf": "9001"})");
    REQUIRE(d.ctl("template add " + file).second == 0);
    contains(d.ctl("template list").first, "meters");
    contains(d.ctl("template show 0").first, "sip:+{msisdn}@{realm}");
    const auto made =
        d.ctl("add --template meters --imsi " + imsi(1) + " --k " + k_hex + " --opc " + opc_hex).first;
    contains(made, "sip:meter-001010000000001@");
    contains(made, "service_profile: 2");
    contains(d.ctl("sqn show " + imsi(1)).first, "sqn: 4096");
    CHECK(d.ctl("range add --count 2 --template meters --first-imsi " + imsi(2) + " --k " + k_hex +
                " --opc " + opc_hex)
              .second == 0);
    contains(d.ctl("show " + imsi(3)).first, "sip:meter-001010000000003@");
    const auto rows = d.write("r.csv", csv_of({imsi(4) + "," + k_hex + "," + opc_hex + ",meters",
                                               imsi(5) + "," + k_hex + "," + opc_hex + ","},
                                              "imsi,k,opc,template"));
    CHECK(d.ctl("import " + rows).first == "created 2 subscribers\n");
    contains(d.ctl("show " + imsi(4)).first, "sip:meter-001010000000004@");
    contains(d.ctl("show " + imsi(5)).first, "sip:001010000000005@");

    contains(d.ctl("add --template cars --imsi 001010000000009 --k " + k_hex + " --opc " + opc_hex).first,
             "no template 'cars'");
    contains(d.ctl("profile delete 2").first, "In Use");
    contains(d.ctl("template set 0 " + file).first, "the program's own");
    contains(d.ctl("template add " +
                   d.write("bad.json", R"({"name":"x","public_identities":["sip:all@{realm}"]})"))
                 .first,
             "the same for everybody");
    CHECK(d.ctl("template delete 1").second == 0);
    CHECK(d.ctl("template show 1").second == 1);
}

TEST_CASE("an import of an export makes the same subscribers on an empty HSS", "[issue]") {
    Deployment from;
    REQUIRE(from.ctl("add --imsi " + imsi(1) + " --msisdn 15550001 --msisdn 15550011 --k " + k_hex +
                     " --op " + op_hex + " --display-name 'Alice, \"A\"' --sqn 4096 --bar-imsi-identity")
                .second == 0);
    REQUIRE(from.ctl("add --imsi " + imsi(2) + " --k " + k_hex + " --opc " + opc_hex + " --password secret")
                .second == 0);
    const auto all_with = [](Deployment& d) { return d.ctl("export --secrets").first; };
    const auto format = GENERATE("csv", "json", "ndjson");
    INFO(format);
    const auto file = from.path("all");
    if (format != std::string{"csv"}) {
        // What no row can say.
        const auto odd = from.write(
            "odd.json", R"({"private_identities":[{"impi":"odd@x.example","digest":{"password":"p"}}],
            "implicit_registration_sets":[{"public_identities":[{"identity":"sip:odd@x.example"}]},
            {"public_identities":[{"identity":"sip:even@x.example"}]}]})");
        REQUIRE(from.ctl("add --file " + odd).second == 0);
    }
    REQUIRE(from.ctl(std::string{"export --secrets --format "} + format + " " + file).second == 0);
    const auto before = all_with(from);
    CHECK(std::filesystem::status(file).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    contains(from.log(), "note=hss.api.secrets.shown");
    const auto with_keys = from.read("all");
    REQUIRE(from.ctl(std::string{"export --format "} + format + " " + file).second == 0);
    const auto without_keys = from.read("all");
    CHECK(without_keys.find(k_hex) == std::string::npos);

    const auto listed = from.api(http::verb::get, "/v1/subscribers").parsed();
    for (const auto& s : listed["subscribers"])
        REQUIRE(from.api(http::verb::delete_, "/v1/subscribers/" + s["impi"].get<std::string>()).status ==
                204);
    const auto options = format == std::string{"csv"} ? std::string{"import --csv "} : std::string{"import "};
    // Without keys nobody is made who could not register.
    from.write("all", without_keys);
    contains(from.ctl(options + file).first,
             format == std::string{"csv"} ? "needs credentials" : "has no keys in it");
    from.write("all", with_keys);
    const auto [said, status] = from.ctl(options + file);
    INFO(said);
    REQUIRE(status == 0);
    CHECK(all_with(from) == before);

    // Those without keys stay as they are, keys and all.
    from.write("all", without_keys);
    contains(from.ctl(options + file).first, "is here already");
    contains(from.ctl(options + "--on-conflict skip " + file).first, "created 0 subscribers, skipped");
    contains(from.ctl(options + "--on-conflict update " + file).first, "created 0 subscribers, unchanged");
    CHECK(all_with(from) == before);
}

TEST_CASE("who is more than a line of CSV can say is named", "[issue]") {
    Deployment d;
    REQUIRE(d.api(http::verb::post, "/v1/subscribers", alice_json).status == 201);
    auto object = d.api(http::verb::get, "/v1/subscribers/" + alice.value()).parsed();
    object["implicit_registration_sets"][0]["public_identities"][1]["max_registrations"] = 2;
    REQUIRE(d.api(http::verb::put, "/v1/subscribers/" + alice.value(), object.dump()).status == 204);
    const auto [said, status] = d.ctl("export --format csv");
    CHECK(status == 1);
    contains(said, "1 subscribers are more than a line of CSV can say");
    contains(said, alice.value());
}

TEST_CASE("a dry run lists what would change, and changes nothing", "[issue]") {
    Deployment d;
    REQUIRE(d.ctl("import " + d.write("first.csv", csv_of({line_of(1), line_of(2)}))).second == 0);
    const auto second = d.write(
        "second.csv",
        csv_of({line_of(1), line_of(2, std::string(32, 'a')), line_of(3),
                imsi(4) + ",15550001," + k_hex + "," + opc_hex, imsi(5) + ",,12,", line_of(3), imsi(6)}));
    const auto before = d.ctl("export --secrets").first;
    const auto [said, status] = d.ctl("import --dry-run --on-conflict update " + second);
    CHECK(status == 1);
    contains(said, "line 2  unchanged     " + imsi(1));
    contains(said, "line 3  changed       " + imsi(2) + "@" + realm +
                       ": private_identities/0/aka/opc (not shown)\n");
    contains(said, "line 4  created       " + imsi(3));
    contains(said, "line 5  refused       " + imsi(4) + "@" + realm + ": public identity 'sip:+15550001@" +
                       realm + "' belongs to '" + imsi(1));
    contains(said,
             "line 6  refused       " + imsi(5) + "@" + realm + ": subscriber: 'k' must be 32 hexadecimal");
    contains(said, "stands in line 4 already");
    contains(said, "line 8  refused       ?: has another number of fields");
    contains(said, "would create 1, change 1, leave 1 as they are, skip 0; refuse 4");
    CHECK(said.find(std::string(32, 'a')) == std::string::npos);
    CHECK(d.ctl("export --secrets").first == before);
    // As it is said, so it is done: all or nothing.
    contains(d.ctl("import --on-conflict update " + second).first, "line 5: ");
    CHECK(d.ctl("export --secrets").first == before);

    const auto good = d.write("good.csv", csv_of({line_of(1), line_of(2, std::string(32, 'a')), line_of(3)}));
    contains(d.ctl("import --dry-run " + good).first,
             "line 2  refused       " + imsi(1) + "@" + realm + ": is here");
    CHECK(d.ctl("import --dry-run --on-conflict skip " + good).second == 0);
    CHECK(d.ctl("import --on-conflict update " + good).first ==
          "created 1 subscribers, changed 1, unchanged 1\n");
    contains(d.ctl("show --secrets " + imsi(2)).first, std::string(32, 'a'));
    // A misspelt parameter is no import.
    CHECK(d.api(http::verb::post, "/v1/import?dryrun=true", csv_of({line_of(9)}), token, "text/csv").status ==
          400);
    CHECK(d.api(http::verb::post, "/v1/import?on_conflict=no", csv_of({line_of(9)}), token, "text/csv")
              .status == 400);
    CHECK(d.ctl("show " + imsi(9)).second == 1);
    const auto planned =
        d.api(http::verb::post, "/v1/import?dry_run=true", csv_of({line_of(9)}), token, "text/csv");
    CHECK(planned.status == 200);
    CHECK(planned.parsed()["lines"][0] ==
          json{{"line", 2}, {"impi", imsi(9) + "@" + realm}, {"result", "created"}});
}

TEST_CASE("an import that changes who is registered keeps the registration and the SQN, and is pushed",
          "[TS29.228-6.2.2.1]") {
    Deployment d;
    REQUIRE(d.api(http::verb::post, "/v1/subscribers", alice_json).status == 201);
    d.registers();
    const auto sqn = d.ctl("sqn show " + imsi(1)).first;
    const auto rows =
        d.write("r.csv", csv_of({imsi(1) + ",15550001,Alice,1"}, "imsi,msisdn,display_name,sqn"));
    CHECK(d.ctl("import --on-conflict update " + rows).first == "created 0 subscribers, changed 1\n");
    CHECK(std::get<cx::PushProfileRequest>(d.next_push()).user_data.value().find("Alice") !=
          std::string::npos);
    CHECK(d.uar().result == diameter::Result{X::SubsequentRegistration});
    CHECK(d.ctl("sqn show " + imsi(1)).first == sqn);
    const auto reference = d.write("s.csv", csv_of({imsi(1) + ",15550001,7"}, "imsi,msisdn,service_profile"));
    contains(d.ctl("import --on-conflict update " + reference).first, "there is no service profile 7");
}

TEST_CASE("subscribers of Open5GS and PyHSS come over with their keys and SQN", "[issue]") {
    Deployment d;
    const auto open5gs = d.write(
        "open5gs.json", R"([{"imsi":"001010000000001","msisdn":["15550001"],"security":{"k":")" + k_hex +
                            R"(","op":")" + op_hex +
                            R"(","opc":null,"amf":"8000","sqn":{"$numberLong":"4097"}},"slice":[]}])");
    const auto [said, status] = d.ctl("import --from open5gs " + open5gs);
    CHECK(status == 0);
    contains(said, "ignored, without a meaning in an IMS HSS: slice\n");
    contains(said, "created 1 subscribers");
    const auto shown = d.ctl("show --secrets " + imsi(1)).first;
    for (const auto& secret : {op_hex, opc_hex}) contains(shown, secret);
    contains(d.ctl("sqn show " + imsi(1)).first, "sqn: 4097");
    d.registers();

    const auto auc = d.write("auc.json", R"([{"auc_id":1,"ki":")" + k_hex + R"(","opc":")" + opc_hex +
                                             R"(","amf":"8000","sqn":100,"imsi":"001010000000002"}])");
    const auto ims =
        d.write("ims.json", R"([{"ims_subscriber_id":1,"imsi":"001010000000002","msisdn":"15550002",
        "msisdn_list":"15550002,15550003","ifc_path":"default_ifc.xml"}])");
    const auto dry = d.ctl("import --from pyhss --dry-run " + auc + " " + ims);
    CHECK(dry.second == 0);
    contains(dry.first, "would create 1");
    contains(dry.first, "warning: ifc_path default_ifc.xml of 1 subscriber");
    CHECK(d.ctl("show " + imsi(2)).second == 1);
    CHECK(d.ctl("import --from pyhss " + auc + " " + ims).second == 0);
    contains(d.ctl("show " + imsi(2)).first, "tel:+15550003");
    contains(d.ctl("sqn show " + imsi(2)).first, "sqn: 100");
}

}  // namespace ims::hss::test
