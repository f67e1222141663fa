#pragma once
#include "scscf/core/authentication.hpp"
#include "scscf/core/registrations.hpp"

#include <string>
#include <string_view>

// Registrations, reg event subscriptions and outstanding AKA challenges as JSON (Node::save). SIP Digest
// nonces stay out, since HA1 is as good as a password: their users are challenged anew with stale=true.
namespace ims::scscf {

std::string save_registrations(const Registrations& registrations, const Authentications& authentications,
                               TimePoint now);
bool restore_registrations(std::string_view saved, Registrations& registrations,
                           Authentications& authentications, TimePoint now, std::string& why);

}  // namespace ims::scscf
