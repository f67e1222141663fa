#include "tests/unit/scscf/bench.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using namespace std::chrono_literals;
using Catch::Contains;

// Application servers on the way of requests: TS 24.229 5.4.3.2, 5.4.3.3, 5.4.3.4.

namespace {

struct Criterion {
    int priority = 1;
    std::string server = "sip:as1.other.example";
    std::string method = "INVITE";
    int session_case = 0;
    std::string default_handling = "0";  // empty: not said

    std::string xml() const {
        const auto spt = [](int group, const std::string& condition) {
            return "<SPT><ConditionNegated>0</ConditionNegated><Group>" + std::to_string(group) + "</Group>" +
                   condition + "</SPT>";
        };
        return "<InitialFilterCriteria><Priority>" + std::to_string(priority) +
               "</Priority><TriggerPoint><ConditionTypeCNF>1</ConditionTypeCNF>" +
               spt(0, "<Method>" + method + "</Method>") +
               spt(1, "<SessionCase>" + std::to_string(session_case) + "</SessionCase>") +
               "</TriggerPoint><ApplicationServer><ServerName>" + server + "</ServerName>" +
               (default_handling.empty() ? ""
                                         : "<DefaultHandling>" + default_handling + "</DefaultHandling>") +
               "</ApplicationServer></InitialFilterCriteria>";
    }
};

std::string profile_with(const std::vector<Criterion>& criteria) {
    auto profile = alice_profile();
    std::string all;
    for (const auto& criterion : criteria) all += criterion.xml();
    return profile.insert(profile.find("</ServiceProfile>"), all);
}

// Alice is registered and has these criteria. Gives her Service-Route.
std::string registered_with(Bench& bench, const std::vector<Criterion>& criteria) {
    auto route = bench.registered();
    cx::PushProfileRequest ppr;
    ppr.user_name = alice_impi;
    ppr.user_data = profile_with(criteria);
    bench.push(ppr);
    REQUIRE(diameter::is_success(std::get<cx::PushProfileAnswer>(bench.replies.back().answer).result));
    bench.sent.clear();
    bench.notes.clear();
    return route;
}

// The request as the application server got it, and as it brings it back.
Request returned(const sip::Message& at_server, Request original, const std::string& call_id = "call-as@as") {
    const auto routes = headers(at_server, "Route");
    REQUIRE(routes.size() == 2);
    original.route = routes[1];
    original.uri = at_server.request_uri().text();
    original.call_id = call_id;  // a B2BUA
    original.more = "P-Served-User: " + header(at_server, "P-Served-User") + "\r\n";
    return original;
}

Request call_by_alice(const std::string& service_route) {
    Request invite;
    invite.route = service_route;
    return invite;
}
Request call_to_alice() {
    Request invite;
    invite.uri = alice_sip.value();
    invite.asserted = "<sip:bob@ims.example>";
    return invite;
}

// The oldest unread request that is none of the servers' own acknowledgements.
sip::Message next_request(Bench& bench) {
    auto message = bench.beyond_100();
    while (message.method() == sip::Method::Ack) message = bench.beyond_100();
    return message;
}

}  // namespace

TEST_CASE("a caller's request goes through his application servers in order of priority",
          "[TS24.229-5.4.3.2]") {
    Bench bench;
    const auto invite = call_by_alice(registered_with(
        bench, {Criterion{20, "sip:as2.other.example"}, Criterion{10, "sip:as1.other.example;x=y"},
                Criterion{15, "sip:as3.other.example", "MESSAGE"}}));
    bench.receive(invite.text());
    const auto first = bench.beyond_100();
    const auto routes = headers(first, "Route");
    REQUIRE(routes.size() == 2);
    CHECK(routes[0] == "<sip:as1.other.example;x=y;lr>");
    CHECK_THAT(routes[1], Catch::Matches("<sip:odi\\.[0-9a-f]{32}@scscf\\.ims\\.example:6060;lr;orig>"));
    CHECK(header(first, "P-Served-User") == "<sip:+15550001@ims.example>;sescase=orig;regstate=reg");
    CHECK_THAT(header(first, "P-Charging-Vector"), Contains("orig-ioi=\"Type 3ims.example\""));
    CHECK(headers(first, "P-Asserted-Identity").size() == 2);  // step 9
    CHECK_THAT(header(first, "Record-Route"), Contains("<sip:mo.") && Contains(".-a@"));
    CHECK(first.request_uri().text() == "sip:bob@ims.example");

    bench.receive(returned(first, invite).text());
    const auto second = bench.beyond_100();
    CHECK(headers(second, "Route")[0] == "<sip:as2.other.example;lr>");
    CHECK(headers(second, "Route")[1] != routes[1]);

    bench.receive(returned(second, invite, "call-as-2@as").text());
    const auto onwards = bench.beyond_100();
    CHECK_FALSE(onwards.has("Route"));
    CHECK_FALSE(onwards.has("P-Served-User"));  // step 14A
    CHECK_THAT(header(onwards, "P-Charging-Vector"), Contains("orig-ioi=\"ims.example\""));
    CHECK_THAT(header(onwards, "Record-Route"), Contains(".a-@"));
    CHECK(bench.note("scscf.session.attempted") != nullptr);
    CHECK(std::count_if(bench.notes.begin(), bench.notes.end(),
                        [](const Note& n) { return n.id == "scscf.session.attempted"; }) == 1);
}

TEST_CASE("an original dialog identifier goes on in its chain whatever the server changed, each time",
          "[TS24.229-5.4.3.4]") {
    Bench bench;
    const auto invite = call_by_alice(
        registered_with(bench, {Criterion{}, Criterion{2, "sip:as2.other.example", "MESSAGE"}}));
    bench.receive(invite.text());
    auto back = returned(bench.beyond_100(), invite);
    back.asserted = "<sip:someone@else.example>";
    back.uri = "sip:carol@ims.example";
    bench.receive(back.text());
    const auto onwards = bench.beyond_100();
    CHECK(onwards.request_uri().text() == "sip:carol@ims.example");
    CHECK(headers(onwards, "P-Asserted-Identity").size() == 1);

    // Once more, and as another request: the next criterion is for it.
    back.call_id = "other@as";
    back.method = "MESSAGE";
    bench.receive(back.text());
    CHECK(headers(bench.beyond_100(), "Route")[0] == "<sip:as2.other.example;lr>");
}

TEST_CASE("an identifier that nobody knows begins a new chain", "[TS24.229-5.4.3.4]") {
    Bench bench;
    auto invite = call_by_alice(registered_with(bench, {Criterion{}}));
    invite.route = "<sip:odi.00000000000000000000000000000000@scscf.ims.example:6060;lr;orig>";
    bench.receive(invite.text());
    CHECK(headers(bench.beyond_100(), "Route")[0] == "<sip:as1.other.example;lr>");
}

TEST_CASE("an identifier lives as long as its transaction and a little longer", "[TS24.229-5.4.3.4]") {
    Bench bench;
    auto message = call_by_alice(registered_with(bench, {Criterion{1, "sip:as1.other.example", "MESSAGE"}}));
    message.method = "MESSAGE";
    bench.receive(message.text());
    const auto at_server = bench.beyond_100();
    bench.respond(at_server, 202);
    CHECK(bench.take().status() == 202);
    auto back = returned(at_server, message);
    bench.advance(170s);
    bench.receive(back.text());
    CHECK_FALSE(bench.beyond_100().has("Route"));
    bench.advance(60s);
    bench.sent.clear();
    back.call_id = "later@as";
    bench.receive(back.text());
    CHECK(headers(bench.beyond_100(), "Route").size() == 2);
}

TEST_CASE("a request for a user goes through his application servers", "[TS24.229-5.4.3.3]") {
    Bench bench;
    registered_with(bench, {Criterion{1, "sip:as1.other.example", "INVITE", 1}});
    const auto invite = call_to_alice();
    bench.receive(invite.text());
    const auto at_server = bench.beyond_100();
    CHECK(headers(at_server, "Route")[0] == "<sip:as1.other.example;lr>");
    CHECK_THAT(headers(at_server, "Route")[1], !Contains("orig"));
    CHECK(header(at_server, "P-Served-User") == "<sip:+15550001@ims.example>;sescase=term;regstate=reg");
    CHECK(at_server.request_uri().text() == alice_sip.value());
    CHECK_THAT(header(at_server, "P-Charging-Vector"), Contains("orig-ioi=\"Type 3ims.example\""));

    auto back = returned(at_server, invite);
    back.uri = "tel:+15550001";  // an alias is the same user
    bench.receive(back.text());
    const auto to_alice = bench.beyond_100();
    CHECK(to_alice.request_uri().text() == "sip:alice@10.0.0.1:5060");
    CHECK_FALSE(to_alice.has("P-Served-User"));
    CHECK(headers(to_alice, "Route") == std::vector<std::string>{"<sip:term.7@pcscf.ims.example:5060;lr>"});
    CHECK_THAT(header(to_alice, "Record-Route"), Contains("<sip:mt.") && Contains(".a-@"));
}

TEST_CASE("an application server sees the public GRUU in place of a temporary one, which comes back",
          "[TS24.229-5.4.3.3]") {
    Bench bench;
    Register phone;
    phone.contact =
        "<sip:phone@10.0.0.1:5060>;expires=600;+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-"
        "000000000001>\"";
    phone.more = "Supported: path, gruu\r\n";
    const auto ok = bench.register_alice(phone);
    const auto contact = ok.get<sip::h::Contact>();
    REQUIRE(contact.has_value());
    cx::PushProfileRequest ppr;
    ppr.user_name = alice_impi;
    ppr.user_data = profile_with({Criterion{1, "sip:as1.other.example", "INVITE", 1}});
    bench.push(ppr);
    bench.sent.clear();

    auto invite = call_to_alice();
    invite.uri = *contact->address.params.get("temp-gruu");
    bench.receive(invite.text());
    const auto at_server = bench.beyond_100();
    CHECK(at_server.request_uri().text() == *contact->address.params.get("pub-gruu"));
    bench.receive(returned(at_server, invite).text());
    const auto to_phone = bench.beyond_100();
    CHECK(to_phone.request_uri().text() == "sip:phone@10.0.0.1:5060");
    CHECK(header(to_phone, "P-Called-Party-ID") ==
          "<" + std::string{*contact->address.params.get("pub-gruu")} + ">");
}

TEST_CASE("an application server that changes the Request-URI diverts the request", "[TS24.229-5.4.3.3]") {
    const auto diverted = [](const std::vector<Criterion>& criteria) {
        Bench bench;
        registered_with(bench, criteria);
        const auto invite = call_to_alice();
        bench.receive(invite.text());
        auto back = returned(bench.beyond_100(), invite);
        back.uri = "sip:carol@ims.example";
        bench.receive(back.text());
        return bench.beyond_100();
    };
    const Criterion first{1, "sip:as1.other.example", "INVITE", 1};
    const Criterion second{2, "sip:as2.other.example", "INVITE", 1};
    const auto onwards = diverted({first, second});  // no further criterion counts
    CHECK(onwards.request_uri().text() == "sip:carol@ims.example");
    CHECK_FALSE(onwards.has("Route"));
    CHECK_FALSE(onwards.has("P-Served-User"));
    CHECK(headers(onwards, "P-Asserted-Identity") == std::vector<std::string>{"<sip:bob@ims.example>"});

    const auto barring = diverted({first, second, Criterion{3, "sip:as3.other.example", "INVITE", 4}});
    CHECK(headers(barring, "Route")[0] == "<sip:as3.other.example;lr>");
    CHECK_THAT(headers(barring, "Route")[1], Contains(";orig"));
    CHECK(header(barring, "P-Served-User") == "<sip:+15550001@ims.example>;orig-cdiv;regstate=reg");
}

TEST_CASE("an application server answers for a user who is not registered", "[TS24.229-5.4.3.3]") {
    Bench bench;
    const auto invite = call_to_alice();
    bench.receive(invite.text());
    bench.answer(bench.ask<cx::ServerAssignmentRequest>(),
                 bench.assignment(profile_with({Criterion{1, "sip:as1.other.example", "INVITE", 1},
                                                Criterion{2, "sip:as2.other.example", "INVITE", 2}})));
    const auto at_server = bench.beyond_100();
    CHECK(headers(at_server, "Route")[0] == "<sip:as2.other.example;lr>");
    CHECK(header(at_server, "P-Served-User") == "<sip:+15550001@ims.example>;sescase=term;regstate=unreg");
    bench.receive(returned(at_server, invite).text());
    CHECK(bench.beyond_100().status() == 480);  // no server is left, nobody is there
}

TEST_CASE("an application server that says nothing is passed over, or ends the session",
          "[TS24.229-5.4.3.2]") {
    for (const auto* handling : {"", "0", "1"}) {
        INFO("DefaultHandling " << handling);
        Bench bench;
        const auto invite = call_by_alice(
            registered_with(bench, {Criterion{1, "sip:as1.other.example", "INVITE", 0, handling},
                                    Criterion{2, "sip:as2.other.example", "INVITE", 0, "1"}}));
        bench.receive(invite.text());
        const auto at_server = bench.beyond_100();
        bench.advance(4900ms);
        while (!bench.sent.empty()) {
            const auto message = bench.take();
            CHECK((message.status() == 100 || headers(message, "Route") == headers(at_server, "Route")));
        }
        bench.advance(200ms);
        const auto then = bench.beyond_100();
        if (std::string_view{handling} == "1") {
            CHECK(then.status() == 408);
            CHECK(bench.note("scscf.application_server.ended_session") != nullptr);
            CHECK(bench.note("scscf.application_server.passed_over") == nullptr);
            continue;
        }
        CHECK(headers(then, "Route")[0] == "<sip:as2.other.example;lr>");
        const auto* note = bench.note("scscf.application_server.passed_over");
        REQUIRE(note != nullptr);
        CHECK(note->field("peer") == "sip:as1.other.example");
        CHECK(note->field("reason") == "no answer");
        // It comes too late.
        bench.receive(returned(at_server, invite).text());
        CHECK(bench.beyond_100().status() == 481);
        // The second fails too, and ends it.
        bench.respond(then, 503);
        while (!bench.sent.empty() && bench.sent.front().method() == sip::Method::Ack) bench.take();
        CHECK(next_request(bench).status() == 500);
        CHECK(bench.note("scscf.application_server.ended_session") != nullptr);
    }
}

TEST_CASE("an application server that has brought the request back may take its time", "[TS24.229-5.4.3.2]") {
    Bench bench;
    auto message = call_by_alice(registered_with(bench, {Criterion{1, "sip:as1.other.example", "MESSAGE"}}));
    message.method = "MESSAGE";
    bench.receive(message.text());
    const auto at_server = bench.beyond_100();
    bench.receive(returned(at_server, message).text());
    bench.advance(20s);
    bench.sent.clear();
    CHECK(bench.note("scscf.application_server.passed_over") == nullptr);
    bench.respond(at_server, 202);
    CHECK(bench.beyond_100().status() == 202);
}

TEST_CASE("which responses of an application server are a failure", "[TS24.229-5.4.3.2]") {
    const Criterion criterion;
    const auto after = [&](int status, int before, bool comes_back) {
        Bench bench;
        const auto invite = call_by_alice(registered_with(bench, {criterion}));
        bench.receive(invite.text());
        const auto at_server = bench.beyond_100();
        if (before != 0) bench.respond(at_server, before);
        if (comes_back) bench.receive(returned(at_server, invite).text());
        bench.sent.clear();
        bench.respond(at_server, status);
        return next_request(bench);
    };
    for (const int status : {408, 500, 503, 599}) {
        INFO(status);
        CHECK(after(status, 0, false).is_request());
        CHECK(after(status, 100, false).is_request());  // 100 says that it came, not that it is served
        CHECK(after(status, 183, false).is_response());
        CHECK(after(status, 0, true).is_response());
    }
    for (const int status : {302, 403, 404, 480, 486, 600, 603}) {
        INFO(status);
        CHECK(after(status, 0, false).status() == status);
    }
}

TEST_CASE("after a failed application server the called user's contacts are tried", "[TS24.229-5.4.3.3]") {
    Bench bench;
    registered_with(bench, {Criterion{1, "sip:as1.other.example", "INVITE", 1}});
    const auto invite = call_to_alice();
    bench.receive(invite.text());
    bench.respond(bench.beyond_100(), 500);
    const auto to_alice = next_request(bench);
    REQUIRE(to_alice.is_request());
    CHECK(to_alice.request_uri().text() == "sip:alice@10.0.0.1:5060");
    CHECK_THAT(header(to_alice, "Record-Route"), !Contains(".a-@"));
    bench.respond(to_alice, 486);
    CHECK(next_request(bench).status() == 486);
}

TEST_CASE("a caller who gives up is not connected past a dead application server", "[TS24.229-5.4.3.2]") {
    Bench bench;
    const auto invite = call_by_alice(registered_with(bench, {Criterion{}}));
    bench.receive(invite.text());
    bench.sent.clear();
    auto cancel = replaced(invite.text(), "INVITE sip:bob", "CANCEL sip:bob");
    cancel = replaced(std::move(cancel), "1 INVITE", "1 CANCEL");
    bench.receive(cancel);
    bench.advance(40s);
    while (!bench.sent.empty()) {
        const auto message = bench.take();
        INFO(message.serialize());
        CHECK((message.is_response() || !headers(message, "Route").empty()));
    }
    CHECK(bench.note("scscf.application_server.passed_over") == nullptr);
}

TEST_CASE("a criterion that cannot be used is noted and passed over", "[TS29.228-F]") {
    Bench bench;
    const auto invite = call_by_alice(registered_with(bench, {Criterion{1, "no uri at all"}, Criterion{2}}));
    bench.receive(invite.text());
    CHECK(headers(bench.beyond_100(), "Route")[0] == "<sip:as1.other.example;lr>");
    const auto* note = bench.note("scscf.criterion.malformed");
    REQUIRE(note != nullptr);
    CHECK(note->field("priority") == "1");
    CHECK(note->field("detail") == "ServerName");
}

TEST_CASE("a registered user's session ends with his registration, the server's side too",
          "[TS24.229-5.4.5]") {
    Bench bench;
    const auto invite = call_by_alice(registered_with(bench, {Criterion{}}));
    bench.receive(invite.text());
    const auto at_server = bench.beyond_100();
    // The server is a B2BUA that has answered.
    bench.respond(
        at_server, 200,
        "Contact: <sip:as1.other.example>\r\nRecord-Route: " + header(at_server, "Record-Route") + "\r\n");
    CHECK(bench.beyond_100().status() == 200);
    Effects effects;
    bench.node.deregister(alice_sip, Removal::Deactivated, bench.now, effects);
    bench.absorb(effects);
    std::vector<std::string> ended;
    while (!bench.sent.empty())
        if (const auto message = bench.take(); message.method() == sip::Method::Bye)
            ended.push_back(message.request_uri().text());
    CHECK(ended == std::vector<std::string>{"sip:alice@10.0.0.1:5060", "sip:as1.other.example"});
}
