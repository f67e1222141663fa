// Before any module is loaded, on a kernel that cannot load them by itself.
#include "common/diameter/net/service.hpp"
#include "common/sip/net/transports.hpp"
#include "tests/kernel/sctp/paths.hpp"

#include <catch2/catch.hpp>

using namespace ims;
using namespace ims::test;

namespace {
constexpr auto missing = "this kernel has no SCTP: load module sctp (modprobe sctp)";
}

TEST_CASE("a kernel without SCTP is told by the name of its module", "[no-modules]") {
    boost::asio::io_context io{1};
    std::vector<Note> notes;
    std::vector<std::string> failures;
    sip::Transports transports{io, {}, [&](sip::Transports::Event e) {
                                   if (auto* failed = std::get_if<sip::TransportFailed>(&e))
                                       failures.push_back(failed->detail);
                               }};
    const auto listening = transports.listen(sip::Transport::Sctp, endpoint("127.0.0.1:5060"));
    REQUIRE_FALSE(listening.has_value());
    CHECK(listening.error() == missing);
    transports.send(
        {1, sip::make_buffer("x"), sip::Target{sip::Transport::Sctp, endpoint("127.0.0.1:5060"), {}}});
    REQUIRE(turns(io, std::chrono::seconds{5}, [&] { return !failures.empty(); }));
    CHECK(failures == std::vector<std::string>{missing});

    diameter::Config config;
    config.identity = "hss.ims.example";
    config.realm = "ims.example";
    config.listen_sctp = {{{address("127.0.0.1")}, 3868}};
    diameter::Service service{io, config, {}};
    CHECK_THROWS_WITH(service.start(), Catch::Contains(missing));
}
