-- All that Cx requests change of a subscription, but the SQN, stands in its own row: a request is one short update,
-- and what must hold of its registrations is a check and no foreign key to be looked up at every commit.
--   registered_sets and registered_impis run in parallel: this private identity registered that set.
--   A set in neither array of sets is not registered. Who writes the arrays holds the row, as who changes the sets does.
CREATE DOMAIN set_ids AS bigint[] CHECK (array_position(VALUE, NULL) IS NULL);
ALTER TABLE subscription
    ADD COLUMN registered_sets set_ids NOT NULL DEFAULT '{}',
    ADD COLUMN registered_impis text[] NOT NULL DEFAULT '{}',
    ADD COLUMN unregistered_sets set_ids NOT NULL DEFAULT '{}',
    ADD COLUMN pending_impis text[] NOT NULL DEFAULT '{}';

UPDATE subscription s SET registered_sets = x.sets, registered_impis = x.impis
FROM (SELECT r.subscription_id AS id, array_agg(r.id ORDER BY r.position, w.n) AS sets, array_agg(w.impi ORDER BY r.position, w.n) AS impis
      FROM implicit_registration_set r CROSS JOIN unnest(r.registered_with) WITH ORDINALITY AS w (impi, n)
      WHERE r.state = 1 GROUP BY r.subscription_id) x
WHERE s.id = x.id;
UPDATE subscription s SET unregistered_sets = x.sets
FROM (SELECT subscription_id AS id, array_agg(id ORDER BY position) AS sets
      FROM implicit_registration_set WHERE state = 2 GROUP BY subscription_id) x
WHERE s.id = x.id;
UPDATE subscription s SET pending_impis = x.impis
FROM (SELECT subscription_id AS id, array_agg(impi ORDER BY impi) AS impis
      FROM private_identity WHERE authentication_pending GROUP BY subscription_id) x
WHERE s.id = x.id;

DROP FUNCTION save_changes;
ALTER TABLE implicit_registration_set DROP COLUMN needs_assigned, DROP COLUMN state, DROP COLUMN registered_with;
ALTER TABLE subscription DROP COLUMN assigned;
ALTER TABLE private_identity DROP COLUMN authentication_pending;

-- PostgreSQL reads and evaluates every check of a table at every update of any column. What a check says of one value is
-- a domain's instead, which is paid when that value is written; what it says of several is one check.
CREATE DOMAIN scscf_name AS text CHECK (VALUE <> '');
ALTER TABLE subscription
    DROP CONSTRAINT subscription_server_name_check,
    DROP CONSTRAINT subscription_check,
    DROP CONSTRAINT subscription_check1,
    ALTER COLUMN server_name TYPE scscf_name,
    ADD CONSTRAINT subscription_registration CHECK (
        num_nulls(server_name, scscf_host, scscf_realm, scscf_features) = CASE WHEN server_name IS NULL THEN 4 ELSE 0 END
        AND (server_name IS NOT NULL OR NOT reassignment_pending AND registered_sets = '{}' AND unregistered_sets = '{}')
        AND cardinality(registered_sets) = cardinality(registered_impis)
        AND NOT registered_sets && unregistered_sets);

CREATE DOMAIN private_user_identity AS text CHECK (VALUE LIKE '_%@_%');
CREATE DOMAIN imsi AS text CHECK (VALUE ~ '^[0-9]{6,15}$');
CREATE DOMAIN authentication_scheme AS smallint CHECK (VALUE BETWEEN 0 AND 3);
CREATE DOMAIN aka_algorithm AS smallint CHECK (VALUE IN (0, 1));  -- Milenage, TUAK
CREATE DOMAIN amf AS bytea CHECK (octet_length(VALUE) = 2);
CREATE DOMAIN keccak_iterations AS smallint CHECK (VALUE > 0);
CREATE DOMAIN ip_address AS bytea CHECK (octet_length(VALUE) IN (4, 16));
CREATE DOMAIN sequence_number AS bigint CHECK (VALUE BETWEEN 0 AND 281474976710655);
ALTER TABLE private_identity
    DROP CONSTRAINT private_identity_impi_check,
    DROP CONSTRAINT private_identity_imsi_check,
    DROP CONSTRAINT private_identity_scheme_check,
    DROP CONSTRAINT private_identity_aka_algorithm_check,
    DROP CONSTRAINT private_identity_amf_check,
    DROP CONSTRAINT private_identity_keccak_iterations_check,
    DROP CONSTRAINT private_identity_framed_ip_address_check,
    DROP CONSTRAINT private_identity_sqn_check,
    DROP CONSTRAINT private_identity_check,
    DROP CONSTRAINT private_identity_check1,
    DROP CONSTRAINT private_identity_check2,
    ALTER COLUMN impi TYPE private_user_identity,
    ALTER COLUMN imsi TYPE imsi,
    ALTER COLUMN scheme TYPE authentication_scheme,
    ALTER COLUMN aka_algorithm TYPE aka_algorithm,
    ALTER COLUMN amf TYPE amf,
    ALTER COLUMN keccak_iterations TYPE keccak_iterations,
    ALTER COLUMN framed_ip_address TYPE ip_address,
    ALTER COLUMN sqn TYPE sequence_number,
    ADD CONSTRAINT private_identity_credentials CHECK (
        num_nulls(aka_algorithm, aka_sealed, amf) IN (0, 3)
        AND (aka_algorithm <> 1 OR keccak_iterations IS NOT NULL)
        AND num_nulls(digest_realm, digest_qop, digest_ha1_sealed) IN (0, 3));
