#include "common/diameter/types/result.hpp"

namespace ims::diameter {

std::string_view name(ResultCode code) {
    switch (code) {
        case ResultCode::MultiRoundAuth: return "DIAMETER_MULTI_ROUND_AUTH";
        case ResultCode::Success: return "DIAMETER_SUCCESS";
        case ResultCode::LimitedSuccess: return "DIAMETER_LIMITED_SUCCESS";
        case ResultCode::CommandUnsupported: return "DIAMETER_COMMAND_UNSUPPORTED";
        case ResultCode::UnableToDeliver: return "DIAMETER_UNABLE_TO_DELIVER";
        case ResultCode::RealmNotServed: return "DIAMETER_REALM_NOT_SERVED";
        case ResultCode::TooBusy: return "DIAMETER_TOO_BUSY";
        case ResultCode::LoopDetected: return "DIAMETER_LOOP_DETECTED";
        case ResultCode::RedirectIndication: return "DIAMETER_REDIRECT_INDICATION";
        case ResultCode::ApplicationUnsupported: return "DIAMETER_APPLICATION_UNSUPPORTED";
        case ResultCode::InvalidHdrBits: return "DIAMETER_INVALID_HDR_BITS";
        case ResultCode::InvalidAvpBits: return "DIAMETER_INVALID_AVP_BITS";
        case ResultCode::UnknownPeer: return "DIAMETER_UNKNOWN_PEER";
        case ResultCode::AuthenticationRejected: return "DIAMETER_AUTHENTICATION_REJECTED";
        case ResultCode::OutOfSpace: return "DIAMETER_OUT_OF_SPACE";
        case ResultCode::ElectionLost: return "ELECTION_LOST";
        case ResultCode::AvpUnsupported: return "DIAMETER_AVP_UNSUPPORTED";
        case ResultCode::UnknownSessionId: return "DIAMETER_UNKNOWN_SESSION_ID";
        case ResultCode::AuthorizationRejected: return "DIAMETER_AUTHORIZATION_REJECTED";
        case ResultCode::InvalidAvpValue: return "DIAMETER_INVALID_AVP_VALUE";
        case ResultCode::MissingAvp: return "DIAMETER_MISSING_AVP";
        case ResultCode::ResourcesExceeded: return "DIAMETER_RESOURCES_EXCEEDED";
        case ResultCode::ContradictingAvps: return "DIAMETER_CONTRADICTING_AVPS";
        case ResultCode::AvpNotAllowed: return "DIAMETER_AVP_NOT_ALLOWED";
        case ResultCode::AvpOccursTooManyTimes: return "DIAMETER_AVP_OCCURS_TOO_MANY_TIMES";
        case ResultCode::NoCommonApplication: return "DIAMETER_NO_COMMON_APPLICATION";
        case ResultCode::UnsupportedVersion: return "DIAMETER_UNSUPPORTED_VERSION";
        case ResultCode::UnableToComply: return "DIAMETER_UNABLE_TO_COMPLY";
        case ResultCode::InvalidBitInHeader: return "DIAMETER_INVALID_BIT_IN_HEADER";
        case ResultCode::InvalidAvpLength: return "DIAMETER_INVALID_AVP_LENGTH";
        case ResultCode::InvalidMessageLength: return "DIAMETER_INVALID_MESSAGE_LENGTH";
        case ResultCode::InvalidAvpBitCombo: return "DIAMETER_INVALID_AVP_BIT_COMBO";
        case ResultCode::NoCommonSecurity: return "DIAMETER_NO_COMMON_SECURITY";
    }
    return {};
}

std::string_view name(ExperimentalResultCode code) {
    switch (code) {
        case ExperimentalResultCode::FirstRegistration: return "DIAMETER_FIRST_REGISTRATION";
        case ExperimentalResultCode::SubsequentRegistration: return "DIAMETER_SUBSEQUENT_REGISTRATION";
        case ExperimentalResultCode::UnregisteredService: return "DIAMETER_UNREGISTERED_SERVICE";
        case ExperimentalResultCode::SuccessServerNameNotStored:
            return "DIAMETER_SUCCESS_SERVER_NAME_NOT_STORED";
        case ExperimentalResultCode::ErrorUserUnknown: return "DIAMETER_ERROR_USER_UNKNOWN";
        case ExperimentalResultCode::ErrorIdentitiesDontMatch: return "DIAMETER_ERROR_IDENTITIES_DONT_MATCH";
        case ExperimentalResultCode::ErrorIdentityNotRegistered:
            return "DIAMETER_ERROR_IDENTITY_NOT_REGISTERED";
        case ExperimentalResultCode::ErrorRoamingNotAllowed: return "DIAMETER_ERROR_ROAMING_NOT_ALLOWED";
        case ExperimentalResultCode::ErrorIdentityAlreadyRegistered:
            return "DIAMETER_ERROR_IDENTITY_ALREADY_REGISTERED";
        case ExperimentalResultCode::ErrorAuthSchemeNotSupported:
            return "DIAMETER_ERROR_AUTH_SCHEME_NOT_SUPPORTED";
        case ExperimentalResultCode::ErrorInAssignmentType: return "DIAMETER_ERROR_IN_ASSIGNMENT_TYPE";
        case ExperimentalResultCode::ErrorTooMuchData: return "DIAMETER_ERROR_TOO_MUCH_DATA";
        case ExperimentalResultCode::ErrorNotSupportedUserData:
            return "DIAMETER_ERROR_NOT_SUPPORTED_USER_DATA";
        case ExperimentalResultCode::ErrorFeatureUnsupported: return "DIAMETER_ERROR_FEATURE_UNSUPPORTED";
        case ExperimentalResultCode::ErrorServingNodeFeatureUnsupported:
            return "DIAMETER_ERROR_SERVING_NODE_FEATURE_UNSUPPORTED";
    }
    return {};
}

std::string text(const Result& result) {
    return std::visit(
        [](auto code) {
            const auto number = std::to_string(static_cast<std::uint32_t>(code));
            const auto word = name(code);
            return word.empty() ? number : std::string{word} + " (" + number + ")";
        },
        result);
}

}  // namespace ims::diameter
