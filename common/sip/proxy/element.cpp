#include "common/sip/proxy/element.hpp"

#include "common/sip/proxy/element_impl.hpp"

#include <algorithm>

namespace ims::sip {

namespace {

std::string_view without_brackets(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
    return host;
}

std::uint16_t port_of(const Uri& uri) {
    if (uri.port) return *uri.port;
    const bool sips = uri.scheme == Uri::Scheme::Sips;
    auto transport = sips ? Transport::Tls : Transport::Udp;
    if (const auto param = uri.params.get("transport"))
        transport = parse_transport(*param).value_or(transport);
    if (sips && transport == Transport::Tcp) transport = Transport::Tls;
    if (sips && transport == Transport::Ws) transport = Transport::Wss;
    return default_port(transport);
}

}  // namespace

bool ListeningPoint::has_client_port(std::uint16_t port) const {
    return std::find(client_ports.begin(), client_ports.end(), port) != client_ports.end();
}
bool ListeningPoint::sends_from(std::uint16_t port) const {
    return port == endpoint.port || has_client_port(port);
}

Element::Impl::Impl(ElementConfig c, Random& r)
    : config{std::move(c)},
      random{r},
      locator{config.locator, r},
      branches{r.number(), r.token(4)},
      admission{config.overload_delay} {
    for (const auto& point : config.listen)
        via_starts.push_back("SIP/2.0/" + std::string{transport_text(point.transport)} + ' ' +
                             point.endpoint.text() + ";branch=");
}

// ---- what everybody uses

void Element::Impl::note(Severity severity, std::string_view id, const Message* about,
                         std::vector<Note::Field> fields) {
    Note note{severity, id, std::move(fields)};
    if (about != nullptr) {
        note.with("call_id", std::string{about->call_id()});
        note.with("method", std::string{about->method_name()});
    }
    out->emplace_back(std::move(note));
}

void Element::Impl::transmit(std::uint64_t id, Buffer bytes, const Destination& to, bool compress) {
    out->emplace_back(Transmit{id, std::move(bytes), to, compress});
}

bool Element::Impl::is_own(const Uri& uri) const {
    if (!uri.is_sip()) return false;
    for (const auto& name : config.own_names) {
        const auto colon = name.find_last_not_of("0123456789");
        const bool with_port = colon != std::string::npos && name[colon] == ':' && colon + 1 < name.size();
        const auto host =
            without_brackets(with_port ? std::string_view{name}.substr(0, colon) : std::string_view{name});
        if (!iequals(host, without_brackets(uri.host))) continue;
        if (!with_port || parse_number(std::string_view{name}.substr(colon + 1)) == port_of(uri)) return true;
    }
    const auto address = IpAddress::parse(without_brackets(uri.host));
    if (!address) return false;
    const auto port = port_of(uri);
    for (const auto& point : config.listen)
        if (point.endpoint.address == *address && point.endpoint.port == port) return true;
    return false;
}

const ListeningPoint* Element::Impl::listening_point(const Destination& to) const {
    const auto transport = transport_of(to);
    std::optional<IpEndpoint> local;
    bool v6 = false;
    if (const auto* flow = std::get_if<Flow>(&to)) {
        local = flow->local;
        v6 = flow->remote.address.is_v6();
    } else {
        const auto& target = std::get<Target>(to);
        local = target.local;
        v6 = target.remote.address.is_v6();
    }
    const ListeningPoint* best = nullptr;
    int best_score = -1;
    for (const auto& point : config.listen) {
        if (point.transport != transport || point.endpoint.address.is_v6() != v6) continue;
        int score = 0;
        if (local && local->address == point.endpoint.address) score = point.sends_from(local->port) ? 2 : 1;
        if (score > best_score) {
            best = &point;
            best_score = score;
        }
    }
    return best;
}

TimerValues Element::Impl::timers_at(const IpEndpoint& local, Transport transport) const {
    for (const auto& point : config.listen)
        if (point.timers && point.transport == transport && point.endpoint.address == local.address &&
            (is_reliable(transport) || point.endpoint.port == local.port))
            return *point.timers;
    return config.timers;
}

// ---- time

Element::Impl::Alarm Element::Impl::alarm_of(std::uint64_t id) {
    Alarm alarm;
    const auto in = [&](auto& table) {
        const auto found = table.find(id);
        if (found != table.end()) alarm = {&found->second.armed, found->second.next_deadline()};
    };
    switch (kind_of(id)) {
        case Kind::Server: in(servers); break;
        case Kind::Client: in(clients); break;
        case Kind::Outgoing: in(outgoings); break;
    }
    return alarm;
}

void Element::Impl::rearm(std::uint64_t id) {
    if (const auto alarm = alarm_of(id); alarm.armed != nullptr) timers.arm(id, alarm.deadline, *alarm.armed);
}

void Element::Impl::on_timeout() {
    while (!timers.empty() && timers.top().at <= now) {
        const auto [at, id] = timers.top();
        timers.pop();
        const auto alarm = alarm_of(id);
        if (alarm.armed == nullptr || *alarm.armed != at) continue;  // over, or armed for an earlier time
        alarm.armed->reset();
        if (alarm.deadline && *alarm.deadline <= now) {
            switch (kind_of(id)) {
                case Kind::Server: server_timeout(servers.at(id)); break;
                case Kind::Client: client_timeout(clients.at(id)); break;
                case Kind::Outgoing: outgoing_timeout(outgoings.at(id)); break;
            }
        }
        rearm(id);
    }
    absorbed.expire(now);
    Locator::Outputs located;
    locator.handle_timeout(now, located);
    take(std::move(located));
}

// Before somebody looks at it, not whenever it may have changed.
void Element::Impl::settle() {
    while (!timers.empty()) {
        const auto [at, id] = timers.top();
        const auto alarm = alarm_of(id);
        const bool counts = alarm.armed != nullptr && *alarm.armed == at;
        if (counts && alarm.deadline == at) return;
        timers.pop();
        if (!counts) continue;
        alarm.armed->reset();
        timers.arm(id, alarm.deadline, *alarm.armed);
    }
}

void Element::Impl::take(Locator::Outputs located) {
    for (auto& query : located.queries) out->emplace_back(std::move(query));
    for (auto& one : located.located) {
        const auto ticket = tickets.find(one.ticket);
        if (ticket == tickets.end()) continue;  // cancelled meanwhile
        const auto found = outgoings.find(ticket->second);
        tickets.erase(ticket);
        if (found == outgoings.end()) continue;
        use(found->second, std::move(one));
    }
}

// ---- the outside

Element::Element(ElementConfig config, Random& random)
    : impl_{std::make_unique<Impl>(std::move(config), random)} {}
Element::~Element() = default;
Element::Element(Element&&) noexcept = default;

void Element::handle(const Received& event, TimePoint now, ElementOutputs& out) {
    impl_->during(now, out, [&] { impl_->receive(event); });
}

void Element::handle(const TransportFailed& event, TimePoint now, ElementOutputs& out) {
    auto& impl = *impl_;
    impl.during(now, out, [&] {
        if (event.transmit != 0 && Impl::kind_of(event.transmit) == Impl::Kind::Server) {
            if (auto* tx = impl.server(event.transmit))
                impl.server_transport_failed(*tx, event.detail);
            else if (const auto* one = impl.absorbed.recent(event.transmit))
                impl.note(Severity::Warning, "sip.response.undeliverable", nullptr,
                          {{"peer", destination_text(one->to)}, {"detail", event.detail}});
        } else if (const auto tx = impl.clients.find(event.transmit); tx != impl.clients.end()) {
            impl.client_transport_failed(tx->second, event.detail);
        } else {  // was sent outside any transaction, or its transaction is over
            impl.note(Severity::Info, "sip.transport.failed", nullptr, {{"detail", event.detail}});
        }
    });
}

void Element::handle(const FlowClosed& event, TimePoint now, ElementOutputs& out) {
    auto& impl = *impl_;
    if (event.flow.connection == 0) return;
    impl.during(now, out, [&] {
        std::vector<std::uint64_t> lost;
        for (auto at = impl.on_connection.lower_bound({event.flow.connection, 0});
             at != impl.on_connection.end() && at->first == event.flow.connection; ++at)
            lost.push_back(at->second);
        for (const auto id : lost)
            if (const auto tx = impl.clients.find(id); tx != impl.clients.end())
                impl.client_transport_failed(tx->second, "connection closed");
    });
}

void Element::handle(const dns::Answer& event, TimePoint now, ElementOutputs& out) {
    impl_->during(now, out, [&] {
        Locator::Outputs located;
        impl_->locator.handle(event, now, located);
        impl_->take(std::move(located));
    });
}

void Element::handle_timeout(TimePoint now, ElementOutputs& out) {
    impl_->during(now, out, [&] { impl_->on_timeout(); });
}

std::optional<TimePoint> Element::next_deadline() const {
    impl_->settle();
    std::optional<TimePoint> next;
    if (!impl_->timers.empty()) next = impl_->timers.top().at;
    return earliest(earliest(next, impl_->absorbed.next_deadline()), impl_->locator.next_deadline());
}

void Element::respond(ServerTransactionId id, Message response, TimePoint now, ElementOutputs& out) {
    impl_->during(now, out, [&] {
        if (auto* tx = impl_->server(id.value())) impl_->respond(*tx, std::move(response));
    });
}

void Element::discard(ServerTransactionId id) {
    impl_->discard(id.value());
}

void Element::forward(ServerTransactionId id, std::vector<Branch> branches, TimePoint now,
                      ElementOutputs& out, const ForwardOptions& options) {
    impl_->during(now, out, [&] {
        if (auto* tx = impl_->server(id.value())) impl_->forward(*tx, std::move(branches), options);
    });
}

void Element::forward_ack(Branch ack, TimePoint now, ElementOutputs& out) {
    impl_->during(now, out, [&] { impl_->forward_stateless(std::move(ack), {}); });
}

void Element::forward_stateless(ServerTransactionId id, Branch branch, TimePoint now, ElementOutputs& out) {
    impl_->during(now, out, [&] {
        const auto* tx = impl_->server(id.value());
        if (tx == nullptr || tx->answered() || tx->context) return;
        const auto reply = tx->reply.to;
        impl_->discard(id.value());
        impl_->forward_stateless(std::move(branch), reply);
    });
}

void Element::wait_on(ServerTransactionId id) {
    if (auto* tx = impl_->server(id.value()); tx != nullptr && tx->context) impl_->wait_on(*tx);
}

void Element::cancel(ServerTransactionId id, TimePoint now, ElementOutputs& out,
                     std::optional<std::string> reason) {
    impl_->during(now, out, [&] {
        auto* tx = impl_->server(id.value());
        if (tx == nullptr || !tx->context) return;
        impl_->cancel_branches(*tx, reason.value_or(std::string{}));
        impl_->choose_if_done(*tx);
    });
}

ClientTransactionId Element::send(Message request, NextHop next_hop, TimePoint now, ElementOutputs& out,
                                  std::optional<TimerValues> timers) {
    ClientTransactionId id;
    impl_->during(now, out, [&] { id = impl_->send(std::move(request), std::move(next_hop), timers); });
    return id;
}

void Element::send_ack(Message ack, NextHop next_hop, TimePoint now, ElementOutputs& out) {
    impl_->during(now, out, [&] {
        auto& o = impl_->new_outgoing(std::move(ack), Outgoing::Purpose::Stateless);
        if (!o.request.has<h::MaxForwards>()) o.request.set<h::MaxForwards>(70);
        impl_->start(o, std::move(next_hop));
    });
}

void Element::cancel(ClientTransactionId id, TimePoint now, ElementOutputs& out) {
    impl_->during(now, out, [&] {
        const auto found = impl_->outgoings.find(id.value());
        if (found != impl_->outgoings.end()) impl_->cancel(found->second, {});
    });
}

const Message* Element::request_of(ServerTransactionId id) const {
    const auto* tx = impl_->server(id.value());
    return tx != nullptr ? tx->request.get() : nullptr;
}

const Flow* Element::flow_of(ServerTransactionId id) const {
    const auto* tx = impl_->server(id.value());
    return tx != nullptr ? &tx->flow : nullptr;
}

bool Element::is_own(const Uri& uri) const {
    return impl_->is_own(uri);
}

std::optional<IpEndpoint> Element::listening_point(Transport t, bool v6) const {
    for (const auto& point : impl_->config.listen)
        if (point.transport == t && point.endpoint.address.is_v6() == v6) return point.endpoint;
    return {};
}

void Element::refuse_new_requests(std::chrono::seconds retry_after) {
    impl_->draining = retry_after;
}

bool Element::idle() const {
    return impl_->unanswered == 0 && impl_->outgoings.empty();
}

std::size_t Element::transactions() const {
    return impl_->servers.size() + impl_->absorbed.size() + impl_->clients.size();
}

void Element::reload(LocatorConfig locator) {
    impl_->config.locator = locator;
    impl_->locator.reload(std::move(locator));
}

}  // namespace ims::sip
