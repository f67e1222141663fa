#include "common/ipsec/kernel/message.hpp"

#include <cstring>

#include <arpa/inet.h>
#include <linux/udp.h>
#include <netinet/in.h>

namespace ims::ipsec {

namespace {

constexpr std::uint16_t encapsulation_port = 4500;  // RFC 3948

std::uint8_t whole(const IpAddress& address) {
    return address.is_v6() ? 128 : 32;
}

// Any protocol: UDP and TCP share an association (33.203 7.1). Ports are compared all the same.
xfrm_selector selector(const Association& a) {
    xfrm_selector s{};
    s.family = family_of(a.destination.address);
    s.saddr = xfrm_address(a.source.address);
    s.daddr = xfrm_address(a.destination.address);
    s.prefixlen_s = s.prefixlen_d = whole(a.destination.address);
    s.sport = htons(a.source.port);
    s.dport = htons(a.destination.port);
    s.sport_mask = s.dport_mask = 0xffff;
    return s;
}

// hard only, counted from when the kernel was told; 0: for ever.
xfrm_lifetime_cfg lifetime_of(std::chrono::seconds lifetime) {
    xfrm_lifetime_cfg l{};
    l.soft_byte_limit = l.hard_byte_limit = XFRM_INF;
    l.soft_packet_limit = l.hard_packet_limit = XFRM_INF;
    l.hard_add_expires_seconds = static_cast<std::uint64_t>(lifetime.count());
    return l;
}

std::uint8_t mode_of(const SaSet& set) {
    return set.mode == Mode::Transport ? XFRM_MODE_TRANSPORT : XFRM_MODE_TUNNEL;
}

xfrm_usersa_id state_id(const IpAddress& destination, std::uint32_t spi) {
    xfrm_usersa_id id{};
    id.daddr = xfrm_address(destination);
    id.spi = htonl(spi);
    id.family = family_of(destination);
    id.proto = IPPROTO_ESP;
    return id;
}

// XFRMA_ALG_*: a structure with the key behind it.
template <class Head>
void algorithm(Batch& batch, std::uint16_t type, Head head, const KernelAlgorithm& a, const Octets& key) {
    std::memcpy(head.alg_name, a.name.data(), a.name.size());
    head.alg_key_len = static_cast<unsigned>(key.size() * 8);
    std::array<std::uint8_t, sizeof(Head) + 32> value{};
    std::memcpy(value.data(), &head, sizeof head);
    std::copy(key.begin(), key.end(), value.begin() + sizeof head);
    batch.attribute(type, {value.data(), sizeof head + key.size()});
    explicit_bzero(value.data(), value.size());
}

void algorithms(Batch& batch, const KernelTransform& transform, const EspKeys& keys) {
    if (!transform.aead.name.empty()) {
        xfrm_algo_aead head{};
        head.alg_icv_len = transform.aead.icv_bits;
        algorithm(batch, XFRMA_ALG_AEAD, head, transform.aead,
                  keys.encryption.empty() ? keys.integrity : keys.encryption);
        return;
    }
    xfrm_algo_auth head{};
    head.alg_trunc_len = transform.authentication.icv_bits;
    algorithm(batch, XFRMA_ALG_AUTH_TRUNC, head, transform.authentication, keys.integrity);
    algorithm(batch, XFRMA_ALG_CRYPT, xfrm_algo{}, transform.encryption, keys.encryption);
}

xfrm_userpolicy_info guard(const IpAddress& own, std::uint16_t port, bool inbound) {
    xfrm_userpolicy_info p{};
    p.sel.family = family_of(own);
    if (inbound) {
        p.sel.daddr = xfrm_address(own);
        p.sel.prefixlen_d = whole(own);
        p.sel.dport = htons(port);
        p.sel.dport_mask = 0xffff;
    } else {
        p.sel.saddr = xfrm_address(own);
        p.sel.prefixlen_s = whole(own);
        p.sel.sport = htons(port);
        p.sel.sport_mask = 0xffff;
    }
    p.lft = lifetime_of(std::chrono::seconds{0});
    p.priority = guard_priority;
    p.dir = inbound ? XFRM_POLICY_IN : XFRM_POLICY_OUT;
    p.action = XFRM_POLICY_BLOCK;
    return p;
}

void delete_by_selector(Batch& batch, const xfrm_selector& selector, bool inbound) {
    xfrm_userpolicy_id id{};
    id.sel = selector;
    id.dir = inbound ? XFRM_POLICY_IN : XFRM_POLICY_OUT;
    batch.begin(XFRM_MSG_DELPOLICY, id);
}

}  // namespace

xfrm_address_t xfrm_address(const IpAddress& address) {
    xfrm_address_t out{};
    const auto octets = address.octets();
    std::memcpy(&out, octets.data(), octets.size());
    return out;
}

IpAddress address_from(const xfrm_address_t& address, std::uint16_t family) {
    if (family == AF_INET6) {
        std::array<std::uint8_t, 16> octets{};
        std::memcpy(octets.data(), &address, octets.size());
        return IpAddress::v6(octets);
    }
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &address, octets.size());
    return IpAddress::v4(octets);
}

std::uint16_t family_of(const IpAddress& address) {
    return address.is_v6() ? AF_INET6 : AF_INET;
}

Outer outer(const SaSet& set, const Association& a) {
    Outer addresses{a.source.address, a.destination.address};
    if (set.behind_nat) (a.inbound ? addresses.destination : addresses.source) = *set.behind_nat;
    return addresses;
}

void add_state(Batch& batch, std::uint16_t type, const SaSet& set, const Association& a,
               const KernelTransform& transform, const EspKeys& keys, std::chrono::seconds lifetime) {
    const auto addresses = outer(set, a);
    xfrm_usersa_info state{};
    state.sel = selector(a);
    state.saddr = xfrm_address(addresses.source);
    state.id.daddr = xfrm_address(addresses.destination);
    state.id.spi = htonl(a.spi);
    state.id.proto = IPPROTO_ESP;
    state.lft = lifetime_of(lifetime);
    state.reqid = a.spi;
    state.family = family_of(addresses.destination);
    state.mode = mode_of(set);
    state.replay_window = 32;  // 33.203 7.1: anti-replay is on; RFC 4303 3.4.3 asks for 32 at least
    batch.begin(type, state);
    algorithms(batch, transform, keys);
    if (set.mode == Mode::UdpEncapsulatedTunnel) {
        xfrm_encap_tmpl encapsulation{};
        encapsulation.encap_type = UDP_ENCAP_ESPINUDP;
        // A UE sends to port 4500; it is the P-CSCF that sees another one, which the NAT chose (annex M).
        const auto peer = htons(set.behind_nat ? encapsulation_port : set.encapsulation_port);
        const auto own = htons(encapsulation_port);
        encapsulation.encap_sport = a.inbound ? peer : own;
        encapsulation.encap_dport = a.inbound ? own : peer;
        batch.attribute(XFRMA_ENCAP, encapsulation);
    }
}

void get_state(Batch& batch, const SaSet& set, const Association& a) {
    batch.begin(XFRM_MSG_GETSA, state_id(outer(set, a).destination, a.spi));
}

void delete_state(Batch& batch, const IpAddress& destination, std::uint32_t spi) {
    batch.begin(XFRM_MSG_DELSA, state_id(destination, spi));
}

void add_policy(Batch& batch, std::uint16_t type, const SaSet& set, const Association& a,
                std::chrono::seconds lifetime) {
    const auto addresses = outer(set, a);
    xfrm_userpolicy_info policy{};
    policy.sel = selector(a);
    policy.lft = lifetime_of(lifetime);
    policy.priority = association_priority;
    policy.dir = a.inbound ? XFRM_POLICY_IN : XFRM_POLICY_OUT;
    policy.action = XFRM_POLICY_ALLOW;
    batch.begin(type, policy);
    xfrm_user_tmpl with{};
    with.id.daddr = xfrm_address(addresses.destination);
    with.id.proto = IPPROTO_ESP;
    with.saddr = xfrm_address(addresses.source);
    with.family = family_of(addresses.destination);
    with.reqid = a.spi;
    with.mode = mode_of(set);
    with.aalgos = with.ealgos = with.calgos = ~0U;  // the state says which
    batch.attribute(XFRMA_TMPL, with);
}

void delete_policy(Batch& batch, const Association& a) {
    delete_by_selector(batch, selector(a), a.inbound);
}

void add_guards(Batch& batch, const IpAddress& own, std::uint16_t port) {
    // UPDPOLICY makes it or puts it in the place of its like.
    for (const bool inbound : {true, false}) batch.begin(XFRM_MSG_UPDPOLICY, guard(own, port, inbound));
}

void delete_guards(Batch& batch, const IpAddress& own, std::uint16_t port) {
    for (const bool inbound : {true, false})
        delete_by_selector(batch, guard(own, port, inbound).sel, inbound);
}

}  // namespace ims::ipsec
