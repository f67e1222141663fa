// Prints a line a test case for tests/kernel/run, beside what Catch2 prints of failures.
#define CATCH_CONFIG_MAIN
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include "tests/kernel/ipsec/world.hpp"

#include <iostream>

#include <catch2/catch.hpp>

namespace {

std::string skipped;

struct Lines : Catch::TestEventListenerBase {
    using TestEventListenerBase::TestEventListenerBase;
    std::chrono::steady_clock::time_point began;

    void testCaseStarting(const Catch::TestCaseInfo& info) override {
        TestEventListenerBase::testCaseStarting(info);
        skipped.clear();
        began = std::chrono::steady_clock::now();
    }
    void testCaseEnded(const Catch::TestCaseStats& stats) override {
        TestEventListenerBase::testCaseEnded(stats);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        const auto& name = stats.testInfo.name;
        if (stats.totals.assertions.failed != 0 || (skipped.empty() && stats.totals.assertions.passed == 0))
            std::cout << "not ok - " << name << std::endl;
        else if (!skipped.empty())
            std::cout << "skip - " << name << ": " << skipped << std::endl;
        else
            std::cout << "ok - " << name << " (" << std::fixed << std::setprecision(1) << took.count()
                      << " s)" << std::endl;
    }
};
CATCH_REGISTER_LISTENER(Lines)

}  // namespace

void ims::test::skip(const std::string& reason) {
    skipped = reason;
}
