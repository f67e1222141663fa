#pragma once
#include "common/base/result.hpp"
#include "common/base/sctp_endpoint.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ims::sctp {

// A socket of the one-to-one style (RFC 6458 4): it listens, or it is one association. Never blocks; closed
// by its destructor, gracefully (RFC 9260 9.2) unless what came was not read. The system's errors are
// std::generic_category's, and would_block() those that mean "later".
class Socket {
  public:
    Socket() = default;
    Socket(Socket&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    Socket& operator=(Socket&& other) noexcept;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { close(); }

    // For IPv4 addresses, or for both families. Or why there is none: "this kernel has no SCTP: ...".
    static Result<Socket, std::string> open(bool v6);

    [[nodiscard]] std::error_code bind(const SctpEndpoint& at);  // port 0: any free one
    [[nodiscard]] std::error_code listen(int backlog);
    [[nodiscard]] std::error_code connect(const SctpEndpoint& to);  // would_block: under way
    [[nodiscard]] std::error_code accept(Socket& accepted);
    std::error_code take_error();  // SO_ERROR: how connecting ended, why the association is gone

    struct Sending {
        std::uint32_t payload_protocol = 0;  // RFC 9260 3.3.1; in host order
        bool unordered = true;               // stream 0 always: unordered needs no other
        std::uint32_t context = 0;           // comes back in SendFailed
    };
    // All of it or nothing.
    [[nodiscard]] std::error_code send(std::string_view message, const Sending& how);

    struct Piece {
        std::size_t octets = 0;     // 0 and no notification: the association has ended well
        bool notification = false;  // else of a message
        bool last = false;          // of its message or notification
        std::uint16_t stream = 0;
        std::uint32_t payload_protocol = 0;  // in host order
    };
    [[nodiscard]] std::error_code receive(std::span<char> into, Piece& piece);

    std::vector<IpEndpoint> local() const;  // of a socket that is bound or connected, else empty
    std::vector<IpEndpoint> peer() const;   // of an association; the one it was set up to, or from, first

    void close();
    int descriptor() const { return descriptor_; }

  private:
    explicit Socket(int descriptor) : descriptor_{descriptor} {}

    int descriptor_ = -1;
};

bool would_block(const std::error_code& error);

// Whether SCTP can be used here, or what has to be done.
bool available(std::string& why);

}  // namespace ims::sctp
