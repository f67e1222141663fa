#pragma once
#include "hss/core/push.hpp"
#include "hss/core/subscriber.hpp"
#include "hss/postgres/postgres_store.hpp"

#include <functional>
#include <span>
#include <unordered_map>

// What the provisioning API does to the database. Every change comes back with the requests (PPR, RTR) it
// makes the HSS send.
namespace ims::hss {

struct ProvisioningError {
    enum class Kind : std::uint8_t { Invalid, NotFound, Exists, InUse, Away, Broken };
    Kind kind = Kind::Invalid;
    std::string detail;
};
template <class T>
using Provisioned = ims::Result<T, ProvisioningError>;
using Pushes = std::vector<Push>;

// One page of a list: the rows after `cursor`, which is the last key of the page before.
struct Page {
    std::string after;
    unsigned limit = 100;
};

class Provisioning {
  public:
    Provisioning(PostgresStore& store, Random& random) : store_{store}, random_{random} {}

    Provisioned<std::size_t> create(std::span<const Subscription> subscriptions);  // all or none, by COPY
    // Credentials with the OP they were derived from, which decisions do not get.
    Provisioned<Snapshot> find(const Impi& impi, bool credentials = false);
    Provisioned<Snapshot> find(const Impu& impu);
    // `edit` changes what is provisioned; registrations, the SQN and credentials it leaves alone stay. It
    // returns why it refuses, or nothing.
    Provisioned<Pushes> change(const Impi& impi, const std::function<std::string(Subscription&)>& edit);
    Provisioned<Pushes> remove(const Impi& impi);
    struct Summary {
        Impi impi;
        std::string imsi;                     // empty: none
        std::vector<std::string> identities;  // all public ones
        bool barred = false;
        RegistrationState state = RegistrationState::NotRegistered;  // the most registered of its sets
        std::string server_name;
    };
    Provisioned<std::vector<Summary>> list(const Page& page);  // by IMPI
    Provisioned<std::size_t> count();

    // ---- many at once
    // Whose these identities are now: only those that are somebody's.
    struct Owner {
        SubscriptionId subscription;
        Impi impi;  // one of its private identities
    };
    struct Owners {
        std::unordered_map<std::string, Owner> impis, imsis, impus;
    };
    Provisioned<Owners> owners(std::span<const Subscription> of_these);
    // Whole, with credentials, in this order. One that is gone in between has no subscription.
    Provisioned<std::vector<Snapshot>> load(std::span<const Impi> impis);
    struct Leaf {
        std::vector<Snapshot> subscriptions;
        std::string next;  // where the page after it begins; empty: there is none
    };
    Provisioned<Leaf> leaf(const Page& page);  // by the first of their private identities
    struct Replacement {
        Snapshot before;
        Subscription after;  // as `change` wants it
    };
    // All or none. Nothing: one of those to be replaced is not as it was in `before` any longer.
    Provisioned<std::optional<Pushes>> apply(std::span<const Subscription> created,
                                             std::span<const Replacement> replaced);

    Provisioned<Pushes> set_sqn(const Impi& impi, std::uint64_t sqn);
    // Forgets the S-CSCF, with an RTR SERVER_CHANGE to it.
    Provisioned<Pushes> clear_assignment(const Impi& impi);

    // The catalogue. `id` absent: a new one.
    enum class Kind : std::uint8_t {
        ServiceProfile,
        SharedIfcSet,
        CapabilitySet,
        ChargingSet,
        SubscriberTemplate
    };
    Provisioned<std::shared_ptr<const Catalogue>> catalogue();
    template <class T>
    struct Named {
        std::int64_t id = 0;
        std::string name;
        T value;
    };
    using SharedIfcSet = std::vector<InitialFilterCriterion>;
    Provisioned<std::vector<Named<ServiceProfileTemplate>>> service_profiles();
    Provisioned<std::vector<Named<SharedIfcSet>>> shared_ifc_sets();
    Provisioned<std::vector<Named<cx::ServerCapabilities>>> capability_sets();
    Provisioned<std::vector<Named<cx::ChargingInformation>>> charging_sets();
    struct Stored {
        std::int64_t id = 0;
        Pushes pushes;
    };
    Provisioned<Stored> put(std::optional<std::int64_t> id, const std::string& name,
                            const ServiceProfileTemplate& p);
    Provisioned<Stored> put(std::optional<std::int64_t> id, const std::string& name,
                            const SharedIfcSet& criteria);
    Provisioned<Stored> put(std::optional<std::int64_t> id, const std::string& name,
                            const cx::ServerCapabilities& c);
    Provisioned<Stored> put(std::optional<std::int64_t> id, const std::string& name,
                            const cx::ChargingInformation& c);
    // "default", which is the program's own and has the id 0, is the first of them.
    Provisioned<std::vector<Named<SubscriberTemplate>>> subscriber_templates();
    Provisioned<Stored> put(std::optional<std::int64_t> id, const std::string& name,
                            const SubscriberTemplate& t);
    Provisioned<std::monostate> remove(Kind kind, std::int64_t id);

  private:
    template <class Work>
    std::optional<ProvisioningError> run(Work&& work);
    template <class T, class Find>
    Provisioned<std::vector<Named<T>>> named(Kind kind, Find find);
    template <class Write>
    Provisioned<Stored> store(bool concerns_users, Write write);
    std::optional<ProvisioningError> add_op(std::vector<Snapshot>& snapshots);
    Provisioned<Pushes> pushes_for_catalogue(const std::shared_ptr<const Catalogue>& before);

    PostgresStore& store_;
    Random& random_;
};

}  // namespace ims::hss
