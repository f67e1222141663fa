#include "common/ims/reginfo.hpp"
#include "tests/unit/scscf/bench.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;

namespace {

const std::string phone_id = "<urn:uuid:00000000-0000-4000-8000-000000000001>";
const std::string tablet_id = "<urn:uuid:00000000-0000-4000-8000-000000000002>";

Register device(const std::string& name, const std::string& id) {
    Register r;
    r.call_id = name + "@ue";
    r.contact = "<sip:" + name + "@10.0.0.1:5060>;expires=600;+sip.instance=\"" + id + "\"";
    r.path = "<sip:term." + name + "@pcscf.ims.example:5060;lr>";
    r.more = "Supported: path, gruu\r\n";
    return r;
}
Register phone() {
    return device("phone", phone_id);
}
Register tablet() {
    return device("tablet", tablet_id);
}

std::string contact_param(const sip::Message& ok, std::string_view user, std::string_view name) {
    const auto contacts = ok.all<sip::h::Contact>();
    REQUIRE(contacts.has_value());
    for (const auto& contact : *contacts)
        if (contact.address.uri.user == user)
            return std::string{contact.address.params.get(name).value_or("")};
    return {};
}

// What a request to that URI becomes: its Request-URI, or the status it is refused with.
std::string delivered(Bench& bench, const std::string& uri, const std::string& call_id) {
    Request request;
    request.method = "MESSAGE";
    request.uri = uri;
    request.asserted = "<sip:bob@ims.example>";
    request.call_id = call_id;
    bench.receive(request.text(), "127.0.1.20:4060");
    const auto sent = bench.beyond_100();
    return sent.is_response() ? std::to_string(sent.status()) : sent.request_uri().text();
}

}  // namespace

TEST_CASE("a UE that can use GRUUs gets a public and a temporary one for its device",
          "[TS24.229-5.4.1.2.2F][TS24.229-5.4.7A]") {
    Bench bench;
    const auto ok = bench.register_alice(phone());
    // To is barred: those of the default identity.
    CHECK(contact_param(ok, "phone", "pub-gruu") ==
          "sip:+15550001@ims.example;gr=urn:uuid:00000000-0000-4000-8000-000000000001");
    const auto temporary = contact_param(ok, "phone", "temp-gruu");
    CHECK_THAT(temporary, Contains("@ims.example;gr") && !Contains("15550001"));
    CHECK(ok.raw_all(sip::HeaderId::Require).empty());  // RFC 5627 5.2
}

TEST_CASE("without the option tag or an instance id there is no GRUU", "[RFC5627-5.2]") {
    Bench bench;
    auto r = phone();
    SECTION("no option tag") {
        r.more = "Supported: path\r\n";
    }
    SECTION("no instance id") {
        r.contact = "<sip:phone@10.0.0.1:5060>;expires=600";
    }
    const auto ok = bench.register_alice(r);
    CHECK(contact_param(ok, "phone", "pub-gruu").empty());
    CHECK(contact_param(ok, "phone", "temp-gruu").empty());
}

TEST_CASE("a GRUU leads to its device and to no other of the user", "[TS24.229-5.4.3.3][RFC5627-6.1]") {
    Bench bench;
    const auto first = bench.register_alice(phone());
    const auto second = bench.register_alice(tablet());
    CHECK(delivered(bench, contact_param(first, "phone", "pub-gruu"), "m1") == "sip:phone@10.0.0.1:5060");
    CHECK(delivered(bench, contact_param(second, "tablet", "pub-gruu"), "m2") == "sip:tablet@10.0.0.1:5060");
    CHECK(delivered(bench, contact_param(first, "phone", "temp-gruu"), "m3") == "sip:phone@10.0.0.1:5060");
    CHECK(delivered(bench, contact_param(second, "tablet", "temp-gruu"), "m4") == "sip:tablet@10.0.0.1:5060");
    // The barred identity has GRUUs too, to nobody's use.
    CHECK(delivered(bench, "sip:001010000000001@ims.example;gr=urn:uuid:00000000-0000-4000-8000-000000000001",
                    "m5") == "404");
}

TEST_CASE("P-Called-Party-ID of a temporary GRUU is the public one", "[TS24.229-5.4.3.3]") {
    Bench bench;
    const auto ok = bench.register_alice(phone());
    Request request;
    request.method = "MESSAGE";
    request.uri = contact_param(ok, "phone", "temp-gruu");
    bench.receive(request.text(), "127.0.1.20:4060");
    CHECK(header(bench.beyond_100(), "P-Called-Party-ID") ==
          "<" + contact_param(ok, "phone", "pub-gruu") + ">");
}

TEST_CASE("what is no GRUU of ours is 404, a device that is away 480", "[TS24.229-5.4.3.3][RFC5627-5.3]") {
    Bench bench;
    const auto ok = bench.register_alice(phone());
    CHECK(delivered(bench, "sip:+15550001@ims.example;gr=kjh29x97us97d", "m1") == "404");
    CHECK(delivered(bench, "sip:+15550001@ims.example;gr=urn:uuid:00000000-0000-4000-8000-000000000009",
                    "m2") == "480");
    auto forged = contact_param(ok, "phone", "temp-gruu");
    const auto last = forged.find('@') - 1;
    forged[last] = forged[last] == '0' ? '1' : '0';
    CHECK(delivered(bench, forged, "m3") == "404");
}

TEST_CASE("temporary GRUUs gather while the Call-ID stays and end with it", "[RFC5627-5.1]") {
    Bench bench;
    auto r = phone();
    const auto first = contact_param(bench.register_alice(r), "phone", "temp-gruu");
    r.cseq = 11;
    const auto second = contact_param(bench.register_alice(r), "phone", "temp-gruu");
    CHECK(first != second);
    CHECK(delivered(bench, first, "m1") == "sip:phone@10.0.0.1:5060");
    CHECK(delivered(bench, second, "m2") == "sip:phone@10.0.0.1:5060");
    // The device started anew.
    r.call_id = "phone-again@ue";
    const auto third = contact_param(bench.register_alice(r), "phone", "temp-gruu");
    CHECK(delivered(bench, first, "m3") == "404");
    CHECK(delivered(bench, second, "m4") == "404");
    CHECK(delivered(bench, third, "m5") == "sip:phone@10.0.0.1:5060");
}

TEST_CASE("GRUUs survive a restart of the S-CSCF", "[TS24.229-5.4.7A.3]") {
    Bench before;
    const auto ok = before.register_alice(phone());
    Bench after;
    std::string why;
    REQUIRE(ims::test::hand_over(before.node, after.node, before.now, after.now, why));
    CHECK(delivered(after, contact_param(ok, "phone", "temp-gruu"), "m1") == "sip:phone@10.0.0.1:5060");
    CHECK(delivered(after, contact_param(ok, "phone", "pub-gruu"), "m2") == "sip:phone@10.0.0.1:5060");
}

TEST_CASE("a Contact may be the caller's own GRUU and nobody else's", "[TS24.229-5.4.3.2][RFC5627-6.2]") {
    Config config = lab_config();
    config.record_route = false;
    Bench bench{config};
    const auto ok = bench.register_alice(phone());
    const auto call = [&](const std::string& contact, const std::string& call_id) {
        Request invite;
        invite.route = ok.get<sip::h::ServiceRoute>()->text();
        invite.call_id = call_id;
        auto text = invite.text();
        const auto at = text.find("Contact: ");
        REQUIRE(at != std::string::npos);
        text.replace(at, text.find("\r\n", at) - at, "Contact: <" + contact + ">");
        bench.receive(text);
        return bench.beyond_100();
    };
    const auto public_gruu = contact_param(ok, "phone", "pub-gruu");
    // 5.4.3.2 step 13: then we stay in the path, whatever the policy.
    CHECK(call(public_gruu, "c1").has("Record-Route"));
    CHECK(call(contact_param(ok, "phone", "temp-gruu"), "c2").has("Record-Route"));
    CHECK_FALSE(call("sip:phone@10.0.0.1:5060", "c3").has("Record-Route"));
    CHECK(call("sip:+15550001@ims.example;gr=urn:uuid:00000000-0000-4000-8000-000000000009", "c4").status() ==
          403);
    CHECK(call("sip:bob@ims.example;gr=urn:uuid:00000000-0000-4000-8000-000000000001", "c5").status() == 403);
    CHECK(call("sip:carol@elsewhere.example;gr=urn:uuid:1", "c6").is_request());
}

TEST_CASE("within a dialog the GRUU becomes the contact it was set up with", "[TS24.229-5.4.3.3]") {
    Bench bench;
    const auto ok = bench.register_alice(phone());
    const auto gruu = contact_param(ok, "phone", "pub-gruu");
    Request invite;
    invite.uri = "sip:+15550001@ims.example";
    invite.asserted = "<sip:bob@ims.example>";
    bench.receive(invite.text(), "127.0.1.20:4060");
    const auto out = bench.beyond_100();
    bench.respond(out, 200,
                  "Contact: <" + gruu + ">\r\nRecord-Route: " + header(out, "Record-Route") + "\r\n");
    const auto answer = bench.beyond_100();
    REQUIRE(answer.status() == 200);

    Request bye = invite;
    bye.method = "BYE";
    bye.cseq = 2;
    bye.to_tag = std::string{answer.to_tag()};
    bye.route = header(out, "Record-Route") + ", <sip:dialog.5@pcscf.ims.example:5060;lr>";
    SECTION("the GRUU of the dialog") {
        bye.uri = gruu;
        bench.receive(bye.text(), "127.0.1.20:4060");
        const auto sent = bench.beyond_100();
        CHECK(sent.request_uri().text() == "sip:phone@10.0.0.1:5060");
        // The way is that of the dialog; the Path of the registration would lead astray.
        CHECK(headers(sent, "Route") == std::vector<std::string>{"<sip:dialog.5@pcscf.ims.example:5060;lr>"});
    }
    SECTION("another Request-URI") {
        bye.uri = "sip:phone@10.0.0.1:5060";
        bench.receive(bye.text(), "127.0.1.20:4060");
        CHECK(bench.beyond_100().status() == 400);
    }
}

TEST_CASE("a contact that is the identity itself, or a GRUU, is not bound", "[RFC5627-5.1]") {
    Bench bench;
    auto r = phone();
    r.contact = "<sip:+15550001@ims.example;gr=urn:uuid:1>;+sip.instance=\"" + phone_id + "\"";
    const auto challenge = bench.challenged(r);
    bench.receive(bench.answering(r, challenge).text());
    CHECK(bench.beyond_100().status() == 403);
}

TEST_CASE("the reg event shows the GRUUs of each identity, of a number those of its alias",
          "[TS24.229-5.4.2.1.2][RFC5628]") {
    Bench bench;
    const auto ok = bench.register_alice(phone());
    Request subscribe;
    subscribe.method = "SUBSCRIBE";
    subscribe.uri = "sip:+15550001@ims.example";
    subscribe.route = ok.get<sip::h::ServiceRoute>()->text();
    subscribe.more = "Event: reg\r\nExpires: 600\r\n";
    bench.receive(subscribe.text());
    CHECK(bench.beyond_100().status() == 200);
    const auto document = reginfo::parse(bench.beyond_100().body());
    REQUIRE(document.has_value());
    REQUIRE(document->registrations.size() == 2);
    for (const auto& registration : document->registrations) {
        REQUIRE(registration.contacts.size() == 1);
        const auto& contact = registration.contacts.front();
        CHECK(contact.pub_gruu == contact_param(ok, "phone", "pub-gruu"));
        CHECK(contact.temp_gruu == contact_param(ok, "phone", "temp-gruu"));
        CHECK(contact.temp_gruu_first_cseq.has_value());
    }
}
