#include "common/sdp/sdp.hpp"

#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sdp;

namespace {

Session parsed(std::string_view text) {
    auto session = Session::parse(text);
    if (!session) FAIL("line " << session.error().line << ": " << session.error().what << "\n" << text);
    return std::move(*session);
}

constexpr std::string_view head = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\n";

// Everything the grammar has, in its order.
constexpr std::string_view everything =
    "v=0\r\n"
    "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
    "s=Call to John Smith\r\n"
    "i=SDP Offer #1\r\n"
    "u=http://www.jdoe.example.com/home.html\r\n"
    "e=Jane Doe <jane@jdoe.example.com>\r\n"
    "p=+1 617 555-6011\r\n"
    "c=IN IP4 198.51.100.1\r\n"
    "b=AS:128\r\n"
    "b=X-YZ:7\r\n"
    "t=3724394400 3724398000\r\n"
    "r=604800 3600 0 90000\r\n"
    "z=3730928400 -1h 3749680800 0\r\n"
    "t=0 0\r\n"
    "k=prompt\r\n"
    "a=sendonly\r\n"
    "a=tool:x:y\r\n"
    "m=audio 49170 RTP/AVP 0\r\n"
    "m=audio 49180/2 RTP/AVP 0 96\r\n"
    "i=second\r\n"
    "c=IN IP6 FF1E:03AD::7F2E:172A:1E24/3\r\n"
    "c=IN IP4 233.252.0.1/127\r\n"
    "b=TIAS:64000\r\n"
    "k=clear:x\r\n"
    "a=rtpmap:96 AMR-WB/16000\r\n"
    "a=inactive\r\n"
    "a=empty:\r\n"
    "m=message 7654 TCP/MSRP *\r\n";

}  // namespace

TEST_CASE("a description with every kind of line is printed to the octet", "[RFC8866-9]") {
    const auto s = parsed(everything);
    CHECK(s.text() == everything);
    CHECK(s.origin.username == "jdoe");
    CHECK(s.origin.session_version == "3724394405");
    CHECK(s.timings.size() == 2);
    CHECK(s.timings[0].repeats.size() == 1);
    CHECK(s.bandwidths[1] == Bandwidth{"X-YZ", 7});
    REQUIRE(s.media.size() == 3);
    CHECK(s.media[1].port_count == 2);
    CHECK(s.media[1].formats == std::vector<std::string>{"0", "96"});
    CHECK(s.media[1].attributes.get("rtpmap") == "96 AMR-WB/16000");
    CHECK(s.media[1].attributes.get("empty") == "");
    CHECK(!s.media[1].attributes.get("inactive"));
    CHECK(s.media[2].protocol == "TCP/MSRP");
}

TEST_CASE("a section without a line of its own has the session's", "[RFC8866-5.7][RFC8866-6.7]") {
    const auto s = parsed(everything);
    CHECK(s.endpoint_of(s.media[0]) == IpEndpoint::parse("198.51.100.1:49170"));
    CHECK(s.connection_of(s.media[1])->ip() == IpAddress::parse("ff1e:3ad::7f2e:172a:1e24"));
    CHECK(s.direction_of(s.media[0]) == Direction::SendOnly);
    CHECK(s.direction_of(s.media[1]) == Direction::Inactive);
}

TEST_CASE("a rejected section and a name have no endpoint", "[RFC3264-6]") {
    const auto s = parsed(std::string{head} +
                          "t=0 0\r\nm=audio 0 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4 RTP/AVP 0\r\n" +
                          "c=IN IP4 media.example.com\r\nm=audio 6 RTP/AVP 0\r\n");
    for (const auto& m : s.media) CHECK(!s.endpoint_of(m));
    CHECK(s.connection_of(s.media[2]) == nullptr);
    CHECK(s.direction_of(s.media[0]) == Direction::SendRecv);
}

TEST_CASE("lines may end with LF, the last one with nothing", "[RFC8866-5]") {
    const auto s = parsed("v=0\no=- 1 2 IN IP4 192.0.2.1\ns=-\nt=0 0\nm=audio 4 RTP/AVP 0 ");
    CHECK(s.text() == std::string{head} + "t=0 0\r\nm=audio 4 RTP/AVP 0\r\n");
}

TEST_CASE("lines out of order in their section are put in order", "[RFC8866-5]") {
    const auto s = parsed(std::string{head} +
                          "t=0 0\r\na=x\r\nc=IN IP4 192.0.2.1\r\nm=audio 4 RTP/AVP 0\r\na=y\r\nb=AS:1\r\n");
    CHECK(s.text() == std::string{head} +
                          "c=IN IP4 192.0.2.1\r\nt=0 0\r\na=x\r\nm=audio 4 RTP/AVP 0\r\nb=AS:1\r\na=y\r\n");
}

TEST_CASE("a mistake is reported at its line", "[RFC8866-9]") {
    const std::pair<std::string, std::size_t> wrong[] = {
        {"", 1},
        {"o=- 1 2 IN IP4 192.0.2.1\r\n", 1},
        {"v=1\r\n", 1},
        {"v=0\r\n", 2},
        {"v=0\r\no=- 1 2 IN IP4\r\n", 2},
        {"v=0\r\no=- x 2 IN IP4 h\r\n", 2},
        {"v=0\r\no=- 1  2 IN IP4 h\r\n", 2},
        {std::string{head}, 4},
        {std::string{head} + "s=again\r\nt=0 0\r\n", 4},
        {std::string{head} + "t=0\r\n", 4},
        {std::string{head} + "t=now 0\r\n", 4},
        {std::string{head} + "r=1 2 3\r\n", 4},
        {std::string{head} + "x=1\r\nt=0 0\r\n", 4},
        {std::string{head} + "b=128\r\n", 4},
        {std::string{head} + "b=AS:many\r\n", 4},
        {std::string{head} + "c=IN IP4\r\n", 4},
        {std::string{head} + "c=IN IP4 2001:db8::1\r\n", 4},
        {std::string{head} + "a=\r\n", 4},
        {std::string{head} + "\r\n", 4},
        {std::string{head} + "m=audio 4 RTP/AVP 0\r\n", 4},
        {std::string{head} + "t=0 0\r\nm=audio 4 RTP/AVP\r\n", 5},
        {std::string{head} + "t=0 0\r\nm=audio x RTP/AVP 0\r\n", 5},
        {std::string{head} + "t=0 0\r\nm=audio 65536 RTP/AVP 0\r\n", 5},
        {std::string{head} + "t=0 0\r\nm=audio 4/0 RTP/AVP 0\r\n", 5},
        {std::string{head} + "t=0 0\r\nm =audio 4 RTP/AVP 0\r\n", 5},
        {std::string{head} + "t=0 0\r\nm=audio 4 RTP/AVP 0\r\nt=0 0\r\n", 6},
        {std::string{head} + "t=0 0\r\nm=audio 4 RTP/AVP 0\r\ni=a\r\ni=b\r\n", 7},
        {std::string{head} + "t=0 0\r\na=x" + std::string(1, '\0') + "\r\n", 5},
    };
    for (const auto& [text, line] : wrong) {
        INFO(text);
        const auto s = Session::parse(text);
        REQUIRE(!s);
        CHECK(s.error().line == line);
        CHECK(!s.error().what.empty());
    }
}

TEST_CASE("a description cut short anywhere is refused or understood", "[RFC8866-5]") {
    for (std::size_t length = 0; length < everything.size(); ++length) {
        const auto s = Session::parse(everything.substr(0, length));
        if (s) CHECK(Session::parse(s->text()).has_value());
    }
}

TEST_CASE("the descriptions of the IPv6 torture messages are read and printed as they came",
          "[RFC5118-4.6]") {
    for (const std::string name : {"ipv6-in-sdp", "mult-ip-in-sdp", "ipv4-mapped-ipv6"}) {
        std::ifstream file{IMS_TEST_DATA "/sip-torture/rfc5118/" + name + ".dat", std::ios::binary};
        const std::string message{std::istreambuf_iterator<char>{file}, {}};
        const auto body = message.substr(message.find("\r\n\r\n") + 4);
        CHECK(parsed(body).text() == body);
    }
}

TEST_CASE("attributes are added and removed by name", "[RFC8866-5.13]") {
    Attributes a{{"curr", "qos local none"}, {"curr", "qos remote none"}};
    a.add("sendrecv");
    CHECK(a.get("curr") == "qos local none");
    CHECK(!a.has("CURR"));
    CHECK(a.remove("curr") == 2);
    CHECK(a.size() == 1);
}
