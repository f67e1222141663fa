#include "hss/postgres/json.hpp"
#include "hss/postgres/json_reader.hpp"
#include "hss/shell/subscriber_json.hpp"

namespace ims::hss {
namespace {

using nlohmann::json;

json criteria_json(const std::vector<InitialFilterCriterion>& criteria) {
    auto list = json::array();
    for (const auto& c : criteria) list.push_back(json::parse(print_json(c)));
    return list;
}
std::vector<InitialFilterCriterion> read_criteria(JsonReader& r, std::string_view key) {
    std::vector<InitialFilterCriterion> out;
    const auto* list = r.find(key);
    if (!list) return out;
    if (!list->is_array()) {
        r.fail("'" + std::string{key} + "' must be a list");
        return out;
    }
    for (const auto& c : *list) {
        auto criterion = parse_criterion(c.dump());
        if (!criterion) {
            r.fail("'" + std::string{key} + "': " + criterion.error());
            return out;
        }
        out.push_back(std::move(*criterion));
    }
    return out;
}
std::vector<std::uint32_t> read_numbers(JsonReader& r, std::string_view key, std::int64_t high) {
    std::vector<std::uint32_t> out;
    const auto* list = r.find(key);
    if (!list) return out;
    if (list->is_array())
        for (const auto& n : *list)
            if (n.is_number_integer() && n >= 0 && n <= high) out.push_back(n.get<std::uint32_t>());
    if (!list->is_array() || out.size() != list->size())
        r.fail("'" + std::string{key} + "' must be a list of whole numbers from 0 to " +
               std::to_string(high));
    return out;
}
std::vector<std::string> read_texts(JsonReader& r, std::string_view key) {
    std::vector<std::string> out;
    const auto* list = r.find(key);
    if (!list) return out;
    if (list->is_array())
        for (const auto& t : *list)
            if (t.is_string()) out.push_back(t.get<std::string>());
    if (!list->is_array() || out.size() != list->size())
        r.fail("'" + std::string{key} + "' must be a list of texts");
    return out;
}
// What all have: a name, and a number that is in the path or made by the database.
template <class T>
void read_name(JsonReader& r, Provisioning::Named<T>& out) {
    const auto name = r.text("name");
    if (!name || name->empty()) r.fail("needs 'name'");
    out.name = name.value_or("");
    out.id = r.number("id", 0, 2147483647).value_or(0);
}
Checked checked(std::string error) {
    if (error.empty()) return std::nullopt;
    return error;
}

}  // namespace

nlohmann::json to_json(const Provisioning::Named<ServiceProfileTemplate>& p) {
    json j{{"id", p.id},
           {"name", p.name},
           {"service_ids", p.value.service_ids},
           {"initial_filter_criteria", criteria_json(p.value.initial_filter_criteria)},
           {"shared_ifc_sets", p.value.shared_ifc_set_ids}};
    if (p.value.subscribed_media_profile_id)
        j["subscribed_media_profile_id"] = *p.value.subscribed_media_profile_id;
    return j;
}
nlohmann::json to_json(const Provisioning::Named<Provisioning::SharedIfcSet>& p) {
    return {{"id", p.id}, {"name", p.name}, {"initial_filter_criteria", criteria_json(p.value)}};
}
nlohmann::json to_json(const Provisioning::Named<cx::ServerCapabilities>& p) {
    return {{"id", p.id},
            {"name", p.name},
            {"mandatory", p.value.mandatory_capability},
            {"optional", p.value.optional_capability},
            {"server_names", p.value.server_name}};
}
nlohmann::json to_json(const Provisioning::Named<cx::ChargingInformation>& p) {
    json j{{"id", p.id}, {"name", p.name}};
    const auto add = [&](const char* key, const std::optional<std::string>& v) {
        if (v) j[key] = *v;
    };
    add("primary_event", p.value.primary_event_charging_function_name);
    add("secondary_event", p.value.secondary_event_charging_function_name);
    add("primary_collection", p.value.primary_charging_collection_function_name);
    add("secondary_collection", p.value.secondary_charging_collection_function_name);
    return j;
}

Checked from_json(const nlohmann::json& j, Provisioning::Named<ServiceProfileTemplate>& out) {
    std::string error;
    JsonReader r{j, "service profile", error};
    read_name(r, out);
    out.value.name = out.name;
    out.value.service_ids = read_texts(r, "service_ids");
    out.value.initial_filter_criteria = read_criteria(r, "initial_filter_criteria");
    out.value.shared_ifc_set_ids = read_numbers(r, "shared_ifc_sets", 2147483647);
    if (const auto id = r.number("subscribed_media_profile_id", 0, 2147483647))
        out.value.subscribed_media_profile_id = static_cast<std::uint32_t>(*id);
    r.finish();
    return checked(std::move(error));
}
Checked from_json(const nlohmann::json& j, Provisioning::Named<Provisioning::SharedIfcSet>& out) {
    std::string error;
    JsonReader r{j, "shared iFC set", error};
    read_name(r, out);
    out.value = read_criteria(r, "initial_filter_criteria");
    r.finish();
    return checked(std::move(error));
}
Checked from_json(const nlohmann::json& j, Provisioning::Named<cx::ServerCapabilities>& out) {
    std::string error;
    JsonReader r{j, "capability set", error};
    read_name(r, out);
    out.value.mandatory_capability = read_numbers(r, "mandatory", 4294967295);
    out.value.optional_capability = read_numbers(r, "optional", 4294967295);
    out.value.server_name = read_texts(r, "server_names");
    r.finish();
    return checked(std::move(error));
}
Checked from_json(const nlohmann::json& j, Provisioning::Named<cx::ChargingInformation>& out) {
    std::string error;
    JsonReader r{j, "charging set", error};
    read_name(r, out);
    out.value.primary_event_charging_function_name = r.text("primary_event");
    out.value.secondary_event_charging_function_name = r.text("secondary_event");
    out.value.primary_charging_collection_function_name = r.text("primary_collection");
    out.value.secondary_charging_collection_function_name = r.text("secondary_collection");
    if (!out.value.primary_event_charging_function_name &&
        !out.value.primary_charging_collection_function_name)
        r.fail("needs 'primary_event' or 'primary_collection', a DiameterURI such as aaa://cdf.example");
    r.finish();
    return checked(std::move(error));
}

}  // namespace ims::hss
