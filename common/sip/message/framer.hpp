#pragma once
#include "common/sip/message/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace ims::sip {

// Cuts a byte stream (TCP, TLS) into SIP messages by Content-Length (RFC 3261 18.3) and finds RFC 5626 4.4.1
// keep-alives. Feed it octets, then call next() until it says NeedMore. A stream that cannot be framed ends
// in Broken, for good.
class Framer {
  public:
    explicit Framer(std::size_t message_octets = 65535) : limit_{message_octets} {}

    struct NeedMore {};
    struct Ping {};  // CRLFCRLF between messages: answer CRLF
    // A single CRLF between messages. A ping that arrives in two halves is first a Pong and then a Ping:
    // better an answer too many than a flow given up by its UE.
    struct Pong {};
    struct Broken {
        int status;
        std::string_view what;
        std::string head;
    };  // too large, no Content-Length: answer if `head` parses, then close
    using Item = std::variant<NeedMore, Ping, Pong, Buffer, Broken>;

    void feed(std::string_view octets) { pending_.append(octets); }
    Item next();
    std::size_t buffered() const { return pending_.size() - begin_; }

  private:
    void consume(std::size_t octets);

    std::size_t limit_;
    std::string pending_;
    std::size_t begin_ = 0;    // of what is not yet delivered
    std::size_t scanned_ = 0;  // how far the end of the headers was looked for
    bool broken_ = false;
    bool half_ping_ = false;  // the last octets delivered were one CRLF, and nothing followed yet
};

}  // namespace ims::sip
