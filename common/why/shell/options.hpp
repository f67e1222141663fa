#pragma once
#include "common/why/shell/http_client.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ims::why {

struct Options {
    std::string key;
    struct Service {
        std::string name;  // as it is called where it does not answer: "pcscf"
        HttpAddress admin;
    };
    std::vector<Service> services;
    bool json = false;
    std::optional<std::string> html;  // a file
    std::chrono::seconds timeout{5};
};

// The services that --service names, or nothing, with a complaint on stderr.
std::optional<std::vector<Options::Service>> parse_services(const std::vector<std::string>& texts);

// The options, or the exit status of a --help or a mistake that was printed.
std::variant<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace ims::why
