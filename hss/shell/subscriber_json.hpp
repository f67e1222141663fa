#pragma once
#include "hss/core/catalogue.hpp"
#include "hss/postgres/provisioning.hpp"

#include <map>

#include <nlohmann/json_fwd.hpp>

// Subscribers and what they share, as the provisioning API speaks them (openapi.yaml).
namespace ims::hss {

using Checked = std::optional<std::string>;  // what is wrong, or nothing

// What holds for subscribers that do not say it themselves.
struct Templates {
    std::string realm;  // the home domain
    std::map<std::string, SubscriberTemplate, std::less<>> by_name{{"default", {}}};
    std::string chosen = "default";  // of those that name none
};

struct Showing {
    bool secrets = false;       // K, OP, OPc and HA1 too
    bool registration = false;  // who serves him, and where: what cannot be put in
};
nlohmann::json subscriber_json(const Subscription& subscription, const Showing& showing);
// A new subscriber: the whole form, or the short one {"imsi", "msisdn", "k", "opc", ...} (short_form.hpp).
// With `before` it is to take his place, and credentials and SQN that are not given stay.
Checked read_subscriber(const nlohmann::json& json, const Templates& templates, const Subscription* before,
                        Subscription& out);
// The whole form over one that is there; credentials that are not given stay.
Checked update_subscriber(const nlohmann::json& json, const std::string& realm, Subscription& subscription);

// The keys of a subscription that both forms have, over what `s` has.
class JsonReader;
void read_subscription_keys(JsonReader& r, Subscription& s);
std::optional<std::vector<std::string>> read_list(JsonReader& r, std::string_view key);  // a list, or absent

nlohmann::json summary_json(const Provisioning::Summary& summary);
nlohmann::json assignment_json(const Subscription& subscription);

nlohmann::json to_json(const Provisioning::Named<ServiceProfileTemplate>& p);
nlohmann::json to_json(const Provisioning::Named<Provisioning::SharedIfcSet>& p);
nlohmann::json to_json(const Provisioning::Named<cx::ServerCapabilities>& p);
nlohmann::json to_json(const Provisioning::Named<cx::ChargingInformation>& p);
nlohmann::json to_json(const Provisioning::Named<SubscriberTemplate>& t);
Checked from_json(const nlohmann::json& j, Provisioning::Named<ServiceProfileTemplate>& out);
Checked from_json(const nlohmann::json& j, Provisioning::Named<Provisioning::SharedIfcSet>& out);
Checked from_json(const nlohmann::json& j, Provisioning::Named<cx::ServerCapabilities>& out);
Checked from_json(const nlohmann::json& j, Provisioning::Named<cx::ChargingInformation>& out);
Checked from_json(const nlohmann::json& j, Provisioning::Named<SubscriberTemplate>& out);

}  // namespace ims::hss
