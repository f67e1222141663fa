#pragma once
#include "hss/core/near_miss.hpp"
#include "hss/postgres/postgres_store.hpp"

#include <optional>
#include <string>
#include <vector>

// What people ask who look for a fault (ims-why): each is a bounded number of index look-ups, made for them
// alone and on a thread that may block. The answers are names and a yes or no, never a secret.
namespace ims::hss {

struct Away {
    std::string why;
};
// Identities that are one slip away from this one (near_miss.hpp).
ims::Result<std::vector<NearMiss>, Away> near_misses(PostgresStore& store, const std::string& identity);
// Whether one of the thousand nearest subscribers shows that the value stored as OPc of this one is an OP
// (op_check.hpp). No for a subscriber without AKA, or unknown.
ims::Result<bool, Away> opc_is_op(PostgresStore& store, const Impi& impi);

// All identities of the subscription that has this one: an IMSI or IMPI, an MSISDN or IMPU. Empty: there is
// none.
ims::Result<std::vector<std::string>, Away> identities_beside(PostgresStore& store,
                                                              const std::string& identity,
                                                              const std::string& home_network);

}  // namespace ims::hss
