#include "tests/ue/shell/options.hpp"
#include "tests/ue/shell/runner.hpp"

int main(int argc, char** argv) {
    auto options = ims::ue::parse_options(argc, argv);
    if (const auto* status = std::get_if<int>(&options)) return *status;
    return ims::ue::Runner{std::move(std::get<ims::ue::Options>(options))}.run();
}
