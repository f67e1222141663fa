#include "scscf/core/registration.hpp"

#include "common/base/records.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace ims::scscf {

namespace {

constexpr std::string_view sip_scheme = "sip:";

}  // namespace

CompactIdentity CompactIdentity::of(std::string_view text,
                                    const std::function<SharedText(std::string_view)>& share) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || text.find('!') != std::string_view::npos)
        return {LongLivedString{text}, nullptr, false};
    const bool sip = text.starts_with(sip_scheme);
    const auto begin = sip ? sip_scheme.size() : 0;
    return {LongLivedString{text.substr(begin, at - begin)}, share(text.substr(at + 1)), sip};
}

std::string CompactIdentity::text() const {
    if (!domain) return std::string{local};
    std::string whole;
    whole.reserve(sip_scheme.size() + local.size() + 1 + domain->size());
    if (sip) whole += sip_scheme;
    whole += local;
    whole += '@';
    whole += *domain;
    return whole;
}

bool CompactIdentity::is(std::string_view full) const {
    if (!domain) return full == local;
    if (sip) {
        if (!full.starts_with(sip_scheme)) return false;
        full.remove_prefix(sip_scheme.size());
    }
    return full.size() == local.size() + 1 + domain->size() && full.starts_with(local) &&
           full[local.size()] == '@' && full.ends_with(*domain);
}

const Identity* ImplicitRegistrationSet::find(std::string_view impu) const {
    for (const auto& identity : identities)
        if (identity.name.is(impu)) return &identity;
    for (const auto& identity : identities)
        if (identity.is_wildcard() && matches_wildcard(Impu{std::string{impu}}, identity.impu()))
            return &identity;
    return nullptr;
}

const Identity* ImplicitRegistrationSet::default_identity() const {
    for (const auto& identity : identities)
        if (!identity.barred && identity.type == IdentityType::DistinctImpu && identity.name.sip)
            return &identity;
    return nullptr;
}

std::optional<std::uint8_t> ImplicitRegistrationSet::private_index(std::string_view impi) const {
    for (std::size_t i = 0; i < private_identities.size(); ++i)
        if (private_identities[i].is(impi)) return static_cast<std::uint8_t>(i);
    return {};
}

const Binding* ImplicitRegistrationSet::binding(std::uint32_t binding_id) const {
    const auto found =
        std::find_if(bindings.begin(), bindings.end(), [&](const Binding& b) { return b.id == binding_id; });
    return found == bindings.end() ? nullptr : &*found;
}

Binding* ImplicitRegistrationSet::binding(std::uint32_t binding_id) {
    return const_cast<Binding*>(std::as_const(*this).binding(binding_id));
}

Binding* ImplicitRegistrationSet::binding_by_token(std::uint64_t token) {
    for (auto& binding : bindings)
        if (binding.route_token == token) return &binding;
    return nullptr;
}

bool ImplicitRegistrationSet::registered() const {
    return std::any_of(bindings.begin(), bindings.end(), [](const Binding& b) { return !b.ended; });
}

bool ImplicitRegistrationSet::registered_by(std::size_t index) const {
    return std::any_of(bindings.begin(), bindings.end(),
                       [&](const Binding& b) { return !b.ended && b.private_identity == index; });
}

TimePoint ImplicitRegistrationSet::next_deadline() const {
    auto next = bindings.empty() ? keep_until : TimePoint::max();
    for (const auto& binding : bindings) next = std::min(next, binding.expires_at);
    for (const auto& subscription : subscriptions) next = std::min(next, subscription.expires_at);
    return next;
}

const Identity* ImplicitRegistrationSet::alias_of(const Identity& identity, bool tel) const {
    const auto group = [](const Identity& i) {
        return i.extras ? std::string_view{i.extras->alias_group} : "";
    };
    for (const auto& other : identities) {
        if (&other == &identity || other.barred || other.is_wildcard()) continue;
        if (other.name.is_tel() != tel) continue;
        if (other.profile == identity.profile && group(other) == group(identity)) return &other;
    }
    return nullptr;
}

const Identity* ImplicitRegistrationSet::gruu_identity(const Identity& identity) const {
    const auto fits = [](const Identity* i) {
        return i != nullptr && !i->barred && i->name.sip && !i->is_wildcard();
    };
    if (fits(&identity)) return &identity;
    const auto* alias = identity.barred ? nullptr : alias_of(identity, false);
    return fits(alias) ? alias : nullptr;
}

namespace {

void mix(std::size_t& seed, std::size_t value) {
    seed ^= value + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2);
}
}  // namespace

std::size_t ServiceProfileHash::operator()(const ServiceProfile& p) const noexcept {
    // Equality decides; the hash only has to tell usual profiles apart.
    std::size_t seed = p.subscribed_media_profile_id.value_or(0);
    for (const auto& id : p.service_ids) mix(seed, hash_of(id));
    for (const auto id : p.shared_ifc_set_ids) mix(seed, id);
    for (const auto& criterion : p.initial_filter_criteria) {
        mix(seed, static_cast<std::size_t>(criterion.priority));
        mix(seed, hash_of(criterion.application_server.server_name));
        mix(seed, hash_of(criterion.application_server.service_info.value_or("")));
    }
    return seed;
}

std::size_t ExtrasHash::operator()(const Identity::Extras& e) const noexcept {
    std::size_t seed = hash_of(e.display_name);
    mix(seed, hash_of(e.alias_group));
    return seed;
}

std::size_t ChargingHash::operator()(const cx::ChargingInformation& c) const noexcept {
    std::size_t seed = 0;
    for (const auto* name :
         {&c.primary_charging_collection_function_name, &c.secondary_charging_collection_function_name,
          &c.primary_event_charging_function_name, &c.secondary_event_charging_function_name})
        mix(seed, hash_of(name->value_or("")));
    return seed;
}

}  // namespace ims::scscf
