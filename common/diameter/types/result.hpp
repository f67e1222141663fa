#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace ims::diameter {

// RFC 6733 7.1. Open: any other value a peer sends is kept.
enum class ResultCode : std::uint32_t {
    MultiRoundAuth = 1001,
    Success = 2001,
    LimitedSuccess = 2002,
    CommandUnsupported = 3001,
    UnableToDeliver = 3002,
    RealmNotServed = 3003,
    TooBusy = 3004,
    LoopDetected = 3005,
    RedirectIndication = 3006,
    ApplicationUnsupported = 3007,
    InvalidHdrBits = 3008,
    InvalidAvpBits = 3009,
    UnknownPeer = 3010,
    AuthenticationRejected = 4001,
    OutOfSpace = 4002,
    ElectionLost = 4003,
    AvpUnsupported = 5001,
    UnknownSessionId = 5002,
    AuthorizationRejected = 5003,
    InvalidAvpValue = 5004,
    MissingAvp = 5005,
    ResourcesExceeded = 5006,
    ContradictingAvps = 5007,
    AvpNotAllowed = 5008,
    AvpOccursTooManyTimes = 5009,
    NoCommonApplication = 5010,
    UnsupportedVersion = 5011,
    UnableToComply = 5012,
    InvalidBitInHeader = 5013,
    InvalidAvpLength = 5014,
    InvalidMessageLength = 5015,
    InvalidAvpBitCombo = 5016,
    NoCommonSecurity = 5017,
};
std::string_view name(ResultCode code);  // "DIAMETER_SUCCESS"; "" if unknown

// TS 29.229 6.2, inside Experimental-Result with Vendor-Id 10415. Never to be mixed up with the above: 2001,
// 5003 and 5012 mean other things there.
enum class ExperimentalResultCode : std::uint32_t {
    FirstRegistration = 2001,
    SubsequentRegistration = 2002,
    UnregisteredService = 2003,
    SuccessServerNameNotStored = 2004,
    ErrorUserUnknown = 5001,
    ErrorIdentitiesDontMatch = 5002,
    ErrorIdentityNotRegistered = 5003,
    ErrorRoamingNotAllowed = 5004,
    ErrorIdentityAlreadyRegistered = 5005,
    ErrorAuthSchemeNotSupported = 5006,
    ErrorInAssignmentType = 5007,
    ErrorTooMuchData = 5008,
    ErrorNotSupportedUserData = 5009,
    ErrorFeatureUnsupported = 5011,
    ErrorServingNodeFeatureUnsupported = 5012,
};
std::string_view name(ExperimentalResultCode code);

using Result = std::variant<ResultCode, ExperimentalResultCode>;
std::string text(const Result& result);  // "DIAMETER_SUCCESS (2001)"
inline bool is(const Result& r, ResultCode c) {
    return std::holds_alternative<ResultCode>(r) && std::get<ResultCode>(r) == c;
}
inline bool is(const Result& r, ExperimentalResultCode c) {
    return std::holds_alternative<ExperimentalResultCode>(r) && std::get<ExperimentalResultCode>(r) == c;
}
// A 2xxx of either kind.
inline bool is_success(const Result& r) {
    return std::visit([](auto c) { return static_cast<std::uint32_t>(c) / 1000 == 2; }, r);
}

}  // namespace ims::diameter
