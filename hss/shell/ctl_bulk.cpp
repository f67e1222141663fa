// Many subscribers at once: ranges, imports and exports.
#include "hss/shell/csv.hpp"
#include "hss/shell/ctl_foreign.hpp"
#include "hss/shell/ctl_options.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace ims::hss::ctl {

using nlohmann::json;

namespace {

void add_range(CLI::App& app, const Options& options) {
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
}

// ---- import

constexpr std::array outcomes{"created", "changed", "unchanged", "skipped", "refused"};

struct Import {
    std::vector<std::string> files;
    std::string from, on_conflict = "refuse", pattern;
    bool csv = false, dry_run = false;
};

// The parts of an import, one after the other, and what became of all.
class Importer {
  public:
    Importer(const Options& options, const Import& import)
        : options_{options}, import_{import}, api_{client(options)} {}

    void file(const std::string& name) {
        const auto content = content_of(name);
        if (import_.csv || name.ends_with(".csv")) return lines(content, true);
        if (content.find_first_not_of(" \t\r\n") == content.npos ||
            content[content.find_first_not_of(" \t\r\n")] != '[')
            return lines(content, false);
        const auto list = parsed(content, name);
        rows({list.begin(), list.end()});
    }
    void foreign(const std::vector<std::string>& names) {
        std::vector<json> objects;
        for (const auto& name : names)
            for (auto& one : foreign_objects(content_of(name), name)) objects.push_back(std::move(one));
        const auto read = import_.from == "pyhss" ? from_pyhss(objects) : from_open5gs(objects);
        for (const auto& warning : read.warnings) std::cerr << "warning: " << warning << "\n";
        std::string ignored;
        for (const auto& [field, n] : read.ignored) ignored += (ignored.empty() ? "" : ", ") + field;
        if (!ignored.empty()) std::cerr << "ignored, without a meaning in an IMS HSS: " << ignored << "\n";
        rows(read.rows);
    }

    // Throws if a dry run found something that would be refused.
    void report() const {
        const auto& t = totals_;
        if (options_.as_json) {
            auto answer = t;
            if (import_.dry_run) answer["lines"] = lines_;
            std::cout << answer.dump(2) << "\n";
        } else if (import_.dry_run) {
            for (const auto& line : lines_) std::cout << text_of(line) << "\n";
            std::cout << "would create " << t["created"] << ", change " << t["changed"] << ", leave "
                      << t["unchanged"] << " as they are, skip " << t["skipped"] << "; refuse "
                      << t["refused"] << "\n";
        } else {
            std::cout << "created " << t["created"] << " subscribers";
            for (const auto* more : {"changed", "unchanged", "skipped"})
                if (t[more] != 0) std::cout << ", " << more << " " << t[more];
            std::cout << "\n";
        }
        if (t["refused"] != 0) throw CtlError{"the import would be refused: see above"};
    }

  private:
    // All or none of a part, so parts of changes are small: those who register wait meanwhile.
    std::size_t part_size() const {
        return import_.on_conflict == "update" && !import_.dry_run ? 500 : 10'000;
    }

    void lines(const std::string& content, bool csv) {
        std::istringstream in{content};
        std::string line, head, body;
        std::size_t number = 0, first = 0, count = 0;
        const auto flush = [&] {
            if (count > 0) part(head + body, first, csv);
            body.clear();
            count = 0;
        };
        while (std::getline(in, line)) {
            ++number;
            if (csv && head.empty()) {
                if (line.find_first_not_of(" \t\r") != line.npos) head = line + '\n';
                continue;
            }
            if (count == 0) first = number;
            body += line + '\n';
            if (++count == part_size()) flush();
        }
        flush();
    }
    void rows(const std::vector<json>& all) {
        std::string text;
        for (const auto& row : all) text += row.dump() + '\n';
        lines(text, false);
    }

    void part(const std::string& body, std::size_t first, bool csv) {
        auto path = "/v1/import?on_conflict=" + import_.on_conflict + "&first_line=" + std::to_string(first);
        if (import_.dry_run) path += "&dry_run=true";
        if (!import_.pattern.empty()) path += "&template=" + path_escaped(import_.pattern);
        try {
            const auto answer = api_.call("POST", path, body, csv ? "text/csv" : "application/x-ndjson");
            for (const auto* outcome : outcomes)
                totals_[outcome] =
                    totals_[outcome].get<std::uint64_t>() + answer.at(outcome).get<std::uint64_t>();
            if (!import_.dry_run) return;
            for (const auto& line : answer.at("lines")) lines_.push_back(line);
        } catch (const CtlError& e) {
            throw CtlError{std::string{e.what()} + " (in the part that begins at line " +
                           std::to_string(first) + "; before it " + totals_["created"].dump() +
                           " were created, " + totals_["changed"].dump() + " changed)"};
        }
    }

    static std::string text_of(const json& line) {
        std::string text = "line " + line.at("line").dump() + "  " + line.at("result").get<std::string>();
        text.resize(std::max<std::size_t>(text.size(), 22), ' ');
        text += line.value("impi", "?");
        auto separator = ": ";
        if (line.contains("reason")) text += separator + line["reason"].get<std::string>(), separator = "; ";
        for (const auto& field : line.value("fields", json::array())) {
            text += separator + field.at("field").get<std::string>();
            separator = ", ";
            if (field.value("secret", false))
                text += " (not shown)";
            else
                text += " " + field.value("from", json{}).dump() + " -> " + field.value("to", json{}).dump();
        }
        return text;
    }

    const Options& options_;
    const Import& import_;
    CtlClient api_;
    json totals_{{"created", 0}, {"changed", 0}, {"unchanged", 0}, {"skipped", 0}, {"refused", 0}};
    json lines_ = json::array();
};

void add_import(CLI::App& app, const Options& options) {
    auto* command =
        app.add_subcommand("import", "subscribers of a file: CSV, or JSON as a list or one a line");
    auto import = std::make_shared<Import>();
    command->add_option("FILE", import->files, "- is standard input")->required();
    command->add_flag("--csv", import->csv, "CSV whatever the name of the file");
    command->add_flag("--dry-run", import->dry_run,
                      "only list what would change; status 1 if something is refused");
    command
        ->add_option("--on-conflict", import->on_conflict,
                     "who is there already: refuse (default), update, skip")
        ->check(CLI::IsMember({"refuse", "update", "skip"}));
    command->add_option("--template", import->pattern, "of those that name none");
    command->add_option("--from", import->from, "the files are of another HSS: pyhss, open5gs")
        ->check(CLI::IsMember({"pyhss", "open5gs"}));
    command->callback([=, &options] {
        Importer importer{options, *import};
        if (import->from.empty())
            for (const auto& file : import->files) importer.file(file);
        else
            importer.foreign(import->files);
        importer.report();
    });
}

// ---- export

struct Export {
    std::string file = "-", format;
    bool secrets = false;
};

// Where an export goes. A file appears whole or not at all, and for its owner only.
class Sink {
  public:
    explicit Sink(const std::string& file) : file_{file}, part_{file + ".part"} {
        if (file_ == "-") return;
        out_.open(part_, std::ios::trunc);
        if (!out_) throw CtlError{"cannot write '" + part_ + "'"};
        std::filesystem::permissions(
            part_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
    void line(const std::string& text) { (file_ == "-" ? std::cout : out_) << text << "\n"; }
    void finish() {
        if (file_ == "-") return;
        out_.close();
        if (!out_) throw CtlError{"cannot write '" + part_ + "'"};
        std::filesystem::rename(part_, file_);
    }

  private:
    std::string file_, part_;
    std::ofstream out_;
};

void run_export(const Options& options, const Export& request) {
    const auto format = !request.format.empty()          ? request.format
                        : request.file.ends_with(".csv") ? "csv"
                                                         : "ndjson";
    const bool csv = format == "csv";
    const auto api = client(options, request.secrets);
    const auto page_of = [&](const std::string& cursor) {
        return api.call("GET", "/v1/export?limit=1000&cursor=" + path_escaped(cursor) +
                                   (csv ? "&form=short" : "") + (request.secrets ? "&secrets=true" : ""));
    };
    auto page = page_of("");  // what is refused leaves no file
    Sink sink{request.file};
    const auto& columns = csv_columns(request.secrets);
    if (csv) {
        std::string head;
        for (const auto& column : columns) head += (head.empty() ? "" : ",") + column;
        sink.line(head);
    } else if (format == "json") {
        sink.line("[");
    }
    std::vector<std::string> too_much;
    std::string held;  // a list has no comma after its last
    for (;; page = page_of(page["next"])) {
        for (const auto& s : page.at("subscribers")) {
            const bool whole = s.contains("private_identities");
            if (!csv) {
                if (!held.empty()) sink.line(held + (format == "json" ? "," : ""));
                held = s.dump();
            } else if (const auto line = whole ? std::nullopt : csv_of_short_form(columns, s)) {
                sink.line(*line);
            } else {
                too_much.push_back(s.value(whole ? "impi" : "imsi", ""));
            }
        }
        if (page.at("next").is_null()) break;
    }
    if (!held.empty()) sink.line(held);
    if (format == "json") sink.line("]");
    sink.finish();
    if (too_much.empty()) return;
    throw CtlError{std::to_string(too_much.size()) +
                   " subscribers are more than a line of CSV can say and are left "
                   "out, " +
                   too_much.front() + " the first of them: export with --format ndjson"};
}

void add_export(CLI::App& app, const Options& options) {
    auto* command = app.add_subcommand("export", "all subscribers, so that an import makes them again");
    auto request = std::make_shared<Export>();
    command->add_option("FILE", request->file, "default: standard output");
    command
        ->add_option("--format", request->format, "ndjson (default), json, csv (default where FILE ends so)")
        ->check(CLI::IsMember({"ndjson", "json", "csv"}));
    command->add_flag("--secrets", request->secrets,
                      "with K, OP, OPc and HA1: needs the token that may see them; is logged");
    command->callback([=, &options] { run_export(options, *request); });
}

}  // namespace

void add_bulk_commands(CLI::App& app, const Options& options) {
    add_range(app, options);
    add_import(app, options);
    add_export(app, options);
}

}  // namespace ims::hss::ctl
