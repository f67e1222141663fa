#include "tests/support/world/wire.hpp"

#include "tests/support/saved_state.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace ims::world {

Host& Wire::add_host(std::string name, IpEndpoint at, std::function<std::unique_ptr<Node>()> build) {
    Host h;
    h.name = name;
    h.at = at;
    h.build = std::move(build);
    auto& added = hosts_.insert_or_assign(std::move(name), std::move(h)).first->second;
    begin(added);
    return added;
}

void Wire::switch_sigcomp(std::string_view name, bool on) {
    auto& h = host(name);
    h.sigcomp = on;
    h.compression.reset();
    if (auto* compressing = dynamic_cast<Compressing*>(h.node.get()); compressing != nullptr && on)
        h.compression = std::make_unique<Compression>(Compression::Config{}, *compressing);
}

void Wire::begin(Host& h) {
    h.compression.reset();
    h.node = h.build();
    h.disk = test::heading(*h.node);
    h.unwritten.clear();
    h.unwritten_since.reset();
    switch_sigcomp(h.name, h.sigcomp);
}

Host& Wire::host(std::string_view name) {
    const auto found = hosts_.find(name);
    if (found == hosts_.end()) throw std::logic_error{"no host " + std::string{name}};
    return found->second;
}

std::vector<std::string> Wire::host_names() const {
    std::vector<std::string> names;
    for (const auto& [name, h] : hosts_) names.push_back(name);
    return names;
}

Host* Wire::host_at(const IpEndpoint& at, sip::Transport transport) {
    for (auto& [name, h] : hosts_)
        if ((h.outside && h.behind(at)) || h.listens_on(at, transport)) return &h;
    return nullptr;
}

std::optional<IpEndpoint> Host::behind(const IpEndpoint& seen) const {
    if (seen.address != outside) return std::nullopt;
    for (const auto& [own, port] : mappings)
        if (port == seen.port) return own;
    return std::nullopt;
}

bool Host::listens_on(const IpEndpoint& endpoint, sip::Transport transport) const {
    if (std::any_of(further.begin(), further.end(), [&](const auto& point) {
            return point.transport == transport && point.endpoint == endpoint;
        }))
        return true;
    if (transport != sip::Transport::Udp && transport != sip::Transport::Tcp) return false;
    if (endpoint == at) return true;
    if (endpoint.address != at.address && endpoint.address != outside) return false;
    if (std::find(protected_ports.begin(), protected_ports.end(), endpoint.port) != protected_ports.end())
        return true;
    return std::any_of(associations.begin(), associations.end(), [&](const auto& entry) {
        const auto& own = entry.second.set.own;
        return endpoint.address == own.address &&
               (endpoint.port == own.client_port || endpoint.port == own.server_port);
    });
}

// ---- processes

void Wire::kill(std::string_view name) {
    auto& h = host(name);
    h.compression.reset();
    h.node.reset();
    h.memory = trace::Memory{32U << 20};
    cut_connections(name);
    on_down(h);
}

void Wire::cut_connections(std::string_view name) {
    for (auto& [id, c] : connections_)
        if (c.open && (c.a == name || c.b == name)) close(c);
}

void Wire::puts_nat_before(std::string_view name, const IpAddress& outside) {
    host(name).outside = outside;
    nat_forgets(name);
}

IpEndpoint Wire::shown(Host& host, const IpEndpoint& own) {
    if (!host.outside || own.address == host.outside) return own;
    const auto found = host.mappings.find(own);
    const auto port = found != host.mappings.end() ? found->second : ++last_mapped_;
    host.mappings.emplace(own, port);
    return {*host.outside, port};
}

void Wire::start(std::string_view name) {
    auto& h = host(name);
    begin(h);
    ++h.starts;
}

void Wire::save_and_restore(std::string_view name) {
    auto& h = host(name);
    prove_disk(h);
    write_state(h);
    const auto disk = h.disk;
    kill(name);
    start(name);
    restore(h, disk);
    deliver(name, ipsec::Report{ipsec::Started{}});
}

void Wire::crashes(std::string_view name) {
    auto& h = host(name);
    write_if_due(h);
    const auto disk = h.disk;
    kill(name);
    start(name);
    restore(h, disk);
    deliver(name, ipsec::Report{ipsec::Started{}});
}

// ---- what is on a disk

void Wire::restore(Host& h, const std::string& disk) {
    std::string why;
    if (!test::restore(*h.node, disk, now_, why))
        throw std::logic_error{h.name + " cannot restore: " + why + "\n" + disk};
    h.disk = disk;
}

void Wire::take_changes(Host& h) {
    if (!h.node->has_changes()) return;
    std::string records;
    h.node->write_changes(now_, records);
    if (!records.empty()) h.unwritten += test::since(records, now_);
}

void Wire::write_state(Host& h) {
    if (h.writes_only_at_its_end) h.disk = test::heading(*h.node) + test::since(h.node->save(now_), now_);
    take_changes(h);
    h.disk += h.unwritten;
    if (h.disk.size() > 50'000) h.disk = test::joined(*h.node, h.disk);
    h.unwritten.clear();
    h.unwritten_since.reset();
}

// As state.interval has it.
void Wire::write_if_due(Host& h) {
    if (h.unwritten_since && now_ - *h.unwritten_since >= 100ms) write_state(h);
}

void Wire::prove_disk(Host& h) {
    if (!h.node || h.writes_only_at_its_end || h.node->state_format().empty()) return;
    take_changes(h);
    const auto lines_of = [&](const std::string& disk) {
        const auto twin = h.build();
        std::string why;
        if (!test::restore(*twin, disk, now_, why))
            throw std::logic_error{h.name + " cannot restore: " + why + "\n" + disk};
        std::set<std::string> lines;
        std::istringstream text{twin->save(now_)};
        for (std::string line; std::getline(text, line);) lines.insert(line);
        return lines;
    };
    const auto written = lines_of(h.disk + h.unwritten);
    const auto known = lines_of(test::heading(*h.node) + test::since(h.node->save(now_), now_));
    if (written == known) return;
    std::string differ;
    for (const auto& line : written)
        if (!known.contains(line)) differ += "\non the disk: " + line;
    for (const auto& line : known)
        if (!written.contains(line)) differ += "\nin memory:   " + line;
    throw std::logic_error{h.name + " changed records and did not say so:" + differ};
}

void Wire::prove_disks() {
    for (auto& [name, h] : hosts_) prove_disk(h);
}

void Wire::freeze(std::string_view name, bool frozen) {
    frozen_[std::string{name}] = frozen;
}

// ---- time

trace::WallClock Wire::wall_clock() const {
    constexpr auto began = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};  // TimePoint of one hour
    const auto since = now_.time_since_epoch() - std::chrono::hours{1};
    return trace::WallClock{began} + std::chrono::duration_cast<std::chrono::microseconds>(since);
}

void Wire::later(Duration in, std::function<void()> what) {
    arrivals_.push({now_ + in, order_++, std::move(what)});
    quiet_told_ = false;
}

bool Wire::quiet() const {
    return arrivals_.empty();
}

void Wire::pass_quiet_moment() {
    if (!quiet() || quiet_told_) return;
    quiet_told_ = true;
    const auto number = quiet_moments_++;
    if (at_quiet_moment) at_quiet_moment(number);
}

bool Wire::step(TimePoint until) {
    pass_quiet_moment();
    Host* due = nullptr;
    std::optional<TimePoint> deadline;
    for (auto& [name, h] : hosts_) {
        if (!h.node || frozen_[name]) continue;
        const auto next = h.node->next_deadline();
        if (next && (!deadline || *next < *deadline)) {
            deadline = next;
            due = &h;
        }
    }
    if (!arrivals_.empty() && arrivals_.top().at <= until && (!deadline || arrivals_.top().at <= *deadline)) {
        auto arrival = arrivals_.top();
        arrivals_.pop();
        now_ = std::max(now_, arrival.at);
        arrival.what();
        return true;
    }
    if (!deadline || *deadline > until) return false;
    now_ = std::max(now_, *deadline);
    write_if_due(*due);
    Effects effects;
    due->node->handle_timeout(now_, effects);
    due->memory.turn(effects, wall_clock());
    if (on_turn) on_turn(*due, nullptr, effects);
    carry(*due, std::move(effects));
    return true;
}

void Wire::advance(Duration d) {
    const auto end = now_ + d;
    while (step(end)) {
    }
    now_ = end;
}

// ---- octets

void Wire::deliver(std::string_view name, const Event& event) {
    auto& h = host(name);
    if (!h.node || frozen_[h.name]) return;
    write_if_due(h);
    Effects effects;
    h.node->handle(event, now_, effects);
    h.memory.turn(event, effects, wall_clock());
    if (on_turn) on_turn(h, &event, effects);
    carry(h, std::move(effects));
}

void Wire::arrive(std::string_view name, sip::Received received) {
    auto& h = host(name);
    if (!h.node || frozen_[h.name]) return;
    Effects said;
    const bool for_the_node = !h.compression || h.compression->receive(received, now_, said);
    said_by_compression(h, std::move(said));
    if (for_the_node) deliver(name, received);
}

void Wire::carry(Host& from, Effects effects) {
    if (!from.unwritten_since && from.node && from.node->has_changes()) from.unwritten_since = now_;
    if (proves_each_turn) prove_disk(from);
    for (auto& effect : effects)
        std::visit(overloaded{
                       [&](sip::Transmit& t) { transmit(from, t); },
                       [&](cx::Send& s) { on_cx(from, s); },
                       [&](cx::Reply& r) { on_cx(from, r); },
                       [&](ipsec::Order& o) { on_ipsec(from, o); },
                       [&](Note& n) {
                           remarks_.push_back({now_, from.name, std::move(n)});
                       },
                       [&](sip::dns::Query& q) {
                           // Nobody needs DNS here: addresses and static routes are enough.
                           later(latency_, [this, name = from.name, q] {
                               deliver(name, sip::dns::Answer{q, {}, false, "no such name in this world"});
                           });
                       },
                   },
                   effect);
}

// ---- ESP

void Wire::on_ipsec(Host& from, const ipsec::Order& order) {
    const auto report = [&](const ipsec::Report& r) {
        later(Duration{0}, [this, name = from.name, r, starts = from.starts] {
            if (host(name).starts == starts) deliver(name, r);
        });
    };
    std::visit(overloaded{
                   [&](const ipsec::Install& o) {
                       if (!why_no_associations.empty())
                           return report(ipsec::InstallFailed{o.id, why_no_associations});
                       from.associations.insert_or_assign(o.id, o);
                       report(ipsec::Installed{o.id});
                   },
                   [&](const ipsec::Extend& o) {
                       const auto found = from.associations.find(o.id);
                       if (found == from.associations.end())
                           return report(ipsec::Lost{o.id, "the kernel does not have it"});
                       found->second.lifetime = o.lifetime;
                       found->second.set.encapsulation_port = o.set.encapsulation_port;
                   },
                   [&](const ipsec::Remove& o) { from.associations.erase(o.id); },
                   [&](const ipsec::Keep& o) {
                       std::map<std::uint64_t, ipsec::Install> kept;
                       for (const auto& one : o.sets) {
                           const auto found = from.associations.find(one.id);
                           if (found != from.associations.end() && found->second.set == one.set)
                               kept.insert(*found);
                           else
                               report(ipsec::Lost{one.id, "the kernel does not have it"});
                       }
                       from.associations = std::move(kept);
                   },
               },
               order);
    if (from.unwritten_since) write_state(from);  // before anybody hears of it
}

bool Wire::encapsulated(Host& from, Host& to, const ipsec::SaSet& out, const ipsec::SaSet& in) {
    constexpr std::uint16_t port_4500 = 4500;  // RFC 3948
    if (out.mode != in.mode) return false;
    if (out.mode == ipsec::Mode::Transport) return !from.outside && !to.outside;
    if (to.outside) {  // to where the P-CSCF last heard it
        const auto mapped = to.mappings.find({to.at.address, port_4500});
        return mapped != to.mappings.end() && mapped->second == out.encapsulation_port;
    }
    const auto seen = shown(from, {from.at.address, port_4500});
    if (seen.address != in.peer.address || seen.port != in.encapsulation_port)
        later(latency_, [this, name = to.name, starts = to.starts, spi = in.own.spi_server, seen] {
            if (host(name).starts == starts) deliver(name, ipsec::Report{ipsec::Mapped{spi, seen}});
        });
    return true;
}

Wire::Passage Wire::passage(Host& from, Host& to, const IpEndpoint& source, const IpEndpoint& destination) {
    const auto find = [&](const Host& host, bool inbound) {
        std::pair<const ipsec::Install*, std::uint32_t> found{nullptr, 0};
        for (const auto& [id, install] : host.associations)
            for (const auto& a : ipsec::associations(install.set))
                if (a.inbound == inbound && a.source == source && a.destination == destination)
                    found = {&install, a.spi};
        return found;
    };
    const auto [out, out_spi] = find(from, false);
    const auto [in, in_spi] = find(to, true);
    if (out != nullptr && in != nullptr)
        return out_spi == in_spi && out->keys == in->keys && out->set.transform == in->set.transform &&
                       encapsulated(from, to, out->set, in->set)
                   ? Passage::Protected
                   : Passage::Refused;
    const auto guarded = [](const Host& host, const IpEndpoint& at) {
        return std::find(host.protected_ports.begin(), host.protected_ports.end(), at.port) !=
               host.protected_ports.end();
    };
    if (out != nullptr || in != nullptr || guarded(to, destination) || guarded(from, source))
        return Passage::Refused;
    return Passage::Clear;
}

void Wire::transmit(Host& from, const sip::Transmit& original) {
    auto t = original;
    if (rewrite) {
        std::string text = *t.bytes;
        rewrite(from.name, text);
        t.bytes = sip::make_buffer(std::move(text));
    }
    const auto text = t.bytes;
    Effects said;
    const bool can_be_sent = !from.compression || from.compression->send(t, said);
    if (can_be_sent) put(from, t, text);
    said_by_compression(from, std::move(said));
    if (!can_be_sent)
        later(latency_, [this, name = from.name, id = t.id] {
            deliver(name, sip::TransportFailed{id, "too large for SigComp"});
        });
}

void Wire::said_by_compression(Host& from, Effects effects) {
    for (auto& effect : effects) {
        if (const auto* t = std::get_if<sip::Transmit>(&effect)) put(from, *t, t->bytes);
        if (auto* n = std::get_if<Note>(&effect)) {
            from.memory.note(*n, wall_clock());
            remarks_.push_back({now_, from.name, std::move(*n)});
        }
    }
}

void Wire::inject(std::string_view from, const sip::Flow& flow, std::string octets) {
    const auto bytes = sip::make_buffer(std::move(octets));
    put(host(from), {0, bytes, flow}, bytes);
}

void Wire::put(Host& from, const sip::Transmit& original, const sip::Buffer& text) {
    auto t = original;
    if (garble) {
        auto octets = *t.bytes;
        garble(from.name, octets);
        t.bytes = sip::make_buffer(std::move(octets));
    }
    const Octets octets{t.id, t.bytes, text};
    const bool compressed = sigcomp::begins_sigcomp(static_cast<std::uint8_t>(t.bytes->front()));
    if (const auto* flow = std::get_if<sip::Flow>(&t.to)) {
        if (flow->transport == sip::Transport::Udp)
            return transmit_datagram(from, octets, flow->local, flow->remote);
        const auto c = connections_.find(flow->connection);
        if (c == connections_.end() || !c->second.open)
            return later(latency_, [this, name = from.name, id = t.id] {
                deliver(name, sip::TransportFailed{id, "connection is closed"});
            });
        return transmit_on(from, octets, c->second);
    }
    const auto& target = std::get<sip::Target>(t.to);
    if (target.transport == sip::Transport::Udp)
        return transmit_datagram(
            from, octets, target.local && target.local->port != 0 ? *target.local : from.at, target.remote);
    const bool own_port = target.local && target.local->port != from.at.port &&
                          from.listens_on(*target.local);  // a protected client port
    for (auto& [id, c] : connections_) {
        const bool forth = c.a == from.name;
        if (!c.open || c.transport != target.transport || (!forth && c.b != from.name)) continue;
        if (c.sigcomp.value_or(compressed) != compressed) continue;
        const auto& own = forth ? c.a_at : c.b_at;
        const auto& other = forth ? c.b_at : c.a_seen;
        if (other == target.remote && (!own_port || own == *target.local))
            return transmit_on(from, octets, c);
    }
    auto* to = host_at(target.remote, target.transport);
    if (to == nullptr || !to->node)
        return later(latency_, [this, name = from.name, id = t.id] {
            deliver(name, sip::TransportFailed{id, "connection refused"});
        });
    const auto& own_address = target.local ? target.local->address : from.at.address;
    const IpEndpoint source = own_port ? *target.local : IpEndpoint{own_address, ++from.last_ephemeral};
    if (passage(from, *to, source, target.remote) == Passage::Refused)
        return later(latency_, [this, name = from.name, id = t.id] {
            deliver(name, sip::TransportFailed{id, "connect timed out"});
        });
    Connection c{++last_connection_, from.name,           to->name,         source,
                 target.remote,      shown(from, source), target.transport, true};
    transmit_on(from, octets, connections_.emplace(c.id, c).first->second);
}

void Wire::transmit_datagram(Host& from, const Octets& t, const IpEndpoint& source, const IpEndpoint& to) {
    auto* target = host_at(to);
    Crossing crossing{now_, from.name, target == nullptr ? to.text() : target->name, *t.text};
    const auto passes = target == nullptr ? Passage::Refused : passage(from, *target, source, to);
    crossing.by_esp = passes == Passage::Protected;
    crossing.octets = t.bytes->size();
    crossing.compressed = sigcomp::begins_sigcomp(static_cast<std::uint8_t>(t.bytes->front()));
    crossing.source = source;
    crossing.destination = to;
    crossing.lost = passes == Passage::Refused || !target->node || (drop && drop(datagrams_, crossing));
    ++datagrams_;
    const bool lost = crossing.lost;
    crossings_.push_back(std::move(crossing));
    if (lost) {
        quiet_told_ = false;
        return;
    }
    const sip::Flow flow{sip::Transport::Udp, target->behind(to).value_or(to), shown(from, source), 0};
    later(latency_, [this, name = target->name, starts = target->starts, bytes = t.bytes, flow] {
        if (host(name).starts == starts) arrive(name, sip::Received{bytes, flow});
    });
}

void Wire::transmit_on(Host& from, const Octets& t, Connection& c) {
    const bool compressed = sigcomp::begins_sigcomp(static_cast<std::uint8_t>(t.bytes->front()));
    if (!c.sigcomp) c.sigcomp = compressed;
    if (c.sigcomp != compressed) throw std::logic_error{"SIP and SigComp on one connection"};
    const bool forth = c.a == from.name;
    const auto& peer = forth ? c.b : c.a;
    const auto passes = passage(from, host(peer), forth ? c.a_at : c.b_at, forth ? c.b_at : c.a_at);
    crossings_.push_back({now_, from.name, peer, *t.text, passes == Passage::Refused,
                          passes == Passage::Protected, true, t.bytes->size(), compressed, c.transport,
                          forth ? c.a_at : c.b_at, forth ? c.b_at : c.a_at});
    if (passes == Passage::Refused) return;
    const auto flow = c.flow_at(forth);
    later(latency_, [this, peer, bytes = t.bytes, flow, id = c.id] {
        if (connections_.at(id).open) arrive(peer, sip::Received{bytes, flow});
    });
}

void Wire::close(Connection& c) {
    c.open = false;
    for (const bool forth : {true, false}) {
        const auto& peer = forth ? c.b : c.a;
        const auto flow = c.flow_at(forth);
        later(latency_, [this, peer, flow, starts = host(peer).starts] {
            if (host(peer).starts != starts) return;
            if (const auto& compression = host(peer).compression) compression->closed(flow);
            deliver(peer, sip::FlowClosed{flow});
        });
    }
}

// ---- what was said

std::size_t Wire::noted(std::string_view id) const {
    return static_cast<std::size_t>(
        std::count_if(remarks_.begin(), remarks_.end(), [&](const auto& r) { return r.note.id == id; }));
}

std::string Wire::ladder() const {
    std::string out;
    const auto at = [](TimePoint t) {
        const auto since =
            std::chrono::duration_cast<std::chrono::milliseconds>(t - TimePoint{std::chrono::hours{1}});
        return std::to_string(since.count()) + " ms  ";
    };
    auto remark = remarks_.begin();
    const auto remarks_until = [&](TimePoint t) {
        for (; remark != remarks_.end() && remark->at <= t; ++remark) {
            if (remark->note.severity == Severity::Trace) continue;
            out += at(remark->at) + remark->host + ": " + std::string{remark->note.id};
            for (const auto& f : remark->note.fields) out += " " + std::string{f.name} + "=" + f.value;
            out += "\n";
        }
    };
    for (const auto& c : crossings_) {
        remarks_until(c.at - Duration{1});
        const auto cseq_at = c.text.find("CSeq: ");
        const auto cseq = cseq_at == std::string::npos
                              ? ""
                              : c.text.substr(cseq_at, c.text.find("\r\n", cseq_at) - cseq_at);
        out += at(c.at) + c.from + " -> " + c.to + "  " + c.text.substr(0, c.text.find("\r\n")) + "  [" +
               cseq + "]" + (c.lost ? "  LOST" : "") + "\n";
    }
    remarks_until(TimePoint::max());
    return out;
}

}  // namespace ims::world
