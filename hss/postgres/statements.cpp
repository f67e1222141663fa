#include "hss/postgres/statements.hpp"

#include <string>

#include <pqxx/pqxx>

namespace ims::hss {
namespace {

// One row for each (public identity, private identity) of a set: for the usual subscriber three short rows,
// cheaper than aggregates or several round trips.
const std::string columns = R"(
    s.id, s.version, s.barred, s.allowed_visited_networks, s.capability_set_id, s.charging_set_id, s.loose_route,
    s.privileged_sender, s.server_name, s.scscf_host, s.scscf_realm, s.scscf_features, s.reassignment_pending,
    h.catalogue_revision,
    r.id, r.state, r.registered_with,
    u.identity, u.service_profile_id, u.barred, u.identity_type, u.display_name, u.alias_group,
    u.service_priority_level, u.max_registrations, u.application_server, u.psi_active,
    a.restoration_info,
    p.impi, p.imsi, p.scheme, p.aka_algorithm, p.aka_sealed, p.amf, p.keccak_iterations, p.digest_realm,
    p.digest_algorithm, p.digest_qop, p.digest_ha1_sealed, p.line_identifiers, p.framed_ip_address, p.sqn, p.sqn_era,
    p.authentication_pending
)";
const std::string joins = R"(
    JOIN implicit_registration_set r ON r.subscription_id = s.id
    JOIN public_identity u ON u.set_id = r.id
    JOIN association a ON a.set_id = r.id
    JOIN private_identity p ON p.impi = a.impi
    CROSS JOIN hss h
)";
const std::string order = " ORDER BY r.position, u.position, a.position";

}  // namespace

void prepare_statements(pqxx::connection_base& c) {
    c.prepare(statement::load_by_impi,
              "SELECT " + columns +
                  "FROM private_identity k JOIN subscription s ON s.id = k.subscription_id" + joins +
                  "WHERE k.impi = $1" + order);
    c.prepare(statement::load_by_impu,
              "SELECT " + columns +
                  "FROM public_identity k JOIN implicit_registration_set kr ON kr.id = k.set_id "
                  "JOIN subscription s ON s.id = kr.subscription_id" +
                  joins + "WHERE k.identity = $1" + order);
    c.prepare(statement::impu_exists,
              "SELECT 1 FROM public_identity WHERE identity = $1 AND identity_type IN (0, 1)");
    c.prepare(statement::wildcards,
              "SELECT identity FROM public_identity WHERE identity_type IN (2, 4) "
              "AND starts_with($1, split_part(identity, '!', 1)) ORDER BY length(identity) DESC, identity");
    c.prepare(statement::revision, "SELECT catalogue_revision FROM hss");
    c.prepare(statement::save_changes,
              "SELECT save_changes($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::bigint[], $11::smallint[], "
              "$12::text[], "
              "$13::text[], $14::bigint[], $15::boolean[], $16, $17::bigint[], $18::text[], $19::text[])");
}

}  // namespace ims::hss
