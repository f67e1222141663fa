#pragma once
#include "common/runtime/process.hpp"
#include "hss/shell/host.hpp"

namespace ims::hss {

// For who looks for a fault (hss/postgres/doubts.hpp), on the admin port:
//   GET /near?identity=IMPI-or-IMPU   {"near": [{"identity": "...", "how": "..."}]}
//   GET /identities?of=IMSI, MSISDN, IMPI or IMPU   {"identities": ["...", ...]}
//   GET /opc-check?impi=IMPI          {"opc_is_op": true}
void add_doubt_routes(runtime::Process& process, Host& host);

}  // namespace ims::hss
