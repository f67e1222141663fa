#include "common/sip/locate/locator.hpp"

#include "common/base/text.hpp"

#include <algorithm>
#include <tuple>

// A location is worked out afresh from what is known each time an answer comes in; it is done when nothing is
// left to ask. So there is no state between the steps of RFC 3263 but the cache.
namespace ims::sip {

namespace {

constexpr std::size_t cache_limit = 20'000;

std::string_view host_without_brackets(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
    return host;
}

// "_sip._udp.", "_sips._tcp." (RFC 3263 4.1)
std::string srv_prefix(Transport t) {
    switch (t) {
        case Transport::Udp: return "_sip._udp.";
        case Transport::Tcp: return "_sip._tcp.";
        case Transport::Tls: return "_sips._tcp.";
        case Transport::Sctp: return "_sip._sctp.";
        case Transport::Ws: return "_sip._ws.";
        case Transport::Wss: return "_sips._ws.";
    }
    return {};
}

std::optional<Transport> naptr_transport(std::string_view service) {
    if (iequals(service, "SIP+D2U")) return Transport::Udp;
    if (iequals(service, "SIP+D2T")) return Transport::Tcp;
    if (iequals(service, "SIP+D2S")) return Transport::Sctp;
    if (iequals(service, "SIPS+D2T")) return Transport::Tls;
    return {};
}

bool secure(Transport t) {
    return t == Transport::Tls || t == Transport::Wss;
}

std::string without_final_dot(std::string name) {
    if (name.size() > 1 && name.back() == '.') name.pop_back();
    return to_lower(name);
}

}  // namespace

std::string_view dns::type_text(Type t) {
    switch (t) {
        case Type::A: return "A";
        case Type::Aaaa: return "AAAA";
        case Type::Srv: return "SRV";
        case Type::Naptr: return "NAPTR";
    }
    return {};
}

struct Locator::Attempt {
    const Uri& uri;
    std::string host;  // maddr or host, lower case, IPv6 without brackets
    TimePoint started;
    Order order;
    TimePoint now;
    std::vector<Target> targets;
    std::set<dns::Query> open;  // questions without an answer
    std::string why;
};

Locator::Ticket Locator::locate(const Uri& uri, TimePoint now, Outputs& out, Order order) {
    const auto ticket = ++last_ticket_;
    if (!look(ticket, uri, now, order, now, out)) pending_.emplace(ticket, Pending{uri, now, order});
    return ticket;
}

void Locator::resume(Ticket ticket, TimePoint now, Outputs& out) {
    const auto found = pending_.find(ticket);
    if (found == pending_.end()) return;
    const auto& location = found->second;
    if (look(ticket, location.uri, location.started, location.order, now, out)) pending_.erase(found);
}

bool Locator::look(Ticket ticket, const Uri& uri, TimePoint started, Order order, TimePoint now,
                   Outputs& out) {
    const auto maddr = uri.params.get("maddr");
    Attempt attempt{
        uri, to_lower(host_without_brackets(maddr.value_or(uri.host))), started, order, now, {}, {}, {}};
    resolve(attempt);
    if (!attempt.open.empty()) {
        for (const auto& query : attempt.open) {
            const auto [asked, fresh] = asked_.try_emplace(query, Asked{now + config_.query_timeout, {}});
            asked->second.waiting.insert(ticket);
            if (!fresh) continue;
            deadlines_.emplace_back(asked->second.deadline, query);
            out.queries.push_back(query);
        }
        return false;
    }
    if (attempt.order == Order::Weighted && !penalties_.empty())
        std::stable_partition(attempt.targets.begin(), attempt.targets.end(),
                              [&](const Target& t) { return !penalized(t, now); });
    for (auto& target : attempt.targets)
        if (secure(target.transport)) target.host = attempt.host;  // RFC 5922 4: not what SRV led to
    if (!attempt.targets.empty()) attempt.why.clear();
    out.located.push_back({ticket, std::move(attempt.targets), std::move(attempt.why)});
    return true;
}

void Locator::resolve(Attempt& attempt) const {
    const auto& uri = attempt.uri;
    if (!uri.is_sip() || attempt.host.empty()) {
        attempt.why = "not a SIP URI: no server to locate";
        return;
    }
    if (from_static_routes(attempt)) return;

    const bool sips = uri.scheme == Uri::Scheme::Sips;
    std::optional<Transport> transport;
    if (const auto param = uri.params.get("transport")) {
        transport = parse_transport(*param);
        if (!transport) {
            attempt.why = "unknown transport " + std::string{*param};
            return;
        }
        if (sips && *transport == Transport::Tcp) transport = Transport::Tls;
        if (sips && *transport == Transport::Ws) transport = Transport::Wss;
        if (sips && !secure(*transport)) {
            attempt.why = "no TLS over " + std::string{transport_text(*transport)};
            return;
        }
        if (!can_use(*transport)) {
            attempt.why = "transport " + std::string{transport_text(*transport)} + " is not supported";
            return;
        }
    }
    // RFC 3263 4.1: what a URI means that names no transport, where DNS is not asked or does not know.
    auto usual = sips ? Transport::Tls : Transport::Udp;
    if (!sips && !can_use(usual) && can_use(Transport::Tcp)) usual = Transport::Tcp;
    if (!transport && !can_use(usual)) {
        attempt.why = "transport " + std::string{transport_text(usual)} + " is not supported";
        return;
    }
    const auto chosen = transport.value_or(usual);

    if (const auto address = IpAddress::parse(attempt.host)) {
        if (address->is_v6() ? config_.ipv6 : config_.ipv4)
            attempt.targets.push_back({chosen, {*address, uri.port.value_or(default_port(chosen))}, {}});
        else
            attempt.why = attempt.host + ": address family is switched off";
        return;
    }
    if (uri.port) return add_addresses(attempt, attempt.host, chosen, *uri.port);
    if (transport) {
        if (from_srv(attempt, srv_prefix(*transport) + attempt.host, *transport)) return;
        return add_addresses(attempt, attempt.host, *transport, default_port(*transport));
    }
    from_naptr(attempt);
}

bool Locator::from_static_routes(Attempt& attempt) const {
    for (const auto& route : config_.routes) {
        if (!iequals(host_without_brackets(route.host), attempt.host)) continue;
        for (auto target : route.targets) {
            if (target.remote.port == 0)
                target.remote.port = attempt.uri.port.value_or(default_port(target.transport));
            attempt.targets.push_back(target);
        }
        if (attempt.targets.empty()) attempt.why = attempt.host + ": static route without a target";
        return true;
    }
    return false;
}

// RFC 3263 4.1, the URI has neither a transport nor a port: NAPTR, else SRV of every transport, else
// addresses.
void Locator::from_naptr(Attempt& attempt) const {
    const bool sips = attempt.uri.scheme == Uri::Scheme::Sips;
    const auto* naptr = known(attempt, attempt.host, dns::Type::Naptr);
    if (naptr == nullptr) return;

    auto records = naptr->records;
    std::stable_sort(records.begin(), records.end(), [](const dns::Record& a, const dns::Record& b) {
        return std::pair{a.priority, a.weight} < std::pair{b.priority, b.weight};
    });
    for (const auto& record : records) {
        const auto transport = naptr_transport(record.service);
        if (!transport || !can_use(*transport) || (sips && !secure(*transport))) continue;
        if (!iequals(record.flags, "s") || !record.regexp.empty() || record.target.empty()) continue;
        if (from_srv(attempt, without_final_dot(record.target), *transport)) return;
        // An order or preference whose SRV leads nowhere is passed over.
    }

    std::vector<Transport> transports;
    for (const auto t : config_.transports)
        if (t != Transport::Ws && t != Transport::Wss && (!sips || secure(t)) && (sips || !secure(t)))
            transports.push_back(t);
    for (const auto t : transports)
        known(attempt, srv_prefix(t) + attempt.host, dns::Type::Srv);  // all asked at once
    if (!attempt.open.empty()) return;
    bool offered = false;
    for (const auto t : transports) {
        if (from_srv(attempt, srv_prefix(t) + attempt.host, t)) {
            if (!attempt.open.empty() || !attempt.targets.empty()) return;
            offered = true;  // "." says no here; another transport may say yes
        }
    }
    if (offered) return;
    const auto usual = sips ? Transport::Tls : can_use(Transport::Udp) ? Transport::Udp : Transport::Tcp;
    attempt.why.clear();
    add_addresses(attempt, attempt.host, usual, default_port(usual));
}

// True if the SRV records of this name decide (or are still open); false if there is none.
bool Locator::from_srv(Attempt& attempt, const std::string& name, Transport transport) const {
    const auto* srv = known(attempt, name, dns::Type::Srv);
    if (srv == nullptr) return true;
    if (srv->records.empty()) return false;
    if (srv->records.size() == 1 && (srv->records[0].target == "." || srv->records[0].target.empty())) {
        attempt.why = "SRV " + name + ": service not offered";  // RFC 2782
        return true;
    }
    // Every address is asked for at once; the random order is drawn when all is known.
    bool complete = true;
    for (const auto& record : srv->records) {
        const auto target = without_final_dot(record.target);
        if (IpAddress::parse(target)) continue;
        if (config_.ipv4) complete = known(attempt, target, dns::Type::A) != nullptr && complete;
        if (config_.ipv6) complete = known(attempt, target, dns::Type::Aaaa) != nullptr && complete;
    }
    if (!complete) return true;
    for (const auto& record :
         attempt.order == Order::Fixed ? in_fixed_order(srv->records) : in_srv_order(srv->records))
        add_addresses(attempt, without_final_dot(record.target), transport, record.port);
    return !attempt.targets.empty();
}

void Locator::add_addresses(Attempt& attempt, const std::string& name, Transport transport,
                            std::uint16_t port) const {
    if (const auto address = IpAddress::parse(name)) {
        attempt.targets.push_back({transport, {*address, port}, {}});
        return;
    }
    const Known* v4 = config_.ipv4 ? known(attempt, name, dns::Type::A) : nullptr;
    const Known* v6 = config_.ipv6 ? known(attempt, name, dns::Type::Aaaa) : nullptr;
    if (!attempt.open.empty()) return;
    for (const auto* family : {v4, v6}) {
        if (family == nullptr) continue;
        const auto first = static_cast<std::ptrdiff_t>(attempt.targets.size());
        for (const auto& record : family->records)
            attempt.targets.push_back({transport, {record.address, port}, {}});
        // Name servers turn them round.
        if (attempt.order == Order::Fixed) std::sort(attempt.targets.begin() + first, attempt.targets.end());
        if (family->records.empty() && attempt.why.empty()) attempt.why = family->why;
    }
}

// RFC 2782: the lowest priority first; inside a priority by weighted chance, weight 0 with a small one.
std::vector<dns::Record> Locator::in_srv_order(std::vector<dns::Record> records) const {
    std::stable_sort(records.begin(), records.end(), [](const dns::Record& a, const dns::Record& b) {
        return std::pair{a.priority, a.weight != 0} < std::pair{b.priority, b.weight != 0};
    });
    std::vector<dns::Record> ordered;
    ordered.reserve(records.size());
    while (!records.empty()) {
        const auto priority = records.front().priority;
        const auto group_end = std::find_if(records.begin(), records.end(),
                                            [&](const dns::Record& r) { return r.priority != priority; });
        std::uint64_t sum = 0;
        for (auto r = records.begin(); r != group_end; ++r) sum += r->weight;
        const auto draw = random_.number() % (sum + 1);
        std::uint64_t running = 0;
        auto chosen = records.begin();
        for (auto r = records.begin(); r != group_end; ++r) {
            running += r->weight;
            chosen = r;
            if (running >= draw) break;
        }
        ordered.push_back(std::move(*chosen));
        records.erase(chosen);
    }
    return ordered;
}

// RFC 3263 4.4: any order will do that is always the same.
std::vector<dns::Record> Locator::in_fixed_order(std::vector<dns::Record> records) {
    std::sort(records.begin(), records.end(), [](const dns::Record& a, const dns::Record& b) {
        return std::tuple{a.priority, -int{a.weight}, to_lower(a.target), a.port} <
               std::tuple{b.priority, -int{b.weight}, to_lower(b.target), b.port};
    });
    return records;
}

const Locator::Known* Locator::known(Attempt& attempt, const std::string& name, dns::Type type) const {
    const auto found = cache_.find({name, type});
    // What was fetched for this location serves it to its end, however short the TTL.
    if (found != cache_.end() &&
        (found->second.expires > attempt.now || found->second.fetched >= attempt.started))
        return &found->second;
    attempt.open.insert({name, type});
    return nullptr;
}

bool Locator::can_use(Transport t) const {
    return std::find(config_.transports.begin(), config_.transports.end(), t) != config_.transports.end();
}

void Locator::handle(const dns::Answer& answer, TimePoint now, Outputs& out) {
    const dns::Query query{without_final_dot(answer.query.name), answer.query.type};
    if (!asked_.contains(query)) return;  // late, or never asked
    Known known{{}, now, now, {}};
    std::optional<std::chrono::seconds> ttl;
    for (const auto& record : answer.records) {
        if (record.type != query.type) continue;  // CNAME chains and additional records
        ttl = std::min(ttl.value_or(record.ttl), record.ttl);
        known.records.push_back(record);
    }
    const auto what = std::string{dns::type_text(query.type)} + " " + query.name + ": ";
    if (answer.failed)
        known.why = what + (answer.detail.empty() ? "the name server did not answer" : answer.detail);
    else if (known.records.empty())
        known.why = what + (answer.detail.empty() ? "no such record" : answer.detail);
    if (!answer.failed) known.expires = now + (known.records.empty() ? config_.negative_ttl : *ttl);
    learn(query, std::move(known));
    answered(query, now, out);
}

void Locator::learn(const dns::Query& query, Known known) {
    if (cache_.size() >= cache_limit) {
        const auto now = known.fetched;
        std::erase_if(cache_, [&](const auto& entry) { return entry.second.expires <= now; });
        if (cache_.size() >= cache_limit) cache_.clear();
    }
    cache_.insert_or_assign(query, std::move(known));
}

void Locator::answered(const dns::Query& query, TimePoint now, Outputs& out) {
    auto node = asked_.extract(query);
    if (node.empty()) return;
    for (const auto ticket : node.mapped().waiting) resume(ticket, now, out);
    drop_answered();
}

void Locator::handle_timeout(TimePoint now, Outputs& out) {
    while (!deadlines_.empty() && deadlines_.front().first <= now) {
        const auto [deadline, query] = std::move(deadlines_.front());
        deadlines_.pop_front();
        const auto asked = asked_.find(query);
        if (asked == asked_.end() || asked->second.deadline != deadline) continue;
        const auto what = std::string{dns::type_text(query.type)} + " " + query.name + ": ";
        learn(query, {{}, now, now, what + "the name server did not answer"});
        answered(query, now, out);
    }
    drop_answered();
}

// The front of the queue is a question that is still open.
void Locator::drop_answered() {
    while (!deadlines_.empty()) {
        const auto asked = asked_.find(deadlines_.front().second);
        if (asked != asked_.end() && asked->second.deadline == deadlines_.front().first) return;
        deadlines_.pop_front();
    }
}

std::optional<TimePoint> Locator::next_deadline() const {
    if (deadlines_.empty()) return {};
    return deadlines_.front().first;
}

// Questions under way keep the time they were given.
void Locator::reload(LocatorConfig config) {
    config_ = std::move(config);
}

void Locator::penalize(const Target& target, TimePoint now, Duration rest) {
    if (penalties_.size() >= penalties_to_sweep_) {
        std::erase_if(penalties_, [&](const auto& entry) { return entry.second <= now; });
        penalties_to_sweep_ = std::max<std::size_t>(64, 2 * penalties_.size());
    }
    auto& until = penalties_[{target.transport, target.remote}];
    until = std::max(until, now + rest);
}

bool Locator::penalized(const Target& target, TimePoint now) const {
    if (penalties_.empty()) return false;
    const auto found = penalties_.find({target.transport, target.remote});
    return found != penalties_.end() && found->second > now;
}

}  // namespace ims::sip
