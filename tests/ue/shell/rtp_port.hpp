#pragma once
#include "common/base/ip.hpp"
#include "common/base/result.hpp"
#include "common/sdp/sdp.hpp"
#include "tests/ue/core/rtp.hpp"

#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace ims::ue {

// A UDP socket that sends the tone every 20 ms and counts what comes.
class RtpPort {
  public:
    explicit RtpPort(boost::asio::io_context& io);
    ~RtpPort();

    Result<IpEndpoint, std::string> open(const IpAddress& address);  // any free even port (RFC 3550 11)
    void start(const IpEndpoint& remote, std::uint8_t payload_type, std::uint32_t ssrc);
    void change(const IpEndpoint& remote, sdp::Direction direction);
    void stop();

    bool running() const;
    std::uint64_t sent() const;
    const RtpReceiver& received() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace ims::ue
