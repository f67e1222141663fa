// SigComp on real connections (RFC 3320 4.2.2, RFC 5049 5): records below, messages above.
#include "common/sigcomp/endpoint.hpp"
#include "common/sigcomp/stream.hpp"
#include "tests/integration/sip_net/wire_fixture.hpp"

using namespace ims;
using namespace ims::sip;
using boost::asio::ip::tcp;

namespace {

TransportsConfig with_sigcomp() {
    TransportsConfig config;
    config.sigcomp_octets = 16384;
    return config;
}
std::string text_of(const Octets& octets) {
    return {octets.begin(), octets.end()};
}
sigcomp::OctetSpan span_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string message(std::string_view call_id) {
    sigcomp::Endpoint endpoint;
    const auto message =
        endpoint.compress_alone(options(call_id, "TCP"), sigcomp::TransportKind::StreamBased);
    REQUIRE(message.has_value());
    return text_of(*message);
}
std::string record(std::string_view message) {
    return text_of(sigcomp::mark_record(span_of(message)));
}

}  // namespace

TEST_CASE("records are cut however the octets come, and answered with records", "[RFC3320-4.2.2]") {
    WireFixture wire{with_sigcomp()};
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    const auto one = message("one");
    const auto two = "\xf8\xff\xff\xff" + message("two");  // whatever it means, it has marks in it
    const auto stream = record(one) + record(two);
    for (std::size_t i = 0; i < stream.size(); i += 7) {
        peer.send(std::string_view{stream}.substr(i, 7));
        wire.turn();
    }
    REQUIRE(wire.run_until([&] { return wire.received.size() == 2; }));
    CHECK(*wire.received[0].bytes == one);
    CHECK(*wire.received[1].bytes == two);

    wire.transports.send({1, make_buffer(two), wire.received[0].flow});
    REQUIRE(wire.run_until([&] { return peer.read().size() == record(two).size(); }));
    CHECK(peer.read() == record(two));
    // RFC 5049 5: nothing else on this connection.
    wire.transports.send({2, make_buffer(options("x", "TCP")), wire.received[0].flow});
    REQUIRE(wire.run_until([&] { return wire.failed.size() == 1; }));
    CHECK(wire.failed[0].transmit == 2);
}

TEST_CASE("a mark that is none ends the connection with a NACK", "[RFC4077-3.2]") {
    WireFixture wire{with_sigcomp()};
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    peer.send(record(message("one")) + "\xf8\xff\x80");
    REQUIRE(wire.run_until([&] { return peer.ended(); }));
    CHECK(wire.received.size() == 1);
    const auto& said = peer.read();
    REQUIRE(said.size() > 4);
    CHECK(said.substr(said.size() - 2) == "\xff\xff");
    const auto parsed = sigcomp::parse_message(span_of(said).first(said.size() - 2));
    REQUIRE(parsed.has_value());
    const auto* nack = std::get_if<sigcomp::Nack>(&parsed->what);
    REQUIRE(nack != nullptr);
    CHECK(nack->reason == static_cast<std::uint8_t>(sigcomp::Reason::FramingError));
    CHECK(wire.run_until([&] { return wire.noted("sip.net.stream.broken", "SigComp: FRAMING_ERROR"); }));
}

TEST_CASE("a record without end is not waited for", "[RFC3320-4.2.2]") {
    WireFixture wire{with_sigcomp()};
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    peer.send(std::string(20000, '\xf8'));
    REQUIRE(wire.run_until([&] { return peer.ended(); }));
    CHECK(wire.received.empty());
    CHECK(wire.run_until([&] { return wire.noted("sip.net.stream.broken"); }));
}

TEST_CASE("SIP and SigComp to the same target take connections of their own", "[RFC5049-5]") {
    WireFixture wire{with_sigcomp()};
    wire.listen(Transport::Tcp);
    tcp::acceptor acceptor{wire.io, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
    const Target target{Transport::Tcp, endpoint_of(acceptor.local_endpoint()), {}};
    const auto compressed = message("c");
    for (const auto& bytes : {compressed, options("a", "TCP"), compressed, options("b", "TCP")})
        wire.transports.send({1, make_buffer(bytes), target});
    REQUIRE(wire.run_until([&] { return wire.transports.counters().of(Transport::Tcp).sent == 4; }));
    StreamPeer first{acceptor.accept()}, second{acceptor.accept()};
    REQUIRE(wire.run_until([&] { return !first.read().empty() && !second.read().empty(); }));
    CHECK(wire.transports.counters().connections == 2);
    const bool in_order = sigcomp::begins_sigcomp(static_cast<std::uint8_t>(first.read().front()));
    CHECK((in_order ? first : second).read() == record(compressed) + record(compressed));
    CHECK((in_order ? second : first).read() == options("a", "TCP") + options("b", "TCP"));
}

TEST_CASE("where SigComp is not spoken its first octet closes the connection", "[RFC5049-5]") {
    WireFixture wire;
    StreamPeer peer{wire.io, wire.listen(Transport::Tcp)};
    peer.send(record(message("one")) + std::string(70000, 'x'));
    REQUIRE(wire.run_until([&] { return peer.ended(); }));
    CHECK(wire.received.empty());
}
