#pragma once
#include "common/ipsec/kernel/algorithm.hpp"
#include "common/ipsec/kernel/netlink.hpp"

#include <chrono>

#include <linux/xfrm.h>

// Private to this folder: associations as XFRM's structures.
namespace ims::ipsec {

// Of two policies the one with the lower number decides.
constexpr std::uint32_t association_priority = 1000;
constexpr std::uint32_t guard_priority = 2000;

xfrm_address_t xfrm_address(const IpAddress& address);
IpAddress address_from(const xfrm_address_t& address, std::uint16_t family);
std::uint16_t family_of(const IpAddress& address);

// What the header of an ESP packet of this association has as source and destination (annex M: a UE behind a
// NAT has another address outside the tunnel than inside).
struct Outer {
    IpAddress source, destination;
};
Outer outer(const SaSet& set, const Association& a);

// type: XFRM_MSG_NEWSA or XFRM_MSG_UPDSA.
void add_state(Batch& batch, std::uint16_t type, const SaSet& set, const Association& a,
               const KernelTransform& transform, const EspKeys& keys, std::chrono::seconds lifetime);
void get_state(Batch& batch, const SaSet& set, const Association& a);
void delete_state(Batch& batch, const IpAddress& destination, std::uint32_t spi);

// type: XFRM_MSG_NEWPOLICY or XFRM_MSG_UPDPOLICY.
void add_policy(Batch& batch, std::uint16_t type, const SaSet& set, const Association& a,
                std::chrono::seconds lifetime);
void delete_policy(Batch& batch, const Association& a);

void add_guards(Batch& batch, const IpAddress& own, std::uint16_t port);     // two
void delete_guards(Batch& batch, const IpAddress& own, std::uint16_t port);  // two

}  // namespace ims::ipsec
