#include "hss/core/subscription.hpp"

#include "common/base/result.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace ims::hss {

std::string_view name(RegistrationState state) {
    switch (state) {
        case RegistrationState::NotRegistered: return "not registered";
        case RegistrationState::Registered: return "registered";
        case RegistrationState::Unregistered: return "unregistered";
    }
    return "";
}

std::string_view name(AuthenticationScheme scheme) {
    switch (scheme) {
        case AuthenticationScheme::DigestAkaV1Md5: return cx::scheme::digest_aka_v1_md5;
        case AuthenticationScheme::SipDigest: return cx::scheme::sip_digest;
        case AuthenticationScheme::NassBundled: return cx::scheme::nass_bundled;
        case AuthenticationScheme::EarlyIms: return cx::scheme::early_ims;
    }
    return "";
}

bool PublicIdentityRecord::wildcarded() const {
    return identity.identity_type == IdentityType::WildcardedPsi ||
           identity.identity_type == IdentityType::WildcardedImpu;
}
bool PublicIdentityRecord::psi() const {
    return identity.identity_type == IdentityType::WildcardedPsi ||
           identity.identity_type == IdentityType::DistinctPsi;
}

const ImplicitRegistrationSet::Association* ImplicitRegistrationSet::association(const Impi& impi) const {
    const auto a = std::ranges::find(associations, impi, &Association::impi);
    return a == associations.end() ? nullptr : &*a;
}
ImplicitRegistrationSet::Association* ImplicitRegistrationSet::association(const Impi& impi) {
    const auto a = std::ranges::find(associations, impi, &Association::impi);
    return a == associations.end() ? nullptr : &*a;
}
std::size_t ImplicitRegistrationSet::registered_count() const {
    return static_cast<std::size_t>(std::ranges::count(associations, true, &Association::registered));
}
bool ImplicitRegistrationSet::has_non_barred() const {
    return std::ranges::any_of(public_identities, [](const PublicIdentityRecord& r) {
        return !r.identity.barring_indication && !r.wildcarded();
    });
}

std::optional<Subscription::Match> Subscription::find(const Impu& impu) const {
    std::optional<Match> wildcard;
    for (const auto& set : implicit_registration_sets) {
        for (const auto& record : set.public_identities) {
            if (record.wildcarded()) {
                if (!wildcard && matches_wildcard(impu, record.identity.identity))
                    wildcard = Match{&set, &record, false};
            } else if (record.identity.identity == impu) {
                return Match{&set, &record, true};
            }
        }
    }
    return wildcard;
}
const PrivateIdentity* Subscription::find(const Impi& impi) const {
    const auto p = std::ranges::find(private_identities, impi, &PrivateIdentity::impi);
    return p == private_identities.end() ? nullptr : &*p;
}
PrivateIdentity* Subscription::find(const Impi& impi) {
    const auto p = std::ranges::find(private_identities, impi, &PrivateIdentity::impi);
    return p == private_identities.end() ? nullptr : &*p;
}
ImplicitRegistrationSet* Subscription::find(SetId set) {
    const auto s = std::ranges::find(implicit_registration_sets, set, &ImplicitRegistrationSet::id);
    return s == implicit_registration_sets.end() ? nullptr : &*s;
}
bool Subscription::in_use() const {
    return std::ranges::any_of(implicit_registration_sets, [](const ImplicitRegistrationSet& s) {
        return s.state != RegistrationState::NotRegistered;
    });
}

void apply_to(Subscription& subscription, const Change& change) {
    const auto with_association = [&](SetId set, const Impi& impi, auto&& edit) {
        auto* s = subscription.find(set);
        if (auto* a = s ? s->association(impi) : nullptr) edit(*a);
    };
    std::visit(overloaded{
                   [&](const Assign& c) { subscription.assignment = c.assignment; },
                   [&](const SetReassignmentPending& c) { subscription.reassignment_pending = c.pending; },
                   [&](const SetState& c) {
                       if (auto* s = subscription.find(c.set)) s->state = c.state;
                   },
                   [&](const SetRegistration& c) {
                       with_association(c.set, c.impi, [&](auto& a) { a.registered = c.registered; });
                   },
                   [&](const SetRestorationInfo& c) {
                       with_association(c.set, c.impi, [&](auto& a) { a.restoration_info = c.info; });
                   },
                   [&](const SetAuthenticationPending& c) {
                       if (auto* p = subscription.find(c.impi)) p->authentication_pending = c.pending;
                   },
                   [&](const SetSqn& c) {
                       if (auto* p = subscription.find(c.impi)) p->sqn = c.sqn;
                   },
               },
               change);
}
void apply_to(Subscription& subscription, const Changes& changes) {
    for (const auto& change : changes) apply_to(subscription, change);
}

namespace {

// The identity, if something about it is wrong in itself.
std::optional<std::string> wrong_identity(const PublicIdentityRecord& record) {
    const auto& text = record.identity.identity.value();
    if (record.wildcarded()) {
        if (!is_wildcarded(record.identity.identity))
            return "'" + text + "' is marked as a wildcard but has no expression between '!'";
    } else {
        const auto canonical = canonical_impu(text);
        if (!canonical) return "'" + text + "' is neither a SIP URI nor a global tel URI";
        if (canonical->value() != text)
            return "'" + text + "' is not in canonical form (TS 23.003 13.4): write '" + canonical->value() +
                   "'";
    }
    if (record.identity.service_priority_level.value_or(0) > 4)
        return "service priority level of '" + text + "' is above 4";
    if (record.application_server && !record.psi())
        return "'" + text + "' names an application server but is no public service identity";
    return std::nullopt;
}

std::optional<std::string> wrong_set(const Subscription& subscription, const ImplicitRegistrationSet& set) {
    if (set.public_identities.empty()) return "an implicit registration set has no public identity";
    if (set.associations.empty()) return "an implicit registration set has no private identity";
    for (const auto& a : set.associations)
        if (!subscription.find(a.impi))
            return "'" + a.impi.value() + "' is no private identity of the subscription";

    const auto psi = std::ranges::all_of(set.public_identities, &PublicIdentityRecord::psi);
    const auto first = std::ranges::find_if(set.public_identities, [](const PublicIdentityRecord& r) {
        return !r.identity.barring_indication && !r.wildcarded();
    });
    // A set whose identities are all barred is allowed (it cannot register); wildcards alone are not.
    if (first != set.public_identities.end() && !first->identity.identity.value().starts_with("sip:"))
        return "the first identity that is not barred must be a SIP URI, as it is the default one; '" +
               first->identity.identity.value() + "' is not";
    if (!psi && std::ranges::all_of(set.public_identities, &PublicIdentityRecord::wildcarded))
        return "an implicit registration set needs a distinct public identity beside its wildcards";
    if (set.public_identities.size() > 1 &&
        std::ranges::any_of(set.public_identities, &PublicIdentityRecord::psi))
        return "a public service identity stands alone in its set";
    std::unordered_map<std::string, ServiceProfileId> profile_of_alias;
    for (const auto& r : set.public_identities) {
        if (!r.identity.alias_identity_group_id) continue;
        const auto [at, fresh] =
            profile_of_alias.try_emplace(*r.identity.alias_identity_group_id, r.service_profile);
        if (!fresh && at->second != r.service_profile)
            return "aliases of group '" + at->first + "' must have one service profile";
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> inconsistency(const Subscription& subscription) {
    if (subscription.private_identities.empty()) return "a subscription needs a private identity";
    if (subscription.implicit_registration_sets.empty())
        return "a subscription needs an implicit registration set";
    std::unordered_set<std::string_view> impis, impus, groups;
    for (const auto& p : subscription.private_identities) {
        const auto& text = p.impi.value();
        const auto at = text.find('@');
        if (at == std::string::npos || at == 0 || at + 1 == text.size() ||
            text.find_first_of(" \t\r\n") != text.npos)
            return "private identity '" + text + "' is not of the form user@realm";
        if (!impis.insert(text).second) return "private identity '" + text + "' is there twice";
        if (p.imsi && (p.imsi->size() < 6 || p.imsi->size() > 15 || !std::ranges::all_of(*p.imsi, is_digit)))
            return "IMSI '" + *p.imsi + "' is not 6 to 15 digits";
        if (p.sqn >> 48 != 0) return "the SQN of '" + text + "' does not fit into 48 bits";
    }
    for (const auto& set : subscription.implicit_registration_sets) {
        for (const auto& r : set.public_identities) {
            if (auto why = wrong_identity(r)) return why;
            if (!impus.insert(r.identity.identity.value()).second)
                return "public identity '" + r.identity.identity.value() + "' is there twice";
        }
        if (auto why = wrong_set(subscription, set)) return why;
        std::unordered_set<std::string_view> own;
        for (const auto& r : set.public_identities)
            if (r.identity.alias_identity_group_id) own.insert(*r.identity.alias_identity_group_id);
        for (const auto group : own)
            if (!groups.insert(group).second)
                return "alias group '" + std::string{group} + "' spans two sets";
    }
    for (const auto& p : subscription.private_identities)
        if (std::ranges::none_of(subscription.implicit_registration_sets,
                                 [&](const auto& set) { return set.association(p.impi) != nullptr; }))
            return "private identity '" + p.impi.value() + "' may register no implicit registration set";
    return std::nullopt;
}

}  // namespace ims::hss
