#include "common/sip/proxy/element_impl.hpp"
#include "common/sip/proxy/routing.hpp"

#include <algorithm>

namespace ims::sip {

namespace {

constexpr Duration longest_retry_after = 1h;
constexpr unsigned most_redirects = 5;

}  // namespace

Outgoing& Element::Impl::new_outgoing(Message request, Outgoing::Purpose purpose) {
    const auto id = new_id(Kind::Outgoing);
    auto& o = outgoings.try_emplace(id, id, std::move(request)).first->second;
    o.purpose = purpose;
    return o;
}

ClientTransactionId Element::Impl::send(Message request, NextHop next_hop,
                                        std::optional<TimerValues> values) {
    auto& o = new_outgoing(std::move(request), Outgoing::Purpose::Own);
    o.timers = values;
    if (!o.request.has<h::MaxForwards>()) o.request.set<h::MaxForwards>(70);
    if (!config.server.empty() && !o.request.has<h::UserAgent>()) o.request.set<h::UserAgent>(config.server);
    const ClientTransactionId id{o.id};
    start(o, std::move(next_hop));
    return id;
}

void Element::Impl::start(Outgoing& o, NextHop next_hop) {
    const auto route = postprocess_route(o.request);
    const auto& uri = route ? *route : o.request.request_uri();
    o.compress = !config.sigcomp_id.empty() && asks_for_sigcomp(uri.params);
    if (const auto* flow = std::get_if<Flow>(&next_hop)) {
        o.destinations.emplace_back(*flow);
        return attempt(o);
    }
    if (const auto* target = std::get_if<Target>(&next_hop)) {
        o.destinations.emplace_back(*target);
        return attempt(o);
    }
    const auto* const wanted = std::get_if<Uri>(&next_hop);
    locate(o, wanted != nullptr ? *wanted : uri);
}

void Element::Impl::locate(Outgoing& o, const Uri& uri) {
    Locator::Outputs located;
    const auto order =
        o.purpose == Outgoing::Purpose::Stateless ? Locator::Order::Fixed : Locator::Order::Weighted;
    const auto ticket = locator.locate(uri, now, located, order);
    if (!located.located.empty()) return use(o, std::move(located.located.front()));
    tickets.emplace(ticket, o.id);
    take(std::move(located));
}

void Element::Impl::use(Outgoing& o, Locator::Located located) {
    o.destinations.assign(located.targets.begin(), located.targets.end());
    o.next = 0;
    if (!located.why.empty()) o.last_failure = std::move(located.why);
    attempt(o);
}

// RFC 3263 4.3: the next target, with a new client transaction and so a new branch.
void Element::Impl::attempt(Outgoing& o) {
    if (o.cancelled) return give_up(o);
    while (o.next < o.destinations.size())
        if (send_to(o, o.destinations[o.next++])) return;
    fail(o, o.timed_out ? ResponseToForward::Origin::NoAnswer : ResponseToForward::Origin::Unreachable);
}

std::string Element::Impl::with_via(Outgoing& o, const ListeningPoint& point, const std::string& branch) {
    const auto& start = via_starts[static_cast<std::size_t>(&point - config.listen.data())];
    std::string via;
    via.reserve(start.size() + branch.size() + 8);
    via += start;
    via += branch;
    if (point.transport == Transport::Udp) via += ";rport";  // RFC 3581 3
    if (o.compress) {                                        // RFC 3486 4, RFC 5049 9.1
        Params sigcomp{{"comp", "sigcomp"}};
        sigcomp.set_quoted("sigcomp-id", config.sigcomp_id);
        sigcomp.print(via);
    }
    if (o.has_via) o.request.remove_first<h::Via>();
    o.request.prepend_raw(HeaderId::Via, via);
    o.has_via = true;
    return o.request.serialize();
}

bool Element::Impl::send_to(Outgoing& o, Destination to) {
    const auto* point = listening_point(to);
    if (point == nullptr) {
        o.last_failure = destination_text(to) + ": no listening point of that transport and family";
        return false;
    }
    const bool stateless = o.purpose == Outgoing::Purpose::Stateless;
    const auto id = new_id(Kind::Client);
    auto branch = o.stateless_branch.empty() ? branches.branch(id, o.part2) : o.stateless_branch;
    auto text = with_via(o, *point, branch);

    bool tcp_for_size = false;
    if (auto* target = std::get_if<Target>(&to)) {
        if (target->transport == Transport::Udp && text.size() > point->largest_datagram && !o.udp_next) {
            // From a protected port to a protected port, over the same associations.
            const bool guarded = target->local && point->has_client_port(target->local->port);
            const Target stream{Transport::Tcp, target->remote,
                                guarded ? target->local : std::optional<IpEndpoint>{}};
            const auto* tcp = listening_point(stream);
            if (tcp != nullptr && (stateless || !locator.penalized(stream, now))) {
                to = stream;
                point = tcp;
                text = with_via(o, *point, branch);
                tcp_for_size = true;
            }
        }
        auto& chosen = std::get<Target>(to);
        // Via and source agree, so that the answer finds us.
        if (chosen.transport == Transport::Udp && !chosen.local) chosen.local = point->endpoint;
    }
    o.udp_next = false;

    auto bytes = make_buffer(std::move(text));
    if (stateless) {  // RFC 3261 16.11
        transmit(0, std::move(bytes), to, o.compress);
        forget(o.id);
        return true;
    }
    const bool reliable = is_reliable(transport_of(to));
    const auto values = o.timers.value_or(timers_at(point->endpoint, point->transport));
    auto machine = o.is_invite()
                       ? std::variant<InviteClient, NonInviteClient>{InviteClient{values, reliable, now}}
                       : std::variant<InviteClient, NonInviteClient>{NonInviteClient{values, reliable, now}};
    auto& tx = clients.try_emplace(id, id, machine, std::move(branch), to, values).first->second;
    if (!reliable) tx.bytes = bytes;
    tx.outgoing = o.id;
    tx.purpose = o.purpose;
    tx.own = o.id;
    tx.server = o.server;
    tx.index = o.index;
    tx.tcp_for_size = tcp_for_size;
    tx.compress = o.compress;
    if (const auto* flow = std::get_if<Flow>(&to); flow != nullptr && flow->connection != 0)
        on_connection.emplace(flow->connection, id);
    o.client = id;
    o.got_provisional = false;
    if (o.is_invite() && o.purpose == Outgoing::Purpose::Branch)
        o.deadlines.set(Outgoing::Timer::C, now + config.timer_c);
    if (o.is_invite() && o.no_answer && !o.deadlines.running(Outgoing::Timer::NoAnswer))
        o.deadlines.set(Outgoing::Timer::NoAnswer, now + *o.no_answer);
    if (o.no_response) o.deadlines.set(Outgoing::Timer::NoResponse, now + *o.no_response);
    transmit(id, std::move(bytes), to, o.compress);
    rearm(tx);
    rearm(o);
    return true;
}

// ---- cancelling

void Element::Impl::cancel(Outgoing& o, std::string reason) {
    if (!o.is_invite() || o.cancelled) return;  // RFC 3261 9.1: nothing but INVITE is cancelled
    o.cancelled = true;
    o.cancel_reason = std::move(reason);
    if (o.client == 0) return give_up(o);
    if (o.got_provisional) send_cancel(o);  // else when the first provisional response comes
}

void Element::Impl::give_up(Outgoing& o) {
    if (o.gave_up) return fail(o, ResponseToForward::Origin::NoAnswer);
    if (o.purpose == Outgoing::Purpose::Branch) {
        if (const auto* tx = server(o.server); tx != nullptr && tx->request)
            return deliver(o,
                           {ServerTransactionId{o.server},
                            made_response(*tx->request, 487),
                            ResponseToForward::Origin::Received,
                            o.index,
                            {},
                            "cancelled"},
                           true);
        return forget(o.id);
    }
    o.last_failure = "cancelled";
    fail(o, ResponseToForward::Origin::NoAnswer);
}

void Element::Impl::outgoing_timeout(Outgoing& o) {
    using Timer = Outgoing::Timer;
    if (o.deadlines.take_due(Timer::Abandon, now)) {
        end_client(o.client);
        return give_up(o);
    }
    if (o.deadlines.take_due(Timer::NoResponse, now)) {
        // As timer B or F, only sooner: RFC 3263 4.3.
        if (const auto tx = clients.find(o.client); tx != clients.end()) {
            if (const auto* target = std::get_if<Target>(&tx->second.to))
                locator.penalize(*target, now, dead_target_rest);
            o.last_failure = destination_text(tx->second.to) + ": no answer";
        }
        o.timed_out = true;
        end_client(o.client);
        o.client = 0;
        return attempt(o);
    }
    const bool timer_c = o.deadlines.take_due(Timer::C, now);
    const bool no_answer = o.deadlines.take_due(Timer::NoAnswer, now);
    if (!timer_c && !no_answer) return;
    o.gave_up = !o.cancelled;
    o.last_failure = timer_c ? "timer C" : "no answer";
    // RFC 3261 16.8: with a provisional response the CANCEL, and what it brings; without one as if a 408 had
    // come.
    if (o.got_provisional) return cancel(o, {});
    end_client(o.client);
    give_up(o);
}

// ---- what came of it

void Element::Impl::outgoing_provisional(Outgoing& o, int status) {
    o.got_provisional = true;
    o.deadlines.clear(Outgoing::Timer::NoResponse);
    if (status > 100 && o.deadlines.running(Outgoing::Timer::C))
        o.deadlines.set(Outgoing::Timer::C, now + config.timer_c);  // 16.7 step 2
    if (o.cancelled && !o.cancel_sent) send_cancel(o);
    rearm(o);
}

void Element::Impl::outgoing_final(Outgoing& o, Message response, const Flow& flow) {
    if (response.status() >= 300 && try_elsewhere(o, response)) return;
    if (response.status() >= 300 && o.gave_up) {
        detach(o);
        return fail(o, ResponseToForward::Origin::NoAnswer);
    }
    detach(o);
    if (o.purpose == Outgoing::Purpose::Own) {
        const ClientTransactionId id{o.id};
        forget(o.id);
        out->emplace_back(ResponseArrived{id, std::move(response), flow});
        return;
    }
    if (response.status() < 300) {
        const auto server_id = o.server;
        const auto index = o.index;
        forget(o.id);
        return branch_success(server_id, index, std::move(response), flow);
    }
    deliver(o,
            {ServerTransactionId{o.server},
             std::move(response),
             ResponseToForward::Origin::Received,
             o.index,
             flow,
             {}},
            false);
}

// RFC 3263 4.3: a 503 sends the request to the next target. TS 24.229: a CSCF follows a 305.
bool Element::Impl::try_elsewhere(Outgoing& o, const Message& response) {
    const auto* tx = &clients.at(o.client);
    if (response.status() == 503) {
        const auto* target = std::get_if<Target>(&tx->to);
        const auto rest = response.get<h::RetryAfter>();
        if (target != nullptr && rest) {
            const auto seconds = std::chrono::seconds{parse_number(rest->token).value_or(0)};
            locator.penalize(*target, now, std::min<Duration>(seconds, longest_retry_after));
        }
        if (o.cancelled || o.next >= o.destinations.size()) return false;
        note(Severity::Warning, "sip.target.failed", &o.request,
             {{"peer", destination_text(tx->to)}, {"reason", "503"}});
        detach(o);
        attempt(o);
        return true;
    }
    if (response.status() == 305 && o.recurse_on_305 && !o.cancelled && o.redirects < most_redirects) {
        const auto contact = response.get<h::Contact>();
        if (!contact || contact->star || !contact->address.uri.is_sip()) return false;
        ++o.redirects;
        detach(o);
        o.destinations.clear();
        o.next = 0;
        locate(o, contact->address.uri);
        return true;
    }
    return false;
}

// The present client transaction lives on alone: it acknowledges or absorbs what is repeated.
void Element::Impl::detach(Outgoing& o) {
    if (const auto tx = clients.find(o.client); tx != clients.end()) {
        tx->second.outgoing = 0;
        tx->second.bytes.reset();
    }
    o.client = 0;
    o.deadlines.clear(Outgoing::Timer::NoResponse);
}

void Element::Impl::fail(Outgoing& o, ResponseToForward::Origin origin) {
    const bool timeout = origin == ResponseToForward::Origin::NoAnswer;
    note(Severity::Warning, timeout ? "sip.request.no_answer" : "sip.request.unreachable", &o.request,
         {{"detail", o.last_failure}});
    switch (o.purpose) {
        case Outgoing::Purpose::Stateless: {
            if (o.reply) {
                if (o.has_via) o.request.remove_first<h::Via>();
                const int status = o.destinations.empty() ? 504 : 500;
                transmit(0, make_buffer(made_response(o.request, status).serialize()), *o.reply, false);
            }
            return forget(o.id);
        }
        case Outgoing::Purpose::Own: {
            RequestFailed failed{
                ClientTransactionId{o.id},
                timeout ? RequestFailed::Reason::Timeout : RequestFailed::Reason::Unreachable,
                std::move(o.last_failure)};
            forget(o.id);
            out->emplace_back(std::move(failed));
            return;
        }
        case Outgoing::Purpose::Branch: {
            const auto* tx = server(o.server);
            if (tx == nullptr || !tx->request) return forget(o.id);
            // RFC 3261 16.9 and 16.7 step 6: a transport error counts as 503, which goes upstream as 500.
            const int status = timeout ? 408 : o.destinations.empty() ? 504 : 500;
            return deliver(o,
                           {ServerTransactionId{o.server},
                            made_response(*tx->request, status),
                            origin,
                            o.index,
                            {},
                            o.last_failure},
                           true);
        }
    }
}

void Element::Impl::deliver(Outgoing& o, ResponseToForward result, bool made) {
    forget(o.id);
    if (auto* tx = server(result.transaction.value())) branch_ended(*tx, {std::move(result), made});
}

void Element::Impl::forget(std::uint64_t id) {
    outgoings.erase(id);
}

}  // namespace ims::sip
