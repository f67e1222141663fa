#include "tests/kernel/ipsec/world.hpp"

#include <algorithm>

#include <catch2/catch.hpp>
#include <netinet/in.h>

using namespace ims;
using namespace ims::test;

namespace {

// All that 33.203 7.1 sends over the four associations: UDP from client port to server port in both
// directions, and a TCP connection opened by each side.
void exchange(const Street& street, const Ends& ends) {
    const auto at = [](const ipsec::Side& s, std::uint16_t port) { return IpEndpoint{s.address, port}; };
    const auto& p = ends.pcscf.own;
    const auto& u = ends.pcscf.peer;
    {
        const auto pcscf_server = udp(street.pcscf_host, at(p, p.server_port));
        const auto pcscf_client = udp(street.pcscf_host, at(p, p.client_port));
        const auto ue_server = udp(street.ue_host, at(u, u.server_port));
        const auto ue_client = udp(street.ue_host, at(u, u.client_port));
        CHECK(send(ue_client, at(p, p.server_port), "REGISTER"));
        CHECK(receive(pcscf_server) == "REGISTER");
        CHECK(send(pcscf_client, at(u, u.server_port), "200"));
        CHECK(receive(ue_server) == "200");
    }
    const auto pcscf_listener = tcp_listener(street.pcscf_host, at(p, p.server_port));
    const auto ue_listener = tcp_listener(street.ue_host, at(u, u.server_port));
    CHECK(tcp(street.ue_host, at(u, u.client_port), at(p, p.server_port), pcscf_listener) == "");
    CHECK(tcp(street.pcscf_host, at(p, p.client_port), at(u, u.server_port), ue_listener) == "");
}

}  // namespace

TEST_CASE("UDP and TCP pass over the four associations, with each transform, and only ESP is on the wire",
          "[TS33.203-7.1]") {
    Street street;
    Wire from_pcscf{street.pcscf_host, "gm"}, from_ue{street.ue_host, "gm"};
    for (const auto family : families) {
        for (const auto& transform : usable_transforms()) {
            CAPTURE(transform.text(), family == IpAddress::Family::V6);
            const auto ends = Street::ends(family, transform);
            REQUIRE(text(street.pcscf.install(install(ends.pcscf))) == "done");
            REQUIRE(text(street.ue.install(install(ends.ue))) == "done");
            // What the last set's connections still had to say when it was gone was in clear.
            for (auto* wire : {&from_pcscf, &from_ue}) wire->sent();
            exchange(street, ends);
            for (auto* wire : {&from_pcscf, &from_ue}) {
                const auto frames = wire->sent();
                CHECK(frames.size() >= 8);
                for (const auto& frame : frames) CHECK(frame.protocol() == IPPROTO_ESP);
            }
            const auto states = street.pcscf.list(pcscf_address(family));
            REQUIRE(states.has_value());
            CHECK(states->size() == 4);
            for (const auto& state : *states) {
                CHECK(state.algorithm == transform.text());
                CHECK(state.packets >= 3);
                CHECK(state.forged + state.replayed == 0);
            }
            CHECK(text(street.pcscf.remove({.set = ends.pcscf})) == "done");
            CHECK(text(street.ue.remove({.set = ends.ue})) == "done");
        }
    }
    CHECK(*street.pcscf.count() == ipsec::Count{0, 0});
    CHECK(*street.ue.count() == ipsec::Count{0, 0});
}

TEST_CASE("without associations the same packets are in clear, which this test's wire sees",
          "[TS33.203-7.1]") {
    Street street;
    Wire from_ue{street.ue_host, "gm"};
    for (const auto family : families) {
        exchange(street, Street::ends(family, sha1_aes));
        std::size_t clear = 0;
        for (const auto& frame : from_ue.sent()) clear += frame.protocol() != IPPROTO_ESP ? 1U : 0U;
        CHECK(clear >= 8);
    }
}

TEST_CASE("an old and a new set of one UE carry traffic beside each other", "[TS33.203-7.4]") {
    Street street;
    for (const auto family : families) {
        const auto old_set = Street::ends(family, sha1_aes, 0);
        const auto new_set = Street::ends(family, {ipsec::Integrity::Null, ipsec::Encryption::AesGcm}, 1);
        for (const auto& set : {old_set, new_set}) {
            REQUIRE(text(street.pcscf.install(install(set.pcscf))) == "done");
            REQUIRE(text(street.ue.install(install(set.ue))) == "done");
        }
        exchange(street, old_set);
        exchange(street, new_set);
        CHECK(text(street.pcscf.remove({.set = old_set.pcscf})) == "done");
        CHECK(text(street.ue.remove({.set = old_set.ue})) == "done");
        exchange(street, new_set);
        CHECK(text(street.pcscf.remove({.set = new_set.pcscf})) == "done");
        CHECK(text(street.ue.remove({.set = new_set.ue})) == "done");
        CHECK(*street.pcscf.count() == ipsec::Count{0, 0});
    }
}

TEST_CASE("a list tells ends, counters and times of each state", "[ipsec]") {
    Street street;
    const auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto ends = Street::ends(IpAddress::Family::V4, sha1_aes);
    REQUIRE(text(street.pcscf.install(install(ends.pcscf, 100s))) == "done");
    REQUIRE(text(street.ue.install(install(ends.ue, 100s))) == "done");
    const auto pcscf = udp(street.pcscf_host, *IpEndpoint::parse("198.18.0.1:5100"));
    const auto ue = udp(street.ue_host, *IpEndpoint::parse("198.18.0.2:5101"));
    CHECK(send(ue, *IpEndpoint::parse("198.18.0.1:5100"), std::string(1000, 'x')));
    CHECK(receive(pcscf).size() == 1000);

    const auto states = street.pcscf.list(pcscf_address(IpAddress::Family::V4));
    REQUIRE(states.has_value());
    REQUIRE(states->size() == 4);
    for (const auto& a : associations(ends.pcscf)) {
        const auto found =
            std::find_if(states->begin(), states->end(), [&](const auto& s) { return s.spi == a.spi; });
        REQUIRE(found != states->end());
        CHECK(found->inbound == a.inbound);
        CHECK(found->source == a.source);
        CHECK(found->destination == a.destination);
        CHECK(found->added >= before);
        CHECK(found->left.value_or(0s) >= 95s);
        CHECK(found->left.value_or(0s) <= 100s);
        const bool used = a.spi == ends.pcscf.own.spi_server;
        CHECK(found->packets == (used ? 1U : 0U));
        CHECK((found->bytes >= 1000) == used);
        CHECK(found->first_used.has_value() == used);
        CHECK(found->first_used.value_or(before) >= before);
        if (found->last_used) CHECK(found->last_used >= found->first_used);
    }
    CHECK(street.pcscf.list(*IpAddress::parse("198.18.7.7"))->empty());
}

TEST_CASE("a kernel is asked what it can do, and has all that we offer", "[TS33.203-H]") {
    Street street;
    const auto abilities = street.pcscf.probe();
    CHECK(abilities.size() == 2 * ipsec::all_transforms().size());
    for (const auto& ability : abilities) {
        CAPTURE(ability.transform.text());
        CHECK(!ability.missing);
    }
    CHECK(*street.pcscf.count() == ipsec::Count{0, 0});
}
