#pragma once
#include "scscf/core/authentication.hpp"
#include "scscf/core/dialogs.hpp"
#include "scscf/core/gruus.hpp"
#include "scscf/core/registrations.hpp"

#include <string>
#include <string_view>

// Registrations, reg event subscriptions, dialogs and outstanding AKA challenges as JSON (Node::save). SIP
// Digest nonces stay out, since HA1 is as good as a password: their users are challenged anew with
// stale=true.
namespace ims::scscf {

std::string save_all(const Registrations& registrations, const Dialogs& dialogs,
                     const Authentications& authentications, const Gruus& gruus, TimePoint now);
bool restore_all(std::string_view saved, Registrations& registrations, Dialogs& dialogs,
                 Authentications& authentications, Gruus& gruus, TimePoint now, std::string& why);

}  // namespace ims::scscf
