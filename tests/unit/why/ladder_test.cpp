#include "common/why/markup.hpp"
#include "tests/unit/why/support.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::why;
using namespace ims::why::test;

namespace {

// P-CSCF and I-CSCF, both telling; the I-CSCF has not heard the second REGISTER.
Story two_services() {
    const auto first = message("REGISTER sip:ims.example SIP/2.0");
    const auto forwarded = message("REGISTER sip:ims.example SIP/2.0", "1 REGISTER");
    Told pcscf{"pcscf", "UDP 192.0.2.1:5060"};
    pcscf.sip(1'000, "in", "192.0.2.9:5060", first).sip(2'000, "out", "192.0.2.2:5060", forwarded);
    pcscf.sip(500'000, "out", "192.0.2.2:5060", forwarded);
    Told icscf{"icscf", "UDP 192.0.2.2:5060"};
    icscf.sip(3'000, "in", "192.0.2.1:5060", forwarded);
    return story_of("a", {pcscf.account(), icscf.account()});
}

}  // namespace

TEST_CASE("a message that two services remember is one arrow, one that did not arrive is marked", "[why]") {
    const auto story = two_services();
    const auto procedures = procedures_of(story);
    REQUIRE(procedures.size() == 1);
    const auto ladder = ladder_of(procedures[0], {procedures[0].entries[0]});
    CHECK(ladder.columns == std::vector<std::string>{"UE 192.0.2.9:5060", "P-CSCF", "I-CSCF"});
    REQUIRE(ladder.steps.size() == 3);
    CHECK_FALSE(ladder.steps[1].lost);
    CHECK(ladder.steps[2].lost);
    CHECK(ladder.text() ==
          "                  UE 192.0.2.9:5060          P-CSCF               I-CSCF\n"
          "00:00:00.001000            |--REGISTER--------->|                    |   <===\n"
          "00:00:00.002000            |                    |--REGISTER--------->|\n"
          "00:00:00.500000            |                    |--REGISTER---------x|\n");
}

TEST_CASE("the drawn ladder is well-formed whatever stands in a message", "[why]") {
    Told pcscf{"pcscf", "UDP 192.0.2.1:5060"};
    pcscf.sip(1'000, "in", "192.0.2.9:5060", message("REGISTER sip:ims.example SIP/2.0"))
        .sip(2'000, "out", "192.0.2.9:5060", message("SIP/2.0 403 <b>&\"no\"</b>"));
    const auto story = story_of("<script>", {pcscf.account()});
    const auto answer = answer_to(story);
    const auto page = html_of(answer, story);
    CHECK(page.find("<script>") == std::string::npos);
    CHECK(page.find("<b>&\"") == std::string::npos);
    CHECK(answer.verdict.ladder.svg().find("403 &lt;b&gt;&amp;&quot;no&quot;&lt;/b&gt;") !=
          std::string::npos);
}

TEST_CASE("times are written as a clock with microseconds, in UTC", "[why]") {
    CHECK(clock_text(0) == "00:00:00.000000");
    CHECK(clock_text(1'767'225'600'000'000 + 3'723'000'042) == "01:02:03.000042");
}

TEST_CASE("what a message says is text in a page, whatever stands in it", "[why]") {
    CHECK(escaped("<script>alert(\"1\" & '2')</script>") ==
          "&lt;script&gt;alert(&quot;1&quot; &amp; '2')&lt;/script&gt;");
    CHECK(escaped("a\r\nb\tc\x01\x1b") == "a\nb\tc");
    CHECK(escaped("\xc3\xa9") == "\xc3\xa9");
}
