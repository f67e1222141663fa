#pragma once
#include "tests/scenario/flows.hpp"

#include <string_view>

#include <catch2/catch.hpp>

// What the scenarios of Gm begin with.
namespace ims::world {

// Security associations for everybody, and new ones with each re-registration.
inline Options with_ipsec() {
    Options o;
    o.ipsec = true;
    o.scscf.authenticate_reregistrations = true;
    return o;
}

inline const ipsec::SaSet& newest(World& world, std::string_view host) {
    return world.host(host).associations.rbegin()->second.set;
}

inline void call(World& world, Phone& caller, Phone& callee, Phone& who_hangs_up) {
    caller.calls(callee);
    REQUIRE(world.until([&] { return callee.is_ringing(); }));
    callee.answers();
    REQUIRE(world.until([&] { return caller.is_in_call() && callee.is_in_call(); }));
    who_hangs_up.hangs_up();
    REQUIRE(world.until([&] { return caller.has_no_call() && callee.has_no_call(); }));
}

}  // namespace ims::world
