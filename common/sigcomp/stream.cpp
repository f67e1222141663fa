#include "common/sigcomp/stream.hpp"

#include <algorithm>
#include <utility>

namespace ims::sigcomp {

namespace {

constexpr std::uint8_t mark = 0xff;
constexpr std::size_t max_quoted = 0x7f;

}  // namespace

Octets mark_record(OctetSpan message) {
    Octets out;
    out.reserve(message.size() + 8);
    for (std::size_t at = 0; at < message.size();) {
        const auto octet = message[at++];
        out.push_back(octet);
        if (octet != mark) continue;
        // Quoting up to the last FF in reach keeps the worst case at one octet in 128.
        std::size_t quoted = std::min(max_quoted, message.size() - at);
        while (quoted > 0 && message[at + quoted - 1] != mark) --quoted;
        out.push_back(static_cast<std::uint8_t>(quoted));
        const auto* first = message.data() + at;
        out.insert(out.end(), first, first + quoted);
        at += quoted;
    }
    out.insert(out.end(), {mark, mark});
    return out;
}

RecordReader::Item RecordReader::broken(Reason reason) {
    broken_ = Failure{reason, 0, 0, {}};
    pending_.clear();
    record_.clear();
    begin_ = 0;
    return *broken_;
}

RecordReader::Item RecordReader::next() {
    if (broken_) return *broken_;
    while (begin_ < pending_.size()) {
        const auto octet = pending_[begin_++];
        if (quoted_ > 0) {
            --quoted_;
            record_.push_back(octet);
        } else if (!std::exchange(after_ff_, false)) {
            if (octet == mark)
                after_ff_ = true;
            else
                record_.push_back(octet);
        } else if (octet <= max_quoted) {
            record_.push_back(mark);
            quoted_ = octet;
        } else if (octet != mark) {
            return broken(Reason::FramingError);
        } else if (!record_.empty()) {
            return std::exchange(record_, {});
        }
        if (record_.size() > limit_) return broken(Reason::BytecodesTooLarge);
    }
    pending_.clear();
    begin_ = 0;
    return NeedMore{};
}

}  // namespace ims::sigcomp
