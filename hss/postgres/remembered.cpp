#include "hss/postgres/remembered.hpp"

namespace ims::hss {
namespace {

template <class Key, class Slot>
Slot find_in(const std::unordered_map<Key, Slot>& recent, const std::unordered_map<Key, Slot>& earlier,
             const Key& key) {
    if (const auto at = recent.find(key); at != recent.end()) return at->second;
    const auto at = earlier.find(key);
    return at == earlier.end() ? nullptr : at->second;
}

}  // namespace

RememberedSubscriptions::Slot RememberedSubscriptions::slot(const Impi& impi) const {
    return find_in(recent_.by_impi, earlier_.by_impi, impi);
}
RememberedSubscriptions::Slot RememberedSubscriptions::slot(const Impu& impu) const {
    return find_in(recent_.by_impu, earlier_.by_impu, impu);
}

void RememberedSubscriptions::add(const Slot& slot) {
    if (recent_.by_impi.size() >= half_) earlier_ = std::exchange(recent_, {});
    const auto& s = *slot->subscription;
    for (const auto& p : s.private_identities) recent_.by_impi.insert_or_assign(p.impi, slot);
    for (const auto& set : s.implicit_registration_sets)
        for (const auto& r : set.public_identities)
            recent_.by_impu.insert_or_assign(r.identity.identity, slot);
}

std::optional<RememberedSubscriptions::Remembered> RememberedSubscriptions::find(const Lookup& lookup) {
    if (!lookup.impi && !lookup.impu) return std::nullopt;
    const auto found = lookup.impi ? slot(*lookup.impi) : slot(*lookup.impu);
    if (!found || !found->subscription) return std::nullopt;
    // Another subscription may have the public identity, or nobody.
    if (lookup.impi && lookup.impu && !found->subscription->find(*lookup.impu)) return std::nullopt;
    if (!recent_.by_impi.contains(found->subscription->private_identities.front().impi)) add(found);
    return *found;
}

void RememberedSubscriptions::remember(const Remembered& remembered) {
    if (half_ != 0) add(std::make_shared<Remembered>(remembered));
}

void RememberedSubscriptions::replace(std::shared_ptr<const Subscription> after) {
    const auto found = slot(after->private_identities.front().impi);
    if (found && found->subscription && found->subscription->id == after->id)
        found->subscription = std::move(after);
}

void RememberedSubscriptions::forget(const Subscription& subscription) {
    const auto empty = [&](const Slot& found) {
        if (found && found->subscription && found->subscription->id == subscription.id &&
            found->subscription->version <= subscription.version)
            *found = {};
    };
    for (const auto& p : subscription.private_identities) empty(slot(p.impi));
    for (const auto& set : subscription.implicit_registration_sets)
        for (const auto& r : set.public_identities) empty(slot(r.identity.identity));
}

void RememberedSubscriptions::clear() {
    recent_ = {};
    earlier_ = {};
}

}  // namespace ims::hss
