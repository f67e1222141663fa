#include "common/sip/net/transports.hpp"

#include "common/sip/net/sctp_connection.hpp"
#include "common/sip/net/tcp_connection.hpp"
#include "common/sip/net/udp_socket.hpp"
#include "common/sip/net/web_socket_connection.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <unordered_map>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ims::sip {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr Duration accept_pause = 100ms;  // after an error that would only repeat (out of descriptors)
constexpr int accepts_in_a_row = 64;

bool needs_tls(Transport transport) {
    return transport == Transport::Tls || transport == Transport::Wss;
}

struct Acceptor {
    Acceptor(boost::asio::io_context& io, Transport t, IpEndpoint at)
        : acceptor{io}, pause{io}, transport{t}, local{at} {}
    tcp::acceptor acceptor;
    boost::asio::steady_timer pause;
    Transport transport;
    IpEndpoint local;
};

struct SctpAcceptor {
    SctpAcceptor(boost::asio::io_context& io, sctp::Socket s, SctpEndpoint at)
        : socket{std::move(s)}, readable{io}, pause{io}, local{std::move(at)} {}
    ~SctpAcceptor() { close(); }
    void close() {
        if (readable.is_open()) readable.release();  // the socket closes its descriptor
        socket.close();
        pause.cancel();
    }
    sctp::Socket socket;
    boost::asio::posix::stream_descriptor readable;
    boost::asio::steady_timer pause;
    SctpEndpoint local;
};

}  // namespace

struct Transports::Impl final : Wire, std::enable_shared_from_this<Transports::Impl> {
    Impl(boost::asio::io_context& io_context, TransportsConfig c, Sink s, Turn* t)
        : Wire{c, t}, io{io_context}, sink{std::move(s)}, sweep{io_context} {}

    // ---- Wire
    void received(Buffer message, const Flow& flow, Duration waited) override {
        sink(Received{std::move(message), flow, waited});
    }
    void failed(std::uint64_t transmit, std::string_view detail) override {
        if (transmit != 0) tell(TransportFailed{transmit, std::string{detail}});
    }
    void closed(const Flow& flow, std::string_view reason, bool was_open) override;
    void note(Note n) override { tell(std::move(n)); }
    void reached(const Connection& connection, const std::vector<IpEndpoint>& remotes) override;
    void flush_soon() override;
    void flush_soon(Connection& connection) override {
        if (!connection.dirty) to_flush.push_back(connection.shared_from_this());
        connection.dirty = true;
        flush_soon();
    }

    // ---- listening
    Result<IpEndpoint, std::string> listen(Transport transport, const IpEndpoint& at);
    void await_accept(std::shared_ptr<Acceptor> listener);
    bool accept_one(Acceptor& listener);
    void admit(Acceptor& listener, tcp::socket socket, const IpEndpoint& from);
    std::shared_ptr<StreamConnection> make(Transport transport, tcp::socket socket, SslPointer ssl);
    Result<IpEndpoint, std::string> listen_sctp(const SctpEndpoint& at);
    void await_sctp(std::shared_ptr<SctpAcceptor> listener);
    bool accept_sctp(SctpAcceptor& listener);
    std::string refusal_to(const IpAddress& peer) const;  // empty: another connection from there is welcome
    void refused(const IpEndpoint& from, std::string why);
    void admitted(std::shared_ptr<Connection> connection, const IpEndpoint& from);

    // ---- sending
    void send(Transmit transmit);
    void send_to(std::uint64_t id, Buffer bytes, const Flow& flow);
    void send_to(std::uint64_t id, Buffer bytes, const Target& target);
    UdpSocket* datagram_socket(const Target& target);
    Connection* connection_to(const Target& target, Connection::Kind kind);
    std::shared_ptr<Connection> open(const Target& target);
    std::optional<IpEndpoint> bind_address(const Target& target) const;
    std::optional<SctpEndpoint> bind_addresses(const Target& target) const;
    void flush();

    void tell(Event event);
    void start_sweep();
    void close();

    boost::asio::io_context& io;
    Sink sink;
    std::vector<std::shared_ptr<UdpSocket>> datagram_sockets;
    std::vector<std::shared_ptr<Acceptor>> acceptors;
    std::vector<std::shared_ptr<SctpAcceptor>> sctp_acceptors;
    std::set<IpEndpoint> client_ports;
    std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections;
    std::multimap<IpEndpoint, std::uint64_t> by_remote;
    std::unordered_map<std::uint64_t, std::vector<IpEndpoint>> further_remotes;  // in by_remote too
    std::unordered_map<IpAddress, std::size_t> accepted_from;
    std::unordered_map<std::uint64_t, IpAddress> accepted;  // connections that count in accepted_from
    std::uint64_t next_connection = 1;
    std::vector<std::shared_ptr<Connection>> to_flush;
    std::vector<Event> told;
    std::optional<TlsContexts> tls;
    boost::asio::steady_timer sweep;
    bool flush_posted = false, sweeping = false, shut = false;
};

void Transports::Impl::tell(Event event) {
    told.push_back(std::move(event));
    if (told.size() > 1) return;
    boost::asio::post(io, [self = shared_from_this()] {
        if (self->shut) return;
        for (auto& e : std::exchange(self->told, {})) self->sink(std::move(e));
    });
}

void Transports::Impl::flush_soon() {
    if (turn.under_way() || std::exchange(flush_posted, true)) return;
    boost::asio::post(io, [self = shared_from_this()] { self->flush(); });
}

void Transports::Impl::flush() {
    flush_posted = false;
    for (const auto& socket : datagram_sockets) socket->flush();
    for (const auto& connection : std::exchange(to_flush, {})) {
        connection->dirty = false;
        connection->flush();
    }
}

Result<IpEndpoint, std::string> Transports::Impl::listen(Transport transport, const IpEndpoint& at) {
    if (at.address.is_unspecified())
        return std::string{"an address that peers can reach is needed, it goes into Via"};
    if (transport == Transport::Udp) {
        auto socket = std::make_shared<UdpSocket>(io, *this);
        std::string why;
        if (!socket->open(at, why)) return why;
        socket->start();
        datagram_sockets.push_back(socket);
        return socket->local();
    }
    if (transport == Transport::Sctp) return std::string{transport_text(transport)} + " is not available";
    if (needs_tls(transport) && (!tls || !tls->serves())) return std::string{"a certificate is needed"};
    auto listener = std::make_shared<Acceptor>(io, transport, at);
    auto& acceptor = listener->acceptor;
    const auto endpoint = asio_endpoint<tcp>(at);
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error && at.address.is_v6()) acceptor.set_option(boost::asio::ip::v6_only{true}, error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(config.backlog, error);
    if (!error) acceptor.non_blocking(true, error);
    if (!error) listener->local = endpoint_of(acceptor.local_endpoint(error));
    if (error) return error.message();
    acceptors.push_back(listener);
    await_accept(listener);
    start_sweep();
    return listener->local;
}

void Transports::Impl::await_accept(std::shared_ptr<Acceptor> listener) {
    auto& acceptor = listener->acceptor;
    acceptor.async_wait(tcp::acceptor::wait_read,
                        [self = shared_from_this(), listener](const error_code& error) {
                            if (error || self->shut) return;
                            for (int i = 0; i < accepts_in_a_row; ++i)
                                if (!self->accept_one(*listener)) break;
                            if (!listener->acceptor.is_open()) return;
                            if (listener->pause.expiry() <= std::chrono::steady_clock::now())
                                return self->await_accept(listener);
                            listener->pause.async_wait([self, listener](const error_code& cancelled) {
                                if (!cancelled) self->await_accept(listener);
                            });
                        });
}

// False when nobody (else) is waiting.
bool Transports::Impl::accept_one(Acceptor& listener) {
    error_code error;
    tcp::endpoint from;
    tcp::socket socket{io};
    listener.acceptor.accept(socket, from, error);
    if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) return false;
    if (error == boost::asio::error::connection_aborted) return true;
    if (error) {
        note(Note{Severity::Warning, "sip.net.accept.failed"}
                 .with("peer", listener.local.text())
                 .with("reason", error.message()));
        listener.pause.expires_after(accept_pause);
        return false;
    }
    admit(listener, std::move(socket), endpoint_of(from));
    return true;
}

std::shared_ptr<StreamConnection> Transports::Impl::make(Transport transport, tcp::socket socket,
                                                         SslPointer ssl) {
    const auto id = next_connection++;
    if (transport == Transport::Ws || transport == Transport::Wss)
        return std::make_shared<WebSocketConnection>(transport, std::move(socket), std::move(ssl), *this, id);
    return std::make_shared<TcpConnection>(transport, std::move(socket), std::move(ssl), *this, id);
}

Result<IpEndpoint, std::string> Transports::Impl::listen_sctp(const SctpEndpoint& at) {
    const bool v6 =
        std::any_of(at.addresses.begin(), at.addresses.end(), [](const IpAddress& a) { return a.is_v6(); });
    auto socket = sctp::Socket::open(v6);
    if (!socket) return socket.error();
    if (const auto error = socket->bind(at)) return error.message();
    if (const auto error = socket->listen(config.backlog)) return error.message();
    auto local = at;
    if (const auto bound = socket->local(); !bound.empty()) local.port = bound.front().port;
    auto listener = std::make_shared<SctpAcceptor>(io, std::move(*socket), local);
    error_code error;
    listener->readable.assign(listener->socket.descriptor(), error);
    if (error) return error.message();
    sctp_acceptors.push_back(listener);
    await_sctp(listener);
    start_sweep();
    return local.first();
}

void Transports::Impl::await_sctp(std::shared_ptr<SctpAcceptor> listener) {
    auto& readable = listener->readable;
    readable.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this(), listener](const error_code& error) {
                            if (error || self->shut) return;
                            for (int i = 0; i < accepts_in_a_row; ++i)
                                if (!self->accept_sctp(*listener)) break;
                            if (!listener->readable.is_open()) return;
                            if (listener->pause.expiry() <= std::chrono::steady_clock::now())
                                return self->await_sctp(listener);
                            listener->pause.async_wait([self, listener](const error_code& cancelled) {
                                if (!cancelled) self->await_sctp(listener);
                            });
                        });
}

// False when nobody (else) is waiting.
bool Transports::Impl::accept_sctp(SctpAcceptor& listener) {
    sctp::Socket socket;
    const auto error = listener.socket.accept(socket);
    if (sctp::would_block(error)) return false;
    if (error) {
        note(Note{Severity::Warning, "sip.net.accept.failed"}
                 .with("peer", listener.local.text())
                 .with("reason", error.message()));
        listener.pause.expires_after(accept_pause);
        return false;
    }
    const auto remotes = socket.peer();
    if (remotes.empty()) return true;  // gone already
    const auto& from = remotes.front();
    auto why = refusal_to(from.address);
    if (!why.empty()) {
        refused(from, std::move(why));
        return true;
    }
    // The address of the peer's family stands for all of ours.
    const auto& ours = listener.local.addresses;
    const auto same_family = std::find_if(
        ours.begin(), ours.end(), [&](const IpAddress& a) { return a.family() == from.address.family(); });
    const IpEndpoint local{same_family == ours.end() ? ours.front() : *same_family, listener.local.port};
    auto connection = std::make_shared<SctpConnection>(io, *this, next_connection++);
    if (!connection->accepted(std::move(socket), local, why)) {
        refused(from, std::move(why));
        return true;
    }
    const auto& opened = *connection;
    admitted(connection, from);
    reached(opened, remotes);
    return true;
}

std::string Transports::Impl::refusal_to(const IpAddress& peer) const {
    if (connections.size() >= config.connections) return "connections: limit reached";
    const auto of_peer = accepted_from.find(peer);
    if (of_peer != accepted_from.end() && of_peer->second >= config.connections_per_peer)
        return "connections_per_peer: limit reached";
    return {};
}

void Transports::Impl::refused(const IpEndpoint& from, std::string why) {
    ++counters.refused;
    note(Note{Severity::Warning, "sip.net.connection.refused"}
             .with("peer", from.text())
             .with("reason", std::move(why)));
}

void Transports::Impl::admitted(std::shared_ptr<Connection> connection, const IpEndpoint& from) {
    const auto id = connection->flow().connection;
    ++accepted_from[from.address];
    accepted.emplace(id, from.address);
    by_remote.emplace(from, id);
    ++counters.of(connection->flow().transport).connections;
    note(Note{Severity::Trace, "sip.net.connection.accepted"}.with("flow", connection->flow().text()));
    connections.emplace(id, std::move(connection));
}

void Transports::Impl::reached(const Connection& connection, const std::vector<IpEndpoint>& remotes) {
    auto& further = further_remotes[connection.flow().connection];
    for (const auto& remote : remotes) {
        if (remote == connection.flow().remote) continue;
        by_remote.emplace(remote, connection.flow().connection);
        further.push_back(remote);
    }
}

void Transports::Impl::admit(Acceptor& listener, tcp::socket socket, const IpEndpoint& from) {
    auto why = refusal_to(from.address);
    if (!why.empty()) return refused(from, std::move(why));
    auto connection = make(listener.transport, std::move(socket),
                           needs_tls(listener.transport) ? tls->server() : SslPointer{});
    if (!connection->accepted(why)) return refused(from, std::move(why));
    admitted(std::move(connection), from);
}

void Transports::Impl::closed(const Flow& flow, std::string_view reason, bool was_open) {
    const auto forget = [&](const IpEndpoint& remote) {
        const auto [first, last] = by_remote.equal_range(remote);
        for (auto it = first; it != last; ++it) {
            if (it->second != flow.connection) continue;
            by_remote.erase(it);
            break;
        }
    };
    forget(flow.remote);
    if (const auto further = further_remotes.extract(flow.connection))
        for (const auto& remote : further.mapped()) forget(remote);
    const auto it = accepted.find(flow.connection);
    const bool theirs = it != accepted.end();
    if (theirs) {
        const auto peer = accepted_from.find(it->second);
        if (--peer->second == 0) accepted_from.erase(peer);
        accepted.erase(it);
    }
    if (connections.erase(flow.connection) > 0) --counters.of(flow.transport).connections;
    if (!was_open && theirs) {
        ++counters.of(flow.transport).handshakes_failed;
        note(Note{Severity::Warning, "sip.net.handshake.failed"}
                 .with("flow", flow.text())
                 .with("reason", std::string{reason}));
        return;
    }
    if (!was_open) {
        note(Note{Severity::Warning, "sip.net.connect.failed"}
                 .with("peer", flow.remote.text())
                 .with("reason", std::string{reason}));
        return;
    }
    note(Note{Severity::Trace, "sip.net.connection.closed"}
             .with("flow", flow.text())
             .with("reason", std::string{reason}));
    tell(FlowClosed{flow});
}

void Transports::Impl::send(Transmit transmit) {
    std::visit([&](const auto& to) { send_to(transmit.id, std::move(transmit.bytes), to); }, transmit.to);
}

void Transports::Impl::send_to(std::uint64_t id, Buffer bytes, const Flow& flow) {
    if (flow.transport == Transport::Udp) {
        for (const auto& socket : datagram_sockets)
            if (socket->local() == flow.local) return socket->send(id, std::move(bytes), flow.remote);
        return failed(id, "no datagram socket at " + flow.local.text());
    }
    const auto it = connections.find(flow.connection);
    if (it == connections.end()) return failed(id, "connection closed");
    it->second->send(id, std::move(bytes));
}

void Transports::Impl::send_to(std::uint64_t id, Buffer bytes, const Target& target) {
    switch (target.transport) {
        case Transport::Udp:
            if (auto* socket = datagram_socket(target))
                return socket->send(id, std::move(bytes), target.remote);
            return failed(id, "no datagram socket to reach " + target.remote.text());
        case Transport::Tls:
        case Transport::Wss:
            if (!tls)
                return failed(id, "no certificates for " + std::string{transport_text(target.transport)});
            [[fallthrough]];
        case Transport::Tcp:
        case Transport::Ws:
        case Transport::Sctp:
            if (auto* connection = connection_to(target, Connection::kind_of(bytes->front())))
                return connection->send(id, std::move(bytes));
            return failed(id, "connections: limit reached");
    }
}

UdpSocket* Transports::Impl::datagram_socket(const Target& target) {
    UdpSocket* same_address = nullptr;
    UdpSocket* same_family = nullptr;
    for (const auto& socket : datagram_sockets) {
        const auto& local = socket->local();
        if (target.local && *target.local == local) return socket.get();
        if (target.local && target.local->address == local.address && same_address == nullptr)
            same_address = socket.get();
        if (local.address.family() == target.remote.address.family() && same_family == nullptr)
            same_family = socket.get();
    }
    if (target.local) return same_address;
    return same_family;
}

// The address we listen on, so that a peer sees the one it knows us by. A loopback address reaches nobody
// else.
std::optional<IpEndpoint> Transports::Impl::bind_address(const Target& target) const {
    if (target.local && client_ports.contains(*target.local)) return target.local;
    if (target.local) return IpEndpoint{target.local->address, 0};
    for (const auto& listener : acceptors) {
        const auto& address = listener->local.address;
        if (address.family() == target.remote.address.family() &&
            address.is_loopback() == target.remote.address.is_loopback())
            return IpEndpoint{address, 0};
    }
    return std::nullopt;
}

Connection* Transports::Impl::connection_to(const Target& target, Connection::Kind kind) {
    const auto [first, last] = by_remote.equal_range(target.remote);
    for (auto it = first; it != last; ++it) {
        const auto& connection = connections.at(it->second);
        if (!connection->reaches(target)) continue;
        if (connection->speaks.value_or(kind) != kind) continue;
        const auto& local = connection->flow().local;  // while it connects what it is bound to, if anything
        if (!target.local || local.address.is_unspecified()) return connection.get();
        if (client_ports.contains(*target.local) ? local == *target.local
                                                 : local.address == target.local->address)
            return connection.get();
    }
    if (connections.size() >= config.connections) return nullptr;
    const auto connection = open(target);
    start_sweep();
    return connection.get();
}

std::shared_ptr<Connection> Transports::Impl::open(const Target& target) {
    const auto known = [this, &target](const std::shared_ptr<Connection>& connection) {
        ++counters.of(target.transport).connections;
        by_remote.emplace(target.remote, connection->flow().connection);
        connections.emplace(connection->flow().connection, connection);
    };
    if (target.transport == Transport::Sctp) {
        auto connection = std::make_shared<SctpConnection>(io, *this, next_connection++);
        known(connection);
        connection->connect(target.remote, bind_addresses(target));
        return connection;
    }
    auto connection = make(target.transport, tcp::socket{io},
                           needs_tls(target.transport) ? tls->client(target.host) : SslPointer{});
    known(connection);
    connection->connect(target, bind_address(target));
    return connection;
}

// All addresses that we listen on together, so that each path to the peer can be used.
std::optional<SctpEndpoint> Transports::Impl::bind_addresses(const Target& target) const {
    const auto& wanted = target.remote.address;
    for (const auto& listener : sctp_acceptors) {
        const auto& ours = listener->local.addresses;
        const bool suits = std::any_of(ours.begin(), ours.end(), [&](const IpAddress& a) {
            return target.local ? a == target.local->address
                                : a.family() == wanted.family() && a.is_loopback() == wanted.is_loopback();
        });
        if (suits) return SctpEndpoint{ours, 0};
    }
    if (target.local) return SctpEndpoint{{target.local->address}, 0};
    return std::nullopt;
}

// One timer for all connections: it looks at each a few times per time-out.
void Transports::Impl::start_sweep() {
    if (std::exchange(sweeping, true)) return;
    const auto shortest = std::min(config.idle_timeout, config.message_timeout);
    sweep.expires_after(std::clamp<Duration>(shortest / 8, 5ms, 5s));
    sweep.async_wait([self = shared_from_this()](const error_code& cancelled) {
        self->sweeping = false;
        if (cancelled || self->shut) return;
        const auto now = std::chrono::steady_clock::now();
        std::vector<std::shared_ptr<Connection>> all;  // check() may close and so erase
        all.reserve(self->connections.size());
        for (const auto& [id, connection] : self->connections) all.push_back(connection);
        for (const auto& connection : all) connection->check(now);
        self->start_sweep();
    });
}

void Transports::Impl::close() {
    if (std::exchange(shut, true)) return;
    flush();
    sweep.cancel();
    error_code ignored;
    for (const auto& listener : acceptors) {
        listener->acceptor.close(ignored);
        listener->pause.cancel();
    }
    for (const auto& listener : sctp_acceptors) listener->close();
    for (const auto& socket : datagram_sockets) socket->close();
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [id, connection] : connections) all.push_back(connection);
    for (const auto& connection : all) connection->close("shutting down");
}

Transports::Transports(boost::asio::io_context& io, TransportsConfig config, Sink sink, Turn* turn)
    : impl_{std::make_shared<Impl>(io, config, std::move(sink), turn)} {
    impl_->turn.at_end([impl = std::weak_ptr{impl_}] {
        if (const auto alive = impl.lock()) alive->flush();
    });
}
Transports::~Transports() {
    impl_->close();
}

bool Transports::use_certificates(const TlsConfig& config, std::string& why) {
    auto contexts = TlsContexts::load(config);
    if (!contexts) {
        why = contexts.error();
        return false;
    }
    impl_->tls = std::move(*contexts);
    return true;
}

Result<IpEndpoint, std::string> Transports::open_client_port(const IpEndpoint& at) {
    auto opened = impl_->listen(Transport::Udp, at);
    if (opened) impl_->client_ports.insert(*opened);
    return opened;
}
Result<IpEndpoint, std::string> Transports::listen(Transport transport, const IpEndpoint& at,
                                                   const std::vector<IpAddress>& further) {
    if (transport != Transport::Sctp) return impl_->listen(transport, at);
    SctpEndpoint all{{at.address}, at.port};
    all.addresses.insert(all.addresses.end(), further.begin(), further.end());
    if (std::any_of(all.addresses.begin(), all.addresses.end(),
                    [](const IpAddress& a) { return a.is_unspecified(); }))
        return std::string{"addresses that peers can reach are needed: they are told to each of them"};
    return impl_->listen_sctp(all);
}

std::vector<std::pair<Transport, IpEndpoint>> Transports::listening() const {
    std::vector<std::pair<Transport, IpEndpoint>> all;
    for (const auto& socket : impl_->datagram_sockets) all.emplace_back(Transport::Udp, socket->local());
    for (const auto& listener : impl_->acceptors) all.emplace_back(listener->transport, listener->local);
    for (const auto& listener : impl_->sctp_acceptors)
        all.emplace_back(Transport::Sctp, listener->local.first());
    return all;
}

void Transports::send(Transmit transmit) {
    impl_->send(std::move(transmit));
}
void Transports::flush() {
    impl_->flush();
}

void Transports::keep_idle(std::function<bool(const Flow&)> is_needed) {
    impl_->is_needed = std::move(is_needed);
}

void Transports::stop_accepting() {
    error_code ignored;
    for (const auto& listener : impl_->acceptors) listener->acceptor.close(ignored);
    for (const auto& listener : impl_->sctp_acceptors) listener->close();
}

void Transports::close() {
    impl_->close();
}

Transports::Counters Transports::counters() const {
    auto counters = impl_->counters;
    counters.connections = impl_->connections.size();
    return counters;
}

}  // namespace ims::sip
