#include "tests/support/world/faults.hpp"

#include <algorithm>
#include <utility>

namespace ims::world {

namespace {

std::string first_words(const Crossing& c) {
    auto line = c.text.substr(0, c.text.find("\r\n"));
    if (line.size() > 60) line.resize(60);
    return c.from + " -> " + c.to + " " + line;
}

std::string_view text(Ending e) {
    switch (e) {
        case Ending::Success: return "success";
        case Ending::CleanFailure: return "clean failure";
        case Ending::Hang: return "HANG";
    }
    return "";
}

// The undisturbed run has proven each turn.
Options once_more(Options options) {
    options.proves_each_turn = false;
    return options;
}

}  // namespace

std::size_t Trial::hangs() const {
    return static_cast<std::size_t>(std::count_if(failures.begin(), failures.end(),
                                                  [](const auto& f) { return f.ending == Ending::Hang; }));
}

std::string Trial::report() const {
    std::string out = std::to_string(runs) + " runs, " + std::to_string(failures.size()) + " failures, " +
                      std::to_string(hangs()) + " hangs\n";
    for (const auto& f : failures) out += std::string{text(f.ending)} + ": " + f.what + "\n";
    const auto hang = std::find_if(failures.begin(), failures.end(),
                                   [](const auto& f) { return f.ending == Ending::Hang; });
    if (hang != failures.end()) out += hang->ladder;
    return out;
}

Trial lose_each_datagram(const Flow& flow, const Options& options) {
    Trial trial;
    World undisturbed{options};
    trial.undisturbed = flow(undisturbed);
    const auto datagrams = undisturbed.datagrams();
    for (std::uint64_t n = 0; n < datagrams; ++n) {
        World world{once_more(options)};
        std::string lost;
        world.drop = [&](std::uint64_t number, const Crossing& c) {
            if (number != n) return false;
            lost = first_words(c);
            return true;
        };
        const auto ending = flow(world);
        ++trial.runs;
        if (ending != Ending::Success)
            trial.failures.push_back(
                {"datagram " + std::to_string(n) + " lost: " + lost, ending, world.ladder()});
    }
    return trial;
}

Trial restart_each_node(const Flow& flow, const Options& options, bool ues_too) {
    Trial trial;
    World undisturbed{options};
    trial.undisturbed = flow(undisturbed);
    const auto moments = undisturbed.quiet_moments();
    for (const auto& name : undisturbed.host_names()) {
        const bool core = name == "pcscf" || name == "icscf" || name == "scscf" || name == "hss";
        if (!core && !ues_too) continue;
        for (std::uint64_t n = 0; n < moments; ++n) {
            World world{once_more(options)};
            bool was_idle = true;
            world.at_quiet_moment = [&](std::uint64_t number) {
                if (number != n) return;
                world.everybody_looks();
                was_idle = world.host(name).node->idle();
                world.save_and_restore(name);
            };
            auto ending = flow(world);
            ++trial.runs;
            // What was under way may fail; what was idle may not even notice.
            if (ending == Ending::CleanFailure && was_idle) ending = Ending::Hang;
            if (ending != Ending::Success)
                trial.failures.push_back({name + " restarted at quiet moment " + std::to_string(n) +
                                              (was_idle ? " (idle)" : " (busy)"),
                                          ending, world.ladder()});
        }
    }
    return trial;
}

}  // namespace ims::world
