#pragma once
#include "common/diameter/types/base.hpp"

#include <string>
#include <vector>

namespace ims::diameter {

// Who we are, in every base command.
struct Local {
    std::string identity, realm, product;
    std::uint32_t origin_state_id = 0;
};

// Our CER, and the capabilities in our CEA (RFC 6733 5.3, TS 29.229 5.6). `addresses`: all that we may send
// from (5.3.5).
CapabilitiesExchangeRequest our_capabilities(const Local& local, const std::vector<IpAddress>& addresses);

// Success, NO_COMMON_APPLICATION or NO_COMMON_SECURITY (RFC 6733 5.3).
ResultCode judge(const CapabilitiesExchangeRequest& theirs);

// RFC 6733 2.4: a relay advertises 0xffffffff and supports everything.
bool advertises_relay(const CapabilitiesExchangeRequest& theirs);

}  // namespace ims::diameter
