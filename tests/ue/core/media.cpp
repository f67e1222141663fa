#include "tests/ue/core/media.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>

namespace ims::ue {

namespace {

constexpr std::array<std::string_view, 4> directions{"sendrecv", "sendonly", "recvonly", "inactive"};
constexpr std::array<int, 2> codecs{8, 0};  // PCMA, PCMU: static payload types (RFC 3551 6)

// RFC 3264 6.1: what the answerer may say to an offered direction; also how the offerer reads an answer.
MediaDirection mirrored(MediaDirection d) {
    switch (d) {
        case MediaDirection::SendOnly: return MediaDirection::ReceiveOnly;
        case MediaDirection::ReceiveOnly: return MediaDirection::SendOnly;
        case MediaDirection::SendReceive:
        case MediaDirection::Inactive: break;
    }
    return d;
}

// What this UE needs of a description: the media lines, and of the first audio stream address, port, formats
// and direction.
struct Stream {
    std::string_view line;  // the value of m=
    bool audio = false;
    std::uint16_t port = 0;
    std::vector<int> formats;
    std::optional<IpAddress> address;
    std::optional<MediaDirection> direction;
};
struct Description {
    std::optional<IpAddress> address;
    std::optional<MediaDirection> direction;
    std::vector<Stream> streams;
};

std::string_view next_word(std::string_view& text) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

Stream stream_of(std::string_view value) {
    Stream s{.line = value, .audio = false, .port = 0, .formats = {}, .address = {}, .direction = {}};
    s.audio = next_word(value) == "audio";
    const auto port = next_word(value);
    s.port = static_cast<std::uint16_t>(parse_number(port.substr(0, port.find('/'))).value_or(0));
    next_word(value);  // the protocol
    while (!value.empty())
        if (const auto format = parse_number(next_word(value)); format && *format < 128)
            s.formats.push_back(static_cast<int>(*format));
    return s;
}

Description description_of(std::string_view sdp) {
    Description d;
    while (!sdp.empty()) {
        const auto end = std::min(sdp.find('\n'), sdp.size());
        const auto line = trim(sdp.substr(0, end));
        sdp.remove_prefix(std::min(end + 1, sdp.size()));
        if (line.size() < 3 || line[1] != '=') continue;
        auto value = line.substr(2);
        if (line[0] == 'm') {
            d.streams.push_back(stream_of(value));
        } else if (line[0] == 'c') {
            next_word(value);  // IN
            next_word(value);  // IP4, IP6
            (d.streams.empty() ? d.address : d.streams.back().address) =
                IpAddress::parse(value.substr(0, value.find('/')));
        } else if (line[0] == 'a') {
            const auto* const found = std::find(directions.begin(), directions.end(), value);
            if (found == directions.end()) continue;
            (d.streams.empty() ? d.direction : d.streams.back().direction) =
                static_cast<MediaDirection>(found - directions.begin());
        }
    }
    return d;
}

std::optional<int> common_codec(const Stream& s) {
    for (const int codec : codecs)
        if (std::find(s.formats.begin(), s.formats.end(), codec) != s.formats.end()) return codec;
    return {};
}

std::string_view rtpmap(int payload_type) {
    return payload_type == 8 ? "a=rtpmap:8 PCMA/8000\r\n" : "a=rtpmap:0 PCMU/8000\r\n";
}

// "audio 49170 RTP/AVP 0" -> "audio 0 RTP/AVP 0" (RFC 3264 6: refused)
std::string refused(std::string_view media_line) {
    auto rest = media_line;
    const auto media = next_word(rest);
    next_word(rest);
    return "m=" + std::string{media} + " 0 " + std::string{rest} + "\r\n";
}

}  // namespace

std::string_view text(MediaDirection direction) {
    return directions[static_cast<std::size_t>(direction)];
}

std::string Media::header() {
    ++version_;
    const auto address = std::string{local_.address.is_v6() ? "IN IP6 " : "IN IP4 "} + local_.address.text();
    return "v=0\r\no=- " + std::to_string(session_id_) + " " + std::to_string(version_) + " " + address +
           "\r\ns=-\r\nc=" + address + "\r\nt=0 0\r\n";
}

std::string Media::offer(MediaDirection wanted) {
    wanted_ = wanted;
    return header() + "m=audio " + std::to_string(local_.port) + " RTP/AVP 8 0\r\n" + std::string{rtpmap(8)} +
           std::string{rtpmap(0)} + "a=ptime:20\r\na=" + std::string{text(wanted)} + "\r\n";
}

std::optional<std::string> Media::answer(std::string_view offer) {
    const auto offered = description_of(offer);
    std::string streams;
    bool taken = false;
    for (const auto& s : offered.streams) {
        const auto codec = common_codec(s);
        if (taken || !s.audio || s.port == 0 || !codec) {
            streams += refused(s.line);
            continue;
        }
        taken = true;
        payload_type_ = *codec;
        direction_ = mirrored(s.direction.value_or(offered.direction.value_or(MediaDirection::SendReceive)));
        const auto address = s.address ? s.address : offered.address;
        remote_ = address ? std::optional{IpEndpoint{*address, s.port}} : std::nullopt;
        streams += "m=audio " + std::to_string(local_.port) + " RTP/AVP " + std::to_string(payload_type_) +
                   "\r\n" + std::string{rtpmap(payload_type_)} +
                   "a=ptime:20\r\na=" + std::string{text(direction_)} + "\r\n";
    }
    if (!taken) return {};
    negotiated_ = true;
    return header() + streams;
}

bool Media::accept(std::string_view answer) {
    const auto given = description_of(answer);
    if (given.streams.empty() || !given.streams[0].audio || given.streams[0].port == 0) return false;
    const auto& s = given.streams[0];
    const auto codec = common_codec(s);
    if (!codec) return false;
    payload_type_ = *codec;
    direction_ = mirrored(s.direction.value_or(given.direction.value_or(MediaDirection::SendReceive)));
    const auto address = s.address ? s.address : given.address;
    remote_ = address ? std::optional{IpEndpoint{*address, s.port}} : std::nullopt;
    negotiated_ = true;
    return true;
}

void Media::restore(const Saved& saved) {
    session_id_ = saved.session_id;
    version_ = saved.version;
    remote_ = saved.remote;
    direction_ = wanted_ = saved.direction;
    payload_type_ = saved.payload_type;
    negotiated_ = true;
}

}  // namespace ims::ue
