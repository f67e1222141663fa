#pragma once
#include <nlohmann/json.hpp>

namespace ims::hss {

// What differs between two subscribers (subscriber_json with secrets, without registration), as a list of
// {"field": "implicit_registration_sets/0/public_identities/1/display_name", "from": ..., "to": ...}. Of
// secrets only that they differ.
nlohmann::json differences(const nlohmann::json& before, const nlohmann::json& after);

}  // namespace ims::hss
