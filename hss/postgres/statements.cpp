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

const std::string order_of_many = " ORDER BY x.n, r.position, u.position, a.position";

// Rows are locked in ascending order, as the list is in the order of its ids (Pipeline), whichever table the
// planner takes for the outer one: looped over is either the list, or `subscription` by its primary key, for
// want of another way to read it without a sequential scan (connection_options). What stands twice in the
// list is updated once, by the first that has its version, and said of that one alone: a row that the same
// statement has updated already is passed over.
//
// Rows of the two other tables change only under the lock of their subscription, which `s` holds, and only
// for who is in `s`. A save that is to have an SQN written took place if it was.
const std::string save_many = R"(
    WITH s AS (
        UPDATE subscription t
        SET version = t.version + 1, server_name = x.server_name, scscf_host = x.scscf_host,
            scscf_realm = x.scscf_realm, scscf_features = x.scscf_features,
            reassignment_pending = x.reassignment_pending, registered_sets = x.registered_sets::bigint[],
            registered_impis = x.registered_impis::text[], unregistered_sets = x.unregistered_sets::bigint[],
            pending_impis = x.pending_impis::text[]
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                    $8::boolean[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bigint[],
                    $15::bigint[], $16::text[], $17::text[], $18::text[]) WITH ORDINALITY
             AS x (id, version, catalogue_revision, server_name, scscf_host, scscf_realm, scscf_features,
                   reassignment_pending, registered_sets, registered_impis, unregistered_sets, pending_impis,
                   impi, sqn, sqn_era, sets, impis, documents, n)
        WHERE t.id = x.id AND t.version = x.version
              AND x.catalogue_revision = (SELECT catalogue_revision FROM hss)
        RETURNING x.n, x.impi, x.sqn, x.sqn_era, x.sets, x.impis, x.documents
    ), p AS (
        UPDATE private_identity p SET sqn = s.sqn, sqn_era = s.sqn_era FROM s WHERE p.impi = s.impi RETURNING s.n
    ), a AS (
        UPDATE association a SET restoration_info = y.document
        FROM s, unnest(s.sets::bigint[], s.impis::text[], s.documents::jsonb[]) AS y (set_id, impi, document)
        WHERE a.set_id = y.set_id AND a.impi = y.impi
    )
    SELECT n FROM s WHERE impi IS NULL UNION ALL SELECT n FROM p
)";

}  // namespace

std::vector<PreparedStatement> all_statements() {
    return {
        {statement::load_by_impi.name,
         "SELECT " + columns + "FROM private_identity k JOIN subscription s ON s.id = k.subscription_id" +
             joins + "WHERE k.impi = $1" + order},
        {statement::load_many_by_impi.name,
         "SELECT x.n, " + columns +
             "FROM unnest($1::text[]) WITH ORDINALITY AS x (key, n) "
             "JOIN private_identity k ON k.impi = x.key JOIN subscription s ON s.id = k.subscription_id" +
             joins + order_of_many},
        {statement::load_by_impu.name,
         "SELECT " + columns +
             "FROM public_identity k JOIN implicit_registration_set kr ON kr.id = k.set_id "
             "JOIN subscription s ON s.id = kr.subscription_id" +
             joins + "WHERE k.identity = $1" + order},
        {statement::load_many_by_impu.name, "SELECT x.n, " + columns +
                                                "FROM unnest($1::text[]) WITH ORDINALITY AS x (key, n) JOIN "
                                                "public_identity k ON k.identity = x.key "
                                                "JOIN implicit_registration_set kr ON kr.id = k.set_id "
                                                "JOIN subscription s ON s.id = kr.subscription_id" +
                                                joins + order_of_many},
        {statement::impu_exists.name,
         "SELECT 1 FROM public_identity WHERE identity = $1 AND identity_type IN (0, 1)"},
        {statement::wildcards.name,
         "SELECT identity FROM public_identity WHERE identity_type IN (2, 4) "
         "AND starts_with($1, split_part(identity, '!', 1)) ORDER BY length(identity) DESC, identity"},
        {statement::confirm.name,
         "SELECT 1 FROM subscription WHERE id = $1 AND version = $2 "
         "AND $3 = (SELECT catalogue_revision FROM hss)"},
        {statement::confirm_many.name,
         "SELECT x.n FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY "
         "AS x (id, version, catalogue_revision, n) "
         "JOIN subscription s ON s.id = x.id AND s.version = x.version "
         "WHERE x.catalogue_revision = (SELECT catalogue_revision FROM hss)"},
        {statement::save.name, save},
        {statement::save_with_sqn.name, "WITH s AS (" + save +
                                            ") UPDATE private_identity p SET sqn = $14, sqn_era = $15 "
                                            "FROM s WHERE p.impi = $13 RETURNING s.id"},
        {statement::save_with_restoration.name,
         "WITH s AS (" + save +
             "), a AS (UPDATE association a SET restoration_info = x.document FROM s, "
             "unnest($13::bigint[], $14::text[], $15::jsonb[]) AS x (set_id, impi, document) "
             "WHERE a.set_id = x.set_id AND a.impi = x.impi) SELECT id FROM s"},
        {statement::save_many.name, save_many},
    };
}

}  // namespace ims::hss
