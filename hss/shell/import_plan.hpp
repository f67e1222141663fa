#pragma once
#include "hss/shell/subscriber_json.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

// What an import does, line by line, before anything of it is done.
namespace ims::hss {

// A line says all of its subscriber: what it leaves out is as the template has it, except credentials and SQN
// of who is there already, and an SQN never goes back.
enum class OnConflict : std::uint8_t {
    Refuse,  // who is there already: the default
    Update,
    Skip,
};

struct ImportLine {
    std::size_t number = 0;  // in its file
    nlohmann::json row;
    std::string unreadable;  // why; else empty
};
// NDJSON, or CSV with a first line of column names. `first` is the number of the first line of data.
std::vector<ImportLine> read_lines(std::string_view body, bool csv, std::size_t first);

enum class Outcome : std::uint8_t { Created, Changed, Unchanged, Skipped, Refused };
struct PlannedLine {
    std::size_t number = 0;
    std::string impi;  // empty where it cannot be told
    Outcome outcome = Outcome::Created;
    std::string reason{};                             // of a refusal
    bool exists = false;                              // refused because he is there already
    nlohmann::json fields = nlohmann::json::array();  // differences.hpp
};
struct ImportPlan {
    std::vector<PlannedLine> lines;
    std::vector<Subscription> created;
    std::vector<Provisioning::Replacement> replaced;

    std::size_t count(Outcome outcome) const;
    const PlannedLine* first_refused() const;
};
// `all_are_new`: the database is not asked who is here; it checks that itself when they are created.
Provisioned<ImportPlan> plan_import(Provisioning& provisioning, const Templates& templates,
                                    const std::vector<ImportLine>& lines, OnConflict on_conflict,
                                    bool all_are_new = false);

// {"created": 1, ...}, and with `each_line` what becomes of each.
nlohmann::json plan_json(const ImportPlan& plan, bool each_line);

}  // namespace ims::hss
