#include "tests/ue/shell/options.hpp"
#include "tests/ue/shell/runner.hpp"
#include "tests/ue/shell/sim_check_command.hpp"

#include <string_view>

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view{argv[1]} == "sim-check") return ims::ue::sim_check(argc - 1, argv + 1);
    auto options = ims::ue::parse_options(argc, argv);
    if (const auto* status = std::get_if<int>(&options)) return *status;
    return ims::ue::Runner{std::move(std::get<ims::ue::Options>(options))}.run();
}
