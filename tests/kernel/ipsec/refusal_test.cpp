#include "tests/kernel/ipsec/world.hpp"

#include <catch2/catch.hpp>
#include <netinet/in.h>

using namespace ims;
using namespace ims::test;
using Kind = ipsec::Failure::Kind;

namespace {

IpEndpoint at(const ipsec::Side& side, std::uint16_t port) {
    return {side.address, port};
}

struct Installed {
    Street street;
    Ends ends;
    explicit Installed(IpAddress::Family family = IpAddress::Family::V4)
        : ends{Street::ends(family, sha1_aes)} {
        REQUIRE(text(street.pcscf.install(install(ends.pcscf))) == "done");
        REQUIRE(text(street.ue.install(install(ends.ue))) == "done");
    }
    ipsec::State state(std::uint32_t spi) {
        const auto states = street.pcscf.list(ends.pcscf.own.address);
        REQUIRE(states.has_value());
        for (const auto& s : *states)
            if (s.spi == spi) return s;
        FAIL("no state with SPI " << spi);
        return {};
    }
};

}  // namespace

TEST_CASE("a clear packet to a protected port is refused, and none leaves from there", "[TS33.203-7.1]") {
    for (const auto family : families) {
        CAPTURE(family == IpAddress::Family::V6);
        Installed w{family};
        const auto& p = w.ends.pcscf.own;
        const std::array ports{p.server_port, p.client_port};
        const auto server = udp(w.street.pcscf_host, at(p, p.server_port));
        const auto listener = tcp_listener(w.street.pcscf_host, at(p, p.server_port));
        const auto forger = udp(w.street.ue_host, {ue_address(family), 7777});

        // Without the guard it would come through: no policy has its ports.
        REQUIRE(send(forger, at(p, p.server_port), "forged"));
        REQUIRE(receive(server) == "forged");
        REQUIRE(tcp(w.street.ue_host, {ue_address(family), 7778}, at(p, p.server_port), listener) == "");

        for (int again = 0; again < 2; ++again)
            REQUIRE(text(w.street.pcscf.guard(p.address, ports)) == "done");
        CHECK(w.street.pcscf.count()->policies == 8);
        CHECK(send(forger, at(p, p.server_port), "forged"));
        CHECK(nothing(server) == "");
        CHECK(tcp(w.street.ue_host, {ue_address(family), 7779}, at(p, p.server_port), listener) != "");
        Wire from_pcscf{w.street.pcscf_host, "gm"};
        CHECK_FALSE(send(server, {ue_address(family), 7777}, "clear"));
        CHECK(from_pcscf.sent().empty());

        // What the association covers still passes.
        const auto ue = udp(w.street.ue_host, at(w.ends.ue.own, w.ends.ue.own.client_port));
        CHECK(send(ue, at(p, p.server_port), "protected"));
        CHECK(receive(server) == "protected");

        CHECK(text(w.street.pcscf.unguard(p.address, ports)) == "done");
        CHECK(text(w.street.pcscf.unguard(p.address, ports)) == "done");
        CHECK(send(forger, at(p, p.server_port), "forged"));
        CHECK(receive(server) == "forged");
        CHECK(w.street.pcscf.count()->policies == 4);
    }
}

TEST_CASE("a clear packet with the very addresses and ports of an association is refused", "[TS33.203-7.1]") {
    for (const auto family : families) {
        Installed w{family};
        const auto& p = w.ends.pcscf.own;
        const auto server = udp(w.street.pcscf_host, at(p, p.server_port));
        REQUIRE(text(w.street.ue.remove({.set = w.ends.ue})) == "done");
        const auto ue = udp(w.street.ue_host, at(w.ends.ue.own, w.ends.ue.own.client_port));
        CHECK(send(ue, at(p, p.server_port), "clear"));
        CHECK(nothing(server) == "");
    }
}

TEST_CASE("a packet that came over an association with ports of another one is refused", "[TS33.203-7.1]") {
    for (const auto family : families) {
        Installed w{family};
        const auto& p = w.ends.pcscf.own;
        // The UE keeps SPI and keys, but sends from a port that the P-CSCF never agreed to.
        REQUIRE(text(w.street.ue.remove({.set = w.ends.ue})) == "done");
        auto liar = w.ends.ue;
        liar.own.client_port = 6199;
        REQUIRE(text(w.street.ue.install(install(liar))) == "done");
        const auto server = udp(w.street.pcscf_host, at(p, p.server_port));
        const auto ue = udp(w.street.ue_host, at(liar.own, 6199));
        Wire from_ue{w.street.ue_host, "gm"};
        CHECK(send(ue, at(p, p.server_port), "from another port"));
        CHECK(nothing(server) == "");
        const auto frames = from_ue.sent();
        REQUIRE(frames.size() == 1);
        CHECK(frames[0].protocol() == IPPROTO_ESP);
        const auto state = w.state(p.spi_server);
        CHECK(state.packets == 1);  // it was ours by its keys
        CHECK(state.forged == 0);
    }
}

TEST_CASE("a packet that is sent again, or changed on its way, is refused and counted", "[TS33.203-7.1]") {
    for (const auto family : families) {
        Installed w{family};
        const auto& p = w.ends.pcscf.own;
        const auto server = udp(w.street.pcscf_host, at(p, p.server_port));
        const auto ue = udp(w.street.ue_host, at(w.ends.ue.own, w.ends.ue.own.client_port));
        Wire from_ue{w.street.ue_host, "gm"};
        REQUIRE(send(ue, at(p, p.server_port), "once"));
        REQUIRE(receive(server) == "once");
        auto frames = from_ue.sent();
        REQUIRE(frames.size() == 1);

        from_ue.send(w.street.ue_host, frames[0]);
        CHECK(nothing(server) == "");
        CHECK(w.state(p.spi_server).replayed == 1);

        auto changed = frames[0];
        const std::size_t sequence = (family == IpAddress::Family::V6 ? 40 : 20) + 7;
        changed.octets[sequence] = std::uint8_t(changed.octets[sequence] + 1);  // not seen yet
        from_ue.send(w.street.ue_host, changed);
        CHECK(nothing(server) == "");
        CHECK(w.state(p.spi_server).forged == 1);
        CHECK(w.state(p.spi_server).packets == 1);

        CHECK(send(ue, at(p, p.server_port), "twice"));
        CHECK(receive(server) == "twice");
    }
}

TEST_CASE("keys that differ let nothing through", "[TS33.203-7.3]") {
    Installed w;
    const auto& p = w.ends.pcscf.own;
    REQUIRE(text(w.street.ue.remove({.set = w.ends.ue})) == "done");
    auto wrong = install(w.ends.ue);
    wrong.keys.integrity[0] ^= 1;
    REQUIRE(text(w.street.ue.install(wrong)) == "done");
    const auto server = udp(w.street.pcscf_host, at(p, p.server_port));
    const auto ue = udp(w.street.ue_host, at(w.ends.ue.own, w.ends.ue.own.client_port));
    CHECK(send(ue, at(p, p.server_port), "with a wrong IK"));
    CHECK(nothing(server) == "");
    CHECK(w.state(p.spi_server).forged == 1);
}

TEST_CASE("an install that fails leaves nothing, and what stood before stands", "[ipsec]") {
    for (const auto family : families) {
        Installed w{family};
        const auto before = *w.street.pcscf.count();
        REQUIRE(before == ipsec::Count{4, 4});

        auto last = Street::ends(family, sha1_aes, 1).pcscf;
        last.own.spi_client = w.ends.pcscf.own.spi_client;  // the fourth state
        auto failure = w.street.pcscf.install(install(last));
        REQUIRE(failure);
        CHECK(failure->kind == Kind::Exists);
        CHECK(failure->text.find("SPI 0x00001000") != std::string::npos);
        CHECK(*w.street.pcscf.count() == before);

        auto ports = Street::ends(family, sha1_aes, 2).pcscf;
        ports.own.client_port = w.ends.pcscf.own.client_port;
        failure = w.street.pcscf.install(install(ports));
        REQUIRE(failure);
        CHECK(failure->kind == Kind::Exists);
        CHECK(failure->text.find("policy") != std::string::npos);
        CHECK(*w.street.pcscf.count() == before);

        auto short_key = install(Street::ends(family, sha1_aes, 3).pcscf);
        short_key.keys.encryption.pop_back();
        failure = w.street.pcscf.install(short_key);
        REQUIRE(failure);
        CHECK(failure->kind == Kind::Invalid);
        CHECK(*w.street.pcscf.count() == before);

        auto mixed = Street::ends(family, sha1_aes, 4).pcscf;
        mixed.peer.address = *IpAddress::parse(family == IpAddress::Family::V6 ? "198.18.0.2" : "fd00::2");
        failure = w.street.pcscf.install(install(mixed));
        REQUIRE(failure);
        CHECK(failure->kind == Kind::Invalid);
        CHECK(*w.street.pcscf.count() == before);

        const auto& p = w.ends.pcscf.own;
        const auto server = udp(w.street.pcscf_host, at(p, p.server_port));
        const auto ue = udp(w.street.ue_host, at(w.ends.ue.own, w.ends.ue.own.client_port));
        CHECK(send(ue, at(p, p.server_port), "still there"));
        CHECK(receive(server) == "still there");
    }
}

TEST_CASE("without CAP_NET_ADMIN the kernel says so", "[ipsec]") {
    Street street;
    // The capability counts when the socket is asked, so a child that has dropped it must ask.
    const auto verdict = street.pcscf_host.in([] { return open_without_capability(); });
    CHECK(verdict == "XFRM: CAP_NET_ADMIN is missing");
}
