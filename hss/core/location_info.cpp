// LIR, TS 29.228 6.1.4.1.
#include "hss/core/identify.hpp"

namespace ims::hss {

constexpr std::uint32_t psi_direct_routing = 1U << 0;  // LIA-Flags, 29.229 6.3.71

Decision<cx::LocationInfoAnswer> decide(const cx::LocationInfoRequest& request, const Snapshot& snapshot,
                                        const Policy& policy) {
    Decision<cx::LocationInfoAnswer> d;
    d.answer.supported_features = answered(request.supported_features, policy);
    const auto refuse = [&](diameter::Result result) {
        d.answer.result = result;
        return d;
    };

    const auto who = identify(snapshot, std::nullopt, request.public_identity);
    if (!who) return refuse(who.error());
    const auto& subscription = *who->subscription;
    const auto& match = who->match;
    const bool reassign =
        request.user_authorization_type == cx::UserAuthorizationType::RegistrationAndCapabilities;
    if (!match.distinct) d.answer.wildcarded_public_identity = match.identity->identity.identity.value();

    if (match.identity->psi()) {
        if (!match.identity->psi_active) {
            d.answer.wildcarded_public_identity.reset();
            return refuse(cx::ExperimentalResultCode::ErrorUserUnknown);
        }
        if (match.identity->application_server && !request.originating_request) {
            // There is no S-CSCF to choose anew: the name is an AS.
            if (reassign) return refuse(cx::ResultCode::UnableToComply);
            d.answer.result = cx::ResultCode::Success;
            d.answer.server_name = *match.identity->application_server;
            d.answer.lia_flags = psi_direct_routing;
            return d;
        }
    }

    if (reassign && restoration(request.supported_features, policy)) {
        d.answer.result = cx::ResultCode::Success;
        d.answer.server_capabilities = server_capabilities(subscription, *snapshot.catalogue);
        if (subscription.assignment && !subscription.reassignment_pending)
            d.changes.push_back(SetReassignmentPending{true});
        return d;
    }

    const bool held = match.set->state != RegistrationState::NotRegistered;
    if (!held && !request.originating_request &&
        !has_unregistered_services(*match.identity, *snapshot.catalogue))
        return refuse(cx::ExperimentalResultCode::ErrorIdentityNotRegistered);
    if (subscription.assignment) {
        d.answer.result = cx::ResultCode::Success;
        d.answer.server_name = subscription.assignment->server_name;
    } else {
        d.answer.result = cx::ExperimentalResultCode::UnregisteredService;
        d.answer.server_capabilities = server_capabilities(subscription, *snapshot.catalogue);
    }
    return d;
}

}  // namespace ims::hss
