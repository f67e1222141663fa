#pragma once
#include "common/base/time.hpp"
#include "common/ims/identity.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ims::pcscf {

// Our subscription to a user's registration state (24.229 5.2.3, RFC 6665): one per private identity.
struct Subscription {
    std::string call_id;  // its key, and the user part of our Contact
    Impi impi;
    std::string target;   // the default public identity, a SIP URI
    std::string binding;  // whose Path URI we assert ourselves with
    std::string local_tag, remote_tag;
    std::string remote_target;           // Contact of the notifier; empty before the dialog stands
    std::vector<std::string> route_set;  // of the dialog, name-addr texts
    std::uint32_t cseq = 0;
    std::uint32_t notified_cseq = 0;  // of the last NOTIFY taken
    std::string icid;
    std::optional<TimePoint> expires;  // granted
    TimePoint act_at;                  // next refresh, retry or end
    std::uint32_t failures = 0;
    bool active() const { return expires.has_value(); }
};

}  // namespace ims::pcscf
