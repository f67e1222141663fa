// Before any module is loaded, with a kernel that cannot load them by itself: what each failure is called.
#include "tests/kernel/ipsec/world.hpp"

#include <iostream>

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::test;
using Kind = ipsec::Failure::Kind;

TEST_CASE("a missing module is told by its name", "[no-modules]") {
    const Host host{"bare"};
    const auto opened = host.in([] { return ipsec::Kernel::open(); });
    std::cout << text(opened) << "\n";
    if (opened) {
        auto kernel = host.kernel();
        for (const auto& a : kernel.probe())
            std::cout << a.transform.text() << ": " << text(a.missing) << "\n";
    }
    CHECK(true);
}
