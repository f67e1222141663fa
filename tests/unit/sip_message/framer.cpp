#include "common/sip/message/framer.hpp"

#include "tests/unit/sip_message/support.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sip;
using ims::sip::test::options_with;

namespace {

// What a framer says until it wants more: "message", "ping", "pong", "broken <status>".
std::vector<std::string> fed(Framer& framer, std::string_view octets) {
    framer.feed(octets);
    std::vector<std::string> said;
    for (;;) {
        const auto item = framer.next();
        if (std::holds_alternative<Framer::NeedMore>(item)) return said;
        if (std::holds_alternative<Framer::Ping>(item)) said.push_back("ping");
        if (std::holds_alternative<Framer::Pong>(item)) said.push_back("pong");
        if (std::holds_alternative<Buffer>(item)) said.push_back("message");
        if (const auto* broken = std::get_if<Framer::Broken>(&item)) {
            said.push_back("broken " + std::to_string(broken->status));
            return said;
        }
    }
}

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("two messages in one segment are two messages", "[RFC3261-18.3]") {
    const auto one = options_with({"Content-Length: 4"}, "body");
    const auto two = options_with({"l:0"});
    Framer framer;
    framer.feed(one + two);
    CHECK(*std::get<Buffer>(framer.next()) == one);
    CHECK(*std::get<Buffer>(framer.next()) == two);
    CHECK(std::holds_alternative<Framer::NeedMore>(framer.next()));
    CHECK(framer.buffered() == 0);
}

TEST_CASE("a message that arrives octet by octet is delivered with its last one", "[RFC3261-18.3]") {
    const auto text = options_with({"Content-Length : \r\n 4"}, "body");
    Framer framer;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) REQUIRE(fed(framer, text.substr(i, 1)).empty());
    framer.feed(text.substr(text.size() - 1));
    CHECK(*std::get<Buffer>(framer.next()) == text);
}

TEST_CASE("keep-alives between messages are told from messages", "[RFC5626-4.4.1]") {
    Framer framer;
    CHECK(fed(framer, "\r\n\r\n") == Said{"ping"});
    CHECK(fed(framer, options_with({"l: 0"}) + "\r\n\r\n" + options_with({"l: 0"})) ==
          Said{"message", "ping", "message"});
    CHECK(fed(framer, "\r\n") == Said{"pong"});
    CHECK(fed(framer, options_with({"l: 0"})) == Said{"message"});
    CHECK(fed(framer, "\r\n" + options_with({"l: 0"})) == Said{"pong", "message"});
}

TEST_CASE("a ping in two halves is not lost", "[RFC5626-4.4.1]") {
    Framer framer;
    CHECK(fed(framer, "\r\n") == Said{"pong"});
    CHECK(fed(framer, "\r\n") == Said{"ping"});
    CHECK(fed(framer, "\r").empty());
    CHECK(fed(framer, "\n\r").empty());
    CHECK(fed(framer, "\n") == Said{"ping"});
}

TEST_CASE("a stream without Content-Length cannot be cut and is given up for good", "[RFC3261-20.14]") {
    Framer framer;
    framer.feed(options_with());
    const auto broken = std::get<Framer::Broken>(framer.next());
    CHECK(broken.status == 400);
    CHECK(broken.head == options_with());
    CHECK(Message::parse(broken.head).has_value());  // enough to answer
    CHECK(fed(framer, options_with({"l: 0"})) == Said{"broken 400"});
}

TEST_CASE("a length that is no length, or two that differ, end the stream", "[RFC3261-18.3]") {
    for (const auto& lines :
         {Said{"Content-Length: -1"}, Said{"Content-Length: x"}, Said{"Content-Length: 1", "l: 2"}}) {
        Framer framer;
        CHECK(fed(framer, options_with(lines)) == Said{"broken 400"});
    }
    Framer framer;
    CHECK(fed(framer, options_with({"Content-Length: 0", "l: 0"})) == Said{"message"});
}

TEST_CASE("what is larger than the limit is refused before it is collected", "[RFC3261-21.5.7]") {
    Framer body{1000};
    CHECK(fed(body, options_with({"Content-Length: 1000"})) == Said{"broken 513"});
    Framer headers{1000};
    CHECK(fed(headers, "OPTIONS sip:x SIP/2.0\r\nSubject: " + std::string(1000, 'x')) == Said{"broken 513"});
    Framer huge{1000};
    CHECK(fed(huge, options_with({"Content-Length: 99999999999999999999999"})) == Said{"broken 400"});
}

TEST_CASE("a stray CR between messages ends the stream", "[RFC5626-4.4.1]") {
    Framer framer;
    CHECK(fed(framer, "\rX") == Said{"broken 400"});
}
