#include "common/sdp/offer_answer.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ims::sdp {

namespace {

// RFC 3551 6: what a payload type means where no a=rtpmap says so.
constexpr std::array<std::pair<std::uint8_t, std::string_view>, 6> static_types{{{0, "PCMU/8000"},
                                                                                 {3, "GSM/8000"},
                                                                                 {4, "G723/8000"},
                                                                                 {8, "PCMA/8000"},
                                                                                 {9, "G722/8000"},
                                                                                 {18, "G729/8000"}}};

// The value of "a=<name>:<payload type> <value>".
std::string_view mapped(const Media& media, std::string_view name, std::string_view payload_type) {
    for (const auto& a : media.attributes) {
        if (a.name != name || !a.value) continue;
        const std::string_view value = *a.value;
        const auto space = value.find(' ');
        if (space != std::string_view::npos && value.substr(0, space) == payload_type)
            return trim(value.substr(space));
    }
    return {};
}

// "AMR/8000/1" and "AMR/8000" are one encoding (RFC 8866 6.6).
std::string_view without_one_channel(std::string_view encoding) {
    if (encoding.ends_with("/1") && std::count(encoding.begin(), encoding.end(), '/') == 2)
        encoding.remove_suffix(2);
    return encoding;
}

bool same_encoding(std::string_view a, std::string_view b) {
    return iequals(without_one_channel(a), without_one_channel(b));
}

bool sends(Direction d) {
    return d == Direction::SendRecv || d == Direction::SendOnly;
}
bool receives(Direction d) {
    return d == Direction::SendRecv || d == Direction::RecvOnly;
}

Direction both(Direction own, Direction offered) {
    const bool send = sends(own) && receives(offered);
    const bool receive = receives(own) && sends(offered);
    if (send) return receive ? Direction::SendRecv : Direction::SendOnly;
    return receive ? Direction::RecvOnly : Direction::Inactive;
}

void add_codec(Media& m, const Codec& codec) {
    const auto type = std::to_string(codec.payload_type);
    m.formats.push_back(type);
    m.attributes.add("rtpmap", type + ' ' + codec.encoding);
    if (!codec.parameters.empty()) m.attributes.add("fmtp", type + ' ' + codec.parameters);
}

Session session_of(const Side& side) {
    Session s;
    s.origin.session_id = side.session_id;
    s.origin.session_version = side.session_id;
    s.origin.address_type = side.audio.address.is_v6() ? "IP6" : "IP4";
    s.origin.address = side.audio.address.text();
    s.connection = Connection{side.audio.address};
    return s;
}

bool is_rtp(std::string_view protocol) {
    return protocol == "RTP/AVP" || protocol == "RTP/AVPF";
}

std::vector<Codec> common_codecs(const Media& offered, std::span<const Codec> own) {
    std::vector<Codec> common;
    for (auto& codec : codecs_of(offered))
        if (std::any_of(own.begin(), own.end(),
                        [&](const Codec& c) { return same_encoding(c.encoding, codec.encoding); }))
            common.push_back(std::move(codec));
    return common;
}

// telephone-event alone carries no speech.
bool has_speech(const std::vector<Codec>& codecs) {
    return std::any_of(codecs.begin(), codecs.end(),
                       [](const Codec& c) { return !istarts_with(c.encoding, "telephone-event/"); });
}

}  // namespace

std::vector<Codec> codecs_of(const Media& media) {
    std::vector<Codec> codecs;
    for (const auto& format : media.formats) {
        const auto type = parse_number(format);
        if (!type || *type > 127) continue;
        Codec codec{static_cast<std::uint8_t>(*type), std::string{mapped(media, "rtpmap", format)},
                    std::string{mapped(media, "fmtp", format)}};
        if (codec.encoding.empty())
            for (const auto& [number, encoding] : static_types)
                if (number == *type) codec.encoding = encoding;
        if (!codec.encoding.empty()) codecs.push_back(std::move(codec));
    }
    return codecs;
}

Session offer(const Side& side) {
    auto s = session_of(side);
    Media m;
    m.type = "audio";
    m.port = side.audio.port;
    m.protocol = "RTP/AVP";
    for (const auto& codec : side.codecs) add_codec(m, codec);
    m.attributes.add(direction_text(side.direction));
    s.media.push_back(std::move(m));
    return s;
}

Session answer(const Session& offered, const Side& side) {
    auto s = session_of(side);
    bool taken = false;
    for (const auto& theirs : offered.media) {
        Media m;
        m.type = theirs.type;
        m.protocol = theirs.protocol;
        const bool possible =
            !taken && !theirs.rejected() && theirs.type == "audio" && is_rtp(theirs.protocol);
        const auto codecs = possible ? common_codecs(theirs, side.codecs) : std::vector<Codec>{};
        if (has_speech(codecs)) {
            taken = true;
            m.port = side.audio.port;
            for (const auto& codec : codecs) add_codec(m, codec);
            m.attributes.add(direction_text(both(side.direction, offered.direction_of(theirs))));
        } else {
            m.formats = theirs.formats;  // a refused section still names a format
        }
        s.media.push_back(std::move(m));
    }
    return s;
}

}  // namespace ims::sdp
