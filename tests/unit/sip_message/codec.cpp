#include "common/sip/message/codec.hpp"

#include "common/sip/message/each_param.hpp"
#include "tests/unit/sip_message/support.hpp"

#include <catch2/catch.hpp>

using namespace ims::sip;

namespace {

template <class H>
typename H::Value value(std::string_view text) {
    auto parsed = codec::parse_value<H>(text);
    if (!parsed)
        FAIL(header_name(H::id) << ": " << text << ": " << parsed.error().what << " at "
                                << parsed.error().offset);
    return std::move(*parsed);
}

// Text that is printed as it came, and a header that gives back the value it was set to.
template <class H>
void round_trip(std::string_view text) {
    INFO(header_name(H::id) << ": " << text);
    const auto parsed = value<H>(text);
    std::string printed;
    codec::print(parsed, printed);
    CHECK(printed == text);
    CHECK(value<H>(printed) == parsed);

    auto message = test::parsed(test::options_with());
    message.set<H>(parsed);
    const auto again = test::parsed(message.serialize());
    const auto read = again.template get<H>();
    REQUIRE(read.has_value());
    CHECK(*read == parsed);
}

template <class H>
void refuses(std::string_view text, std::size_t at) {
    INFO(header_name(H::id) << ": " << text);
    const auto parsed = codec::parse_value<H>(text);
    REQUIRE(!parsed);
    CHECK(parsed.error().kind == ParseError::Kind::Malformed);
    CHECK(parsed.error().offset == at);
}

}  // namespace

TEST_CASE("every typed header is printed as it came", "[RFC3261-20]") {
    round_trip<h::Via>("SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK1;rport;received=192.0.2.1");
    round_trip<h::From>("\"Alice \\\"A\\\" \\\\\" <sip:alice@example.com>;tag=1");
    round_trip<h::To>("<tel:+4930;ext=1>");
    round_trip<h::CallId>("c1@[2001:db8::1]");
    round_trip<h::CSeq>("2147483647 OPTIONS");
    round_trip<h::MaxForwards>("70");
    round_trip<h::Contact>(
        "<sip:a@192.0.2.1;ob>;+sip.instance=\"<urn:gsma:imei:35938900-000000-0>\";expires=3600;q=0.5");
    round_trip<h::Contact>("*");
    round_trip<h::Route>("<sip:p.example.com;lr>");
    round_trip<h::RecordRoute>("<sip:p.example.com;lr;x=y?a=b>;z");
    round_trip<h::Path>("<sip:term@p.example.com;lr>");
    round_trip<h::ServiceRoute>("<sip:orig@s.example.com;lr>");
    round_trip<h::Expires>("4294967295");
    round_trip<h::MinExpires>("60");
    round_trip<h::RetryAfter>("18000;duration=3600");
    round_trip<h::ContentLength>("0");
    round_trip<h::ContentType>("multipart/mixed;boundary=\"a b\"");
    round_trip<h::ContentDisposition>("session;handling=optional");
    round_trip<h::Accept>("application/sdp;level=1");
    round_trip<h::Allow>("INVITE");
    round_trip<h::AllowEvents>("reg");
    round_trip<h::Supported>("path");
    round_trip<h::Require>("sec-agree");
    round_trip<h::ProxyRequire>("sec-agree");
    round_trip<h::Unsupported>("foo");
    round_trip<h::WwwAuthenticate>(
        "Digest realm=\"r\", nonce=\"bm9uY2U=\", algorithm=AKAv1-MD5, qop=\"auth,auth-int\"");
    round_trip<h::ProxyAuthenticate>("Digest realm=\"r\", stale=FALSE");
    round_trip<h::Authorization>(
        "Digest username=\"u@r\", uri=\"sip:r\", nonce=\"\", response=\"\", integrity-protected=yes");
    round_trip<h::ProxyAuthorization>("Digest username=\"u\", nc=00000001");
    round_trip<h::AuthenticationInfo>("nextnonce=\"n\", qop=auth-int, rspauth=\"0a\"");
    round_trip<h::UserAgent>("Phone/1.0 (odd; \"one\")");
    round_trip<h::Server>("S/1");
    round_trip<h::Subject>("Tea, or coffee?");
    round_trip<h::Date>("Sat, 13 Nov 2010 23:29:00 GMT");
    round_trip<h::Timestamp>("54.2 0.1");
    round_trip<h::Warning>("370 example.com \"Choose, again\"");
    round_trip<h::Priority>("emergency");
    round_trip<h::Event>("reg;id=1");
    round_trip<h::SubscriptionState>("active;expires=600000");
    round_trip<h::RSeq>("988789");
    round_trip<h::RAck>("776656 1 INVITE");
    round_trip<h::SessionExpires>("1800;refresher=uac");
    round_trip<h::MinSE>("90");
    round_trip<h::MaxBreadth>("60");
    round_trip<h::FlowTimer>("120");
    round_trip<h::PAssertedIdentity>("\"Alice\" <sip:alice@example.com>");
    round_trip<h::PPreferredIdentity>("<tel:+4930>");
    round_trip<h::PAssociatedUri>("<sip:alice@example.com>;x");
    round_trip<h::PCalledPartyId>("<sip:bob@example.com>");
    round_trip<h::PServedUser>("<sip:alice@example.com>;sescase=orig;regstate=reg");
    round_trip<h::PProfileKey>("<sip:chatroom-!.*!@example.com>");
    round_trip<h::PUserDatabase>("<aaa://hss.example.com:3868;transport=tcp>");
    round_trip<h::PPreferredService>("urn:urn-7:3gpp-service.ims.icsi.mmtel");
    round_trip<h::PAssertedService>("urn:urn-7:3gpp-service.ims.icsi.mmtel");
    round_trip<h::PVisitedNetworkId>("\"Visited network, number 1\"");
    round_trip<h::PVisitedNetworkId>("other.net;x=1");
    round_trip<h::PAccessNetworkInfo>(
        "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010019B01;network-provided");
    round_trip<h::PChargingVector>(
        "icid-value=\"AyretyU0dm+6O2IrT5tAFrbHLso=\";icid-generated-at=[2001:db8::1];orig-ioi=home1.net");
    round_trip<h::PChargingFunctionAddresses>(
        "ccf=192.0.2.1;ccf=[2001:db8::2];ecf=\"aaa://ecf.example.com;transport=tcp\"");
    round_trip<h::PEarlyMedia>("supported");
    round_trip<h::PPrivateNetworkIndication>("example.com");
    round_trip<h::FeatureCaps>("*;+g.3gpp.atcf=\"<tel:+1>\"");
    round_trip<h::SecurityClient>(
        "ipsec-3gpp;alg=hmac-sha-1-96;ealg=null;prot=esp;mod=trans;spi-c=4294967295;spi-s=2;port-c=1;port-s="
        "2");
    round_trip<h::SecurityServer>("ipsec-3gpp;q=0.1;alg=hmac-sha-1-96");
    round_trip<h::SecurityVerify>("tls;q=0.2");
    round_trip<h::AcceptContact>(
        "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel\";require;explicit");
    round_trip<h::RejectContact>("*;automata");
    round_trip<h::RequestDisposition>("no-fork");
    round_trip<h::Geolocation>("<cid:target123@example.com>");
    round_trip<h::GeolocationRouting>("yes");
    round_trip<h::GeolocationError>("100;code=\"Cannot Process Location\"");
    round_trip<h::ResourcePriority>("wps.3");
    round_trip<h::HistoryInfo>("<sip:bob@example.com?Reason=SIP%3Bcause%3D302>;index=1.1;mp=1");
    round_trip<h::Privacy>("id;header;critical");
    round_trip<h::TargetDialog>("fa77as7dad8-sd98ajzz@host.example.com;local-tag=kkaz-;remote-tag=6544");
    round_trip<h::Replaces>("98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff;early-only");
    round_trip<h::ReferTo>("<sip:bob@example.com?Replaces=1%40h%3Bto-tag%3D1>");
    round_trip<h::ReferredBy>("<sip:alice@example.com>;cid=\"1@2\"");
    round_trip<h::RestorationInfo>("noresponse");
    round_trip<h::ResponseSource>("fe=\"<urn:3gpp:fe:p-cscf.orig>\"");
    round_trip<h::RelayedCharge>("icid-value=1");
    round_trip<h::Reason>("Q.850;cause=16;text=\"Terminated, normally\"");
    round_trip<h::SessionId>("ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000");
    round_trip<h::InReplyTo>("70710@saturn.example.com");
}

TEST_CASE("white space around separators and folds change nothing", "[RFC3261-7.3.1][RFC3261-25.1]") {
    CHECK(value<h::Via>("SIP  / 2.0 /\r\n UDP\thost : 5070 ; branch = z9hG4bK1 ; rport") ==
          value<h::Via>("SIP/2.0/UDP host:5070;branch=z9hG4bK1;rport"));
    CHECK(value<h::From>("  \"A\r\n  B\"  <sip:a@b>  ;  tag = 1 ") ==
          value<h::From>("\"A B\" <sip:a@b>;tag=1"));
    CHECK(value<h::Reason>("RELEASE_CAUSE ;cause=1") == value<h::Reason>("RELEASE_CAUSE;cause=1"));
    CHECK(value<h::ContentType>("Application / SDP") == value<h::ContentType>("application/sdp"));
    CHECK(value<h::CSeq>("1\r\n\tINVITE") == value<h::CSeq>("1 INVITE"));
    CHECK(value<h::Subject>("one\r\n  two") == "one two");
    CHECK(value<h::Privacy>(" id ; header ") == value<h::Privacy>("id;header"));
    CHECK(value<h::PChargingVector>(" icid-value = 1 ; orig-ioi = a ") ==
          value<h::PChargingVector>("icid-value=1;orig-ioi=a"));
}

TEST_CASE("an address stands with or without brackets", "[RFC3261-20.10]") {
    const auto bare = value<h::From>("sip:a@b;tag=1");
    CHECK(bare.uri.params.empty());
    CHECK(bare.tag() == "1");
    CHECK(value<h::From>("Alice B. <sip:a@b>").display_name == "Alice B.");
    CHECK(value<h::From>("caller<sip:a@b>").display_name == "caller");
    CHECK(value<h::From>("J\xc3\xbcrgen <sip:a@b>").display_name == "J\xc3\xbcrgen");
    CHECK(value<h::From>("\"\" <sip:a@b>").display_name.empty());
    CHECK(value<h::To>("tel:+4930").uri.is_tel());
}

TEST_CASE("a malformed value says where it goes wrong", "[RFC3261-25.1]") {
    refuses<h::From>("", 0);
    refuses<h::From>("Bell, Alexander <sip:a@b>", 0);
    refuses<h::From>("\"Bell <sip:a@b>", 1);
    refuses<h::From>("< sip:a@b>", 1);
    refuses<h::From>("<sip:a@b", 1);
    refuses<h::From>("<sip:a@b> x", 10);
    refuses<h::From>("<sip:a@b>;", 10);
    refuses<h::From>("<sip:a@b>;;tag=1", 10);
    refuses<h::From>("<sip:a@b>;tag=\"1", 15);
    refuses<h::Contact>("sip:a@b?x=y", 7);
    refuses<h::Contact>("* ;expires=0", 2);
    refuses<h::Via>("SIP/2.0", 7);
    refuses<h::Via>("SIP/2.0/UDP", 11);
    refuses<h::Via>("SIP/2.0/UDP host:", 17);
    refuses<h::Via>("SIP/2.0/UDP host:65536", 17);
    refuses<h::Via>("SIP/2.0/UDP [::1;x", 12);
    refuses<h::Via>("SIP/2.0/UDP host;;", 17);
    refuses<h::CSeq>("INVITE", 0);
    refuses<h::CSeq>("1", 1);
    refuses<h::CSeq>("1INVITE", 1);
    refuses<h::CSeq>("2147483648 INVITE", 0);
    refuses<h::CSeq>("1 INVITE x", 9);
    refuses<h::RAck>("1 INVITE", 2);
    refuses<h::RAck>("1", 1);
    refuses<h::Expires>("", 0);
    refuses<h::Expires>("1 second", 1);
    refuses<h::Expires>("-1", 0);
    refuses<h::Event>("", 0);
    refuses<h::ContentType>("application", 11);
    refuses<h::ContentType>("application/", 12);
    refuses<h::Authorization>("", 0);
    refuses<h::Authorization>("Digest realm=\"r\" nonce=\"n\"", 17);
    refuses<h::Authorization>("Digest ,=x", 8);
    refuses<h::RetryAfter>("1 (x", 3);
}

TEST_CASE("a number too large for 32 bits is the largest one", "[RFC3261-20.19][RFC4475-3.1.2.4]") {
    CHECK(value<h::Expires>("4294967296") == 4294967295U);
    CHECK(value<h::Expires>("100000000000000000000000000000") == 4294967295U);
    CHECK(value<h::Expires>("0003600") == 3600U);
}

TEST_CASE("Retry-After may carry a comment", "[RFC3261-20.33]") {
    const auto retry = value<h::RetryAfter>("120 (I'm in a meeting) ;duration=1");
    CHECK(retry.token == "120");
    CHECK(retry.params.get("duration") == "1");
}

TEST_CASE("credentials of another scheme are kept", "[RFC3261-25.1][RFC7235-2.1]") {
    const auto odd = value<h::Authorization>("NoOneKnowsThisScheme opaque-data=here");
    CHECK(odd.scheme == "NoOneKnowsThisScheme");
    CHECK(odd.params.get("opaque-data") == "here");
    CHECK(value<h::Authorization>("Digest").params.empty());
    std::string out;
    codec::print(value<h::Authorization>("Basic dXNlcg=="), out);
    CHECK(out == "Basic dXNlcg==");
}

TEST_CASE("no wish for privacy is lost to an odd separator", "[RFC3323-4.2]") {
    const std::vector<std::string> both{"id", "header"};
    for (const auto* text : {"id;header", " id ; header ", "id, header", "id\r\n header", ";id;;header;"})
        CHECK(value<h::Privacy>(text) == both);
    CHECK(value<h::Privacy>("").empty());
}

TEST_CASE("a list is cut at commas outside of quotes and brackets", "[RFC3261-7.3.1]") {
    const auto first = [](std::string_view text) { return text.substr(0, codec::first_value_length(text)); };
    CHECK(first("a,b") == "a");
    CHECK(first("a") == "a");
    CHECK(first("") == "");
    CHECK(first(",a") == "");
    CHECK(first("\"x, \\\", y\" <sip:a,b@c>;p=\",\",z") == "\"x, \\\", y\" <sip:a,b@c>;p=\",\"");
    CHECK(first("\"x, y") == "\"x, y");
    CHECK(first("<sip:a,b") == "<sip:a,b");
    CHECK(first("\"\\") == "\"\\");
}

TEST_CASE("sent-by is compared with its port made explicit", "[RFC3261-18.2.2]") {
    CHECK(value<h::Via>("SIP/2.0/UDP Host.Example").sent_by() == "host.example:5060");
    CHECK(value<h::Via>("SIP/2.0/tls h").sent_by() == "h:5061");
    CHECK(value<h::Via>("SIP/2.0/FOO [2001:DB8::1]:7").sent_by() == "[2001:db8::1]:7");
}

TEST_CASE("every header has one name, found in any case, and its compact form", "[RFC3261-7.3.3]") {
    for (std::size_t i = 0; i < static_cast<std::size_t>(HeaderId::Unknown); ++i) {
        const auto id = static_cast<HeaderId>(i);
        std::string name{header_name(id)};
        CHECK(header_id(name) == id);
        for (auto& c : name) c = (c >= 'a' && c <= 'z') ? static_cast<char>(c - 32) : c;
        CHECK(header_id(name) == id);
        CHECK(header_id(name + "x") == HeaderId::Unknown);
    }
    const std::pair<std::string_view, HeaderId> compact[] = {
        {"i", HeaderId::CallId},        {"m", HeaderId::Contact},       {"e", HeaderId::ContentEncoding},
        {"l", HeaderId::ContentLength}, {"c", HeaderId::ContentType},   {"f", HeaderId::From},
        {"s", HeaderId::Subject},       {"K", HeaderId::Supported},     {"t", HeaderId::To},
        {"v", HeaderId::Via},           {"o", HeaderId::Event},         {"u", HeaderId::AllowEvents},
        {"r", HeaderId::ReferTo},       {"b", HeaderId::ReferredBy},    {"x", HeaderId::SessionExpires},
        {"a", HeaderId::AcceptContact}, {"j", HeaderId::RejectContact}, {"d", HeaderId::RequestDisposition}};
    for (const auto& [name, id] : compact) CHECK(header_id(name) == id);
    CHECK(header_id("") == HeaderId::Unknown);
    CHECK(header_id("z") == HeaderId::Unknown);
    CHECK(header_id("1") == HeaderId::Unknown);
}

TEST_CASE("methods have a case, and their names come back", "[RFC3261-7.1]") {
    for (int i = 0; i < static_cast<int>(Method::Other); ++i) {
        const auto m = static_cast<Method>(i);
        CHECK(parse_method(method_text(m)) == m);
    }
    CHECK(parse_method("invite") == Method::Other);
    CHECK(parse_method("") == Method::Other);
    CHECK(default_reason(404) == "Not Found");
    CHECK(default_reason(299) == "Unknown");
}

TEST_CASE("parameters nobody keeps are shown in order, up to what is none", "[24.229-7.2A.5]") {
    const auto shown = [](auto each, std::string_view text) {
        std::string all;
        const auto error = each(text, [&](const Param& p) {
            all += p.name;
            if (p.value) all += (p.quoted ? "~" : "=") + std::string{*p.value};
            all += ' ';
        });
        return all + (error ? "error" : "");
    };
    CHECK(shown(each_param, R"(icid-value="a\"b;c";orig-ioi=x ; flag)") ==
          "icid-value~a\"b;c orig-ioi=x flag ");
    CHECK(shown(each_param, ";a=1") == "a=1 ");
    CHECK(shown(each_param, "") == "error");
    CHECK(shown(each_param, "a=1;=2;c=3") == "a=1 error");
    CHECK(shown(each_param, R"(a="1)") == "error");
    CHECK(shown(each_auth_param, R"(Digest username="a, b", response="", algorithm=MD5)") ==
          "username~a, b response~ algorithm=MD5 ");
    CHECK(shown(each_auth_param, "Digest a=1 b=2") == "a=1 error");
    CHECK(shown(each_auth_param, "") == "error");
}
