#pragma once
#include "hss/core/near_miss.hpp"
#include "hss/core/push.hpp"
#include "hss/core/store.hpp"
#include "hss/core/subscriber.hpp"

#include <functional>
#include <unordered_map>

namespace ims::hss {

// A store in memory, for tests that join all nodes in one process. A value: copying it is saving it.
class MemoryStore final : public Store {
  public:
    MemoryStore();  // with service profile 1, which has no criteria

    Result<Snapshot, StoreError> load(const Lookup& lookup) override;
    std::optional<StoreError> save(const Snapshot& loaded, const Changes& changes) override;

    // The usual subscriber (subscriber.hpp). The reference holds until the subscriber is removed.
    Subscription& add_subscriber(const Subscriber& subscriber);
    Subscription& add(Subscription subscription);  // ids are given here

    // Provisioning, with the requests it makes the HSS send. Nothing happens for an unknown private identity.
    std::vector<Push> change(const Impi& impi, const std::function<void(Subscription&)>& edit);
    std::vector<Push> change_catalogue(const std::function<void(Catalogue&)>& edit);
    std::vector<Push> bar(const Impi& impi);  // RTR PERMANENT_TERMINATION; registering is refused from now on
    void unbar(const Impi& impi);
    std::vector<Push> remove(const Impi& impi);  // the whole subscription, with an RTR

    const Subscription* find(const Impi& impi) const;
    std::vector<NearMiss> near_misses(std::string_view identity) const;
    bool opc_is_op(const Impi& impi) const;
    const Catalogue& catalogue() const { return *catalogue_; }
    void set_away(bool away) { away_ = away; }  // as a database that cannot be reached

  private:
    Subscription* find_mutable(const Impi& impi);
    Snapshot snapshot(const Subscription& subscription) const;

    std::unordered_map<std::int64_t, Subscription> subscriptions_;
    std::unordered_map<Impi, std::int64_t> by_impi_;
    std::unordered_map<Impu, std::int64_t> by_impu_;
    std::shared_ptr<const Catalogue> catalogue_;
    std::int64_t next_id_ = 1;
    bool away_ = false;
};

}  // namespace ims::hss
