#include "tests/ue/core/rtp.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::ue;

namespace {

struct Stream {
    RtpSender sender{8, 0x1234, 65'530, 0xffffff00};
    RtpReceiver receiver;
    TimePoint now{};
    void pass(Duration jitter = {}) {
        receiver.receive(sender.next(), now + jitter);
        now += rtp_packet_time;
    }
    void lose() {
        sender.next();
        now += rtp_packet_time;
    }
};

}  // namespace

TEST_CASE("a stream that arrives in order has neither loss nor jitter, across the wrap of its numbers",
          "[RFC3550-A.1][RFC3550-A.8]") {
    Stream s;
    for (int i = 0; i < 100; ++i) s.pass();
    CHECK(s.receiver.received() == 100);
    CHECK(s.receiver.expected() == 100);
    CHECK(s.receiver.lost() == 0);
    CHECK(s.receiver.jitter().count() == Approx(0).margin(1e-6));
}

TEST_CASE("lost packets are counted from the numbers", "[RFC3550-A.3]") {
    Stream s;
    for (int i = 0; i < 100; ++i) i % 10 == 5 ? s.lose() : s.pass();
    CHECK(s.receiver.received() == 90);
    CHECK(s.receiver.lost() == 10);
    CHECK(s.receiver.loss() == Approx(0.1));
}

TEST_CASE("a late packet is no loss and a double one hides none below zero", "[RFC3550-A.3]") {
    Stream s;
    s.pass();
    const auto late = s.sender.next();
    s.now += rtp_packet_time;
    s.pass();
    s.receiver.receive(late, s.now);
    CHECK(s.receiver.lost() == 0);
    s.receiver.receive(late, s.now);
    CHECK(s.receiver.lost() == -1);
    CHECK(s.receiver.loss() == 0);
}

TEST_CASE("jitter is the smoothed difference of transit times", "[RFC3550-A.8]") {
    Stream s;
    for (int i = 0; i < 400; ++i) s.pass(i % 2 == 0 ? 0ms : 4ms);
    CHECK(s.receiver.jitter().count() == Approx(4).epsilon(0.01));
}

TEST_CASE("what is no G.711 over RTP is set apart", "[RFC3550-5.1]") {
    Stream s;
    s.pass();
    s.receiver.receive({}, s.now);
    s.receiver.receive(Octets(12, 0), s.now);
    auto other = s.sender.next();
    other[1] = 101;
    s.receiver.receive(other, s.now);
    CHECK(s.receiver.malformed() == 3);
    CHECK(s.receiver.received() == 1);
}

TEST_CASE("G.711 codes are those of the recommendation", "[G.711]") {
    CHECK(a_law(0) == 0xd5);
    CHECK(a_law(-1) == 0x55);
    CHECK(a_law(32767) == 0xaa);
    CHECK(a_law(-32768) == 0x2a);
    CHECK(mu_law(0) == 0xff);
    CHECK(mu_law(-1) == 0x7f);
    CHECK(mu_law(32767) == 0x80);
    CHECK(mu_law(-32768) == 0x00);
}

TEST_CASE("a packet is a header and 20 ms of tone; time goes on while the sender is on hold",
          "[RFC3551-4.2]") {
    RtpSender sender{0, 7, 1, 1000};
    const auto first = sender.next();
    REQUIRE(first.size() == 172);
    CHECK(first[0] == 0x80);
    CHECK(first[1] == 0x80);  // marked, PCMU
    sender.skip();
    const auto second = sender.next();
    CHECK(second[3] == 2);
    CHECK((second[6] << 8 | second[7]) == 1320);
    CHECK((second[1] & 0x80) == 0x80);
    CHECK(sender.sent() == 2);
}
