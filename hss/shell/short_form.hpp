#pragma once
#include "hss/shell/subscriber_json.hpp"

#include <nlohmann/json_fwd.hpp>

// The short form of a subscriber, which a person can write: an IMSI, a number and keys. Everything else
// follows from a template (hss/core/subscriber.hpp).
namespace ims::hss {

// `before` as of read_subscriber. Of whom it is stands in `out` even if something else is wrong.
Checked read_short_form(const nlohmann::json& json, const Templates& templates, const Subscription* before,
                        Subscription& out);
// N of them: {"first_imsi", "count", "first_msisdn", ...}
Checked read_range(const nlohmann::json& json, const Templates& templates, std::vector<Subscription>& out);
// Of a subscriber who is nothing but what a template makes; else nothing.
std::optional<nlohmann::json> short_form(const Subscription& subscription, const Templates& templates,
                                         bool secrets);

}  // namespace ims::hss
