#pragma once
#include "common/base/ip.hpp"
#include "tests/kernel/ipsec/world.hpp"

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

// Two hosts with two paths between them: 198.18.0.0/24 and 198.18.1.0/24, left is .1 and right is .2 on each;
// and fd00::1, fd00::2 on the first.
namespace ims::test {

class TwoPaths {
  public:
    TwoPaths() {
        for (const auto* path : {"one", "two"})
            run(std::string{"ip link add "} + path + " netns left type veth peer name " + path +
                " netns right");
        for (const auto* host : {&left, &right}) {
            const std::string end = host == &left ? "1" : "2";
            host->run("ip address add 198.18.0." + end + "/24 dev one");
            host->run("ip address add 198.18.1." + end + "/24 dev two");
            host->run("ip address add fd00::" + end + "/64 dev one nodad");
            host->run("ip link set one up");
            host->run("ip link set two up");
        }
    }
    Host left{"left"}, right{"right"};
};

inline IpAddress address(std::string_view text) {
    return *IpAddress::parse(text);
}
inline IpEndpoint endpoint(std::string_view text) {
    return *IpEndpoint::parse(text);
}

// Turns the loop until `done` holds.
inline bool turns(boost::asio::io_context& io, std::chrono::seconds at_most,
                  const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + at_most;
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) return false;
        io.restart();
        io.run_one_for(std::chrono::milliseconds{20});
    }
    return true;
}

}  // namespace ims::test
