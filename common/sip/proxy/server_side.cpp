#include "common/sip/proxy/element_impl.hpp"

namespace ims::sip {

namespace {
// How long an answered request over a stream stays at hand for a second way back.
constexpr Duration stream_linger = 1s;
}  // namespace

std::optional<TimePoint> ServerTransaction::next_deadline() const {
    if (linger) return linger;
    return std::visit([](const auto& m) { return m.next_deadline(); }, machine);
}

ServerTransaction* Element::Impl::server(std::uint64_t id) {
    const auto found = servers.find(id);
    return found == servers.end() ? nullptr : &found->second;
}

ServerTransaction* Element::Impl::server_by_key(std::size_t hash, std::string_view key) {
    auto* const* found = server_keys.find(hash, [&](const ServerTransaction* tx) { return tx->key == key; });
    return found == nullptr ? nullptr : *found;
}

ServerTransaction& Element::Impl::start_server(Message request, const ViaValue& via, const Flow& flow,
                                               std::string key) {
    const auto values = timers_at(flow.local, flow.transport);
    const bool reliable = is_reliable(flow.transport);
    const auto id = new_id(Kind::Server);
    auto machine = request.method() == Method::Invite
                       ? std::variant<InviteServer, NonInviteServer>{InviteServer{values, reliable, now}}
                       : std::variant<InviteServer, NonInviteServer>{NonInviteServer{values, reliable, now}};
    const auto hash = hash_of(key);
    auto& tx = servers
                   .try_emplace(id, id, machine, std::move(key), hash, flow, reply_path(via, flow),
                                std::move(request))
                   .first->second;
    server_keys.add(hash, &tx);
    ++unanswered;
    if (tx.request->method() == Method::Register) {
        admission.started(now);
        tx.unheard_since = now;
    }
    rearm(tx);
    return tx;
}

Message Element::Impl::made_response(const Message& request, int status, std::string_view reason) {
    auto response = Message::response(request, status, reason, branches.local_tag(request));
    if (!config.server.empty()) response.set<h::Server>(config.server);
    return response;
}

void Element::Impl::respond(ServerTransaction& tx, Message response) {
    const int status = response.status();
    if (tx.unheard_since && status > 100) admission.answered(*std::exchange(tx.unheard_since, {}));
    const bool was_answered = tx.answered();
    const auto step = std::visit([&](auto& m) { return m.on_response(status, now); }, tx.machine);
    if (step.send) {
        auto bytes = make_buffer(response.serialize());
        if (tx.is_invite() && status >= 200 && status < 300) {
            const auto tag = response.to_tag();
            auto known = tx.accepted.begin();
            while (known != tx.accepted.end() && known->first != tag) ++known;
            if (known == tx.accepted.end())
                tx.accepted.emplace_back(tag, bytes);
            else
                known->second = bytes;
        } else {
            tx.last = bytes;
        }
        transmit(tx.id, std::move(bytes), tx.reply.to, tx.reply.compress);
    }
    if (!was_answered && tx.answered()) {
        --unanswered;
        if (tx.is_invite()) tx.final_tag = response.to_tag();
        const bool accepted = tx.is_invite() && status < 300;
        if (tx.context) {
            cancel_branches(tx, accepted ? "SIP;cause=200;text=\"Call completed elsewhere\"" : "");
            tx.context->finals.clear();
            if (!accepted) tx.context.reset();
        }
        if (!accepted) tx.request.reset();  // only repetitions of the answer are left to do
    }
    if (!tx.is_invite() && tx.answered() && !step.terminated) return absorb(tx);
    carry_out(tx, step);
}

// Nothing but timer J can happen to it any more.
void Element::Impl::absorb(ServerTransaction& tx) {
    const auto id = tx.id;
    const auto until = tx.next_deadline();
    server_keys.erase(tx.hash, &tx);
    if (until)
        absorbed.add(
            {id, tx.hash, std::move(tx.key), std::move(tx.last), tx.reply.to, *until, tx.reply.compress},
            now);
    servers.erase(id);
    out->emplace_back(TransactionEnded{ServerTransactionId{id}, false});
}

bool Element::Impl::absorbs(std::size_t hash, std::string_view key) {
    const auto* one = absorbed.find(hash, key);
    if (one == nullptr) return false;
    if (one->answer) transmit(one->id, one->answer, one->to, one->compress);
    return true;
}

void Element::Impl::discard(std::uint64_t id) {
    auto* tx = server(id);
    if (tx == nullptr) return;
    if (!tx->answered()) --unanswered;
    erase(*tx);
}

void Element::Impl::erase(ServerTransaction& tx) {
    server_keys.erase(tx.hash, &tx);
    servers.erase(tx.id);
}

// What a step asks for besides sending what was handed in. May end the transaction.
void Element::Impl::carry_out(ServerTransaction& tx, const Step& step) {
    if (step.resend && tx.last) transmit(tx.id, tx.last, tx.reply.to, tx.reply.compress);
    if (step.trying && tx.request) {
        tx.last = make_buffer(Message::response(*tx.request, 100).serialize());
        transmit(tx.id, tx.last, tx.reply.to, tx.reply.compress);
    }
    if (step.terminated) {
        if (!step.send || !tx.reply.backup) return end_server(tx, step.timed_out && tx.is_invite());
        tx.linger = now + stream_linger;
    }
    rearm(tx);
}

void Element::Impl::server_timeout(ServerTransaction& tx) {
    if (tx.linger) return end_server(tx, false);
    const bool was_answered = tx.answered();
    const auto step = std::visit([&](auto& m) { return m.on_timeout(now); }, tx.machine);
    if (!was_answered && tx.answered()) {  // RFC 4320 4.2: too late for any answer
        --unanswered;
        if (tx.request) note(Severity::Warning, "sip.request.unanswered", &*tx.request);
    }
    carry_out(tx, step);
}

// RFC 3261 18.2.2 and RFC 6026 8.8: try the way that is left; the state stays.
void Element::Impl::server_transport_failed(ServerTransaction& tx, const std::string& detail) {
    const auto& bytes = tx.accepted.empty() ? tx.last : tx.accepted.back().second;
    if (!bytes) return;
    note(Severity::Warning, tx.reply.backup ? "sip.transport.failed" : "sip.response.undeliverable",
         tx.request.get(), {{"peer", destination_text(tx.reply.to)}, {"detail", detail}});
    if (!tx.reply.backup) return;
    tx.reply.to = *tx.reply.backup;
    tx.reply.backup.reset();
    transmit(tx.id, bytes, tx.reply.to, tx.reply.compress);
}

void Element::Impl::end_server(ServerTransaction& tx, bool ack_missing) {
    out->emplace_back(TransactionEnded{ServerTransactionId{tx.id}, ack_missing});
    erase(tx);
}

}  // namespace ims::sip
