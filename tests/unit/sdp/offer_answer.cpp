#include "common/sdp/offer_answer.hpp"

#include <array>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sdp;

namespace {

const std::array own{Codec{96, "AMR-WB/16000", "mode-change-capability=2"}, Codec{97, "AMR/8000", ""},
                     Codec{100, "telephone-event/8000", "0-15"}};
const Side alice{*IpEndpoint::parse("192.0.2.1:50000"), own, "11"};
const Side bob{*IpEndpoint::parse("[2001:db8::2]:60000"), own, "22"};

Session offered(std::string_view media) {
    auto s = Session::parse("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" +
                            std::string{media});
    if (!s) FAIL("line " << s.error().line << ": " << s.error().what);
    return *s;
}

}  // namespace

TEST_CASE("an offer names where to send and what", "[RFC3264-5]") {
    CHECK(offer(alice).text() ==
          "v=0\r\no=- 11 11 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
          "m=audio 50000 RTP/AVP 96 97 100\r\n"
          "a=rtpmap:96 AMR-WB/16000\r\na=fmtp:96 mode-change-capability=2\r\n"
          "a=rtpmap:97 AMR/8000\r\n"
          "a=rtpmap:100 telephone-event/8000\r\na=fmtp:100 0-15\r\n"
          "a=sendrecv\r\n");
    CHECK(codecs_of(offer(alice).media[0]) == std::vector<Codec>(own.begin(), own.end()));
}

TEST_CASE("an answer has the offer's sections, payload types and order", "[RFC3264-6]") {
    const auto s =
        answer(offered("m=video 4 RTP/AVP 31\r\n"
                       "m=audio 6 RTP/AVP 0 104 105\r\na=rtpmap:104 amr/8000/1\r\na=rtpmap:105 EVS/16000\r\n"
                       "m=audio 8 RTP/AVP 104\r\na=rtpmap:104 AMR/8000\r\n"),
               bob);
    REQUIRE(s.media.size() == 3);
    CHECK(s.media[0].rejected());
    CHECK(s.media[0].formats == std::vector<std::string>{"31"});
    CHECK(s.endpoint_of(s.media[1]) == bob.audio);
    CHECK(s.media[1].formats == std::vector<std::string>{"104"});
    CHECK(s.media[2].rejected());
    CHECK(Session::parse(s.text()).has_value());
}

TEST_CASE("static payload types need no rtpmap", "[RFC3551-6]") {
    const std::array pcma{Codec{8, "PCMA/8000", ""}};
    const Side side{bob.audio, pcma};
    const auto s = answer(offered("m=audio 6 RTP/AVP 0 8\r\n"), side);
    CHECK(codecs_of(s.media[0]) == std::vector<Codec>{pcma[0]});
}

TEST_CASE("events without speech, secure profiles and refused sections are refused", "[RFC3264-6]") {
    for (const std::string media :
         {"m=audio 6 RTP/AVP 100\r\na=rtpmap:100 telephone-event/8000\r\n",
          "m=audio 6 RTP/SAVP 96\r\na=rtpmap:96 AMR-WB/16000\r\n",
          "m=audio 0 RTP/AVP 96\r\na=rtpmap:96 AMR-WB/16000\r\n", "m=audio 6 RTP/AVP 0\r\n"})
        CHECK(answer(offered(media), bob).media[0].rejected());
}

TEST_CASE("the direction is what both sides want", "[RFC3264-6.1]") {
    const auto direction = [](Direction theirs, Direction ours) {
        auto from = alice;
        from.direction = theirs;
        auto to = bob;
        to.direction = ours;
        const auto s = answer(offer(from), to);
        return s.direction_of(s.media[0]);
    };
    using enum Direction;
    CHECK(direction(SendRecv, SendRecv) == SendRecv);
    CHECK(direction(SendOnly, SendRecv) == RecvOnly);
    CHECK(direction(RecvOnly, SendRecv) == SendOnly);
    CHECK(direction(Inactive, SendRecv) == Inactive);
    CHECK(direction(SendRecv, RecvOnly) == RecvOnly);
    CHECK(direction(SendOnly, SendOnly) == Inactive);
    for (const auto d : {SendRecv, SendOnly, RecvOnly, Inactive})
        CHECK(direction(d, SendRecv) == reversed(d));
}
