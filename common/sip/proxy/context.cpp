#include "common/sip/proxy/best_response.hpp"
#include "common/sip/proxy/element_impl.hpp"
#include "common/sip/proxy/routing.hpp"

#include <algorithm>

namespace ims::sip {

void Element::Impl::forward(ServerTransaction& tx, std::vector<Branch> branches_wanted,
                            const ForwardOptions& options) {
    if (tx.answered() || !tx.request) return;
    if (tx.cancelled) return respond(tx, made_response(*tx.request, 487));
    if (const auto hops = tx.request->get<h::MaxForwards>(); hops && *hops == 0) {
        note(Severity::Info, "sip.request.refused", &*tx.request,
             {{"status", "483"}, {"reason", "Max-Forwards is 0"}});
        return respond(tx, made_response(*tx.request, 483));
    }
    if (!tx.context) {
        tx.context = std::make_unique<ResponseContext>();
        const auto breadth = tx.request->get<h::MaxBreadth>();
        tx.context->breadth = breadth ? std::min<unsigned>(*breadth, config.max_breadth) : config.max_breadth;
    }
    auto& context = *tx.context;
    // The node has seen them and tries elsewhere; of those that gather still, what it was told as FlowFailed.
    std::erase_if(context.finals, [&](const auto& final) {
        return context.deciding || final.result.response.status() == 430;
    });
    context.deciding = false;
    context.closed = context.succeeded;
    context.only_way = options.only_way;
    const auto id = tx.id;
    const bool only_one = branches_wanted.size() == 1 && context.waiting.empty() && context.active.empty();
    if (only_one && !context.closed && context.breadth > 0) {
        context.q = branches_wanted.front().q;
        launch(tx, {context.count++, std::move(branches_wanted.front()), options}, context.breadth);
    } else {
        for (auto& branch : branches_wanted)
            context.waiting.push_back({context.count++, std::move(branch), options});
        start_branches(tx);
    }
    if (auto* still = server(id)) choose_if_done(*still);  // not refused for its breadth
}

// Starts what may run now: the highest q not yet tried, as broad as RFC 5393 5.3 allows.
void Element::Impl::start_branches(ServerTransaction& tx) {
    // A branch that ends at once comes back here, and may end the context too.
    while (tx.context && !tx.context->closed && !tx.context->waiting.empty()) {
        auto& context = *tx.context;
        if (context.active.empty()) {
            context.q = context.waiting.front().branch.q;
            for (const auto& w : context.waiting) context.q = std::max(context.q, w.branch.q);
        }
        const auto ready = [&](const ResponseContext::Waiting& w) { return w.branch.q >= context.q; };
        const auto count =
            static_cast<unsigned>(std::count_if(context.waiting.begin(), context.waiting.end(), ready));
        unsigned used = 0;
        for (const auto& active : context.active) used += active.breadth;
        if (count == 0) return;
        if (used >= context.breadth) {
            if (!context.active.empty()) return;  // one after the other
            note(Severity::Info, "sip.request.refused", &*tx.request,
                 {{"status", "440"}, {"reason", "Max-Breadth"}});
            context.waiting.clear();
            return respond(tx, made_response(*tx.request, 440, "Max-Breadth Exceeded"));
        }
        const auto share = std::max(1U, (context.breadth - used) / count);
        const auto first = std::find_if(context.waiting.begin(), context.waiting.end(), ready);
        auto next = std::move(*first);
        context.waiting.erase(first);
        launch(tx, std::move(next), share);
    }
}

// RFC 3261 16.6.
void Element::Impl::launch(ServerTransaction& tx, ResponseContext::Waiting waiting, unsigned breadth) {
    auto& branch = waiting.branch;
    auto& o = new_outgoing(std::move(branch.request), Outgoing::Purpose::Branch);
    o.server = tx.id;
    o.index = waiting.index;
    o.part2 = tx.part2;
    o.timers = branch.timers;
    o.no_answer = waiting.options.no_answer;
    o.no_response = waiting.options.no_response;
    o.recurse_on_305 = waiting.options.recurse_on_305;
    tx.context->active.push_back({waiting.index, o.id, breadth});

    decrement_max_forwards(o.request);
    if (const auto had = o.request.get<h::MaxBreadth>(); !had || *had != breadth)
        o.request.set<h::MaxBreadth>(breadth);
    if (branch.record_route) o.request.prepend<h::RecordRoute>(*branch.record_route);
    start(o, std::move(branch.next_hop));
}

// RFC 3261 16.11: an ACK for a 2xx, and what a node does not want to remember.
void Element::Impl::forward_stateless(Branch branch, std::optional<Destination> reply) {
    auto& request = branch.request;
    if (const auto hops = request.get<h::MaxForwards>(); hops && *hops == 0) {
        if (!reply)
            return note(Severity::Info, "sip.ack.dropped", &request, {{"reason", "Max-Forwards is 0"}});
        note(Severity::Info, "sip.request.refused", &request,
             {{"status", "483"}, {"reason", "Max-Forwards is 0"}});
        return transmit(0, make_buffer(made_response(request, 483).serialize()), *reply, false);
    }
    auto& o = new_outgoing(std::move(request), Outgoing::Purpose::Stateless);
    o.stateless_branch = branches.stateless_branch(o.request);
    o.reply = reply;
    decrement_max_forwards(o.request);
    if (reply && !o.request.has<h::MaxBreadth>()) o.request.set<h::MaxBreadth>(config.max_breadth);
    if (branch.record_route) o.request.prepend<h::RecordRoute>(*branch.record_route);
    start(o, std::move(branch.next_hop));
}

void Element::Impl::cancel_branches(ServerTransaction& tx, const std::string& reason) {
    auto& context = *tx.context;
    context.closed = true;
    context.waiting.clear();
    const auto active = context.active;  // a branch that was not sent yet ends at once
    for (const auto& one : active)
        if (const auto o = outgoings.find(one.outgoing); o != outgoings.end()) cancel(o->second, reason);
}

void Element::Impl::wait_on(ServerTransaction& tx) {
    for (const auto& one : tx.context->active)
        if (const auto o = outgoings.find(one.outgoing); o != outgoings.end()) {
            o->second.no_response.reset();
            o->second.deadlines.clear(Outgoing::Timer::NoResponse);  // it is woken once for nothing
        }
}

void Element::Impl::branch_provisional(std::uint64_t server_id, std::size_t index, Message response,
                                       const Flow& flow) {
    auto* tx = server(server_id);
    if (tx == nullptr || tx->answered()) return;
    out->emplace_back(ResponseToForward{ServerTransactionId{server_id},
                                        std::move(response),
                                        ResponseToForward::Origin::Received,
                                        index,
                                        flow,
                                        {}});
}

// RFC 3261 16.7 step 5 and RFC 6026 8.4: each 2xx of an INVITE goes upstream; of others the first.
void Element::Impl::branch_success(std::uint64_t server_id, std::size_t index, Message response,
                                   const Flow& flow) {
    auto* tx = server(server_id);
    const bool accepting = tx != nullptr && (!tx->answered() || (tx->is_invite() && !tx->accepted.empty()));
    if (!accepting)
        return note(Severity::Info, "sip.response.late", &response,
                    {{"status", std::to_string(response.status())}});
    for (const auto& [tag, bytes] : tx->accepted)
        if (tag == response.to_tag())
            return transmit(tx->id, bytes, tx->reply.to, tx->reply.compress);  // the callee repeats it
    if (tx->context) {
        auto& context = *tx->context;
        std::erase_if(context.active, [&](const auto& a) { return a.index == index; });
        if (context.succeeded && !tx->is_invite()) return;
        context.succeeded = true;
        context.finals.clear();
    }
    out->emplace_back(ResponseToForward{ServerTransactionId{server_id},
                                        std::move(response),
                                        ResponseToForward::Origin::Received,
                                        index,
                                        flow,
                                        {}});
    if (tx->context) cancel_branches(*tx, "SIP;cause=200;text=\"Call completed elsewhere\"");
}

// A final response that is no 2xx, or what stands for one.
void Element::Impl::branch_ended(ServerTransaction& tx, ResponseContext::Final final) {
    if (!tx.context) return;
    auto& context = *tx.context;
    std::erase_if(context.active, [&](const auto& a) { return a.index == final.result.branch; });
    if (context.succeeded || tx.answered()) return;
    const bool global = final.result.response.status() >= 600;
    const bool flow_failed = final.result.response.status() == 430 && !context.closed;
    const auto index = final.result.branch;
    context.finals.push_back(std::move(final));
    if (global && !context.closed)
        // 16.7 step 5: goes upstream when all have ended. RFC 3326: why the others end.
        cancel_branches(tx, "SIP;cause=" + std::to_string(context.finals.back().result.response.status()));
    else
        start_branches(tx);
    if (flow_failed && tx.context && !(tx.context->active.empty() && tx.context->waiting.empty()))
        out->emplace_back(FlowFailed{ServerTransactionId{tx.id}, index});
    if (tx.context) choose_if_done(tx);
}

void Element::Impl::choose_if_done(ServerTransaction& tx) {
    if (!tx.context || tx.answered() || !tx.request) return;
    auto& context = *tx.context;
    if (context.succeeded || context.deciding || !context.active.empty() || !context.waiting.empty()) return;
    context.deciding = true;
    const ServerTransactionId id{tx.id};
    if (context.finals.empty()) {
        using Origin = ResponseToForward::Origin;
        auto response = made_response(*tx.request, tx.cancelled ? 487 : 480);
        out->emplace_back(ResponseToForward{id,
                                            std::move(response),
                                            tx.cancelled ? Origin::Received : Origin::Unreachable,
                                            context.count,
                                            {},
                                            tx.cancelled ? "cancelled" : "no branch"});
        return;
    }
    std::vector<Candidate> candidates;
    for (const auto& final : context.finals) candidates.push_back({&final.result.response, final.made});
    const auto best = best_response(candidates);
    auto chosen = std::move(context.finals[best].result);
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(best));
    aggregate_challenges(chosen.response, candidates);
    // 16.7 step 6: 503 would say that this element is out of service, which is true if there is no other way
    // and an end to it. When to come back is as good in a 500 (21.5.1).
    const bool as_good_as_ours = context.only_way && chosen.response.has<h::RetryAfter>();
    if (chosen.response.status() == 503 && !as_good_as_ours) chosen.response.set_status(500);
    context.finals.clear();
    out->emplace_back(std::move(chosen));
}

}  // namespace ims::sip
