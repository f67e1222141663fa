#include "common/why/shell/trace_command.hpp"

#include "common/base/text.hpp"
#include "common/why/capture.hpp"
#include "common/why/pcapng.hpp"
#include "common/why/shell/exit_status.hpp"
#include "common/why/shell/options.hpp"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace ims::why {

namespace {

using Json = nlohmann::ordered_json;

struct TraceOptions {
    std::string subscriber;
    std::vector<Options::Service> services;
    std::chrono::seconds timeout{5};
    std::uint64_t duration = 3'600;  // seconds
    std::string hep, hep_key_file;
    std::uint32_t hep_id = 1;
    std::string pcap;
    std::string identities_from;  // an HSS that gets no order
};

constexpr auto trace_footer =
    "Exit status: 0 done, 1 the subscriber is not traced (or nothing of his was seen), 2 wrong options, or a "
    "service "
    "did not answer or refused.\n"
    "Example: ims-why trace on 001010000000001 --service pcscf=127.0.1.10:9090 --service hss=127.0.1.40:9090";

std::string time_text(std::int64_t microseconds, bool fraction) {
    const auto seconds = static_cast<std::time_t>(microseconds / 1'000'000);
    std::tm local{};
    localtime_r(&seconds, &local);
    char text[64];
    const auto length = std::strftime(text, sizeof text, "%H:%M:%S", &local);
    std::string out{text, length};
    if (!fraction) return out;
    std::snprintf(text, sizeof text, ".%06d", static_cast<int>(microseconds % 1'000'000));
    return out + text;
}

// "90s", "10m", "2h", "1d"
std::optional<std::uint64_t> seconds_of(std::string_view text) {
    constexpr std::uint64_t longest = 86'400;
    if (text.empty()) return std::nullopt;
    const auto unit = std::string_view{"smhd"}.find(text.back());
    constexpr std::uint64_t in_seconds[] = {1, 60, 3'600, 86'400};
    if (unit == std::string_view::npos) return std::nullopt;
    const auto count = parse_number(text.substr(0, text.size() - 1));
    if (!count || *count == 0 || *count > longest / in_seconds[unit]) return std::nullopt;
    return *count * in_seconds[unit];
}

bool complain(const Options::Service& service, const std::string& what) {
    std::cerr << service.name << " (" << service.admin.text() << "): " << what << '\n';
    return false;
}

// Asks a service; what is not 200 is said on stderr, but for `bearable`.
std::optional<Json> ask_json(const Options::Service& service, HttpMethod method, const std::string& target,
                             const std::string& body, std::chrono::seconds timeout, int& status) {
    const auto answer = ask(method, service.admin, target, body, timeout);
    status = answer ? answer->status : 0;
    if (!answer) {
        complain(service, answer.error().why);
        return std::nullopt;
    }
    if (status != 200) {
        if (status != 404)
            complain(service, "answered " + std::to_string(status) + ": " + answer->first_line());
        return std::nullopt;
    }
    auto json = Json::parse(answer->body, nullptr, false);
    if (!json.is_object()) {
        complain(service, "its answer is no JSON");
        return std::nullopt;
    }
    return json;
}

// The HSS knows by which names a subscriber goes besides the one given. Without its word services learn them
// as they see them.
std::vector<std::string> identities_of(const TraceOptions& options) {
    auto asked = options.services;
    if (!options.identities_from.empty())
        if (auto hss = parse_services({"hss=" + options.identities_from}))
            asked.insert(asked.begin(), hss->front());
    for (const auto& service : asked) {
        if (service.name != "hss") continue;
        int status = 0;
        const auto json =
            ask_json(service, HttpMethod::Get, "/identities?of=" + percent_encoded(options.subscriber), {},
                     options.timeout, status);
        if (json && json->contains("identities"))
            return (*json)["identities"].get<std::vector<std::string>>();
        if (status == 404) std::cerr << "the HSS does not know this subscriber\n";
        break;
    }
    return {};
}

int on(const TraceOptions& options) {
    Json order{{"subscriber", options.subscriber}, {"for", options.duration}};
    order["identities"] = identities_of(options);
    if (!options.hep.empty()) {
        order["hep"] = {{"collector", options.hep}, {"id", options.hep_id}};
        if (!options.hep_key_file.empty()) {
            std::ifstream file{options.hep_key_file};
            std::string key{std::istreambuf_iterator<char>{file}, {}};
            if (!file) return complain({"ims-why", {}}, "cannot read " + options.hep_key_file), NoAnswer;
            key.erase(key.find_last_not_of(" \t\r\n") + 1);
            order["hep"]["key"] = key;
        }
    }
    bool all = true;
    for (const auto& service : options.services) {
        int status = 0;
        const auto json =
            ask_json(service, HttpMethod::Post, "/trace/subscribers", order.dump(), options.timeout, status);
        if (!json) {
            if (status == 404) complain(service, "it cannot trace");
            all = false;
            continue;
        }
        for (const auto& one : (*json)["subscribers"])
            if (one.value("subscriber", "") == options.subscriber)
                std::cout << service.name << ": traced until "
                          << time_text(one.value("until", std::int64_t{0}), false) << ", known by "
                          << one.value("identities", 0) << " identities, " << one.value("messages", 0)
                          << " messages from before\n";
    }
    return all ? 0 : NoAnswer;
}

int off(const TraceOptions& options) {
    bool all = true;
    bool any = false;
    for (const auto& service : options.services) {
        int status = 0;
        const auto json = ask_json(service, HttpMethod::Delete,
                                   "/trace/subscribers?subscriber=" + percent_encoded(options.subscriber), {},
                                   options.timeout, status);
        any = any || json;
        all = all && (json || status == 404);
        if (json) std::cout << service.name << ": traced no more\n";
    }
    if (!all) return NoAnswer;
    if (!any) std::cerr << "no service traces " << options.subscriber << '\n';
    return any ? 0 : Failed;
}

int list(const TraceOptions& options) {
    bool all = true;
    std::map<std::string, std::string> rows;
    for (const auto& service : options.services) {
        int status = 0;
        const auto json =
            ask_json(service, HttpMethod::Get, "/trace/subscribers", {}, options.timeout, status);
        all = all && json;
        if (!json) continue;
        for (const auto& one : (*json)["subscribers"]) {
            auto& row = rows[one.value("subscriber", "")];
            row += "  " + service.name + ": " + (one.value("running", false) ? "until " : "ended ") +
                   time_text(one.value("until", std::int64_t{0}), false) + ", " +
                   std::to_string(one.value("messages", 0)) + " messages";
            if (one.contains("hep"))
                row += ", to " + one["hep"].value("collector", "") + " (" +
                       std::to_string(one["hep"].value("sent", 0)) + " sent, " +
                       std::to_string(one["hep"].value("dropped", 0)) + " dropped)";
            row += '\n';
        }
    }
    for (const auto& [subscriber, row] : rows) std::cout << subscriber << '\n' << row;
    if (rows.empty()) std::cout << "nobody is traced\n";
    return all ? 0 : NoAnswer;
}

// All that a service kept: it answers in pieces.
bool fetch(const TraceOptions& options, const Options::Service& service, const std::string& name,
           std::vector<SeenMessage>& messages, bool& traced) {
    std::uint64_t after = 0;
    while (true) {
        const auto answer = ask(HttpMethod::Get, service.admin,
                                "/trace/messages?subscriber=" + percent_encoded(options.subscriber) +
                                    "&after=" + std::to_string(after),
                                {}, options.timeout);
        if (!answer) return complain(service, answer.error().why);
        if (answer->status == 404) return true;
        if (answer->status != 200)
            return complain(service,
                            "answered " + std::to_string(answer->status) + ": " + answer->first_line());
        auto seen = read_seen_messages(answer->body);
        if (!seen) return complain(service, seen.error().why);
        if (!traced && seen->dropped > 0)
            complain(service, std::to_string(seen->dropped) + " messages made room for later ones");
        traced = true;
        for (auto& m : seen->messages) {
            m.service = name;
            after = std::max(after, m.number);
            messages.push_back(std::move(m));
        }
        if (!seen->more) return true;
    }
}

bool write_capture(const std::vector<Packet>& packets, const std::string& file) {
    const auto octets = pcapng_of(packets);
    if (file == "-") {
        std::cout << octets;
        return static_cast<bool>(std::cout.flush());
    }
    std::ofstream out{file, std::ios::binary};
    out << octets;
    return static_cast<bool>(out.flush());
}

int show(const TraceOptions& options) {
    std::vector<SeenMessage> messages;
    std::map<std::string, int> of_a_kind;
    bool all = true;
    bool any = false;
    for (const auto& service : options.services) {
        const auto n = ++of_a_kind[service.name];
        bool traced = false;
        all = fetch(options, service, n > 1 ? service.name + " " + std::to_string(n) : service.name, messages,
                    traced) &&
              all;
        any = any || traced;
    }
    const auto packets = packets_of(std::move(messages));
    if (!options.pcap.empty() && any) {
        if (!write_capture(packets, options.pcap)) {
            std::cerr << "cannot write " << options.pcap << '\n';
            return NoAnswer;
        }
        if (options.pcap != "-") std::cout << packets.size() << " packets in " << options.pcap << '\n';
    } else {
        for (const auto& p : packets)
            std::cout << time_text(p.at, true) << "  " << p.source.text() << " > " << p.destination.text()
                      << "  " << p.transport << "  " << first_line(p) << "  (" << p.comment << ")\n";
    }
    if (!all) return NoAnswer;
    if (!any)
        std::cerr << options.subscriber << " was not traced: ims-why trace on " << options.subscriber << '\n';
    return packets.empty() ? Failed : 0;
}

}  // namespace

int run_trace(int argc, const char* const* argv) {
    TraceOptions options;
    std::vector<std::string> services;
    unsigned timeout = 5;
    CLI::App app{"Traces a subscriber through the services of an IMS core while they run.", "ims-why trace"};
    app.footer(trace_footer);
    app.require_subcommand(1);
    const auto add = [&](const char* name, const char* what, bool subscriber) {
        auto* command = app.add_subcommand(name, what);
        if (subscriber)
            command->add_option("subscriber", options.subscriber, "IMSI, MSISDN, IMPI or IMPU")
                ->type_name("SUBSCRIBER")
                ->required();
        command->add_option("--service", services, "Admin port of a service (for each of them)")
            ->type_name("NAME=HOST:PORT")
            ->allow_extra_args(false)
            ->required();
        command->add_option("--timeout", timeout, "For each service")
            ->type_name("SECONDS")
            ->check(CLI::Range(1, 600));
        return command;
    };
    auto* on_command = add("on", "Follow a subscriber from now on", true);
    std::string duration = "1h";
    on_command->add_option("--for", duration, "For how long: 90s, 10m, 2h (at most 24h; 1h if not given)")
        ->type_name("DURATION");
    on_command->add_option("--hep", options.hep, "Send his messages to a HEP collector too, such as Homer")
        ->type_name("HOST:PORT");
    on_command->add_option("--hep-id", options.hep_id, "Of the capture agent, as the collector shows it (1)")
        ->type_name("NUMBER");
    on_command
        ->add_option("--hep-key-file", options.hep_key_file, "A file with what the collector wants to hear")
        ->type_name("FILE");
    on_command
        ->add_option("--identities-from", options.identities_from,
                     "Admin port of an HSS that is asked by which names he goes, and gets no order")
        ->type_name("HOST:PORT");
    auto* off_command = add("off", "Follow him no more; what was seen stays for show", true);
    auto* list_command = add("list", "Who is traced", false);
    auto* show_command = add("show", "What was seen, a line a message", true);
    show_command
        ->add_option("--pcap", options.pcap, "Write it as pcapng, for Wireshark; - for standard output")
        ->type_name("FILE");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : NoAnswer;
    }
    auto parsed = parse_services(services);
    if (!parsed) return NoAnswer;
    options.services = std::move(*parsed);
    const auto seconds = seconds_of(duration);
    if (!seconds) {
        std::cerr << "--for wants a duration from 1s to 24h such as 90s, 10m or 2h, not " << duration << '\n';
        return NoAnswer;
    }
    options.duration = *seconds;
    options.timeout = std::chrono::seconds{timeout};
    if (*on_command) return on(options);
    if (*off_command) return off(options);
    if (*list_command) return list(options);
    if (*show_command) return show(options);
    return NoAnswer;
}

}  // namespace ims::why
