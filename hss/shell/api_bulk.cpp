// Many subscribers at once: /v1/range, /v1/import, /v1/export.
#include "hss/shell/api_call.hpp"
#include "hss/shell/import_plan.hpp"
#include "hss/shell/short_form.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ims::hss {
namespace {

using nlohmann::json;
using runtime::HttpResponse;

struct ImportOptions {
    bool dry_run = false;
    OnConflict on_conflict = OnConflict::Refuse;
    std::optional<std::size_t> first_line;
};

std::optional<OnConflict> on_conflict_of(std::string_view word) {
    if (word == "refuse") return OnConflict::Refuse;
    if (word == "update") return OnConflict::Update;
    if (word == "skip") return OnConflict::Skip;
    return std::nullopt;
}

// Who misspells dry_run must not find out by what is in the database afterwards.
std::optional<std::string> unknown_parameter(std::string_view query) {
    constexpr std::array<std::string_view, 4> known{"dry_run", "on_conflict", "first_line", "template"};
    while (!query.empty()) {
        const auto one = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), one.size() + 1));
        const auto name = one.substr(0, one.find('='));
        if (!name.empty() && std::ranges::find(known, name) == known.end()) return std::string{name};
    }
    return std::nullopt;
}

std::optional<ImportOptions> import_options(const Call& call, HttpResponse& refusal) {
    ImportOptions options;
    const auto invalid = [&](const std::string& why) {
        refusal = problem(400, "Invalid", why);
        return std::nullopt;
    };
    if (const auto unknown = unknown_parameter(call.request.query))
        return invalid("there is no parameter '" + *unknown +
                       "': an import takes dry_run, on_conflict, template and first_line");
    const auto dry_run = flag_of(call, "dry_run", refusal);
    if (!dry_run) return std::nullopt;
    options.dry_run = *dry_run;
    const auto on_conflict = on_conflict_of(call.request.parameter("on_conflict").value_or("refuse"));
    if (!on_conflict) return invalid("'on_conflict' must be refuse, update or skip");
    options.on_conflict = *on_conflict;
    if (const auto first = call.request.parameter("first_line")) {
        const auto number = parse_number(*first);
        if (!number) return invalid("'first_line' must be a number");
        options.first_line = static_cast<std::size_t>(*number);
    }
    return options;
}

HttpResponse refusal_of(const ImportPlan& plan) {
    const auto* first = plan.first_refused();
    auto detail = "line " + std::to_string(first->number) + ": ";
    if (!first->impi.empty()) detail += first->impi + ": ";
    detail += first->reason;
    if (const auto n = plan.count(Outcome::Refused); n > 1)
        detail += " (and " + std::to_string(n - 1) + " lines more: a dry run lists them)";
    return first->exists ? problem(409, "Already There", std::move(detail))
                         : problem(400, "Invalid", std::move(detail));
}

}  // namespace

ApiOutcome range(const Call& call) {
    if (!call.is("POST")) return {method_not_allowed("POST")};
    const auto j = body_of(call);
    if (!j) return {not_json()};
    const auto templates = templates_of(call);
    if (!templates) return {refuse(templates.error())};
    std::vector<Subscription> all;
    if (const auto wrong = read_range(*j, *templates, all)) return {problem(400, "Invalid", *wrong)};
    const auto n = call.provisioning.create(all);
    if (!n) return {refuse(n.error())};
    return {respond(201, {{"created", *n}})};
}

ApiOutcome import(const Call& call) {
    if (!call.is("POST")) return {method_not_allowed("POST")};
    ApiOutcome outcome;
    const auto options = import_options(call, outcome.response);
    if (!options) return outcome;
    const auto templates = templates_of(call);
    if (!templates) return {refuse(templates.error())};
    const bool csv = call.request.header("Content-Type").starts_with("text/csv");
    const auto lines = read_lines(call.request.body, csv, options->first_line.value_or(csv ? 2 : 1));

    // Most files are of new subscribers only; who is here is asked for to say why one is refused.
    bool all_are_new = !options->dry_run && options->on_conflict == OnConflict::Refuse;
    // A registration in between makes a replacement stale: then all is looked at anew.
    for (int attempt = 0; attempt < 8; ++attempt) {
        const auto plan =
            plan_import(call.provisioning, *templates, lines, options->on_conflict, all_are_new);
        if (!plan) return {refuse(plan.error())};
        if (options->dry_run) return {respond(200, plan_json(*plan, true))};
        const bool was_blind = std::exchange(all_are_new, false);
        if (plan->first_refused()) {
            if (was_blind) continue;
            return {refusal_of(*plan)};
        }
        auto pushes = call.provisioning.apply(plan->created, plan->replaced);
        if (!pushes) {
            if (was_blind && pushes.error().kind == ProvisioningError::Kind::Exists) continue;
            return {refuse(pushes.error())};
        }
        if (*pushes) return {respond(201, plan_json(*plan, false)), std::move(**pushes)};
    }
    return {problem(503, "Busy", "those who are registered change too fast: import fewer at a time")};
}

ApiOutcome export_page(const Call& call) {
    if (!call.is("GET")) return {method_not_allowed("GET")};
    ApiOutcome outcome;
    const auto secrets = secrets_asked(call, outcome);
    if (!secrets) return outcome;
    const auto page = page_of(call, 1000, outcome.response);
    if (!page) return outcome;
    const auto form = call.request.parameter("form").value_or("whole");
    if (form != "whole" && form != "short") return {problem(400, "Invalid", "'form' must be whole or short")};
    const auto templates = templates_of(call);
    if (!templates) return {refuse(templates.error())};
    const auto found = call.provisioning.leaf(*page);
    if (!found) return {refuse(found.error())};

    json j{{"subscribers", json::array()}, {"next", nullptr}};
    std::string first, last;
    for (const auto& snapshot : found->subscriptions) {
        if (!snapshot.subscription) continue;  // deleted in between
        const auto& s = *snapshot.subscription;
        last = s.private_identities.front().impi.value();
        if (first.empty()) first = last;
        auto row = form == "short" ? short_form(s, *templates, *secrets) : std::nullopt;
        j["subscribers"].push_back(row ? std::move(*row) : subscriber_json(s, {*secrets, false}));
    }
    if (!found->next.empty()) j["next"] = found->next;
    if (*secrets && !first.empty())
        outcome.notes.push_back(secrets_shown(
            call, "export of " + std::to_string(found->subscriptions.size()) + ", " + first + " to " + last));
    outcome.response = respond(200, j);
    return outcome;
}

}  // namespace ims::hss
