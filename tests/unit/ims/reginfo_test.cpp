#include "common/ims/reginfo.hpp"

#include "tests/unit/ims/schema.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::reginfo;

namespace {

Document document() {
    Contact contact;
    contact.id = "c1";
    contact.event = ContactEvent::Registered;
    contact.duration_registered = 12;
    contact.expires = 599'988;
    contact.q = "0.8";
    contact.call_id = "abc@ue";
    contact.cseq = 2;
    contact.uri = "sip:alice@192.0.2.1:5060;transport=tcp";
    contact.display_name = "Alice & Co";
    contact.unknown_params = {{"reg-id", "1"}, {"+sip.instance", "\"<urn:gsma:imei:35-1>\""}};
    contact.pub_gruu = "sip:alice@ims.example;gr=1";
    contact.temp_gruu = "sip:x@ims.example;gr";
    contact.temp_gruu_first_cseq = 17;
    Contact gone;
    gone.id = "c2";
    gone.active = false;
    gone.event = ContactEvent::Probation;
    gone.retry_after = 30;
    gone.uri = "sip:alice@192.0.2.2";
    Document d;
    d.version = 3;
    d.registrations = {{.aor = "sip:alice@ims.example",
                        .id = "r1",
                        .state = State::Active,
                        .contacts = {contact, gone},
                        .wildcarded_identity = {}},
                       {.aor = "sip:desk7@pbx.example",
                        .id = "r2",
                        .state = State::Terminated,
                        .contacts = {},
                        .wildcarded_identity = "sip:desk!.*!@pbx.example"}};
    return d;
}

}  // namespace

TEST_CASE("a printed reginfo document is valid under RFC 3680's schema and reads back the same",
          "[RFC3680-5.4]") {
    const auto xml = print(document());
    CHECK(test::schema_errors(xml, "reginfo-rfc3680.xsd") == "");
    const auto again = parse(xml);
    REQUIRE(again.has_value());
    CHECK((*again == document()));
}

TEST_CASE("what is agreed with a user is printed as actions and reads back the same", "[TS24.229-7.10.3.2]") {
    auto d = document();
    auto& p = d.registrations[0].policy;
    p.resource_priorities = {{"wps", "1"}, {"ets", "0"}};
    p.privileged_sender = true;
    p.privileged_in_private = true;
    p.private_network = Policy::PrivateNetwork::Insert;
    p.private_domain = "sip:hq.example";
    d.registrations[1].policy.private_network = Policy::PrivateNetwork::Forward;
    const auto xml = print(d);
    CHECK(test::schema_errors(xml, "reginfo-rfc3680.xsd") == "");
    CHECK(
        xml.find("<cp:actions><eri:rph ns=\"wps\" val=\"1\"/><eri:rph ns=\"ets\" val=\"0\"/><eri:privSender/>"
                 "<eri:pni insert=\"ins\" domain=\"sip:hq.example\"/><eri:privSenderPNI/></cp:actions>") !=
        std::string::npos);
    CHECK(xml.find("<cp:actions><eri:pni insert=\"fwd\"/></cp:actions>") != std::string::npos);
    const auto again = parse(xml);
    REQUIRE(again.has_value());
    CHECK((*again == d));
}

TEST_CASE("an empty partial document is one too", "[RFC3680-5.1]") {
    Document d;
    d.full = false;
    CHECK(test::schema_errors(print(d), "reginfo-rfc3680.xsd") == "");
    CHECK((*parse(print(d)) == d));
}

TEST_CASE("a document with prefixes and extensions of others is read", "[RFC3680-5.1]") {
    const auto parsed = parse(R"(<?xml version="1.0"?>
<ri:reginfo xmlns:ri="urn:ietf:params:xml:ns:reginfo" xmlns:x="urn:x" version="1" state="partial">
  <ri:registration aor="sip:a@b" id="1" state="terminated">
    <ri:contact id="2" state="terminated" event="deactivated"><ri:uri> sip:a@192.0.2.1 </ri:uri><x:y/></ri:contact>
    <x:actions><x:privSender/></x:actions>
  </ri:registration>
</ri:reginfo>)");
    REQUIRE(parsed.has_value());
    CHECK_FALSE(parsed->full);
    const auto& registration = parsed->registrations.at(0);
    CHECK(registration.state == State::Terminated);
    CHECK(registration.contacts.at(0).event == ContactEvent::Deactivated);
    CHECK(registration.contacts.at(0).uri == "sip:a@192.0.2.1");
}

TEST_CASE("a document that breaks the schema where it matters is refused", "[RFC3680-5.1]") {
    CHECK_FALSE(parse("").has_value());
    CHECK_FALSE(parse("<reginfo state=\"full\"/>").has_value());
    CHECK_FALSE(parse("<reginfo version=\"-1\" state=\"full\"/>").has_value());
    CHECK_FALSE(parse("<reginfo version=\"1\" state=\"half\"/>").has_value());
    CHECK_FALSE(parse("<presence version=\"1\" state=\"full\"/>").has_value());
    const auto with = [](const std::string& contact) {
        return parse(
            "<reginfo version=\"1\" state=\"full\"><registration aor=\"sip:a@b\" id=\"1\" state=\"active\">" +
            contact + "</registration></reginfo>");
    };
    CHECK(
        with("<contact id=\"1\" state=\"active\" event=\"created\"><uri>sip:a</uri></contact>").has_value());
    CHECK_FALSE(
        with("<contact id=\"1\" state=\"active\" event=\"vanished\"><uri>sip:a</uri></contact>").has_value());
    CHECK_FALSE(
        with("<contact id=\"1\" state=\"asleep\" event=\"created\"><uri>sip:a</uri></contact>").has_value());
    CHECK_FALSE(with("<contact id=\"1\" state=\"active\" event=\"created\"/>").has_value());
    CHECK_FALSE(with("<contact id=\"1\" state=\"active\" event=\"created\" "
                     "expires=\"soon\"><uri>sip:a</uri></contact>")
                    .has_value());
}

TEST_CASE(
    "a character that XML has a use for is escaped, and a control character left out, wherever it stands",
    "[RFC3680-5]") {
    const auto escaped = [](char c) -> std::string {
        switch (c) {
            case '&': return "&amp;";
            case '<': return "&lt;";
            case '>': return "&gt;";
            case '"': return "&quot;";
            case '\t':
            case '\n':
            case '\r': return {c};
            default: return static_cast<unsigned char>(c) < 0x20 ? "" : std::string{c};
        }
    };
    reginfo::Document document;
    document.registrations.emplace_back().contacts.emplace_back();
    auto& uri = document.registrations.front().contacts.front().uri;
    for (std::size_t at = 0; at < 18; ++at)
        for (int c = 0; c < 256; ++c) {
            uri = "abcdefghijklmnopqr";
            uri[at] = static_cast<char>(c);
            std::string expected;
            for (const char each : uri) expected += escaped(each);
            if (reginfo::print(document).find("<uri>" + expected + "</uri>") == std::string::npos)
                FAIL("character " << c << " at " << at);
        }
}
