#pragma once
#include "common/base/ip.hpp"
#include "common/sdp/sdp.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The session descriptions of this UE: one audio stream of G.711 (RFC 3264, RFC 3551).
namespace ims::ue {

class Media {
  public:
    Media(IpEndpoint local, std::uint64_t session_id) : local_{local}, session_id_{session_id} {}

    // An offer with our view of the direction; each one has a new version.
    std::string offer(sdp::Direction wanted);
    // The answer to the peer's offer, or nothing if there is no audio stream with a codec of ours.
    std::optional<std::string> answer(std::string_view offer);
    // Takes the peer's answer to our offer; false if it refuses the stream.
    bool accept(std::string_view answer);

    const std::optional<IpEndpoint>& remote() const { return remote_; }
    sdp::Direction direction() const { return direction_; }  // as we see it
    std::uint8_t payload_type() const { return payload_type_; }

    struct Saved {
        std::uint64_t session_id = 0, version = 0;
        std::optional<IpEndpoint> remote;
        sdp::Direction direction = sdp::Direction::SendRecv;
    };
    Saved saved() const { return {session_id_, version_, remote_, direction_}; }
    void restore(const Saved& saved);

  private:
    std::string printed(sdp::Session session);

    IpEndpoint local_;
    std::uint64_t session_id_ = 0;
    std::uint64_t version_ = 0;
    std::optional<IpEndpoint> remote_;
    sdp::Direction direction_ = sdp::Direction::SendRecv;
    std::uint8_t payload_type_ = 8;
};

}  // namespace ims::ue
