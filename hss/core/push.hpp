#pragma once
#include "hss/core/decision.hpp"

// What the HSS sends on its own: RTR (TS 29.228 6.1.3) and PPR (6.2.2).
namespace ims::hss {

// One PPR per registered or unregistered set whose profile reads differently now, and one with
// Charging-Information if only that changed. Sets that are gone get an RTR. A change of the default identity
// of a registered set is not a matter for PPR (5.4.1.8 of 24.229, note): the set is deregistered with
// SERVER_CHANGE so that the UE registers anew.
std::vector<Push> pushes_for_change(const Snapshot& before, const Snapshot& after);

// Deregistration of the whole subscription, of all that is registered in it. Nothing if no S-CSCF serves it.
std::vector<Push> terminate(const Subscription& subscription, cx::DeregistrationReason reason);
// The same, for some sets.
std::vector<Push> terminate(const Subscription& subscription, const std::vector<SetId>& sets,
                            cx::DeregistrationReason reason);

// After an MAR moved the subscription to another S-CSCF (8.1.1).
std::vector<Push> new_server_assigned(const Subscription& before, const ImplicitRegistrationSet& set,
                                      bool restoration);

// What an RTA changes (6.1.3.1). `answer` absent: nobody answered, which ends the registration as well; the
// S-CSCF will find out by its next SAR.
Changes changes_after(const cx::RegistrationTerminationRequest& request,
                      const std::optional<cx::RegistrationTerminationAnswer>& answer,
                      const Subscription& subscription);

// What follows a PPA (6.2.2.1): the same PPR for another registered private identity after USER_UNKNOWN, an
// RTR SERVER_CHANGE after TOO_MUCH_DATA or NOT_SUPPORTED_USER_DATA, else nothing.
std::vector<Push> follow_up(const Push& push, const cx::PushProfileAnswer& answer,
                            const Subscription& subscription);

}  // namespace ims::hss
