// What subscribers share, and what belongs to one but is no provisioning of him: SQN and S-CSCF.
#include "hss/shell/ctl_options.hpp"

namespace ims::hss::ctl {

using nlohmann::json;

namespace {

void add_group(CLI::App& app, const Options& options, const std::string& name, const std::string& path,
               const std::string& key, const std::vector<std::string>& columns, const std::string& what) {
    auto* group = app.add_subcommand(name, what)->require_subcommand(1);
    const auto base = "/v1/" + path;
    group->add_subcommand("list", "all of them")->callback([=, &options] {
        show_rows(options, client(options).call("GET", base).at(key), columns);
    });
    auto id = std::make_shared<std::uint64_t>(0);
    auto file = std::make_shared<std::string>();
    auto* show_one = group->add_subcommand("show", "one of them");
    show_one->add_option("ID", *id)->required();
    show_one->callback(
        [=, &options] { show(options, client(options).call("GET", base + "/" + std::to_string(*id))); });
    auto* add = group->add_subcommand("add", "create one from a JSON file");
    add->add_option("FILE", *file, "- is standard input")->required();
    add->callback([=, &options] { show(options, client(options).call("POST", base, content_of(*file))); });
    auto* set = group->add_subcommand("set", "create or replace one by a JSON file");
    set->add_option("ID", *id)->required();
    set->add_option("FILE", *file, "- is standard input")->required();
    set->callback([=, &options] {
        show(options, client(options).call("PUT", base + "/" + std::to_string(*id), content_of(*file)));
    });
    auto* remove = group->add_subcommand("delete", "delete one that nobody uses");
    remove->add_option("ID", *id)->required();
    remove->callback([=, &options] {
        say(options, client(options).call("DELETE", base + "/" + std::to_string(*id)),
            "deleted " + std::to_string(*id));
    });
}

void add_sqn_and_assignment(CLI::App& app, const Options& options) {
    auto impi = std::make_shared<std::string>();
    auto value = std::make_shared<std::uint64_t>(0);
    const auto path = [impi](const char* what) { return "/v1/subscribers/" + path_escaped(*impi) + what; };

    auto* sqn = app.add_subcommand("sqn", "the sequence number of AKA")->require_subcommand(1);
    auto* show_sqn = sqn->add_subcommand("show", "the highest given out");
    show_sqn->add_option("IMPI", *impi)->required();
    show_sqn->callback([=, &options] { show(options, client(options).call("GET", path("/sqn"))); });
    auto* set_sqn = sqn->add_subcommand("set", "go on from here");
    set_sqn->add_option("IMPI", *impi)->required();
    set_sqn->add_option("SQN", *value, "decimal")->required();
    set_sqn->callback([=, &options] {
        say(options, client(options).call("PUT", path("/sqn"), json{{"sqn", *value}}.dump()),
            "set SQN of " + *impi);
    });

    auto* assignment = app.add_subcommand("assignment", "the S-CSCF of a subscriber")->require_subcommand(1);
    auto* show_assignment = assignment->add_subcommand("show", "its name, and the state of each set");
    show_assignment->add_option("IMPI", *impi)->required();
    show_assignment->callback(
        [=, &options] { show(options, client(options).call("GET", path("/assignment"))); });
    auto* clear = assignment->add_subcommand("clear", "forget it; it is told, and the UE registers anew");
    clear->add_option("IMPI", *impi)->required();
    clear->callback([=, &options] {
        say(options, client(options).call("DELETE", path("/assignment")),
            "cleared the assignment of " + *impi);
    });
}

}  // namespace

void add_shared_commands(CLI::App& app, const Options& options) {
    add_group(app, options, "template", "subscriber-templates", "subscriber_templates",
              {"id", "name", "public_identities", "service_profile", "capability_set", "charging_set"},
              "what a new subscriber gets who is described by little");
    add_group(app, options, "profile", "service-profiles", "service_profiles",
              {"id", "name", "service_ids", "shared_ifc_sets"}, "service profiles");
    add_group(app, options, "ifc-set", "shared-ifc-sets", "shared_ifc_sets", {"id", "name"},
              "shared sets of initial filter criteria");
    add_group(app, options, "capability-set", "capability-sets", "capability_sets",
              {"id", "name", "mandatory", "optional", "server_names"}, "what an S-CSCF must be able to do");
    add_group(
        app, options, "charging-set", "charging-sets", "charging_sets",
        {"id", "name", "primary_collection", "secondary_collection", "primary_event", "secondary_event"},
        "addresses of charging functions");
    add_sqn_and_assignment(app, options);
}

}  // namespace ims::hss::ctl
