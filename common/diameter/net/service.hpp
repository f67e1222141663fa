#pragma once
#include "common/base/note.hpp"
#include "common/base/turn.hpp"
#include "common/diameter/peer/config.hpp"
#include "common/diameter/types/cx.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>

namespace ims::diameter {

// A Diameter node on the wire: the peer machines of common/diameter/peer carried by Asio. Lives on one
// io_context; nothing blocks. Every SendRequest ends in exactly one AnswerArrived or SendFailed.
class Service {
  public:
    using Event = std::variant<cx::AnswerArrived, cx::SendFailed, cx::RequestArrived, Note>;
    using Sink = std::function<void(Event)>;

    // `turn`, shared with others of the same loop or of its own if null, must outlive the Service.
    Service(boost::asio::io_context& io, Config config, Sink sink, Turn* turn = nullptr);
    ~Service();
    // For who traces: each message as it came in or goes out; what TLS carries, in the clear. Called in the
    // middle of things: the tap looks, and calls nothing of the Service. Before start().
    struct Wire {
        bool out = false;
        bool secure = false, sctp = false;
        IpEndpoint local, remote;
        std::uint64_t connection = 0;
        std::span<const std::uint8_t> octets;
    };
    using Tap = std::function<void(const Wire&)>;
    void tap(Tap tap);

    void start();  // listens and connects; throws std::runtime_error if it cannot listen
    void send(cx::Send request);
    void reply(cx::Reply reply);
    void stop(std::function<void()> stopped);  // DPR to every peer, then closes

    struct PeerStatus {
        std::string identity;
        std::string state;  // RFC 6733 5.6: "I-Open", "Wait-Conn-Ack", ...
        std::string address;
    };
    std::vector<PeerStatus> peers() const;
    std::vector<IpEndpoint> listening()
        const;  // with the real ports where the configuration says 0; TCP, then TLS
    std::vector<SctpEndpoint> listening_sctp() const;
    bool any_open() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace ims::diameter
