#pragma once
#include "common/base/text.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

// RTP as a UE needs it to hear whether media flows (RFC 3550): a G.711 tone to send, and what to say about
// what was received. No sockets here.
namespace ims::ue {

inline constexpr auto rtp_packet_time = std::chrono::milliseconds{20};
inline constexpr std::uint32_t rtp_samples = 160;  // 20 ms at 8000 Hz

std::uint8_t a_law(std::int16_t sample);  // ITU-T G.711
std::uint8_t mu_law(std::int16_t sample);

// A tone of 440 Hz, packet after packet.
class RtpSender {
  public:
    RtpSender(std::uint8_t payload_type, std::uint32_t ssrc, std::uint16_t first_sequence,
              std::uint32_t first_timestamp)
        : payload_type_{payload_type}, ssrc_{ssrc}, sequence_{first_sequence}, timestamp_{first_timestamp} {}

    Octets next();  // 12 octets of header and 160 of G.711
    void skip();    // 20 ms of silence: on hold
    std::uint64_t sent() const { return sent_; }

  private:
    std::uint8_t payload_type_;
    std::uint32_t ssrc_;
    std::uint16_t sequence_;
    std::uint32_t timestamp_;
    std::uint32_t phase_ = 0;  // in samples
    std::uint64_t sent_ = 0;
    bool marked_ = false;
};

// What RFC 3550 6.4.1 reports of one source, computed as in A.1, A.3 and A.8.
class RtpReceiver {
  public:
    void receive(std::span<const std::uint8_t> packet, TimePoint arrival);

    std::uint64_t received() const { return received_; }
    std::uint64_t expected() const;  // from the first sequence number seen to the highest
    std::int64_t lost() const {
        return static_cast<std::int64_t>(expected()) - static_cast<std::int64_t>(received_);
    }
    double loss() const;  // 0 to 1; 0 where duplicates outweigh losses
    std::chrono::duration<double, std::milli> jitter() const;
    std::uint64_t malformed() const { return malformed_; }  // no RTP, or no G.711 with 8000 Hz

  private:
    std::uint64_t received_ = 0, malformed_ = 0;
    std::optional<std::uint32_t> ssrc_;
    std::uint32_t base_ = 0;     // first extended sequence number
    std::uint32_t highest_ = 0;  // extended: cycles in the upper half
    TimePoint last_arrival_{};
    std::uint32_t last_timestamp_ = 0;
    double jitter_ = 0;  // in timestamp units
};

}  // namespace ims::ue
