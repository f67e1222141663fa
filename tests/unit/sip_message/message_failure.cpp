#include "common/sip/message/message.hpp"
#include "tests/unit/sip_message/support.hpp"

#include <catch2/catch.hpp>

// What parse() refuses, and what it says.
using namespace ims::sip;
using ims::sip::test::options_with;
using ims::sip::test::text_of;

namespace {

ParseFailure failure(std::string_view text, const Limits& limits = {}) {
    auto message = Message::parse(text, limits);
    if (message) FAIL("accepted:\n" << text);
    return std::move(message.error());
}

}  // namespace

TEST_CASE("a mistake in a header everybody needs names it", "[RFC3261-8.1.1]") {
    const std::pair<std::string, std::string> wrong[] = {
        {"Via: SIP/2.0/UDP", "Bad Via"},
        {"From: alice", "Bad From"},
        {"To: <sip:bob", "Bad To"},
        {"Call-ID: a b", "Bad Call-ID"},
        {"Call-ID:", "Bad Call-ID"},
        {"CSeq: x", "Bad CSeq"},
        {"CSeq: 1 INVITE", "CSeq Method Does Not Match"},
        {"Max-Forwards: 256", "Bad Max-Forwards"},
        {"Max-Forwards: many", "Bad Max-Forwards"},
        {"Content-Length: 1", "Content-Length Too Large"},
        {"Content-Length: 99999999999999999999999", "Bad Content-Length"},
        {"i: again", "Duplicate Call-ID"},
        {"no colon", "Bad Header Line"},
        {": no name", "Bad Header Line"},
        {"na me: x", "Bad Header Line"},
    };
    for (const auto& [line, reason] : wrong) {
        const auto f = failure(options_with({line}));
        CHECK(f.reason == reason);
        CHECK(f.status == 400);
    }
}

TEST_CASE("a mandatory header that is missing is named", "[RFC3261-8.1.1]") {
    for (const std::string name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
        auto text = options_with();
        const auto begin = text.find("\r\n" + name + ":") + 2;
        text.erase(begin, text.find("\r\n", begin) + 2 - begin);
        const auto f = failure(text);
        CHECK(f.reason == "Missing " + name);
        CHECK(f.answerable == (name != "Via"));
    }
}

TEST_CASE("the offset points into the mistake", "[RFC3261-21.4.1]") {
    const auto text = options_with({"From: <sip:alice@>;tag=1"});
    const auto f = failure(text);
    CHECK(f.header == HeaderId::From);
    CHECK(text.substr(f.offset - 6, 7) == "alice@>");
}

TEST_CASE("an ACK and a response are never answered", "[RFC3261-17.1.1.3]") {
    CHECK(!failure(text_of({"ACK sip:b SIP/2.0", "Via: SIP/2.0/UDP h", "CSeq: x"})).answerable);
    CHECK(!failure(text_of({"SIP/2.0 200 OK", "Via: SIP/2.0/UDP h", "CSeq: x"})).answerable);
    CHECK(failure(text_of({"FOO sip:b SIP/2.0", "Via: SIP/2.0/UDP h", "CSeq: x"})).answerable);
}

TEST_CASE("a lone CR or LF among the headers is refused", "[RFC3261-7.3.1]") {
    CHECK(failure("OPTIONS sip:b SIP/2.0\nVia: SIP/2.0/UDP h\n\n").status == 400);
    CHECK(failure(options_with({"Subject: a\nRoute: <sip:evil>"})).reason == "Stray CR Or LF");
    CHECK(failure(options_with({"Subject: a\rb"})).reason == "Stray CR Or LF");
}

TEST_CASE("the limits are kept", "[RFC3261-21.5.7]") {
    Limits limits;
    limits.message_octets = 400;
    limits.header_lines = 10;
    limits.header_octets = 100;
    CHECK(Message::parse(options_with(), limits).has_value());
    CHECK(failure(options_with({}, std::string(400, 'x')), limits).status == 513);
    CHECK(failure(options_with({}, std::string(400, 'x')), limits).answerable);
    CHECK(failure(options_with({"Subject: " + std::string(100, 'x')}), limits).reason == "Header Too Long");
    std::vector<std::string> many;
    for (char c = 'a'; c < 'f'; ++c) many.push_back(std::string{"X-"} + c + ": 1");
    CHECK(failure(options_with(many), limits).reason == "Too Many Header Lines");
}

TEST_CASE("status lines are three digits of version 2.0", "[RFC3261-7.2]") {
    for (const std::string line :
         {"SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 20 OK", "SIP/2.0 2000 OK", "SIP/3.0 200 OK", "SIP/2.0"})
        CHECK(failure(text_of({line})).reason == "Bad Status-Line");
}

TEST_CASE("an empty text and octets of another protocol are no message", "[RFC3261-7]") {
    for (const std::string& text :
         {std::string{}, std::string{"\r\n"}, std::string{"\0\0\0\0", 4},
          std::string{"GET / HTTP/1.1\r\nHost: h\r\n\r\n"}, std::string(70000, 'A')}) {
        const auto f = failure(text);
        CHECK(!f.answerable);
        CHECK(f.status >= 400);
    }
}
