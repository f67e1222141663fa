#pragma once
#include "hss/shell/api_requests.hpp"
#include "hss/shell/subscriber_json.hpp"

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace ims::hss {

// One API call with what it may need.
struct Call {
    const runtime::HttpRequest& request;
    const ApiRights& rights;
    const std::string& realm;
    const Policy& policy;
    Provisioning& provisioning;
    std::vector<std::string> path;  // after "v1"

    bool is(const char* method) const { return request.method == method; }
};

runtime::HttpResponse respond(int status, const nlohmann::json& body);
runtime::HttpResponse refuse(const ProvisioningError& error);
runtime::HttpResponse method_not_allowed(const char* allowed);
std::optional<nlohmann::json> body_of(const Call& call);
runtime::HttpResponse not_json();

// A parameter that is true or false; absent, false. Nothing, and `refusal`: it is neither.
std::optional<bool> flag_of(const Call& call, std::string_view name, runtime::HttpResponse& refusal);
// "limit" and "cursor". Nothing, and `refusal`, if they make no sense.
std::optional<Page> page_of(const Call& call, unsigned usual, runtime::HttpResponse& refusal);
// Whether secrets are asked for. Nothing, and `refusal`: by somebody who has no right to.
std::optional<bool> secrets_asked(const Call& call, ApiOutcome& refusal);
Note secrets_shown(const Call& call, std::string what);

// The templates of the database; `chosen` by the parameter "template".
Provisioned<Templates> templates_of(const Call& call);

ApiOutcome range(const Call& call);
ApiOutcome import(const Call& call);
ApiOutcome export_page(const Call& call);

}  // namespace ims::hss
