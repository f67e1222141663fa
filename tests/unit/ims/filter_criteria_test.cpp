#include "common/ims/filter_criteria.hpp"

#include <chrono>

#include <catch2/catch.hpp>

using namespace ims;
using Spt = ServicePointTrigger;

namespace {

sip::Message parsed(const std::string& text) {
    auto message = sip::Message::parse(text);
    REQUIRE(message.has_value());
    return std::move(*message);
}

sip::Message a_request(const std::string& method = "INVITE", const std::string& uri = "sip:bob@ims.example",
                       const std::string& more = {}, const std::string& body = {}) {
    return parsed(method + " " + uri +
                  " SIP/2.0\r\n"
                  "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
                  "f: \"Smith, Alice\" <sip:alice@ims.example>;tag=1\r\n"
                  "To: <sip:bob@ims.example>\r\n"
                  "Call-ID: c1\r\n"
                  "CSeq: 1 " +
                  method + "\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                  body);
}

Spt spt(decltype(Spt::condition) condition, std::vector<std::uint32_t> groups = {0}, bool negated = false) {
    Spt s;
    s.condition = std::move(condition);
    s.groups = std::move(groups);
    s.condition_negated = negated;
    return s;
}
Spt method(std::string name, std::vector<std::uint32_t> groups = {0}, bool negated = false) {
    return spt(Spt::Method{std::move(name)}, std::move(groups), negated);
}
Spt header(std::string name, std::optional<std::string> content = {}) {
    return spt(Spt::SipHeader{std::move(name), std::move(content)});
}
Spt line(std::string type, std::optional<std::string> content = {}) {
    return spt(Spt::SessionDescription{std::move(type), std::move(content)});
}

std::optional<bool> met(const TriggerPoint& trigger, const ServicePoint& point) {
    FilterCriteria criteria;
    std::string what;
    return criteria.met(trigger, point, what);
}
bool met(const Spt& one, const sip::Message& request) {
    const auto result = met(TriggerPoint{true, {one}}, ServicePoint{request});
    REQUIRE(result.has_value());
    return *result;
}

InitialFilterCriterion criterion(std::int32_t priority, std::optional<TriggerPoint> trigger = {}) {
    InitialFilterCriterion c;
    c.priority = priority;
    c.trigger_point = std::move(trigger);
    c.application_server.server_name = "sip:as" + std::to_string(priority) + ".example";
    return c;
}

// The priorities of the criteria that are met, one after the other.
std::vector<std::int32_t> chain(const ServiceProfile& profile, const ServicePoint& point,
                                std::vector<MalformedCriterion>* malformed = nullptr) {
    FilterCriteria criteria;
    std::vector<MalformedCriterion> ignored;
    std::vector<std::int32_t> priorities;
    std::size_t behind = 0;
    while (const auto hit = criteria.next(profile, behind, point, malformed ? *malformed : ignored)) {
        priorities.push_back(hit->criterion->priority);
        behind = hit->behind;
    }
    return priorities;
}

}  // namespace

TEST_CASE("a Request-URI is matched by its hostport or its number", "[TS29.228-F]") {
    const auto uri = [](const std::string& pattern, const std::string& request_uri) {
        return met(spt(Spt::RequestUri{pattern}), a_request("INVITE", request_uri));
    };
    CHECK(uri("^ims\\.example$", "sip:bob@IMS.example"));
    CHECK_FALSE(uri("^ims\\.example$", "sip:bob@ims.example:5070"));
    CHECK(uri("^ims\\.example:5070$", "sip:bob@ims.example:5070"));
    CHECK_FALSE(uri("bob", "sip:bob@ims.example"));
    CHECK(uri("^\\+4930[0-9]{4}$", "tel:+49301234"));
    CHECK(uri("phone-context=ims", "tel:123;phone-context=ims.example"));
    CHECK(uri("^service:sos", "urn:service:sos.police"));
}

TEST_CASE("a method is matched by its name, a REGISTER by the type of registration too", "[TS29.228-B.2.3]") {
    CHECK(met(method("INVITE"), a_request("INVITE")));
    CHECK_FALSE(met(method("INVITE"), a_request("MESSAGE")));
    CHECK_FALSE(met(method("INV"), a_request("INVITE")));
    CHECK_FALSE(met(method("invite"), a_request("INVITE")));  // RFC 3261 7.1: methods have their case
    CHECK(met(method("INVITE", {0}, true), a_request("MESSAGE")));

    const auto request = a_request("REGISTER");
    auto on = method("REGISTER");
    const auto met_at = [&](std::optional<RegistrationType> type) {
        ServicePoint point{request};
        point.registration = type;
        return met(TriggerPoint{true, {on}}, point);
    };
    CHECK(met_at(RegistrationType::DeRegistration) == true);  // no type: all of them
    on.registration_types = {RegistrationType::InitialRegistration, RegistrationType::DeRegistration};
    CHECK(met_at(RegistrationType::InitialRegistration) == true);
    CHECK(met_at(RegistrationType::DeRegistration) == true);
    CHECK(met_at(RegistrationType::ReRegistration) == false);
    on = method("INVITE");
    on.registration_types = {RegistrationType::InitialRegistration};
    CHECK(met(on, a_request("INVITE")));
}

TEST_CASE("a header is matched by its whole name, and value by value", "[TS29.228-F]") {
    const auto request = a_request("INVITE", "sip:bob@ims.example",
                                   "Accept-Contact: *;audio, *;+g.3gpp.icsi-ref=\"urn%3Amm,tel\"\r\n"
                                   "Accept-Contact: *;video\r\n"
                                   "X-Game:  chess \t board\r\n"
                                   "Subject: one, two\r\n");
    CHECK(met(header("From"), request));  // which came in its compact form
    CHECK(met(header("from"), request));
    CHECK(met(header("X-.*"), request));
    CHECK_FALSE(met(header("Contact"), request));  // a part of Accept-Contact
    CHECK_FALSE(met(header("P-Asserted-Identity"), request));

    CHECK(met(header("Accept-Contact", "^\\*;video$"), request));
    CHECK(met(header("Accept-Contact", "^\\*;audio$"), request));
    CHECK(met(header("Accept-Contact", "urn%3Amm,tel"), request));  // a comma in quotes parts nothing
    CHECK_FALSE(met(header("Accept-Contact", "audio.*video"), request));
    CHECK(met(header("X-Game", "^chess board$"), request));
    CHECK_FALSE(met(header("X-Game", "CHESS"), request));
    CHECK(met(header("Subject", "^one, two$"), request));
    CHECK(met(header("From", "Smith, Alice"), request));

    auto absent = header("P-Asserted-Identity");
    absent.condition_negated = true;
    CHECK(met(absent, request));
    auto other = header("Accept-Contact", "gaming");
    other.condition_negated = true;
    CHECK(met(other, request));
}

TEST_CASE("a session description is matched line by line", "[TS29.228-F]") {
    const std::string sdp =
        "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
        "a=rtpmap:0 PCMU/8000\r\nm=video 4002 RTP/AVP 99\r\n";
    const auto call = a_request("INVITE", "sip:bob@ims.example", "Content-Type: application/sdp\r\n", sdp);
    CHECK(met(line("m", "^audio"), call));
    CHECK(met(line("m", "^video"), call));
    CHECK_FALSE(met(line("m", "^message"), call));
    CHECK_FALSE(met(line("a", "^audio"), call));
    CHECK(met(line("c"), call));
    CHECK_FALSE(met(line("b"), call));
    CHECK_FALSE(met(line("m", "audio"),
                    a_request("INVITE", "sip:bob@ims.example", "Content-Type: text/plain\r\n", sdp)));
    CHECK_FALSE(met(line("m"), a_request()));
}

TEST_CASE("a session case is matched, and negated means all others", "[TS29.228-B.2.3]") {
    const auto request = a_request();
    const auto at = [&](SessionCase session_case, bool negated) {
        return met(TriggerPoint{true, {spt(SessionCase::TerminatingRegistered, {0}, negated)}},
                   ServicePoint{request, session_case});
    };
    CHECK(at(SessionCase::TerminatingRegistered, false) == true);
    CHECK(at(SessionCase::OriginatingRegistered, false) == false);
    CHECK(at(SessionCase::TerminatingRegistered, true) == false);
    CHECK(at(SessionCase::OriginatingCdiv, true) == true);
}

TEST_CASE("groups are joined as CNF or DNF has it", "[TS29.228-C]") {
    const auto request = a_request("MESSAGE", "tel:+1");
    const ServicePoint point{request};
    const auto yes = [](std::vector<std::uint32_t> groups) { return method("MESSAGE", std::move(groups)); };
    const auto no = [](std::vector<std::uint32_t> groups) { return method("INVITE", std::move(groups)); };
    const auto cnf = [&](std::vector<Spt> spts) { return *met(TriggerPoint{true, std::move(spts)}, point); };
    const auto dnf = [&](std::vector<Spt> spts) { return *met(TriggerPoint{false, std::move(spts)}, point); };

    CHECK(cnf({yes({0}), no({0})}));  // (a or b)
    CHECK_FALSE(cnf({yes({0}), no({1})}));
    CHECK(cnf({yes({0}), no({0}), yes({1})}));
    CHECK_FALSE(dnf({yes({0}), no({0})}));  // (a and b)
    CHECK(dnf({yes({0}), no({1})}));
    CHECK_FALSE(dnf({no({0}), no({1})}));
    CHECK(cnf({yes({0, 1}), no({0}), no({1})}));  // one SPT in two groups
    CHECK_FALSE(dnf({no({0, 1}), yes({0}), yes({1})}));
    CHECK(cnf({yes({})}));
}

TEST_CASE("criteria come in order of their priority, each once", "[TS29.228-B.2.2]") {
    const auto request = a_request("INVITE");
    ServiceProfile profile;
    profile.initial_filter_criteria = {criterion(30, TriggerPoint{true, {method("INVITE")}}),
                                       criterion(10),  // unconditional
                                       criterion(20, TriggerPoint{true, {method("MESSAGE")}})};
    CHECK(chain(profile, ServicePoint{request}) == std::vector<std::int32_t>{10, 30});
    CHECK(chain(profile, ServicePoint{a_request("MESSAGE")}) == std::vector<std::int32_t>{10, 20});
    CHECK(chain({}, ServicePoint{request}).empty());
}

TEST_CASE("a part of the profile counts for those who are registered, or not", "[TS29.228-B.2.2]") {
    const auto request = a_request();
    ServiceProfile profile;
    profile.initial_filter_criteria = {criterion(1), criterion(2), criterion(3)};
    profile.initial_filter_criteria[0].profile_part_indicator = ProfilePartIndicator::Registered;
    profile.initial_filter_criteria[1].profile_part_indicator = ProfilePartIndicator::Unregistered;
    CHECK(chain(profile, ServicePoint{request, SessionCase::TerminatingRegistered, true}) ==
          std::vector<std::int32_t>{1, 3});
    CHECK(chain(profile, ServicePoint{request, SessionCase::TerminatingUnregistered, false}) ==
          std::vector<std::int32_t>{2, 3});
}

TEST_CASE("a criterion that cannot be evaluated is passed over and told once", "[TS29.228-F]") {
    const auto request = a_request();
    ServiceProfile profile;
    // Its first part holds, so a shorter way would not see the second.
    profile.initial_filter_criteria = {
        criterion(1, TriggerPoint{true, {method("INVITE"), header("X-A", "(unclosed")}}), criterion(2)};
    FilterCriteria criteria;
    std::vector<MalformedCriterion> malformed;
    const auto hit = criteria.next(profile, 0, ServicePoint{request}, malformed);
    REQUIRE(hit.has_value());
    CHECK(hit->criterion->priority == 2);
    REQUIRE(malformed.size() == 1);
    CHECK(malformed[0].priority == 1);
    CHECK(malformed[0].application_server == "sip:as1.example");
    CHECK(malformed[0].what == "SIPHeader X-A (unclosed");
    (void)criteria.next(profile, 0, ServicePoint{request}, malformed);
    CHECK(malformed.size() == 1);

    // Negated it is as wrong.
    profile.initial_filter_criteria[0].trigger_point->spts[1].condition_negated = true;
    CHECK(chain(profile, ServicePoint{request}) == std::vector<std::int32_t>{2});
}

TEST_CASE("patterns are POSIX, and none costs more than its text is long", "[TS29.228-F]") {
    Patterns patterns;
    using Extent = Patterns::Extent;
    CHECK(patterns.match("[[:digit:]]{3}", "a123") == true);
    CHECK(patterns.match("\\d{3}", "a123") == true);
    CHECK(patterns.match("a|b", "xb", Extent::Whole) == false);
    CHECK(patterns.match("", "anything") == true);
    for (const auto* wrong : {"(", "[a", "a{2000}", "*", "\\1"}) {
        INFO(wrong);
        CHECK(patterns.match(wrong, "a") == std::nullopt);
    }
    CHECK(patterns.match(std::string(5000, 'a'), "a") == std::nullopt);
    CHECK(patterns.match("((a{1,100}){1,100}){1,100}", "a") == std::nullopt);

    // A backtracking matcher is still at it when the universe ends.
    const std::string many(8000, 'a');
    const auto began = std::chrono::steady_clock::now();
    CHECK(patterns.match("(a+)+$", many + "!") == false);
    CHECK(patterns.match("^(a|aa|a*)*b", many) == false);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{1});
}
