#include "common/sip/message/message.hpp"

#include "tests/unit/sip_message/support.hpp"

#include <catch2/catch.hpp>

// Reading messages.
using namespace ims::sip;
using ims::sip::test::options_with;
using ims::sip::test::parsed;
using ims::sip::test::text_of;

TEST_CASE("a request gives what everybody asks for", "[RFC3261-8.1.1]") {
    const auto m = parsed(options_with({"To: <sip:bob@example.com>;tag=\"x\";tag2=1"}, "body"));
    CHECK(m.is_request());
    CHECK(m.method() == Method::Options);
    CHECK(m.method_name() == "OPTIONS");
    CHECK(m.request_uri().text() == "sip:bob@example.com");
    CHECK(m.call_id() == "c1");
    CHECK(m.cseq().number == 1);
    CHECK(m.from_tag() == "a1");
    CHECK(m.top_via().branch() == "z9hG4bK1");
    CHECK(m.body() == "body");
    CHECK(m.header_count() == 6);
}

TEST_CASE("a tag is found behind whatever stands in front of it", "[RFC3261-19.3]") {
    const auto tag = [](const std::string& from) {
        return std::string{parsed(options_with({"From: " + from})).from_tag()};
    };
    CHECK(tag("\";tag=no\" <sip:a@b;tag=no>;x=\";tag=no\";TAG = yes ;y") == "yes");
    CHECK(tag("sip:a@b;tag=yes") == "yes");
    CHECK(tag("A B <sip:a@b;tag=no>;tag=yes ;x=1;tag=no") == "yes");
    CHECK(tag("\"a>;tag=no\" <sip:a@b>;tag=yes") == "yes");
    CHECK(tag("<sip:a@b>;x=\">;tag=no\";tag=yes") == "yes");
    CHECK(tag("<sip:a@b>;tag=") == "");
    CHECK(tag("sip:a@b") == "");
    CHECK(tag("\"a\\\"b\" <sip:a@b>\r\n ;tag=1") == "1");
}

TEST_CASE("a response has the method of its CSeq", "[RFC3261-7.2]") {
    const auto m =
        parsed(text_of({"SIP/2.0 183 Session Progress", "Via: SIP/2.0/UDP h;branch=z9hG4bK1",
                        "From: <sip:a@b>;tag=1", "To: <sip:b@c>;tag=2", "Call-ID: 1", "CSeq: 7 FOO"}));
    CHECK(m.is_response());
    CHECK(m.status() == 183);
    CHECK(m.reason() == "Session Progress");
    CHECK(m.method() == Method::Other);
    CHECK(m.method_name() == "FOO");
    CHECK(m.to_tag() == "2");
}

TEST_CASE("an absent header and a malformed one are told apart, each time the same", "[RFC3261-7.3]") {
    const auto m = parsed(options_with({"Expires: soon"}));
    for (int i = 0; i < 2; ++i) {
        CHECK(m.get<h::MinExpires>().error().absent());
        const auto expires = m.get<h::Expires>();
        REQUIRE(!expires);
        CHECK(!expires.error().absent());
    }
    CHECK(m.all<h::Contact>()->empty());
    CHECK(!m.all<h::Expires>());
}

TEST_CASE("a list header is read across commas and lines", "[RFC3261-7.3.1]") {
    const auto m = parsed(options_with({"Route: <sip:a;lr>,<sip:b;lr>", "X: 1", "Route:<sip:c;lr>",
                                        "k: path , ,100rel,", "Supported: gruu", "Allow:"}));
    const auto text =
        text_of({"OPTIONS sip:b SIP/2.0", "Via: SIP/2.0/UDP h", "Route: <sip:a;lr>,<sip:b;lr>",
                 "From: sip:a@b", "To: sip:a", "Call-ID: 1", "route:<sip:c;lr>", "CSeq: 1 OPTIONS"});
    const auto routes = parsed(text).all<h::Route>();
    REQUIRE(routes.has_value());
    REQUIRE(routes->size() == 3);
    CHECK((*routes)[2].uri.host == "c");
    CHECK(parsed(text).get<h::Route>()->uri.host == "a");
    CHECK(m.has_option(HeaderId::Supported, "PATH"));
    CHECK(m.has_option(HeaderId::Supported, "100rel"));
    CHECK(!m.has_option(HeaderId::Supported, "10"));
    CHECK(!m.has_option(HeaderId::Require, "path"));
    CHECK(m.all<h::Allow>()->empty());
}

TEST_CASE("one malformed value spoils the list but not the values before it", "[RFC3261-7.3.1]") {
    const auto m = parsed(options_with({"Route: <sip:a;lr>, <nothing>"}));
    CHECK(m.get<h::Route>().has_value());
    CHECK(!m.all<h::Route>());
}

TEST_CASE("unknown headers are found by name and listed in order", "[RFC3261-7.3.1]") {
    const auto m = parsed(options_with({"X-One:  1 ", "x-two: 2"}));
    CHECK(m.raw("X-TWO") == "2");
    CHECK(m.has("x-one"));
    CHECK(!m.has("x-three"));
    CHECK(m.raw("v") == m.raw(HeaderId::Via));
    const auto lines = m.lines();
    CHECK(lines[6].name == "X-One");
    CHECK(lines[6].value == "1");
    CHECK(lines[6].id == HeaderId::Unknown);
}

TEST_CASE("CRLFs in front of a start line are no part of the message", "[RFC3261-7.5]") {
    CHECK(parsed("\r\n\r\n" + options_with({"l: 0"})).serialize() == options_with({"l: 0"}));
}

TEST_CASE("without Content-Length a datagram's body goes to its end, and the length is written",
          "[RFC3261-18.3]") {
    const auto m = parsed(options_with({}, "0123456789"));
    CHECK(m.body() == "0123456789");
    CHECK(m.serialize() == options_with({"Content-Length: 10"}, "0123456789"));
}

TEST_CASE("a copy shares the octets it came in", "[RFC3261-16.6]") {
    const auto buffer = make_buffer(options_with());
    const auto m = Message::parse(buffer);
    REQUIRE(m.has_value());
    const auto copy = *m;
    CHECK(copy.call_id().data() == m->call_id().data());
    CHECK(copy.call_id().data() >= buffer->data());
    CHECK(buffer.use_count() == 3);
}
