#pragma once
#include "common/runtime/cscf.hpp"

namespace ims::pcscf {

// GET /associations?user=IMPI|IMSI on the admin port: the security associations with UEs (TS 33.203 7.1), as
// JSON: what the P-CSCF knows of each set, and what the kernel counted of its four associations.
runtime::HttpResponse show_associations(Node& node, const runtime::HttpRequest& request, TimePoint now,
                                        const std::vector<ipsec::State>& standing);

}  // namespace ims::pcscf
