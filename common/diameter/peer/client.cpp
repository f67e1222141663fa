#include "common/diameter/peer/node.hpp"
#include "common/diameter/peer/uri.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

// Requests of ours: routing (RFC 6733 6.1), matching, timeouts, failover (5.5.4) and redirection (6.1.8).
namespace ims::diameter {

namespace {
constexpr unsigned max_redirects = 3;
constexpr Duration busy_for = 1s;  // how long a peer that said TOO_BUSY is spared if others can do it
using Reason = cx::SendFailed::Reason;
}  // namespace

// RFC 6733 6.1.6: the peer that is the Destination-Host, else one that serves the realm, else a relay that
// may know. Of several: trusted before fresh, idle before busy, by priority, and equal ones in turn.
Peer* Node::route(const Pending& p, TimePoint now) {
    const auto fit = [&](const Peer& peer) -> int {  // lower is better, negative is unfit
        if (!peer.usable() || std::find(p.tried.begin(), p.tried.end(), &peer) != p.tried.end()) return -1;
        if (p.destination_host) {
            if (iequals(peer.config().identity, *p.destination_host)) return 0;
            return peer.is_relay() ? 1 : -1;
        }
        if (peer.configured() && iequals(peer.config().realm, p.realm)) return 0;
        return peer.is_relay() ? 1 : -1;
    };
    using Rank = std::tuple<int, bool, bool, unsigned>;
    std::optional<Rank> best;
    std::size_t equals = 0;
    Peer* chosen = nullptr;
    const auto turn = turn_++;
    // Two passes: find the best rank and how many have it, then take the one whose turn it is.
    const auto rank = [&](const Peer& peer, int fitness) {
        return Rank{fitness, !peer.trusted(), peer.busy_until > now, peer.config().priority};
    };
    for (const auto& peer : peers_) {
        const int fitness = fit(*peer);
        if (fitness < 0) continue;
        const auto r = rank(*peer, fitness);
        if (!best || r < *best) {
            best = r;
            equals = 1;
            chosen = peer.get();
        } else if (r == *best) {
            ++equals;
        }
    }
    if (equals < 2) return chosen;
    auto skip = turn % equals;
    for (const auto& peer : peers_) {
        const int fitness = fit(*peer);
        if (fitness < 0 || rank(*peer, fitness) != *best) continue;
        if (skip-- == 0) return peer.get();
    }
    return chosen;
}

void Node::fail(const Pending& p, Reason reason, std::string detail, Effects& out) {
    out.push_back(cx::SendFailed{p.id, reason, std::move(detail)});
}

void Node::send(cx::Send s, TimePoint now, Effects& out) {
    Pending p;
    p.id = s.id;
    p.command = s.request.index();
    p.destination_host = std::move(s.destination_host);
    p.realm = config_.realm;
    if (p.destination_host) {
        if (const auto* peer = find_peer(*p.destination_host))
            p.realm = peer->config().realm;
        else if (const auto it = realm_of_.find(*p.destination_host); it != realm_of_.end())
            p.realm = it->second;
    }
    if (stopping_) return fail(p, Reason::NoPeer, "stopping", out);
    if (pending_.size() >= config_.max_pending)
        return fail(p, Reason::NoPeer, std::to_string(pending_.size()) + " requests wait for answers", out);
    p.peer = route(p, now);
    if (!p.peer)
        return fail(p, Reason::NoPeer,
                    "no open connection to " + p.destination_host.value_or("realm " + p.realm), out);

    codec::Head head;
    head.session_id = ids_.session(local_.identity);
    head.origin_host = local_.identity;
    head.origin_realm = local_.realm;
    head.destination_host = p.destination_host;
    head.destination_realm = p.realm;
    codec::Header header;
    header.end_to_end = p.end_to_end = ids_.end_to_end();
    p.message = codec::encode(header, head, s.request);
    transmit(std::move(p), now, out);
}

// Sends to p.peer, or has it wait for that peer to open; either way under a new Hop-by-Hop Identifier and
// timeout.
void Node::transmit(Pending p, TimePoint now, Effects& out) {
    const auto hop_by_hop = ids_.hop_by_hop();
    codec::set_hop_by_hop(p.message, hop_by_hop);
    const auto c = p.peer->connection();
    p.waiting = !p.peer->usable() || !c;
    if (!p.waiting) out.push_back(Transmit{*c, p.message});
    pending_order_.emplace_back(now + config_.request_timeout, hop_by_hop);
    pending_.insert_or_assign(hop_by_hop, std::move(p));
}

// `retransmission`: the other peer may have done it already, so the next is told (T flag, RFC 6733 3).
void Node::try_another(Pending p, bool retransmission, Reason reason, const std::string& detail,
                       TimePoint now, Effects& out) {
    if (p.peer) p.tried.push_back(p.peer);
    auto* next = p.attempts < config_.attempts && !stopping_ ? route(p, now) : nullptr;
    if (!next) return fail(p, reason, detail, out);
    out.push_back(Note{Severity::Warning,
                       "diameter.request.failed_over",
                       {{"peer", next->config().identity}, {"reason", detail}}});
    p.peer = next;
    ++p.attempts;
    if (retransmission) codec::set_retransmitted(p.message);
    transmit(std::move(p), now, out);
}

void Node::on_answer(ConnectionId c, codec::Message message, TimePoint now, Effects& out) {
    auto* peer = connections_.at(c).peer;
    const auto it = pending_.find(message.header.hop_by_hop);
    const auto* answer = std::get_if<cx::Answer>(&message.content);
    if (it == pending_.end() || it->second.peer != peer || it->second.waiting ||
        it->second.end_to_end != message.header.end_to_end ||
        (answer && answer->index() != it->second.command)) {
        // Late, after a timeout or failover: RFC 6733 6.2.1 has it dropped.
        out.push_back(
            Note{Severity::Info, "diameter.answer.unexpected", {{"peer", peer->config().identity}}});
        return;
    }
    Pending p = std::move(it->second);
    pending_.erase(it);
    while (!pending_order_.empty() && !pending_.contains(pending_order_.front().second))
        pending_order_.pop_front();
    if (answer) {
        out.push_back(cx::AnswerArrived{p.id, std::get<cx::Answer>(std::move(message.content)),
                                        std::move(message.head.origin_host)});
        return;
    }
    const auto* error = std::get_if<ErrorAnswer>(&message.content);
    const auto code = error ? error->result_code : ResultCode::UnableToComply;
    const auto detail = text(diameter::Result{code});
    switch (code) {
        case ResultCode::RedirectIndication: return redirect(std::move(p), error->redirect_host, now, out);
        case ResultCode::TooBusy:
            if (iequals(error->origin_host, peer->config().identity)) peer->busy_until = now + busy_for;
            [[fallthrough]];
        // 7.1.3: it was not done there, and another way may work.
        case ResultCode::UnableToDeliver:
        case ResultCode::LoopDetected:
            return try_another(std::move(p), false, Reason::Protocol, detail, now, out);
        default: return fail(p, Reason::Protocol, detail, out);
    }
}

// RFC 6733 6.1.8, and the SLF of TS 29.228 6.4: the same request to one of the Redirect-Hosts. What we have
// no connection to is connected to, and the request waits for that within its timeout.
void Node::redirect(Pending p, const std::vector<std::string>& hosts, TimePoint now, Effects& out) {
    if (++p.redirects > max_redirects) return fail(p, Reason::Protocol, "redirected in circles", out);
    std::vector<Uri> uris;
    for (const auto& host : hosts)
        if (auto uri = Uri::parse(host); uri && uri->transport == "tcp" && uri->protocol == "diameter")
            uris.push_back(std::move(*uri));
    p.tried.push_back(std::exchange(p.peer, nullptr));
    for (const auto& uri : uris) {  // an open one first, whatever its place in the list
        auto* known = find_peer(uri.fqdn);
        if (known && known->usable()) {
            p.peer = known;
            return transmit(std::move(p), now, out);
        }
    }
    for (const auto& uri : uris) {
        auto* peer = find_peer(uri.fqdn);
        if (!peer) {
            PeerConfig config;
            config.identity = config.host = uri.fqdn;
            config.port = uri.port;
            config.transport = uri.secure ? PeerTransport::Tls : PeerTransport::Tcp;
            peer = &add_peer(std::move(config), false);
        }
        if (!peer->will_reconnect()) continue;
        peer->start(now, out);
        p.peer = peer;
        return transmit(std::move(p), now, out);
    }
    fail(p, Reason::Protocol, "DIAMETER_REDIRECT_INDICATION (3006) without a usable Redirect-Host", out);
}

// RFC 6733 5.5.4: everything that waits for this peer goes to another, with the T flag. While it is only
// suspect or disconnecting its answers may still come, so what nobody else can do stays with it.
void Node::on_peer_lost(Peer& peer, bool disconnected, TimePoint now, Effects& out) {
    std::vector<std::uint32_t> affected;
    for (const auto& [hop_by_hop, p] : pending_)
        if (p.peer == &peer && (!p.waiting || peer.state() == Peer::State::Closed))
            affected.push_back(hop_by_hop);
    std::sort(affected.begin(), affected.end());  // the order they were sent in
    for (const auto hop_by_hop : affected) {
        const auto it = pending_.find(hop_by_hop);
        if (!disconnected && (it->second.attempts >= config_.attempts || !route(it->second, now))) continue;
        Pending p = std::move(it->second);
        pending_.erase(it);
        const bool was_sent = !p.waiting;
        try_another(std::move(p), was_sent, was_sent ? Reason::PeerLost : Reason::NoPeer,
                    (was_sent ? "lost " : "cannot reach ") + peer.config().identity, now, out);
    }
}

void Node::on_peer_usable(Peer& peer, TimePoint now, Effects& out) {
    std::vector<std::uint32_t> waiting;
    for (const auto& [hop_by_hop, p] : pending_)
        if (p.peer == &peer && p.waiting) waiting.push_back(hop_by_hop);
    std::sort(waiting.begin(), waiting.end());
    for (const auto hop_by_hop : waiting) {
        Pending p = std::move(pending_.at(hop_by_hop));
        pending_.erase(hop_by_hop);
        transmit(std::move(p), now, out);
    }
}

void Node::expire_pending(TimePoint now, Effects& out) {
    while (!pending_order_.empty()) {
        const auto [deadline, hop_by_hop] = pending_order_.front();
        const auto it = pending_.find(hop_by_hop);
        if (it != pending_.end() && deadline > now) return;
        pending_order_.pop_front();
        if (it == pending_.end()) continue;
        Pending p = std::move(it->second);
        pending_.erase(it);
        const auto from = "no answer from " + p.peer->config().identity;
        const bool was_sent = !p.waiting;
        try_another(std::move(p), was_sent, Reason::Timeout, from, now, out);
    }
}

}  // namespace ims::diameter
