#include "tests/unit/scscf/bench.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::scscf;
using namespace ims::scscf::test;
using Catch::Matchers::Contains;
using cx::MultimediaAuthRequest;
using cx::ServerAssignmentRequest;

namespace {

constexpr std::string_view password = "open sesame";

cx::SipAuthDataItem credentials(std::string_view algorithm) {
    const auto hash = crypto::parse_digest_algorithm(algorithm)->hash;
    cx::SipDigestAuthenticate digest;
    digest.digest_realm = domain;
    digest.digest_algorithm = std::string{algorithm};
    digest.digest_ha1 = crypto::ha1(hash, alice_impi.value(), domain, octets_of(password));
    cx::SipAuthDataItem item;
    item.sip_authentication_scheme = std::string{cx::scheme::sip_digest};
    item.sip_digest_authenticate = digest;
    return item;
}

cx::MultimediaAuthAnswer maa(std::vector<cx::SipAuthDataItem> items) {
    cx::MultimediaAuthAnswer answer;
    answer.result = cx::ResultCode::Success;
    answer.sip_auth_data_item = std::move(items);
    return answer;
}

std::string nonce_of(const sip::Message& challenge) {
    return std::string{*challenge.get<sip::h::WwwAuthenticate>()->params.get("nonce")};
}

std::string authorization(std::string_view nonce, std::string_view nc = "00000001",
                          std::string_view algorithm = "MD5", std::string_view with_password = password,
                          std::string_view method = "REGISTER") {
    const auto parsed = *crypto::parse_digest_algorithm(algorithm);
    const auto secret = crypto::ha1(parsed.hash, alice_impi.value(), domain, octets_of(with_password));
    crypto::DigestInput in;
    in.algorithm = parsed;
    in.ha1 = secret;
    in.nonce = nonce;
    in.cnonce = "c1";
    in.nc = nc;
    in.qop = "auth";
    in.method = method;
    in.uri = "sip:ims.example";
    std::string text = "Digest username=\"" + alice_impi.value() + "\", realm=\"ims.example\", nonce=\"";
    text += nonce;
    text += "\", uri=\"sip:ims.example\", response=\"" + crypto::digest_response(in) + "\", algorithm=";
    text += algorithm;
    text += ", qop=auth, cnonce=\"c1\", nc=";
    text += nc;
    return text;
}

Register first() {
    Register r;
    r.authorization = "Digest username=\"" + alice_impi.value() +
                      R"(", realm="ims.example", nonce="", uri="sip:ims.example", response="")";
    return r;
}

// Up to the 401.
sip::Message challenged(Bench& bench, const Register& r,
                        std::vector<cx::SipAuthDataItem> items = {credentials("MD5")}) {
    bench.receive(r.text());
    bench.answer(bench.ask<MultimediaAuthRequest>(), maa(std::move(items)));
    auto challenge = bench.take();
    REQUIRE(challenge.status() == 401);
    return challenge;
}

sip::Message registered(Bench& bench, Register& r) {
    r.authorization = authorization(nonce_of(challenged(bench, r)));
    ++r.cseq;
    bench.receive(r.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    auto ok = bench.take();
    REQUIRE(ok.status() == 200);
    return ok;
}

std::string next_nonce(const sip::Message& ok) {
    return std::string{*ok.get<sip::h::AuthenticationInfo>()->params.get("nextnonce")};
}

}  // namespace

TEST_CASE("without integrity-protected the HSS names the scheme, and SIP Digest registers",
          "[TS24.229-5.4.1.2.2A]") {
    Bench bench;
    auto r = first();
    bench.receive(r.text());
    const auto mar = bench.ask<MultimediaAuthRequest>();
    CHECK(bench.in<MultimediaAuthRequest>(mar).sip_auth_data_item.sip_authentication_scheme == "Unknown");
    bench.answer(mar, maa({credentials("MD5")}));
    const auto challenge = bench.take();
    const auto www = *challenge.get<sip::h::WwwAuthenticate>();
    CHECK(www.params.get("algorithm") == "MD5");
    CHECK(www.params.get("qop") == "auth");
    CHECK_FALSE(www.params.has("ck"));
    CHECK_FALSE(www.params.has("stale"));

    r.authorization = authorization(nonce_of(challenge));
    r.cseq = 2;
    bench.receive(r.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    const auto ok = bench.take();
    REQUIRE(ok.status() == 200);
    const auto info = *ok.get<sip::h::AuthenticationInfo>();
    CHECK(info.params.has("nextnonce"));
    CHECK(info.params.get("nc") == "00000001");
    CHECK(info.params.get("rspauth")->size() == 32);
}

TEST_CASE("one challenge for each algorithm the HSS has, the best first", "[RFC8760-2.3]") {
    Bench bench;
    auto r = first();
    const auto challenge = challenged(bench, r, {credentials("MD5"), credentials("SHA-256")});
    const auto values = headers(challenge, "WWW-Authenticate");
    REQUIRE(values.size() == 2);
    CHECK_THAT(values[0], Contains("algorithm=SHA-256"));
    CHECK_THAT(values[1], Contains("algorithm=MD5"));
    r.authorization = authorization(nonce_of(challenge), "00000001", "SHA-256");
    r.cseq = 2;
    bench.receive(r.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 200);
}

TEST_CASE("an algorithm that is not allowed is not offered", "[RFC8760-2.3]") {
    auto config = lab_config();
    config.digest_algorithms = {crypto::HashAlgorithm::Sha256};
    Bench bench{config};
    bench.receive(first().text());
    bench.answer(bench.ask<MultimediaAuthRequest>(), maa({credentials("MD5")}));
    CHECK(bench.take().status() == 403);
}

TEST_CASE("the next nonce is good for the next REGISTER, an old answer is stale", "[RFC7616-3.3]") {
    Bench bench;
    auto r = first();
    const auto ok = registered(bench, r);
    const auto old = r.authorization;

    r.authorization = authorization(next_nonce(ok));
    ++r.cseq;
    bench.receive(r.text());
    CHECK(bench.asked.empty());  // neither MAR nor SAR: protected by the digest itself
    CHECK(bench.take().status() == 200);

    r.authorization = old;  // replayed
    ++r.cseq;
    bench.receive(r.text());
    const auto stale = bench.take();
    CHECK(stale.status() == 401);
    CHECK(stale.get<sip::h::WwwAuthenticate>()->params.get("stale") == "true");
    CHECK(bench.note("scscf.authentication.stale"));
}

TEST_CASE("a nonce runs out", "[TS24.229-5.4.1.2.2A]") {
    auto config = lab_config();
    config.nonce_lifetime = std::chrono::seconds{100};
    Bench bench{config};
    auto r = first();
    const auto ok = registered(bench, r);
    bench.advance(101s);
    CHECK(bench.asked.empty());  // not an authentication that failed
    r.authorization = authorization(next_nonce(ok));
    ++r.cseq;
    bench.receive(r.text());
    bench.answer(bench.ask<MultimediaAuthRequest>(), maa({credentials("MD5")}));
    CHECK(bench.take().get<sip::h::WwwAuthenticate>()->params.get("stale") == "true");
}

TEST_CASE("a wrong password is 403, an answer without qop as well", "[TS24.229-5.4.1.2.3B]") {
    Bench bench;
    auto r = first();
    r.authorization = authorization(nonce_of(challenged(bench, r)), "00000001", "MD5", "open barley");
    r.cseq = 2;
    bench.receive(r.text());
    CHECK(bench.take().status() == 403);
    CHECK(std::get<ServerAssignmentRequest>(bench.ask<ServerAssignmentRequest>().request)
              .server_assignment_type == cx::ServerAssignmentType::AuthenticationFailure);
}

TEST_CASE("a client that names nobody is challenged with AKA in a lab, if the HSS knows no password",
          "[issue]") {
    Bench bench;
    Register r;
    r.authorization.clear();
    bench.receive(r.text());
    cx::MultimediaAuthAnswer no_digest;
    no_digest.result = cx::ExperimentalResultCode::ErrorAuthSchemeNotSupported;
    bench.answer(bench.ask<MultimediaAuthRequest>(), no_digest);
    const auto mar = bench.ask<MultimediaAuthRequest>();
    CHECK(bench.in<MultimediaAuthRequest>(mar).user_name == alice_impi);
    bench.answer(mar, bench.vector());
    const auto challenge = bench.take();
    CHECK(challenge.status() == 401);
    r.authorization = bench.answer_to(challenge, "");  // marked by nobody
    r.cseq = 2;
    bench.receive(r.text());
    bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
    CHECK(bench.take().status() == 200);

    auto config = lab_config();
    config.accept_aka_without_integrity_protection = false;
    Bench strict{config};
    r.authorization.clear();
    strict.receive(r.text());
    strict.answer(strict.ask<MultimediaAuthRequest>(), no_digest);
    CHECK(strict.take().status() == 403);
}

TEST_CASE("a P-CSCF that says integrity-protected=no may have a SIP Digest user before it, in a lab",
          "[issue]") {
    Bench bench;
    Register r;  // integrity-protected=no, as without a security agreement
    bench.receive(r.text());
    const auto aka = bench.ask<MultimediaAuthRequest>();
    CHECK(bench.in<MultimediaAuthRequest>(aka).sip_auth_data_item.sip_authentication_scheme ==
          "Digest-AKAv1-MD5");
    cx::MultimediaAuthAnswer no_aka;
    no_aka.result = cx::ExperimentalResultCode::ErrorAuthSchemeNotSupported;
    bench.answer(aka, no_aka);
    const auto digest = bench.ask<MultimediaAuthRequest>();
    CHECK(bench.in<MultimediaAuthRequest>(digest).sip_auth_data_item.sip_authentication_scheme ==
          "SIP Digest");

    SECTION("and he registers with his password") {
        bench.answer(digest, maa({credentials("MD5")}));
        const auto challenge = bench.take();
        REQUIRE(challenge.status() == 401);
        r.authorization = authorization(nonce_of(challenge)) + R"(, integrity-protected="ip-assoc-pending")";
        r.cseq = 2;
        bench.receive(r.text());
        bench.answer(bench.ask<ServerAssignmentRequest>(), bench.assignment());
        CHECK(bench.take().status() == 200);
    }
    SECTION("or is refused if the HSS has no password either") {
        bench.answer(digest, no_aka);
        CHECK(bench.take().status() == 403);
    }
}

TEST_CASE("outside a lab a user without AKA credentials who is announced as integrity-protected=no gets 403",
          "[TS24.229-5.4.1.2.1]") {
    auto config = lab_config();
    config.accept_aka_without_integrity_protection = false;
    Bench bench{config};
    bench.receive(Register{}.text());
    cx::MultimediaAuthAnswer no_aka;
    no_aka.result = cx::ExperimentalResultCode::ErrorAuthSchemeNotSupported;
    bench.answer(bench.ask<MultimediaAuthRequest>(), no_aka);
    CHECK(bench.take().status() == 403);
}

// ---- requests other than REGISTER

namespace {

// Alice is registered by SIP Digest, and requests are challenged.
struct Strict {
    static Config config() {
        auto c = lab_config();
        c.authenticate_requests = true;
        return c;
    }
    Bench bench{config()};
    Request request;
    Strict() {
        auto r = first();
        request.route = header(registered(bench, r), "Service-Route");
        request.method = "MESSAGE";
    }
    sip::Message sends(std::string_view nonce = {}, std::string_view nc = "00000001",
                       std::string_view with_password = password) {
        ++request.cseq;
        request.more.clear();
        if (!nonce.empty())
            request.more =
                "Proxy-Authorization: " + authorization(nonce, nc, "MD5", with_password, request.method) +
                "\r\n";
        bench.receive(request.text());
        if (!bench.asked.empty()) bench.answer(bench.ask<MultimediaAuthRequest>(), maa({credentials("MD5")}));
        return bench.beyond_100();
    }
    static std::string nonce(const sip::Message& challenge) {
        REQUIRE(challenge.status() == 407);
        return std::string{*challenge.get<sip::h::ProxyAuthenticate>()->params.get("nonce")};
    }
};

}  // namespace

TEST_CASE("by policy requests of a user with a password are challenged, and go on with the right answer",
          "[TS24.229-5.4.3.6]") {
    Strict t;
    t.request.more = "P-Charging-Vector: icid-value=\"i\";orig-ioi=\"Type 1v\"\r\n";
    const auto challenge = t.sends();
    CHECK(challenge.status() == 407);
    CHECK_THAT(header(challenge, "Proxy-Authenticate"), Contains("realm=\"ims.example\""));
    const auto nonce = Strict::nonce(challenge);
    const auto sent = t.sends(nonce);
    CHECK(sent.method() == sip::Method::Message);
    CHECK_FALSE(sent.has("Proxy-Authorization"));
    CHECK(t.sends(nonce, "00000002").is_request());  // the same nonce, the next nc
}

TEST_CASE("a request with an old nonce, a used nc or a wrong password does not go on", "[TS24.229-5.4.3.6]") {
    Strict t;
    const auto nonce = Strict::nonce(t.sends());
    CHECK(t.sends(nonce).is_request());
    const auto replayed = t.sends(nonce);
    CHECK_THAT(header(replayed, "Proxy-Authenticate"), Contains("stale=true"));
    const auto fresh = Strict::nonce(replayed);
    CHECK_THAT(header(t.sends(nonce, "00000002"), "Proxy-Authenticate"), Contains("stale=true"));
    const auto newest = Strict::nonce(t.sends(fresh));
    CHECK(t.sends(newest, "00000001", "close sesame").status() == 403);
    CHECK(t.sends(newest).is_request());  // a guess does not lock him out
}

TEST_CASE("a challenge of a request is forgotten after request-await-auth", "[TS24.229-7.8]") {
    Strict t;
    const auto nonce = Strict::nonce(t.sends());
    t.bench.advance(std::chrono::seconds{241});
    CHECK_THAT(header(t.sends(nonce), "Proxy-Authenticate"), Contains("stale=true"));
}

TEST_CASE("requests of users of AKA are never challenged", "[TS24.229-5.4.3.6]") {
    Bench bench{Strict::config()};
    Request request;
    request.route = bench.registered();
    bench.receive(request.text());
    CHECK(bench.asked.empty());
    CHECK(bench.beyond_100().is_request());
}
