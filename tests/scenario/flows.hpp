#pragma once
#include "tests/support/world/faults.hpp"

// The call flows that the scenario tests run in fair and in foul weather. Each goes on after a step that
// failed only as far as a person would, and says how it ended for the people in it.
namespace ims::world::flows {

// A person waits this long for a phone: longer than timer F and B of Gm (64 * T1 = 128 s) and the no-answer
// timers.
inline constexpr Duration patience = 400s;

// Brings UEs to the start of the flow proper; false if even the repetition a person would try does not help.
inline bool registers(World& world, Phone& phone) {
    for (int attempt = 0; attempt < 3; ++attempt) {
        const auto failures = phone.count<ue::RegistrationFailed>();
        phone.registers();
        (void)world.until(
            [&] { return phone.is_registered() || phone.count<ue::RegistrationFailed>() > failures; },
            patience);
        if (phone.is_registered()) {
            world.run();
            return true;
        }
    }
    return false;
}

Ending register_refresh_deregister(World& world);
Ending message(World& world);
Ending options(World& world);
Ending call_and_caller_hangs_up(World& world);
Ending call_and_callee_hangs_up(World& world);
Ending call_over_connections(World& world);
Ending call_with_update_and_hold(World& world);
Ending cancel(World& world);
Ending busy(World& world);
Ending deregistration_by_the_network(World& world);

}  // namespace ims::world::flows
