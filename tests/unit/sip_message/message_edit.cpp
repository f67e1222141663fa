#include "common/sip/message/message.hpp"
#include "tests/unit/sip_message/support.hpp"

#include <catch2/catch.hpp>

// Editing and building messages.
using namespace ims::sip;
using ims::sip::test::options_with;
using ims::sip::test::parsed;
using ims::sip::test::text_of;

namespace {

NameAddr address(std::string_view text) {
    return *NameAddr::parse(text);
}

}  // namespace

TEST_CASE("a proxy's edits touch their own lines only", "[RFC3261-16.6]") {
    auto m = parsed(options_with({"X-Odd :  kept  \r\n as is", "l:   0"}));
    auto via = m.top_via();
    via.params.set("received", "192.0.2.9");
    m.remove_first<h::Via>();
    m.prepend<h::Via>(via);
    m.set<h::MaxForwards>(69);
    m.append<h::RecordRoute>(address("<sip:us;lr>"));
    const auto out = m.serialize();
    CHECK(out.find("X-Odd :  kept  \r\n as is\r\n") != std::string::npos);
    CHECK(out.find("l:   0\r\n") != std::string::npos);
    CHECK(out.find("Max-Forwards: 69\r\n") != std::string::npos);
    CHECK(parsed(out).top_via() == via);
    CHECK(parsed(out).get<h::RecordRoute>()->uri.host == "us");
    CHECK(parsed(out).serialize() == out);
}

TEST_CASE("a value is put first, last and away", "[RFC3261-16.4][RFC3261-16.6]") {
    auto m = parsed(options_with({"Route: <sip:a;lr> , <sip:b;lr>"}));
    m.prepend<h::Route>(address("<sip:zero;lr>"));
    m.append<h::Route>(address("<sip:c;lr>"));
    CHECK(m.raw_all(HeaderId::Route) ==
          std::vector<std::string_view>{"<sip:zero;lr>", "<sip:a;lr> , <sip:b;lr>", "<sip:c;lr>"});
    m.remove_first<h::Route>();
    m.remove_first<h::Route>();
    CHECK(m.raw_all(HeaderId::Route) == std::vector<std::string_view>{"<sip:b;lr>", "<sip:c;lr>"});
    m.remove_first<h::Route>();
    m.remove_first<h::Route>();
    CHECK(!m.has<h::Route>());
    m.remove_first<h::Route>();
    CHECK(!m.has<h::Route>());
    m.set_all<h::Route>({address("<sip:d>"), address("<sip:e>")});
    CHECK(m.all<h::Route>()->size() == 2);
    m.set<h::Route>(address("<sip:f>"));
    CHECK(m.raw_all(HeaderId::Route) == std::vector<std::string_view>{"<sip:f>"});
}

TEST_CASE("a new Via is the first line and a new Route comes after the Vias", "[RFC3261-7.3.1]") {
    auto m = parsed(options_with());
    m.prepend<h::Path>(address("<sip:p;lr>"));
    CHECK(m.lines()[1].id == HeaderId::Path);
    m.remove<h::Via>();
    m.prepend<h::Via>(*codec::parse_value<h::Via>("SIP/2.0/UDP us"));
    CHECK(m.lines()[0].id == HeaderId::Via);
}

TEST_CASE("headers are set and removed by name, known or not", "[RFC3261-7.3.1]") {
    auto m = parsed(options_with({"X-A: 1", "x-a: 2", "Subject: s"}));
    m.remove("X-a");
    CHECK(!m.has("x-a"));
    m.remove("s");
    CHECK(!m.has<h::Subject>());
    m.append_raw("X-New", "v");
    m.append_raw("k", "path");
    m.set_raw(HeaderId::Server, "me");
    m.prepend_raw(HeaderId::Supported, "gruu");
    CHECK(m.raw("x-new") == "v");
    CHECK(m.raw(HeaderId::Supported) == "gruu");
    CHECK(m.has_option(HeaderId::Supported, "path"));
    CHECK(parsed(m.serialize()).raw("Server") == "me");
}

TEST_CASE("no value can bring a line of its own", "[RFC3261-7.3.1]") {
    auto m = parsed(options_with());
    m.set<h::Subject>("one\r\nRoute: <sip:evil>\r\n\r\n");
    m.append_raw("X", "a\nb");
    auto from = *m.get<h::From>();
    from.display_name = "a\r\nb";
    m.set<h::From>(from);
    m.set_request_uri(Uri::sip("bob", "example.com"));
    const auto again = parsed(m.serialize());
    CHECK(!again.has<h::Route>());
    CHECK(*again.get<h::Subject>() == "one Route: <sip:evil>");
    CHECK(again.raw("X") == "a b");
    CHECK(again.get<h::From>()->display_name.find('\n') == std::string::npos);
    CHECK(again.header_count() == m.header_count() + 1);
    auto response = Message::response(m, 400, "Bad\r\nX: y");
    CHECK(parsed(response.serialize()).reason() == "Bad X: y");
}

TEST_CASE("a copy is edited alone", "[RFC3261-16.6]") {
    const auto m = parsed(options_with());
    auto fork = m;
    fork.set_request_uri(Uri::sip("carol", "example.org"));
    fork.set<h::CallId>("other");
    CHECK(m.call_id() == "c1");
    CHECK(m.request_uri().host == "example.com");
    CHECK(fork.serialize().starts_with("OPTIONS sip:carol@example.org SIP/2.0\r\n"));
}

TEST_CASE("a body is set and taken away with what describes it", "[RFC3261-7.4]") {
    auto m = parsed(options_with({"Content-Length: 3", "Content-Type: text/plain"}, "abc"));
    m.set_body("v=0\r\n", "application/sdp");
    auto out = parsed(m.serialize());
    CHECK(out.body() == "v=0\r\n");
    CHECK(out.get<h::ContentType>()->token == "application/sdp");
    CHECK(*out.get<h::ContentLength>() == 5);
    m.clear_body();
    CHECK(m.body().empty());
    out = parsed(m.serialize());
    CHECK(!out.has<h::ContentType>());
    CHECK(*out.get<h::ContentLength>() == 0);
}

TEST_CASE("a wrong Content-Length never leaves", "[RFC3261-20.14]") {
    auto m = parsed(options_with({"Content-Length: 3"}, "abc"));
    m.set<h::ContentLength>(7);
    CHECK(*parsed(m.serialize()).get<h::ContentLength>() == 3);
    m.remove<h::ContentLength>();
    CHECK(*parsed(m.serialize()).get<h::ContentLength>() == 3);
}

TEST_CASE("a request is built from nothing", "[RFC3261-8.1.1]") {
    auto m = Message::request(Method::Register, *Uri::parse("sip:example.com"));
    m.set<h::Via>(*codec::parse_value<h::Via>("SIP/2.0/UDP ue;branch=z9hG4bK1"));
    m.set<h::From>(address("<sip:a@example.com>;tag=1"));
    m.set<h::To>(address("<sip:a@example.com>"));
    m.set<h::CallId>("c");
    m.set<h::CSeq>({1, Method::Register, "REGISTER"});
    CHECK(m.serialize() == text_of({"REGISTER sip:example.com SIP/2.0", "Via: SIP/2.0/UDP ue;branch=z9hG4bK1",
                                    "From: <sip:a@example.com>;tag=1", "To: <sip:a@example.com>",
                                    "Call-ID: c", "CSeq: 1 REGISTER", "Content-Length: 0"}));
    CHECK(m.body().empty());
    CHECK(Message::request("FOO", Uri::tel("1")).method_name() == "FOO");
    CHECK(Message::request("BYE", Uri::tel("1")).method() == Method::Bye);
}

TEST_CASE("a response copies what the transaction is known by", "[RFC3261-8.2.6]") {
    const auto request =
        parsed(options_with({"v: SIP/2.0/TCP b;branch=z9hG4bK2", "Timestamp: 54", "Subject: s"}));
    const auto ok = Message::response(request, 200, {}, "t9");
    CHECK(
        ok.serialize() ==
        text_of({"SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
                 "v: SIP/2.0/TCP b;branch=z9hG4bK2", "From: <sip:alice@example.com>;tag=a1",
                 "To: <sip:bob@example.com>;tag=t9", "Call-ID: c1", "CSeq: 1 OPTIONS", "Content-Length: 0"}));
    const auto trying = Message::response(request, 100, {}, "t9");
    CHECK(trying.to_tag().empty());
    CHECK(trying.has<h::Timestamp>());
    CHECK(!ok.has<h::Timestamp>());
    CHECK(ok.method() == Method::Options);
    auto odd = Message::response(request, 403, "Not You");
    CHECK(odd.to_tag().empty());
    CHECK(odd.serialize().starts_with("SIP/2.0 403 Not You\r\n"));
    odd.set_status(500);
    CHECK(odd.reason() == "Server Internal Error");
}

TEST_CASE("a tag that is there is not given twice", "[RFC3261-8.2.6.2]") {
    const auto request = parsed(options_with({"To: <sip:bob@example.com>;tag=b1"}));
    CHECK(Message::response(request, 200, {}, "new").raw(HeaderId::To) == "<sip:bob@example.com>;tag=b1");
}

TEST_CASE("the top branch is that of the Via on top now", "[RFC3261-16.6]") {
    auto m = parsed(options_with({"Via: SIP/2.0/UDP a;branch=z9hG4bKa, SIP/2.0/UDP b;branch=z9hG4bKb"}));
    const auto copy = m;
    CHECK(m.top_branch() == "z9hG4bKa");
    m.remove_first<h::Via>();
    CHECK(m.top_branch() == "z9hG4bKb");
    m.prepend_raw(HeaderId::Via, "SIP/2.0/UDP us;branch=z9hG4bKus");
    CHECK(m.top_branch() == "z9hG4bKus");
    m.set_raw(HeaderId::Via, "SIP/2.0/UDP us");
    CHECK(m.top_branch().empty());
    m.remove<h::Via>();
    CHECK(m.top_branch().empty());
    CHECK(copy.top_branch() == "z9hG4bKa");
    CHECK(Message::response(copy, 200).top_branch() == "z9hG4bKa");
}

TEST_CASE("a header that was taken away may come back", "[RFC3261-7.3.1]") {
    auto m = parsed(options_with({"Subject: one", "Subject: two"}));
    m.remove<h::Subject>();
    CHECK(!m.has<h::Subject>());
    m.append<h::Subject>("three");
    m.prepend<h::Subject>("two");
    m.set<h::Event>(TokenParams{"reg", false, {}});
    CHECK(m.raw_all(HeaderId::Subject) == std::vector<std::string_view>{"two", "three"});
    std::vector<std::string_view> each;
    m.each_raw(HeaderId::Subject, [&](std::string_view value) { each.push_back(value); });
    CHECK(each == m.raw_all(HeaderId::Subject));
    CHECK(m.has<h::Event>());
    m.append_raw("X-Odd", "1");
    CHECK(m.has("x-odd"));
    const auto copy = m;
    m.remove(HeaderId::Subject);
    CHECK(m.raw_all(HeaderId::Subject).empty());
    CHECK(copy.has<h::Subject>());
}
