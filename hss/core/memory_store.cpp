#include "hss/core/memory_store.hpp"

#include "hss/core/op_check.hpp"

#include <cassert>

namespace ims::hss {

MemoryStore::MemoryStore() {
    Catalogue catalogue;
    catalogue.service_profiles[ServiceProfileId{1}] = {ServiceProfileId{1}, "default", {}, {}, {}, {}};
    catalogue_ = std::make_shared<const Catalogue>(std::move(catalogue));
}

Snapshot MemoryStore::snapshot(const Subscription& subscription) const {
    return {std::make_shared<const Subscription>(subscription), true, catalogue_};
}

Result<Snapshot, StoreError> MemoryStore::load(const Lookup& lookup) {
    if (away_) return StoreError::Away;
    Snapshot result{nullptr, false, catalogue_};
    const auto by_impu = [&]() -> const Subscription* {
        if (!lookup.impu) return nullptr;
        if (const auto at = by_impu_.find(*lookup.impu); at != by_impu_.end())
            return &subscriptions_.at(at->second);
        for (const auto& [id, s] : subscriptions_)
            if (s.find(*lookup.impu)) return &s;
        return nullptr;
    };
    const auto* of_impu = by_impu();
    result.public_identity_known = of_impu != nullptr;
    const auto* wanted = lookup.impi ? find(*lookup.impi) : of_impu;
    if (wanted) result.subscription = std::make_shared<const Subscription>(*wanted);
    return result;
}

std::optional<StoreError> MemoryStore::save(const Snapshot& loaded, const Changes& changes) {
    if (away_) return StoreError::Away;
    const auto at = subscriptions_.find(loaded.subscription->id.value());
    if (at == subscriptions_.end() || at->second.version != loaded.subscription->version)
        return StoreError::Conflict;
    apply_to(at->second, changes);
    ++at->second.version;
    return std::nullopt;
}

Subscription& MemoryStore::add_subscriber(const Subscriber& subscriber) {
    return add(subscription_of(subscriber));
}

Subscription& MemoryStore::add(Subscription subscription) {
    assert(!inconsistency(subscription));
    const auto id = next_id_++;
    subscription.id = SubscriptionId{id};
    for (auto& set : subscription.implicit_registration_sets) {
        set.id = SetId{next_id_++};
        for (const auto& r : set.public_identities) by_impu_[r.identity.identity] = id;
    }
    for (const auto& p : subscription.private_identities) by_impi_[p.impi] = id;
    return subscriptions_.emplace(id, std::move(subscription)).first->second;
}

std::vector<Push> MemoryStore::change(const Impi& impi, const std::function<void(Subscription&)>& edit) {
    auto* s = find_mutable(impi);
    if (!s) return {};
    const auto before = snapshot(*s);
    edit(*s);
    ++s->version;
    for (auto& set : s->implicit_registration_sets) {
        if (set.id == SetId{}) set.id = SetId{next_id_++};
        for (const auto& r : set.public_identities) by_impu_[r.identity.identity] = s->id.value();
    }
    for (const auto& p : s->private_identities) by_impi_[p.impi] = s->id.value();
    for (const auto& set : before.subscription->implicit_registration_sets)
        for (const auto& r : set.public_identities)
            if (!s->find(r.identity.identity)) by_impu_.erase(r.identity.identity);
    return pushes_for_change(before, snapshot(*s));
}

std::vector<Push> MemoryStore::change_catalogue(const std::function<void(Catalogue&)>& edit) {
    auto next = *catalogue_;
    edit(next);
    ++next.revision;
    const auto old = std::exchange(catalogue_, std::make_shared<const Catalogue>(std::move(next)));
    std::vector<Push> pushes;
    for (const auto& [id, s] : subscriptions_) {
        auto before = snapshot(s);
        before.catalogue = old;
        for (auto& push : pushes_for_change(before, snapshot(s))) pushes.push_back(std::move(push));
    }
    return pushes;
}

std::vector<Push> MemoryStore::bar(const Impi& impi) {
    return change(impi, [](Subscription& s) { s.barred = true; });
}
void MemoryStore::unbar(const Impi& impi) {
    change(impi, [](Subscription& s) { s.barred = false; });
}

std::vector<Push> MemoryStore::remove(const Impi& impi) {
    const auto* s = find(impi);
    if (!s) return {};
    auto pushes = terminate(*s, {cx::ReasonCode::PermanentTermination, {}});
    for (const auto& set : s->implicit_registration_sets)
        for (const auto& r : set.public_identities) by_impu_.erase(r.identity.identity);
    const auto id = s->id.value();
    std::erase_if(by_impi_, [&](const auto& entry) { return entry.second == id; });
    subscriptions_.erase(id);
    return pushes;
}

const Subscription* MemoryStore::find(const Impi& impi) const {
    const auto at = by_impi_.find(impi);
    return at == by_impi_.end() ? nullptr : &subscriptions_.at(at->second);
}
std::vector<NearMiss> MemoryStore::near_misses(std::string_view identity) const {
    std::vector<std::string> stored;
    for (const auto& [impi, id] : by_impi_) stored.push_back(impi.value());
    for (const auto& [impu, id] : by_impu_) stored.push_back(impu.value());
    return hss::near_misses(identity, stored);
}

bool MemoryStore::opc_is_op(const Impi& impi) const {
    const auto* subscription = find(impi);
    const auto* mine = subscription == nullptr ? nullptr : subscription->find(impi);
    if (mine == nullptr || !mine->aka) return false;
    for (const auto& [id, other] : subscriptions_)
        for (const auto& p : other.private_identities)
            if (p.impi != impi && p.aka && shows_op_as_opc(mine->aka->keys, p.aka->keys)) return true;
    return false;
}

Subscription* MemoryStore::find_mutable(const Impi& impi) {
    const auto at = by_impi_.find(impi);
    return at == by_impi_.end() ? nullptr : &subscriptions_.at(at->second);
}

}  // namespace ims::hss
