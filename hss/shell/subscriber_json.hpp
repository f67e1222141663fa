#pragma once
#include "hss/core/catalogue.hpp"
#include "hss/postgres/provisioning.hpp"

#include <nlohmann/json_fwd.hpp>

// Subscribers and what they share, as the provisioning API speaks them (openapi.yaml). Keys, OPc and HA1 go
// in and never out.
namespace ims::hss {

using Checked = std::optional<std::string>;  // what is wrong, or nothing

nlohmann::json subscriber_json(const Subscription& subscription);
// A new subscriber: the whole form, or the short one {"imsi", "msisdn", "k", "opc", ...}. Realm where none is
// given.
Checked read_subscriber(const nlohmann::json& json, const std::string& realm, Subscription& out);
// The whole form over one that is there; credentials that are not given stay.
Checked update_subscriber(const nlohmann::json& json, const std::string& realm, Subscription& subscription);
// N usual subscribers: {"first_imsi", "count", "first_msisdn", "k", "op" or "opc", "amf", ...}
Checked read_range(const nlohmann::json& json, const std::string& realm, std::vector<Subscription>& out);
// One subscriber a line: NDJSON, or CSV with a first line of column names (imsi,msisdn,k,op,opc,amf,sqn,...).
Checked read_import(std::string_view body, bool csv, const std::string& realm,
                    std::vector<Subscription>& out);

nlohmann::json summary_json(const Provisioning::Summary& summary);
nlohmann::json assignment_json(const Subscription& subscription);

nlohmann::json to_json(const Provisioning::Named<ServiceProfileTemplate>& p);
nlohmann::json to_json(const Provisioning::Named<Provisioning::SharedIfcSet>& p);
nlohmann::json to_json(const Provisioning::Named<cx::ServerCapabilities>& p);
nlohmann::json to_json(const Provisioning::Named<cx::ChargingInformation>& p);
Checked from_json(const nlohmann::json& j, Provisioning::Named<ServiceProfileTemplate>& out);
Checked from_json(const nlohmann::json& j, Provisioning::Named<Provisioning::SharedIfcSet>& out);
Checked from_json(const nlohmann::json& j, Provisioning::Named<cx::ServerCapabilities>& out);
Checked from_json(const nlohmann::json& j, Provisioning::Named<cx::ChargingInformation>& out);

}  // namespace ims::hss
