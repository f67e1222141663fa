#include "common/ims/reginfo.hpp"
#include "tests/unit/scscf/bench.hpp"

#include <algorithm>
#include <functional>

#include <catch2/catch.hpp>

// The reg event, and what HSS, operator and restarts do to a registration.
using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;
using cx::ServerAssignmentRequest;
using cx::ServerAssignmentType;
using reginfo::ContactEvent;

namespace {

struct Subscribe {
    std::string uri = "sip:+15550001@ims.example";
    std::string route = "<sip:scscf.ims.example:6060;lr>";
    std::string asserted = "<sip:pcscf.ims.example:5060>";
    std::string expires = "600000";
    std::string to_tag;
    std::string event = "reg";
    std::string call_id = "sub-1@pcscf";
    unsigned cseq = 1;
    std::string more;
    std::string text() const {
        return "SUBSCRIBE " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.1.10:5060;branch=z9hG4bK-" + call_id +
               std::to_string(cseq) +
               "\r\nMax-Forwards: 69\r\nFrom: <sip:pcscf.ims.example>;tag=p1\r\nTo: "
               "<sip:+15550001@ims.example>" +
               (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: " + call_id +
               "\r\nCSeq: " + std::to_string(cseq) +
               " SUBSCRIBE\r\nContact: <sip:pcscf.ims.example:5060>\r\nEvent: " + event +
               "\r\nRoute: " + route + "\r\nExpires: " + expires + "\r\nP-Asserted-Identity: " + asserted +
               "\r\nRecord-Route: <sip:edge@pcscf.ims.example:5060;lr>\r\n"
               "P-Charging-Vector: icid-value=icid-s;orig-ioi=\"Type 1v\"\r\n" +
               more + "Content-Length: 0\r\n\r\n";
    }
};

reginfo::Document document_of(const sip::Message& notify) {
    auto document = reginfo::parse(notify.body());
    REQUIRE(document.has_value());
    return *document;
}

// The next NOTIFY, answered 200.
sip::Message notified(Bench& bench) {
    auto notify = bench.take();
    REQUIRE(notify.is_request());
    REQUIRE(notify.method() == sip::Method::Notify);
    bench.respond(notify, 200);
    return notify;
}

// Subscribes the P-CSCF; gives the 200.
sip::Message subscribed(Bench& bench, const Subscribe& s = {}) {
    bench.receive(s.text());
    auto ok = bench.take();
    REQUIRE(ok.status() == 200);
    return ok;
}

cx::RegistrationTerminationRequest termination(cx::ReasonCode reason) {
    cx::RegistrationTerminationRequest rtr;
    rtr.user_name = alice_impi;
    rtr.deregistration_reason.reason_code = reason;
    return rtr;
}

template <class A>
const A& replied(const Bench& bench) {
    REQUIRE_FALSE(bench.replies.empty());
    return std::get<A>(bench.replies.back().answer);
}

}  // namespace

TEST_CASE("the P-CSCF subscribes and gets the full state of what is not barred", "[TS24.229-5.4.2.1.2]") {
    Bench bench;
    bench.register_alice();
    const auto ok = subscribed(bench);
    CHECK(header(ok, "Expires") == "600000");
    CHECK_THAT(header(ok, "P-Charging-Vector"),
               Contains("icid-value=\"icid-s\"") && Contains("term-ioi=\"Type 1ims.example\""));

    const auto notify = notified(bench);
    CHECK(notify.request_uri().text() == "sip:pcscf.ims.example:5060");
    CHECK(header(notify, "Route") == "<sip:edge@pcscf.ims.example:5060;lr>");
    CHECK(header(notify, "Event") == "reg");
    CHECK(header(notify, "Subscription-State") == "active;expires=600000");
    CHECK(header(notify, "Content-Type") == "application/reginfo+xml");
    CHECK(notify.from_tag() == ok.to_tag());
    const auto document = document_of(notify);
    CHECK(document.version == 0);
    REQUIRE(document.registrations.size() == 2);
    CHECK(document.registrations[0].aor == "sip:+15550001@ims.example");
    CHECK(document.registrations[1].aor == "tel:+15550001");
    for (const auto& registration : document.registrations) {
        CHECK(registration.state == reginfo::State::Active);
        REQUIRE(registration.contacts.size() == 1);
        CHECK(registration.contacts[0].uri == "sip:alice@10.0.0.1:5060");
        // The REGISTER was for the barred identity: these are implicit.
        CHECK(registration.contacts[0].event == ContactEvent::Created);
        CHECK(registration.contacts[0].call_id == "reg-1@ue");
    }
}

TEST_CASE("who may watch: the user, his P-CSCF, nobody else", "[TS24.229-5.4.2.1.1]") {
    const auto status_for = [](const Subscribe& s, bool registered = true) {
        Bench bench;
        Subscribe own = s;
        if (registered) {
            const auto route = header(bench.register_alice(), "Service-Route");
            if (own.route == "service-route") own.route = route;
        }
        bench.receive(own.text());
        return bench.take().status();
    };
    Subscribe s;
    CHECK(status_for(s) == 200);
    s.asserted = "<tel:+15550001>";
    CHECK(status_for(s) == 200);
    s.route = "service-route";
    CHECK(status_for(s) == 200);
    s.asserted = "<sip:001010000000001@ims.example>";  // barred
    CHECK(status_for(s) == 403);
    s.asserted = "<sip:mallory@ims.example>";
    CHECK(status_for(s) == 403);
    Subscribe uri_of_tel;
    uri_of_tel.uri = "tel:+15550001";
    CHECK(status_for(uri_of_tel) == 200);
    Subscribe wrong_body;
    wrong_body.more = "Accept: application/pidf+xml\r\n";
    CHECK(status_for(wrong_body) == 406);
}

TEST_CASE("a subscription that requires what nobody here can is 420", "[RFC3261-8.2.2.3]") {
    Bench bench;
    bench.register_alice();
    Subscribe s;
    s.more = "Require: eventlist\r\n";
    bench.receive(s.text());
    const auto refusal = bench.take();
    CHECK(refusal.status() == 420);
    CHECK(header(refusal, "Unsupported") == "eventlist");
    CHECK(bench.sent.empty());
}

TEST_CASE("a user without a contact cannot be watched", "[TS24.229-5.4.2.1.1]") {
    Bench bench;
    bench.receive(Subscribe{}.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 480);
    Subscribe again;  // the profile is known now, still no contact
    again.call_id = "sub-2@pcscf";
    bench.receive(again.text());
    CHECK(bench.take().status() == 480);
}

TEST_CASE("a refresh and an end by the subscriber; a stranger's dialog is 481", "[RFC6665-4.2]") {
    Bench bench;
    bench.register_alice();
    const auto ok = subscribed(bench);
    notified(bench);
    Subscribe refresh;
    refresh.uri = std::string{ok.get<sip::h::Contact>()->address.uri.text()};
    refresh.to_tag = ok.to_tag();
    refresh.cseq = 2;
    refresh.expires = "1000";
    CHECK(header(subscribed(bench, refresh), "Expires") == "1000");
    CHECK(document_of(notified(bench)).version == 1);

    auto foreign = refresh;
    foreign.to_tag = "guess";
    foreign.cseq = 3;
    bench.receive(foreign.text());
    CHECK(bench.take().status() == 481);

    refresh.expires = "0";
    refresh.cseq = 4;
    subscribed(bench, refresh);
    CHECK_THAT(header(notified(bench), "Subscription-State"), Contains("terminated"));
    refresh.cseq = 5;
    bench.receive(refresh.text());
    CHECK(bench.take().status() == 481);
}

TEST_CASE("a subscription runs out with a last NOTIFY", "[RFC6665-4.2.2]") {
    Bench bench;
    Register r;
    r.contact = "<sip:alice@10.0.0.1:5060>;expires=6000";
    bench.register_alice(r);
    Subscribe s;
    s.expires = "100";
    subscribed(bench, s);
    notified(bench);
    bench.advance(100s);
    CHECK(header(notified(bench), "Subscription-State") == "terminated;reason=timeout");
    CHECK(bench.node.is_registered(alice_sip));
}

TEST_CASE("a NOTIFY that nobody knows or answers ends the subscription", "[RFC6665-4.2.2]") {
    for (const bool answered : {true, false}) {
        Bench bench;
        Register r;
        r.contact = "<sip:alice@10.0.0.1:5060>;expires=6000";
        bench.register_alice(r);
        subscribed(bench);
        const auto notify = bench.take();
        if (answered)
            bench.respond(notify, 481);
        else
            bench.advance(33s);
        CHECK(bench.note("scscf.subscription.lost"));
        bench.sent.clear();
        Effects effects;
        bench.node.deregister(alice_sip, Removal::Rejected, bench.now, effects);
        bench.absorb(effects);
        CHECK(bench.sent.empty());
    }
}

TEST_CASE("subscribers hear of a second device, of its end and of the last one's", "[TS24.229-5.4.2.1.2]") {
    Bench bench;
    Register phone;
    phone.contact = R"(<sip:alice@10.0.0.1>;expires=600;+sip.instance="<urn:1>")";
    bench.register_alice(phone);
    subscribed(bench);
    notified(bench);
    Register tablet;
    tablet.call_id = "reg-2@ue";
    tablet.to = "sip:+15550001@ims.example";
    tablet.contact = R"(<sip:alice@10.0.0.2>;expires=60;+sip.instance="<urn:2>";+g.3gpp.smsip)";
    bench.register_alice(tablet);
    const auto grown = document_of(notified(bench));
    REQUIRE(grown.registrations[0].contacts.size() == 2);
    CHECK(grown.registrations[0].contacts[1].event == ContactEvent::Registered);  // by its own REGISTER
    CHECK(grown.registrations[1].contacts[1].event == ContactEvent::Created);
    CHECK(grown.registrations[0].contacts[1].unknown_params ==
          std::vector<std::pair<std::string, std::string>>{{"+g.3gpp.smsip", ""},
                                                           {"+sip.instance", "\"<urn:2>\""}});
    CHECK(grown.registrations[0].contacts[0].id != grown.registrations[0].contacts[1].id);

    bench.advance(60s);
    const auto shrunk = document_of(notified(bench));
    CHECK(shrunk.registrations[0].state == reginfo::State::Active);
    CHECK_FALSE(shrunk.registrations[0].contacts[1].active);
    CHECK(shrunk.registrations[0].contacts[1].event == ContactEvent::Expired);

    bench.advance(540s);
    const auto last = notified(bench);
    CHECK(header(last, "Subscription-State") == "terminated;reason=noresource");
    CHECK(document_of(last).registrations[0].state == reginfo::State::Terminated);
}

TEST_CASE("the UE's own subscription is cancelled by its deregistration, the P-CSCF is told",
          "[TS24.229-5.4.2.1.2]") {
    Bench bench;
    Register r;
    const auto route = header(bench.register_alice(r), "Service-Route");
    Subscribe own;
    own.route = route;
    own.asserted = "<sip:+15550001@ims.example>";
    own.call_id = "sub-ue@ue";
    subscribed(bench, own);
    notified(bench);
    subscribed(bench);
    notified(bench);
    r.contact = "<sip:alice@10.0.0.1:5060>;expires=0";
    r.cseq = 9;
    r.authorization.replace(r.authorization.find("protected=\"no\""), 14, "protected=\"yes\"");
    bench.receive(r.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 200);
    const auto notify = notified(bench);
    CHECK(notify.call_id() == "sub-1@pcscf");
    CHECK(document_of(notify).registrations[0].contacts[0].event == ContactEvent::Unregistered);
    CHECK(bench.sent.empty());
}

// ---- the HSS

TEST_CASE("RTR takes the registration away and tells why", "[TS24.229-5.4.1.5]") {
    const auto event_for = [](cx::ReasonCode reason) -> std::optional<ContactEvent> {
        Bench bench;
        bench.register_alice();
        subscribed(bench);
        notified(bench);
        bench.push(termination(reason));
        CHECK(replied<cx::RegistrationTerminationAnswer>(bench).result ==
              cx::Result{cx::ResultCode::Success});
        CHECK_FALSE(bench.node.is_registered(alice_sip));
        CHECK(bench.asked.empty());  // the HSS knows: no SAR
        if (bench.sent.empty()) return {};
        const auto notify = notified(bench);
        CHECK(header(notify, "Subscription-State") == "terminated;reason=noresource");
        return document_of(notify).registrations[0].contacts[0].event;
    };
    CHECK(event_for(cx::ReasonCode::PermanentTermination) == ContactEvent::Rejected);
    CHECK(event_for(cx::ReasonCode::ServerChange) == ContactEvent::Deactivated);
    CHECK(event_for(cx::ReasonCode::NewServerAssigned) == std::nullopt);
}

namespace {

// An application server that wants to hear of registrations.
struct HearsOfRegistrations final : ServiceControl {
    std::vector<std::pair<RegistrationType, std::string>>& heard;
    explicit HearsOfRegistrations(std::vector<std::pair<RegistrationType, std::string>>& h) : heard{h} {}
    std::optional<FilterCriteria::Hit> evaluate(const ServiceProfile&, std::size_t, const ServicePoint&,
                                                std::vector<MalformedCriterion>&) override {
        return {};
    }
    std::vector<sip::Message> third_party_register(const ServiceProfile&, RegistrationType type,
                                                   const sip::Message& request) override {
        heard.emplace_back(type, header(request, "Contact"));
        return {};
    }
};

}  // namespace

TEST_CASE("application servers hear of the end of a registration, whoever ends it", "[TS24.229-5.4.1.5]") {
    const auto heard_after = [](const std::function<void(Bench&)>& end) {
        std::vector<std::pair<RegistrationType, std::string>> heard;
        Bench bench{lab_config(), std::make_unique<HearsOfRegistrations>(heard)};
        bench.register_alice();
        REQUIRE(heard.size() == 1);
        heard.clear();
        end(bench);
        REQUIRE_FALSE(bench.node.is_registered(alice_sip));
        for (const auto& [type, contact] : heard) {
            CHECK(type == RegistrationType::DeRegistration);
            CHECK_THAT(contact, Contains("sip:alice@10.0.0.1:5060") && Contains("expires=0"));
        }
        return heard.size();
    };
    CHECK(heard_after([](Bench& b) { b.advance(600s); }) == 1);
    CHECK(heard_after([](Bench& b) { b.push(termination(cx::ReasonCode::PermanentTermination)); }) == 1);
    CHECK(heard_after([](Bench& b) {
              Effects effects;
              b.node.deregister(alice_sip, Removal::Deactivated, b.now, effects);
              b.absorb(effects);
          }) == 1);
    // The new S-CSCF registers them there.
    CHECK(heard_after([](Bench& b) { b.push(termination(cx::ReasonCode::NewServerAssigned)); }) == 0);
}

TEST_CASE("RTR of other identities or of an unknown user leaves alice alone", "[TS29.228-6.1.3.1]") {
    Bench bench;
    bench.register_alice();
    auto rtr = termination(cx::ReasonCode::PermanentTermination);
    rtr.public_identity = {Impu{"sip:other@ims.example"}};
    bench.push(rtr);
    CHECK(bench.node.is_registered(alice_sip));
    rtr.public_identity.clear();
    rtr.user_name = Impi{"unknown@ims.example"};
    bench.push(rtr);
    CHECK(bench.node.is_registered(alice_sip));
    bench.push(termination(cx::ReasonCode::RemoveSCscf));  // about unregistered users
    CHECK(bench.node.is_registered(alice_sip));
    rtr.associated_identities = {alice_impi};
    rtr.public_identity = {alice_tel};
    bench.push(rtr);
    CHECK_FALSE(bench.node.is_registered(alice_sip));
}

TEST_CASE("PPR changes the identities and the subscribers see it", "[TS24.229-5.4.1.8]") {
    Bench bench;
    const auto route = header(bench.register_alice(), "Service-Route");
    subscribed(bench);
    const auto before = document_of(notified(bench));
    cx::PushProfileRequest ppr;
    ppr.user_name = alice_impi;
    ppr.user_data = R"(<IMSSubscription><PrivateID>001010000000001@ims.example</PrivateID><ServiceProfile>)"
                    R"(<PublicIdentity><Identity>sip:+15550001@ims.example</Identity></PublicIdentity>)"
                    R"(<PublicIdentity><Identity>sip:new@ims.example</Identity></PublicIdentity>)"
                    R"(<PublicIdentity><BarringIndication>1</BarringIndication>)"
                    R"(<Identity>sip:001010000000001@ims.example</Identity></PublicIdentity>)"
                    R"(</ServiceProfile></IMSSubscription>)";
    bench.push(ppr);
    CHECK(replied<cx::PushProfileAnswer>(bench).result == cx::Result{cx::ResultCode::Success});
    CHECK(bench.node.is_registered(Impu{"sip:new@ims.example"}));
    CHECK_FALSE(bench.node.is_registered(alice_tel));
    const auto document = document_of(notified(bench));
    const auto state_of = [&](std::string_view aor) -> std::optional<reginfo::State> {
        for (const auto& r : document.registrations)
            if (r.aor == aor) return r.state;
        return {};
    };
    CHECK(state_of("sip:new@ims.example") == reginfo::State::Active);
    CHECK(state_of("sip:+15550001@ims.example") == reginfo::State::Active);
    CHECK(state_of("tel:+15550001") == reginfo::State::Terminated);  // told once
    const auto told = [](const reginfo::Document& d, std::string_view aor) {
        return *std::find_if(d.registrations.begin(), d.registrations.end(),
                             [&](const auto& r) { return r.aor == aor; });
    };
    const auto ended = told(document, "tel:+15550001");
    CHECK(ended.id == told(before, "tel:+15550001").id);
    REQUIRE(ended.contacts.size() == 1);
    CHECK_FALSE(ended.contacts[0].active);
    CHECK(ended.contacts[0].event == ContactEvent::Rejected);
    CHECK(ended.contacts[0].id == told(before, "tel:+15550001").contacts[0].id);
    CHECK(told(document, "sip:+15550001@ims.example").contacts[0].active);

    bench.push(ppr);  // nothing new
    CHECK(bench.sent.empty());
}

TEST_CASE("PPR that cannot be taken is answered with its reason", "[TS29.228-6.2.2.1]") {
    Bench bench;
    bench.register_alice();
    cx::PushProfileRequest ppr;
    ppr.user_name = Impi{"unknown@ims.example"};
    bench.push(ppr);
    CHECK(replied<cx::PushProfileAnswer>(bench).result ==
          cx::Result{cx::ExperimentalResultCode::ErrorUserUnknown});
    ppr.user_name = alice_impi;
    ppr.user_data = "<nonsense";
    bench.push(ppr);
    CHECK(replied<cx::PushProfileAnswer>(bench).result ==
          cx::Result{cx::ExperimentalResultCode::ErrorNotSupportedUserData});
    CHECK(bench.node.is_registered(alice_tel));
}

TEST_CASE("the operator removes a user: NOTIFY and SAR", "[TS24.229-5.4.1.5]") {
    Bench bench;
    bench.register_alice();
    subscribed(bench);
    notified(bench);
    Effects effects;
    CHECK(bench.node.deregister(alice_tel, Removal::Deactivated, bench.now, effects));
    CHECK_FALSE(bench.node.deregister(alice_tel, Removal::Deactivated, bench.now, effects));
    bench.absorb(effects);
    CHECK(std::get<ServerAssignmentRequest>(bench.ask<ServerAssignmentRequest>().request)
              .server_assignment_type == ServerAssignmentType::AdministrativeDeregistration);
    CHECK(document_of(notified(bench)).registrations[0].contacts[0].event == ContactEvent::Deactivated);
}

// ---- restart

TEST_CASE("everything that outlives the process is saved and restored", "[issue]") {
    Bench before;
    const auto ok = before.register_alice();
    const auto accepted = subscribed(before);
    notified(before);
    Register second;
    second.call_id = "reg-9@ue";
    second.cseq = 1;
    before.receive(second.text());
    before.answer(before.ask<cx::MultimediaAuthRequest>(), before.vector());
    const auto challenge = before.take();
    before.advance(100s);
    Bench after;
    after.now += std::chrono::hours{50};  // another machine's clock
    std::string why;
    REQUIRE(ims::test::hand_over(before.node, after.node, before.now, after.now, why));
    CHECK(after.node.save(after.now) == before.node.save(before.now));
    CHECK(after.node.is_registered(alice_sip));
    CHECK(after.node.registered_users() == 1);

    // The challenge is still outstanding,
    second.authorization = after.answer_to(challenge);
    second.cseq = 2;
    after.receive(second.text());
    const auto sar = after.ask<ServerAssignmentRequest>();
    CHECK(sar.destination_host == "hss.ims.example");
    after.answer(sar, after.assignment());
    const auto again = after.take();
    CHECK(again.status() == 200);
    CHECK(header(again, "Service-Route") == header(ok, "Service-Route"));
    // the subscription goes on in its dialog,
    const auto notify = notified(after);
    CHECK(notify.from_tag() == accepted.to_tag());
    CHECK(document_of(notify).version == 1);
    CHECK(notify.cseq().number == 2);
    // and what is left of the time is left.
    after.advance(599s);
    CHECK(after.node.is_registered(alice_sip));
    after.advance(1s);
    CHECK_FALSE(after.node.is_registered(alice_sip));
}

TEST_CASE("a state that is not ours is refused with a reason, and changes nothing", "[issue]") {
    Bench before;
    before.register_alice();
    const auto saved = ims::test::heading(before.node) + before.node.save(before.now);
    std::string why;
    const auto taken = [&](const std::string& file) {
        Bench bench;
        const bool ok = ims::test::restore(bench.node, file, bench.now, why);
        CHECK(bench.node.is_registered(alice_sip) == ok);
        return ok;
    };
    CHECK(taken(saved));
    const auto profile = saved.find("profile ");
    CHECK_FALSE(taken(saved.substr(0, profile) + saved.substr(saved.find('\n', profile) + 1)));
    CHECK(why == "a profile that is not there");
    for (const auto* line :
         {"set 9 {}\n", "set 9 [1,2\n", "challenge x {\"until\":1}\n", "dialog 1 {\"id\":0}\n",
          "profile x {\"key\":\"x\",\"xml\":\"<IMSSubscription/>\"}\n", "gruu_key - {\"key\":\"00\"}\n",
          "flock 1 {}\n"}) {
        INFO(line);
        why.clear();
        CHECK_FALSE(taken(saved + line));
        CHECK_FALSE(why.empty());
    }
}

TEST_CASE("the network asks for a new authentication: a shortened registration, then a challenge",
          "[TS24.229-5.4.1.6]") {
    Bench bench;
    Register r;
    bench.register_alice(r);
    subscribed(bench);
    notified(bench);
    Effects effects;
    CHECK(bench.node.reauthenticate(alice_tel, std::chrono::seconds{120}, bench.now, effects));
    bench.absorb(effects);
    const auto document = document_of(notified(bench));
    for (const auto& registration : document.registrations) {
        CHECK(registration.state == reginfo::State::Active);
        REQUIRE(registration.contacts.size() == 1);
        CHECK(registration.contacts[0].event == ContactEvent::Shortened);
        CHECK(registration.contacts[0].expires == 120U);
    }

    r.authorization = R"(Digest username="001010000000001@ims.example", realm="ims.example", nonce="", )"
                      R"(uri="sip:ims.example", response="", integrity-protected="yes")";
    r.cseq = 7;
    bench.receive(r.text());  // protected, and challenged all the same
    bench.answer(bench.ask<cx::MultimediaAuthRequest>(), bench.vector());
    const auto challenge = bench.take();
    REQUIRE(challenge.status() == 401);
    CHECK(challenge.get<sip::h::WwwAuthenticate>()->params.has("ck"));
    auto answer = r;
    answer.authorization = bench.answer_to(challenge, R"(, integrity-protected="yes")");
    answer.cseq = 8;
    bench.receive(answer.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 200);
    bench.sent.clear();
    r.cseq = 9;
    bench.receive(r.text());  // and that was that
    CHECK(bench.take().status() == 200);

    CHECK_FALSE(bench.node.reauthenticate(Impu{"sip:nobody@ims.example"}, std::chrono::seconds{120},
                                          bench.now, effects));
}

TEST_CASE("who does not come for his new authentication is deregistered", "[TS24.229-5.4.1.6]") {
    Bench bench;
    bench.register_alice();
    Effects effects;
    bench.node.reauthenticate(alice_sip, std::chrono::seconds{120}, bench.now, effects);
    bench.advance(std::chrono::seconds{121});
    CHECK_FALSE(bench.node.is_registered(alice_sip));
}

TEST_CASE("an application server of the user's profile may watch him", "[TS24.229-5.4.2.1.1]") {
    Bench bench;
    bench.register_alice();
    Subscribe of_as;
    of_as.asserted = "<sip:as.ims.example>";
    bench.receive(of_as.text());
    CHECK(bench.take().status() == 403);  // nobody's application server

    auto profile = alice_profile();
    profile.insert(profile.find("</ServiceProfile>"),
                   "<InitialFilterCriteria><Priority>0</Priority><ApplicationServer>"
                   "<ServerName>sip:as.ims.example</ServerName></ApplicationServer></InitialFilterCriteria>");
    cx::PushProfileRequest ppr;
    ppr.user_name = alice_impi;
    ppr.user_data = profile;
    bench.push(ppr);
    REQUIRE(diameter::is_success(replied<cx::PushProfileAnswer>(bench).result));
    of_as.cseq = 2;
    bench.receive(of_as.text());
    CHECK(bench.take().status() == 200);
}

TEST_CASE("a wildcarded identity is told as such", "[TS24.229-7.10.2]") {
    Bench bench;
    bench.register_alice();
    auto profile = alice_profile();
    profile.insert(profile.find("</ServiceProfile>"),
                   "<PublicIdentity><Identity>sip:team!.*!@ims.example</Identity><Extension><IdentityType>4"
                   "</IdentityType></Extension></PublicIdentity>");
    cx::PushProfileRequest ppr;
    ppr.user_name = alice_impi;
    ppr.user_data = profile;
    bench.push(ppr);
    subscribed(bench);
    const auto document = document_of(notified(bench));
    REQUIRE(document.registrations.size() == 3);
    CHECK(document.registrations[2].wildcarded_identity == "sip:team!.*!@ims.example");
    CHECK_FALSE(document.registrations[0].wildcarded_identity);
}

TEST_CASE("a privileged sender is told as such, and nothing is asserted beside what he does",
          "[TS24.229-7.10.3][TS29.229-6.3.46]") {
    Bench bench;
    Register r;
    const auto challenge = bench.challenged(r);
    bench.receive(bench.answering(r, challenge).text());
    auto saa = bench.assignment();
    saa.priviledged_sender_indication = 1;
    bench.answer(bench.ask<cx::ServerAssignmentRequest>(), saa);
    const auto route = bench.take().get<sip::h::ServiceRoute>()->text();
    subscribed(bench);
    for (const auto& registration : document_of(notified(bench)).registrations)
        CHECK(registration.policy.privileged_sender);
    bench.sent.clear();
    Request invite;
    invite.route = route;
    bench.receive(invite.text());
    CHECK(headers(bench.beyond_100(), "P-Asserted-Identity") ==
          std::vector<std::string>{"<sip:+15550001@ims.example>"});
}

TEST_CASE("more data than the S-CSCF takes is refused, pushed or asked for", "[TS29.228-6.2.2.1]") {
    auto config = lab_config();
    config.max_user_data = alice_profile().size();
    Bench bench{config};
    Register r;
    bench.register_alice(r);
    cx::PushProfileRequest ppr;
    ppr.user_name = alice_impi;
    ppr.user_data = alice_profile() + "<!-- one more -->";
    bench.push(ppr);
    CHECK(diameter::is(replied<cx::PushProfileAnswer>(bench).result,
                       cx::ExperimentalResultCode::ErrorTooMuchData));

    Bench fresh{config};
    fresh.receive(r.text());
    fresh.answer(fresh.ask<cx::MultimediaAuthRequest>(), fresh.vector());
    r.authorization = fresh.answer_to(fresh.take());
    r.cseq = 2;
    fresh.receive(r.text());
    fresh.answer(fresh.ask<ServerAssignmentRequest>(), fresh.assignment(*ppr.user_data));
    CHECK(fresh.take().status() == 480);  // the I-CSCF selects another one
    CHECK(Bench::in<ServerAssignmentRequest>(fresh.ask<ServerAssignmentRequest>()).server_assignment_type ==
          ServerAssignmentType::DeregistrationTooMuchData);
}
