#include "common/diameter/net/service.hpp"

#include "common/diameter/net/sctp_connection.hpp"
#include "common/diameter/net/stream_connection.hpp"
#include "common/diameter/net/tls.hpp"
#include "common/diameter/peer/node.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <unordered_map>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <openssl/rand.h>

namespace ims::diameter {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

namespace {

class OpensslRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override {
        if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1)
            throw std::runtime_error{"OpenSSL has no random octets"};
    }
};

constexpr int sctp_backlog = 128;
constexpr auto accept_pause = std::chrono::milliseconds{100};  // when descriptors have run out

std::uint32_t seconds_since_1970() {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
}
TimePoint clock_now() {
    return std::chrono::steady_clock::now();
}

Tcp::endpoint asio_endpoint(const IpEndpoint& e) {
    error_code ignored;
    return {asio::ip::make_address(e.address.text(), ignored), e.port};
}

struct Listener {
    Listener(asio::io_context& io, bool secure_listener) : acceptor{io}, pause{io}, secure{secure_listener} {}
    Tcp::acceptor acceptor;
    asio::steady_timer pause;
    bool secure;
};

struct SctpListener {
    SctpListener(asio::io_context& io, sctp::Socket s, std::uint16_t p)
        : socket{std::move(s)}, readable{io}, pause{io}, port{p} {}
    ~SctpListener() { close(); }
    void close() {
        if (readable.is_open()) readable.release();  // the socket closes its descriptor
        socket.close();
        pause.cancel();
    }
    sctp::Socket socket;
    asio::posix::stream_descriptor readable;
    asio::steady_timer pause;
    std::uint16_t port;
};

}  // namespace

struct Service::Impl : std::enable_shared_from_this<Service::Impl> {
    Impl(asio::io_context& i, Config c, Sink s, Turn* t)
        : turn{t != nullptr ? *t : own_turn},
          io{i},
          config{std::move(c)},
          sink{std::move(s)},
          node{config, seconds_since_1970(), random},
          timer{io} {}

    Turn own_turn;
    Turn& turn;
    std::vector<std::shared_ptr<Connection>> to_flush;
    asio::io_context& io;
    Config config;
    Sink sink;
    Tap tap;
    OpensslRandom random;
    Node node;
    std::unique_ptr<asio::ssl::context> tls;
    std::vector<std::shared_ptr<Listener>> listeners;
    std::vector<std::shared_ptr<SctpListener>> sctp_listeners;
    Connection::Owner owner;
    std::unordered_map<ConnectionId, std::shared_ptr<Connection>> connections;
    std::unordered_map<Connection*, std::shared_ptr<Connection>>
        accepting;  // not ready yet, TLS under way: the Node has not met them
    asio::steady_timer timer;
    std::optional<TimePoint> timer_at;
    std::function<void()> on_stopped;
    bool node_stopped = false;

    // Everything the Node does happens in here: one input, its effects, and the time it next wants to be
    // woken.
    template <class Input>
    void run(Input&& input) {
        Effects out;
        input(clock_now(), out);
        for (auto& effect : out) perform(effect);
        arm();
    }

    void perform(Effect& effect) {
        std::visit(overloaded{
                       [this](Transmit& t) {
                           const auto it = connections.find(t.connection);
                           if (it == connections.end()) return;
                           show(*it->second, true, t.octets);
                           it->second->write(t.octets);
                       },
                       [this](Close& c) {
                           if (const auto it = connections.find(c.connection); it != connections.end())
                               it->second->close();
                       },
                       [this](Connect& c) { connect(c); },
                       [this](Stopped&) {
                           node_stopped = true;
                           finish();
                       },
                       [this](auto& event) {
                           if (sink) sink(std::move(event));
                       },
                   },
                   effect);
    }

    void show(const Connection& c, bool out, std::span<const std::uint8_t> octets) const {
        if (tap) tap({out, c.secure(), c.sctp(), c.local(), c.remote(), c.id.value(), octets});
    }

    // A timer that fires early costs a look, one that is moved at every message costs more: it is only ever
    // moved forward.
    void arm() {
        const auto next = node.next_deadline();
        if (!next || (timer_at && *timer_at <= *next)) return;
        timer_at = next;
        timer.expires_at(*next);
        timer.async_wait([weak = weak_from_this()](error_code cancelled) {
            const auto self = weak.lock();
            if (cancelled || !self) return;
            const Turn::Scope scope{self->turn};
            self->timer_at.reset();
            self->run([&](TimePoint now, Effects& out) {
                if (const auto due = self->node.next_deadline(); due && *due <= now)
                    self->node.handle_timeout(now, out);
            });
        });
    }

    void bind_owner() {
        const auto weak = weak_from_this();
        owner.ready = [weak](Connection& c) {
            if (const auto self = weak.lock()) self->on_ready(c);
        };
        owner.failed = [weak](Connection& c, const std::string& reason) {
            if (const auto self = weak.lock()) self->on_failed(c, reason);
        };
        owner.readable = [weak](Connection& c, codec::Framer& framer) {
            if (const auto self = weak.lock()) self->on_readable(c, framer);
        };
        owner.flushes = [weak](Connection& c) {
            const auto self = weak.lock();
            if (!self || !self->turn.under_way()) return false;
            self->to_flush.push_back(c.shared_from_this());
            return true;
        };
        turn.at_end([weak] {
            if (const auto self = weak.lock()) self->flush();
        });
        owner.gone = [weak](Connection& c, const std::string& reason) {
            if (const auto self = weak.lock()) self->on_gone(c, reason);
        };
    }

    void flush() {
        for (const auto& connection : std::exchange(to_flush, {})) connection->flush();
    }

    void connect(const Connect& c) {
        const auto connection = fresh(c.transport);
        connection->id = c.connection;
        connections.emplace(c.connection, connection);
        connection->connect(c);
    }

    std::shared_ptr<Connection> fresh(PeerTransport transport) {
        if (transport == PeerTransport::Sctp)
            return std::make_shared<SctpConnection>(io, turn, owner, config.max_message,
                                                    config.sctp_addresses);
        auto* context = transport == PeerTransport::Tls ? tls.get() : nullptr;
        return std::make_shared<StreamConnection>(io, owner, config.max_message, context);
    }

    void listen(const SctpEndpoint& endpoint) {
        const auto fail = [&endpoint](const std::string& why) {
            throw std::runtime_error{"Diameter cannot listen on SCTP " + endpoint.text() + ": " + why};
        };
        const bool v6 = std::any_of(endpoint.addresses.begin(), endpoint.addresses.end(),
                                    [](const IpAddress& a) { return a.is_v6(); });
        auto socket = sctp::Socket::open(v6);
        if (!socket) return fail(socket.error());
        if (const auto error = socket->bind(endpoint)) return fail(error.message());
        if (const auto error = socket->listen(sctp_backlog)) return fail(error.message());
        auto port = endpoint.port;
        if (const auto local = socket->local(); !local.empty()) port = local.front().port;
        const auto listener = std::make_shared<SctpListener>(io, std::move(*socket), port);
        error_code error;
        listener->readable.assign(listener->socket.descriptor(), error);
        if (error) return fail(error.message());
        sctp_listeners.push_back(listener);
        accept(listener);
    }

    void accept(const std::shared_ptr<SctpListener>& listener) {
        listener->readable.async_wait(
            asio::posix::stream_descriptor::wait_read, [weak = weak_from_this(), listener](error_code error) {
                const auto self = weak.lock();
                if (!self || error || !listener->readable.is_open()) return;
                sctp::Socket socket;
                const auto failed = listener->socket.accept(socket);
                if (failed && !sctp::would_block(failed)) {
                    listener->pause.expires_after(accept_pause);
                    listener->pause.async_wait([weak, listener](error_code cancelled) {
                        if (const auto again = weak.lock(); again && !cancelled) again->accept(listener);
                    });
                    return;
                }
                if (!failed) {
                    auto connection =
                        std::make_shared<SctpConnection>(self->io, self->turn, self->owner,
                                                         self->config.max_message, std::vector<IpAddress>{});
                    self->accepting.emplace(connection.get(), connection);
                    connection->accept(std::move(socket));
                }
                self->accept(listener);
            });
    }

    void listen(const IpEndpoint& endpoint, bool secure) {
        auto listener = std::make_shared<Listener>(io, secure);
        const auto at = asio_endpoint(endpoint);
        try {
            listener->acceptor.open(at.protocol());
            listener->acceptor.set_option(Tcp::acceptor::reuse_address{true});
            if (endpoint.address.is_v6()) listener->acceptor.set_option(asio::ip::v6_only{true});
            listener->acceptor.bind(at);
            listener->acceptor.listen();
        } catch (const boost::system::system_error& e) {
            throw std::runtime_error{"Diameter cannot listen on " + endpoint.text() + ": " +
                                     e.code().message()};
        }
        listeners.push_back(listener);
        accept(listener);
    }

    void accept(const std::shared_ptr<Listener>& listener) {
        listener->acceptor.async_accept(
            [weak = weak_from_this(), listener](error_code error, Tcp::socket socket) {
                const auto self = weak.lock();
                if (!self || error == asio::error::operation_aborted) return;
                if (error) {
                    listener->pause.expires_after(accept_pause);
                    listener->pause.async_wait([weak, listener](error_code cancelled) {
                        if (const auto again = weak.lock(); again && !cancelled) again->accept(listener);
                    });
                    return;
                }
                auto connection =
                    std::make_shared<StreamConnection>(self->io, self->owner, self->config.max_message,
                                                       listener->secure ? self->tls.get() : nullptr);
                self->accepting.emplace(connection.get(), connection);
                connection->accept(std::move(socket));
                self->accept(listener);
            });
    }

    void close_listeners() {
        error_code ignored;
        for (const auto& listener : listeners) {
            listener->acceptor.close(ignored);
            listener->pause.cancel();
        }
        listeners.clear();
        for (const auto& listener : sctp_listeners) listener->close();
        sctp_listeners.clear();
    }

    void on_ready(Connection& c) {
        auto node_handle = accepting.extract(&c);
        run([&](TimePoint now, Effects& out) {
            if (node_handle.empty()) return node.connected(c.id, c.transport(), now, out);
            c.id = node.accepted(c.transport(), now, out);
            connections.emplace(c.id, std::move(node_handle.mapped()));
        });
    }

    void on_failed(Connection& c, const std::string& reason) {
        if (accepting.erase(&c) > 0) {
            if (sink) sink(Note{Severity::Warning, "diameter.connection.refused", {{"reason", reason}}});
            return;
        }
        const auto keep = connections.extract(c.id);
        run([&](TimePoint now, Effects& out) { node.connect_failed(c.id, reason, now, out); });
        finish();
    }

    void on_readable(Connection& c, codec::Framer& framer) {
        const Turn::Scope scope{turn};
        run([&](TimePoint now, Effects& out) {
            while (const auto message = framer.next()) {
                show(c, false, *message);
                node.received(c.id, *message, now, out);
            }
            if (framer.broken()) node.stream_broken(c.id, framer.rest(), out);
        });
    }

    void on_gone(Connection& c, const std::string& reason) {
        const auto keep = connections.extract(c.id);
        run([&](TimePoint now, Effects& out) { node.closed(c.id, reason, now, out); });
        finish();
    }

    void finish() {
        if (!node_stopped || !connections.empty() || !on_stopped) return;
        for (const auto& [key, connection] : accepting) connection->abandon();
        accepting.clear();
        timer.cancel();
        // Not from here: the caller may destroy the Service in it.
        asio::post(io, std::exchange(on_stopped, {}));
    }

    void shut() {
        sink = {};
        tap = {};
        timer.cancel();
        close_listeners();
        for (const auto& [id, connection] : connections) connection->abandon();
        for (const auto& [key, connection] : accepting) connection->abandon();
        connections.clear();
        accepting.clear();
    }
};

Service::Service(asio::io_context& io, Config config, Sink sink, Turn* turn)
    : impl_{std::make_shared<Impl>(io, std::move(config), std::move(sink), turn)} {
    impl_->bind_owner();
}

Service::~Service() {
    impl_->shut();
}

void Service::tap(Tap tap) {
    impl_->tap = std::move(tap);
}

void Service::start() {
    if (impl_->config.tls) {
        try {
            impl_->tls = make_tls_context(*impl_->config.tls);
        } catch (const boost::system::system_error& e) {
            throw std::runtime_error{"Diameter cannot use its TLS certificate, key or CA: " +
                                     e.code().message()};
        }
    }
    const auto needs_tls = [](const PeerConfig& p) { return p.transport == PeerTransport::Tls; };
    const auto& peers = impl_->config.peers;
    if (!impl_->tls &&
        (!impl_->config.listen_tls.empty() || std::any_of(peers.begin(), peers.end(), needs_tls)))
        throw std::runtime_error{"Diameter over TLS needs a certificate, a key and a CA"};
    for (const auto& endpoint : impl_->config.listen) impl_->listen(endpoint, false);
    for (const auto& endpoint : impl_->config.listen_tls) impl_->listen(endpoint, true);
    for (const auto& endpoint : impl_->config.listen_sctp) impl_->listen(endpoint);
    const auto needs_sctp = [](const PeerConfig& p) { return p.transport == PeerTransport::Sctp; };
    std::string why;
    if (std::any_of(peers.begin(), peers.end(), needs_sctp) && !sctp::available(why))
        throw std::runtime_error{"Diameter over SCTP: " + why};
    impl_->run([this](TimePoint now, Effects& out) { impl_->node.start(now, out); });
}

void Service::send(cx::Send request) {
    impl_->run([&](TimePoint now, Effects& out) { impl_->node.send(std::move(request), now, out); });
}

void Service::reply(cx::Reply reply) {
    impl_->run([&](TimePoint now, Effects& out) { impl_->node.reply(reply, now, out); });
}

void Service::stop(std::function<void()> stopped) {
    impl_->on_stopped = std::move(stopped);
    impl_->close_listeners();
    impl_->run([this](TimePoint now, Effects& out) { impl_->node.stop(now, out); });
    impl_->finish();
}

std::vector<Service::PeerStatus> Service::peers() const {
    std::vector<PeerStatus> all;
    for (auto& p : impl_->node.peers()) all.push_back({p.identity, std::string{name(p.state)}, p.address});
    return all;
}

std::vector<IpEndpoint> Service::listening() const {
    std::vector<IpEndpoint> all;
    for (const auto& listener : impl_->listeners) {
        error_code error;
        const auto at = listener->acceptor.local_endpoint(error);
        if (error) continue;
        const auto address = IpAddress::parse(at.address().to_string());
        if (address) all.push_back({*address, at.port()});
    }
    return all;
}

std::vector<SctpEndpoint> Service::listening_sctp() const {
    std::vector<SctpEndpoint> all;
    for (std::size_t i = 0; i < impl_->sctp_listeners.size(); ++i)
        all.push_back({impl_->config.listen_sctp[i].addresses, impl_->sctp_listeners[i]->port});
    return all;
}

bool Service::any_open() const {
    return impl_->node.any_open();
}

}  // namespace ims::diameter
