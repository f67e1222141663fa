#include "tests/ue/core/media.hpp"

#include "common/sdp/offer_answer.hpp"

#include <algorithm>
#include <array>

namespace ims::ue {

namespace {

// RFC 3551 6
const std::array<sdp::Codec, 2> codecs{sdp::Codec{8, "PCMA/8000", ""}, sdp::Codec{0, "PCMU/8000", ""}};

const sdp::Media* audio_of(const sdp::Session& session) {
    const auto found = std::find_if(session.media.begin(), session.media.end(),
                                    [](const sdp::Media& m) { return m.type == "audio" && !m.rejected(); });
    return found == session.media.end() ? nullptr : &*found;
}

// The first codec of the answer is the one in use, for both sides.
std::uint8_t payload_type_of(const sdp::Media& answered) {
    const auto given = sdp::codecs_of(answered);
    return given.empty() ? codecs[0].payload_type : given.front().payload_type;
}

}  // namespace

// RFC 3264 8: the same session, one version higher.
std::string Media::printed(sdp::Session session) {
    session.origin.session_id = std::to_string(session_id_);
    session.origin.session_version = std::to_string(++version_);
    return session.text();
}

std::string Media::offer(sdp::Direction wanted) {
    return printed(sdp::offer({.audio = local_, .codecs = codecs, .direction = wanted}));
}

std::optional<std::string> Media::answer(std::string_view offer) {
    const auto offered = sdp::Session::parse(offer);
    if (!offered) return {};
    auto answer =
        sdp::answer(*offered, {.audio = local_, .codecs = codecs, .direction = sdp::Direction::SendRecv});
    const auto* const taken = audio_of(answer);
    if (taken == nullptr) return {};
    direction_ = answer.direction_of(*taken);
    payload_type_ = payload_type_of(*taken);
    remote_ = offered->endpoint_of(offered->media[static_cast<std::size_t>(taken - answer.media.data())]);
    return printed(std::move(answer));
}

bool Media::accept(std::string_view answer) {
    const auto given = sdp::Session::parse(answer);
    if (!given) return false;
    const auto* const audio = audio_of(*given);
    if (audio == nullptr) return false;
    direction_ = sdp::reversed(given->direction_of(*audio));
    payload_type_ = payload_type_of(*audio);
    remote_ = given->endpoint_of(*audio);
    return true;
}

void Media::restore(const Saved& saved) {
    session_id_ = saved.session_id;
    version_ = saved.version;
    remote_ = saved.remote;
    direction_ = saved.direction;
}

}  // namespace ims::ue
