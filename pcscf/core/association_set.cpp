#include "pcscf/core/association_set.hpp"

#include <algorithm>
#include <utility>

namespace ims::pcscf {

namespace {
// RFC 4303 2.1: up to 255 they are reserved.
constexpr std::uint32_t first_spi = 256;

template <class Map, class Key>
void erase_one(Map& map, const Key& key, std::uint64_t id) {
    const auto [first, last] = map.equal_range(key);
    for (auto it = first; it != last; ++it)
        if (it->second == id) {
            map.erase(it);
            return;
        }
}
}  // namespace

std::uint64_t code_of(const std::vector<ipsec::Transform>& transforms) {
    std::uint64_t code = 0;
    for (auto t = transforms.rbegin(); t != transforms.rend(); ++t)
        code = code << 4U | static_cast<std::uint64_t>(t->integrity) << 2U |
               static_cast<std::uint64_t>(t->encryption);
    return code;
}

// Neither integrity nor encryption, which is zero, is no transform.
std::vector<ipsec::Transform> transforms_of(std::uint64_t code) {
    std::vector<ipsec::Transform> transforms;
    for (; code != 0; code >>= 4U)
        transforms.push_back(
            {static_cast<ipsec::Integrity>(code >> 2U & 3U), static_cast<ipsec::Encryption>(code & 3U)});
    return transforms;
}

std::string_view state_text(AssociationSet::State state) {
    switch (state) {
        case AssociationSet::State::Temporary: return "temporary";
        case AssociationSet::State::Established: return "established";
        case AssociationSet::State::Old: return "old";
    }
    return {};
}

sip::Flow AssociationSet::datagrams() const {
    return {sip::Transport::Udp,
            {set.own.address, set.own.client_port},
            {set.peer.address, set.peer.server_port},
            0};
}

sip::Target AssociationSet::target(sip::Transport transport) const {
    const auto flow = datagrams();
    return {transport, flow.remote, flow.local};
}

std::optional<ipsec::Side> AssociationSets::allocate(const IpAddress& own, const IpAddress& ue,
                                                     const ipsec::Side& offered, Random& random) const {
    ipsec::Side side{own, 0, config_.server_port, 0, 0};
    // The UE's server port stays over its registrations, so ours must change (33.203 7.4.0). Other UEs have
    // other addresses or ports: they may have the same one.
    const auto of_ue = by_server_port_.equal_range({ue, offered.server_port});
    const auto is_free = [&](std::uint16_t port) {
        return std::none_of(of_ue.first, of_ue.second, [&](const auto& entry) {
            return sets_.at(entry.second).set.own.client_port == port;
        });
    };
    const auto count = config_.client_ports.size();
    const auto start = count == 0 ? 0 : random.number() % count;
    for (std::size_t i = 0; i < count && side.client_port == 0; ++i)
        if (const auto port = config_.client_ports[(start + i) % count]; is_free(port))
            side.client_port = port;
    if (side.client_port == 0) return std::nullopt;
    const auto spi = [&] {
        for (;;) {
            const auto value = static_cast<std::uint32_t>(random.number());
            if (value >= first_spi && !spis_.contains(value) && value != offered.spi_client &&
                value != offered.spi_server && value != side.spi_client)
                return value;
        }
    };
    side.spi_client = spi();
    side.spi_server = spi();
    return side;
}

AssociationSet& AssociationSets::add(AssociationSet s) {
    if (s.id == 0) s.id = last_id_ + 1;
    last_id_ = std::max(last_id_, s.id);
    const auto id = s.id;
    const auto& peer = s.set.peer;
    by_impi_.emplace(s.impi, id);
    by_client_port_.insert_or_assign({peer.address, peer.client_port}, id);
    by_server_port_.emplace(IpEndpoint{peer.address, peer.server_port}, id);
    spis_.emplace(s.set.own.spi_client, id);
    spis_.emplace(s.set.own.spi_server, id);
    if (s.state == AssociationSet::State::Temporary) expect(peer.address);
    changes.added(id);
    wake(s);
    return sets_.insert_or_assign(id, std::move(s)).first->second;
}

void AssociationSets::set_state(AssociationSet& s, AssociationSet::State state) {
    if (s.state == AssociationSet::State::Temporary && state != s.state) expect_no_more(s.set.peer.address);
    s.state = state;
    changes.changed(s.id);
}

void AssociationSets::expect_no_more(const IpAddress& ue) {
    const auto found = waiting_.find(ue);
    if (--found->second.count == 0) waiting_.erase(found);
}

bool AssociationSets::first_refusal(const IpAddress& ue) {
    const auto found = waiting_.find(ue);
    return found == waiting_.end() || !std::exchange(found->second.refused, true);
}

void AssociationSets::remove(const AssociationSet& s) {
    const auto id = s.id;
    changes.removed(id);
    if (s.state == AssociationSet::State::Temporary) expect_no_more(s.set.peer.address);
    const auto& peer = s.set.peer;
    erase_one(by_impi_, s.impi, id);
    erase_one(by_client_port_, IpEndpoint{peer.address, peer.client_port}, id);
    erase_one(by_server_port_, IpEndpoint{peer.address, peer.server_port}, id);
    spis_.erase(s.set.own.spi_client);
    spis_.erase(s.set.own.spi_server);
    sets_.erase(id);
}

AssociationSet* AssociationSets::find(std::uint64_t id) {
    const auto found = sets_.find(id);
    return found == sets_.end() ? nullptr : &found->second;
}

AssociationSet* AssociationSets::on(const sip::Flow& flow) {
    if (sets_.empty()) return nullptr;
    if (flow.local.port == config_.server_port)
        if (auto* s = at(flow.remote); s != nullptr && s->set.own.address == flow.local.address) return s;
    const auto [first, last] = by_server_port_.equal_range(flow.remote);
    for (auto it = first; it != last; ++it) {
        auto& s = sets_.at(it->second);
        if (s.set.own.client_port == flow.local.port && s.set.own.address == flow.local.address) return &s;
    }
    return nullptr;
}

AssociationSet* AssociationSets::at(const IpEndpoint& ue_client_port) {
    const auto found = by_client_port_.find(ue_client_port);
    return found == by_client_port_.end() ? nullptr : find(found->second);
}

AssociationSet* AssociationSets::receiving_on(std::uint32_t spi) {
    const auto found = spis_.find(spi);
    return found == spis_.end() ? nullptr : find(found->second);
}

bool AssociationSets::is_of_another(const IpEndpoint& ue_server_port, const Impi& impi) const {
    const auto [first, last] = by_server_port_.equal_range(ue_server_port);
    return std::any_of(first, last, [&](const auto& entry) { return sets_.at(entry.second).impi != impi; });
}

std::vector<AssociationSet*> AssociationSets::of_user(const Impi& impi) {
    std::vector<AssociationSet*> found;
    const auto [first, last] = by_impi_.equal_range(impi);
    for (auto it = first; it != last; ++it) found.push_back(&sets_.at(it->second));
    return found;
}

AssociationSet* AssociationSets::temporary_of(const Impi& impi) {
    for (auto* s : of_user(impi))
        if (s->state == AssociationSet::State::Temporary) return s;
    return nullptr;
}

std::size_t AssociationSets::waiting_at(const IpAddress& ue) const {
    const auto found = waiting_.find(ue);
    return found == waiting_.end() ? 0 : found->second.count;
}

void AssociationSets::wake(const AssociationSet& s) {
    wakeups_.at(s.take_at ? std::min(*s.take_at, s.until) : s.until, s.id);
}

std::vector<AssociationSet*> AssociationSets::due(TimePoint now) {
    std::vector<AssociationSet*> found;
    while (const auto id = wakeups_.take_due(now)) {
        auto* s = find(*id);
        if (s == nullptr || std::find(found.begin(), found.end(), s) != found.end()) continue;
        if (s->until <= now || (s->take_at && *s->take_at <= now))
            found.push_back(s);
        else
            wake(*s);  // it moved
    }
    return found;
}

void AssociationSets::for_each(const std::function<void(const AssociationSet&)>& f) const {
    for (const auto& [id, s] : sets_) f(s);
}

}  // namespace ims::pcscf
