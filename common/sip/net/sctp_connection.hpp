#pragma once
#include "common/sctp/association.hpp"
#include "common/sip/net/connection.hpp"
#include "common/sip/net/wire.hpp"

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace ims::sip {

// One SCTP association, accepted or opened (RFC 4168). A message of SIP is a message of SCTP: there is
// nothing to frame, and a message that cannot be taken leaves the others alone. All go unordered over stream
// 0, so that a lost one does not delay others (5.1), with payload protocol 0 (5).
//
// Its flow bears the first address of ours and the peer's address that it was set up with, whatever path the
// messages take.
//
// Note: sip.net.path.changed (info; warning when it is unreachable), with flow, peer and reason.
class SctpConnection final : public Connection, private sctp::Association::Owner {
  public:
    SctpConnection(boost::asio::io_context& io, Wire& wire, std::uint64_t id);

    bool accepted(sctp::Socket socket, const IpEndpoint& listening, std::string& why);  // then Open
    // Then Connecting. From any port of these addresses.
    void connect(const IpEndpoint& to, const std::optional<SctpEndpoint>& from);

    // The peer's, once it is Open: as many as it has told.
    const std::vector<IpEndpoint>& remotes() const { return association_.peer(); }

    void send(std::uint64_t transmit, Buffer bytes) override;
    void flush() override;
    void close(std::string_view reason) override;
    void check(TimePoint now) override;

  private:
    void association_up() override;
    void association_message(std::string_view message, bool whole) override;
    void association_writable() override;
    void association_path(const sctp::PathChanged& path) override;
    void association_unsent(const sctp::SendFailed& message) override;
    void association_down(std::string_view reason) override { close(reason); }
    std::shared_ptr<void> association_owner() override { return shared_from_this(); }
    void refuse(std::string_view message, int status, std::string_view reason);

    // What the kernel may still hand back, by the context it was sent with.
    static constexpr std::size_t remembered = 256;
    struct Sent {
        std::uint32_t context = 0;
        std::uint64_t transmit = 0;
    };

    Wire& wire_;
    sctp::Association association_;
    std::deque<QueuedMessage> queue_;
    std::size_t queued_octets_ = 0;
    std::array<Sent, remembered> sent_;
    std::uint32_t next_context_ = 1;
    bool awaiting_writable_ = false;
    TimePoint active_{};
    std::optional<TimePoint> message_began_;
};

}  // namespace ims::sip
