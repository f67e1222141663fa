#include "tests/ue/shell/script.hpp"

#include "tests/ue/shell/options.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::ue;
using Kind = Step::Kind;

namespace {

std::vector<Step> steps(const std::vector<std::string>& words) {
    auto script = parse_script(words);
    if (!script) FAIL(script.error());
    return *script;
}

std::string mistake(const std::vector<std::string>& words) {
    const auto script = parse_script(words);
    return script ? "none" : script.error();
}

std::variant<Options, int> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "ims-ue");
    return parse_options(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("a script is steps with what belongs to them") {
    const auto script =
        steps({"register", "message",   "sip:+1555@d", "hello", "call",   "tel:+1",    "5",      "call",
               "tel:+2",   "--seconds", "0.5",         "call",  "tel:+3", "answer",    "reject", "486",
               "receive",  "receive",   "hi",          "wait",  "2",      "deregister"});
    REQUIRE(script.size() == 11);
    CHECK(script[1].kind == Kind::Message);
    CHECK(script[1].target == "sip:+1555@d");
    CHECK(script[1].text == "hello");
    CHECK(script[2].time == 5s);
    CHECK(script[3].time == 500ms);
    CHECK(script[3].written == "call tel:+2 --seconds 0.5");
    CHECK_FALSE(script[4].time);
    CHECK(script[5].kind == Kind::Answer);
    CHECK(script[6].status == 486);
    CHECK(script[7].text.empty());
    CHECK(script[8].text == "hi");
    CHECK(script[10].kind == Kind::Deregister);
}

TEST_CASE("a script with a mistake is refused with the step that has it") {
    CHECK(mistake({}) == "nothing to do");
    CHECK(mistake({"register", "dance"}) == "no such step: dance");
    CHECK(mistake({"call"}) == "call wants a URI");
    CHECK(mistake({"call", "register"}) == "call wants a URI");
    CHECK(mistake({"message", "tel:+1"}) == "message wants a URI and a text");
    CHECK(mistake({"wait"}) == "wait wants seconds");
    CHECK(mistake({"wait", "-1"}) == "wait wants seconds");
    CHECK(mistake({"reject", "200"}) == "reject wants a status from 300 to 699, not 200");
}

TEST_CASE("an IMSI and a card are enough to be somebody", "[TS23.003-13]") {
    const auto parsed =
        parse({"--pcscf", "127.0.1.10", "--imsi", "310410000000001", "--mcc", "310", "--mnc", "410", "--k",
               "465b5ce8b199b49faa5f0a2ee238a6bc", "--op", "cdc202d5123e20f62b6d676ac72cb318", "--transport",
               "TCP", "--local", "127.0.0.9:5070", "--json", "register"});
    const auto* options = std::get_if<Options>(&parsed);
    REQUIRE(options != nullptr);
    CHECK(options->ue.impi.value() == "310410000000001@ims.mnc410.mcc310.3gppnetwork.org");
    CHECK(options->ue.impu.value() == "sip:310410000000001@ims.mnc410.mcc310.3gppnetwork.org");
    CHECK(options->ue.pcscf.text() == "127.0.1.10:5060");
    CHECK(options->ue.local.text() == "127.0.0.9:5070");
    CHECK(options->ue.transport == sip::Transport::Tcp);
    CHECK(options->ue.timers == sip::gm_timers);
    CHECK(options->json);
    const auto& card = std::get<Card>(options->ue.credentials);
    CHECK(hex(std::get<crypto::MilenageKeys>(card.keys).opc) == "cd63cb71954a9f4e48a5994e37a02baf");
    CHECK(options->script.size() == 1);
}

TEST_CASE("options that do not make a UE end with status 2, help with 0") {
    const auto status = [](std::vector<const char*> words) {
        const auto parsed = parse(std::move(words));
        const auto* number = std::get_if<int>(&parsed);
        return number == nullptr ? -1 : *number;
    };
    CHECK(status({"--help"}) == 0);
    CHECK(status({"register"}) == 2);
    CHECK(status({"--pcscf", "127.0.0.1", "register"}) == 2);
    CHECK(status({"--pcscf", "127.0.0.1", "--imsi", "001010000000001", "register"}) == 2);
    CHECK(status({"--pcscf", "127.0.0.1", "--imsi", "001010000000001", "--k", "00", "--opc", "00",
                  "register"}) == 2);
    CHECK(status({"--pcscf", "nowhere", "--imsi", "001010000000001", "--password", "x", "register"}) == 2);
    CHECK(status({"--pcscf", "127.0.0.1", "--imsi", "001010000000001", "--password", "x"}) == 2);
    CHECK(status({"--pcscf", "127.0.0.1", "--imsi", "001010000000001", "--password", "x", "register"}) == -1);
}
