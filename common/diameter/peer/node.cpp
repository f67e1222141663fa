#include "common/diameter/peer/node.hpp"

#include <algorithm>
#include <utility>

namespace ims::diameter {

namespace {
constexpr Duration cer_timeout = 10s;           // RFC 6733 5.6.1
constexpr std::size_t max_strangers = 256;      // connections that have not said who they are
constexpr std::size_t max_remembered = 20'000;  // answers kept for duplicates

std::string listed(const std::vector<std::string>& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}
}  // namespace

Node::Node(Config config, std::uint32_t origin_state_id, Random& random)
    : config_{std::move(config)},
      random_{random},
      local_{config_.identity, config_.realm, config_.product, origin_state_id},
      ids_{origin_state_id, random},
      duplicates_{max_remembered} {
    for (const auto& peer : config_.peers) add_peer(peer, true);
}

Node::~Node() = default;

Peer* Node::find_peer(std::string_view identity) {
    for (const auto& peer : peers_)
        if (iequals(peer->config().identity, identity)) return peer.get();
    return nullptr;
}

Peer& Node::add_peer(PeerConfig config, bool configured) {
    if (config.realm.empty()) config.realm = config_.realm;
    return *peers_.emplace_back(
        std::make_unique<Peer>(std::move(config), configured, Peer::Context{local_, config_, ids_, random_}));
}

// Lets a peer do one thing, and draws the consequences for the requests that wait for it.
template <class Step>
void Node::step(Peer& peer, TimePoint now, Effects& out, Step&& do_step) {
    const bool before = peer.usable();
    const auto connection_before = peer.connection();
    do_step(peer);
    const bool lost = before && (!peer.usable() || peer.connection() != connection_before);
    const bool unreachable = peer.state() == Peer::State::Closed;
    const bool other_connection = peer.is_open() && peer.connection() != connection_before;
    if (lost || unreachable) on_peer_lost(peer, unreachable || other_connection, now, out);
    if (peer.usable() && (!before || lost)) on_peer_usable(peer, now, out);
    if (stopping_) finish_stop(out);
}

void Node::start(TimePoint now, Effects& out) {
    for (const auto& peer : peers_) peer->start(now, out);
}

void Node::stop(TimePoint now, Effects& out) {
    stopping_ = true;
    for (auto& [id, connection] : connections_)
        if (!connection.peer) close(id, out);
    for (const auto& peer : peers_)
        step(*peer, now, out, [&](Peer& p) { p.stop(DisconnectCause::Rebooting, now, out); });
    finish_stop(out);
}

void Node::finish_stop(Effects& out) {
    const auto closed = [](const auto& peer) { return peer->state() == Peer::State::Closed; };
    if (stopped_ || !std::all_of(peers_.begin(), peers_.end(), closed)) return;
    stopped_ = true;
    out.push_back(Stopped{});
}

void Node::close(ConnectionId c, Effects& out) {
    const auto it = connections_.find(c);
    if (it != connections_.end()) {
        if (it->second.closing) return;
        it->second.closing = true;
    }
    out.push_back(Close{c});
}

ConnectionId Node::accepted(Transport transport, TimePoint now, Effects& out) {
    const auto c = ids_.connection();
    auto& connection = connections_[c];
    connection.transport = std::move(transport);
    connection.stranger = true;
    ++strangers_;
    if (stopping_ || strangers_ > max_strangers) {
        out.push_back(
            Note{Severity::Warning, "diameter.connection.refused", {{"peer", connection.transport.remote}}});
        close(c, out);
        return c;
    }
    connection.cer_by = now + cer_timeout;
    return c;
}

void Node::connected(ConnectionId c, Transport transport, TimePoint now, Effects& out) {
    const auto local = transport.local;
    auto& connection = connections_[c];
    connection.transport = std::move(transport);
    for (const auto& peer : peers_)
        if (peer->owns(c)) connection.peer = peer.get();
    if (!connection.peer) return close(c, out);
    step(*connection.peer, now, out, [&](Peer& p) { p.on_connected(c, local, now, out); });
}

void Node::connect_failed(ConnectionId c, std::string_view reason, TimePoint now, Effects& out) {
    for (const auto& peer : peers_) {
        if (!peer->owns(c)) continue;
        step(*peer, now, out, [&](Peer& p) { p.on_connect_failed(c, reason, now, out); });
        break;
    }
    remove_strangers();
}

void Node::closed(ConnectionId c, std::string_view reason, TimePoint now, Effects& out) {
    const auto it = connections_.find(c);
    if (it == connections_.end()) return;
    auto* peer = it->second.peer;
    if (it->second.stranger) --strangers_;
    connections_.erase(it);
    if (peer) step(*peer, now, out, [&](Peer& p) { p.on_closed(c, reason, now, out); });
    remove_strangers();
}

void Node::received(ConnectionId c, std::span<const std::uint8_t> octets, TimePoint now, Effects& out) {
    const auto it = connections_.find(c);
    if (it == connections_.end() || it->second.closing) return;
    auto message = codec::decode(octets);
    if (!message) return on_malformed(c, message.error(), out);
    auto* peer = it->second.peer;
    if (!peer) return on_first_message(c, it->second, *message, now, out);

    auto verdict = Peer::Verdict::Handled;
    step(*peer, now, out, [&](Peer& p) { verdict = p.on_message(c, *message, now, out); });
    if (verdict == Peer::Verdict::Handled) return;
    if (std::holds_alternative<cx::Request>(message->content))
        return on_request(c, std::move(*message), now, out);
    on_answer(c, std::move(*message), now, out);
}

void Node::stream_broken(ConnectionId c, std::span<const std::uint8_t> rest, Effects& out) {
    const auto it = connections_.find(c);
    if (it == connections_.end() || it->second.closing) return;
    // A whole header is enough for an answer: decode() finds the length at fault and says so.
    const auto message = codec::decode(rest.first(std::min<std::size_t>(rest.size(), 20)));
    if (!message) on_malformed(c, message.error(), out);
    close(c, out);
}

void Node::on_malformed(ConnectionId c, const codec::Malformed& m, Effects& out) {
    auto& connection = connections_.at(c);
    out.push_back(
        Note{Severity::Warning,
             "diameter.message.malformed",
             {{"peer", connection.peer ? connection.peer->config().identity : connection.transport.remote},
              {"reason", text(diameter::Result{m.code})},
              {"detail", m.detail}}});
    if (m.answer) out.push_back(Transmit{c, codec::encode_error(m, local_.identity, local_.realm)});
    // Before a CER there is nobody to be patient with (5.6.1).
    if (m.close || !connection.peer) return close(c, out);
    // An answer that makes no sense is still the end of its request, and any octets are a sign of life.
    if (m.header.request) return;
    const auto it = pending_.find(m.header.hop_by_hop);
    if (it == pending_.end() || it->second.peer != connection.peer) return;
    const auto pending = std::move(it->second);
    pending_.erase(it);
    fail(pending, cx::SendFailed::Reason::Protocol, "malformed answer: " + m.detail, out);
}

Peer* Node::peer_of_cer(const Connection& connection, const CapabilitiesExchangeRequest& cer,
                        std::string& why_not) {
    if (iequals(cer.origin_host, local_.identity)) {
        why_not = "that is our own identity";
        return nullptr;
    }
    // A certificate speaks for the names in it only (RFC 6733 13.1).
    const auto& names = connection.transport.certified;
    const auto named = [&cer](const std::string& name) { return iequals(name, cer.origin_host); };
    if (connection.transport.secure && std::none_of(names.begin(), names.end(), named)) {
        why_not = "its certificate speaks for " + (names.empty() ? "no name" : listed(names));
        return nullptr;
    }
    if (auto* peer = find_peer(cer.origin_host)) {
        const bool needs_tls = peer->configured() && peer->config().transport == PeerTransport::Tls;
        if (!needs_tls || connection.transport.secure) return peer;
        why_not = "it must come over TLS";
        return nullptr;
    }
    if (!config_.accept_unknown_peers) {
        why_not = "not in diameter.peers";
        return nullptr;
    }
    PeerConfig config;
    config.identity = cer.origin_host;
    config.realm = cer.origin_realm;
    return &add_peer(std::move(config), false);
}

// RFC 6733 5.6.1: the first message on a connection they opened must be a CER that says who they are.
void Node::on_first_message(ConnectionId c, Connection& connection, const codec::Message& message,
                            TimePoint now, Effects& out) {
    const auto* cer = std::get_if<CapabilitiesExchangeRequest>(&message.content);
    if (!cer) return close(c, out);
    std::string why_not;
    auto* peer = peer_of_cer(connection, *cer, why_not);
    if (!peer) {
        codec::Header header = message.header;
        CapabilitiesExchangeAnswer cea{
            ResultCode::UnknownPeer, our_capabilities(local_, connection.transport.local), {}};
        out.push_back(Transmit{c, codec::encode(header, cea)});
        out.push_back(Note{Severity::Warning,
                           "diameter.peer.unknown",
                           {{"peer", cer->origin_host},
                            {"address", connection.transport.remote},
                            {"reason", std::move(why_not)}}});
        return close(c, out);
    }
    connection.peer = peer;
    connection.cer_by.reset();
    connection.stranger = false;
    --strangers_;
    const auto local = connection.transport.local;
    step(*peer, now, out, [&](Peer& p) {
        if (!p.on_cer(c, local, message.header, *cer, now, out)) connections_.at(c).closing = true;
    });
}

// Peers that came by themselves or by redirection are forgotten when they are gone.
void Node::remove_strangers() {
    std::erase_if(peers_, [this](const std::unique_ptr<Peer>& peer) {
        if (peer->configured() || peer->state() != Peer::State::Closed) return false;
        const auto holds = [&peer](const auto& c) { return c.second.peer == peer.get(); };
        if (std::any_of(connections_.begin(), connections_.end(), holds)) return false;
        for (auto& [id, pending] : pending_) std::erase(pending.tried, peer.get());
        return true;
    });
}

void Node::handle_timeout(TimePoint now, Effects& out) {
    for (auto& [id, connection] : connections_) {
        if (!connection.cer_by || *connection.cer_by > now || connection.closing) continue;
        out.push_back(
            Note{Severity::Warning, "diameter.connection.silent", {{"peer", connection.transport.remote}}});
        close(id, out);
    }
    for (std::size_t i = 0; i < peers_.size(); ++i)  // a redirection may add to them
        if (const auto at = peers_[i]->next_deadline(); at && *at <= now)
            step(*peers_[i], now, out, [&](Peer& p) { p.on_timeout(now, out); });
    expire_pending(now, out);
    expire_incoming(now, out);
    remove_strangers();
}

std::optional<TimePoint> Node::next_deadline() const {
    std::optional<TimePoint> next;
    if (strangers_ > 0)
        for (const auto& [id, connection] : connections_)
            if (!connection.closing) next = earliest(next, connection.cer_by);
    for (const auto& peer : peers_) next = earliest(next, peer->next_deadline());
    if (!pending_order_.empty()) next = earliest(next, pending_order_.front().first);
    if (!incoming_order_.empty()) next = earliest(next, incoming_order_.front().first);
    return next;
}

std::vector<Node::PeerStatus> Node::peers() const {
    std::vector<PeerStatus> all;
    for (const auto& peer : peers_) {
        PeerStatus s{peer->config().identity, peer->state(), peer->watchdog(), {}};
        if (const auto c = peer->connection()) {
            const auto it = connections_.find(*c);
            if (it != connections_.end()) s.address = it->second.transport.remote;
        }
        if (s.address.empty() && !peer->config().host.empty())
            s.address = peer->config().host + ':' + std::to_string(peer->config().port);
        all.push_back(std::move(s));
    }
    return all;
}

bool Node::any_open() const {
    return std::any_of(peers_.begin(), peers_.end(), [](const auto& peer) { return peer->is_open(); });
}

}  // namespace ims::diameter
