#pragma once
#include "common/ipsec/kernel/kernel.hpp"
#include "common/ipsec/kernel/netlink.hpp"

namespace ims::ipsec {

struct Kernel::Sockets {
    Netlink orders, mappings;
};

}  // namespace ims::ipsec
