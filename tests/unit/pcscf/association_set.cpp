#include "pcscf/core/association_set.hpp"

#include <catch2/catch.hpp>

// The SA_table of the P-CSCF (TS 33.203 7.1), without messages.
using namespace ims;
using namespace ims::pcscf;

namespace {

const auto pcscf_at = *IpAddress::parse("198.18.0.1");
const auto ue_at = *IpAddress::parse("198.18.0.11");
const TimePoint t0{std::chrono::hours{1}};

IpsecConfig config() {
    IpsecConfig c;
    c.transforms = ipsec::all_transforms();
    c.server_port = 5063;
    c.client_ports = {5064, 5065, 5066};
    return c;
}

ipsec::Side offered(std::uint16_t port_c = 5070, std::uint16_t port_s = 5062) {
    return {ue_at, port_c, port_s, 1000U + port_c, 2000U + port_c};
}

AssociationSet a_set(const std::string& user, const ipsec::Side& own, const ipsec::Side& peer) {
    AssociationSet s;
    s.impi = Impi{user};
    s.set = {own, peer, ipsec::all_transforms().front(), ipsec::Mode::Transport, 0, {}};
    s.until = t0 + 240s;
    return s;
}

}  // namespace

TEST_CASE("a list of transforms in a number is the same list again", "[TS33.203-H]") {
    const auto& all = ipsec::all_transforms();
    CHECK(transforms_of(code_of(all)) == all);
    const std::vector<ipsec::Transform> reversed{all.rbegin(), all.rend()};
    CHECK(transforms_of(code_of(reversed)) == reversed);
    CHECK(transforms_of(code_of({all[6]})) == std::vector{all[6]});
    CHECK(transforms_of(0).empty());
}

TEST_CASE("a set is found by its ports, by what it receives on and by its user, until it is removed",
          "[TS33.203-7.1]") {
    const auto c = config();
    AssociationSets sets{c};
    SeededRandom random{1};
    const auto own = sets.allocate(pcscf_at, ue_at, offered(), random);
    REQUIRE(own.has_value());
    const auto& s = sets.add(a_set("alice@home", *own, offered()));
    const auto id = s.id;
    CHECK(sets.receiving_on(own->spi_client)->id == id);
    CHECK(sets.receiving_on(own->spi_server)->id == id);
    CHECK(sets.receiving_on(offered().spi_client) == nullptr);  // the UE's
    CHECK(sets.at({ue_at, 5070})->id == id);
    CHECK(sets.of_user(Impi{"alice@home"}).size() == 1);
    CHECK(sets.is_of_another({ue_at, 5062}, Impi{"bob@home"}));
    CHECK_FALSE(sets.is_of_another({ue_at, 5062}, Impi{"alice@home"}));
    CHECK_FALSE(sets.is_of_another({ue_at, 5070}, Impi{"bob@home"}));  // port-c is no port-s
    // The next one has another client port of ours and other SPIs, or there is none left.
    for (int n = 0; n < 2; ++n) {
        const auto peer = offered(static_cast<std::uint16_t>(5071 + n));
        const auto next = sets.allocate(pcscf_at, ue_at, peer, random);
        REQUIRE(next.has_value());
        sets.add(a_set("alice@home", *next, peer));
    }
    CHECK_FALSE(sets.allocate(pcscf_at, ue_at, offered(5073), random).has_value());
    sets.remove(*sets.find(id));
    CHECK(sets.receiving_on(own->spi_client) == nullptr);
    CHECK(sets.receiving_on(own->spi_server) == nullptr);
    CHECK(sets.at({ue_at, 5070}) == nullptr);
    CHECK(sets.allocate(pcscf_at, ue_at, offered(5073), random).has_value());
}

TEST_CASE("what waits at an address is counted from the REGISTER to the 200, and its first refusal is told",
          "[TS33.203-7.2]") {
    const auto c = config();
    AssociationSets sets{c};
    SeededRandom random{1};
    CHECK(sets.waiting_at(ue_at) == 0);
    sets.expect(ue_at);  // a REGISTER is under way
    CHECK(sets.waiting_at(ue_at) == 1);
    CHECK(sets.first_refusal(ue_at));
    CHECK_FALSE(sets.first_refusal(ue_at));
    auto& s = sets.add(a_set("alice@home", *sets.allocate(pcscf_at, ue_at, offered(), random), offered()));
    sets.expect_no_more(ue_at);  // it was challenged
    CHECK(sets.waiting_at(ue_at) == 1);
    CHECK_FALSE(sets.first_refusal(ue_at));
    sets.set_state(s, AssociationSet::State::Established);
    CHECK(sets.waiting_at(ue_at) == 0);
    sets.expect(ue_at);
    CHECK(sets.first_refusal(ue_at));
    sets.expect_no_more(ue_at);
    sets.remove(s);
    CHECK(sets.waiting_at(ue_at) == 0);
}
