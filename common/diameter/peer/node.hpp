#pragma once
#include "common/base/random.hpp"
#include "common/diameter/peer/duplicates.hpp"
#include "common/diameter/peer/effects.hpp"
#include "common/diameter/peer/identifiers.hpp"
#include "common/diameter/peer/peer.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ims::diameter {

// A Diameter node (RFC 6733 1.2) as a value machine: peers, routing, matching of answers, failover,
// redirection, duplicates. It has no sockets and no clock: connections are numbers, messages are octets, time
// is an argument.
//
// Every cx::Send ends in exactly one cx::AnswerArrived or cx::SendFailed.
class Node {
  public:
    // What is known about a connection from outside Diameter.
    struct Transport {
        std::vector<IpAddress> local;  // ours, the one that is in use first
        std::string remote;            // "192.0.2.1:3868"
        bool secure = false;
        std::vector<std::string> certified;  // names in the peer's certificate; empty without one
    };
    struct PeerStatus {
        std::string identity;
        Peer::State state = Peer::State::Closed;
        Watchdog::Status watchdog = Watchdog::Status::Initial;
        std::string address;
    };

    // `origin_state_id`: RFC 6733 8.16, greater at every start of the process.
    Node(Config config, std::uint32_t origin_state_id, Random& random);
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    ~Node();

    void start(TimePoint now, Effects& out);
    // DPR to every open peer; Stopped once none is left.
    void stop(TimePoint now, Effects& out);

    // ---- from the transport. Every connection that was made ends in closed(), also after a Close of ours.
    ConnectionId accepted(Transport transport, TimePoint now, Effects& out);
    void connected(ConnectionId c, Transport transport, TimePoint now, Effects& out);
    void connect_failed(ConnectionId c, std::string_view reason, TimePoint now, Effects& out);
    void received(ConnectionId c, std::span<const std::uint8_t> message, TimePoint now, Effects& out);
    // The length field of what came makes no sense (Framer::broken).
    void stream_broken(ConnectionId c, std::span<const std::uint8_t> rest, Effects& out);
    void closed(ConnectionId c, std::string_view reason, TimePoint now, Effects& out);

    // ---- from the application
    void send(cx::Send request, TimePoint now, Effects& out);
    void reply(const cx::Reply& reply, TimePoint now, Effects& out);

    void handle_timeout(TimePoint now, Effects& out);
    std::optional<TimePoint> next_deadline() const;

    std::vector<PeerStatus> peers() const;
    bool any_open() const;
    std::size_t pending() const { return pending_.size(); }

  private:
    struct Connection {
        Transport transport;
        Peer* peer = nullptr;             // before a CER: nobody's
        std::optional<TimePoint> cer_by;  // 5.6.1
        bool stranger = false;            // counted in strangers_
        bool closing = false;
    };
    struct Pending {  // a request of ours that waits for its answer
        cx::RequestId id;
        Octets message;
        std::size_t command = 0;  // index in cx::Request and cx::Answer
        std::uint32_t end_to_end = 0;
        Peer* peer = nullptr;  // whom it was sent to, or is waiting for
        bool waiting = false;  // for that peer to open (redirection)
        unsigned attempts = 1;
        unsigned redirects = 0;
        std::optional<std::string> destination_host;
        std::string realm;
        std::vector<const Peer*> tried;
    };
    struct Incoming {  // a request of theirs that waits for the application
        ConnectionId connection;
        codec::Header header;
        std::string session_id;
        std::vector<Octets> proxy_info;
    };
    using PendingMap = std::unordered_map<std::uint32_t, Pending>;  // by Hop-by-Hop Identifier

    // node.cpp: connections and peers
    Peer* find_peer(std::string_view identity);
    Peer& add_peer(PeerConfig config, bool configured);
    template <class Step>
    void step(Peer& peer, TimePoint now, Effects& out, Step&& do_step);
    void close(ConnectionId c, Effects& out);
    void on_first_message(ConnectionId c, Connection& connection, const codec::Message& message,
                          TimePoint now, Effects& out);
    // Whose it is; null, with the reason, if his who does not connect here.
    Peer* peer_of_cer(const Connection& connection, const CapabilitiesExchangeRequest& cer,
                      std::string& why_not);
    void on_malformed(ConnectionId c, const codec::Malformed& malformed, Effects& out);
    void remove_strangers();
    void finish_stop(Effects& out);

    // client.cpp: requests of ours
    Peer* route(const Pending& p, TimePoint now);
    void transmit(Pending p, TimePoint now, Effects& out);
    void fail(const Pending& p, cx::SendFailed::Reason reason, std::string detail, Effects& out);
    void try_another(Pending p, bool retransmission, cx::SendFailed::Reason reason, const std::string& detail,
                     TimePoint now, Effects& out);
    void redirect(Pending p, const std::vector<std::string>& hosts, TimePoint now, Effects& out);
    void on_answer(ConnectionId c, codec::Message message, TimePoint now, Effects& out);
    void on_peer_lost(Peer& peer, bool disconnected, TimePoint now, Effects& out);
    void on_peer_usable(Peer& peer, TimePoint now, Effects& out);
    void expire_pending(TimePoint now, Effects& out);

    // server.cpp: requests of theirs
    void on_request(ConnectionId c, codec::Message message, TimePoint now, Effects& out);
    std::optional<ResultCode> refusal(const codec::Head& head) const;
    void learn_realm(const codec::Head& head);
    void expire_incoming(TimePoint now, Effects& out);

    Config config_;
    Random& random_;
    Local local_;
    Identifiers ids_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::unordered_map<ConnectionId, Connection> connections_;
    PendingMap pending_;
    std::deque<std::pair<TimePoint, std::uint32_t>>
        pending_order_;       // deadlines, in order: all attempts last the same
    std::uint64_t turn_ = 0;  // takes turns between equal peers
    std::unordered_map<cx::RequestId, Incoming> incoming_;
    std::deque<std::pair<TimePoint, cx::RequestId>> incoming_order_;
    std::uint64_t next_incoming_ = 0;
    Duplicates duplicates_;
    std::unordered_map<std::string, std::string, StringHash, std::equal_to<>> realm_of_;  // by Origin-Host
    std::size_t strangers_ = 0;  // connections without a CER so far
    bool stopping_ = false, stopped_ = false;
};

}  // namespace ims::diameter
