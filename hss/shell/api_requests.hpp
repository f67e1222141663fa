#pragma once
#include "common/runtime/http_server.hpp"
#include "hss/postgres/provisioning.hpp"

namespace ims::hss {

// What one API call does: its response, what the HSS sends because of it, and what its log shall say.
struct ApiOutcome {
    runtime::HttpResponse response;
    Pushes pushes{};
    std::vector<Note> notes{};
};
// What the token that came with a call allows.
struct ApiRights {
    bool may_see_secrets = false;
    bool anybody_may_see_secrets = false;  // there is a token for it
};
// On the provisioning thread.
ApiOutcome answer_api(const runtime::HttpRequest& request, const ApiRights& rights, const std::string& realm,
                      const Policy& policy, Provisioning& provisioning);

// RFC 7807 problem+json; `detail` says what to do.
runtime::HttpResponse problem(int status, std::string title, std::string detail);

}  // namespace ims::hss
