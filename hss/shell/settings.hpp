#pragma once
#include "common/diameter/peer/config.hpp"
#include "common/runtime/config.hpp"
#include "common/runtime/sections.hpp"
#include "hss/core/decision.hpp"
#include "hss/postgres/connection.hpp"
#include "hss/postgres/secrets.hpp"

#include <optional>
#include <string>

namespace ims::hss {

struct ApiSettings {
    IpEndpoint listen{IpAddress::v4({127, 0, 0, 1}), 8081};
    std::string token;
    std::optional<std::string> secrets_token;  // who has it may see K, OP, OPc and HA1; absent: nobody may
    std::size_t body_octets = 64U << 20;
    bool operator==(const ApiSettings&) const = default;
};

// The configuration of the hss executable; docs/configuration.md.
struct Settings {
    diameter::Config diameter;
    Policy policy;
    DatabaseConfig database;
    std::size_t max_waiting = 20'000;  // requests waiting for the database; beyond: DIAMETER_TOO_BUSY
    std::optional<Secrets> secrets;
    std::optional<ApiSettings> api;
    runtime::TraceConfig trace;
};

Settings read_settings(const runtime::Section& root);

}  // namespace ims::hss
