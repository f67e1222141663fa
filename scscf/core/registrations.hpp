#pragma once
#include "common/base/long_lived.hpp"
#include "common/base/wakeups.hpp"
#include "common/node/state.hpp"
#include "scscf/core/registration.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ims::scscf {

// All implicit registration sets of this S-CSCF, found by public identity, private identity and Service-Route
// token. References stay valid until the set is erased.
class Registrations {
  public:
    using Set = ImplicitRegistrationSet;

    Set* find(SetId id);
    Set* find(std::string_view impu);  // distinct, then a wildcard among the sets that have one
    const Set* find(std::string_view impu) const;
    Set* find_token(std::uint64_t route_token);
    std::vector<Set*> sets_of(std::string_view impi);  // of this private identity

    // Takes a profile from the HSS in: into the set that has one of its identities, or a new one. The private
    // identity is added to the set.
    Set& assign(const Impi& impi, const ImsSubscription& subscription,
                const std::optional<cx::ChargingInformation>& charging, std::string_view hss);
    // 5.4.1.8: replaces identities and profiles.
    void update(Set& set, const ImsSubscription& subscription);
    void set_charging(Set& set, const cx::ChargingInformation& charging);

    std::uint8_t private_identity(Set& set, const Impi& impi);  // its index; added if it is not there
    Binding& add_binding(Set& set, Binding binding);            // gets its id and its Service-Route
    void erase_ended(Set& set);                                 // bindings marked as ended
    Subscription& add_subscription(Set& set, Subscription subscription);
    void erase(SetId id);

    // What is saved of a set has changed. The functions above and arm() say so themselves.
    void changed(const Set& set) { changes.changed(set.id); }
    Changes<SetId> changes;

    SharedText share(std::string_view text) { return texts_.share(std::string{text}); }
    CompactIdentity compact(std::string_view identity);

    // Deadlines: arm() after every change of one; due() gives the sets to look at.
    void arm(Set& set);
    std::vector<SetId> due(TimePoint now);
    std::optional<TimePoint> next_deadline() const { return alarms_.next(); }

    void for_each(const std::function<void(const Set&)>& visit) const;

    // Restoring: a set with the id it had (it stands in the Contact of our side of reg event dialogs), then
    // its bindings with theirs.
    Set& restore(SetId id, const std::vector<Impi>& impis, const ImsSubscription& subscription,
                 const std::optional<cx::ChargingInformation>& charging, std::string_view hss);
    void restore_binding(Set& set, Binding binding);

    std::size_t size() const { return sets_.size(); }
    std::size_t registered_sets() const;
    std::size_t bindings() const { return by_token_.size(); }

  private:
    void set_alarm(Set& set);
    void index(const Set& set);
    void unindex(const Set& set);
    void fill(Set& set, const ImsSubscription& subscription);
    void refill(Set& set, const ImsSubscription& subscription);

    template <class Key, class Value>
    using LongLivedMap = std::unordered_map<Key, Value, std::hash<Key>, std::equal_to<>,
                                            LongLived<std::pair<const Key, Value>>>;
    // By hash of the text; the set itself decides.
    using Index = std::unordered_multimap<std::size_t, SetId, std::hash<std::size_t>, std::equal_to<>,
                                          LongLived<std::pair<const std::size_t, SetId>>>;
    static void drop(Index& index, std::size_t hash, SetId id);

    LongLivedMap<SetId, Set> sets_;
    Index by_impu_, by_impi_;
    LongLivedMap<std::uint64_t, SetId> by_token_;
    std::vector<SetId> with_wildcards_;
    Wakeups<SetId> alarms_;
    std::uint64_t next_ = 0;
    Pool<std::string> texts_;
    Pool<ServiceProfile, ServiceProfileHash> profiles_;
    Pool<Identity::Extras, ExtrasHash> extras_;
    Pool<cx::ChargingInformation, ChargingHash> charging_;
};

}  // namespace ims::scscf
