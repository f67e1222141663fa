#include "common/compression/compression.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;

namespace {

const auto ue_at = *IpEndpoint::parse("192.0.2.1:5060");
const auto pcscf_at = *IpEndpoint::parse("192.0.2.10:5060");

// A node that has one peer.
struct Peer final : Compressing {
    bool has_compartment = true;
    bool established = true;
    std::vector<std::string> closed;
    std::size_t asked = 0;

    std::optional<Compartment> compartment(const Way&) override {
        ++asked;
        if (!has_compartment) return {};
        return Compartment{"peer", "alice@ims.example", established};
    }
    std::vector<std::string> take_closed_compartments() override {
        ++asked;
        return std::exchange(closed, {});
    }
    sip::Flow reply_flow(const sip::Flow& arrived) override { return arrived; }
};

struct Side {
    Peer node;
    Compression compression{Compression::Config{}, node};
    Effects said;
    TimePoint now{};

    // As it goes out, or nothing.
    std::optional<sip::Transmit> send(std::string text, std::variant<sip::Flow, sip::Target> to,
                                      bool compress = true) {
        sip::Transmit t{7, sip::make_buffer(std::move(text)), to, compress};
        if (!compression.send(t, said)) return {};
        return t;
    }
    std::optional<std::string> receive(const sip::Buffer& bytes, const sip::Flow& flow) {
        sip::Received r{bytes, flow};
        if (!compression.receive(r, now, said)) return {};
        return *r.bytes;
    }
    std::vector<sip::Transmit> sent() {
        std::vector<sip::Transmit> all;
        for (const auto& e : said)
            if (const auto* t = std::get_if<sip::Transmit>(&e)) all.push_back(*t);
        return all;
    }
    const Note* note(std::string_view id) {
        for (const auto& e : said)
            if (const auto* n = std::get_if<Note>(&e); n != nullptr && n->id == id) return n;
        return nullptr;
    }
};

const sip::Flow to_ue{sip::Transport::Udp, pcscf_at, ue_at, 0};
const sip::Flow to_pcscf{sip::Transport::Udp, ue_at, pcscf_at, 0};
const sip::Flow ue_connection{sip::Transport::Tcp, ue_at, pcscf_at, 3};
const sip::Flow pcscf_connection{sip::Transport::Tcp, pcscf_at, ue_at, 4};

std::string a_message(int number = 1) {
    return "MESSAGE sip:bob@ims.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK" +
           std::to_string(number) +
           "\r\nFrom: <sip:alice@ims.example>;tag=1\r\nTo: <sip:bob@ims.example>\r\nCall-ID: 1\r\nCSeq: " +
           std::to_string(number) + " MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
}
bool is_compressed(const sip::Transmit& t) {
    return sigcomp::begins_sigcomp(static_cast<std::uint8_t>(t.bytes->front()));
}

}  // namespace

TEST_CASE("what is not SigComp costs nobody a question", "[RFC5049-5]") {
    Side side;
    CHECK(side.receive(sip::make_buffer(a_message()), to_ue) == a_message());
    CHECK(*side.send(a_message(), to_ue, false)->bytes == a_message());
    CHECK(side.node.asked == 0);
    CHECK(side.said.empty());
}

TEST_CASE("a marked datagram goes compressed, and comes out as it was", "[RFC3486-4]") {
    Side ue, pcscf;
    std::size_t octets = 0;
    for (int i = 1; i < 5; ++i) {
        const auto sent = ue.send(a_message(i), to_pcscf);
        REQUIRE(is_compressed(*sent));
        CHECK(pcscf.receive(sent->bytes, to_ue) == a_message(i));
        const auto back = pcscf.send(a_message(i + 10), to_ue);
        CHECK(ue.receive(back->bytes, to_pcscf) == a_message(i + 10));
        octets = sent->bytes->size();
    }
    CHECK(octets < 50);  // of the last: the P-CSCF kept what came before
    CHECK(pcscf.compression.endpoint().compartments() == 1);
}

TEST_CASE("without a compartment datagrams stay text, and nothing is kept of what comes", "[RFC5049-9.4]") {
    Side ue, pcscf;
    pcscf.node.has_compartment = false;
    for (int i = 1; i < 4; ++i) {
        const auto sent = ue.send(a_message(i), to_pcscf);
        CHECK(pcscf.receive(sent->bytes, to_ue) == a_message(i));
        CHECK(sent->bytes->size() > 300);  // our bytecode each time: nobody said that it is known
    }
    CHECK_FALSE(is_compressed(*pcscf.send(a_message(), to_ue)));
    CHECK(pcscf.compression.endpoint().compartments() == 0);
}

TEST_CASE("a connection speaks SigComp from its first message on, or never", "[RFC5049-5]") {
    Side ue, pcscf;
    pcscf.node.has_compartment = false;
    const auto first = ue.send(a_message(), sip::Target{sip::Transport::Tcp, pcscf_at, ue_at});
    REQUIRE(is_compressed(*first));
    REQUIRE(pcscf.receive(first->bytes, pcscf_connection) == a_message());
    // Not marked, and without a compartment: all the same, as a message that needs none.
    const auto answer = pcscf.send(a_message(2), pcscf_connection, false);
    REQUIRE(is_compressed(*answer));
    CHECK(ue.receive(answer->bytes, ue_connection) == a_message(2));

    pcscf.compression.closed(pcscf_connection);
    CHECK_FALSE(is_compressed(*pcscf.send(a_message(3), pcscf_connection, false)));
    // On a connection whose peer speaks in clear a mark changes nothing.
    CHECK_FALSE(is_compressed(*pcscf.send(a_message(3), pcscf_connection, true)));
}

TEST_CASE("what no SigComp message can hold fails on a connection, and goes as text in a datagram",
          "[RFC5049-7]") {
    Side ue, pcscf;
    const auto first = ue.send(a_message(), sip::Target{sip::Transport::Tcp, pcscf_at, ue_at});
    REQUIRE(pcscf.receive(first->bytes, pcscf_connection));
    const std::string large(70'000, 'x');
    CHECK_FALSE(pcscf.send(large, pcscf_connection));
    CHECK(pcscf.note("sigcomp.message.not_sent") != nullptr);
    CHECK_FALSE(is_compressed(*pcscf.send(large, to_ue)));
}

TEST_CASE("what cannot be read is answered with a NACK, and what a NACK is about comes again, once",
          "[RFC4077]") {
    Side ue, pcscf;
    for (int i = 1; i < 4; ++i) {
        REQUIRE(pcscf.receive(ue.send(a_message(i), to_pcscf)->bytes, to_ue));
        REQUIRE(ue.receive(pcscf.send(a_message(i), to_ue)->bytes, to_pcscf));
    }
    Side restarted;
    const auto lost = ue.send(a_message(9), to_pcscf);
    CHECK_FALSE(restarted.receive(lost->bytes, to_ue));
    REQUIRE(restarted.sent().size() == 1);
    CHECK(restarted.note("sigcomp.message.refused")->field("reason") == "STATE_NOT_FOUND");
    CHECK(restarted.note("sigcomp.message.refused")->field("impi") == "alice@ims.example");

    const auto nack = restarted.sent().front();
    CHECK_FALSE(ue.receive(nack.bytes, to_pcscf));
    REQUIRE(ue.sent().size() == 1);
    CHECK(ue.sent().front().id == 7);
    CHECK(restarted.receive(ue.sent().front().bytes, to_ue) == a_message(9));
    CHECK_FALSE(ue.receive(nack.bytes, to_pcscf));  // the same once more: forgotten
    CHECK(ue.sent().size() == 1);

    // Who refuses even that is not asked a third time.
    Side stubborn;
    const auto again = ue.sent().front();
    const auto refused =
        sigcomp::nack_for({sigcomp::Reason::CyclesExhausted, 0, 0, {16}},
                          {reinterpret_cast<const std::uint8_t*>(again.bytes->data()), again.bytes->size()});
    CHECK_FALSE(ue.receive(sip::make_buffer(std::string{refused.begin(), refused.end()}), to_pcscf));
    CHECK(ue.sent().size() == 1);
    CHECK(ue.compression.endpoint().counters().nacks_received == 3);
}

TEST_CASE("a NACK of nobody's message changes nothing and is not written down", "[RFC4077]") {
    Side ue;
    const auto nack = sigcomp::nack_for({sigcomp::Reason::StateNotFound, 0, 0, {}}, {});
    CHECK_FALSE(ue.receive(sip::make_buffer(std::string{nack.begin(), nack.end()}), to_pcscf));
    CHECK(ue.said.empty());
}

namespace {

// Bytecode that jumps to itself until its cycles are used up, and octets behind it which earn it nothing.
sip::Buffer bomb(std::size_t octets) {
    std::string m{"\xf8\x00\x31\x16\x00\x00", 6};
    m.resize(octets);
    return sip::make_buffer(m);
}
// The same with bytecode of 4 kB, which the RFC grants half a million cycles.
sip::Buffer large_bomb() {
    std::string m{"\xf8\xff\xf1\x16\x00\x00", 6};
    m.resize(3 + 4095);
    return sip::make_buffer(m);
}

}  // namespace

TEST_CASE("strangers make as much work as they may, and what is beyond stays without an answer",
          "[RFC3320-8.6][RFC4077]") {
    Side pcscf;
    pcscf.node.has_compartment = false;
    pcscf.now = TimePoint{} + std::chrono::hours{1};
    const Strangers::Config limits;
    REQUIRE_FALSE(pcscf.receive(large_bomb(), to_ue));
    CHECK(pcscf.compression.strangers().counters().cycles <= limits.message_cycles);
    for (int i = 1; i < 1000; ++i) REQUIRE_FALSE(pcscf.receive(large_bomb(), to_ue));
    const auto& counters = pcscf.compression.strangers().counters();
    CHECK(counters.cycles >= limits.address_cycles_per_second);
    CHECK(counters.cycles <= limits.address_cycles_per_second + limits.message_cycles);
    CHECK(counters.messages + counters.refused == 1000);
    CHECK(pcscf.sent().size() == counters.messages);  // NACKs
    CHECK(pcscf.note("sigcomp.message.refused")->field("reason") == "CYCLES_EXHAUSTED");
    const auto* limited = pcscf.note("sigcomp.strangers.limited");
    REQUIRE(limited != nullptr);
    CHECK(limited->field("address") == ue_at.address.text());
    CHECK(limited->field("reason") == "sigcomp_strangers.address_cycles_per_second");
    const auto told = std::count_if(pcscf.said.begin(), pcscf.said.end(), [](const Effect& e) {
        const auto* n = std::get_if<Note>(&e);
        return n != nullptr && n->id == "sigcomp.strangers.limited";
    });
    CHECK(told == 1);
    const auto failures = std::count_if(pcscf.said.begin(), pcscf.said.end(), [](const Effect& e) {
        const auto* n = std::get_if<Note>(&e);
        return n != nullptr && n->id == "sigcomp.message.refused" && n->severity == Severity::Warning;
    });
    CHECK(failures == 1);
    // A second later they may again.
    pcscf.now += std::chrono::seconds{2};
    Side ue;
    CHECK(pcscf.receive(ue.send(a_message(), to_pcscf)->bytes, to_ue) == a_message());
}

TEST_CASE("who has a compartment gets what RFC 3320 grants, whatever strangers did", "[RFC3320-8.6]") {
    Side ue, pcscf;
    pcscf.node.has_compartment = false;
    for (int i = 0; i < 1000; ++i) REQUIRE_FALSE(pcscf.receive(bomb(700), to_ue));
    CHECK(pcscf.compression.strangers().counters().refused > 0);
    const auto before = pcscf.compression.strangers().counters().cycles;
    pcscf.node.has_compartment = true;
    for (int i = 1; i < 200; ++i)
        REQUIRE(pcscf.receive(ue.send(a_message(i), to_pcscf)->bytes, to_ue) == a_message(i));
    CHECK(pcscf.compression.strangers().counters().cycles == before);
}

TEST_CASE("a first REGISTER passes, also one of some kilobytes that hardly shrinks", "[TS24.229-8.1.1]") {
    Side ue, pcscf;
    pcscf.node.has_compartment = false;
    std::string text = a_message();
    std::uint32_t chance = 1;
    text.insert(text.find("Content-Length"), "X-Noise: ");
    std::string noise;
    while (noise.size() < 5000)
        noise += static_cast<char>('!' + (chance = chance * 1664525 + 1013904223) % 90);
    text.insert(text.find("Content-Length"), noise + "\r\n");
    const auto sent = ue.send(text, to_pcscf);
    REQUIRE(is_compressed(*sent));
    CHECK(sent->bytes->size() > 4000);
    CHECK(pcscf.receive(sent->bytes, to_ue) == text);
    CHECK(pcscf.compression.strangers().counters().cycles < Strangers::Config{}.message_cycles / 2);
}

TEST_CASE("a compartment that is not established keeps, and names nothing", "[TS24.229-8.1.1]") {
    Side ue, pcscf;
    ue.node.established = false;
    CHECK_FALSE(is_compressed(*ue.send(a_message(), to_pcscf)));
    REQUIRE(ue.receive(pcscf.send(a_message(), to_ue)->bytes, to_pcscf));
    CHECK(ue.compression.endpoint().compartments() == 1);
}

TEST_CASE("what the node has closed is closed before anything else is done", "[RFC5049-9.3]") {
    Side ue, pcscf;
    REQUIRE(pcscf.receive(ue.send(a_message(), to_pcscf)->bytes, to_ue));
    REQUIRE(pcscf.compression.endpoint().compartments() == 1);
    pcscf.node.closed = {"peer"};
    CHECK(pcscf.compression.endpoint().compartments() == 0);
}
