// The P-CSCF's core with a real kernel below it, and a home network that answers at once: what is left in the
// kernel after thousands of registrations is what the registrations explain.
#include "tests/support/gm/crowd.hpp"

#include "common/ipsec/kernel/orders.hpp"
#include "tests/kernel/ipsec/world.hpp"

#include <fstream>
#include <iostream>
#include <set>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::test;

namespace {

using Clock = std::chrono::steady_clock;

long micro(Clock::duration d, unsigned n) {
    return static_cast<long>(std::chrono::duration_cast<std::chrono::microseconds>(d).count() / n);
}

// What the kernel uses for itself, in kB.
long slab() {
    std::ifstream meminfo{"/proc/meminfo"};
    std::string name;
    long kilobytes = 0;
    while (meminfo >> name >> kilobytes) {
        if (name == "Slab:") return kilobytes;
        meminfo.ignore(100, '\n');
    }
    return 0;
}

struct Town {
    Street street;
    std::vector<Note> notes;
    ipsec::Orders orders = begin();
    gm::Crowd crowd{pcscf_address(IpAddress::Family::V4), true,
                    [this](const ipsec::Order& order, const gm::Crowd::Tell& tell) {
                        const auto t = Clock::now();
                        orders.carry_out(order, tell, [this](const Note& n) { notes.push_back(n); });
                        in_kernel += Clock::now() - t;
                    }};
    Clock::duration in_kernel{};

    ipsec::Orders begin() {
        auto begun = street.pcscf_host.in([&] {
            return ipsec::Orders::begin({pcscf_address(IpAddress::Family::V4)}, gm::Crowd::protected_ports(),
                                        gm::Crowd::transforms(), [](const Note&) {});
        });
        INFO((begun ? "" : begun.error()));
        REQUIRE(begun.has_value());
        return std::move(*begun);
    }

    // The kernel has the associations of the sets that the P-CSCF knows, all of them and no other.
    std::size_t compare() {
        std::set<std::uint32_t> explained, standing;
        const auto sets = crowd.pcscf().associations(crowd.now());
        for (const auto& s : sets)
            for (const auto& a : ipsec::associations(s.set)) explained.insert(a.spi);
        for (const auto& state : orders.list([](const Note&) {})) standing.insert(state.spi);
        CHECK(standing == explained);
        CHECK(standing.size() == 4 * sets.size());
        const auto guards = static_cast<std::uint32_t>(2 * gm::Crowd::protected_ports().size());
        const auto count = street.pcscf.count();
        REQUIRE(count.has_value());
        CHECK(count->states == 4 * sets.size());
        CHECK(count->policies == 4 * sets.size() + guards);
        CHECK(notes.empty());
        return sets.size();
    }
};

}  // namespace

TEST_CASE("a thousand re-registrations of one UE leave the associations that it uses", "[ipsec][crowd]") {
    Town town;
    REQUIRE(town.crowd.registers(0));
    CHECK(town.compare() == 1);
    const auto t0 = Clock::now();
    for (unsigned n = 0; n < 1000; ++n) {
        if (!town.crowd.refreshes(0)) FAIL("re-registration " << n);
        if (n % 100 == 0) CHECK(town.compare() <= 3);
        town.crowd.advance(n % 3 == 0 ? 200s : 1s);  // some close after each other, some not
    }
    const auto time = Clock::now() - t0;
    CHECK(town.compare() <= 3);
    town.crowd.advance(200s);
    CHECK(town.compare() == 2);  // the newest waits for its first use, the one before is used until then
    REQUIRE(town.crowd.deregisters(0));
    town.crowd.advance(200s);
    CHECK(town.compare() == 0);
    std::cout << "    measured 1000 re-registrations: " << micro(time, 1000) << " us each, of which "
              << micro(town.in_kernel, 1000) << " us for the kernel\n";
}

TEST_CASE("five thousand UEs register and leave, and the kernel has what their registrations explain",
          "[ipsec][crowd]") {
    constexpr unsigned ues = 5000;
    Town town;
    const auto memory = slab();
    const auto t0 = Clock::now();
    for (unsigned n = 0; n < ues; ++n) {
        if (!town.crowd.registers(n)) FAIL("registration " << n);
        town.crowd.advance(10ms);
    }
    const auto t1 = Clock::now();
    const auto to_register = std::exchange(town.in_kernel, {});
    CHECK(town.compare() == ues);
    const auto with = slab();
    const auto t2 = Clock::now();
    for (unsigned n = 0; n < ues; n += 2) {
        if (!town.crowd.deregisters(n)) FAIL("deregistration " << n);
        town.crowd.advance(10ms);
    }
    town.crowd.advance(200s);
    const auto t3 = Clock::now();
    const auto to_leave = std::exchange(town.in_kernel, {});
    CHECK(town.compare() == ues / 2);
    town.crowd.advance(3700s);  // the others are not heard of any more
    CHECK(town.compare() == 0);
    CHECK(town.crowd.pcscf().bindings() == 0);
    std::cout << "    measured 5000 UEs: a registration " << micro(t1 - t0, ues) << " us, of which "
              << micro(to_register, ues) << " us for the kernel; a deregistration " << micro(t3 - t2, ues / 2)
              << " us, of which " << micro(to_leave, ues / 2) << " us for the kernel; slab "
              << double(with - memory) / ues << " kB a UE\n";
}
