#include "hss/shell/settings.hpp"

#include "common/runtime/sections.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace ims::hss {
namespace {

// A secret is in a file or in an environment variable, never in the configuration itself.
std::optional<std::string> read_secret(const runtime::Section& section, const std::string& what,
                                       bool needed = true) {
    const auto file_key = what + "_file", environment_key = what + "_environment";
    if (const auto path = section.find<std::string>(file_key)) {
        std::ifstream in{*path};
        if (!in) {
            section.error(file_key, "cannot read '" + *path + "'");
            return std::nullopt;
        }
        const std::string content{std::istreambuf_iterator<char>{in}, {}};
        return std::string{trim(content)};
    }
    if (const auto name = section.find<std::string>(environment_key)) {
        if (const char* value = std::getenv(name->c_str())) return std::string{trim(value)};
        section.error(environment_key, "there is no environment variable '" + *name + "'");
        return std::nullopt;
    }
    if (needed) section.error(file_key, "needed: a file with the secret, or '" + environment_key + "'");
    return std::nullopt;
}

Policy read_policy(const runtime::Section& hss, const diameter::Config& diameter) {
    Policy policy;
    policy.home_network = hss.get<std::string>("home_network", diameter.realm);
    policy.keep_server_name = hss.get<bool>("keep_server_name", true);
    policy.max_auth_items = hss.get_between<unsigned>("max_auth_items", 5, 1, 32);
    policy.sqn.ind_bits = hss.get_between<unsigned>("ind_bits", 5, 0, 16);
    const auto positions = 1U << policy.sqn.ind_bits;
    policy.first_ind = hss.get_between<unsigned>("first_ind", 0, 0, positions - 1);
    policy.ind_count =
        hss.get_between<unsigned>("ind_count", positions - policy.first_ind, 1, positions - policy.first_ind);
    if (!hss.get<bool>("restoration", true)) policy.features &= ~feature::ims_restoration_ind;
    return policy;
}

}  // namespace

Settings read_settings(const runtime::Section& root) {
    Settings s;
    s.diameter = runtime::read_diameter(root.section("diameter"));

    const auto hss = root.section("hss");
    s.policy = read_policy(hss, s.diameter);

    const auto database = root.section("database");
    s.database.connection = database.require<std::string>("connection");
    s.database.connect_timeout = database.get_between<unsigned>("connect_timeout", 3, 1, 60);
    s.database.statement_timeout = database.get_between<unsigned>("statement_timeout", 10, 1, 600);
    s.database.remembered =
        database.get_between<std::size_t>("remembered", s.database.remembered, 0, 10'000'000);
    s.max_waiting = database.get_between<std::size_t>("max_waiting", 20'000, 1, 10'000'000);

    if (const auto key = read_secret(database, "seal_key")) {
        s.secrets = Secrets::from_text(*key);
        if (!s.secrets)
            database.error("seal_key_file",
                           "the seal key must be 64 hexadecimal digits: openssl rand -hex 32");
    }

    s.trace = runtime::read_trace(root.section("trace"));

    const auto api = root.section("api");
    if (api.present()) {
        ApiSettings a;
        a.listen = api.get<IpEndpoint>("listen", a.listen);
        a.body_octets =
            api.get_between<std::size_t>("body_octets", a.body_octets, 1024, std::size_t{1} << 30);
        if (auto token = read_secret(api, "token")) {
            if (token->size() < 16) api.error("token_file", "the token must have at least 16 characters");
            a.token = std::move(*token);
        }
        a.secrets_token = read_secret(api, "secrets_token", false);
        if (a.secrets_token && a.secrets_token->size() < 16)
            api.error("secrets_token_file", "the token must have at least 16 characters");
        if (a.secrets_token == a.token)
            api.error("secrets_token_file", "must not be the ordinary token: then everybody may see secrets");
        s.api = std::move(a);
    }
    return s;
}

}  // namespace ims::hss
