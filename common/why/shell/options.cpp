#include "common/why/shell/options.hpp"

#include "common/why/shell/exit_status.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

namespace ims::why {

namespace {

constexpr auto footer =
    "Exit status: 0 nothing failed, 1 something failed (or nothing was seen), 2 wrong options, or no service "
    "answered.\n"
    "To trace a subscriber from now on: ims-why trace --help\n"
    "Example: ims-why --service pcscf=127.0.1.10:9090 --service hss=127.0.1.40:9090 001010000000001";

std::optional<HttpAddress> address_of(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return {};
    auto host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    return HttpAddress{host, text.substr(colon + 1)};
}

}  // namespace

std::optional<std::vector<Options::Service>> parse_services(const std::vector<std::string>& texts) {
    std::vector<Options::Service> services;
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        const auto address = equals == std::string::npos ? std::nullopt : address_of(text.substr(equals + 1));
        if (!address) {
            std::cerr << "--service wants NAME=HOST:PORT, not " << text << '\n';
            return std::nullopt;
        }
        services.push_back({text.substr(0, equals), *address});
    }
    return services;
}

std::variant<Options, int> parse_options(int argc, const char* const* argv) {
    Options options;
    std::vector<std::string> services;
    unsigned timeout = 5;
    std::string html;
    CLI::App app{
        "Why did it fail? Asks the services of an IMS core what they remember of a subscriber or a call.",
        "ims-why"};
    app.footer(footer);
    app.set_version_flag("--version", "ims-why " IMS_VERSION);
    app.add_option("key", options.key, "IMSI, MSISDN, IMPI, IMPU, Call-ID or ICID")
        ->type_name("KEY")
        ->required();
    app.add_option("--service", services, "Admin port of a service (for each of them)")
        ->type_name("NAME=HOST:PORT")
        ->allow_extra_args(false)
        ->required();
    app.add_flag("--json", options.json, "Print the answer as JSON");
    app.add_option("--html", html, "Write a page with the ladder drawn")->type_name("FILE");
    app.add_option("--timeout", timeout, "For each service")->type_name("SECONDS")->check(CLI::Range(1, 600));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? ExitStatus::NothingFailed : ExitStatus::NoAnswer;
    }
    auto parsed = parse_services(services);
    if (!parsed) return ExitStatus::NoAnswer;
    options.services = std::move(*parsed);
    if (!html.empty()) options.html = html;
    options.timeout = std::chrono::seconds{timeout};
    return options;
}

}  // namespace ims::why
