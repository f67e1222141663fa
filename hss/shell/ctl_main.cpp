// hssctl: the provisioning API on the command line.
#include "hss/shell/ctl_client.hpp"
#include "hss/shell/ctl_table.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>

using namespace ims::hss;
using nlohmann::json;

namespace {

struct Options {
    std::string api = "http://127.0.0.1:8081";
    std::string token_file;
    bool as_json = false;
};

std::string content_of(const std::string& path) {
    std::ifstream file;
    std::istream* in = &std::cin;
    if (path != "-") {
        file.open(path);
        if (!file) throw CtlError{"cannot read '" + path + "'"};
        in = &file;
    }
    return {std::istreambuf_iterator<char>{*in}, {}};
}

CtlClient client(const Options& options) {
    std::string token;
    if (!options.token_file.empty()) {
        token = content_of(options.token_file);
        token.erase(token.find_last_not_of(" \r\n\t") + 1);
    } else if (const char* value = std::getenv("HSS_TOKEN")) {
        token = value;
    } else {
        throw CtlError{"no token: give --token-file FILE, or set HSS_TOKEN_FILE or HSS_TOKEN"};
    }
    return {options.api, token};
}

void show(const Options& options, const json& value) {
    if (value.is_null()) return;
    std::cout << (options.as_json ? value.dump(2) + "\n" : listing(value));
}
void show_rows(const Options& options, const json& rows, const std::vector<std::string>& columns) {
    std::cout << (options.as_json ? rows.dump(2) + "\n" : table(rows, columns));
}
void say(const Options& options, const json& answer, const std::string& done) {
    if (options.as_json)
        std::cout << (answer.is_null() ? json{{"done", done}} : answer).dump(2) << "\n";
    else
        std::cout << done << "\n";
}

json parsed(const std::string& text, const std::string& where) {
    auto j = json::parse(text, nullptr, false);
    if (j.is_discarded()) throw CtlError{where + " is not JSON"};
    return j;
}

// Options that make the short form of a subscriber.
struct UsualOptions {
    std::map<std::string, std::string> texts;
    std::optional<std::uint64_t> sqn, profile, capabilities, charging;
    std::string password, ha1, digest_algorithm;
    bool bar_imsi = false;

    void add_to(CLI::App& app) {
        for (const auto* name : {"k", "op", "opc", "amf", "realm", "display-name"})
            app.add_option("--" + std::string{name}, texts[name]);
        app.add_option("--sqn", sqn, "the highest SQN used");
        app.add_option("--service-profile", profile);
        app.add_option("--capability-set", capabilities);
        app.add_option("--charging-set", charging);
        app.add_option("--password", password, "for SIP Digest; only its HA1 is kept");
        app.add_option("--ha1", ha1, "for SIP Digest");
        app.add_option("--digest-algorithm", digest_algorithm, "MD5 (default) or SHA-256");
        app.add_flag("--bar-imsi-identity", bar_imsi,
                     "bar sip:IMSI@realm; the number's identity is the default then");
    }
    json body() const {
        json j = json::object();
        for (const auto& [option, value] : texts) {
            if (value.empty()) continue;
            auto key = option;
            std::replace(key.begin(), key.end(), '-', '_');
            j[key] = value;
        }
        if (sqn) j["sqn"] = *sqn;
        if (profile) j["service_profile"] = *profile;
        if (capabilities) j["capability_set"] = *capabilities;
        if (charging) j["charging_set"] = *charging;
        if (!password.empty()) j["digest"]["password"] = password;
        if (!ha1.empty()) j["digest"]["ha1"] = ha1;
        if (!digest_algorithm.empty()) j["digest"]["algorithm"] = digest_algorithm;
        if (bar_imsi) j["bar_imsi_identity"] = true;
        return j;
    }
};

void add_subscriber_commands(CLI::App& app, const Options& options) {
    auto* subscriber =
        app.add_subcommand("subscriber", "one subscriber, or all of them")->require_subcommand(1);

    auto* add = subscriber->add_subcommand("add", "create one from options, or from a JSON file");
    auto usual = std::make_shared<UsualOptions>();
    auto file = std::make_shared<std::string>();
    add->add_option("--file", *file, "JSON as the API takes it; - is standard input");
    add->add_option("--imsi", usual->texts["imsi"]);
    add->add_option("--msisdn", usual->texts["msisdn"]);
    usual->add_to(*add);
    add->callback([=, &options] {
        const auto body = file->empty() ? usual->body() : parsed(content_of(*file), *file);
        show(options, client(options).call("POST", "/v1/subscribers", body.dump()));
    });

    auto* list = subscriber->add_subcommand("list", "a table of subscribers");
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

    const auto one = [&](const char* name, const char* what, auto act) {
        auto* command = subscriber->add_subcommand(name, what);
        auto impi = std::make_shared<std::string>();
        command->add_option("IMPI", *impi, "private identity, or an IMSI of the home domain")->required();
        command->callback(
            [=, &options] { act(client(options), *impi, "/v1/subscribers/" + path_escaped(*impi)); });
    };
    one("show", "everything but the keys",
        [&options](const CtlClient& api, const std::string&, const std::string& path) {
            show(options, api.call("GET", path));
        });
    one("delete", "delete, and deregister",
        [&options](const CtlClient& api, const std::string& impi, const std::string& path) {
            say(options, api.call("DELETE", path), "deleted " + impi);
        });
    one("bar", "refuse registration, and deregister",
        [&options](const CtlClient& api, const std::string& impi, const std::string& path) {
            say(options, api.call("POST", path + "/bar"), "barred " + impi);
        });
    one("unbar", "allow registration",
        [&options](const CtlClient& api, const std::string& impi, const std::string& path) {
            say(options, api.call("POST", path + "/unbar"), "unbarred " + impi);
        });

    auto* set = subscriber->add_subcommand("set", "replace what is provisioned by a JSON file");
    auto impi = std::make_shared<std::string>();
    auto set_file = std::make_shared<std::string>();
    set->add_option("IMPI", *impi)->required();
    set->add_option("FILE", *set_file, "JSON; - is standard input")->required();
    set->callback([=, &options] {
        say(options,
            client(options).call("PUT", "/v1/subscribers/" + path_escaped(*impi), content_of(*set_file)),
            "changed " + *impi);
    });
}

void add_bulk_commands(CLI::App& app, const Options& options) {
    auto* range = app.add_subcommand("range", "many subscribers at once")->require_subcommand(1);
    auto* add = range->add_subcommand("add", "consecutive IMSIs and numbers");
    auto usual = std::make_shared<UsualOptions>();
    auto count = std::make_shared<std::uint64_t>(0);
    add->add_option("--first-imsi", usual->texts["first_imsi"])->required();
    add->add_option("--first-msisdn", usual->texts["first_msisdn"]);
    add->add_option("--count", *count)->required();
    usual->add_to(*add);
    add->callback([=, &options] {
        auto body = usual->body();
        body["count"] = *count;
        const auto answer = client(options).call("POST", "/v1/range", body.dump());
        say(options, answer, "created " + answer.at("created").dump() + " subscribers");
    });

    auto* import =
        app.add_subcommand("import", "subscribers of a file: CSV or NDJSON, ten thousand at a time");
    auto file = std::make_shared<std::string>();
    auto csv = std::make_shared<bool>(false);
    import->add_option("FILE", *file, "- is standard input")->required();
    import->add_flag("--csv", *csv, "CSV whatever the name of the file");
    import->callback([=, &options] {
        constexpr std::size_t chunk = 10'000;
    const auto api = client(options);
    const bool is_csv = *csv || file->ends_with(".csv");
    std::istringstream in{content_of(*file)};
    std::string line, head, body;
    std::uint64_t created = 0, lines = 0, number = 0;
    if (is_csv) std::getline(in, head), head += '\n', ++number;
    const auto flush = [&] {
        if (lines == 0) return;
        try {
            created +=
                api.call("POST", "/v1/import", head + body, is_csv ? "text/csv" : "application/x-ndjson")
                    .at("created")
                    .get<std::uint64_t>();
        } catch (const CtlError& e) {
            throw CtlError{std::string{e.what()} + " (in the part that begins at line " +
                           std::to_string(number - lines + 1) + " of the file; " + std::to_string(created) +
                           " subscribers before it are in)"};
        }
        body.clear();
        lines = 0;
    };
    while (std::getline(in, line)) {
        ++number;
        body += line + '\n';
        if (++lines == chunk) flush();
    }
    flush();
    say(options, {{"created", created}}, "created " + std::to_string(created) + " subscribers");
});
}  // namespace

void add_shared_commands(CLI::App& app, const Options& options, const std::string& name,
                         const std::string& path, const std::string& key,
                         const std::vector<std::string>& columns, const std::string& what) {
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

int main(int argc, char** argv) {
    CLI::App app{"Provisioning of the IMS HSS"};
    Options options;
    app.add_option("--api", options.api, "where hss listens (default http://127.0.0.1:8081)")
        ->envname("HSS_API");
    app.add_option("--token-file", options.token_file, "file with the API's token; or HSS_TOKEN holds it")
        ->envname("HSS_TOKEN_FILE");
    app.add_flag("--json", options.as_json, "JSON instead of tables");
    app.set_version_flag("--version", std::string{"hssctl "} + IMS_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    add_subscriber_commands(app, options);
    add_bulk_commands(app, options);
    add_shared_commands(app, options, "profile", "service-profiles", "service_profiles",
                        {"id", "name", "service_ids", "shared_ifc_sets"}, "service profiles");
    add_shared_commands(app, options, "ifc-set", "shared-ifc-sets", "shared_ifc_sets", {"id", "name"},
                        "shared sets of initial filter criteria");
    add_shared_commands(app, options, "capability-set", "capability-sets", "capability_sets",
                        {"id", "name", "mandatory", "optional", "server_names"},
                        "what an S-CSCF must be able to do");
    add_shared_commands(
        app, options, "charging-set", "charging-sets", "charging_sets",
        {"id", "name", "primary_collection", "secondary_collection", "primary_event", "secondary_event"},
        "addresses of charging functions");
    add_sqn_and_assignment(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    } catch (const CtlError& e) {
        std::cerr << "hssctl: " << e.what() << "\n";
        return 1;
    }
    return 0;
}
