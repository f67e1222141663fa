// SIP over SCTP (RFC 4168) between two hosts with two paths.
#include "common/sip/net/transports.hpp"

#include "tests/kernel/sctp/paths.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::sip;
using namespace ims::test;
using std::chrono::seconds;

namespace {

// Transports on a host, and what they said.
struct End {
    End(boost::asio::io_context& io, const Host& at, TransportsConfig config = {})
        : host{at}, transports{io, config, [this](Transports::Event e) { on(std::move(e)); }} {}

    void on(Transports::Event e) {
        if (auto* r = std::get_if<Received>(&e)) received.push_back(*r);
        if (auto* c = std::get_if<FlowClosed>(&e)) closed.push_back(*c);
        if (auto* f = std::get_if<TransportFailed>(&e)) failed.push_back(*f);
        if (auto* n = std::get_if<Note>(&e)) notes.push_back(*n);
    }
    IpEndpoint listen(std::string_view at, const std::vector<IpAddress>& further = {}) {
        const auto listening =
            host.in([&] { return transports.listen(Transport::Sctp, endpoint(at), further); });
        INFO((listening ? "" : listening.error()));
        REQUIRE(listening.has_value());
        return *listening;
    }
    // A connection is opened in the network of who sends.
    void send(std::uint64_t id, const std::string& text, std::variant<Flow, Target> to) {
        host.in([&] { transports.send({id, make_buffer(text), std::move(to)}); });
    }
    bool has(std::string_view text) const {
        return std::any_of(received.begin(), received.end(), [&](const auto& r) { return *r.bytes == text; });
    }
    const Note* note(std::string_view id, std::string_view reason = {}) const {
        for (const auto& n : notes)
            if (n.id == id && (reason.empty() || n.field("reason") == reason)) return &n;
        return nullptr;
    }
    std::string said() const {
        std::string all;
        for (const auto& n : notes) {
            all += std::string{n.id};
            for (const auto& f : n.fields) all += " " + std::string{f.name} + "=" + f.value;
            all += "\n";
        }
        return all;
    }

    const Host& host;
    std::vector<Received> received;
    std::vector<FlowClosed> closed;
    std::vector<TransportFailed> failed;
    std::vector<Note> notes;
    Transports transports;
};

std::string options(const std::string& call_id, std::size_t octets = 0) {
    std::string text =
        "OPTIONS sip:b@ims.example SIP/2.0\r\nVia: SIP/2.0/SCTP 198.18.0.1:5060;branch=z9hG4bK" + call_id +
        "\r\nMax-Forwards: 70\r\nFrom: <sip:a@ims.example>;tag=1\r\nTo: <sip:b@ims.example>" +
        "\r\nCall-ID: " + call_id + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: ";
    const std::size_t body = octets < text.size() + 20 ? 0 : octets - text.size() - 20;
    return text + std::to_string(body) + "\r\n\r\n" + std::string(body, 'x');
}

Target to(std::string_view at) {
    return {Transport::Sctp, endpoint(at), {}};
}

struct Scene {
    TwoPaths paths;
    boost::asio::io_context io{1};
};

}  // namespace

TEST_CASE("SIP messages go both ways over one association, each whole", "[RFC4168-5]") {
    Scene s;
    End left{s.io, s.paths.left}, right{s.io, s.paths.right};
    const auto listening = right.listen("198.18.0.2:5060");
    CHECK(listening.text() == "198.18.0.2:5060");
    for (int i = 0; i < 3; ++i) left.send(1, options("there" + std::to_string(i)), to("198.18.0.2:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return right.received.size() == 3; }));
    for (int i = 0; i < 3; ++i) CHECK(right.has(options("there" + std::to_string(i))));
    const auto flow = right.received[0].flow;
    CHECK(flow.transport == Transport::Sctp);
    CHECK(flow.local.text() == "198.18.0.2:5060");
    CHECK(flow.remote.address.text() == "198.18.0.1");
    CHECK(right.received[2].flow == flow);
    // Two in a row on the way back, by the flow.
    right.send(2, options("back0"), flow);
    right.send(3, options("back1"), flow);
    REQUIRE(turns(s.io, seconds{10}, [&] { return left.received.size() == 2; }));
    CHECK(left.has(options("back0")));
    CHECK(left.has(options("back1")));
    CHECK(left.transports.counters().connections == 1);
    CHECK(left.transports.counters().of(Transport::Sctp).sent == 3);
    CHECK(right.transports.counters().of(Transport::Sctp).received == 3);
    CHECK(left.note("sip.net.connection.opened") != nullptr);
    CHECK(right.note("sip.net.connection.accepted") != nullptr);
    CHECK(left.failed.empty());

    right.transports.close();
    REQUIRE(turns(s.io, seconds{10}, [&] { return !left.closed.empty(); }));
    INFO(left.said());
    CHECK(left.note("sip.net.connection.closed", "closed by the peer") != nullptr);
    CHECK(left.transports.counters().connections == 0);
}

TEST_CASE("over IPv6, and over IPv4 and IPv6 in one association", "[RFC4168-5]") {
    Scene s;
    End left{s.io, s.paths.left}, right{s.io, s.paths.right}, other{s.io, s.paths.left};
    right.listen("[fd00::2]:5060", {address("198.18.1.2")});
    other.send(1, options("six"), to("[fd00::2]:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return right.received.size() == 1; }));
    CHECK(right.received[0].flow.remote.address.text() == "fd00::1");
    CHECK(right.received[0].flow.local.text() == "[fd00::2]:5060");

    // Linux tells its private addresses to no peer at a global one, so the association is set up over IPv4.
    left.listen("[fd00::1]:5060", {address("198.18.1.1")});
    left.send(2, options("four"), to("198.18.1.2:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return right.received.size() == 2; }));
    CHECK(right.received[1].flow.remote.address.text() == "198.18.1.1");
    CHECK(right.received[1].flow.local.text() == "198.18.1.2:5060");
    left.send(3, options("six again"), to("[fd00::2]:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return right.received.size() == 3; }));
    CHECK(right.received[2].flow == right.received[1].flow);
    CHECK(left.transports.counters().connections == 1);
}

TEST_CASE("messages of 60 kB arrive whole, many at once and both ways", "[RFC4168-3.1]") {
    Scene s;
    End right{s.io, s.paths.right};
    right.listen("198.18.0.2:5060");
    const std::size_t many = 40;
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < many; ++i) sent.push_back(options("big" + std::to_string(i), 60'000 + i));
    TransportsConfig roomy;
    roomy.write_queue_octets = 8 << 20;
    End sender{s.io, s.paths.left, roomy};
    for (std::size_t i = 0; i < many; ++i) sender.send(1, sent[i], to("198.18.0.2:5060"));
    REQUIRE(turns(s.io, seconds{30}, [&] { return right.received.size() == many; }));
    for (const auto& text : sent) CHECK(right.has(text));
    right.send(2, options("back", 65'000), right.received[0].flow);
    REQUIRE(turns(s.io, seconds{10}, [&] { return sender.received.size() == 1; }));
    CHECK(sender.has(options("back", 65'000)));
    CHECK(sender.failed.empty());
}

TEST_CASE("a message over the limit is answered 513 and the association lives", "[RFC3261-21.5.7]") {
    Scene s;
    TransportsConfig small;
    small.message_octets = 4096;
    End left{s.io, s.paths.left}, right{s.io, s.paths.right, small};
    right.listen("198.18.0.2:5060");
    left.send(1, options("too-long", 60'000), to("198.18.0.2:5060"));
    left.send(2, options("short"), to("198.18.0.2:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] {
        return !right.received.empty() && !left.received.empty() &&
               right.note("sip.net.datagram.refused", "Message Too Large") != nullptr;
    }));
    CHECK(right.received.size() == 1);
    CHECK(right.has(options("short")));
    CHECK(left.received[0].bytes->starts_with("SIP/2.0 513 "));
    CHECK(left.received[0].bytes->find("Call-ID: too-long") != std::string::npos);
    CHECK(right.note("sip.net.datagram.refused", "Message Too Large") != nullptr);
    CHECK(left.closed.empty());
}

TEST_CASE("a lost message does not delay those behind it", "[RFC4168-5.1]") {
    Scene s;
    End left{s.io, s.paths.left}, right{s.io, s.paths.right};
    right.listen("198.18.0.2:5060");
    left.send(1, options("first"), to("198.18.0.2:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return right.received.size() == 1; }));
    // The next long packet is dropped, and only that one: its repetition passes.
    if (!runs(
            "ip netns exec right iptables-legacy -A INPUT -p sctp -m length --length 1000:1500 -m statistic "
            "--mode nth --every 1000 --packet 0 -j DROP"))
        return skip("this kernel has no iptables, or Debian's package iptables is missing");
    left.send(2, options("lost", 1300), to("198.18.0.2:5060"));
    left.transports.flush();
    for (int i = 0; i < 3; ++i) {
        left.send(3, options("behind" + std::to_string(i)), to("198.18.0.2:5060"));
        left.transports.flush();
    }
    REQUIRE(turns(s.io, seconds{15}, [&] { return right.received.size() == 5; }));
    std::string order;
    for (std::size_t i = 1; i < 5; ++i) {
        const auto& text = *right.received[i].bytes;
        const auto at = text.find("Call-ID: ") + 9;
        order += text.substr(at, text.find('\r', at) - at) + " ";
    }
    CHECK(order == "behind0 behind1 behind2 lost ");
    s.paths.right.run("iptables-legacy -L INPUT -n -v -x | grep -Eq '^ *1 .* DROP '");
    CHECK(left.failed.empty());
}

TEST_CASE("a path is cut, and the association goes on over the other one", "[RFC9260-6.4]") {
    Scene s;
    End left{s.io, s.paths.left}, right{s.io, s.paths.right};
    left.listen("198.18.0.1:5060", {address("198.18.1.1")});
    right.listen("198.18.0.2:5060", {address("198.18.1.2")});
    left.send(1, options("both"), to("198.18.0.2:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return right.received.size() == 1; }));
    const auto flow = right.received[0].flow;
    // The other address of the peer leads to the same association.
    left.send(2, options("other"), to("198.18.1.2:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return right.received.size() == 2; }));
    CHECK(right.received[1].flow == flow);
    // Both have heard of each other's second address (heartbeats confirm it, RFC 9260 5.4).
    static_cast<void>(turns(s.io, seconds{3}, [] { return false; }));

    s.paths.right.run("ip link set one down");
    const auto cut = std::chrono::steady_clock::now();
    left.send(3, options("there"), to("198.18.0.2:5060"));
    right.send(4, options("back"), flow);
    REQUIRE(
        turns(s.io, seconds{20}, [&] { return right.received.size() == 3 && left.received.size() == 1; }));
    const auto took = std::chrono::steady_clock::now() - cut;
    WARN("after the cut, messages took "
         << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms");
    CHECK(took < seconds{5});
    CHECK(right.received[2].flow == flow);
    REQUIRE(turns(s.io, seconds{60},
                  [&] { return left.note("sip.net.path.changed", "unreachable") != nullptr; }));
    const auto* note = left.note("sip.net.path.changed", "unreachable");
    CHECK(note->severity == Severity::Warning);
    CHECK(note->field("peer") == "198.18.0.2:5060");
    CHECK(left.closed.empty());
    CHECK(left.failed.empty());

    s.paths.right.run("ip link set one up");
    REQUIRE(
        turns(s.io, seconds{60}, [&] { return left.note("sip.net.path.changed", "available") != nullptr; }));
}

TEST_CASE("a peer that dies without a word is known to be gone, and what it has not acknowledged failed",
          "[RFC9260-8.1]") {
    Scene s;
    End left{s.io, s.paths.left}, right{s.io, s.paths.right};
    right.listen("198.18.0.2:5060");
    left.send(1, options("alive"), to("198.18.0.2:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return right.received.size() == 1; }));
    s.paths.right.run("ip link set one down");
    s.paths.right.run("ip link set two down");
    left.send(77, options("lost"), to("198.18.0.2:5060"));
    REQUIRE(turns(s.io, seconds{60}, [&] { return !left.closed.empty() && !left.failed.empty(); }));
    INFO(left.said());
    CHECK(left.closed.size() == 1);
    CHECK(left.failed.at(0).transmit == 77);
    CHECK(left.note("sip.net.connection.closed")->field("reason").starts_with("association lost"));
}

TEST_CASE("where nobody listens and where nobody is, the request fails", "[RFC3261-18.4]") {
    Scene s;
    TransportsConfig hasty;
    hasty.connect_timeout = seconds{2};
    End left{s.io, s.paths.left, hasty};
    left.send(1, options("refused"), to("198.18.0.2:5999"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return left.failed.size() == 1; }));
    CHECK(left.failed[0].transmit == 1);
    CHECK(left.failed[0].detail == "Connection refused");
    left.send(2, options("nobody"), to("198.18.0.77:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return left.failed.size() == 2; }));
    INFO(left.failed[1].detail);
    CHECK(left.failed[1].transmit == 2);
    CHECK(left.note("sip.net.connect.failed") != nullptr);
    CHECK(left.closed.empty());
    CHECK(left.transports.counters().connections == 0);
}

TEST_CASE("associations are limited and time out as TCP connections do", "[RFC4168-5]") {
    Scene s;
    TransportsConfig narrow;
    narrow.connections_per_peer = 1;
    narrow.idle_timeout = seconds{2};
    End first{s.io, s.paths.left}, second{s.io, s.paths.left}, right{s.io, s.paths.right, narrow};
    right.listen("198.18.0.2:5060");
    first.send(1, options("first"), to("198.18.0.2:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] { return right.received.size() == 1; }));
    second.send(1, options("second"), to("198.18.0.2:5060"));
    REQUIRE(turns(s.io, seconds{10}, [&] {
        return right.note("sip.net.connection.refused", "connections_per_peer: limit reached") != nullptr;
    }));
    CHECK(right.received.size() == 1);
    CHECK(right.transports.counters().refused == 1);
    REQUIRE(turns(s.io, seconds{20}, [&] { return first.closed.size() == 1; }));
    CHECK(right.note("sip.net.connection.closed", "idle") != nullptr);
    CHECK(right.transports.counters().connections == 0);
}
