// What a registration costs the P-CSCF's core, in clear and with security associations, and what a registered
// UE takes in its memory. Nothing is encrypted and no kernel is asked: what those cost, tests/kernel prints.
//
//   gm-cost [UES]
#include "common/base/long_lived.hpp"
#include "tests/support/gm/crowd.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <malloc.h>

using namespace ims;

namespace {

double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double octets() {
    return static_cast<double>(mallinfo2().uordblks + long_lived_octets());
}

int measure(const char* how, bool ipsec, unsigned ues) {
    gm::Crowd crowd{*IpAddress::parse("198.18.0.1"), ipsec, gm::Crowd::carry_out_nowhere};
    const auto each = [ues](double total) { return total / ues; };
    for (unsigned n = 0; n < 10; ++n)  // what is made once
        if (!crowd.registers(ues + n)) return 1;
    crowd.advance(std::chrono::seconds{300});
    const auto before = octets();
    const auto t0 = cpu_seconds();
    for (unsigned n = 0; n < ues; ++n) {
        if (!crowd.registers(n)) return 1;
        crowd.advance(std::chrono::milliseconds{10});
    }
    const auto t1 = cpu_seconds();
    crowd.advance(std::chrono::seconds{300});  // transactions are over
    const auto with = octets();
    const auto t2 = cpu_seconds();
    for (unsigned n = 0; ipsec && n < ues; ++n) {
        if (!crowd.refreshes(n)) return 1;
        crowd.advance(std::chrono::milliseconds{10});
    }
    const auto t3 = cpu_seconds();
    std::printf("%-10s registration %6.0f us", how, each(t1 - t0) * 1e6);
    if (ipsec) std::printf("  re-registration %6.0f us", each(t3 - t2) * 1e6);
    std::printf("  memory %6.0f octets a UE (the crowd's own included)\n", each(with - before));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto ues = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 10'000U;
    return measure("in clear", false, ues) + measure("with IPsec", true, ues);
}
