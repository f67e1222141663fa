#include "tests/kernel/ipsec/world.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::test;

namespace {

// UE 198.18.100.2 -- NAT -- P-CSCF 198.18.0.1; outside, all is 198.18.0.9. The same with fd01::2 and fd00::9.
struct Nat {
    Host pcscf_host{"pcscf"}, nat_host{"nat"}, ue_host{"ue"};
    bool there = false;

    Nat() {
        test::run("ip link add gm netns pcscf type veth peer name outside netns nat");
        test::run("ip link add inside netns nat type veth peer name gm netns ue");
        const auto up = [](const Host& host, const char* link, const char* v4, const char* v6) {
            host.run(std::string{"ip address add "} + v4 + " dev " + link);
            host.run(std::string{"ip address add "} + v6 + " dev " + link + " nodad");
            host.run(std::string{"ip link set "} + link + " up");
        };
        up(pcscf_host, "gm", "198.18.0.1/24", "fd00::1/64");
        up(nat_host, "outside", "198.18.0.9/24", "fd00::9/64");
        up(nat_host, "inside", "198.18.100.1/24", "fd01::1/64");
        up(ue_host, "gm", "198.18.100.2/24", "fd01::2/64");
        ue_host.run("ip route add default via 198.18.100.1");
        ue_host.run("ip -6 route add default via fd01::1");
        // Annex M: inside the tunnel the UE has the address that is seen outside.
        ue_host.run("ip address add 198.18.0.9/32 dev lo");
        ue_host.run("ip address add fd00::9/128 dev lo nodad");
        nat_host.run("echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
        there = nat_host.in([] {
            return runs(
                "for t in iptables-legacy ip6tables-legacy; do $t -t nat -A POSTROUTING -o outside -p udp "
                "-j MASQUERADE --to-ports 20000-20100 || exit; done");
        });
    }
};

Ends ends(IpAddress::Family family) {
    auto ends = Street::ends(family, sha1_aes);
    const bool v6 = family == IpAddress::Family::V6;
    ends.pcscf.peer.address = ends.ue.own.address = *IpAddress::parse(v6 ? "fd00::9" : "198.18.0.9");
    ends.pcscf.mode = ends.ue.mode = ipsec::Mode::UdpEncapsulatedTunnel;
    ends.ue.behind_nat = IpAddress::parse(v6 ? "fd01::2" : "198.18.100.2");
    return ends;
}

Descriptor encapsulation_socket(const Host& host, const IpAddress& own) {
    auto socket = udp(host, {own, 4500});
    REQUIRE(text(host.in([&] { return ipsec::take_esp_from_udp(*socket); })) == "done");
    return socket;
}

}  // namespace

TEST_CASE("a UE behind a NAT is reached in UDP, at the port that the kernel sees", "[TS33.203-M]") {
    Nat nat;
    if (!nat.there)
        return skip("this kernel has no NAT of iptables, or Debian's package iptables is missing");
    auto pcscf = nat.pcscf_host.kernel();
    auto ue = nat.ue_host.kernel();
    for (const auto family : families) {
        CAPTURE(family == IpAddress::Family::V6);
        const auto set = ends(family);
        const auto& p = set.pcscf.own;
        const auto& u = set.pcscf.peer;
        const auto pcscf_4500 = encapsulation_socket(nat.pcscf_host, p.address);
        const auto ue_4500 = encapsulation_socket(nat.ue_host, *set.ue.behind_nat);
        REQUIRE(text(pcscf.install(install(set.pcscf))) == "done");
        REQUIRE(text(ue.install(install(set.ue))) == "done");
        const auto pcscf_server = udp(nat.pcscf_host, {p.address, p.server_port});
        const auto pcscf_client = udp(nat.pcscf_host, {p.address, p.client_port});
        const auto ue_server = udp(nat.ue_host, {u.address, u.server_port});
        const auto ue_client = udp(nat.ue_host, {u.address, u.client_port});
        Wire from_pcscf{nat.pcscf_host, "gm"}, from_nat{nat.nat_host, "outside"};

        REQUIRE(send(ue_client, {p.address, p.server_port}, "REGISTER"));
        REQUIRE(receive(pcscf_server) == "REGISTER");
        const auto mappings = pcscf.mappings();
        REQUIRE(mappings.size() == 1);
        CHECK(mappings[0].spi == p.spi_server);
        CHECK(mappings[0].seen.address == u.address);
        CHECK(mappings[0].seen.port >= 20000);

        auto learnt = set.pcscf;
        learnt.encapsulation_port = mappings[0].seen.port;
        REQUIRE(text(pcscf.extend({.set = learnt, .lifetime = 600s})) == "done");
        REQUIRE(send(pcscf_client, {u.address, u.server_port}, "200"));
        CHECK(receive(ue_server) == "200");
        REQUIRE(send(ue_client, {p.address, p.server_port}, "INVITE"));
        CHECK(receive(pcscf_server) == "INVITE");
        CHECK(pcscf.mappings().empty());  // it is known now
        const auto states = pcscf.list(p.address);
        REQUIRE(states.has_value());
        for (const auto& state : *states) CHECK(state.encapsulation_port == learnt.encapsulation_port);

        const auto listener = tcp_listener(nat.pcscf_host, {p.address, p.server_port});
        CHECK(tcp(nat.ue_host, {u.address, u.client_port}, {p.address, p.server_port}, listener) == "");

        for (auto* wire : {&from_pcscf, &from_nat}) {
            const auto frames = wire->sent();
            CHECK(frames.size() >= 2);
            for (const auto& frame : frames) {
                CHECK(frame.protocol() == 17);
                CHECK(frame.destination().port == (wire == &from_pcscf ? learnt.encapsulation_port : 4500));
            }
        }
        CHECK(text(pcscf.remove({.set = learnt})) == "done");
        CHECK(text(ue.remove({.set = set.ue})) == "done");
    }
    CHECK(*pcscf.count() == ipsec::Count{0, 0});
    CHECK(*ue.count() == ipsec::Count{0, 0});
}
