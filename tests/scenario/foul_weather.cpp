#include "tests/scenario/flows.hpp"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::world;

namespace {
struct Named {
    const char* name;
    Ending (*flow)(World&);
};
const std::vector<Named> all{
    {"register, refresh, deregister", flows::register_refresh_deregister},
    {"MESSAGE", flows::message},
    {"OPTIONS", flows::options},
    {"a call that the caller ends", flows::call_and_caller_hangs_up},
    {"a call that the callee ends", flows::call_and_callee_hangs_up},
    {"a call with UPDATE and hold", flows::call_with_update_and_hold},
    {"a call that is cancelled", flows::cancel},
    {"a call that is refused", flows::busy},
    {"a deregistration by the network", flows::deregistration_by_the_network},
};
}  // namespace

TEST_CASE("whichever datagram is lost, every flow ends as if it had not been", "[RFC3261-17]") {
    for (const auto& [name, flow] : all) DYNAMIC_SECTION(name) {
            Options options;
            options.udp_only = true;
            const auto trial = lose_each_datagram(flow, options);
            CHECK(trial.undisturbed == Ending::Success);
            CHECK(trial.runs > 10);
            INFO(trial.report());
            CHECK(trial.failures.empty());
        }
}

TEST_CASE("whichever node restarts, whenever it is quiet, nobody hangs, and what was idle does not notice",
          "[TS24.229-5]") {
    auto restarted = all;
    restarted.push_back({"a call between UEs on TCP", flows::call_over_connections});
    for (const auto& [name, flow] : restarted) DYNAMIC_SECTION(name) {
            const auto trial = restart_each_node(flow, {}, true);
            CHECK(trial.undisturbed == Ending::Success);
            CHECK(trial.runs >= 3);
            INFO(trial.report());
            CHECK(trial.hangs() == 0);
        }
}
