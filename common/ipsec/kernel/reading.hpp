#pragma once
#include "common/ipsec/kernel/kernel.hpp"
#include "common/ipsec/kernel/message.hpp"

// Private to this folder: what XFRM tells about what stands.
namespace ims::ipsec {

State state_from(nlmsghdr& message, const IpAddress& own, WallTime now);
WallTime added_time(nlmsghdr& message);
struct StateName {
    IpAddress destination;
    std::uint32_t spi = 0;
};
StateName state_name(nlmsghdr& message);
// A state that add_state() made, and not one of IKE or of an administrator.
bool is_association_state(nlmsghdr& message);

// Requests for everything that may be ours; what is another's the reader leaves out.
enum class Direction : std::uint8_t { To, From };
void list_states(Batch& batch, const IpAddress& own, Direction direction);
void list_policies(Batch& batch);
// A policy that add_policy() made, with this address at one end.
bool is_association_policy(nlmsghdr& message, const IpAddress& own);
xfrm_userpolicy_id policy_name(nlmsghdr& message);

void count_states(Batch& batch);
std::uint32_t states_counted(nlmsghdr& message);
void count_policies(Batch& batch);
std::uint32_t policies_counted(nlmsghdr& message);

Mapping mapping_from(nlmsghdr& message);

}  // namespace ims::ipsec
