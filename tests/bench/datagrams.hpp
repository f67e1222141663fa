#pragma once
#include "tests/bench/wire.hpp"

#include <array>
#include <vector>

namespace ims::bench {

// One UDP socket that speaks from and hears for any loopback address (IP_PKTINFO), so that fifty thousand UEs
// have an address each and cost one file descriptor. Sends and receives in batches.
class Datagrams final : public Wire {
  public:
    Datagrams(std::uint16_t port, IpEndpoint peer);  // throws std::system_error
    ~Datagrams() override;
    Datagrams(const Datagrams&) = delete;
    Datagrams& operator=(const Datagrams&) = delete;

    void send(sip::Transmit transmit) override;
    void flush() override;
    bool wait(int milliseconds) override;
    void receive(const Sink& sink) override;

  private:
    struct Outgoing {
        IpAddress from;
        sip::Buffer octets;
    };
    static constexpr std::size_t batch = 64;
    int socket_ = -1;
    std::uint16_t port_;
    IpEndpoint peer_;
    std::vector<Outgoing> outgoing_;
    std::vector<std::array<char, 8192>> buffers_;
};

}  // namespace ims::bench
