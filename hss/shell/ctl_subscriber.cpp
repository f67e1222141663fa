#include "hss/shell/ctl_options.hpp"

#include <algorithm>

namespace ims::hss::ctl {

using nlohmann::json;

namespace {

std::string path_of(const std::string& impi) {
    return "/v1/subscribers/" + path_escaped(impi);
}

void add_add(CLI::App& group, const Options& options) {
    auto* add = group.add_subcommand("add", "create a subscriber from options, or from a JSON file");
    auto usual = std::make_shared<UsualOptions>();
    auto msisdns = std::make_shared<std::vector<std::string>>();
    auto file = std::make_shared<std::string>();
    add->add_option("--file", *file, "JSON as the API takes it; - is standard input");
    add->add_option("--imsi", usual->texts["imsi"]);
    add->add_option("--msisdn", *msisdns, "again for each further number")->allow_extra_args(false);
    usual->add_to(*add);
    add->callback([=, &options] {
        auto body = file->empty() ? usual->body() : parsed(content_of(*file), *file);
        if (msisdns->size() == 1)
            body["msisdn"] = msisdns->front();
        else if (!msisdns->empty())
            body["msisdn"] = *msisdns;
        show(options, client(options).call("POST", "/v1/subscribers", body.dump()));
    });
}

void add_list(CLI::App& group, const Options& options) {
    auto* list = group.add_subcommand("list", "a table of subscribers");
    auto limit = std::make_shared<std::size_t>(100);
    auto after = std::make_shared<std::string>();
    list->add_option("--limit", *limit, "how many at most (default 100)");
    list->add_option("--after", *after, "begin behind this private identity");
    list->callback([=, &options] {
        const auto api = client(options);
        auto rows = json::array();
        auto cursor = *after;
        while (rows.size() < *limit) {
            const auto page = api.call(
                "GET",
                "/v1/subscribers?limit=" + std::to_string(std::min<std::size_t>(1000, *limit - rows.size())) +
                    "&cursor=" + path_escaped(cursor));
            for (const auto& s : page.at("subscribers")) rows.push_back(s);
            if (page.at("next").is_null()) break;
            cursor = page["next"];
        }
        show_rows(options, rows, {"impi", "state", "barred", "server_name", "public_identities"});
    });
}

using Impi = std::shared_ptr<std::string>;

CLI::App* add_one(CLI::App& group, const char* name, const char* what, const Impi& impi) {
    auto* command = group.add_subcommand(name, what);
    command->add_option("IMPI", *impi, "private identity, or an IMSI of the home domain")->required();
    return command;
}

void add_show(CLI::App& group, const Options& options) {
    const auto impi = std::make_shared<std::string>();
    auto secrets = std::make_shared<bool>(false);
    auto* command = add_one(group, "show", "everything; the keys only if asked for", impi);
    command->add_flag("--secrets", *secrets,
                      "K, OP, OPc and HA1 too: needs the token that may see them; is logged");
    command->callback([=, &options] {
        show(options,
             client(options, *secrets).call("GET", path_of(*impi) + (*secrets ? "?secrets=true" : "")));
    });
}

// `method` on the subscriber's path and `under` it; then says it is `done`.
void add_action(CLI::App& group, const Options& options, const char* name, const char* what,
                const char* method, const char* under, const char* done) {
    const auto impi = std::make_shared<std::string>();
    add_one(group, name, what, impi)->callback([=, &options] {
        say(options, client(options).call(method, path_of(*impi) + under), done + (" " + *impi));
    });
}

void add_set(CLI::App& group, const Options& options) {
    auto* set = group.add_subcommand("set", "replace what is provisioned by a JSON file");
    auto impi = std::make_shared<std::string>();
    auto file = std::make_shared<std::string>();
    set->add_option("IMPI", *impi)->required();
    set->add_option("FILE", *file, "JSON; - is standard input")->required();
    set->callback([=, &options] {
        say(options, client(options).call("PUT", path_of(*impi), content_of(*file)), "changed " + *impi);
    });
}

}  // namespace

void add_subscriber_commands(CLI::App& app, const Options& options) {
    auto* subscriber =
        app.add_subcommand("subscriber", "one subscriber, or all of them")->require_subcommand(1);
    // The four that are used most have a short form.
    for (auto* group : {&app, subscriber}) {
        add_add(*group, options);
        add_list(*group, options);
        add_show(*group, options);
        add_action(*group, options, "delete", "delete, and deregister", "DELETE", "", "deleted");
    }
    add_action(*subscriber, options, "bar", "refuse registration, and deregister", "POST", "/bar", "barred");
    add_action(*subscriber, options, "unbar", "allow registration", "POST", "/unbar", "unbarred");
    add_set(*subscriber, options);
}

}  // namespace ims::hss::ctl
