#include "common/sip/proxy/element_impl.hpp"
#include "common/sip/proxy/routing.hpp"
#include "common/sip/transaction/key.hpp"

namespace ims::sip {

namespace {

// RFC 3261 21.5.4: what an overloaded or leaving element asks for.
constexpr std::chrono::seconds overload_rest{5};

bool only_white_space(std::string_view text) {
    return trim(text).empty();
}

}  // namespace

void Element::Impl::receive(const Received& event) {
    if (only_white_space(std::string_view{*event.bytes}.substr(0, 4)) && only_white_space(*event.bytes))
        return;  // a keep-alive (RFC 5626 4.4.1)
    auto parsed = Message::parse(event.bytes, config.limits);
    if (!parsed) return refuse_malformed(parsed.error(), event.flow);
    if (parsed->is_response())
        receive_response(std::move(*parsed), event.flow);
    else
        receive_request(std::move(*parsed), event.flow, event.waited);
}

void Element::Impl::refuse_malformed(const ParseFailure& failure, const Flow& flow) {
    note(Severity::Warning, "sip.message.malformed", failure.partial ? &*failure.partial : nullptr,
         {{"reason", failure.reason},
          {"status", std::to_string(failure.status)},
          {"header", std::string{header_name(failure.header)}},
          {"offset", std::to_string(failure.offset)},
          {"peer", flow.remote.text()}});
    if (!failure.answerable || !failure.partial || !failure.partial->is_request()) return;
    auto request = *failure.partial;
    if (request.method() == Method::Ack) return;
    const auto via = note_source(request, flow);
    const auto reply = reply_path(via, flow);
    transmit(0, make_buffer(made_response(request, failure.status, failure.reason).serialize()), reply.to,
             reply.compress);
}

void Element::Impl::receive_request(Message request, const Flow& flow, Duration waited) {
    const auto via = note_source(request, flow);
    if (request.method() == Method::Ack) return receive_ack(std::move(request), via, flow);
    if (request.method() == Method::Cancel) return receive_cancel(std::move(request), via, flow);

    auto key = server_key(request, via, request.method());
    const auto hash = hash_of(key);
    if (auto* tx = server_by_key(hash, key)) {
        const auto step = std::visit([&](auto& m) { return m.on_request(); }, tx->machine);
        return carry_out(*tx, step);
    }
    if (absorbs(hash, key)) return;
    if (const auto refusal = why_not_now(request, waited)) return refuse(request, via, flow, *refusal);
    arrives(std::move(request), via, flow, std::move(key));
}

// RFC 3261 16.3, 16.4: what is well comes to the node.
void Element::Impl::arrives(Message request, const ViaValue& via, const Flow& flow, std::string key) {
    if (const auto refusal = why_not(request)) return refuse(request, via, flow, *refusal);
    const auto part2 = branches.part2(request);
    if (branches.loops(request, part2))
        return refuse(request, via, flow, {482, "Loop Detected", "came back unchanged"});

    auto own_route = preprocess_route(request, [this](const Uri& uri) { return is_own(uri); });
    if (!own_route)
        return refuse(request, via, flow, {400, "Bad Route", std::string{own_route.error().what}});
    // The node edits its own; the copy has no room to spare, and is only read.
    auto& tx = start_server(request, via, flow, std::move(key));
    tx.part2 = part2;
    out->emplace_back(
        RequestArrived{ServerTransactionId{tx.id}, std::move(request), flow, std::move(*own_route)});
}

// Draining and overload; nothing that is already under way is refused.
std::optional<Element::Impl::Refusal> Element::Impl::why_not_now(const Message& request,
                                                                 Duration waited) const {
    const auto in_dialog = [&] { return !request.to_tag().empty(); };
    if (draining && !in_dialog())
        return Refusal{
            503, {}, "going out of service", HeaderId::RetryAfter, std::to_string(draining->count())};
    const auto most = config.max_transactions;
    if (unanswered >= most && (unanswered >= most + most / 8 || !in_dialog()))
        return Refusal{
            503, {}, "too many transactions", HeaderId::RetryAfter, std::to_string(overload_rest.count())};
    if (admission.refuses(request, waited, now))
        return Refusal{503, {}, "overload", HeaderId::RetryAfter, std::to_string(overload_rest.count())};
    return {};
}

// RFC 3261 16.3, in its order.
std::optional<Element::Impl::Refusal> Element::Impl::why_not(const Message& request) const {
    const auto& uri = request.request_uri();
    if (uri.scheme == Uri::Scheme::Other) {
        bool known = false;
        for (const auto& scheme : config.uri_schemes) known = known || iequals(scheme, uri.scheme_text);
        if (!known) return Refusal{416, {}, uri.scheme_text};
    }
    // A request for this element itself has arrived, however few hops are left.
    if (const auto hops = request.get<h::MaxForwards>(); hops && *hops == 0 && !is_own(uri))
        return Refusal{483, {}, "Max-Forwards is 0"};
    if (request.has<h::ProxyRequire>()) {
        const auto required = request.all<h::ProxyRequire>();
        if (!required) return Refusal{400, "Bad Proxy-Require", std::string{required.error().what}};
        std::string unknown;
        for (const auto& tag : *required) {
            bool known = false;
            for (const auto& extension : config.proxy_extensions) known = known || iequals(extension, tag);
            if (!known) unknown += (unknown.empty() ? "" : ", ") + tag;
        }
        if (!unknown.empty()) return Refusal{420, {}, unknown, HeaderId::Unsupported, unknown};
    }
    return {};
}

// Without a transaction: the repetition of the request finds the same reason and gets the same answer.
void Element::Impl::refuse(const Message& request, const ViaValue& via, const Flow& flow,
                           const Refusal& refusal) {
    note(Severity::Info, "sip.request.refused", &request,
         {{"status", std::to_string(refusal.status)},
          {"reason", refusal.detail},
          {"peer", flow.remote.text()}});
    auto response = made_response(request, refusal.status, refusal.reason);
    if (refusal.header != HeaderId::Unknown) response.set_raw(refusal.header, refusal.value);
    const auto reply = reply_path(via, flow);
    transmit(0, make_buffer(response.serialize()), reply.to, reply.compress);
}

void Element::Impl::receive_ack(Message ack, const ViaValue& via, const Flow& flow) {
    const bool by_branch = has_magic_cookie(via.branch());
    const auto key = server_key(ack, via, Method::Invite);
    auto* tx = server_by_key(hash_of(key), key);
    // RFC 3261 17.2.3: without the cookie the To tag must be that of our response.
    if (tx != nullptr && tx->is_invite() && (by_branch || tx->final_tag == ack.to_tag())) {
        const auto step = std::get<InviteServer>(tx->machine).on_ack(now);
        if (!step.pass) return carry_out(*tx, step);
    } else if (ack.to_tag() == branches.local_tag(ack)) {
        return;  // of a refusal that was sent without a transaction
    }
    if (const auto refusal = why_not(ack); refusal && refusal->status != 420) {
        note(Severity::Info, "sip.ack.dropped", &ack,
             {{"reason", refusal->detail}, {"peer", flow.remote.text()}});
        return;
    }
    auto own_route = preprocess_route(ack, [this](const Uri& uri) { return is_own(uri); });
    if (!own_route) {
        note(Severity::Info, "sip.ack.dropped", &ack,
             {{"reason", std::string{own_route.error().what}}, {"peer", flow.remote.text()}});
        return;
    }
    out->emplace_back(AckArrived{std::move(ack), flow, std::move(*own_route)});
}

// RFC 3261 9.2, 16.10. A CANCEL without its INVITE gets 481 where every INVITE is forwarded with state: what
// would be carried on could match nothing downstream. Else it goes the way its INVITE went.
void Element::Impl::receive_cancel(Message cancel, const ViaValue& via, const Flow& flow) {
    const auto invite = server_key(cancel, via, Method::Invite);
    auto* tx = server_by_key(hash_of(invite), invite);
    if (tx == nullptr || !tx->is_invite()) {
        auto key = server_key(cancel, via, Method::Cancel);
        const auto hash = hash_of(key);
        if (absorbs(hash, key) || server_by_key(hash, key) != nullptr) return;
        if (config.forwards_statelessly) return arrives(std::move(cancel), via, flow, std::move(key));
        return refuse(cancel, via, flow, {481, {}, "no such INVITE"});
    }
    // Its repetitions find the INVITE again and get the same answer: it needs no transaction of its own.
    const auto reply = reply_path(via, flow);
    transmit(0, make_buffer(made_response(cancel, 200).serialize()), reply.to, reply.compress);
    if (tx->cancelled || tx->answered()) return;
    tx->cancelled = true;
    const ServerTransactionId id{tx->id};
    const std::string reason{cancel.raw(HeaderId::Reason).value_or(std::string_view{})};
    const bool pending = tx->context && !(tx->context->active.empty() && tx->context->waiting.empty());
    out->emplace_back(Cancelled{id, std::move(cancel), !pending});
    if (!pending) return respond(*tx, made_response(*tx->request, 487));
    cancel_branches(*tx, reason);
    choose_if_done(*tx);
}

}  // namespace ims::sip
