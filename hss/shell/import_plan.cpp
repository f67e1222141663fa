#include "hss/shell/import_plan.hpp"

#include "hss/shell/csv.hpp"
#include "hss/shell/differences.hpp"

#include <algorithm>
#include <array>

namespace ims::hss {
namespace {

using nlohmann::json;

std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::Created: return "created";
        case Outcome::Changed: return "changed";
        case Outcome::Unchanged: return "unchanged";
        case Outcome::Skipped: return "skipped";
        case Outcome::Refused: return "refused";
    }
    return "";
}
constexpr std::array outcomes{Outcome::Created, Outcome::Changed, Outcome::Unchanged, Outcome::Skipped,
                              Outcome::Refused};

const char* const exists_already =
    "is here already: import with on_conflict=update (hssctl --on-conflict update) to change him, or skip";

// One line on its way to its outcome.
struct Candidate {
    const ImportLine* line = nullptr;
    Subscription subscription;
    Checked wrong;
    std::optional<Provisioning::Owner> existing;
    std::optional<Snapshot> before;
};

class Planner {
  public:
    Planner(Provisioning& provisioning, const Templates& templates, OnConflict on_conflict)
        : provisioning_{provisioning}, templates_{templates}, on_conflict_{on_conflict} {}

    Provisioned<ImportPlan> plan(const std::vector<ImportLine>& lines, bool all_are_new) {
        read(lines);
        if (!all_are_new) {
            if (auto error = find_existing()) return std::move(*error);
            if (auto error = load_existing()) return std::move(*error);
        }
        const auto catalogue = provisioning_.catalogue();
        if (!catalogue) return catalogue.error();
        catalogue_ = *catalogue;
        for (auto& c : candidates_) decide(c);
        return std::move(plan_);
    }

  private:
    void read(const std::vector<ImportLine>& lines) {
        candidates_.reserve(lines.size());
        for (const auto& line : lines) {
            auto& c = candidates_.emplace_back();
            c.line = &line;
            if (line.unreadable.empty())
                c.wrong = read_subscriber(line.row, templates_, nullptr, c.subscription);
            else
                c.wrong = line.unreadable;
        }
    }

    // A line is about the subscription that has its private identities, or one of them.
    std::optional<ProvisioningError> find_existing() {
        std::vector<Subscription> all;
        all.reserve(candidates_.size());
        for (auto& c : candidates_) all.push_back(std::move(c.subscription));
        auto owners = provisioning_.owners(all);
        if (!owners) return owners.error();
        owners_ = std::move(*owners);
        for (std::size_t n = 0; n < candidates_.size(); ++n) {
            auto& c = candidates_[n];
            c.subscription = std::move(all[n]);
            for (const auto& p : c.subscription.private_identities) {
                const auto found = owners_.impis.find(p.impi.value());
                if (found == owners_.impis.end()) continue;
                if (c.existing && c.existing->subscription != found->second.subscription)
                    c.wrong = "has private identities of several subscribers that are here";
                c.existing = found->second;
            }
        }
        return std::nullopt;
    }

    // Read once more over what is there, so that credentials stay.
    std::optional<ProvisioningError> load_existing() {
        if (on_conflict_ == OnConflict::Skip) return std::nullopt;
        std::vector<Impi> impis;
        for (const auto& c : candidates_)
            if (c.existing) impis.push_back(c.existing->impi);
        auto loaded = provisioning_.load(impis);
        if (!loaded) return loaded.error();
        auto next = loaded->begin();
        for (auto& c : candidates_) {
            if (!c.existing) continue;
            c.before = std::move(*next++);
            const auto* before = c.before->subscription.get();
            if (!before) {
                c.wrong = "went away in between: try again";
                continue;
            }
            if (!c.line->unreadable.empty()) continue;
            c.wrong = read_subscriber(c.line->row, templates_, before, c.subscription);
            for (auto& p : c.subscription.private_identities)
                if (const auto* was = before->find(p.impi)) p.sqn = std::max(p.sqn, was->sqn);
        }
        return std::nullopt;
    }

    void decide(Candidate& c) {
        auto& line = plan_.lines.emplace_back();
        line.number = c.line->number;
        if (!c.subscription.private_identities.empty() &&
            !c.subscription.private_identities.front().impi.value().starts_with('@'))
            line.impi = c.subscription.private_identities.front().impi.value();
        if (c.existing && on_conflict_ == OnConflict::Skip) {
            line.outcome = Outcome::Skipped;
            return;
        }
        if (c.wrong || (c.wrong = conflict(c)) || (c.wrong = unknown_reference(c.subscription))) {
            line.outcome = Outcome::Refused;
            line.reason = std::move(*c.wrong);
            return;
        }
        if (c.existing) {
            const Showing all{true, false};
            line.fields = differences(subscriber_json(*c.before->subscription, all),
                                      subscriber_json(c.subscription, all));
            line.outcome = line.fields.empty() ? Outcome::Unchanged : Outcome::Changed;
        }
        if (c.existing && on_conflict_ == OnConflict::Refuse) {
            line.outcome = Outcome::Refused;
            line.exists = true;
            line.reason = exists_already;
        } else if (line.outcome == Outcome::Created) {
            plan_.created.push_back(std::move(c.subscription));
        } else if (line.outcome == Outcome::Changed) {
            plan_.replaced.push_back({std::move(*c.before), std::move(c.subscription)});
        }
    }

    // Identities of somebody else, here or earlier in the file.
    Checked conflict(const Candidate& c) {
        Checked wrong;
        const auto check = [&](const std::unordered_map<std::string, Provisioning::Owner>& owners,
                               const std::string& text, const char* what) {
            if (wrong) return;
            const auto found = owners.find(text);
            if (found != owners.end() &&
                (!c.existing || c.existing->subscription != found->second.subscription))
                wrong = std::string{what} + " '" + text + "' belongs to '" + found->second.impi.value() + "'";
            const auto [at, fresh] = seen_.try_emplace(what + (" " + text), c.line->number);
            if (!wrong && !fresh)
                wrong = std::string{what} + " '" + text + "' stands in line " + std::to_string(at->second) +
                        " already";
        };
        for (const auto& p : c.subscription.private_identities) {
            check(owners_.impis, p.impi.value(), "private identity");
            if (p.imsi) check(owners_.imsis, *p.imsi, "IMSI");
        }
        for (const auto& set : c.subscription.implicit_registration_sets)
            for (const auto& r : set.public_identities)
                check(owners_.impus, r.identity.identity.value(), "public identity");
        return wrong;
    }

    Checked unknown_reference(const Subscription& s) const {
        const auto none = [](const char* what, auto id) {
            return std::string{"there is no "} + what + " " + std::to_string(id.value()) +
                   ": create it first";
        };
        if (s.capability_set && !catalogue_->capability_sets.contains(*s.capability_set))
            return none("capability set", *s.capability_set);
        if (s.charging_set && !catalogue_->charging_sets.contains(*s.charging_set))
            return none("charging set", *s.charging_set);
        for (const auto& set : s.implicit_registration_sets)
            for (const auto& r : set.public_identities)
                if (!catalogue_->service_profiles.contains(r.service_profile))
                    return none("service profile", r.service_profile);
        return std::nullopt;
    }

    Provisioning& provisioning_;
    const Templates& templates_;
    OnConflict on_conflict_;
    std::vector<Candidate> candidates_;
    Provisioning::Owners owners_;
    std::shared_ptr<const Catalogue> catalogue_;
    std::unordered_map<std::string, std::size_t> seen_;  // identity: its line
    ImportPlan plan_;
};

}  // namespace

std::vector<ImportLine> read_lines(std::string_view body, bool csv, std::size_t first) {
    std::vector<ImportLine> out;
    std::optional<std::vector<std::string>> columns;
    for (std::size_t number = first; !body.empty(); ++number) {
        const auto end = body.find('\n');
        const auto line = trim(body.substr(0, end));
        body.remove_prefix(end == body.npos ? body.size() : end + 1);
        if (csv && !columns) {
            --number;
            if (!line.empty()) columns = csv_fields(line);
            if (!line.empty() && !columns) return {{first, {}, "the line of column names has an open quote"}};
            continue;
        }
        if (line.empty()) continue;
        auto& one = out.emplace_back();
        one.number = number;
        if (!csv) {
            one.row = json::parse(line, nullptr, false);
            if (one.row.is_discarded()) one.unreadable = "is not JSON";
        } else if (auto row = short_form_of_csv(*columns, line)) {
            one.row = std::move(*row);
        } else {
            one.unreadable = "has another number of fields than the line of column names, or an open quote";
        }
    }
    return out;
}

std::size_t ImportPlan::count(Outcome outcome) const {
    return static_cast<std::size_t>(std::ranges::count(lines, outcome, &PlannedLine::outcome));
}
const PlannedLine* ImportPlan::first_refused() const {
    const auto found = std::ranges::find(lines, Outcome::Refused, &PlannedLine::outcome);
    return found == lines.end() ? nullptr : &*found;
}

Provisioned<ImportPlan> plan_import(Provisioning& provisioning, const Templates& templates,
                                    const std::vector<ImportLine>& lines, OnConflict on_conflict,
                                    bool all_are_new) {
    return Planner{provisioning, templates, on_conflict}.plan(lines, all_are_new);
}

json plan_json(const ImportPlan& plan, bool each_line) {
    json j = json::object();
    for (const auto outcome : outcomes) j[std::string{name(outcome)}] = plan.count(outcome);
    if (!each_line) return j;
    j["lines"] = json::array();
    for (const auto& line : plan.lines) {
        json one{{"line", line.number}, {"result", name(line.outcome)}};
        if (!line.impi.empty()) one["impi"] = line.impi;
        if (!line.reason.empty()) one["reason"] = line.reason;
        if (!line.fields.empty()) one["fields"] = line.fields;
        j["lines"].push_back(std::move(one));
    }
    return j;
}

}  // namespace ims::hss
