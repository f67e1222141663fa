#include "common/sip/dialog/dialog.hpp"

#include <catch2/catch.hpp>

using namespace ims::sip;

namespace {

Message parsed(const std::string& text) {
    auto message = Message::parse(text);
    REQUIRE(message.has_value());
    return *message;
}

Message invite() {
    return parsed(
        "INVITE sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nMax-Forwards: "
        "70\r\n"
        "From: \"Alice\" <sip:alice@a.example>;tag=a1\r\nTo: <sip:bob@b.example>\r\nCall-ID: c1\r\nCSeq: 7 "
        "INVITE\r\n"
        "Contact: <sip:alice@192.0.2.1>\r\n"
        "Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>\r\nContent-Length: 0\r\n\r\n");
}

Message answer(int status, const std::string& extra = "Contact: <sip:bob@192.0.2.2>\r\n") {
    return parsed(
        "SIP/2.0 " + std::to_string(status) +
        " X\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: \"Alice\" <sip:alice@a.example>;tag=a1\r\n"
        "To: <sip:bob@b.example>;tag=b1\r\nCall-ID: c1\r\nCSeq: 7 INVITE\r\n"
        "Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>\r\n" +
        extra + "Content-Length: 0\r\n\r\n");
}

std::vector<std::string> routes(const Message& m) {
    std::vector<std::string> out;
    for (const auto& route : *m.all<h::Route>()) out.push_back(route.uri.text());
    return out;
}

}  // namespace

TEST_CASE("the caller sends through the recorded route backwards, to the callee's contact",
          "[RFC3261-12.1.2]") {
    auto dialog = Dialog::of_response(invite(), answer(200));
    REQUIRE(dialog);
    CHECK(dialog->state == Dialog::State::Confirmed);
    auto bye = dialog->request(Method::Bye);
    CHECK(bye.request_uri().text() == "sip:bob@192.0.2.2");
    CHECK(routes(bye) == std::vector<std::string>{"sip:p1.example;lr", "sip:p2.example;lr"});
    CHECK(bye.cseq().number == 8);
    CHECK(bye.from_tag() == "a1");
    CHECK(bye.to_tag() == "b1");
    CHECK(bye.call_id() == "c1");
    CHECK(dialog->request(Method::Info).cseq().number == 9);
}

TEST_CASE("the callee sends through the recorded route as it stands", "[RFC3261-12.1.1]") {
    auto dialog = Dialog::of_request(invite(), "b1");
    REQUIRE(dialog);
    CHECK(dialog->state == Dialog::State::Early);
    auto bye = dialog->request(Method::Bye);
    CHECK(bye.request_uri().text() == "sip:alice@192.0.2.1");
    CHECK(routes(bye) == std::vector<std::string>{"sip:p2.example;lr", "sip:p1.example;lr"});
    CHECK(bye.from_tag() == "b1");
    CHECK(bye.to_tag() == "a1");
    CHECK(bye.cseq().number == 1);
}

TEST_CASE("an early dialog takes the route set of the 2xx", "[RFC3261-13.2.2.4]") {
    auto dialog = Dialog::of_response(invite(), answer(183));
    REQUIRE(dialog);
    CHECK(dialog->state == Dialog::State::Early);
    auto ok = answer(200, "Contact: <sip:bob@192.0.2.9>\r\n");
    ok.set_raw(HeaderId::RecordRoute, "<sip:p9.example;lr>");
    dialog->confirm(ok);
    CHECK(dialog->state == Dialog::State::Confirmed);
    CHECK(routes(dialog->ack(7)) == std::vector<std::string>{"sip:p9.example;lr"});
    CHECK(dialog->ack(7).request_uri().text() == "sip:bob@192.0.2.9");
    CHECK(dialog->ack(7).cseq().number == 7);

    // A later 2xx (re-INVITE) moves the target and never the route set.
    ok.set_raw(HeaderId::RecordRoute, "<sip:p8.example;lr>");
    dialog->confirm(ok);
    CHECK(routes(dialog->ack(8)) == std::vector<std::string>{"sip:p9.example;lr"});
}

TEST_CASE("no dialog without a tag, and none from a 2xx without a contact", "[RFC3261-12.1]") {
    auto untagged = answer(180);
    untagged.set_raw(HeaderId::To, "<sip:bob@b.example>");
    CHECK_FALSE(Dialog::of_response(invite(), untagged));
    CHECK_FALSE(Dialog::of_response(invite(), answer(200, "")));
    CHECK(Dialog::of_response(invite(), answer(180, "")));
    auto no_contact = invite();
    no_contact.remove<h::Contact>();
    CHECK_FALSE(Dialog::of_request(no_contact, "b1"));
}

TEST_CASE("a strict first router gets the Request-URI and the target goes last in Route",
          "[RFC3261-12.2.1.1]") {
    auto ok = answer(200);
    ok.set_raw(HeaderId::RecordRoute, "<sip:p2.example;lr>, <sip:p1.example;method=INVITE?x=y>");
    auto dialog = Dialog::of_response(invite(), ok);
    REQUIRE(dialog);
    const auto bye = dialog->request(Method::Bye);
    CHECK(bye.request_uri().text() == "sip:p1.example");
    CHECK(routes(bye) == std::vector<std::string>{"sip:p2.example;lr", "sip:bob@192.0.2.2"});
}

TEST_CASE("requests of the peer come in order of CSeq", "[RFC3261-12.2.2]") {
    auto dialog = Dialog::of_request(invite(), "b1");
    REQUIRE(dialog);
    auto next = invite();
    next.set<h::CSeq>({8, Method::Update, "UPDATE"});
    CHECK(dialog->accept(next) == Dialog::Order::InOrder);
    CHECK(dialog->accept(next) == Dialog::Order::OutOfOrder);
    next.set<h::CSeq>({7, Method::Update, "UPDATE"});
    CHECK(dialog->accept(next) == Dialog::Order::OutOfOrder);
    next.set<h::CSeq>({20, Method::Update, "UPDATE"});
    CHECK(dialog->accept(next) == Dialog::Order::InOrder);
}

TEST_CASE("a dialog is Call-ID and both tags", "[RFC3261-12]") {
    auto dialog = Dialog::of_response(invite(), answer(200));
    REQUIRE(dialog);
    CHECK(dialog->matches_response(answer(200)));
    auto bye = Dialog::of_request(invite(), "b1")->request(Method::Bye);  // the peer's
    CHECK(dialog->matches_request(bye));
    bye.set_raw(HeaderId::To, "<sip:alice@a.example>;tag=a2");
    CHECK_FALSE(dialog->matches_request(bye));
    CHECK(dialog_key("c1", "a1", "b1") != dialog_key("c1", "a1b", "1"));
}

TEST_CASE("a target refresh moves the remote target", "[RFC3261-12.2.2]") {
    auto dialog = Dialog::of_request(invite(), "b1");
    REQUIRE(dialog);
    auto update = invite();
    update.set_raw(HeaderId::Contact, "<sip:alice@192.0.2.77;transport=tcp>");
    dialog->refresh_target(update);
    CHECK(dialog->request(Method::Bye).request_uri().text() == "sip:alice@192.0.2.77;transport=tcp");
}
