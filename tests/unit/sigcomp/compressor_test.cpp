#include "common/sigcomp/bytecode.hpp"
#include "common/sigcomp/coding.hpp"
#include "common/sigcomp/stream.hpp"
#include "tests/unit/sigcomp/bench.hpp"
#include "tests/unit/sigcomp/flow.hpp"

#include <random>

#include <catch2/catch.hpp>

// What our compressor sends, our decompressor gives back: a registration, a re-registration and a call.
using namespace ims;
using namespace ims::sigcomp;
using namespace ims::sigcomp::test;

namespace {

constexpr Parameters least{16, 8192, 2048, 2};  // what SIP asks of everybody (RFC 5049 4)

double percent(std::size_t part, std::size_t whole) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

TEST_CASE("a flow shrinks to a quarter, a re-REGISTER and the first INVITE to less than the aims",
          "[RFC5049-4]") {
    struct {
        Parameters offers;
        double all, register_again, invite;
    } const cases[]{
        {least, 24, 10, 25}, {{16, 16384, 4096, 2}, 23, 14, 25}, {{16, 65536, 16384, 2}, 23, 14, 25}};
    for (const auto& c : cases) {
        Gm gm{c.offers};
        std::size_t texts = 0, sent = 0, registers = 0;
        for (const auto& m : gm_flow()) {
            const auto size = gm.exchange(m);
            INFO(m.first_line() << ", " << m.text.size() << " -> " << size);
            REQUIRE(size > 0);
            texts += m.text.size();
            sent += size;
            if (m.text.starts_with("REGISTER") && ++registers > 1)
                CHECK(percent(size, m.text.size()) < c.register_again);
            if (m.text.starts_with("INVITE")) CHECK(percent(size, m.text.size()) < c.invite);
        }
        INFO("memory " << c.offers.decompression_memory_size << ": " << sent << " of " << texts);
        CHECK(registers == 4);
        CHECK(percent(sent, texts) < c.all);
    }
}

TEST_CASE("it works whatever the peer offers, over datagrams and streams", "[RFC3320-5]") {
    for (const auto kind : {TransportKind::MessageBased, TransportKind::StreamBased})
        for (const auto dms : {2048u, 4096u, 8192u, 32768u, 131072u})
            for (const auto sms : {0u, 2048u, 8192u, 131072u})
                for (const auto cpb : {16u, 128u}) {
                    const Parameters offers{cpb, dms, sms, 2};
                    // The first message can only assume what SIP asks for at least: below that it is told by
                    // a NACK.
                    Gm gm{offers, kind};
                    std::size_t arrived = 0, refused = 0;
                    for (const auto& m : gm_flow()) {
                        const auto sent = gm.compress(m);
                        INFO(m.first_line() << ": DMS " << dms << ", SMS " << sms << ", CPB " << cpb);
                        if (sent.empty() || !gm.deliver(m, sent).empty())
                            ++refused;
                        else
                            ++arrived;
                    }
                    INFO("DMS " << dms << ", SMS " << sms << ", CPB " << cpb);
                    if (dms >= 8192) CHECK(refused == 0);
                    CHECK(arrived + refused == 27);
                    CHECK(arrived >= 8);
                }
}

TEST_CASE("any message may be lost: the next ones arrive all the same", "[RFC3320-5.1][RFC5049-8]") {
    const auto flow = gm_flow();
    for (const auto& offers : {least, Parameters{16, 16384, 4096, 2}, Parameters{16, 16384, 16384, 2}})
        for (std::size_t lost = 0; lost < flow.size(); ++lost) {
            Gm gm{offers};
            for (std::size_t n = 0; n < flow.size(); ++n) {
                INFO("message " << n << ", lost " << lost);
                const auto sent = gm.compress(flow[n]);
                if (n == lost) continue;
                CHECK(gm.deliver(flow[n], sent) == "");
            }
        }
}

TEST_CASE("whatever is lost, nothing is named that is not there", "[RFC3320-5.1]") {
    const auto flow = gm_flow();
    std::minstd_rand chance{7};
    for (const auto& offers : {least, Parameters{16, 16384, 8192, 2}})
        for (int run = 0; run < 40; ++run) {
            Gm gm{offers};
            for (int round = 0; round < 2; ++round)
                for (std::size_t n = 0; n < flow.size(); ++n) {
                    const auto sent = gm.compress(flow[n]);
                    INFO("run " << run << ", message " << n);
                    if (chance() % 10 >= 4) CHECK(gm.deliver(flow[n], sent) == "");
                }
        }
}

TEST_CASE("messages overtaken or doubled may name what is gone: a NACK says so, and the next one arrives",
          "[RFC4896-8][RFC4077-2.3.1]") {
    const auto flow = gm_flow();
    std::minstd_rand chance{7};
    std::size_t delivered = 0, refused = 0;
    for (const auto& offers : {least, Parameters{16, 16384, 8192, 2}})
        for (int run = 0; run < 40; ++run) {
            Gm gm{offers};
            std::vector<std::pair<FlowMessage, Octets>> late;
            for (const auto& m : flow) {
                auto sent = gm.compress(m);
                const auto dice = chance() % 10;
                if (dice < 2) continue;
                if (dice < 4) {
                    late.emplace_back(m, std::move(sent));
                    continue;
                }
                ++delivered;
                if (const auto why = gm.deliver(m, sent); !why.empty()) {
                    ++refused;
                    CHECK(why == "STATE_NOT_FOUND, known");
                    CHECK(gm.exchange(m) > 0);
                }
                if (dice == 4) gm.deliver(m, sent);
                for (auto& [old, octets] : std::exchange(late, {})) gm.deliver(old, octets);
            }
        }
    INFO(refused << " of " << delivered);
    CHECK(delivered > 1000);
    CHECK(refused * 20 < delivered);
}

TEST_CASE("a peer that lost everything says so, and gets the bytecode again",
          "[RFC4077-1.1.2][RFC4077-2.3.1]") {
    const auto flow = gm_flow();
    Gm gm{least};
    for (std::size_t n = 0; n < 6; ++n) REQUIRE(gm.exchange(flow[n]) > 0);
    gm.pcscf.close("ue");  // or it restarted
    gm.pcscf.open("ue");
    const auto& again = flow[8];
    REQUIRE(again.text.starts_with("REGISTER"));
    const auto failed = gm.compress(again);
    CHECK(gm.deliver(again, failed) == "STATE_NOT_FOUND, known");
    CHECK(gm.ue.counters().nacks_received == 1);
    CHECK(gm.pcscf.counters().refused.at(1) == 1);
    const auto repeated = gm.compress(again);
    CHECK(repeated.size() > failed.size() + 300);
    CHECK(gm.deliver(again, repeated) == "");
    // The same NACK again, or one for a message of nobody, changes nothing.
    const auto nack = nack_for({Reason::StateNotFound, 0, 0, {}}, failed);
    CHECK(std::get<Endpoint::NackArrived>(gm.ue.decompress(nack, gm.kind)).compartment.empty());
    CHECK(gm.ue.counters().nacks_unknown == 1);
}

TEST_CASE("a peer where our bytecode fails gets what it needs no bytecode of ours for",
          "[RFC4077-3.2][RFC4896-11]") {
    const auto m = gm_flow().front();
    Gm gm{least};
    const auto sent = gm.compress(m);
    const auto nack = nack_for({Reason::CyclesExhausted, 30, 300, {16}}, sent);
    CHECK(std::get<Endpoint::NackArrived>(gm.ue.decompress(nack, gm.kind)).compartment == "pcscf");
    const auto plain = gm.compress(m);
    CHECK(plain.size() == m.text.size() + 13);
    CHECK(hex(plain).starts_with("f800a11c01860922860116f923"));
    CHECK(gm.deliver(m, plain) == "");
}

TEST_CASE("what others announce is used only if this peer itself had it stored", "[RFC3321-5.2]") {
    const auto flow = gm_flow();
    StateStore states;
    Compartment mine{states, 4096}, others{states, 4096};
    const auto secret = kept_text(5000, flow[0].text);
    others.create({secret->address, 0, 6, 0, secret->value});
    const auto compressed_after = [&](const Compartment& compartment) {
        Compressor c{states, least};
        c.compress(flow[0].text, TransportKind::StreamBased);
        ReturnedParameters told;
        told.state_memory_size = 2048;
        told.states.emplace_back(secret->identifier.begin(), secret->identifier.end());
        c.returned_parameters(told, compartment);
        return c.compress(flow[2].text, TransportKind::StreamBased)->size();
    };
    mine.create({0, 0, 6, 0, Octets(10, 1)});
    CHECK(compressed_after(others) + 6 <= compressed_after(mine) + 12);
    Compressor c{states, least};
    ReturnedParameters told;
    told.states.emplace_back(secret->identifier.begin(), secret->identifier.end());
    c.returned_parameters(told, mine);
    CHECK(c.octets() == 0);
    c.returned_parameters(told, others);
    CHECK(c.octets() == secret->value.size());
}

TEST_CASE("texts of every kind come back: none, one octet, noise, long ones", "[RFC3320-5]") {
    std::minstd_rand chance{3};
    std::string noise, repeated, octets_of_every_kind;
    for (int i = 0; i < 3000; ++i) noise.push_back(static_cast<char>(chance() >> 8));
    for (int i = 0; i < 60000; ++i) repeated.push_back("abcdefgh\r\n"[i % 10 + (i / 1000) % 3 * 0]);
    for (int i = 0; i < 256; ++i) octets_of_every_kind.push_back(static_cast<char>(i));
    std::string sip;
    for (const auto& m : gm_flow()) sip += m.text;  // 24 kB: far more than the window
    for (const auto kind : {TransportKind::MessageBased, TransportKind::StreamBased})
        for (const auto dms : {8192u, 65536u}) {
            Gm gm{Parameters{16, dms, 4096, 2}, kind};
            for (const auto& text :
                 {std::string{}, std::string{"a"}, noise, octets_of_every_kind, std::string(5000, 'x'),
                  sip.substr(0, 12000), repeated, std::string{"\0\0\0\0\0", 5}, noise.substr(0, 1100)})
                for (const bool from_ue : {true, false, true}) {
                    const FlowMessage m{from_ue, text};
                    const auto sent = gm.compress(m);
                    INFO(text.size() << " octets, DMS " << dms);
                    if (sent.empty()) continue;  // TooLarge, see below
                    CHECK(gm.deliver(m, sent) == "");
                }
            CHECK(gm.exchange({true, sip.substr(0, 12000)}) > 0);
        }
    Gm gm{least};
    std::string huge(65537, 'x');
    CHECK(gm.ue.compress("pcscf", huge, gm.kind).error() == Endpoint::NotCompressed::TooLarge);
    std::string random(9000, 0);
    for (auto& c : random) c = static_cast<char>(chance() >> 8);
    CHECK(gm.ue.compress("pcscf", random, gm.kind).error() == Endpoint::NotCompressed::TooLarge);
    CHECK(gm.ue.counters().not_compressed == 2);
}

TEST_CASE("filling bits never make a word of the codes that may follow the last one", "[coding]") {
    // At most seven ones: no word of run_code() and length_code() is all ones and so short.
    for (const auto* code : {&run_code(), &length_code()})
        for (unsigned v = 0; v < 1100; ++v) {
            BitWriter w;
            if (code->bits(static_cast<std::uint16_t>(v)) == 0 ||
                code->bits(static_cast<std::uint16_t>(v)) > 7)
                continue;
            code->put(w, static_cast<std::uint16_t>(v));
            CHECK(w.finish() != Octets{0xff});
        }
    for (unsigned v = 0; v <= max_run; ++v) CHECK(run_code().bits(static_cast<std::uint16_t>(v)) > 0);
    for (unsigned v = min_length; v <= max_length; ++v)
        CHECK(length_code().bits(static_cast<std::uint16_t>(v)) > 0);
    for (unsigned v = 0; v < 256; ++v) CHECK(literal_code().bits(static_cast<std::uint16_t>(v)) > 0);
}

TEST_CASE("an endpoint has no more compartments than it may, and forgets closed ones", "[RFC5049-9.3]") {
    const auto flow = gm_flow();
    Endpoint e{Endpoint::Config{least, 2}};
    const auto empty = e.octets();
    CHECK(e.open("a"));
    CHECK(e.open("a"));
    CHECK(e.open("b"));
    CHECK_FALSE(e.open("c"));
    CHECK(e.counters().compartments_refused == 1);
    CHECK(e.compress("c", "text", TransportKind::MessageBased).error() ==
          Endpoint::NotCompressed::NoCompartment);
    Endpoint ue{Endpoint::Config{least, 2}};
    ue.open("e");
    for (int i = 0; i < 50; ++i) {
        const auto received = std::get<Endpoint::Received>(
            e.decompress(*ue.compress("e", flow[static_cast<std::size_t>(i) % flow.size()].text,
                                      TransportKind::StreamBased),
                         TransportKind::StreamBased));
        CHECK(e.accept("a", received.pending));
        CHECK_FALSE(e.accept("c", received.pending));
        e.compress("b", flow[static_cast<std::size_t>(i) % flow.size()].text, TransportKind::StreamBased);
    }
    CHECK(e.octets() > empty);
    CHECK(e.octets() < empty + 2048 + 2 * 8192 + 6000);
    e.close("a");
    e.close("b");
    e.close("b");
    CHECK(e.compartments() == 0);
    CHECK(e.octets() == empty);
    CHECK(e.open("c"));
}

TEST_CASE("nothing of a message that was not accepted is kept", "[RFC3320-6.2]") {
    const auto flow = gm_flow();
    Gm gm{least};
    const auto before = gm.pcscf.octets();
    const auto got = gm.pcscf.decompress(gm.compress(flow[0]), gm.kind);
    CHECK(std::get<Endpoint::Received>(got).text == flow[0].text);
    CHECK(gm.pcscf.octets() == before);
    CHECK_FALSE(gm.pcscf.accept("stranger", std::get<Endpoint::Received>(got).pending));
    CHECK(gm.pcscf.octets() == before);
    // So no feedback comes back either, and the UE brings its bytecode again.
    CHECK(gm.compress(flow[2]).size() > 424);
}

TEST_CASE("who wants no state kept gets no memory, until it wants some", "[RFC3320-9.4.9]") {
    const auto flow = gm_flow();
    Gm gm{least};
    REQUIRE(gm.exchange(flow[0]) > 0);
    REQUIRE(gm.exchange(flow[1]) > 0);
    const auto with_state = gm.pcscf.octets();
    Endpoint::Pending pending;
    pending.requested_feedback = RequestedFeedback{true, false, {}};
    gm.pcscf.accept("ue", pending);
    CHECK(gm.pcscf.octets() < with_state);
    pending.requested_feedback->no_state = false;
    gm.pcscf.accept("ue", pending);
    CHECK(gm.deliver(flow[2], gm.compress(flow[2])) ==
          "STATE_NOT_FOUND, known");  // the UE thought it was there
    CHECK(gm.exchange(flow[2]) > 0);
}

TEST_CASE("a peer learns what we offer, once and in a message it has answered",
          "[RFC3320-5][RFC3320-9.4.9]") {
    const auto flow = gm_flow();
    const Parameters large{32, 32768, 8192, 2};
    Gm gm{least, large};
    CHECK(*gm.ue.peer("pcscf") == least);
    for (std::size_t n = 0; n < 4; ++n) REQUIRE(gm.exchange(flow[n]) > 0);
    CHECK(*gm.ue.peer("pcscf") == large);
    CHECK(*gm.pcscf.peer("ue") == least);
}

TEST_CASE("a broken stream is answered once, with a NACK that names no message", "[RFC4077-3.2]") {
    Endpoint e;
    RecordReader reader{8192};
    reader.feed(octets("f8ff80"));
    const auto refused = e.refuse(std::get<Failure>(reader.next()));
    CHECK(hex(refused.nack) == "f8000119000000" + std::string(40, '0'));
    CHECK(e.counters().refused.at(25) == 1);
    CHECK(std::get<Endpoint::NackArrived>(e.decompress(refused.nack, TransportKind::StreamBased))
              .compartment.empty());
}
