#include "scscf/core/registrations.hpp"

#include "common/base/records.hpp"
#include "scscf/core/contacts.hpp"

#include <algorithm>
#include <utility>

namespace ims::scscf {

Registrations::Set* Registrations::find(SetId id) {
    const auto found = sets_.find(id);
    return found == sets_.end() ? nullptr : &found->second;
}

const Registrations::Set* Registrations::find(std::string_view impu) const {
    const auto [begin, end] = by_impu_.equal_range(hash_of(impu));
    for (auto i = begin; i != end; ++i) {
        const auto& set = sets_.at(i->second);
        for (const auto& identity : set.identities)
            if (identity.name.is(impu)) return &set;
    }
    for (const auto id : with_wildcards_) {
        const auto& set = sets_.at(id);
        if (set.find(impu) != nullptr) return &set;
    }
    return nullptr;
}

Registrations::Set* Registrations::find(std::string_view impu) {
    return const_cast<Set*>(std::as_const(*this).find(impu));
}

Registrations::Set* Registrations::find_token(std::uint64_t route_token) {
    const auto found = by_token_.find(route_token);
    return found == by_token_.end() ? nullptr : find(found->second);
}

std::vector<Registrations::Set*> Registrations::sets_of(std::string_view impi) {
    std::vector<Set*> sets;
    const auto [begin, end] = by_impi_.equal_range(hash_of(impi));
    for (auto i = begin; i != end; ++i) {
        auto* set = find(i->second);
        if (set->private_index(impi)) sets.push_back(set);
    }
    return sets;
}

CompactIdentity Registrations::compact(std::string_view identity) {
    return CompactIdentity::of(identity, [this](std::string_view domain) { return share(domain); });
}

void Registrations::fill(Set& set, const ImsSubscription& subscription) {
    set.identities.clear();
    set.profiles.clear();
    std::size_t identities = 0;
    for (const auto& profile : subscription.service_profiles) identities += profile.public_identities.size();
    set.identities.reserve(identities);
    set.profiles.reserve(subscription.service_profiles.size());
    for (const auto& profile : subscription.service_profiles) {
        set.profiles.push_back(profiles_.share(ServiceProfile{{},
                                                              profile.subscribed_media_profile_id,
                                                              profile.service_ids,
                                                              profile.initial_filter_criteria,
                                                              profile.shared_ifc_set_ids}));
        for (const auto& from : profile.public_identities) {
            Identity identity;
            identity.name = compact(from.identity.value());
            identity.barred = from.barring_indication;
            identity.type = from.identity_type;
            identity.profile = static_cast<std::uint16_t>(set.profiles.size() - 1);
            Identity::Extras extras{from.display_name.value_or(""),
                                    from.alias_identity_group_id.value_or("")};
            if (extras != Identity::Extras{}) identity.extras = extras_.share(std::move(extras));
            set.identities.push_back(std::move(identity));
        }
    }
}

Registrations::Set& Registrations::assign(const Impi& impi, const ImsSubscription& subscription,
                                          const std::optional<cx::ChargingInformation>& charging,
                                          std::string_view hss) {
    Set* set = nullptr;
    for (const auto& profile : subscription.service_profiles)
        for (const auto& identity : profile.public_identities)
            if (set == nullptr && !is_wildcarded(identity.identity)) set = find(identity.identity.value());
    if (set == nullptr) {
        const SetId id{++next_};
        set = &sets_[id];
        set->id = id;
        changes.added(id);
    } else {
        unindex(*set);
    }
    changed(*set);
    refill(*set, subscription);
    if (charging) set->charging = charging_.share(*charging);
    if (!hss.empty()) set->hss = share(hss);
    index(*set);
    private_identity(*set, impi);
    return *set;
}

std::uint8_t Registrations::private_identity(Set& set, const Impi& impi) {
    if (const auto known = set.private_index(impi.value())) return *known;
    changed(set);
    set.private_identities.push_back(compact(impi.value()));
    by_impi_.emplace(hash_of(impi.value()), set.id);
    return static_cast<std::uint8_t>(set.private_identities.size() - 1);
}

void Registrations::refill(Set& set, const ImsSubscription& subscription) {
    // A binding names the identity of its REGISTER by position: it follows the identity.
    std::vector<std::string> explicit_identities;
    explicit_identities.reserve(set.bindings.size());
    for (const auto& binding : set.bindings)
        explicit_identities.push_back(set.identities[binding.explicit_identity].name.text());
    fill(set, subscription);
    for (std::size_t b = 0; b < set.bindings.size(); ++b) {
        set.bindings[b].explicit_identity = 0;
        for (std::size_t i = 0; i < set.identities.size(); ++i)
            if (set.identities[i].name.is(explicit_identities[b]))
                set.bindings[b].explicit_identity = static_cast<std::uint8_t>(i);
    }
}

void Registrations::update(Set& set, const ImsSubscription& subscription) {
    changed(set);
    unindex(set);
    refill(set, subscription);
    index(set);
}

void Registrations::set_charging(Set& set, const cx::ChargingInformation& charging) {
    changed(set);
    set.charging = charging_.share(charging);
}

Binding& Registrations::add_binding(Set& set, Binding binding) {
    changed(set);
    binding.id = set.next_id++;
    const auto impi = set.private_identities[binding.private_identity].text();
    unsigned attempt = 0;
    do binding.route_token = route_token(impi, binding, attempt++);
    while (by_token_.contains(binding.route_token));
    by_token_.emplace(binding.route_token, set.id);
    return set.bindings.emplace_back(std::move(binding));
}

void Registrations::erase_ended(Set& set) {
    for (const auto& binding : set.bindings)
        if (binding.ended) by_token_.erase(binding.route_token);
    if (std::erase_if(set.bindings, [](const Binding& b) { return b.ended; }) > 0) changed(set);
}

Subscription& Registrations::add_subscription(Set& set, Subscription subscription) {
    changed(set);
    subscription.id = set.next_id++;
    return set.subscriptions.emplace_back(std::move(subscription));
}

void Registrations::erase(SetId id) {
    const auto found = sets_.find(id);
    if (found == sets_.end()) return;
    changes.removed(id);
    unindex(found->second);
    for (const auto& binding : found->second.bindings) by_token_.erase(binding.route_token);
    sets_.erase(found);
}

void Registrations::index(const Set& set) {
    for (const auto& identity : set.identities) by_impu_.emplace(hash_of(identity.name.text()), set.id);
    for (const auto& identity : set.private_identities) by_impi_.emplace(hash_of(identity.text()), set.id);
    const bool wildcards = std::any_of(set.identities.begin(), set.identities.end(),
                                       [](const Identity& i) { return i.is_wildcard(); });
    if (wildcards) with_wildcards_.push_back(set.id);
}

void Registrations::drop(Index& index, std::size_t hash, SetId id) {
    const auto [begin, end] = index.equal_range(hash);
    const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second == id; });
    if (found != end) index.erase(found);
}

void Registrations::unindex(const Set& set) {
    for (const auto& identity : set.identities) drop(by_impu_, hash_of(identity.name.text()), set.id);
    for (const auto& identity : set.private_identities) drop(by_impi_, hash_of(identity.text()), set.id);
    std::erase(with_wildcards_, set.id);
}

void Registrations::arm(Set& set) {
    changed(set);
    set_alarm(set);
}

void Registrations::set_alarm(Set& set) {
    const auto next = set.next_deadline();
    if (next == TimePoint::max() || (set.alarm && *set.alarm <= next)) return;
    set.alarm = next;
    alarms_.at(next, set.id);
}

std::vector<SetId> Registrations::due(TimePoint now) {
    std::vector<SetId> due;
    while (const auto id = alarms_.take_due(now)) {
        auto* set = find(*id);
        if (set == nullptr) continue;
        set->alarm.reset();
        if (set->next_deadline() <= now)
            due.push_back(*id);
        else
            set_alarm(*set);
    }
    return due;
}

void Registrations::for_each(const std::function<void(const Set&)>& visit) const {
    for (const auto& [id, set] : sets_) visit(set);
}

Registrations::Set& Registrations::restore(SetId id, const std::vector<Impi>& impis,
                                           const ImsSubscription& subscription,
                                           const std::optional<cx::ChargingInformation>& charging,
                                           std::string_view hss) {
    next_ = std::max(next_, id.value());
    auto& set = sets_[id];
    set.id = id;
    fill(set, subscription);
    for (const auto& impi : impis) set.private_identities.push_back(compact(impi.value()));
    if (charging) set.charging = charging_.share(*charging);
    if (!hss.empty()) set.hss = share(hss);
    index(set);
    return set;
}

void Registrations::restore_binding(Set& set, Binding binding) {
    by_token_[binding.route_token] = set.id;
    set.bindings.push_back(std::move(binding));
}

std::size_t Registrations::registered_sets() const {
    return static_cast<std::size_t>(std::count_if(
        sets_.begin(), sets_.end(), [](const auto& entry) { return entry.second.registered(); }));
}

}  // namespace ims::scscf
