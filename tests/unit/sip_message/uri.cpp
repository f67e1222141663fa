#include "common/sip/message/uri.hpp"

#include <catch2/catch.hpp>

using namespace ims::sip;

namespace {

Uri uri(std::string_view text) {
    auto parsed = Uri::parse(text);
    if (!parsed) FAIL(text << ": " << parsed.error().what << " at " << parsed.error().offset);
    return *parsed;
}

bool equivalent(std::string_view a, std::string_view b) {
    const auto one_way = uri(a).equivalent(uri(b));
    CHECK(uri(b).equivalent(uri(a)) == one_way);
    return one_way;
}

}  // namespace

TEST_CASE("a SIP URI has all its parts", "[RFC3261-19.1.1]") {
    const auto u = uri("sip:alice:secret@[2001:db8::1]:5070;transport=tcp;lr?subject=x&to=y");
    CHECK(u.scheme == Uri::Scheme::Sip);
    CHECK(u.user == "alice");
    CHECK(u.password == "secret");
    CHECK(u.host == "[2001:db8::1]");
    CHECK(u.port == 5070);
    CHECK(u.params.get("Transport") == "tcp");
    CHECK(u.loose());
    CHECK(u.headers == "subject=x&to=y");
}

TEST_CASE("a URI is printed as it came", "[RFC3261-19.1.1][RFC3966-3]") {
    for (const std::string text :
         {"sip:example.com", "sips:bob@example.com:5061", "sip:bob@[2001:db8::1]",
          "sip:a%40b:p%3a@h;x;y=;z=1?a=b", "sip:+49-30-1;phone-context=+49@example.com;user=phone",
          "tel:+49-(30)-1.2;ext=3", "tel:112", "tel:*31#0301;phone-context=ims.example",
          "tel:7042;phone-context=+1-914-555", "urn:service:sos.police", "mailto:a@b",
          "soap.beep://192.0.2.103:3002", "http://www.example.com/?q=1", "sip:1_2.3@h_1.example",
          "sip:0301;phone-context=a.example@a.example;user=phone"}) {
        CHECK(uri(text).text() == text);
    }
}

TEST_CASE("the scheme has no case and any other scheme is kept as text", "[RFC3261-19.1.4]") {
    CHECK(uri("SIP:a@b").text() == "sip:a@b");
    CHECK(uri("TEL:1").is_tel());
    const auto sos = uri("URN:service:sos");
    CHECK(sos.scheme == Uri::Scheme::Other);
    CHECK(sos.scheme_text == "urn");
    CHECK(sos.user == "service:sos");
}

TEST_CASE("what is no URI is refused where it stops being one", "[RFC3261-19.1.1]") {
    const std::pair<std::string_view, std::size_t> wrong[] = {{"", 0},
                                                              {"alice@example.com", 0},
                                                              {"sip:", 4},
                                                              {"sip:@h", 4},
                                                              {"sip:a@", 6},
                                                              {"sip:a@b@c", 7},
                                                              {"sip:a@b:", 8},
                                                              {"sip:a@b:65536", 8},
                                                              {"sip:a@b:5x", 8},
                                                              {"sip:a b@c", 5},
                                                              {"sip:a@[::1", 6},
                                                              {"sip:a@[gg::]", 7},
                                                              {"sip:a@b;;lr", 8},
                                                              {"sip:a@b;=x", 8},
                                                              {"sip:a@b>", 7},
                                                              {"<sip:a@b>", 0},
                                                              {"sip:2001:db8::10", 9},
                                                              {"tel:", 4},
                                                              {"tel:+", 4},
                                                              {"tel:12x", 6},
                                                              {"tel:1@h", 5},
                                                              {"1sip:a", 0},
                                                              {"s/p:a", 1},
                                                              {"sip:a@b\r\n", 7},
                                                              {"sip:a@h/x", 7}};
    for (const auto& [text, at] : wrong) {
        INFO(text);
        const auto u = Uri::parse(text);
        REQUIRE(!u);
        CHECK(u.error().offset == at);
        CHECK(!u.error().what.empty());
    }
}

TEST_CASE("the equivalent URIs of RFC 3261 are equivalent", "[RFC3261-19.1.4]") {
    CHECK(equivalent("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
    CHECK(equivalent("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
    CHECK(equivalent("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"));
    CHECK(equivalent("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                     "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
    CHECK(equivalent("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                     "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
    CHECK(equivalent("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]"));
}

TEST_CASE("the different URIs of RFC 3261 are different", "[RFC3261-19.1.4]") {
    CHECK(!equivalent("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
    CHECK(!equivalent("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
    CHECK(!equivalent("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
    CHECK(!equivalent("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
    CHECK(!equivalent("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
    CHECK(!equivalent("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
    CHECK(!equivalent("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
    CHECK(!equivalent("sip:a@h", "sips:a@h"));
    CHECK(!equivalent("sip:a@h", "sip:h"));
    CHECK(!equivalent("sip:a:x@h", "sip:a@h"));
    CHECK(!equivalent("sip:a%3bb@h", "sip:a;b@h"));  // a reserved character is not its escape
    CHECK(!equivalent("sip:a@h;user=phone", "sip:a@h"));
    CHECK(!equivalent("sip:a@h;maddr=1.2.3.4", "sip:a@h"));
}

TEST_CASE("telephone numbers compare without visual separators", "[RFC3966-5]") {
    CHECK(equivalent("tel:+49-30-1", "tel:+49(30)1"));
    CHECK(equivalent("tel:7042;ext=1;phone-context=A.example", "tel:70-42;Phone-Context=a.example;ext=1"));
    CHECK(equivalent("tel:7042;phone-context=+1-914", "tel:7042;phone-context=+1914"));
    CHECK(!equivalent("tel:7042;phone-context=a.example", "tel:7042;phone-context=b.example"));
    CHECK(!equivalent("tel:7042;phone-context=a.example", "tel:7042"));
    CHECK(!equivalent("tel:+4930", "tel:4930"));
}

TEST_CASE("escaping a user part and undoing it gives the same text", "[RFC3261-19.1.2]") {
    std::string every;
    for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
    const auto escaped = escape_user(every);
    CHECK(unescape(escaped) == every);
    CHECK(uri("sip:" + escaped + "@example.com").user == escaped);
    CHECK(escape_user("a@b#c") == "a%40b%23c");
    CHECK(unescape("a%4") == "a%4");
    CHECK(unescape("%zz%41") == "%zz%41");
}

TEST_CASE("built URIs print like parsed ones", "[RFC3261-19.1.1]") {
    CHECK(Uri::sip("bob", "example.com", 5070) == uri("sip:bob@example.com:5070"));
    CHECK(Uri::sip("", "example.com").text() == "sip:example.com");
    CHECK(Uri::tel("+4930") == uri("tel:+4930"));
}

TEST_CASE("parameters keep their order when set, quoted and removed", "[RFC3261-7.3.1]") {
    Params p{{"a", "1", false}, {"b", std::nullopt, false}, {"C", "x", false}};
    p.set("B", "2");
    p.set("d");
    p.set_quoted("c", "say \"hi\" \\");
    std::string out;
    p.print(out);
    CHECK(out == R"(;a=1;b=2;C="say \"hi\" \\";d)");
    CHECK(p.get("c") == "say \"hi\" \\");
    CHECK(p.has("D"));
    CHECK(!p.get("d"));
    CHECK(p.remove("A"));
    CHECK(!p.remove("a"));
    CHECK(p.size() == 3);
}

TEST_CASE("parameters may be few and short or many and long", "[RFC3261-7.3.1]") {
    const std::string longer(100, 'x');
    Params few{{"lr"}, {"transport", "udp"}};
    Params many{{"branch", "z9hG4bK776asdhds"}, {"received", "2001:db8::9:1"}, {"sigcomp-id", longer}};
    const auto text = [](const Params& p) {
        std::string out;
        p.print(out);
        return out;
    };
    const auto few_text = text(few);
    const auto many_text = text(many);
    CHECK(few_text == ";lr;transport=udp");
    CHECK(many_text == ";branch=z9hG4bK776asdhds;received=2001:db8::9:1;sigcomp-id=" + longer);

    auto copy = many;
    auto moved = std::move(copy);
    CHECK(moved == many);
    copy = few;
    CHECK(copy == few);
    moved = few;
    CHECK(text(moved) == few_text);
    moved = Params{many};
    copy = std::move(moved);
    CHECK(text(copy) == many_text);
    copy = std::move(few);
    CHECK(text(copy) == few_text);

    // In place: longer, shorter, nothing at all, and what stands behind it stays.
    copy.set("LR", longer);
    CHECK(text(copy) == ";lr=" + longer + ";transport=udp");
    copy.set("lr", "1");
    CHECK(text(copy) == ";lr=1;transport=udp");
    copy.set("lr");
    CHECK(text(copy) == few_text);
    for (int i = 0; i < 100; ++i) copy.set("p" + std::to_string(i), std::to_string(i));
    CHECK(copy.size() == 102);
    CHECK(copy.get("p99") == "99");
    CHECK(copy.get("transport") == "udp");
}

TEST_CASE("what may not stand in a URI is found wherever it stands", "[RFC3986-2]") {
    for (int code = 0; code < 256; ++code) {
        const auto c = static_cast<char>(code);
        const bool allowed = code > ' ' && code != 0x7f && c != '<' && c != '>' && c != '"';
        for (std::size_t at = 4; at < 24; ++at) {
            auto text = "urn:" + std::string(20, 'a');
            text[at] = c;
            const auto error = Uri::check(text);
            INFO("octet " << code << " at " << at);
            REQUIRE(error.has_value() != allowed);
            if (error) REQUIRE(error->offset == at);
        }
    }
}
