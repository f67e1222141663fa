#pragma once
#include "common/base/ip.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ims::bench {

// One UDP socket that speaks from and hears for any loopback address (IP_PKTINFO), so that fifty thousand UEs
// have an address each and cost one file descriptor. Sends and receives in batches.
class Wire {
  public:
    Wire(std::uint16_t port, IpEndpoint peer);  // throws std::system_error
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    void send(IpAddress from, std::string octets);  // leaves with the next flush()
    void flush();
    // Everything that has arrived: the address it was sent to, and its octets (valid during the call only).
    void receive(const std::function<void(IpAddress to, std::string_view octets)>& sink);
    bool wait(int milliseconds) const;  // until something arrives
    std::uint16_t port() const { return port_; }
    std::uint64_t refused_sends() const { return refused_; }

  private:
    struct Outgoing {
        IpAddress from;
        std::string octets;
    };
    static constexpr std::size_t batch = 64;
    int socket_ = -1;
    std::uint16_t port_;
    IpEndpoint peer_;
    std::vector<Outgoing> outgoing_;
    std::vector<std::array<char, 8192>> buffers_;
    std::uint64_t refused_ = 0;
};

}  // namespace ims::bench
