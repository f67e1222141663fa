#include "common/sip/proxy/element_impl.hpp"

#include <algorithm>

namespace ims::sip {

namespace {
constexpr Duration tcp_refused_rest = 60s;
}  // namespace

// Nothing is left to do. Completed of a non-INVITE transaction (RFC 3261 17.1.2.2, timer K) only keeps
// repetitions of the final response from the node, and that needs no state: receive_response() knows them by
// their branch.
bool ClientTransaction::over() const {
    const auto answered = [](const NonInviteClient& m) {
        return m.state() == NonInviteClient::State::Completed ||
               m.state() == NonInviteClient::State::Terminated;
    };
    if (const auto* m = std::get_if<NonInviteClient>(&machine)) return answered(*m);
    return std::get<InviteClient>(machine).state() == InviteClient::State::Terminated &&
           (!cancel || answered(*cancel));
}

std::optional<TimePoint> ClientTransaction::next_deadline() const {
    auto next = std::visit([](const auto& m) { return m.next_deadline(); }, machine);
    return cancel ? earliest(next, cancel->next_deadline()) : next;
}

// RFC 3261 17.1.3: the branch of the top Via and the method of CSeq.
void Element::Impl::receive_response(Message response, const Flow& flow) {
    const auto branch = response.top_branch();
    const auto id = branches.client_of(branch);
    const auto found = id ? clients.find(*id) : clients.end();
    const bool ours = found != clients.end() && found->second.branch == branch;
    const bool of_cancel = ours && response.method() == Method::Cancel;
    if (!ours && branches.is_stateless(branch)) return pass_statelessly(std::move(response), flow);
    // Of a transaction of ours that is over: most often what ended it, once more.
    if (id && found == clients.end() && response.method() != Method::Invite) {
        note(Severity::Trace, "sip.response.late", &response,
             {{"status", std::to_string(response.status())}, {"peer", flow.remote.text()}});
        return;
    }
    if (!ours || (of_cancel ? !found->second.cancel
                            : found->second.is_invite() != (response.method() == Method::Invite))) {
        // RFC 6026 8.9: discarded, whatever it is.
        note(Severity::Info, "sip.response.unmatched", &response,
             {{"status", std::to_string(response.status())}, {"peer", flow.remote.text()}});
        return;
    }
    auto& tx = found->second;
    if (of_cancel) {
        tx.cancel->on_response(response.status(), now);
        return end_client_if_done(tx.id);
    }
    if (tx.purpose == Outgoing::Purpose::Branch) {
        response.remove_first<h::Via>();
        if (!response.has<h::Via>()) {  // RFC 3261 16.7 step 3: it leads nowhere
            note(Severity::Warning, "sip.message.malformed", &response,
                 {{"reason", "response to a forwarded request without a second Via"},
                  {"peer", flow.remote.text()}});
            return;
        }
    }
    const int status = response.status();
    const auto step = std::visit([&](auto& m) { return m.on_response(status, now); }, tx.machine);
    if (step.acknowledge) {
        if (!tx.ack)
            if (const auto o = outgoings.find(tx.outgoing); o != outgoings.end())
                make_ack(tx, o->second, response);
        if (tx.ack) transmit(tx.id, tx.ack, tx.to, tx.compress);
    }
    if (tx.is_invite() || status >= 200) tx.bytes.reset();  // not repeated any more
    if (step.pass) client_pass(tx, std::move(response), flow);
    end_client_if_done(*id);
}

// RFC 3261 16.11: to where the next Via says. It has `received`, and `rport` where it was asked for, since
// the request came by here.
void Element::Impl::pass_statelessly(Message response, const Flow& flow) {
    const auto top = response.top_via();
    const auto host = address_literal(top.host);
    const bool ours = host && std::any_of(config.listen.begin(), config.listen.end(), [&](const auto& point) {
                          return point.endpoint.address == *host && point.endpoint.port == top.port;
                      });
    response.remove_first<h::Via>();
    const auto next = ours && response.has<h::Via>() ? reply_target(response.top_via()) : std::nullopt;
    const auto* point = next ? listening_point(*next) : nullptr;
    if (point == nullptr)
        return note(Severity::Info, "sip.response.unmatched", &response,
                    {{"status", std::to_string(response.status())}, {"peer", flow.remote.text()}});
    auto to = *next;
    if (to.transport == Transport::Udp) to.local = point->endpoint;
    transmit(0, make_buffer(response.serialize()), to, false);
}

void Element::Impl::client_pass(ClientTransaction& tx, Message response, const Flow& flow) {
    const auto found = outgoings.find(tx.outgoing);
    const bool own = tx.purpose == Outgoing::Purpose::Own;
    if (found == outgoings.end()) {  // in Accepted: a 2xx from another branch downstream, or once more
        if (response.status() < 200 || response.status() >= 300) return;
        if (!own) return branch_success(tx.server, tx.index, std::move(response), flow);
        out->emplace_back(ResponseArrived{ClientTransactionId{tx.own}, std::move(response), flow});
        return;
    }
    auto& o = found->second;
    if (response.status() >= 200) return outgoing_final(o, std::move(response), flow);
    const int status = response.status();
    const auto server_id = tx.server;
    const auto index = tx.index;
    outgoing_provisional(o, status);
    if (own)
        out->emplace_back(ResponseArrived{ClientTransactionId{tx.own}, std::move(response), flow});
    else if (status > 100)  // 16.7 step 5: 100 is hop by hop
        branch_provisional(server_id, index, std::move(response), flow);
}

void Element::Impl::client_timeout(ClientTransaction& tx) {
    const auto id = tx.id;
    if (tx.cancel) {
        const auto step = tx.cancel->on_timeout(now);
        if (step.resend && tx.cancel_bytes) transmit(id, tx.cancel_bytes, tx.to, tx.compress);
    }
    const auto step = std::visit([&](auto& m) { return m.on_timeout(now); }, tx.machine);
    if (step.resend && tx.bytes) transmit(id, tx.bytes, tx.to, tx.compress);
    if (step.timed_out) {  // timer B or F
        if (const auto found = outgoings.find(tx.outgoing); found != outgoings.end()) {
            auto& o = found->second;
            const auto* target = std::get_if<Target>(&tx.to);
            const bool heard = o.got_provisional;  // RFC 3263 4.3: a provisional response is a response
            if (tx.compress && !heard && !o.cancelled) {
                // RFC 3486 7: who does not know SigComp cannot say so. The same once more, as text.
                note(Severity::Warning, "sip.sigcomp.unanswered", &o.request,
                     {{"peer", destination_text(tx.to)}});
                o.compress = false;
                --o.next;
                detach(o);
                attempt(o);
                return end_client_if_done(id);
            }
            if (target != nullptr && !heard) locator.penalize(*target, now, dead_target_rest);
            o.last_failure = destination_text(tx.to) + ": no answer";
            o.timed_out = true;
            detach(o);
            if (heard) o.next = o.destinations.size();
            attempt(o);
        }
    }
    end_client_if_done(id);
}

void Element::Impl::client_transport_failed(ClientTransaction& tx, const std::string& detail) {
    const auto id = tx.id;
    const auto step = std::visit([](auto& m) { return m.on_transport_error(); }, tx.machine);
    const auto found = outgoings.find(tx.outgoing);
    note(Severity::Warning, "sip.transport.failed",
         found != outgoings.end() ? &found->second.request : nullptr,
         {{"peer", destination_text(tx.to)}, {"detail", detail}});
    if (step.failed && found != outgoings.end()) {
        auto& o = found->second;
        if (const auto* target = std::get_if<Target>(&tx.to))
            locator.penalize(*target, now, (tx.tcp_for_size ? tcp_refused_rest : dead_target_rest));
        o.last_failure = destination_text(tx.to) + ": " + detail;
        if (tx.tcp_for_size) {  // RFC 3261 18.1.1: then over UDP after all
            o.udp_next = true;
            --o.next;
        }
        detach(o);
        attempt(o);
    }
    end_client_if_done(id);
}

// RFC 3261 9.1: the single Via, Request-URI, Route and identity of the INVITE.
void Element::Impl::send_cancel(Outgoing& o) {
    auto& tx = clients.at(o.client);
    auto cancel = Message::request(Method::Cancel, o.request.request_uri());
    cancel.set<h::Via>(o.request.top_via());
    for (const auto route : o.request.raw_all(HeaderId::Route)) cancel.append_raw("Route", route);
    cancel.set<h::MaxForwards>(70);
    for (const auto id : {HeaderId::From, HeaderId::To, HeaderId::CallId})
        if (const auto value = o.request.raw(id)) cancel.set_raw(id, *value);
    cancel.set_raw(HeaderId::CSeq, std::to_string(o.request.cseq_number()) + " CANCEL");
    if (!o.cancel_reason.empty()) cancel.set_raw(HeaderId::Reason, o.cancel_reason);  // RFC 3326
    tx.cancel_bytes = make_buffer(cancel.serialize());
    tx.cancel.emplace(tx.timers, is_reliable(transport_of(tx.to)), now);
    transmit(tx.id, tx.cancel_bytes, tx.to, tx.compress);
    o.cancel_sent = true;
    o.deadlines.clear();
    o.deadlines.set(Outgoing::Timer::Abandon, now + tx.timers.timeout());
    rearm(tx);
    rearm(o);
}

// RFC 3261 17.1.1.3.
void Element::Impl::make_ack(ClientTransaction& tx, const Outgoing& o, const Message& response) {
    auto ack = Message::request(Method::Ack, o.request.request_uri());
    ack.set<h::Via>(o.request.top_via());
    for (const auto route : o.request.raw_all(HeaderId::Route)) ack.append_raw("Route", route);
    ack.set<h::MaxForwards>(70);
    for (const auto id : {HeaderId::From, HeaderId::CallId})
        if (const auto value = o.request.raw(id)) ack.set_raw(id, *value);
    if (const auto to = response.raw(HeaderId::To)) ack.set_raw(HeaderId::To, *to);
    ack.set_raw(HeaderId::CSeq, std::to_string(o.request.cseq_number()) + " ACK");
    tx.ack = make_buffer(ack.serialize());
}

void Element::Impl::end_client_if_done(std::uint64_t id) {
    const auto found = clients.find(id);
    if (found == clients.end()) return;
    if (found->second.over())
        end_client(id);
    else
        rearm(found->second);
}

void Element::Impl::end_client(std::uint64_t id) {
    const auto found = clients.find(id);
    if (found == clients.end()) return;
    if (const auto* flow = std::get_if<Flow>(&found->second.to); flow != nullptr && flow->connection != 0)
        on_connection.erase({flow->connection, id});
    clients.erase(found);
}

}  // namespace ims::sip
