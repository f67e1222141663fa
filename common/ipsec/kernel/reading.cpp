#include "common/ipsec/kernel/reading.hpp"

#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netlink/attr.h>

namespace ims::ipsec {

namespace {

template <class T>
T body(nlmsghdr& message) {
    T value{};
    std::memcpy(&value, nlmsg_data(&message), std::min(sizeof value, std::size_t(nlmsg_datalen(&message))));
    return value;
}

// An attribute behind a body of type Body, or nothing.
template <class T>
std::optional<T> attribute(nlmsghdr& message, std::size_t body_length, int type) {
    auto* found = nlmsg_find_attr(&message, static_cast<int>(body_length), type);
    if (found == nullptr || nla_len(found) < static_cast<int>(sizeof(T))) return std::nullopt;
    T value{};
    std::memcpy(&value, nla_data(found), sizeof value);
    return value;
}

// The XFRMA_ALG_* structures all begin with the name.
std::string algorithm_name(nlmsghdr& message, int type) {
    using Name = std::array<char, sizeof(xfrm_algo::alg_name)>;
    const auto name = attribute<Name>(message, sizeof(xfrm_usersa_info), type);
    return name ? std::string{name->data(), strnlen(name->data(), name->size())} : std::string{};
}

WallTime wall(std::uint64_t seconds) {
    return WallTime{std::chrono::seconds{seconds}};
}

}  // namespace

WallTime added_time(nlmsghdr& message) {
    return wall(body<xfrm_usersa_info>(message).curlft.add_time);
}

StateName state_name(nlmsghdr& message) {
    const auto info = body<xfrm_usersa_info>(message);
    return {address_from(info.id.daddr, info.family), ntohl(info.id.spi)};
}

bool is_association_state(nlmsghdr& message) {
    const auto info = body<xfrm_usersa_info>(message);
    return info.reqid == ntohl(info.id.spi) && info.sel.sport_mask == 0xffff && info.sel.dport_mask == 0xffff;
}

State state_from(nlmsghdr& message, const IpAddress& own, WallTime now) {
    const auto info = body<xfrm_usersa_info>(message);
    State state;
    state.spi = ntohl(info.id.spi);
    state.source = {address_from(info.sel.saddr, info.sel.family), ntohs(info.sel.sport)};
    state.destination = {address_from(info.sel.daddr, info.sel.family), ntohs(info.sel.dport)};
    state.inbound = address_from(info.id.daddr, info.family) == own;
    state.algorithm =
        transform_text(algorithm_name(message, XFRMA_ALG_AEAD), algorithm_name(message, XFRMA_ALG_AUTH_TRUNC),
                       algorithm_name(message, XFRMA_ALG_CRYPT));
    if (const auto e = attribute<xfrm_encap_tmpl>(message, sizeof info, XFRMA_ENCAP))
        state.encapsulation_port = ntohs(state.inbound ? e->encap_sport : e->encap_dport);
    state.bytes = info.curlft.bytes;
    state.packets = info.curlft.packets;
    state.replayed = info.stats.replay;
    state.forged = info.stats.integrity_failed;
    state.added = wall(info.curlft.add_time);
    if (info.curlft.use_time != 0) state.first_used = wall(info.curlft.use_time);
    if (const auto used = attribute<std::uint64_t>(message, sizeof info, XFRMA_LASTUSED))
        state.last_used = wall(*used);
    if (info.lft.hard_add_expires_seconds != 0)
        state.left = state.added + std::chrono::seconds{info.lft.hard_add_expires_seconds} - now;
    return state;
}

void list_states(Batch& batch, const IpAddress& own, Direction direction) {
    batch.begin(XFRM_MSG_GETSA, NLM_F_DUMP);
    xfrm_address_filter filter{};
    filter.family = family_of(own);
    (direction == Direction::To ? filter.daddr : filter.saddr) = xfrm_address(own);
    (direction == Direction::To ? filter.dplen : filter.splen) = own.is_v6() ? 128 : 32;
    batch.attribute(XFRMA_ADDRESS_FILTER, filter);
    batch.attribute(XFRMA_PROTO, std::uint8_t{IPPROTO_ESP});
}

void list_policies(Batch& batch) {
    batch.begin(XFRM_MSG_GETPOLICY, NLM_F_DUMP);
}

bool is_association_policy(nlmsghdr& message, const IpAddress& own) {
    const auto info = body<xfrm_userpolicy_info>(message);
    const auto with = attribute<xfrm_user_tmpl>(message, sizeof info, XFRMA_TMPL);
    if (info.sel.family != family_of(own) || info.priority != association_priority || !with) return false;
    // Outside, which is where a UE behind a NAT has its own address (annex M).
    const auto& ours = info.dir == XFRM_POLICY_IN ? with->id.daddr : with->saddr;
    return with->id.proto == IPPROTO_ESP && address_from(ours, with->family) == own;
}

xfrm_userpolicy_id policy_name(nlmsghdr& message) {
    const auto info = body<xfrm_userpolicy_info>(message);
    xfrm_userpolicy_id id{};
    id.sel = info.sel;
    id.dir = info.dir;
    return id;
}

void count_states(Batch& batch) {
    batch.begin(XFRM_MSG_GETSADINFO, ~std::uint32_t{0});
}

std::uint32_t states_counted(nlmsghdr& message) {
    return attribute<std::uint32_t>(message, sizeof(std::uint32_t), XFRMA_SAD_CNT).value_or(0);
}

void count_policies(Batch& batch) {
    batch.begin(XFRM_MSG_GETSPDINFO, ~std::uint32_t{0});
}

std::uint32_t policies_counted(nlmsghdr& message) {
    const auto info = attribute<xfrmu_spdinfo>(message, sizeof(std::uint32_t), XFRMA_SPD_INFO);
    return info ? info->incnt + info->outcnt + info->fwdcnt : 0;
}

Mapping mapping_from(nlmsghdr& message) {
    const auto info = body<xfrm_user_mapping>(message);
    return {ntohl(info.id.spi), {address_from(info.new_saddr, info.id.family), ntohs(info.new_sport)}};
}

}  // namespace ims::ipsec
