#pragma once
#include "hss/shell/ctl_client.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

// What the commands of hssctl share.
namespace ims::hss::ctl {

struct Options {
    std::string api = "http://127.0.0.1:8081";
    std::string token_file, secrets_token_file;
    bool as_json = false;
};

std::string content_of(const std::string& path);  // "-" is standard input
// With the token that may see secrets, if there is one: without it the API says what is missing.
CtlClient client(const Options& options, bool secrets = false);
nlohmann::json parsed(const std::string& text, const std::string& where);

void show(const Options& options, const nlohmann::json& value);
void show_rows(const Options& options, const nlohmann::json& rows, const std::vector<std::string>& columns);
void say(const Options& options, const nlohmann::json& answer, const std::string& done);

void add_subscriber_commands(CLI::App& app, const Options& options);
void add_bulk_commands(CLI::App& app, const Options& options);
void add_shared_commands(CLI::App& app, const Options& options);

// Options that make the short form of a subscriber.
struct UsualOptions {
    std::map<std::string, std::string> texts;
    std::optional<std::uint64_t> sqn, profile, capabilities, charging;
    std::string password, ha1, digest_algorithm;
    bool bar_imsi = false;

    void add_to(CLI::App& app);
    nlohmann::json body() const;
};

}  // namespace ims::hss::ctl
