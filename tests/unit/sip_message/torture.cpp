#include "common/sip/message/framer.hpp"
#include "tests/unit/sip_message/support.hpp"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

// RFC 4475 and RFC 5118, message by message.
namespace ims::sip::test {

namespace {

// What the parser alone has to say. A message it accepts goes to an element; `left` names what the element
// decides.
struct Expected {
    int status = 0;                // 0: accepted
    std::string_view reason = {};  // of the refusal
    std::string_view left = {};
};

const std::map<std::string, Expected, std::less<>> expected{
    // RFC 4475 3.1.1: valid messages
    {"wsinv", {}},
    {"intmeth", {}},
    {"esc01", {}},
    {"escnull", {}},
    {"esc02", {}},
    {"lwsdisp", {}},
    {"longreq", {}},
    {"dblreq", {}},
    {"semiuri", {}},
    {"transports", {}},
    {"mpart01", {}},
    {"unreason", {}},
    {"noreason", {}},
    // 3.1.2: invalid messages
    {"badinv01", {400, "Bad Via"}},
    {"clerr", {400, "Content-Length Too Large"}},
    {"ncl", {400, "Bad Content-Length"}},
    {"scalar02", {400, "Bad CSeq"}},
    {"scalarlg", {400, "Bad CSeq"}},
    {"quotbal", {400, "Bad To"}},
    {"ltgtruri", {400, "Bad Request-URI"}},
    {"lwsruri", {400, "Bad Request-Line"}},
    {"lwsstart", {400, "Bad Request-Line"}},
    {"trws", {400, "Bad Request-Line"}},
    {"escruri", {400, "Request-URI With Headers"}},
    {"baddate", {0, "", "the Date: ignored"}},
    {"regbadct", {0, "", "400: the Contact is malformed when asked for"}},
    {"badaspec", {400, "Bad To"}},
    {"baddn", {400, "Header Not Terminated"}},  // the archived octets end before the empty line
    {"badvers", {505, "Version Not Supported"}},
    {"mismatch01", {400, "CSeq Method Does Not Match"}},
    {"mismatch02", {400, "CSeq Method Does Not Match"}},
    {"bigcode", {400, "Bad Status-Line"}},
    // 3.2 and 3.3: transactions and applications
    {"badbranch", {400, "Bad Via"}},
    {"insuf", {400, "Missing From"}},
    {"unkscm", {0, "", "416"}},
    {"novelsc", {0, "", "416"}},
    {"unksm2", {0, "", "400 by the registrar: To is no SIP URI"}},
    {"bext01", {0, "", "420"}},
    {"invut", {0, "", "415 by the called user agent"}},
    {"regaut01", {0, "", "401 with a challenge it may know"}},
    {"multi01", {400, "Duplicate From"}},
    {"mcl01", {400, "Duplicate Content-Length"}},
    {"bcast", {0, "", "dropped: the next Via is a broadcast address"}},
    {"zeromf", {0, "", "483"}},
    {"cparam01", {}},
    {"cparam02", {}},
    {"regescrt", {}},
    {"sdp01", {0, "", "406 by the called user agent"}},
    {"inv2543", {}},
    {"test", {400, "Bad Request-Line"}},
    // RFC 5118
    {"ipv6-good", {}},
    {"ipv6-bad", {400, "Bad Request-URI"}},
    {"port-ambiguous", {}},
    {"port-unambiguous", {}},
    {"via-received-param-with-delim", {}},
    {"via-received-param-no-delim", {}},
    {"ipv6-in-sdp", {}},
    {"ipv6-in-sdp.as-printed", {400, "Content-Length Too Large"}},
    {"mult-ip-in-header", {}},
    {"mult-ip-in-sdp", {}},
    {"mult-ip-in-sdp.as-printed", {}},
    {"ipv4-mapped-ipv6", {}},
    {"ipv4-mapped-ipv6.as-printed", {}},
    {"ipv6-bug-abnf-3-colons", {}},
    {"ipv6-correct-abnf-2-colons", {}},
};

const Vector& vector_named(std::string_view name) {
    const auto& all = torture_vectors();
    return *std::find_if(all.begin(), all.end(), [&](const Vector& v) { return v.name == name; });
}

Message torture(std::string_view name) {
    return parsed(vector_named(name).octets);
}

bool is_response(const Vector& v) {
    return v.octets.starts_with("SIP/2.0 ");
}

}  // namespace

TEST_CASE("every torture message gets the verdict of its RFC", "[RFC4475][RFC5118]") {
    REQUIRE(torture_vectors().size() == expected.size());
    for (const auto& v : torture_vectors()) {
        INFO(v.file << ": " << v.verdict << ", proxy " << v.proxy);
        const auto row = expected.find(v.name);
        REQUIRE(row != expected.end());
        const auto& want = row->second;
        const auto message = Message::parse(v.octets);
        if (want.status == 0) {
            if (!message) FAIL(message.error().reason << " at " << message.error().offset);
            // An invalid message may pass the parser only where the table says who refuses it.
            if (v.verdict.starts_with("invalid")) CHECK(!want.left.empty());
        } else {
            REQUIRE(!message);
            CHECK(message.error().status == want.status);
            CHECK(message.error().reason == want.reason);
            CHECK(!v.verdict.starts_with("valid"));
            if (is_response(v)) {
                CHECK(v.proxy == "drop silently");
                CHECK(!message.error().answerable);
            } else if (v.name != "test") {  // without a Via there is nobody to answer
                CHECK(v.proxy.find(std::to_string(want.status)) != std::string::npos);
                CHECK(message.error().answerable);
            }
        }
    }
}

TEST_CASE("a refused request can be answered from what there is of it", "[RFC4475][RFC3261-8.2.6]") {
    for (const auto& v : torture_vectors()) {
        const auto message = Message::parse(v.octets);
        if (message || !message.error().answerable) continue;
        INFO(v.file);
        const auto& failure = message.error();
        REQUIRE(failure.partial);
        const auto response = Message::response(*failure.partial, failure.status, failure.reason, "t1");
        CHECK(response.raw_all(HeaderId::Via) == failure.partial->raw_all(HeaderId::Via));
        CHECK(response.call_id() == failure.partial->call_id());
        CHECK(response.raw(HeaderId::CSeq) == failure.partial->raw(HeaderId::CSeq));
        CHECK(response.serialize().starts_with("SIP/2.0 " + std::to_string(failure.status) + " " +
                                               failure.reason));
    }
}

TEST_CASE("an accepted torture message leaves byte for byte", "[RFC4475][RFC5118]") {
    for (const auto& v : torture_vectors()) {
        const auto message = Message::parse(v.octets);
        if (!message) continue;
        INFO(v.file);
        const auto out = message->serialize();
        if (!message->has(HeaderId::ContentLength)) {
            CHECK(v.name == "inv2543");
            const auto length = "\r\nContent-Length: " + std::to_string(message->body().size()) + "\r\n\r\n";
            CHECK(out.find(length) != std::string::npos);
        } else {
            CHECK(out == v.octets.substr(0, out.size()));  // what is behind Content-Length is no part of it
        }
        CHECK(parsed(out).serialize() == out);
    }
}

TEST_CASE("a torture message cut short at any octet is refused or understood, never worse",
          "[RFC4475][RFC5118]") {
    for (const auto& v : torture_vectors()) {
        for (std::size_t length = 0; length < v.octets.size(); ++length) {
            const auto message = Message::parse(std::string_view{v.octets}.substr(0, length));
            if (message) {
                const auto out = message->serialize();
                if (!Message::parse(out)) FAIL(v.file << " cut at " << length);
            } else if (message.error().status < 400 || message.error().offset > length) {
                FAIL(v.file << " cut at " << length);
            }
        }
    }
}

TEST_CASE("torture messages with one octet spoiled never break the parser", "[RFC4475][RFC5118]") {
    for (const auto& v : torture_vectors()) {
        for (const char c : {'\0', '\r', '\n', '"', '<', ';', '\xff'}) {
            auto text = v.octets;
            for (std::size_t i = 0; i < text.size(); ++i) {
                const auto kept = std::exchange(text[i], c);
                if (const auto message = Message::parse(text)) {
                    const auto out = message->serialize();
                    const auto again = Message::parse(out);
                    if (!again || again->serialize() != out) FAIL(v.file << " spoiled at " << i);
                }
                text[i] = kept;
            }
        }
    }
}

TEST_CASE("a stream of torture messages is cut at the same places however it arrives",
          "[RFC4475][RFC3261-18.3]") {
    for (const auto& v : torture_vectors()) {
        const std::string follower = options_with({"Content-Length: 0"});
        const auto stream = v.octets + follower;
        const auto messages_of = [&](std::size_t split) {
            Framer framer;
            std::vector<std::string> found;
            for (const auto& part : {stream.substr(0, split), stream.substr(split)}) {
                framer.feed(part);
                for (;;) {
                    auto item = framer.next();
                    if (const auto* m = std::get_if<Buffer>(&item)) {
                        found.push_back(**m);
                    } else if (const auto* b = std::get_if<Framer::Broken>(&item)) {
                        found.push_back("broken: " + std::string{b->what});
                        break;
                    } else if (std::holds_alternative<Framer::NeedMore>(item)) {
                        break;
                    }
                }
                if (!found.empty() && found.back().starts_with("broken")) return found;
            }
            return found;
        };
        const auto whole = messages_of(0);
        for (std::size_t split = 1; split < stream.size(); ++split)
            if (messages_of(split) != whole) FAIL(v.file << " split at " << split);
    }
}

// ---- what the RFC says about single messages, beyond accept and refuse

TEST_CASE("a short tortuous INVITE means what its tidy form means", "[RFC4475-3.1.1.1]") {
    const auto m = torture("wsinv");
    CHECK(m.cseq().number == 9);
    CHECK(m.cseq().method == Method::Invite);
    CHECK(*m.get<h::MaxForwards>() == 68);
    CHECK(m.to_tag() == "1918181833n");
    CHECK(m.from_tag() == "98asjd8");
    CHECK(m.get<h::From>()->display_name == "J Rosenberg \\\"");
    const auto via = m.all<h::Via>();
    REQUIRE(via.has_value());
    REQUIRE(via->size() == 3);
    CHECK((*via)[0].branch() == "390skdjuw");
    CHECK((*via)[1].transport == "TCP");
    CHECK((*via)[1].host == "spindle.example.com");
    CHECK((*via)[1].branch() == "z9hG4bK9ikj8");
    CHECK((*via)[2].branch() == "z9hG4bK30239");
    const auto contact = m.get<h::Contact>();
    REQUIRE(contact.has_value());
    CHECK(contact->address.display_name == "Quoted string \"\"");
    CHECK(contact->address.params.get("newparam") == "newvalue");
    CHECK(contact->address.params.has("secondparam"));
    CHECK(contact->address.params.get("q") == "0.33");
    CHECK(m.get<h::Route>()->uri.params.get("unknownwith") == "value");
    CHECK(m.raw("newfangledheader") == "newfangled value\r\n continued newfangled value");
    CHECK(m.get<h::Subject>()->empty());
}

TEST_CASE("every character the grammar allows is allowed", "[RFC4475-3.1.1.2]") {
    const auto m = torture("intmeth");
    CHECK(m.method_name() == "!interesting-Method0123456789_*+`.%indeed'~");
    CHECK(m.request_uri().user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    CHECK(m.request_uri().password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    CHECK(m.get<h::To>()->display_name == std::string("BEL:\a NUL:\0 DEL:\x7f", 17));
    CHECK(m.get<h::From>()->display_name == "token1~` token2'+_ token3*%!.-");
    CHECK(m.from_tag() == "_token~1'+`*%!-.");
    CHECK(m.has("extensionHeader-!.%*+_`'~"));
}

TEST_CASE("escapes are undone once, and only where they are escapes", "[RFC4475-3.1.1.3][RFC4475-3.1.1.5]") {
    const auto m = torture("esc01");
    CHECK(unescape(m.request_uri().user) == "sips:user@example.com");
    const auto reg = torture("esc02");
    CHECK(reg.method() == Method::Other);  // not REGISTER
    CHECK(reg.method_name() == "RE%47IST%45R");
    CHECK(reg.all<h::Contact>()->size() == 2);  // "C%6Fntact" is no Contact
    CHECK(reg.get<h::To>()->display_name == "%Z%45");
}

TEST_CASE("an escaped NUL does not end a user part", "[RFC4475-3.1.1.4]") {
    const auto contacts = torture("escnull").all<h::Contact>();
    REQUIRE(contacts.has_value());
    REQUIRE(contacts->size() == 2);
    CHECK(unescape((*contacts)[0].address.uri.user) == std::string(1, '\0'));
    CHECK(!(*contacts)[0].address.uri.equivalent((*contacts)[1].address.uri));
}

TEST_CASE("a second request in a datagram is not read", "[RFC4475-3.1.1.8]") {
    const auto m = torture("dblreq");
    CHECK(m.method() == Method::Register);
    CHECK(m.body().empty());
}

TEST_CASE("a semicolon before the @ belongs to the user", "[RFC4475-3.1.1.9]") {
    const auto uri = torture("semiuri").request_uri();
    CHECK(unescape(uri.user) == "user;par=u@example.net");
    CHECK(uri.params.empty());
}

TEST_CASE("a binary multipart body is octets", "[RFC4475-3.1.1.11]") {
    const auto m = torture("mpart01");
    CHECK(m.body().size() == 553);
    CHECK(m.body().find('\0') != std::string_view::npos);
    CHECK(m.get<h::ContentType>()->token == "multipart/mixed");
    CHECK(m.get<h::ContentType>()->params.get("boundary") == "7a9cbec02ceef655");
}

TEST_CASE(
    "a Contact with headers outside of brackets is malformed, and its Route stays out of the parameters",
    "[RFC4475-3.1.2.13]") {
    const auto contact = torture("regbadct").get<h::Contact>();
    REQUIRE(!contact);
    CHECK(contact.error().kind == ParseError::Kind::Malformed);
}

TEST_CASE("the unquoted display name with a comma is malformed, not only the missing end",
          "[RFC4475-3.1.2.15]") {
    const auto failure = Message::parse(vector_named("baddn").octets + "\r\n");
    REQUIRE(!failure);
    CHECK(failure.error().reason == "Bad From");
}

TEST_CASE("a request line too long for its limit is told so", "[RFC3261-21.4.12]") {
    const auto failure =
        Message::parse("OPTIONS sip:" + std::string(9000, 'a') + "@example.com SIP/2.0\r\n\r\n");
    REQUIRE(!failure);
    CHECK(failure.error().status == 414);
}

TEST_CASE("parameters belong to the Contact or to its URI by their place",
          "[RFC4475-3.3.12][RFC4475-3.3.13]") {
    const auto outside = torture("cparam01").get<h::Contact>();
    CHECK(outside->address.params.has("unknownparam"));
    CHECK(outside->address.uri.params.empty());
    const auto inside = torture("cparam02").get<h::Contact>();
    CHECK(inside->address.uri.has("unknownparam"));
    CHECK(inside->address.params.empty());
    CHECK(torture("regescrt").get<h::Contact>()->address.uri.headers == "Route=%3Csip:sip.example.com%3E");
}

TEST_CASE("an IPv6 reference is a host, with and without a port", "[RFC5118-4.2][RFC5118-4.3]") {
    CHECK(torture("ipv6-good").request_uri().host == "[2001:db8::10]");
    const auto ambiguous = torture("port-ambiguous").request_uri();
    CHECK(ambiguous.host == "[2001:db8::10:5070]");
    CHECK(!ambiguous.port);
    const auto clear = torture("port-unambiguous").request_uri();
    CHECK(clear.host == "[2001:db8::10]");
    CHECK(clear.port == 5070);
}

TEST_CASE("received has an IPv6 address with or without brackets", "[RFC5118-4.5]") {
    CHECK(torture("via-received-param-with-delim").top_via().params.get("received") == "[2001:db8::9:255]");
    CHECK(torture("via-received-param-no-delim").top_via().params.get("received") == "2001:db8::9:255");
}

TEST_CASE("octets behind Content-Length are cut off", "[RFC5118-4.7][RFC3261-18.3]") {
    CHECK(torture("mult-ip-in-sdp.as-printed").body().size() == 181);
}

}  // namespace ims::sip::test
