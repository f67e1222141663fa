// What it costs to remember: the turns of a registration and of a call, as the cores made them, are shown to
// a memory of the default size again and again, so that it is full and the oldest is overwritten. Prints
// nanoseconds, octets and turns for each node and operation; to be compared with the CPU time of the whole
// operation (docs/performance.md).
//
//   trace-cost [REPETITIONS [NODE [OPERATION]]]
//
// Instructions tell more than time on a machine that does other things. For those of remembering at the
// P-CSCF:
//   valgrind --tool=callgrind --toggle-collect='ims::trace::Memory::turn*' trace-cost 64 pcscf registration
// divided by 64, and for those of the core itself, with nothing remembered, which the cores did once:
//   valgrind --tool=callgrind --toggle-collect='ims::pcscf::Pcscf::handle*' trace-cost 0 pcscf registration
// What is done for the first time costs more: "registrations" are two, and the second is the difference.
#include "tests/support/world/world.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <string>
#include <vector>

using namespace ims;
using namespace ims::world;

namespace {

struct Turn {
    std::optional<Event> event;
    Effects effects;
};
using Turns = std::map<std::string, std::vector<Turn>>;

double cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

// The same turns with buffers of their own: a service receives each message into memory of its own too.
std::vector<Turn> fresh(const std::vector<Turn>& turns) {
    auto copies = turns;
    for (auto& turn : copies) {
        if (turn.event)
            if (auto* received = std::get_if<sip::Received>(&*turn.event))
                received->bytes = sip::make_buffer(std::string{*received->bytes});
        for (auto& effect : turn.effects)
            if (auto* transmit = std::get_if<sip::Transmit>(&effect))
                transmit->bytes = sip::make_buffer(std::string{*transmit->bytes});
    }
    return copies;
}

void measure(const char* operation, const Turns& turns, int repetitions, std::string_view only) {
    if (repetitions == 0) return;
    for (const auto* node : {"pcscf", "icscf", "scscf", "hss"}) {
        const auto found = turns.find(node);
        if (found == turns.end() || (!only.empty() && only != node)) continue;
        trace::Memory memory;
        std::vector<std::vector<Turn>> copies;
        for (int n = 0; n < 64; ++n) copies.push_back(fresh(found->second));
        const auto before = cpu_seconds();
        for (int n = 0; n < repetitions; ++n)
            for (const auto& turn : copies[static_cast<std::size_t>(n) % copies.size()]) {
                const auto now =
                    std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
                if (turn.event)
                    memory.turn(*turn.event, turn.effects, now);
                else
                    memory.turn(turn.effects, now);
            }
        const auto each = (cpu_seconds() - before) * 1e9 / repetitions;
        std::uint64_t octets = 0;
        for (const auto& shelf : memory.shelves()) octets += shelf.end();
        std::printf("%-12s %-6s %8.0f ns %8.0f octets %4zu turns\n", operation, node, each,
                    static_cast<double>(octets) / repetitions, found->second.size());
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int repetitions = argc > 1 ? std::atoi(argv[1]) : 20'000;
    const std::string_view only = argc > 2 ? argv[2] : "";
    const std::string_view operation = argc > 3 ? argv[3] : "";
    World world;
    world.proves_each_turn = false;
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    Turns turns;
    world.on_turn = [&](const Host& host, const Event* event, const Effects& effects) {
        turns[host.name].push_back({event == nullptr ? std::nullopt : std::optional<Event>{*event}, effects});
    };
    alice.registers();
    world.run();
    if (operation != "call") measure("registration", turns, repetitions, only);
    if (operation == "registration") return 0;
    bob.registers();
    world.run();
    if (operation == "registrations") return 0;
    turns.clear();
    alice.calls(bob);
    world.until([&] { return bob.is_ringing(); });
    bob.answers();
    world.until([&] { return alice.is_in_call(); });
    alice.hangs_up();
    world.run();
    measure("call", turns, repetitions, only);
    return 0;
}
