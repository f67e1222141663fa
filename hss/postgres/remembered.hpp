#pragma once
#include "hss/core/store.hpp"
#include "hss/postgres/subscription_rows.hpp"

#include <memory>
#include <unordered_map>

namespace ims::hss {

// Subscriptions as last read or saved. Whether they still hold is for the database to say: statement::confirm
// and save. Those not asked for lately make room for others.
class RememberedSubscriptions {
  public:
    explicit RememberedSubscriptions(std::size_t most) : half_{most / 2} {}

    struct Remembered {
        std::shared_ptr<const Subscription> subscription;  // without credentials
        std::shared_ptr<const std::vector<SealedCredentials>> sealed;
    };
    // By identities as they are stored: a wildcard does not answer here for what it matches.
    std::optional<Remembered> find(const Lookup& lookup);
    void remember(const Remembered& remembered);
    void replace(std::shared_ptr<const Subscription> after);  // the one of its id, if it is there
    void forget(const Subscription& subscription);            // that one or an earlier version of it
    void clear();

  private:
    // Every key of a subscription leads to one slot; an empty slot is a forgotten subscription.
    using Slot = std::shared_ptr<Remembered>;
    struct Index {
        std::unordered_map<Impi, Slot> by_impi;
        std::unordered_map<Impu, Slot> by_impu;
    };
    Slot slot(const Impi& impi) const;
    Slot slot(const Impu& impu) const;
    void add(const Slot& slot);

    std::size_t half_;
    Index recent_, earlier_;
};

}  // namespace ims::hss
