#include "hss/postgres/statements.hpp"

namespace ims::hss {
namespace {

// One row for each (public identity, private identity) of a set: for the usual subscriber three short rows,
// cheaper than aggregates or several round trips.
const std::string columns = R"(
    s.id, s.version, s.barred, s.allowed_visited_networks, s.capability_set_id, s.charging_set_id, s.loose_route,
    s.privileged_sender, s.server_name, s.scscf_host, s.scscf_realm, s.scscf_features, s.reassignment_pending,
    s.registered_sets, s.registered_impis, s.unregistered_sets, s.pending_impis,
    h.catalogue_revision,
    r.id,
    u.identity, u.service_profile_id, u.barred, u.identity_type, u.display_name, u.alias_group,
    u.service_priority_level, u.max_registrations, u.application_server, u.psi_active,
    a.restoration_info,
    p.impi, p.imsi, p.scheme, p.aka_algorithm, p.aka_sealed, p.amf, p.keccak_iterations, p.digest_realm,
    p.digest_algorithm, p.digest_qop, p.digest_ha1_sealed, p.line_identifiers, p.framed_ip_address, p.sqn, p.sqn_era
)";
const std::string joins = R"(
    JOIN implicit_registration_set r ON r.subscription_id = s.id
    JOIN public_identity u ON u.set_id = r.id
    JOIN association a ON a.set_id = r.id
    JOIN private_identity p ON p.impi = a.impi
    CROSS JOIN hss h
)";
const std::string order = " ORDER BY r.position, u.position, a.position";

const std::string save = R"(
    UPDATE subscription
    SET version = version + 1, server_name = $4, scscf_host = $5, scscf_realm = $6, scscf_features = $7,
        reassignment_pending = $8, registered_sets = $9, registered_impis = $10, unregistered_sets = $11,
        pending_impis = $12
    WHERE id = $1 AND version = $2 AND $3 = (SELECT catalogue_revision FROM hss)
    RETURNING id
)";

}  // namespace

std::vector<Statement> all_statements() {
    return {
        {statement::load_by_impi,
         "SELECT " + columns + "FROM private_identity k JOIN subscription s ON s.id = k.subscription_id" +
             joins + "WHERE k.impi = $1" + order},
        {statement::load_by_impu,
         "SELECT " + columns +
             "FROM public_identity k JOIN implicit_registration_set kr ON kr.id = k.set_id "
             "JOIN subscription s ON s.id = kr.subscription_id" +
             joins + "WHERE k.identity = $1" + order},
        {statement::impu_exists,
         "SELECT 1 FROM public_identity WHERE identity = $1 AND identity_type IN (0, 1)"},
        {statement::wildcards,
         "SELECT identity FROM public_identity WHERE identity_type IN (2, 4) "
         "AND starts_with($1, split_part(identity, '!', 1)) ORDER BY length(identity) DESC, identity"},
        {statement::confirm,
         "SELECT 1 FROM subscription WHERE id = $1 AND version = $2 "
         "AND $3 = (SELECT catalogue_revision FROM hss)"},
        {statement::save, save},
        {statement::save_with_sqn, "WITH s AS (" + save +
                                       ") UPDATE private_identity p SET sqn = $14, sqn_era = $15 "
                                       "FROM s WHERE p.impi = $13 RETURNING s.id"},
        {statement::save_with_restoration,
         "WITH s AS (" + save +
             "), a AS (UPDATE association a SET restoration_info = x.document FROM s, "
             "unnest($13::bigint[], $14::text[], $15::jsonb[]) AS x (set_id, impi, document) "
             "WHERE a.set_id = x.set_id AND a.impi = x.impi) SELECT id FROM s"},
    };
}

}  // namespace ims::hss
