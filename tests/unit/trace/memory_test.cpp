#include "common/trace/memory.hpp"

#include "tests/unit/trace/support.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::trace;
using namespace ims::trace::test;

namespace {

std::string ue(int n) {
    return "sip:00101000000" + std::to_string(1000 + n) + "@ims.example";
}

}  // namespace

TEST_CASE("a memory of no octets keeps nothing and answers nothing", "[trace]") {
    Memory memory{0};
    CHECK_FALSE(memory.on());
    memory.turn(received(request("REGISTER", ue(1), ue(1), "a")), {}, at(0));
    memory.note(Note{Severity::Error, "diameter.peer.unreachable"}, at(0));
    CHECK(memory.shelves().empty());
}

TEST_CASE("one UE that never stops does not push the others out", "[trace]") {
    Memory memory{4U << 20};
    for (int n = 0; n < 50; ++n)
        memory.turn(received(request("REGISTER", ue(n), ue(n), "call" + std::to_string(n))), {}, at(n));
    for (int n = 0; n < 100'000; ++n)  // ten times the whole memory, each with a Call-ID of its own
        memory.turn(received(request("OPTIONS", ue(999), ue(999), "noise" + std::to_string(n))), {}, at(100));
    int kept = 0;
    for (int n = 0; n < 50; ++n) kept += ask(memory, {"call" + std::to_string(n)})["entries"].empty() ? 0 : 1;
    CHECK(kept >= 47);  // those that share its shelf may be gone: one of 63
    CHECK(ask(memory, {"noise99999"})["entries"].size() == 1);
    CHECK(ask(memory, {"noise0"})["entries"].empty());
}

TEST_CASE("the memory never takes more than it was given", "[trace]") {
    Memory memory{2U << 20};
    for (int n = 0; n < 20'000; ++n)
        memory.turn(received(request("MESSAGE", ue(n % 500), ue(1), "c" + std::to_string(n))),
                    {sent(request("MESSAGE", ue(n % 500), ue(1), "c" + std::to_string(n)))}, at(n));
    std::uint64_t octets = 0;
    for (const auto& shelf : memory.shelves()) octets += shelf.end() - shelf.oldest();
    CHECK(octets <= 2U << 20);
    CHECK(octets > 1U << 20);
}

TEST_CASE("what the shell warns of lies apart from what UEs say", "[trace]") {
    Memory memory{1U << 20};
    memory.note(Note{Severity::Error, "diameter.peer.unreachable"}.with("peer", "hss.ims.example"), at(0));
    for (int n = 0; n < 20'000; ++n)
        memory.turn(received(request("OPTIONS", ue(n), ue(1), "noise" + std::to_string(n))), {}, at(1));
    const auto answer = ask(memory, {"noise19999"});
    REQUIRE(answer["entries"].size() == 2);
    CHECK(answer["entries"][0]["id"] == "diameter.peer.unreachable");
    CHECK(answer["entries"][0]["fields"]["peer"] == "hss.ims.example");
}

TEST_CASE("what cannot be read lies with where it came from, and keep-alives nowhere", "[trace]") {
    Memory memory{1U << 20};
    memory.note(Note{Severity::Error, "diameter.peer.unreachable"}, at(0));
    for (int n = 0; n < 20'000; ++n) {
        memory.turn(received("nonsense " + std::string(200, 'x')), {}, at(1));
        memory.turn(received("\r\n\r\n"), {}, at(1));
    }
    CHECK(ask(memory, {"nobody"})["entries"].size() == 1);
    std::size_t entries = 0;
    for (const auto& shelf : memory.shelves())
        for (auto place = shelf.oldest(); place < shelf.end(); place = shelf.next(place))
            if (shelf.head(place).kind == Kind::SipIn) {
                ++entries;
                CHECK(shelf.fields(place).back().starts_with("nonsense"));
            }
    CHECK(entries > 10);
}

TEST_CASE("of a Cx command who and with what result is kept, never a vector, a key or a profile", "[trace]") {
    Memory memory{1U << 20};
    cx::MultimediaAuthAnswer maa;
    maa.result = cx::ResultCode::Success;
    auto& item = maa.sip_auth_data_item.emplace_back();
    item.sip_authenticate = Octets(32, 'A');
    item.sip_authorization = Octets(8, 'B');
    item.confidentiality_key = Octets(16, 'C');
    item.integrity_key = Octets(16, 'D');
    item.sip_digest_authenticate = cx::SipDigestAuthenticate{"realm", {}, "auth", "EEEEEEEE"};
    cx::MultimediaAuthRequest mar;
    mar.user_name = Impi{"user@ims.example"};
    mar.public_identity = Impu{"sip:user@ims.example"};
    cx::ServerAssignmentAnswer saa;
    saa.user_data = "<IMSSubscription>FFFFFFFF</IMSSubscription>";
    memory.turn(received(request("REGISTER", ue(1), ue(1), "a")),
                {cx::Send{cx::RequestId{7}, mar, "hss.ims.example"}}, at(0));
    memory.turn(cx::AnswerArrived{cx::RequestId{7}, maa, "hss.ims.example"}, {}, at(1));
    memory.turn(cx::AnswerArrived{cx::RequestId{7}, saa, "hss.ims.example"}, {}, at(2));

    Question question{memory, {"user@ims.example"}};
    const auto text = question.answer();
    for (const auto* secret : {"AAAA", "BBBB", "CCCC", "DDDD", "EEEE", "FFFF", "4141", "4343"})
        CHECK(text.find(secret) == std::string::npos);
    const auto entries = nlohmann::json::parse(text)["entries"];
    REQUIRE(entries.size() == 3);
    CHECK(entries[0]["command"] == "MAR");
    CHECK(entries[0]["impi"] == "user@ims.example");
    CHECK(entries[1]["command"] == "MAA");
    CHECK(entries[1]["result"] == "DIAMETER_SUCCESS (2001)");
}
