#pragma once
#include "common/base/note.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/base/turn.hpp"
#include "common/sip/message/flow.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace ims::sip {

// Certificates of TLS and WSS (RFC 3261 26.3.1, RFC 5922); files in PEM.
struct TlsConfig {
    enum class ClientCertificates { None, Optional, Required };

    std::string certificate;  // ours, then those up to its root; none: we can only connect
    std::string key;
    std::string ca;  // whom we believe; none: whom the system believes
    ClientCertificates client_certificates = ClientCertificates::None;  // of who connects
    bool verify_servers = true;                                         // whom we connect to
    bool operator==(const TlsConfig&) const = default;
};

struct WebSocketConfig {
    std::string path;                  // where it is served; empty: everywhere
    std::vector<std::string> origins;  // of pages that may use it (RFC 6455 10.2); empty: all
};

struct TransportsConfig {
    std::size_t message_octets = 65535;  // of one message; beyond: 513 and, on a stream, the end of it
    std::size_t header_lines = 256;    // beyond: 400; up to Limits{}.header_lines, which the parser enforces
    std::size_t connections = 20'000;  // accepted and opened
    std::size_t connections_per_peer = 64;  // accepted from one address
    int backlog = 1024;                     // listen(2)
    Duration connect_timeout = 5s;
    Duration handshake_timeout = 10s;  // of TLS and WebSocket together
    Duration idle_timeout = 600s;      // a connection without traffic; TS 24.229 leaves it to us
    // Without traffic for so long, TCP asks whether the peer is there (RFC 9293 3.8.4), four times in a
    // minute.
    std::chrono::seconds probe_after = 240s;
    Duration message_timeout = 32s;            // from the first octet of a message to its last
    std::size_t write_queue_octets = 1 << 20;  // per connection; beyond: TransportFailed
    std::size_t datagram_queue =
        16'384;                      // per socket, when the kernel's buffer is full; beyond: TransportFailed
    std::size_t sigcomp_octets = 0;  // of one SigComp message on a stream; 0: SigComp is not spoken
    int socket_buffer = 4 << 20;  // SO_RCVBUF and SO_SNDBUF of datagram sockets, as far as the kernel allows
    WebSocketConfig web_socket{};
};

// SIP on UDP, TCP, TLS (RFC 3261 18, 26.2), WebSockets (RFC 7118) and SCTP (RFC 4168), IPv4 and IPv6, on one
// io_context and one thread.
//
// What is sent leaves with the next flush(), which happens by itself at the end of each batch of received
// messages and otherwise in the next turn of the loop. The sink is never called from within send().
//
// Notes: sip.net.connection.accepted, .opened, .closed, sip.net.tls.established (trace);
// sip.net.connection.refused, sip.net.connect.failed, sip.net.handshake.failed, sip.net.stream.broken,
// sip.net.datagram.refused, sip.net.accept.failed (warning), sip.net.path.changed (info or warning), each
// with peer or flow and reason.
class Transports {
  public:
    using Event = std::variant<Received, FlowClosed, TransportFailed, Note>;
    using Sink = std::function<void(Event)>;

    // `turn`, shared with others of the same loop or of its own if null, must outlive the Transports.
    Transports(boost::asio::io_context& io, TransportsConfig config, Sink sink, Turn* turn = nullptr);
    ~Transports();

    // The certificates of TLS and WSS from now on: before listen(), and again when the files have changed,
    // which concerns connections to come. False with `why`: everything stays as it was.
    bool use_certificates(const TlsConfig& config, std::string& why);

    // Where it listens (port 0: any free one), or why not. The address goes into Via, so it cannot be 0.0.0.0
    // or ::.
    // `further`: with SCTP, more addresses that each association there has (RFC 9260 6.4).
    Result<IpEndpoint, std::string> listen(Transport transport, const IpEndpoint& at,
                                           const std::vector<IpAddress>& further = {});
    std::vector<std::pair<Transport, IpEndpoint>> listening() const;
    // A port to send from: datagrams, and connections that bind to it (TS 33.203 7.1, a protected client
    // port). Nothing is accepted on it.
    Result<IpEndpoint, std::string> open_client_port(const IpEndpoint& at);

    // Those that `is_needed` says are not closed for being idle. Asked when they have been for idle_timeout.
    void keep_idle(std::function<bool(const Flow&)> is_needed);

    void send(Transmit transmit);
    void flush();

    void stop_accepting();  // closes the listeners of connections; flows live on
    void close();           // sends what is queued as far as possible without waiting, then closes everything

    struct Counters {
        struct OfTransport {
            std::uint64_t received = 0, sent = 0;  // messages; of datagrams keep-alives too
            std::uint64_t handshakes_failed = 0;   // of TLS or WebSocket, of who connected to us
            std::size_t connections = 0;           // now
        };
        std::array<OfTransport, 6> transports{};
        OfTransport& of(Transport t) { return transports[static_cast<std::size_t>(t)]; }
        const OfTransport& of(Transport t) const { return transports[static_cast<std::size_t>(t)]; }
        std::uint64_t keepalives = 0;
        std::uint64_t octets_received = 0, octets_sent = 0;
        std::uint64_t refused = 0;    // datagrams, messages and connections
        std::size_t connections = 0;  // now, of all transports
    };
    Counters counters() const;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace ims::sip
