#include "tests/unit/why/support.hpp"

#include <set>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::why;
using namespace ims::why::test;

TEST_CASE("what is no answer of a service is not taken for one", "[why]") {
    CHECK_FALSE(read_account("").has_value());
    CHECK_FALSE(read_account("[]").has_value());
    CHECK_FALSE(read_account("{\"service\":\"pcscf\"}").has_value());
    const auto empty =
        read_account(R"({"service":"pcscf","now":5,"entries":[{"kind":"of a later version"},17]})");
    REQUIRE(empty.has_value());
    CHECK(empty->entries.empty());
    CHECK(empty->now == 5);
}

TEST_CASE("services are asked again with what others found, until nothing is new, each once for the same",
          "[why]") {
    std::vector<std::vector<std::string>> asked(2);
    const auto story =
        gather("key", {"pcscf", "icscf"}, [&](std::size_t n, const std::vector<std::string>& keys) {
            std::string all;
            for (const auto& k : keys) all += k + " ";
            asked[n].push_back(all);
            Told told{n == 0 ? "pcscf" : "icscf", "UDP 192.0.2.1:5060"};
            if (n == 0) told.json["keys"]["call_id"] = {"leg-1"};
            if (n == 0) told.json["keys"]["icid"] = {"icid-1"};
            const bool knows = std::find(keys.begin(), keys.end(), "icid-1") != keys.end();
            if (n == 1 && knows) told.json["keys"] = {{"call_id", {"leg-2"}}, {"icid", {"icid-1"}}};
            return Result<Account, Silence>{told.account()};
        });
    CHECK(asked[0] == std::vector<std::string>{"key ", "key leg-2 "});
    CHECK(asked[1] == std::vector<std::string>{"key ", "icid-1 key leg-1 "});
    CHECK(story.accounts.size() == 2);
}

TEST_CASE("a service that does not answer is named, and the others are heard", "[why]") {
    const auto story =
        gather("key", {"pcscf (a:1)", "hss (b:2)"}, [](std::size_t n, const std::vector<std::string>&) {
            if (n == 1) return Result<Account, Silence>{Silence{"Connection refused"}};
            return Result<Account, Silence>{Told{"pcscf", "UDP 192.0.2.1:5060"}.account()};
        });
    CHECK(story.silent == std::vector<std::string>{"hss (b:2): Connection refused"});
    CHECK(story.accounts.size() == 1);
}

TEST_CASE("the HSS is asked about whom the others asked it", "[why]") {
    std::vector<std::string> of_hss;
    (void)gather("call-1", {"icscf", "hss"}, [&](std::size_t n, const std::vector<std::string>& keys) {
        if (n == 1) {
            of_hss = keys;
            return Result<Account, Silence>{Told{"hss", "TCP 192.0.2.4:3868"}.account()};
        }
        Told told{"icscf", "UDP 192.0.2.2:5060"};
        told.json["entries"].push_back({{"at", 1},
                                        {"turn", 1},
                                        {"kind", "cx_request"},
                                        {"direction", "out"},
                                        {"id", 1},
                                        {"command", "LIR"},
                                        {"impu", "tel:+15550002"}});
        return Result<Account, Silence>{told.account()};
    });
    CHECK(of_hss == std::vector<std::string>{"call-1", "tel:+15550002"});
}

TEST_CASE("of a registration only the last attempt counts", "[why]") {
    const auto request = [](int cseq) {
        return message("REGISTER sip:ims.example SIP/2.0", std::to_string(cseq) + " REGISTER");
    };
    const auto response = [](std::string_view status, int cseq) {
        return message("SIP/2.0 " + std::string{status}, std::to_string(cseq) + " REGISTER");
    };
    Told told{"pcscf", "UDP 192.0.2.1:5060"};
    told.sip(1'000, "in", "192.0.2.9:5060", request(1))
        .sip(2'000, "out", "192.0.2.9:5060", response("403 Forbidden", 1));
    told.sip(9'000, "in", "192.0.2.9:5060", request(2))
        .sip(9'500, "out", "192.0.2.9:5060", response("200 OK", 2));
    const auto story = story_of("a", {told.account()});
    const auto procedures = procedures_of(story);
    REQUIRE(procedures.size() == 1);
    CHECK(procedures[0].end == Procedure::End::Success);
    CHECK(procedures[0].began == 9'000);
    CHECK(procedures[0].entries.size() == 2);
    CHECK(answer_to(story).verdict.outcome == Verdict::Outcome::Fine);
}

TEST_CASE("fragments without their beginning are said to be such", "[why]") {
    Told told{"pcscf", "UDP 192.0.2.1:5060"};
    told.sip(2'000, "out", "192.0.2.9:5060", message("SIP/2.0 403 Forbidden"));
    const auto story = story_of("a", {told.account()});
    CHECK(answer_to(story).verdict.cause == "beginning-overwritten");
}

TEST_CASE("two P-CSCFs are two, whatever their turns are numbered", "[why]") {
    Told first{"pcscf", "UDP 192.0.2.1:5060"};
    first.sip(1'000, "in", "192.0.2.9:5060", message("REGISTER sip:ims.example SIP/2.0"));
    Told second{"pcscf", "UDP 192.0.2.3:5060"};
    second.sip(1'000, "in", "192.0.2.8:5060",
               message("REGISTER sip:ims.example SIP/2.0", "1 REGISTER", "c2"));
    const auto story = story_of("a", {first.account(), second.account()});
    const auto procedures = procedures_of(story);
    REQUIRE(procedures.size() == 2);
    CHECK(procedures[0].entries.size() == 1);
    CHECK(procedures[0].entrance == "pcscf");
    CHECK(procedures[1].entrance == "pcscf 2");
    CHECK(ladder_of(procedures[1], {}).columns[1] == "P-CSCF 2");
}

TEST_CASE("names in a sentence are filled in, those without a value left out", "[why]") {
    CHECK(filled("The {a} has {b}.{c}", {{"a", "HSS"}, {"b", "none"}}) == "The HSS has none.");
    CHECK(filled("no names", {}) == "no names");
    CHECK(filled("unclosed {a", {{"a", "x"}}) == "unclosed ");
}

TEST_CASE("causes have different ids, a sentence and something to do", "[why]") {
    std::set<std::string_view> ids;
    for (const auto& cause : causes()) {
        INFO(cause.id);
        CHECK(ids.insert(cause.id).second);
        CHECK(cause.sentence.ends_with('.') != cause.sentence.ends_with('}'));
        CHECK(cause.action.ends_with('.'));
        CHECK(find_cause(cause.id) == &cause);
    }
    CHECK(ids.size() > 40);
    CHECK(find_cause("no such cause") == nullptr);
}
