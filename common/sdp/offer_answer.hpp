#pragma once
#include "common/sdp/sdp.hpp"

#include <span>
#include <string>
#include <string_view>

// Offer and answer (RFC 3264) for RTP audio, as far as a user agent with one audio stream needs it.
namespace ims::sdp {

struct Codec {
    std::uint8_t payload_type = 0;
    std::string encoding;    // "AMR-WB/16000", as in a=rtpmap; compared without case
    std::string parameters;  // of a=fmtp; none if empty
    bool operator==(const Codec&) const = default;
};

// The codecs of a section in the order of preference; static payload types of RFC 3551 need no a=rtpmap.
std::vector<Codec> codecs_of(const Media& media);

struct Side {
    IpEndpoint audio;                   // where to receive RTP
    std::span<const Codec> codecs;      // in the order of preference
    std::string_view session_id = "1";  // digits
    Direction direction = Direction::SendRecv;
};

Session offer(const Side& side);

// One section for each of the offer (6): the first audio over RTP/AVP or RTP/AVPF with a codec both know is
// taken, with the offer's payload type; everything else is refused with port 0. Its direction is what both
// want (6.1).
Session answer(const Session& offered, const Side& side);

}  // namespace ims::sdp
