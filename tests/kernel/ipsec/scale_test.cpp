#include "tests/kernel/ipsec/world.hpp"

#include <fstream>
#include <iostream>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::test;

namespace {

// What the kernel uses for itself, in kB.
long kernel_memory() {
    std::ifstream meminfo{"/proc/meminfo"};
    std::string name;
    long kilobytes = 0, sum = 0;
    while (meminfo >> name >> kilobytes) {
        if (name == "Slab:" || name == "VmallocUsed:" || name == "Percpu:") sum += kilobytes;
        meminfo.ignore(100, '\n');
    }
    return sum;
}

SaSet set_of(IpAddress::Family family, unsigned n) {
    auto set = Street::ends(family, sha1_aes).pcscf;
    const auto high = std::uint8_t(1 + n / 250), low = std::uint8_t(1 + n % 250);
    set.peer.address = family == IpAddress::Family::V6
                           ? IpAddress::v6({0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, low})
                           : IpAddress::v4({198, 18, high, low});
    set.own.spi_client = 0x100000 + 2 * n;
    set.own.spi_server = 0x100001 + 2 * n;
    return set;
}

}  // namespace

TEST_CASE("ten thousand UEs have their sets, and leave nothing", "[ipsec]") {
    using Clock = std::chrono::steady_clock;
    const auto micro = [](Clock::duration d, unsigned n) {
        return std::chrono::duration_cast<std::chrono::microseconds>(d).count() / n;
    };
    constexpr unsigned sets = 10'000;
    for (const auto family : families) {
        Street street;
        street.pcscf.probe();
        const auto memory = kernel_memory();
        const auto t0 = Clock::now();
        for (unsigned n = 0; n < sets; ++n) {
            const auto failure = street.pcscf.install(install(set_of(family, n)));
            if (failure) FAIL(n << ": " << failure->text);
        }
        const auto t1 = Clock::now();
        CHECK(*street.pcscf.count() == ipsec::Count{4 * sets, 4 * sets});
        const auto with = kernel_memory();
        const auto t2 = Clock::now();
        CHECK(street.pcscf.list(pcscf_address(family))->size() == 4 * sets);
        const auto t3 = Clock::now();
        for (unsigned n = 0; n < sets; ++n) {
            const auto failure = street.pcscf.extend({.set = set_of(family, n), .lifetime = 900s});
            if (failure) FAIL(n << ": " << failure->text);
        }
        const auto t4 = Clock::now();
        for (unsigned n = 0; n < sets; ++n) {
            const auto failure = street.pcscf.remove({.set = set_of(family, n)});
            if (failure) FAIL(n << ": " << failure->text);
        }
        const auto t5 = Clock::now();
        CHECK(*street.pcscf.count() == ipsec::Count{0, 0});
        std::cout << "    measured " << (family == IpAddress::Family::V6 ? "IPv6" : "IPv4") << ", " << sets
                  << " sets of " << sha1_aes.text() << ": install " << micro(t1 - t0, sets) << " us, extend "
                  << micro(t4 - t3, sets) << " us, remove " << micro(t5 - t4, sets)
                  << " us a set; list of all " << micro(t3 - t2, 1000) << " ms; kernel memory "
                  << double(with - memory) / sets << " kB a set\n";
    }
}
