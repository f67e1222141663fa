#pragma once
#include "common/runtime/http_server.hpp"
#include "hss/postgres/provisioning.hpp"

namespace ims::hss {

// What one API call does: its response, and what the HSS sends because of it.
struct ApiOutcome {
    runtime::HttpResponse response;
    Pushes pushes;
};
// On the provisioning thread.
ApiOutcome answer_api(const runtime::HttpRequest& request, const std::string& realm, const Policy& policy,
                      Provisioning& provisioning);

// RFC 7807 problem+json; `detail` says what to do.
runtime::HttpResponse problem(int status, std::string title, std::string detail);

}  // namespace ims::hss
