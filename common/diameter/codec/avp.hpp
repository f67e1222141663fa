#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

// Every AVP we know: RFC 6733 4.5, TS 29.229 table 6.3.1, and what that table borrows (RFC 4740, RFC 4005,
// RFC 7683, RFC 7944, RFC 8583, ETSI TS 183 017). Private to common/diameter/codec.
namespace ims::diameter::codec {

enum class Type : std::uint8_t {
    OctetString,
    Utf8String,
    DiameterIdentity,
    DiameterUri,
    Address,
    Time,
    Unsigned32,
    Unsigned64,
    Integer32,
    Enumerated,
    Grouped,
};

enum class Avp : std::uint8_t {
    // RFC 6733
    UserName,
    Class,
    SessionTimeout,
    ProxyState,
    AcctSessionId,
    AcctMultiSessionId,
    EventTimestamp,
    AcctInterimInterval,
    HostIpAddress,
    AuthApplicationId,
    AcctApplicationId,
    VendorSpecificApplicationId,
    RedirectHostUsage,
    RedirectMaxCacheTime,
    SessionId,
    OriginHost,
    SupportedVendorId,
    VendorId,
    FirmwareRevision,
    ResultCode,
    ProductName,
    SessionBinding,
    SessionServerFailover,
    MultiRoundTimeOut,
    DisconnectCause,
    AuthRequestType,
    AuthGracePeriod,
    AuthSessionState,
    OriginStateId,
    FailedAvp,
    ProxyHost,
    ErrorMessage,
    RouteRecord,
    DestinationRealm,
    ProxyInfo,
    ReAuthRequestType,
    AccountingSubSessionId,
    AuthorizationLifetime,
    RedirectHost,
    DestinationHost,
    ErrorReportingHost,
    TerminationCause,
    OriginRealm,
    ExperimentalResult,
    ExperimentalResultCode,
    InbandSecurityId,
    AccountingRecordType,
    AccountingRealtimeRequired,
    AccountingRecordNumber,
    // borrowed
    FramedIpAddress,
    FramedInterfaceId,
    FramedIpv6Prefix,
    DigestRealm,
    DigestQop,
    DigestAlgorithm,
    DigestHa1,
    Drmp,
    OcSupportedFeatures,
    OcFeatureVector,
    OcOlr,
    OcSequenceNumber,
    OcValidityDuration,
    OcReportType,
    OcReductionPercentage,
    SourceId,
    Load,
    LoadType,
    LoadValue,
    LineIdentifier,
    // TS 29.229
    VisitedNetworkIdentifier,
    PublicIdentity,
    ServerName,
    ServerCapabilities,
    MandatoryCapability,
    OptionalCapability,
    UserData,
    SipNumberAuthItems,
    SipAuthenticationScheme,
    SipAuthenticate,
    SipAuthorization,
    SipAuthenticationContext,
    SipAuthDataItem,
    SipItemNumber,
    ServerAssignmentType,
    DeregistrationReason,
    ReasonCode,
    ReasonInfo,
    ChargingInformation,
    PrimaryEventChargingFunctionName,
    SecondaryEventChargingFunctionName,
    PrimaryChargingCollectionFunctionName,
    SecondaryChargingCollectionFunctionName,
    UserAuthorizationType,
    UserDataAlreadyAvailable,
    ConfidentialityKey,
    IntegrityKey,
    SupportedFeatures,
    FeatureListId,
    FeatureList,
    SupportedApplications,
    AssociatedIdentities,
    OriginatingRequest,
    WildcardedPublicIdentity,
    SipDigestAuthenticate,
    WildcardedImpu,
    UarFlags,
    LooseRouteIndication,
    ScscfRestorationInfo,
    Path,
    Contact,
    SubscriptionInfo,
    CallIdSipHeader,
    FromSipHeader,
    ToSipHeader,
    RecordRoute,
    AssociatedRegisteredIdentities,
    MultipleRegistrationIndication,
    RestorationInfo,
    SessionPriority,
    IdentityWithEmergencyRegistration,
    PriviledgedSenderIndication,
    LiaFlags,
    InitialCseqSequenceNumber,
    SarFlags,
    AllowedWafWwsfIdentities,
    WebrtcAuthenticationFunctionName,
    WebrtcWebServerFunctionName,
    RtrFlags,
    PcscfSubscriptionInfo,
    RegistrationTimeOut,
    Count,
};

constexpr std::size_t avp_count = static_cast<std::size_t>(Avp::Count);
constexpr std::uint32_t any_value = 0xffffffff;

struct AvpDefinition {
    Avp avp;
    std::uint32_t code;
    std::uint32_t vendor;
    const char* name;
    Type type;
    bool mandatory;  // how we send it; what a peer chose does not matter (29.229 6.3 note 1a)
    std::uint32_t highest = any_value;  // Enumerated: 0..highest are defined
};

const AvpDefinition& definition(Avp avp);
const AvpDefinition* find(std::uint32_t code, std::uint32_t vendor);  // nullptr: unknown to us
const std::array<AvpDefinition, avp_count>& definitions();

// Octets of the shortest value of that type, for the example in a Failed-AVP.
std::size_t shortest(Type type);

}  // namespace ims::diameter::codec
