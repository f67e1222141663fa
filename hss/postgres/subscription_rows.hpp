#pragma once
#include "hss/core/subscription.hpp"
#include "hss/postgres/rows.hpp"
#include "hss/postgres/secrets.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ims::hss {

// The credentials of a private identity as they are stored: K and HA1 sealed.
struct SealedCredentials {
    std::optional<Octets> aka;
    bool tuak = false;
    unsigned keccak_iterations = 1;
    crypto::Amf amf{};
    std::optional<Octets> ha1;
    std::string digest_realm, digest_qop;
    std::optional<std::string> digest_algorithm;
    std::vector<Octets> line_identifiers;
    std::optional<Octets> framed_ip_address;
};

struct LoadedRows {
    Subscription subscription;              // without credentials
    std::vector<SealedCredentials> sealed;  // of its private identities, in their order
    std::int64_t catalogue_revision = 0;
};
// The rows of load_by_*; `rows` is not empty. `era` is the reader's; `sqn_jump` what a row of an earlier era
// goes on by.
LoadedRows read_rows(const Rows& rows, std::int64_t era, std::uint64_t sqn_jump);

// The subscription with its credentials; nothing if one does not open with this key.
std::optional<Subscription> with_credentials(const Subscription& subscription,
                                             const std::vector<SealedCredentials>& sealed,
                                             const Secrets& secrets);

// The columns of its row that say who is registered, in PostgreSQL's text form.
struct RegistrationColumns {
    std::string registered_sets, registered_impis, unregistered_sets, pending_impis;
};
RegistrationColumns registration_columns(const Subscription& subscription);

}  // namespace ims::hss
