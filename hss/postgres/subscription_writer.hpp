#pragma once
#include "hss/core/subscription.hpp"
#include "hss/postgres/secrets.hpp"

#include <array>
#include <string>
#include <vector>

namespace pqxx {
class transaction_base;
}

namespace ims::hss {

// Writes whole subscriptions by COPY, table after table: one round trip each, however many there are.
class SubscriptionWriter {
  public:
    SubscriptionWriter(pqxx::transaction_base& transaction, const Secrets& secrets, Random& random)
        : transaction_{transaction}, secrets_{secrets}, random_{random} {}

    void add(const Subscription& subscription);  // a new one; its ids are given by the database
    // One that is there, under its id; sets without an id are new. What it was goes with write().
    void replace(const Subscription& subscription);
    void write();

  private:
    struct Field {
        std::string text;
        bool null = false;
    };
    using Row = std::vector<Field>;
    template <std::size_t Columns>
    struct Table {
        const char* name;
        std::array<std::string, Columns> columns;
        std::vector<Row> rows;
    };

    void add_children(const Subscription& subscription, const std::string& id);
    void add_private_identity(const PrivateIdentity& p, const std::string& subscription);
    void add_public_identity(const PublicIdentityRecord& r, const std::string& set, std::size_t position);
    std::string next_id();
    template <std::size_t Columns>
    void copy(Table<Columns>& table);

    pqxx::transaction_base& transaction_;
    const Secrets& secrets_;
    Random& random_;
    std::vector<std::string> replaced_;  // ids
    std::vector<std::string> ids_;       // taken from the sequence, not used yet
    std::size_t ids_at_once_ = 2;

    Table<7> subscriptions_{"subscription",
                            {"id", "barred", "allowed_visited_networks", "capability_set_id",
                             "charging_set_id", "loose_route", "privileged_sender"},
                            {}};
    Table<16> private_identities_{
        "private_identity",
        {"impi", "subscription_id", "imsi", "scheme", "aka_algorithm", "aka_sealed", "op_sealed", "amf",
         "keccak_iterations", "digest_realm", "digest_algorithm", "digest_qop", "digest_ha1_sealed",
         "line_identifiers", "framed_ip_address", "sqn"},
        {}};
    Table<3> sets_{"implicit_registration_set", {"id", "subscription_id", "position"}, {}};
    Table<12> public_identities_{
        "public_identity",
        {"identity", "set_id", "position", "service_profile_id", "barred", "identity_type", "display_name",
         "alias_group", "service_priority_level", "max_registrations", "application_server", "psi_active"},
        {}};
    Table<5> associations_{
        "association", {"set_id", "impi", "subscription_id", "position", "restoration_info"}, {}};
};

}  // namespace ims::hss
