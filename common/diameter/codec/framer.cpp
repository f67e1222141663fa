#include "common/diameter/codec/framer.hpp"

#include "common/diameter/codec/header.hpp"

namespace ims::diameter::codec {

void Framer::push(std::span<const std::uint8_t> octets) {
    if (broken_) return;
    if (read_ > 0) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(read_));
        read_ = 0;
    }
    buffer_.insert(buffer_.end(), octets.begin(), octets.end());
}

std::optional<std::span<const std::uint8_t>> Framer::next() {
    const auto left = rest();
    if (broken_ || left.size() < 4) return {};
    const std::size_t length = std::size_t{left[1]} << 16 | std::size_t{left[2]} << 8 | left[3];
    if (length < header_size || length > max_message_) {
        broken_ = true;
        return {};
    }
    if (left.size() < length) return {};
    read_ += length;
    return left.first(length);
}

}  // namespace ims::diameter::codec
