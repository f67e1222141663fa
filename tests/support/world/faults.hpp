#pragma once
#include "tests/support/world/world.hpp"

#include <functional>
#include <string>
#include <vector>

// Failures for free: the same flow again and again, each time with another misfortune.
namespace ims::world {

// How a flow ended for the people in it.
enum class Ending : std::uint8_t {
    Success,       // as if nothing had happened
    CleanFailure,  // the one who asked was told no, or noticed that nobody answers
    Hang,          // somebody still waits, or was told something untrue
};

// A call flow from an empty world to an ending. It must not assume that a step succeeds.
using Flow = std::function<Ending(World&)>;

struct Misfortune {
    std::string what;  // "datagram 7 lost: pcscf -> icscf REGISTER", "scscf restarted at quiet moment 2"
    Ending ending = Ending::Success;
    std::string ladder;
};

struct Trial {
    Ending undisturbed = Ending::Hang;
    std::size_t runs = 0;
    std::vector<Misfortune> failures;  // endings that are not success
    std::size_t hangs() const;
    std::string report() const;  // one line for each failure, and the ladder of the first hang
};

// Once undisturbed, then with each datagram lost in turn.
Trial lose_each_datagram(const Flow& flow, const Options& options = {});
// Once undisturbed, then with each node (UEs too, if asked) saved and restored at each quiet moment.
Trial restart_each_node(const Flow& flow, const Options& options = {}, bool ues_too = false);

}  // namespace ims::world
