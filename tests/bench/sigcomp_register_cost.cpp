// What a re-registration costs with SigComp and without: a UE on security associations in tests/support/world
// re-registers with a challenge, again and again. Prints CPU microseconds of all nodes together for each, and
// the octets on Gm; what SigComp adds is shared evenly by UE and P-CSCF, of whose four messages each
// compresses two and decompresses two.
//
//   sigcomp-register-cost [REPETITIONS]
#include "tests/support/world/world.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace ims;
using namespace ims::world;

namespace {

double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

struct Measured {
    double microseconds = 0;
    double octets = 0;
};

Measured measure(bool sigcomp, std::size_t repetitions) {
    Options options;
    options.ipsec = true;
    options.scscf.authenticate_reregistrations = true;
    World world{options};
    world.proves_each_turn = false;
    auto& alice = world.ue("alice", [&](ue::Config& c) {
        c.sigcomp = sigcomp;
        c.subscribe_to_reg_event = false;
    });
    alice.registers();
    world.run();
    const auto again = [&] {
        const auto before = alice.count<ue::Registered>();
        alice.registers();
        if (!world.until([&] { return alice.count<ue::Registered>() > before; })) std::abort();
        world.advance(300s);  // what was under way is over
    };
    for (int i = 0; i < 10; ++i) again();
    const auto first = world.crossings().size();
    const auto began = cpu_seconds();
    for (std::size_t i = 0; i < repetitions; ++i) again();
    Measured m;
    m.microseconds = (cpu_seconds() - began) * 1e6 / static_cast<double>(repetitions);
    for (auto i = first; i < world.crossings().size(); ++i) {
        const auto& c = world.crossings()[i];
        if (c.from == "alice" || c.to == "alice")
            m.octets += static_cast<double>(c.octets) / static_cast<double>(repetitions);
    }
    return m;
}

}  // namespace

int main(int argc, char** argv) {
    const auto repetitions = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 500;
    for (int round = 0; round < 3; ++round) {
        const auto without = measure(false, repetitions);
        const auto with = measure(true, repetitions);
        std::printf(
            "re-registration: %6.0f us and %5.0f octets as text, %6.0f us and %5.0f octets in SigComp\n",
            without.microseconds, without.octets, with.microseconds, with.octets);
    }
    return 0;
}
