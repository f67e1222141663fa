#pragma once
#include "common/base/text.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ims::diameter::codec {

// Cuts a TCP stream into messages by the length field of RFC 6733 3. A length below a header's 20 octets or
// above the limit breaks the stream for good: there is no way to find the next message.
class Framer {
  public:
    explicit Framer(std::size_t max_message) : max_message_{max_message} {}

    void push(std::span<const std::uint8_t> octets);
    // The next whole message, valid until the next call of push().
    std::optional<std::span<const std::uint8_t>> next();
    bool broken() const { return broken_; }
    // Octets that wait for the rest of their message.
    std::size_t waiting() const { return buffer_.size() - read_; }
    // What is there of the message that broke the stream: its header is worth an error answer.
    std::span<const std::uint8_t> rest() const { return std::span{buffer_}.subspan(read_); }

  private:
    std::size_t max_message_;
    Octets buffer_;
    std::size_t read_ = 0;
    bool broken_ = false;
};

}  // namespace ims::diameter::codec
