#include "tests/scenario/flows.hpp"

namespace ims::world::flows {

namespace {

// A call that is up to its end, for both.
Ending hang_up(World& world, Phone& first, Phone& second) {
    first.hangs_up();
    const bool over = world.until([&] { return first.has_no_call() && second.has_no_call(); }, patience);
    return over ? Ending::Success : Ending::Hang;
}

// Whatever came of it, nobody may be left with a call the other has not got: the person hangs up.
Ending give_up(World& world, Phone& a, Phone& b) {
    if (!world.until([&] { return a.has_no_call() && b.has_no_call(); }, patience)) {
        a.hangs_up();
        b.hangs_up();
        if (!world.until([&] { return a.has_no_call() && b.has_no_call(); }, patience)) return Ending::Hang;
    }
    return Ending::CleanFailure;
}

// Alice calls, Bob answers; true when both are in the call.
bool call(World& world, Phone& alice, Phone& bob, Duration rings_on = 0s) {
    const auto ended = alice.count<ue::CallEnded>();
    alice.calls(bob);
    if (!world.until([&] { return bob.is_ringing() || alice.count<ue::CallEnded>() > ended; }, patience))
        return false;
    if (!bob.is_ringing()) return false;
    // He lets it ring until she hears it, or for a while.
    (void)world.until([&] { return alice.hears_ringing() || alice.count<ue::CallEnded>() > ended; }, 20s);
    world.advance(rings_on);
    if (!bob.is_ringing()) return false;
    bob.answers();
    (void)world.until(
        [&] { return (alice.is_in_call() && bob.is_in_call()) || alice.count<ue::CallEnded>() > ended; },
        patience);
    return alice.is_in_call() && bob.is_in_call();
}

}  // namespace

Ending register_refresh_deregister(World& world) {
    auto& alice = world.ue("alice", [](ue::Config& c) { c.expires = std::chrono::seconds{3600}; });
    alice.registers();
    if (!world.until([&] { return alice.is_registered() || alice.count<ue::RegistrationFailed>() > 0; },
                     patience))
        return Ending::Hang;
    if (!alice.is_registered()) return Ending::CleanFailure;
    world.run();
    world.advance(alice.granted_expiry() + 1s);  // she must have refreshed on her own
    world.run();
    if (!alice.is_registered())
        return alice.count<ue::RegistrationFailed>() > 0 ? Ending::CleanFailure : Ending::Hang;
    if (!world.scscf().is_registered(alice.impu()) || !world.pcscf().is_registered(alice.impu()))
        return Ending::Hang;
    alice.deregisters();
    world.run();
    if (alice.is_registered()) return Ending::Hang;
    const bool gone =
        !world.scscf().is_registered(alice.impu()) && !world.pcscf().is_registered(alice.impu());
    return gone ? Ending::Success : Ending::CleanFailure;
}

Ending message(World& world) {
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    if (!registers(world, alice) || !registers(world, bob)) return Ending::CleanFailure;
    alice.sends("Hello, Bob", bob);
    if (!world.until([&] { return alice.last<ue::MessageDelivered>() || alice.last<ue::MessageFailed>(); },
                     patience))
        return Ending::Hang;
    if (alice.last<ue::MessageFailed>() != nullptr) return Ending::CleanFailure;
    // "Delivered" must be true, and once.
    const auto* got = bob.last<ue::MessageReceived>();
    return got != nullptr && got->text == "Hello, Bob" && bob.count<ue::MessageReceived>() == 1
               ? Ending::Success
               : Ending::Hang;
}

Ending options(World& world) {
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    if (!registers(world, alice) || !registers(world, bob)) return Ending::CleanFailure;
    alice.asks_options_of(bob);
    if (!world.until([&] { return alice.last<ue::OptionsAnswered>() != nullptr; }, patience))
        return Ending::Hang;
    return alice.last<ue::OptionsAnswered>()->status == 200 ? Ending::Success : Ending::CleanFailure;
}

Ending call_and_caller_hangs_up(World& world) {
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    if (!registers(world, alice) || !registers(world, bob)) return Ending::CleanFailure;
    if (!call(world, alice, bob)) return give_up(world, alice, bob);
    world.advance(10s);
    return hang_up(world, alice, bob);
}

Ending call_and_callee_hangs_up(World& world) {
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    if (!registers(world, alice) || !registers(world, bob)) return Ending::CleanFailure;
    if (!call(world, alice, bob, 5s)) return give_up(world, alice, bob);
    world.advance(10s);
    return hang_up(world, bob, alice);
}

// Both over TCP: no connection outlives a restart of either end.
Ending call_over_connections(World& world) {
    const auto over_tcp = [](ue::Config& c) { c.transport = sip::Transport::Tcp; };
    auto& alice = world.ue("alice", over_tcp);
    auto& bob = world.ue("bob", over_tcp);
    if (!registers(world, alice) || !registers(world, bob)) return Ending::CleanFailure;
    if (!call(world, alice, bob, 5s)) return give_up(world, alice, bob);
    world.advance(10s);
    return hang_up(world, alice, bob);
}

Ending call_with_update_and_hold(World& world) {
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    if (!registers(world, alice) || !registers(world, bob)) return Ending::CleanFailure;
    if (!call(world, alice, bob)) return give_up(world, alice, bob);
    bob.forgets_what_happened();
    alice.updates();
    world.run();
    alice.holds();
    world.run();
    const auto* media = bob.last<ue::MediaChanged>();
    const bool held = media != nullptr && media->direction == sdp::Direction::RecvOnly;
    const auto over = hang_up(world, bob, alice);
    return over == Ending::Success && !held ? Ending::CleanFailure : over;
}

Ending cancel(World& world) {
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    if (!registers(world, alice) || !registers(world, bob)) return Ending::CleanFailure;
    alice.calls(bob);
    (void)world.until([&] { return alice.hears_ringing() || alice.last<ue::CallEnded>() != nullptr; },
                      patience);
    world.advance(5s);
    const bool rang = bob.is_ringing();
    alice.hangs_up();
    // Where the CANCEL got lost with a node his phone rings on: RFC 3261 leaves that end to him.
    if (!world.until([&] { return alice.has_no_call() && bob.has_no_call(); }, patience))
        return give_up(world, alice, bob);
    const auto* ended = bob.last<ue::CallEnded>();
    return rang && ended != nullptr && ended->cause == ue::CallEnded::Cause::PeerCancelled
               ? Ending::Success
               : Ending::CleanFailure;
}

Ending busy(World& world) {
    auto& alice = world.ue("alice");
    auto& bob = world.ue("bob");
    if (!registers(world, alice) || !registers(world, bob)) return Ending::CleanFailure;
    alice.calls(bob);
    (void)world.until([&] { return bob.is_ringing() || alice.last<ue::CallEnded>() != nullptr; }, patience);
    if (!bob.is_ringing()) return give_up(world, alice, bob);
    bob.rejects(486);
    if (!world.until([&] { return alice.has_no_call() && bob.has_no_call(); }, patience))
        return give_up(world, alice, bob) == Ending::Hang ? Ending::Hang : Ending::CleanFailure;
    const auto* ended = alice.last<ue::CallEnded>();
    return ended != nullptr && ended->status == 486 ? Ending::Success : Ending::CleanFailure;
}

Ending deregistration_by_the_network(World& world) {
    auto& alice = world.ue("alice", [](ue::Config& c) { c.register_again_by_itself = false; });
    if (!registers(world, alice)) return Ending::CleanFailure;
    world.push(world.hss_store().bar(alice.impi()));
    world.run();
    world.advance(40s);
    const bool gone_there =
        !world.scscf().is_registered(alice.impu()) && !world.pcscf().is_registered(alice.impu());
    if (!gone_there) return Ending::Hang;
    return alice.is_registered() ? Ending::CleanFailure : Ending::Success;
}

}  // namespace ims::world::flows
