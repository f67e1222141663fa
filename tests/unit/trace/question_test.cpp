#include "tests/unit/trace/support.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::trace;
using namespace ims::trace::test;

namespace {

constexpr auto impi = "001010000000001@ims.mnc001.mcc001.3gppnetwork.org";
constexpr auto impu = "sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org";
constexpr auto bob = "sip:+15550002@ims.mnc001.mcc001.3gppnetwork.org";

// Alice registers, and calls Bob through an application server; Carol registers.
Memory two_stories() {
    Memory memory{4U << 20};
    memory.turn(received(request("REGISTER", impu, impu, "reg-a",
                                 "Authorization: Digest username=\"" + std::string{impi} + "\"\r\n")),
                {Note{Severity::Info, "pcscf.registration.forwarded", {{"call_id", "reg-a"}}}}, at(0));
    std::string ok = "SIP/2.0 200 OK\r\nFrom: <" + std::string{impu} + ">;tag=1\r\nTo: <" + impu +
                     ">\r\nCall-ID: reg-a\r\nCSeq: 1 REGISTER\r\nP-Associated-URI: <tel:+15550001>, <" +
                     impu + ">\r\n\r\n";
    memory.turn(received(ok), {}, at(1));
    memory.turn(received(request("REGISTER", "sip:carol@ims.example", "sip:carol@ims.example", "reg-c")), {},
                at(2));
    memory.turn(received(request("INVITE", "tel:+15550001", bob, "call-1",
                                 "P-Charging-Vector: icid-value=\"icid-7\"\r\n")),
                {}, at(3));
    memory.turn(received(request("INVITE", "sip:as@ims.example", bob, "call-2",
                                 "P-Charging-Vector: icid-value=icid-7;orig-ioi=x\r\n")),
                {}, at(4));
    memory.turn(received(request("REGISTER", bob, bob, "reg-b")), {}, at(5));
    return memory;
}

std::vector<std::string> call_ids(const nlohmann::json& answer) {
    return answer["keys"]["call_id"].get<std::vector<std::string>>();
}

}  // namespace

TEST_CASE("an identity is found by what is the same in all its forms", "[trace]") {
    CHECK(essence("001010000000001") == "001010000000001");
    CHECK(essence(impi) == "001010000000001");
    CHECK(essence("sip:001010000000001@ims.mnc01.mcc001.3gppnetwork.org") == "001010000000001");
    CHECK(essence("tel:+1-555-0001") == "15550001");
    CHECK(essence("sip:+15550001@ims.example;user=phone") == "15550001");
    CHECK(essence("sip:Alice@IMS.Example:5060;transport=udp") == "Alice@ims.example");
    CHECK(essence("") == "");
}

TEST_CASE(
    "every key of a subscriber finds his registration and his calls, with their other legs, and nobody "
    "else's",
    "[trace]") {
    const auto memory = two_stories();
    for (const auto* key : {"001010000000001", "15550001", "+15550001", "tel:+15550001", impi, impu})
        CHECK(call_ids(ask(memory, {key})) == std::vector<std::string>{"call-1", "call-2", "reg-a"});
}

TEST_CASE("a Call-ID or an ICID finds the call with its other legs, not the parties' registrations",
          "[trace]") {
    const auto memory = two_stories();
    CHECK(call_ids(ask(memory, {"call-1"})) == std::vector<std::string>{"call-1", "call-2"});
    CHECK(call_ids(ask(memory, {"icid-7"})) == std::vector<std::string>{"call-1", "call-2"});
    CHECK(call_ids(ask(memory, {"nothing"})).empty());
}

TEST_CASE("what names nobody comes with the turn it belongs to, and an answer with its request", "[trace]") {
    Memory memory{4U << 20};
    cx::LocationInfoRequest lir;
    lir.public_identity = Impu{"tel:+15550002"};
    memory.turn(received(request("INVITE", "tel:+15550001", bob, "call-1")),
                {cx::Send{cx::RequestId{1}, lir, {}}, sip::dns::Query{"ims.example", sip::dns::Type::Naptr}},
                at(0));
    memory.turn(cx::SendFailed{cx::RequestId{1}, cx::SendFailed::Reason::NoPeer, "no open connection"}, {},
                at(1));
    memory.turn(cx::SendFailed{cx::RequestId{2}, cx::SendFailed::Reason::NoPeer, "of somebody else"}, {},
                at(2));
    memory.turn(received(request("BYE", "tel:+15550001", bob, "call-1")),
                {sent(request("BYE", "tel:+15550001", bob, "call-1"), 42)}, at(3));
    memory.turn(sip::TransportFailed{42, "connection refused"}, {}, at(4));
    memory.turn(sip::TransportFailed{43, "of somebody else"}, {}, at(5));

    const auto entries = ask(memory, {"call-1"})["entries"];
    std::vector<std::string> kinds;
    for (const auto& e : entries) kinds.push_back(e["kind"]);
    CHECK(kinds == std::vector<std::string>{"sip", "cx_request", "dns_query", "cx_failed", "sip", "sip",
                                            "transport_failed"});
    CHECK(entries.dump().find("somebody else") == std::string::npos);
}

TEST_CASE("of too many entries the latest are told, and how many were left off", "[trace]") {
    Memory memory{4U << 20};
    for (int n = 0; n < 100; ++n) memory.turn(received(request("REGISTER", impu, impu, "c")), {}, at(n));
    const auto answer = ask(memory, {"001010000000001"}, {10});
    CHECK(answer["left_off"] == 90);
    REQUIRE(answer["entries"].size() == 10);
    CHECK(answer["entries"][0]["at"] == at(90).time_since_epoch().count());
}

TEST_CASE("what is overwritten between two steps is missing in the answer and nothing worse", "[trace]") {
    Memory memory{1U << 20};
    memory.turn(received(request("REGISTER", impu, impu, "early")), {}, at(0));
    Question question{memory, {"001010000000001"}};
    while (question.step()) {
    }
    for (int n = 0; n < 1000; ++n) memory.turn(received(request("REGISTER", impu, impu, "late")), {}, at(1));
    CHECK(nlohmann::json::parse(question.answer())["entries"].empty());
}
