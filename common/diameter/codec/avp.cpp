#include "common/diameter/codec/avp.hpp"

namespace ims::diameter::codec {

namespace {

constexpr std::uint32_t ietf = 0, tgpp = 10415, etsi = 13019;  // Vendor-Ids
constexpr bool M = true, no_M = false;

constexpr std::array<AvpDefinition, avp_count> table{{
    {Avp::UserName, 1, ietf, "User-Name", Type::Utf8String, M},
    {Avp::Class, 25, ietf, "Class", Type::OctetString, M},
    {Avp::SessionTimeout, 27, ietf, "Session-Timeout", Type::Unsigned32, M},
    {Avp::ProxyState, 33, ietf, "Proxy-State", Type::OctetString, M},
    {Avp::AcctSessionId, 44, ietf, "Acct-Session-Id", Type::OctetString, M},
    {Avp::AcctMultiSessionId, 50, ietf, "Acct-Multi-Session-Id", Type::Utf8String, M},
    {Avp::EventTimestamp, 55, ietf, "Event-Timestamp", Type::Time, M},
    {Avp::AcctInterimInterval, 85, ietf, "Acct-Interim-Interval", Type::Unsigned32, M},
    {Avp::HostIpAddress, 257, ietf, "Host-IP-Address", Type::Address, M},
    {Avp::AuthApplicationId, 258, ietf, "Auth-Application-Id", Type::Unsigned32, M},
    {Avp::AcctApplicationId, 259, ietf, "Acct-Application-Id", Type::Unsigned32, M},
    {Avp::VendorSpecificApplicationId, 260, ietf, "Vendor-Specific-Application-Id", Type::Grouped, M},
    {Avp::RedirectHostUsage, 261, ietf, "Redirect-Host-Usage", Type::Enumerated, M, 6},
    {Avp::RedirectMaxCacheTime, 262, ietf, "Redirect-Max-Cache-Time", Type::Unsigned32, M},
    {Avp::SessionId, 263, ietf, "Session-Id", Type::Utf8String, M},
    {Avp::OriginHost, 264, ietf, "Origin-Host", Type::DiameterIdentity, M},
    {Avp::SupportedVendorId, 265, ietf, "Supported-Vendor-Id", Type::Unsigned32, M},
    {Avp::VendorId, 266, ietf, "Vendor-Id", Type::Unsigned32, M},
    {Avp::FirmwareRevision, 267, ietf, "Firmware-Revision", Type::Unsigned32, no_M},
    {Avp::ResultCode, 268, ietf, "Result-Code", Type::Unsigned32, M},
    {Avp::ProductName, 269, ietf, "Product-Name", Type::Utf8String, no_M},
    {Avp::SessionBinding, 270, ietf, "Session-Binding", Type::Unsigned32, M},
    {Avp::SessionServerFailover, 271, ietf, "Session-Server-Failover", Type::Enumerated, M, 3},
    {Avp::MultiRoundTimeOut, 272, ietf, "Multi-Round-Time-Out", Type::Unsigned32, M},
    {Avp::DisconnectCause, 273, ietf, "Disconnect-Cause", Type::Enumerated, M, 2},
    {Avp::AuthRequestType, 274, ietf, "Auth-Request-Type", Type::Enumerated, M},
    {Avp::AuthGracePeriod, 276, ietf, "Auth-Grace-Period", Type::Unsigned32, M},
    {Avp::AuthSessionState, 277, ietf, "Auth-Session-State", Type::Enumerated, M, 1},
    {Avp::OriginStateId, 278, ietf, "Origin-State-Id", Type::Unsigned32, M},
    // Groups in RFC 6733, octets here: what is in a Failed-AVP is wrong by definition, and what is in a
    // Proxy-Info is nobody's business but its proxy's.
    {Avp::FailedAvp, 279, ietf, "Failed-AVP", Type::OctetString, M},
    {Avp::ProxyHost, 280, ietf, "Proxy-Host", Type::DiameterIdentity, M},
    {Avp::ErrorMessage, 281, ietf, "Error-Message", Type::Utf8String, no_M},
    {Avp::RouteRecord, 282, ietf, "Route-Record", Type::DiameterIdentity, M},
    {Avp::DestinationRealm, 283, ietf, "Destination-Realm", Type::DiameterIdentity, M},
    {Avp::ProxyInfo, 284, ietf, "Proxy-Info", Type::OctetString, M},
    {Avp::ReAuthRequestType, 285, ietf, "Re-Auth-Request-Type", Type::Enumerated, M},
    {Avp::AccountingSubSessionId, 287, ietf, "Accounting-Sub-Session-Id", Type::Unsigned64, M},
    {Avp::AuthorizationLifetime, 291, ietf, "Authorization-Lifetime", Type::Unsigned32, M},
    {Avp::RedirectHost, 292, ietf, "Redirect-Host", Type::DiameterUri, M},
    {Avp::DestinationHost, 293, ietf, "Destination-Host", Type::DiameterIdentity, M},
    {Avp::ErrorReportingHost, 294, ietf, "Error-Reporting-Host", Type::DiameterIdentity, no_M},
    {Avp::TerminationCause, 295, ietf, "Termination-Cause", Type::Enumerated, M},
    {Avp::OriginRealm, 296, ietf, "Origin-Realm", Type::DiameterIdentity, M},
    {Avp::ExperimentalResult, 297, ietf, "Experimental-Result", Type::Grouped, M},
    {Avp::ExperimentalResultCode, 298, ietf, "Experimental-Result-Code", Type::Unsigned32, M},
    {Avp::InbandSecurityId, 299, ietf, "Inband-Security-Id", Type::Unsigned32, M},
    {Avp::AccountingRecordType, 480, ietf, "Accounting-Record-Type", Type::Enumerated, M},
    {Avp::AccountingRealtimeRequired, 483, ietf, "Accounting-Realtime-Required", Type::Enumerated, M},
    {Avp::AccountingRecordNumber, 485, ietf, "Accounting-Record-Number", Type::Unsigned32, M},
    {Avp::FramedIpAddress, 8, ietf, "Framed-IP-Address", Type::OctetString, M},
    {Avp::FramedInterfaceId, 96, ietf, "Framed-Interface-Id", Type::Unsigned64, M},
    {Avp::FramedIpv6Prefix, 97, ietf, "Framed-IPv6-Prefix", Type::OctetString, M},
    {Avp::DigestRealm, 104, ietf, "Digest-Realm", Type::Utf8String, M},
    {Avp::DigestQop, 110, ietf, "Digest-QoP", Type::Utf8String, M},
    {Avp::DigestAlgorithm, 111, ietf, "Digest-Algorithm", Type::Utf8String, M},
    {Avp::DigestHa1, 121, ietf, "Digest-HA1", Type::Utf8String, M},
    {Avp::Drmp, 301, ietf, "DRMP", Type::Enumerated, no_M},
    {Avp::OcSupportedFeatures, 621, ietf, "OC-Supported-Features", Type::Grouped, no_M},
    {Avp::OcFeatureVector, 622, ietf, "OC-Feature-Vector", Type::Unsigned64, no_M},
    {Avp::OcOlr, 623, ietf, "OC-OLR", Type::Grouped, no_M},
    {Avp::OcSequenceNumber, 624, ietf, "OC-Sequence-Number", Type::Unsigned64, no_M},
    {Avp::OcValidityDuration, 625, ietf, "OC-Validity-Duration", Type::Unsigned32, no_M},
    {Avp::OcReportType, 626, ietf, "OC-Report-Type", Type::Enumerated, no_M},
    {Avp::OcReductionPercentage, 627, ietf, "OC-Reduction-Percentage", Type::Unsigned32, no_M},
    {Avp::SourceId, 649, ietf, "SourceID", Type::DiameterIdentity, no_M},
    {Avp::Load, 650, ietf, "Load", Type::Grouped, no_M},
    {Avp::LoadType, 651, ietf, "Load-Type", Type::Enumerated, no_M},
    {Avp::LoadValue, 652, ietf, "Load-Value", Type::Unsigned64, no_M},
    {Avp::LineIdentifier, 500, etsi, "Line-Identifier", Type::OctetString, M},
    {Avp::VisitedNetworkIdentifier, 600, tgpp, "Visited-Network-Identifier", Type::OctetString, M},
    {Avp::PublicIdentity, 601, tgpp, "Public-Identity", Type::Utf8String, M},
    {Avp::ServerName, 602, tgpp, "Server-Name", Type::Utf8String, M},
    {Avp::ServerCapabilities, 603, tgpp, "Server-Capabilities", Type::Grouped, M},
    {Avp::MandatoryCapability, 604, tgpp, "Mandatory-Capability", Type::Unsigned32, M},
    {Avp::OptionalCapability, 605, tgpp, "Optional-Capability", Type::Unsigned32, M},
    {Avp::UserData, 606, tgpp, "User-Data", Type::OctetString, M},
    {Avp::SipNumberAuthItems, 607, tgpp, "SIP-Number-Auth-Items", Type::Unsigned32, M},
    {Avp::SipAuthenticationScheme, 608, tgpp, "SIP-Authentication-Scheme", Type::Utf8String, M},
    {Avp::SipAuthenticate, 609, tgpp, "SIP-Authenticate", Type::OctetString, M},
    {Avp::SipAuthorization, 610, tgpp, "SIP-Authorization", Type::OctetString, M},
    {Avp::SipAuthenticationContext, 611, tgpp, "SIP-Authentication-Context", Type::OctetString, M},
    {Avp::SipAuthDataItem, 612, tgpp, "SIP-Auth-Data-Item", Type::Grouped, M},
    {Avp::SipItemNumber, 613, tgpp, "SIP-Item-Number", Type::Unsigned32, M},
    {Avp::ServerAssignmentType, 614, tgpp, "Server-Assignment-Type", Type::Enumerated, M, 11},
    {Avp::DeregistrationReason, 615, tgpp, "Deregistration-Reason", Type::Grouped, M},
    {Avp::ReasonCode, 616, tgpp, "Reason-Code", Type::Enumerated, M, 3},
    {Avp::ReasonInfo, 617, tgpp, "Reason-Info", Type::Utf8String, M},
    {Avp::ChargingInformation, 618, tgpp, "Charging-Information", Type::Grouped, M},
    {Avp::PrimaryEventChargingFunctionName, 619, tgpp, "Primary-Event-Charging-Function-Name",
     Type::DiameterUri, M},
    {Avp::SecondaryEventChargingFunctionName, 620, tgpp, "Secondary-Event-Charging-Function-Name",
     Type::DiameterUri, M},
    {Avp::PrimaryChargingCollectionFunctionName, 621, tgpp, "Primary-Charging-Collection-Function-Name",
     Type::DiameterUri, M},
    {Avp::SecondaryChargingCollectionFunctionName, 622, tgpp, "Secondary-Charging-Collection-Function-Name",
     Type::DiameterUri, M},
    {Avp::UserAuthorizationType, 623, tgpp, "User-Authorization-Type", Type::Enumerated, M, 2},
    {Avp::UserDataAlreadyAvailable, 624, tgpp, "User-Data-Already-Available", Type::Enumerated, M, 1},
    {Avp::ConfidentialityKey, 625, tgpp, "Confidentiality-Key", Type::OctetString, M},
    {Avp::IntegrityKey, 626, tgpp, "Integrity-Key", Type::OctetString, M},
    {Avp::SupportedFeatures, 628, tgpp, "Supported-Features", Type::Grouped, no_M},
    {Avp::FeatureListId, 629, tgpp, "Feature-List-ID", Type::Unsigned32, no_M},
    {Avp::FeatureList, 630, tgpp, "Feature-List", Type::Unsigned32, no_M},
    {Avp::SupportedApplications, 631, tgpp, "Supported-Applications", Type::Grouped, no_M},
    {Avp::AssociatedIdentities, 632, tgpp, "Associated-Identities", Type::Grouped, no_M},
    {Avp::OriginatingRequest, 633, tgpp, "Originating-Request", Type::Enumerated, M, 0},
    {Avp::WildcardedPublicIdentity, 634, tgpp, "Wildcarded-Public-Identity", Type::Utf8String, no_M},
    {Avp::SipDigestAuthenticate, 635, tgpp, "SIP-Digest-Authenticate", Type::Grouped, no_M},
    {Avp::WildcardedImpu, 636, tgpp, "Wildcarded-IMPU", Type::Utf8String, no_M},
    {Avp::UarFlags, 637, tgpp, "UAR-Flags", Type::Unsigned32, no_M},
    {Avp::LooseRouteIndication, 638, tgpp, "Loose-Route-Indication", Type::Enumerated, no_M, 1},
    {Avp::ScscfRestorationInfo, 639, tgpp, "SCSCF-Restoration-Info", Type::Grouped, no_M},
    {Avp::Path, 640, tgpp, "Path", Type::OctetString, no_M},
    {Avp::Contact, 641, tgpp, "Contact", Type::OctetString, no_M},
    {Avp::SubscriptionInfo, 642, tgpp, "Subscription-Info", Type::Grouped, no_M},
    {Avp::CallIdSipHeader, 643, tgpp, "Call-ID-SIP-Header", Type::OctetString, no_M},
    {Avp::FromSipHeader, 644, tgpp, "From-SIP-Header", Type::OctetString, no_M},
    {Avp::ToSipHeader, 645, tgpp, "To-SIP-Header", Type::OctetString, no_M},
    {Avp::RecordRoute, 646, tgpp, "Record-Route", Type::OctetString, no_M},
    {Avp::AssociatedRegisteredIdentities, 647, tgpp, "Associated-Registered-Identities", Type::Grouped, no_M},
    {Avp::MultipleRegistrationIndication, 648, tgpp, "Multiple-Registration-Indication", Type::Enumerated,
     no_M, 1},
    {Avp::RestorationInfo, 649, tgpp, "Restoration-Info", Type::Grouped, no_M},
    {Avp::SessionPriority, 650, tgpp, "Session-Priority", Type::Enumerated, no_M, 4},
    {Avp::IdentityWithEmergencyRegistration, 651, tgpp, "Identity-with-Emergency-Registration", Type::Grouped,
     no_M},
    {Avp::PriviledgedSenderIndication, 652, tgpp, "Priviledged-Sender-Indication", Type::Enumerated, no_M, 1},
    {Avp::LiaFlags, 653, tgpp, "LIA-Flags", Type::Unsigned32, no_M},
    {Avp::InitialCseqSequenceNumber, 654, tgpp, "Initial-CSeq-Sequence-Number", Type::Unsigned32, no_M},
    {Avp::SarFlags, 655, tgpp, "SAR-Flags", Type::Unsigned32, no_M},
    {Avp::AllowedWafWwsfIdentities, 656, tgpp, "Allowed-WAF-WWSF-Identities", Type::Grouped, no_M},
    {Avp::WebrtcAuthenticationFunctionName, 657, tgpp, "WebRTC-Authentication-Function-Name",
     Type::Utf8String, no_M},
    {Avp::WebrtcWebServerFunctionName, 658, tgpp, "WebRTC-Web-Server-Function-Name", Type::Utf8String, no_M},
    {Avp::RtrFlags, 659, tgpp, "RTR-Flags", Type::Unsigned32, no_M},
    {Avp::PcscfSubscriptionInfo, 660, tgpp, "P-CSCF-Subscription-Info", Type::Grouped, no_M},
    {Avp::RegistrationTimeOut, 661, tgpp, "Registration-Time-Out", Type::Time, no_M},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (table[i].avp != static_cast<Avp>(i)) return false;
    return true;
}
static_assert(in_order(), "definition() indexes the table by Avp");

// Codes by vendor as direct tables: every AVP of every message is looked up, often more than once.
constexpr std::uint32_t highest_code = 661;
using ByCode = std::array<std::uint8_t, highest_code + 1>;
constexpr std::uint8_t none = 0xff;
static_assert(avp_count < none);

constexpr ByCode by_code(std::uint32_t vendor) {
    ByCode codes{};
    for (auto& c : codes) c = none;
    for (const auto& d : table)
        if (d.vendor == vendor) codes[d.code] = static_cast<std::uint8_t>(d.avp);
    return codes;
}
constexpr ByCode ietf_codes = by_code(ietf), tgpp_codes = by_code(tgpp);

}  // namespace

const AvpDefinition& definition(Avp avp) {
    return table[static_cast<std::size_t>(avp)];
}
const std::array<AvpDefinition, avp_count>& definitions() {
    return table;
}

const AvpDefinition* find(std::uint32_t code, std::uint32_t vendor) {
    if (code > highest_code) return nullptr;
    const auto& line_identifier = definition(Avp::LineIdentifier);
    if (vendor == etsi) return code == line_identifier.code ? &line_identifier : nullptr;
    if (vendor != ietf && vendor != tgpp) return nullptr;
    const auto index = vendor == ietf ? ietf_codes[code] : tgpp_codes[code];
    return index == none ? nullptr : &table[index];
}

std::size_t shortest(Type type) {
    switch (type) {
        case Type::OctetString:
        case Type::Utf8String:
        case Type::DiameterIdentity:
        case Type::DiameterUri:
        case Type::Grouped: return 0;
        case Type::Address: return 6;
        case Type::Time:
        case Type::Unsigned32:
        case Type::Integer32:
        case Type::Enumerated: return 4;
        case Type::Unsigned64: return 8;
    }
    return 0;
}

}  // namespace ims::diameter::codec
