#include "hss/postgres/provisioning.hpp"

#include "hss/postgres/provisioning_run.hpp"
#include "hss/postgres/rows.hpp"
#include "hss/postgres/subscription_writer.hpp"

namespace ims::hss {

ProvisioningError not_found(const std::string& what) {
    return {ProvisioningError::Kind::NotFound, what + " is not here: list what there is, or create it"};
}

Provisioned<std::size_t> Provisioning::create(std::span<const Subscription> subscriptions) {
    for (const auto& s : subscriptions)
        if (auto why = inconsistency(s))
            return ProvisioningError{ProvisioningError::Kind::Invalid, std::move(*why)};
    if (subscriptions.empty()) return std::size_t{0};
    const auto error = run([&](pqxx::connection_base& c) {
        pqxx::work work{c};
        work.exec("SET LOCAL statement_timeout = 0");
        SubscriptionWriter writer{work, store_.secrets(), random_};
        for (const auto& s : subscriptions) writer.add(s);
        writer.write();
        work.commit();
    });
    if (error) return *error;
    return subscriptions.size();
}

Provisioned<Snapshot> Provisioning::find(const Impi& impi, bool credentials) {
    auto snapshot = store_.load({impi, std::nullopt, credentials});
    if (!snapshot) return provisioning_error(snapshot.error());
    if (!snapshot->subscription) return not_found("private identity '" + impi.value() + "'");
    if (!credentials) return std::move(*snapshot);
    std::vector<Snapshot> one{std::move(*snapshot)};
    if (auto error = add_op(one)) return std::move(*error);
    return std::move(one.front());
}
Provisioned<Snapshot> Provisioning::find(const Impu& impu) {
    auto snapshot = store_.load({std::nullopt, impu, false});
    if (!snapshot) return provisioning_error(snapshot.error());
    if (!snapshot->subscription) return not_found("public identity '" + impu.value() + "'");
    return std::move(*snapshot);
}

Provisioned<Pushes> Provisioning::change(const Impi& impi,
                                         const std::function<std::string(Subscription&)>& edit) {
    for (int attempt = 0; attempt < 8; ++attempt) {
        auto before = find(impi, true);
        if (!before) return before.error();
        auto edited = *before->subscription;
        if (auto why = edit(edited); !why.empty())
            return ProvisioningError{ProvisioningError::Kind::Invalid, std::move(why)};
        if (auto why = inconsistency(edited))
            return ProvisioningError{ProvisioningError::Kind::Invalid, std::move(*why)};
        const Replacement replacement{std::move(*before), std::move(edited)};
        auto pushes = apply({}, {&replacement, 1});
        if (!pushes) return pushes.error();
        if (*pushes) return std::move(**pushes);
    }
    return ProvisioningError{ProvisioningError::Kind::Away, "the subscription changes too fast: try again"};
}

Provisioned<Pushes> Provisioning::remove(const Impi& impi) {
    Pushes pushes;
    bool found = false;
    const auto error = run([&](pqxx::connection_base& c) {
        pqxx::work work{c};
        const auto locked = work.exec_params(
            "SELECT s.id FROM private_identity p JOIN subscription s ON s.id = p.subscription_id WHERE "
            "p.impi = $1 "
            "FOR UPDATE OF s",
            impi.value());
        if (locked.empty()) return;
        found = true;
        // Read by another connection, and yet as it is now: the row is locked.
        const auto loaded = store_.load({impi, std::nullopt, false});
        if (loaded && loaded->subscription)
            pushes = terminate(*loaded->subscription, {cx::ReasonCode::PermanentTermination, {}});
        work.exec_params("DELETE FROM subscription WHERE id = $1", locked[0][0].as<std::int64_t>());
        work.commit();
    });
    if (error) return *error;
    if (!found) return not_found("private identity '" + impi.value() + "'");
    return pushes;
}

Provisioned<std::vector<Provisioning::Summary>> Provisioning::list(const Page& page) {
    std::vector<Summary> out;
    const auto error = run([&](pqxx::connection_base& c) {
        out.clear();
        const auto rows = pqxx::nontransaction{c}.exec_params(
            "SELECT p.impi, coalesce(p.imsi, ''), s.barred, coalesce(s.server_name, ''), x.identities, "
            "x.state "
            "FROM (SELECT * FROM private_identity WHERE impi > $1 ORDER BY impi LIMIT $2) p "
            "JOIN subscription s ON s.id = p.subscription_id "
            "JOIN LATERAL (SELECT array_agg(u.identity ORDER BY r.position, u.position) AS identities, "
            "  min(CASE WHEN r.id = ANY (s.registered_sets) THEN 0 WHEN r.id = ANY (s.unregistered_sets) "
            "THEN 1 "
            "      ELSE 2 END) AS state "
            "  FROM association a JOIN implicit_registration_set r ON r.id = a.set_id "
            "  JOIN public_identity u ON u.set_id = r.id WHERE a.impi = p.impi) x ON true "
            "ORDER BY p.impi",
            page.after, page.limit);
        for (const auto& row : rows) {
            constexpr RegistrationState states[] = {RegistrationState::Registered,
                                                    RegistrationState::Unregistered,
                                                    RegistrationState::NotRegistered};
            out.push_back({Impi{row[0].as<std::string>()}, row[1].as<std::string>(),
                           read_array({row[4].c_str(), row[4].size()}), row[2].as<bool>(),
                           states[row[5].as<int>()], row[3].as<std::string>()});
        }
    });
    if (error) return *error;
    return out;
}

Provisioned<std::size_t> Provisioning::count() {
    std::size_t n = 0;
    if (const auto error = run([&](pqxx::connection_base& c) {
            n = pqxx::nontransaction{c}.exec1("SELECT count(*) FROM subscription")[0].as<std::size_t>();
        }))
        return *error;
    return n;
}

Provisioned<Pushes> Provisioning::set_sqn(const Impi& impi, std::uint64_t sqn) {
    return change(impi, [&](Subscription& s) -> std::string {
        s.find(impi)->sqn = sqn;
        return {};
    });
}

Provisioned<Pushes> Provisioning::clear_assignment(const Impi& impi) {
    for (int attempt = 0; attempt < 8; ++attempt) {
        const auto snapshot = find(impi);
        if (!snapshot) return snapshot.error();
        const auto& s = *snapshot->subscription;
        Changes changes;
        for (const auto& set : s.implicit_registration_sets) {
            for (const auto& a : set.associations) {
                if (a.registered) changes.push_back(SetRegistration{set.id, a.impi, false});
                if (a.restoration_info) changes.push_back(SetRestorationInfo{set.id, a.impi, {}});
            }
            if (set.state != RegistrationState::NotRegistered)
                changes.push_back(SetState{set.id, RegistrationState::NotRegistered});
        }
        for (const auto& p : s.private_identities)
            if (p.authentication_pending) changes.push_back(SetAuthenticationPending{p.impi, false});
        if (s.reassignment_pending) changes.push_back(SetReassignmentPending{false});
        changes.push_back(Assign{});
        const auto failed = store_.save(*snapshot, changes);
        if (!failed) return terminate(s, {cx::ReasonCode::ServerChange, {}});
        if (*failed != StoreError::Conflict) return provisioning_error(*failed);
    }
    return ProvisioningError{ProvisioningError::Kind::Away, "the subscription changes too fast: try again"};
}

}  // namespace ims::hss
