#pragma once
#include "tests/bench/wire.hpp"

#include <memory>

namespace ims::bench {

// A connection for each UE, through the transports that the services have themselves: TCP, TLS, WebSocket.
class Streams final : public Wire {
  public:
    // `tls` for TLS and WSS; throws std::runtime_error if its files are no good.
    Streams(std::size_t ues, std::size_t sigcomp_octets, const std::optional<sip::TlsConfig>& tls);
    ~Streams() override;

    void send(sip::Transmit transmit) override;
    void flush() override;
    bool wait(int milliseconds) override;
    void receive(const Sink& sink) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ims::bench
