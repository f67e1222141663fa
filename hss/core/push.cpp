#include "hss/core/push.hpp"

#include "common/base/result.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

using Reason = cx::ReasonCode;

bool in_use(const ImplicitRegistrationSet& set) {
    return set.state != RegistrationState::NotRegistered;
}

// A private identity the S-CSCF knows for the set (29.228 table 6.1.3.1).
const Impi& known_impi(const ImplicitRegistrationSet& set) {
    for (const auto& a : set.associations)
        if (a.registered) return a.impi;
    return set.associations.front().impi;
}

const PublicIdentityRecord* default_identity(const ImplicitRegistrationSet& set) {
    for (const auto& r : set.public_identities)
        if (!r.identity.barring_indication && !r.wildcarded()) return &r;
    return nullptr;
}

Push to_scscf(const Assignment& assignment, cx::Request request) {
    return {std::move(request), assignment.origin_host, assignment.origin_realm};
}

Push rtr(const Assignment& assignment, const ImplicitRegistrationSet& set, cx::DeregistrationReason reason) {
    cx::RegistrationTerminationRequest r;
    r.user_name = known_impi(set);
    for (const auto& a : set.associations)
        if (a.registered && a.impi != r.user_name) r.associated_identities.push_back(a.impi);
    for (const auto& p : set.public_identities) r.public_identity.push_back(p.identity.identity);
    r.deregistration_reason = std::move(reason);
    return to_scscf(assignment, std::move(r));
}

const ImplicitRegistrationSet* set_of(const Subscription& s, SetId id) {
    const auto found = std::ranges::find(s.implicit_registration_sets, id, &ImplicitRegistrationSet::id);
    return found == s.implicit_registration_sets.end() ? nullptr : &*found;
}

// The push for a set that stays, or nothing if the S-CSCF would read the same.
std::optional<Push> push_for_set(const Snapshot& before, const ImplicitRegistrationSet& was,
                                 const Snapshot& after, const ImplicitRegistrationSet& set) {
    const auto& assignment = *after.subscription->assignment;
    const auto* first = default_identity(set);
    if (!first) return rtr(assignment, set, {Reason::PermanentTermination, {}});
    const auto* first_was = default_identity(was);
    if (!first_was || first_was->identity.identity != first->identity.identity)
        return rtr(assignment, was, {Reason::ServerChange, {}});

    const auto& impi = known_impi(set);
    auto document = user_data(*after.subscription, set, impi, *after.catalogue, assignment.features);
    if (document == user_data(*before.subscription, was, impi, *before.catalogue, assignment.features))
        return std::nullopt;
    cx::PushProfileRequest ppr;
    ppr.user_name = impi;
    ppr.user_data = std::move(document);
    auto charging = charging_information(*after.subscription, *after.catalogue);
    if (charging != charging_information(*before.subscription, *before.catalogue))
        ppr.charging_information = std::move(charging);
    return to_scscf(assignment, std::move(ppr));
}

}  // namespace

std::vector<Push> pushes_for_change(const Snapshot& before, const Snapshot& after) {
    if (!before.subscription || !before.subscription->assignment) return {};
    if (!after.subscription || (after.subscription->barred && !before.subscription->barred))
        return terminate(*before.subscription, {Reason::PermanentTermination, {}});
    if (!after.subscription->assignment) return {};

    std::vector<Push> pushes;
    bool charging_sent = false;
    for (const auto& was : before.subscription->implicit_registration_sets) {
        if (!in_use(was)) continue;
        const auto* set = set_of(*after.subscription, was.id);
        if (!set) {
            pushes.push_back(rtr(*before.subscription->assignment, was, {Reason::PermanentTermination, {}}));
            continue;
        }
        auto push = push_for_set(before, was, after, *set);
        if (!push) continue;
        if (const auto* ppr = std::get_if<cx::PushProfileRequest>(&push->request))
            charging_sent = charging_sent || ppr->charging_information.has_value();
        pushes.push_back(std::move(*push));
    }

    auto charging = charging_information(*after.subscription, *after.catalogue);
    if (charging && !charging_sent &&
        charging != charging_information(*before.subscription, *before.catalogue)) {
        const auto& sets = after.subscription->implicit_registration_sets;
        if (const auto used = std::ranges::find_if(sets, in_use); used != sets.end()) {
            cx::PushProfileRequest ppr;
            ppr.user_name = known_impi(*used);
            ppr.charging_information = std::move(charging);
            pushes.push_back(to_scscf(*after.subscription->assignment, std::move(ppr)));
        }
    }
    return pushes;
}

std::vector<Push> terminate(const Subscription& subscription, cx::DeregistrationReason reason) {
    std::vector<SetId> sets;
    for (const auto& set : subscription.implicit_registration_sets) sets.push_back(set.id);
    return terminate(subscription, sets, std::move(reason));
}

std::vector<Push> terminate(const Subscription& subscription, const std::vector<SetId>& sets,
                            cx::DeregistrationReason reason) {
    if (!subscription.assignment) return {};
    std::vector<Push> pushes;
    for (const auto id : sets)
        if (const auto* set = set_of(subscription, id); set && in_use(*set))
            pushes.push_back(rtr(*subscription.assignment, *set, reason));
    return pushes;
}

std::vector<Push> new_server_assigned(const Subscription& before, const ImplicitRegistrationSet& set,
                                      bool restoration) {
    if (!before.assignment) return {};
    std::vector<Push> pushes;
    for (const auto& other : before.implicit_registration_sets) {
        if (!in_use(other)) continue;
        // Without restoration the other sets are lost with the old S-CSCF and must be registered anew.
        const bool moved = restoration || other.id == set.id;
        auto push =
            rtr(*before.assignment, other, {moved ? Reason::NewServerAssigned : Reason::ServerChange, {}});
        if (other.id == set.id)
            pushes.insert(pushes.begin(), std::move(push));
        else
            pushes.push_back(std::move(push));
    }
    return pushes;
}

Changes changes_after(const cx::RegistrationTerminationRequest& request,
                      const std::optional<cx::RegistrationTerminationAnswer>& answer,
                      const Subscription& subscription) {
    const auto reason = request.deregistration_reason.reason_code;
    if (reason == Reason::NewServerAssigned) return {};
    const auto named = [&](const Impi& impi) {
        return impi == request.user_name ||
               std::ranges::find(request.associated_identities, impi) != request.associated_identities.end();
    };
    const auto affected = [&](const ImplicitRegistrationSet& set) {
        if (request.public_identity.empty())
            return std::ranges::any_of(set.associations, [&](const auto& a) { return named(a.impi); });
        return std::ranges::any_of(set.public_identities, [&](const PublicIdentityRecord& r) {
            return std::ranges::find(request.public_identity, r.identity.identity) !=
                   request.public_identity.end();
        });
    };
    const auto emergency = [&](const ImplicitRegistrationSet& set) {
        return answer &&
               std::ranges::any_of(answer->identity_with_emergency_registration, [&](const auto& e) {
                   return std::ranges::any_of(set.public_identities, [&](const PublicIdentityRecord& r) {
                       return r.identity.identity == e.public_identity;
                   });
               });
    };

    Changes changes;
    auto after = subscription;
    const auto change = [&](Change c) {
        apply_to(after, c);
        changes.push_back(std::move(c));
    };
    for (const auto& set : subscription.implicit_registration_sets) {
        if (!in_use(set) || !affected(set)) continue;
        for (const auto& a : set.associations) {
            if (reason == Reason::PermanentTermination && !named(a.impi)) continue;
            if (a.registered) change(SetRegistration{set.id, a.impi, false});
            if (a.restoration_info) change(SetRestorationInfo{set.id, a.impi, {}});
        }
        if (after.find(set.id)->registered_count() > 0) continue;
        const auto state = reason == Reason::PermanentTermination && emergency(set)
                               ? RegistrationState::Unregistered
                               : RegistrationState::NotRegistered;
        if (state != set.state) change(SetState{set.id, state});
    }
    if (after.assignment && !after.in_use() && !changes.empty()) {
        for (const auto& p : subscription.private_identities)
            if (p.authentication_pending) change(SetAuthenticationPending{p.impi, false});
        change(Assign{});
        if (after.reassignment_pending) change(SetReassignmentPending{false});
    }
    return changes;
}

std::vector<Push> follow_up(const Push& push, const cx::PushProfileAnswer& answer,
                            const Subscription& subscription) {
    const auto* ppr = std::get_if<cx::PushProfileRequest>(&push.request);
    if (!ppr || !subscription.assignment) return {};
    const auto& sets = subscription.implicit_registration_sets;
    const auto set = std::ranges::find_if(
        sets, [&](const auto& s) { return in_use(s) && s.association(ppr->user_name) != nullptr; });
    if (set == sets.end()) return {};

    if (diameter::is(answer.result, cx::ExperimentalResultCode::ErrorUserUnknown)) {
        // In the order of the set, so that every one of them is tried once.
        const auto tried =
            std::ranges::find(set->associations, ppr->user_name, &ImplicitRegistrationSet::Association::impi);
        const auto next =
            std::find_if(tried + 1, set->associations.end(), [](const auto& a) { return a.registered; });
        if (next == set->associations.end()) return {};
        auto again = push;
        std::get<cx::PushProfileRequest>(again.request).user_name = next->impi;
        return {std::move(again)};
    }
    if (diameter::is(answer.result, cx::ExperimentalResultCode::ErrorTooMuchData) ||
        diameter::is(answer.result, cx::ExperimentalResultCode::ErrorNotSupportedUserData))
        return {rtr(*subscription.assignment, *set, {Reason::ServerChange, {}})};
    return {};
}

}  // namespace ims::hss
