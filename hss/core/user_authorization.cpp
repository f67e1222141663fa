// UAR, TS 29.228 6.1.1.1.
#include "hss/core/identify.hpp"

#include <algorithm>

namespace ims::hss {
namespace {

constexpr std::uint32_t emergency_registration = 1U << 0;  // UAR-Flags, 29.229 6.3.56

bool roaming_allowed(const Subscription& subscription, std::string_view visited, const Policy& policy) {
    if (!subscription.allowed_visited_networks || iequals(visited, policy.home_network)) return true;
    return std::ranges::any_of(*subscription.allowed_visited_networks,
                               [&](const std::string& n) { return iequals(n, visited); });
}

}  // namespace

Decision<cx::UserAuthorizationAnswer> decide(const cx::UserAuthorizationRequest& request,
                                             const Snapshot& snapshot, const Policy& policy) {
    Decision<cx::UserAuthorizationAnswer> d;
    d.answer.supported_features = answered(request.supported_features, policy);
    const auto refuse = [&](diameter::Result result) {
        d.answer.result = result;
        return d;
    };

    const auto who = identify(snapshot, request.user_name, request.public_identity);
    if (!who) return refuse(who.error());
    const auto& subscription = *who->subscription;
    const auto& match = who->match;
    if (!match.distinct) return refuse(cx::ExperimentalResultCode::ErrorUserUnknown);

    const bool emergency = (request.uar_flags.value_or(0) & emergency_registration) != 0;
    if (!emergency && match.identity->identity.barring_indication && !match.set->has_non_barred())
        return refuse(cx::ResultCode::AuthorizationRejected);

    const auto type = request.user_authorization_type.value_or(cx::UserAuthorizationType::Registration);
    if (type != cx::UserAuthorizationType::DeRegistration && !emergency) {
        if (!roaming_allowed(subscription, request.visited_network_identifier, policy))
            return refuse(cx::ExperimentalResultCode::ErrorRoamingNotAllowed);
        if (subscription.barred) return refuse(cx::ResultCode::AuthorizationRejected);
    }

    if (type == cx::UserAuthorizationType::RegistrationAndCapabilities) {
        d.answer.result = cx::ResultCode::Success;
        d.answer.server_capabilities = server_capabilities(subscription, *snapshot.catalogue);
        if (subscription.assignment && !subscription.reassignment_pending &&
            restoration(request.supported_features, policy))
            d.changes.push_back(SetReassignmentPending{true});
        return d;
    }

    if (type == cx::UserAuthorizationType::DeRegistration) {
        const bool served = match.set->state != RegistrationState::NotRegistered ||
                            subscription.find(request.user_name)->authentication_pending;
        if (!served || !subscription.assignment)
            return refuse(cx::ExperimentalResultCode::ErrorIdentityNotRegistered);
        d.answer.result = cx::ResultCode::Success;
        d.answer.server_name = subscription.assignment->server_name;
        return d;
    }

    // All identities of a subscription are at one S-CSCF (23.228 5.1.2): a name stored for any of them is the
    // one.
    if (subscription.assignment) {
        d.answer.result = cx::ExperimentalResultCode::SubsequentRegistration;
        d.answer.server_name = subscription.assignment->server_name;
    } else {
        d.answer.result = cx::ExperimentalResultCode::FirstRegistration;
        d.answer.server_capabilities = server_capabilities(subscription, *snapshot.catalogue);
    }
    return d;
}

}  // namespace ims::hss
