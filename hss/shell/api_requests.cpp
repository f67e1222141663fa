#include "hss/shell/api_call.hpp"

namespace ims::hss {

using nlohmann::json;
using runtime::HttpRequest;
using runtime::HttpResponse;

namespace {

constexpr unsigned page_limit = 1000;

HttpResponse nothing() {
    return {204, "", "application/json", {}};
}
HttpResponse no_such_path() {
    return problem(404, "Not Found", "no such resource: GET /openapi.yaml lists them");
}

ApiOutcome done(Provisioned<Pushes> pushes, HttpResponse response) {
    if (!pushes) return {refuse(pushes.error())};
    return {std::move(response), std::move(*pushes)};
}

// ---- /v1/subscribers

ApiOutcome list_subscribers(const Call& call) {
    HttpResponse refusal;
    const auto page = page_of(call, 100, refusal);
    if (!page) return {std::move(refusal)};
    const auto rows = call.provisioning.list(*page);
    if (!rows) return {refuse(rows.error())};
    json j{{"subscribers", json::array()}, {"next", nullptr}};
    for (const auto& s : *rows) j["subscribers"].push_back(summary_json(s));
    if (rows->size() == page->limit) j["next"] = rows->back().impi.value();
    return {respond(200, j)};
}

const Showing as_he_is{false, true};

ApiOutcome create_subscriber(const Call& call) {
    const auto j = body_of(call);
    if (!j) return {not_json()};
    const auto templates = templates_of(call);
    if (!templates) return {refuse(templates.error())};
    Subscription s;
    if (const auto wrong = read_subscriber(*j, *templates, nullptr, s))
        return {problem(400, "Invalid", *wrong)};
    const auto n = call.provisioning.create({&s, 1});
    if (!n) return {refuse(n.error())};
    return {respond(201, subscriber_json(s, as_he_is))};
}

ApiOutcome show_subscriber(const Call& call, const Impi& impi) {
    ApiOutcome outcome;
    const auto secrets = secrets_asked(call, outcome);
    if (!secrets) return outcome;
    const auto found = call.provisioning.find(impi, true);
    if (!found) return {refuse(found.error())};
    outcome.response = respond(200, subscriber_json(*found->subscription, {*secrets, true}));
    if (*secrets) outcome.notes.push_back(secrets_shown(call, "one subscriber").with("impi", impi.value()));
    return outcome;
}

ApiOutcome one_subscriber(const Call& call, const Impi& impi) {
    if (call.is("GET")) return show_subscriber(call, impi);
    if (call.is("PUT")) {
        const auto j = body_of(call);
        if (!j) return {not_json()};
        return done(
            call.provisioning.change(
                impi, [&](Subscription& s) { return update_subscriber(*j, call.realm, s).value_or(""); }),
            nothing());
    }
    if (call.is("DELETE")) return done(call.provisioning.remove(impi), nothing());
    return {method_not_allowed("GET, PUT, DELETE")};
}

ApiOutcome bar(const Call& call, const Impi& impi, bool barred) {
    if (!call.is("POST")) return {method_not_allowed("POST")};
    return done(call.provisioning.change(impi,
                                         [&](Subscription& s) {
                                             s.barred = barred;
                                             return std::string{};
                                         }),
                nothing());
}

ApiOutcome sqn(const Call& call, const Impi& impi) {
    if (call.is("GET")) {
        const auto found = call.provisioning.find(impi);
        if (!found) return {refuse(found.error())};
        const auto value = found->subscription->find(impi)->sqn;
        return {respond(200, {{"sqn", value},
                              {"hex", hex(crypto::sqn_from(value))},
                              {"seq", value >> call.policy.sqn.ind_bits},
                              {"ind", value & ((1ULL << call.policy.sqn.ind_bits) - 1)}}),
                {}};
    }
    if (!call.is("PUT")) return {method_not_allowed("GET, PUT")};
    const auto j = body_of(call);
    if (!j) return {not_json()};
    if (!j->is_object() || !j->contains("sqn") || !(*j)["sqn"].is_number_unsigned() ||
        (*j)["sqn"] >= (1ULL << 48))
        return {problem(400, "Invalid", "needs 'sqn', a whole number below 2^48")};
    return done(call.provisioning.set_sqn(impi, (*j)["sqn"].get<std::uint64_t>()), nothing());
}

ApiOutcome assignment(const Call& call, const Impi& impi) {
    if (call.is("GET")) {
        const auto found = call.provisioning.find(impi);
        if (!found) return {refuse(found.error())};
        return {respond(200, assignment_json(*found->subscription))};
    }
    if (!call.is("DELETE")) return {method_not_allowed("GET, DELETE")};
    return done(call.provisioning.clear_assignment(impi), nothing());
}

ApiOutcome subscribers(const Call& call) {
    if (call.path.size() == 1) {
        if (call.is("GET")) return list_subscribers(call);
        if (call.is("POST")) return create_subscriber(call);
        return {method_not_allowed("GET, POST")};
    }
    // An IMSI stands for the private identity it makes in the home domain.
    const auto& named = call.path[1];
    const Impi impi{named.find('@') == named.npos ? named + "@" + call.realm : named};
    if (call.path.size() == 2) return one_subscriber(call, impi);
    if (call.path.size() != 3) return {no_such_path()};
    if (call.path[2] == "bar") return bar(call, impi, true);
    if (call.path[2] == "unbar") return bar(call, impi, false);
    if (call.path[2] == "sqn") return sqn(call, impi);
    if (call.path[2] == "assignment") return assignment(call, impi);
    return {no_such_path()};
}

ApiOutcome identities(const Call& call) {
    if (call.path.size() != 2) return {no_such_path()};
    if (!call.is("GET")) return {method_not_allowed("GET")};
    const auto impu = canonical_impu(call.path[1]);
    if (!impu) return {problem(400, "Invalid", "'" + call.path[1] + "' is neither a SIP nor a tel URI")};
    const auto found = call.provisioning.find(*impu);
    if (!found) return {refuse(found.error())};
    return {respond(200, subscriber_json(*found->subscription, as_he_is))};
}

// ---- what subscribers share: all four alike

template <class T, class List>
ApiOutcome shared(const Call& call, Provisioning::Kind kind, const char* key, List list) {
    if (call.path.size() > 2) return {no_such_path()};
    std::optional<std::int64_t> id;
    if (call.path.size() == 2) {
        const auto number = parse_number(call.path[1]);
        if (!number || *number > 2147483647) return {problem(400, "Invalid", "the id must be a number")};
        id = static_cast<std::int64_t>(*number);
    }
    if (call.is("GET")) {
        const auto all = list();
        if (!all) return {refuse(all.error())};
        json j{{key, json::array()}};
        for (const auto& one : *all) {
            if (id == one.id) return {respond(200, to_json(one))};
            j[key].push_back(to_json(one));
        }
        if (id) return {problem(404, "Not Found", "there is none with this id: list them all")};
        return {respond(200, j)};
    }
    if (call.is("DELETE") && id) {
        const auto removed = call.provisioning.remove(kind, *id);
        if (!removed) return {refuse(removed.error())};
        return {nothing()};
    }
    if (call.is(id ? "PUT" : "POST")) {
        const auto j = body_of(call);
        if (!j) return {not_json()};
        Provisioning::Named<T> one;
        if (const auto wrong = from_json(*j, one)) return {problem(400, "Invalid", *wrong)};
        if (!id && j->contains("id")) id = one.id;
        auto stored = call.provisioning.put(id, one.name, one.value);
        if (!stored) return {refuse(stored.error())};
        one.id = stored->id;
        return {respond(call.is("PUT") ? 200 : 201, to_json(one)), std::move(stored->pushes)};
    }
    return {method_not_allowed(id ? "GET, PUT, DELETE" : "GET, POST")};
}

}  // namespace

HttpResponse respond(int status, const json& body) {
    return {status, body.dump(2, ' ', false, json::error_handler_t::replace) + "\n", "application/json", {}};
}

HttpResponse refuse(const ProvisioningError& e) {
    using Kind = ProvisioningError::Kind;
    switch (e.kind) {
        case Kind::Invalid: return problem(400, "Invalid", e.detail);
        case Kind::NotFound: return problem(404, "Not Found", e.detail);
        case Kind::Exists: return problem(409, "Already There", e.detail);
        case Kind::InUse: return problem(409, "In Use", e.detail);
        case Kind::Away: return problem(503, "Database Away", e.detail);
        case Kind::Broken: return problem(500, "Stored Data Unusable", e.detail);
    }
    return problem(500, "Error", e.detail);
}
HttpResponse method_not_allowed(const char* allowed) {
    auto r = problem(405, "Method Not Allowed", std::string{"this resource takes "} + allowed);
    r.headers.emplace_back("Allow", allowed);
    return r;
}

std::optional<json> body_of(const Call& call) {
    auto j = json::parse(call.request.body, nullptr, false);
    if (j.is_discarded()) return std::nullopt;
    return j;
}
HttpResponse not_json() {
    return problem(400, "Invalid", "the body is not JSON");
}

std::optional<bool> flag_of(const Call& call, std::string_view name, HttpResponse& refusal) {
    const auto value = call.request.parameter(name).value_or("false");
    if (value == "true" || value == "false") return value == "true";
    refusal = problem(400, "Invalid", "'" + std::string{name} + "' must be true or false");
    return std::nullopt;
}

std::optional<Page> page_of(const Call& call, unsigned usual, HttpResponse& refusal) {
    const auto limit = parse_number(call.request.parameter("limit").value_or(std::to_string(usual)));
    if (!limit || *limit < 1 || *limit > page_limit) {
        refusal = problem(400, "Invalid", "'limit' must be from 1 to " + std::to_string(page_limit));
        return std::nullopt;
    }
    return Page{call.request.parameter("cursor").value_or(""), static_cast<unsigned>(*limit)};
}

std::optional<bool> secrets_asked(const Call& call, ApiOutcome& refusal) {
    const auto asked = flag_of(call, "secrets", refusal.response);
    if (!asked || !*asked || call.rights.may_see_secrets) return asked;
    refusal.response = problem(
        403, "Forbidden",
        call.rights.anybody_may_see_secrets
            ? "this token may not see secrets: send the one of api.secrets_token_file (hssctl "
              "--secrets-token-file FILE, or HSS_SECRETS_TOKEN_FILE)"
            : "nobody may see secrets here: name a file with a second token in api.secrets_token_file of the "
              "configuration of hss, and start it anew");
    refusal.notes.push_back(Note{Severity::Warning,
                                 "hss.api.secrets.refused",
                                 {{"request_uri", call.request.path}, {"peer", call.request.remote.text()}}});
    return std::nullopt;
}

// A warning, so that it stands in every log: who asked, and for whom.
Note secrets_shown(const Call& call, std::string what) {
    return {Severity::Warning,
            "hss.api.secrets.shown",
            {{"request_uri", call.request.path},
             {"peer", call.request.remote.text()},
             {"detail", std::move(what)}}};
}

Provisioned<Templates> templates_of(const Call& call) {
    auto all = call.provisioning.subscriber_templates();
    if (!all) return all.error();
    Templates out;
    out.realm = call.realm;
    for (auto& one : *all) out.by_name.insert_or_assign(std::move(one.name), std::move(one.value));
    out.chosen = call.request.parameter("template").value_or(out.chosen);
    if (!out.by_name.contains(out.chosen))
        return ProvisioningError{ProvisioningError::Kind::Invalid,
                                 "there is no template '" + out.chosen + "': list them, or add it"};
    return out;
}

runtime::HttpResponse problem(int status, std::string title, std::string detail) {
    auto r =
        respond(status, {{"title", std::move(title)}, {"status", status}, {"detail", std::move(detail)}});
    r.content_type = "application/problem+json";
    return r;
}

ApiOutcome answer_api(const HttpRequest& request, const ApiRights& rights, const std::string& realm,
                      const Policy& policy, Provisioning& provisioning) {
    Call call{request, rights, realm, policy, provisioning, request.segments()};
    if (call.path.size() < 2 || call.path[0] != "v1") return {no_such_path()};
    call.path.erase(call.path.begin());

    using Kind = Provisioning::Kind;
    const auto& resource = call.path[0];
    if (resource == "subscribers") return subscribers(call);
    if (resource == "identities") return identities(call);
    if (resource == "range" && call.path.size() == 1) return range(call);
    if (resource == "import" && call.path.size() == 1) return import(call);
    if (resource == "export" && call.path.size() == 1) return export_page(call);
    if (resource == "service-profiles")
        return shared<ServiceProfileTemplate>(call, Kind::ServiceProfile, "service_profiles",
                                              [&] { return provisioning.service_profiles(); });
    if (resource == "shared-ifc-sets")
        return shared<Provisioning::SharedIfcSet>(call, Kind::SharedIfcSet, "shared_ifc_sets",
                                                  [&] { return provisioning.shared_ifc_sets(); });
    if (resource == "capability-sets")
        return shared<cx::ServerCapabilities>(call, Kind::CapabilitySet, "capability_sets",
                                              [&] { return provisioning.capability_sets(); });
    if (resource == "subscriber-templates")
        return shared<SubscriberTemplate>(call, Kind::SubscriberTemplate, "subscriber_templates",
                                          [&] { return provisioning.subscriber_templates(); });
    if (resource == "charging-sets")
        return shared<cx::ChargingInformation>(call, Kind::ChargingSet, "charging_sets",
                                               [&] { return provisioning.charging_sets(); });
    return {no_such_path()};
}

}  // namespace ims::hss
