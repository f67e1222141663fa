#include "hss/postgres/subscription_writer.hpp"

#include "common/base/result.hpp"
#include "hss/postgres/json.hpp"
#include "hss/postgres/subscription_rows.hpp"

#include <algorithm>
#include <cassert>

#include <pqxx/pqxx>

namespace ims::hss {
namespace {

constexpr std::size_t most_ids_at_once = 4096;

std::string flag(bool b) {
    return b ? "t" : "f";
}

}  // namespace

std::string SubscriptionWriter::next_id() {
    if (ids_.empty()) {
        for (const auto& row : transaction_.exec("SELECT nextval('entity_id') FROM generate_series(1, " +
                                                 std::to_string(ids_at_once_) + ")"))
            ids_.push_back(row[0].as<std::string>());
        ids_at_once_ = std::min(ids_at_once_ * 4, most_ids_at_once);
    }
    auto id = std::move(ids_.back());
    ids_.pop_back();
    return id;
}

void SubscriptionWriter::add(const Subscription& s) {
    const auto id = next_id();
    const auto opt = [](const auto& v) {
        return v ? Field{std::to_string(v->value()), false} : Field{"", true};
    };
    Row row{{id, false}, {flag(s.barred), false}};
    row.push_back(s.allowed_visited_networks ? Field{array_of(*s.allowed_visited_networks), false}
                                             : Field{"", true});
    row.push_back(opt(s.capability_set));
    row.push_back(opt(s.charging_set));
    row.push_back({flag(s.loose_route), false});
    row.push_back(s.privileged_sender ? Field{flag(*s.privileged_sender), false} : Field{"", true});
    subscriptions_.rows.push_back(std::move(row));
    add_children(s, id);
}

void SubscriptionWriter::replace(const Subscription& s) {
    const auto id = std::to_string(s.id.value());
    replaced_.push_back(id);
    const auto opt = [](const auto& v) { return v ? std::to_string(v->value()) : std::string{}; };
    const auto null_if_empty = [](const std::string& t) { return t.empty() ? nullptr : t.c_str(); };
    const auto networks = s.allowed_visited_networks ? array_of(*s.allowed_visited_networks) : std::string{};
    const auto capabilities = opt(s.capability_set), charging = opt(s.charging_set);
    const auto privileged = s.privileged_sender ? flag(*s.privileged_sender) : std::string{};
    const auto registration = registration_columns(s);
    transaction_.exec_params(
        "UPDATE subscription SET version = version + 1, barred = $2, allowed_visited_networks = $3, "
        "capability_set_id = $4, charging_set_id = $5, loose_route = $6, privileged_sender = $7, "
        "reassignment_pending = $8, registered_sets = $9, registered_impis = $10, unregistered_sets = $11, "
        "pending_impis = $12 WHERE id = $1",
        s.id.value(), s.barred, null_if_empty(networks), null_if_empty(capabilities), null_if_empty(charging),
        s.loose_route, null_if_empty(privileged), s.reassignment_pending, registration.registered_sets,
        registration.registered_impis, registration.unregistered_sets, registration.pending_impis);
    if (!s.assignment)
        transaction_.exec_params(
            "UPDATE subscription SET server_name = NULL, scscf_host = NULL, scscf_realm = NULL, "
            "scscf_features = NULL "
            "WHERE id = $1",
            s.id.value());
    add_children(s, id);
}

void SubscriptionWriter::add_children(const Subscription& s, const std::string& id) {
    for (const auto& p : s.private_identities) add_private_identity(p, id);
    std::size_t position = 0;
    for (const auto& set : s.implicit_registration_sets) {
        const auto set_id = set.id == SetId{} ? next_id() : std::to_string(set.id.value());
        sets_.rows.push_back({{set_id, false}, {id, false}, {std::to_string(position++), false}});
        std::size_t n = 0;
        for (const auto& r : set.public_identities) add_public_identity(r, set_id, n++);
        n = 0;
        for (const auto& a : set.associations)
            associations_.rows.push_back(
                {{set_id, false},
                 {a.impi.value(), false},
                 {id, false},
                 {std::to_string(n++), false},
                 a.restoration_info ? Field{print_json(*a.restoration_info), false} : Field{"", true}});
    }
}

void SubscriptionWriter::add_private_identity(const PrivateIdentity& p, const std::string& subscription) {
    const Field null{"", true};
    Row row{{p.impi.value(), false}, {subscription, false}};
    row.push_back(p.imsi ? Field{*p.imsi, false} : null);
    row.push_back({std::to_string(static_cast<int>(p.scheme)), false});
    if (p.aka) {
        const auto* tuak = std::get_if<crypto::TuakKeys>(&p.aka->keys);
        row.push_back({tuak ? "1" : "0", false});
        row.push_back({octets_text(secrets_.seal_aka(p.impi, p.aka->keys, random_)), false});
        row.push_back(p.aka->op ? Field{octets_text(secrets_.seal_op(p.impi, *p.aka->op, random_)), false}
                                : null);
        row.push_back({octets_text(p.aka->amf), false});
        row.push_back(tuak ? Field{std::to_string(tuak->keccak_iterations), false} : null);
    } else {
        row.insert(row.end(), 5, null);
    }
    if (p.sip_digest) {
        row.push_back({p.sip_digest->digest_realm, false});
        row.push_back(p.sip_digest->digest_algorithm ? Field{*p.sip_digest->digest_algorithm, false} : null);
        row.push_back({p.sip_digest->digest_qop, false});
        row.push_back({octets_text(secrets_.seal_ha1(p.impi, p.sip_digest->digest_ha1, random_)), false});
    } else {
        row.insert(row.end(), 4, null);
    }
    if (p.line_identifiers.empty()) {
        row.push_back(null);
    } else {
        std::vector<std::string> lines;
        for (const auto& l : p.line_identifiers) lines.push_back(octets_text(l));
        row.push_back({array_of(lines), false});
    }
    row.push_back(p.framed_ip_address ? Field{octets_text(*p.framed_ip_address), false} : null);
    row.push_back({std::to_string(p.sqn), false});
    private_identities_.rows.push_back(std::move(row));
}

void SubscriptionWriter::add_public_identity(const PublicIdentityRecord& r, const std::string& set,
                                             std::size_t position) {
    const auto text = [](const std::optional<std::string>& t) {
        return t ? Field{*t, false} : Field{"", true};
    };
    const auto number = [](const auto& n) { return n ? Field{std::to_string(*n), false} : Field{"", true}; };
    public_identities_.rows.push_back({{r.identity.identity.value(), false},
                                       {set, false},
                                       {std::to_string(position), false},
                                       {std::to_string(r.service_profile.value()), false},
                                       {flag(r.identity.barring_indication), false},
                                       {std::to_string(static_cast<int>(r.identity.identity_type)), false},
                                       text(r.identity.display_name),
                                       text(r.identity.alias_identity_group_id),
                                       number(r.identity.service_priority_level),
                                       number(r.identity.max_num_of_allowed_simult_registrations),
                                       text(r.application_server),
                                       {flag(r.psi_active), false}});
}

template <std::size_t Columns>
void SubscriptionWriter::copy(Table<Columns>& table) {
    if (table.rows.empty()) return;
    pqxx::stream_to stream{transaction_, table.name, table.columns};
    std::array<const char*, Columns> fields{};
    for (const auto& row : table.rows) {
        assert(row.size() == Columns);
        std::ranges::transform(row, fields.begin(),
                               [](const Field& f) { return f.null ? nullptr : f.text.c_str(); });
        stream << fields;
    }
    stream.complete();
    table.rows.clear();
}

void SubscriptionWriter::write() {
    // Associations go with either side of them, by its index.
    if (!replaced_.empty())
        for (const auto* table : {"implicit_registration_set", "private_identity"})
            transaction_.exec_params(
                std::string{"DELETE FROM "} + table + " WHERE subscription_id = ANY ($1::bigint[])",
                array_of(replaced_));
    replaced_.clear();
    copy(subscriptions_);
    copy(private_identities_);
    copy(sets_);
    copy(public_identities_);
    copy(associations_);
}

}  // namespace ims::hss
