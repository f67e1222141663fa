#include "hss/shell/ctl_options.hpp"

#include "hss/shell/ctl_table.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace ims::hss::ctl {

using nlohmann::json;

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

namespace {

std::optional<std::string> token_of(const std::string& file, const char* variable) {
    if (!file.empty()) {
        auto token = content_of(file);
        token.erase(token.find_last_not_of(" \r\n\t") + 1);
        return token;
    }
    if (const char* value = std::getenv(variable)) return value;
    return std::nullopt;
}

}  // namespace

CtlClient client(const Options& options, bool secrets) {
    if (secrets)
        if (const auto token = token_of(options.secrets_token_file, "HSS_SECRETS_TOKEN"))
            return {options.api, *token};
    if (const auto token = token_of(options.token_file, "HSS_TOKEN")) return {options.api, *token};
    throw CtlError{"no token: give --token-file FILE, or set HSS_TOKEN_FILE or HSS_TOKEN"};
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

void UsualOptions::add_to(CLI::App& app) {
    for (const auto* name : {"k", "op", "opc", "amf", "realm", "display-name", "template"})
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
json UsualOptions::body() const {
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

}  // namespace ims::hss::ctl
