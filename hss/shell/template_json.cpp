#include "hss/postgres/json_reader.hpp"
#include "hss/shell/subscriber_json.hpp"

#include <algorithm>

namespace ims::hss {

using nlohmann::json;

nlohmann::json to_json(const Provisioning::Named<SubscriberTemplate>& t) {
    json j{{"id", t.id},
           {"name", t.name},
           {"public_identities", t.value.public_identities},
           {"bar_imsi_identity", t.value.bar_imsi_identity},
           {"service_profile", t.value.service_profile.value()},
           {"amf", hex(t.value.amf)},
           {"sqn", t.value.sqn}};
    if (t.value.capability_set) j["capability_set"] = t.value.capability_set->value();
    if (t.value.charging_set) j["charging_set"] = t.value.charging_set->value();
    if (t.value.allowed_visited_networks) j["allowed_visited_networks"] = *t.value.allowed_visited_networks;
    return j;
}

Checked from_json(const nlohmann::json& j, Provisioning::Named<SubscriberTemplate>& out) {
    std::string error;
    JsonReader r{j, "subscriber template", error};
    out.id = r.number("id", 0, max_id).value_or(0);
    out.name = r.text("name").value_or("");
    if (out.name.empty()) r.fail("needs 'name'");
    auto& t = out.value;
    if (auto identities = read_list(r, "public_identities")) t.public_identities = std::move(*identities);
    t.bar_imsi_identity = r.flag("bar_imsi_identity", false);
    t.service_profile = ServiceProfileId{r.number("service_profile", 1, max_id).value_or(1)};
    if (const auto id = r.number("capability_set", 1, max_id)) t.capability_set = CapabilitySetId{*id};
    if (const auto id = r.number("charging_set", 1, max_id)) t.charging_set = ChargingSetId{*id};
    t.allowed_visited_networks = read_list(r, "allowed_visited_networks");
    if (const auto text = r.text("amf")) {
        const auto amf = unhex(*text);
        if (!amf || amf->size() != t.amf.size())
            r.fail("'amf' must be 4 hexadecimal digits");
        else
            std::ranges::copy(*amf, t.amf.begin());
    }
    t.sqn = static_cast<std::uint64_t>(r.number("sqn", 0, (1LL << 48) - 1).value_or(0));
    r.finish();
    if (!error.empty()) return error;
    if (auto why = inconsistency(t)) return "subscriber template: " + *why;
    return std::nullopt;
}

}  // namespace ims::hss
