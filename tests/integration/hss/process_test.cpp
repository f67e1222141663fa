// The hss executable itself: Diameter, the API, hssctl and the database behind it.
#include "tests/integration/hss/deployment.hpp"

#include <map>
#include <set>

namespace ims::hss::test {

TEST_CASE("a subscriber made by the API registers over Diameter and hears of changes", "[TS29.228-6]") {
    Deployment d;
    CHECK(d.uar().result == diameter::Result{X::ErrorUserUnknown});
    const auto created = d.api(http::verb::post, "/v1/subscribers", alice_json);
    INFO(created.body);
    REQUIRE(created.status == 201);
    CHECK(created.body.find(k_hex) == std::string::npos);

    CHECK(d.uar().result == diameter::Result{X::FirstRegistration});
    d.registers();
    const auto uaa = d.uar();
    CHECK(uaa.result == diameter::Result{X::SubsequentRegistration});
    CHECK(uaa.server_name == scscf);

    const auto path = "/v1/subscribers/" + alice.value();
    auto shown = d.api(http::verb::get, path);
    REQUIRE(shown.status == 200);
    CHECK(shown.body.find(k_hex) == std::string::npos);
    auto object = shown.parsed();
    CHECK(object["registration"]["server_name"] == scscf);
    CHECK(object["private_identities"][0]["has_aka"] == true);
    object["implicit_registration_sets"][0]["public_identities"][1]["display_name"] = "Alice";
    const auto changed = d.api(http::verb::put, path, object.dump());
    INFO(changed.body);
    REQUIRE(changed.status == 204);
    const auto push = d.next_push();
    CHECK(std::get<cx::PushProfileRequest>(push).user_data.value().find("Alice") != std::string::npos);
    CHECK(d.uar().result == diameter::Result{X::SubsequentRegistration});

    REQUIRE(d.api(http::verb::post, path + "/bar").status == 204);
    CHECK(std::holds_alternative<cx::RegistrationTerminationRequest>(d.next_push()));
    CHECK(d.uar().result == diameter::Result{R::AuthorizationRejected});
    REQUIRE(d.api(http::verb::post, path + "/unbar").status == 204);
    d.until("the RTA is stored", [&] { return d.uar().result == diameter::Result{X::FirstRegistration}; });
    d.registers();
    REQUIRE(d.api(http::verb::delete_, path).status == 204);
    CHECK(std::holds_alternative<cx::RegistrationTerminationRequest>(d.next_push()));
    CHECK(d.uar().result == diameter::Result{X::ErrorUserUnknown});
    CHECK(d.log().find(k_hex) == std::string::npos);
    CHECK(d.terminate() == 0);
}

// Paths of the OpenAPI file with their methods: "/v1/range" -> {POST}.
static std::map<std::string, std::set<std::string>> documented(const std::string& openapi) {
    std::map<std::string, std::set<std::string>> paths;
    std::istringstream in{openapi};
    std::string path;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("  /") && line.find(':') != std::string::npos)
            path = line.substr(2, line.find(':') - 2);
        else if (!line.starts_with(" "))
            path.clear();
        for (const auto* method : {"get", "post", "put", "delete"})
            if (!path.empty() && line.starts_with("    " + std::string{method} + ":")) {
                std::string upper{method};
                for (auto& c : upper) c = static_cast<char>(c - 'a' + 'A');
                paths[path].insert(upper);
            }
    }
    return paths;
}

TEST_CASE("the OpenAPI file lists the methods that each path takes, and no path that there is not",
          "[issue]") {
    Deployment d;
    const auto paths = documented(d.api(http::verb::get, "/openapi.yaml", {}, "").body);
    CHECK(paths.size() >= 17);
    for (const auto& [path, methods] : paths) {
        auto at = path;
        for (const auto& [name, value] : std::map<std::string, std::string>{
                 {"{impi}", "nobody@ims.example"}, {"{impu}", "sip:nobody@ims.example"}, {"{id}", "1"}})
            if (const auto found = at.find(name); found != std::string::npos)
                at.replace(found, name.size(), value);
        INFO(path);
        // What a path takes stands in the refusal of what it does not take.
        const auto refusal = d.api(http::verb::patch, at);
        CHECK(refusal.status == 405);
        std::set<std::string> taken;
        std::istringstream allowed{refusal.allow};
        for (std::string method; std::getline(allowed, method, ',');)
            taken.insert(method.substr(method.find_first_not_of(' ')));
        CHECK(taken == methods);
    }
}

TEST_CASE("the API wants its token and says what is wrong", "[TS29.228-6]") {
    Deployment d;
    CHECK(d.api(http::verb::get, "/v1/subscribers", {}, "").status == 401);
    CHECK(d.api(http::verb::get, "/v1/subscribers", {}, token + "x").status == 401);
    CHECK(d.api(http::verb::get, "/openapi.yaml", {}, "").body.starts_with("openapi: 3"));
    CHECK(d.api(http::verb::get, "/v2/subscribers").status == 404);
    CHECK(d.api(http::verb::patch, "/v1/subscribers").status == 405);
    CHECK(d.api(http::verb::post, "/v1/subscribers", "{").status == 400);
    const auto wrong = [&](const json& body) {
        const auto r = d.api(http::verb::post, "/v1/subscribers", body.dump());
        CHECK(r.status == 400);
        return r.parsed().value("detail", "");
    };
    CHECK(wrong({{"imsi", "001010000000001"}}).find("credentials") != std::string::npos);
    CHECK(wrong({{"imsi", "001010000000001"}, {"k", "12"}}).find("32 hexadecimal") != std::string::npos);
    CHECK(wrong({{"imsi", "00101x"}, {"k", k_hex}, {"opc", k_hex}}).find("IMSI") != std::string::npos);
    CHECK(wrong({{"imsi", "001010000000001"}, {"k", k_hex}, {"opc", k_hex}, {"colour", "blue"}})
              .find("colour") != std::string::npos);
    CHECK(wrong(json::array()).find("object") != std::string::npos);
    CHECK(d.api(http::verb::get, "/v1/subscribers/nobody@x").status == 404);
    REQUIRE(d.api(http::verb::post, "/v1/subscribers", alice_json).status == 201);
    CHECK(d.api(http::verb::post, "/v1/subscribers", alice_json).status == 409);
    CHECK(d.api(http::verb::delete_, "/v1/service-profiles/1").status == 409);
    CHECK(d.api(http::verb::get, "/v1/identities/tel%3A%2B15550001").status == 200);
}

TEST_CASE("hssctl does what the API does", "[TS29.228-6]") {
    Deployment d;
    const auto keys = "--k " + k_hex + " --opc cd63cb71954a9f4e48a5994e37a02baf";
    CHECK(d.ctl("range add --first-imsi 001010000000001 --first-msisdn 15550001 --count 3 " + keys) ==
          std::pair{std::string{"created 3 subscribers\n"}, 0});
    auto [listed, status] = d.ctl("subscriber list");
    CHECK(status == 0);
    CHECK(listed.starts_with("IMPI"));
    CHECK(std::ranges::count(listed, '\n') == 4);
    CHECK(d.ctl("--json subscriber list --limit 2").first.find("tel:+15550002") != std::string::npos);
    CHECK(d.ctl("sqn set 001010000000001 4096").second == 0);
    CHECK(d.ctl("sqn show 001010000000001").first.find("seq: 128") != std::string::npos);
    CHECK(d.ctl("subscriber bar 001010000000002").second == 0);
    CHECK(d.ctl("subscriber show 001010000000002").first.find("barred: yes") != std::string::npos);
    CHECK(d.ctl("assignment show 001010000000001").first.find("not registered") != std::string::npos);

    const auto csv = d.write("more.csv", "imsi,msisdn,k,opc\n001010000000007,15550007," + k_hex +
                                             ",cd63cb71954a9f4e48a5994e37a02baf\n");
    CHECK(d.ctl("import " + csv).first == "created 1 subscribers\n");
    const auto bad = d.write("bad.ndjson", "{\"imsi\":\"001010000000008\"}\n");
    const auto [why, failed] = d.ctl("import " + bad);
    CHECK(failed == 1);
    CHECK(why.find("line 1") != std::string::npos);

    const auto profile = d.write("p.json", R"({"name":"voicemail","initial_filter_criteria":[{"priority":1,
        "application_server":{"server_name":"sip:vm.ims.example"},"trigger_point":{"spts":[{"method":"INVITE"}]}}]})");
    CHECK(d.ctl("profile add " + profile).second == 0);
    CHECK(d.ctl("profile list").first.find("voicemail") != std::string::npos);
    CHECK(d.ctl("subscriber delete 001010000000007").second == 0);
    const auto [gone, not_found] = d.ctl("subscriber show 001010000000007");
    CHECK(not_found == 1);
    CHECK(gone.find("Not Found") != std::string::npos);
    CHECK(d.ctl("frobnicate").second == 2);
}

TEST_CASE("with the database away hss answers, says so, and comes back", "[RFC6733-7.1.3]") {
    Deployment d;
    REQUIRE(d.api(http::verb::post, "/v1/subscribers", alice_json).status == 201);
    d.registers();
    Cluster::instance().kill();
    CHECK(d.failure_of_uar().find("DIAMETER_TOO_BUSY") != std::string::npos);
    CHECK(d.api(http::verb::get, "/v1/subscribers").status == 503);
    d.until("health shows it", [&] { return d.admin("/healthz").status == 503; });
    CHECK(d.admin("/metrics").body.find("hss_database_connected 0") != std::string::npos);
    Cluster::instance().start();
    d.until("health is back", [&] { return d.healthy(); });
    CHECK(d.uar().result == diameter::Result{X::SubsequentRegistration});
    CHECK(d.uar().server_name == scscf);
}

TEST_CASE("SIGHUP changes what can be changed and says what needs a restart", "[TS29.228-6.1.1.1]") {
    Deployment d;
    REQUIRE(d.api(http::verb::post, "/v1/subscribers", alice_json).status == 201);
    auto object = d.api(http::verb::get, "/v1/subscribers/" + alice.value()).parsed();
    object["allowed_visited_networks"] = json::array();
    const auto put = d.api(http::verb::put, "/v1/subscribers/" + alice.value(), object.dump());
    INFO(put.body);
    REQUIRE(put.status == 204);
    CHECK(d.uar().result == diameter::Result{X::FirstRegistration});

    auto changed = d.configuration();
    changed.replace(changed.find("home_network: " + realm), 14 + realm.size(), "home_network: elsewhere");
    changed.replace(changed.find("accept_unknown_peers: true"), 26, "accept_unknown_peers: false");
    changed.replace(changed.find("level: info"), 11, "level: trace");
    d.write("hss.yaml", changed);
    d.hang_up();
    d.until("it is read", [&] { return d.log().find("note=hss.reloaded") != std::string::npos; });
    CHECK(d.log().find("changed=hss needs_restart=diameter") != std::string::npos);
    CHECK(d.uar().result == diameter::Result{X::ErrorRoamingNotAllowed});
    d.until("requests are traced", [&] { return d.log().find("note=hss.request ") != std::string::npos; });

    d.write("hss.yaml", changed + "nonsense: 1\n");
    d.hang_up();
    d.until("it is refused",
            [&] { return d.log().find("note=process.reload.refused") != std::string::npos; });
    CHECK(d.uar().result == diameter::Result{X::ErrorRoamingNotAllowed});
}

TEST_CASE("a killed hss forgets nothing", "[TS29.228-8.1]") {
    Deployment d;
    REQUIRE(d.api(http::verb::post, "/v1/subscribers", alice_json).status == 201);
    d.registers();
    d.kill();
    d.start();
    d.until("the S-CSCF is connected again", [&] {
        const auto reply = d.admin("/metrics").body;
        return d.connected() &&
               reply.find("diameter_peer_open{peer=\"scscf.ims.example\"} 1") != std::string::npos;
    });
    CHECK(d.uar().server_name == scscf);
}

}  // namespace ims::hss::test
