#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace ims::sip {

// Every header the suite knows by name: X(enumerator, name on the wire, compact form or 0).
// clang-format off
#define IMS_SIP_HEADERS(X) \
    X(Accept, "Accept", 0) \
    X(AcceptContact, "Accept-Contact", 'a') \
    X(AcceptEncoding, "Accept-Encoding", 0) \
    X(AcceptLanguage, "Accept-Language", 0) \
    X(AlertInfo, "Alert-Info", 0) \
    X(Allow, "Allow", 0) \
    X(AllowEvents, "Allow-Events", 'u') \
    X(AuthenticationInfo, "Authentication-Info", 0) \
    X(Authorization, "Authorization", 0) \
    X(CallId, "Call-ID", 'i') \
    X(CallInfo, "Call-Info", 0) \
    X(Contact, "Contact", 'm') \
    X(ContentDisposition, "Content-Disposition", 0) \
    X(ContentEncoding, "Content-Encoding", 'e') \
    X(ContentLanguage, "Content-Language", 0) \
    X(ContentLength, "Content-Length", 'l') \
    X(ContentType, "Content-Type", 'c') \
    X(CSeq, "CSeq", 0) \
    X(Date, "Date", 0) \
    X(ErrorInfo, "Error-Info", 0) \
    X(Event, "Event", 'o') \
    X(Expires, "Expires", 0) \
    X(FeatureCaps, "Feature-Caps", 0) \
    X(FlowTimer, "Flow-Timer", 0) \
    X(From, "From", 'f') \
    X(Geolocation, "Geolocation", 0) \
    X(GeolocationError, "Geolocation-Error", 0) \
    X(GeolocationRouting, "Geolocation-Routing", 0) \
    X(HistoryInfo, "History-Info", 0) \
    X(InReplyTo, "In-Reply-To", 0) \
    X(MaxBreadth, "Max-Breadth", 0) \
    X(MaxForwards, "Max-Forwards", 0) \
    X(MimeVersion, "MIME-Version", 0) \
    X(MinExpires, "Min-Expires", 0) \
    X(MinSE, "Min-SE", 0) \
    X(Organization, "Organization", 0) \
    X(PAccessNetworkInfo, "P-Access-Network-Info", 0) \
    X(PAssertedIdentity, "P-Asserted-Identity", 0) \
    X(PAssertedService, "P-Asserted-Service", 0) \
    X(PAssociatedUri, "P-Associated-URI", 0) \
    X(PCalledPartyId, "P-Called-Party-ID", 0) \
    X(PChargingFunctionAddresses, "P-Charging-Function-Addresses", 0) \
    X(PChargingVector, "P-Charging-Vector", 0) \
    X(PEarlyMedia, "P-Early-Media", 0) \
    X(PMediaAuthorization, "P-Media-Authorization", 0) \
    X(PPreferredIdentity, "P-Preferred-Identity", 0) \
    X(PPreferredService, "P-Preferred-Service", 0) \
    X(PPrivateNetworkIndication, "P-Private-Network-Indication", 0) \
    X(PProfileKey, "P-Profile-Key", 0) \
    X(PServedUser, "P-Served-User", 0) \
    X(PUserDatabase, "P-User-Database", 0) \
    X(PVisitedNetworkId, "P-Visited-Network-ID", 0) \
    X(Path, "Path", 0) \
    X(Priority, "Priority", 0) \
    X(Privacy, "Privacy", 0) \
    X(ProxyAuthenticate, "Proxy-Authenticate", 0) \
    X(ProxyAuthorization, "Proxy-Authorization", 0) \
    X(ProxyRequire, "Proxy-Require", 0) \
    X(RAck, "RAck", 0) \
    X(RSeq, "RSeq", 0) \
    X(Reason, "Reason", 0) \
    X(RecordRoute, "Record-Route", 0) \
    X(ReferTo, "Refer-To", 'r') \
    X(ReferredBy, "Referred-By", 'b') \
    X(RejectContact, "Reject-Contact", 'j') \
    X(RelayedCharge, "Relayed-Charge", 0) \
    X(Replaces, "Replaces", 0) \
    X(ReplyTo, "Reply-To", 0) \
    X(RequestDisposition, "Request-Disposition", 'd') \
    X(Require, "Require", 0) \
    X(ResourcePriority, "Resource-Priority", 0) \
    X(ResponseSource, "Response-Source", 0) \
    X(RestorationInfo, "Restoration-Info", 0) \
    X(RetryAfter, "Retry-After", 0) \
    X(Route, "Route", 0) \
    X(SecurityClient, "Security-Client", 0) \
    X(SecurityServer, "Security-Server", 0) \
    X(SecurityVerify, "Security-Verify", 0) \
    X(Server, "Server", 0) \
    X(ServiceRoute, "Service-Route", 0) \
    X(SessionExpires, "Session-Expires", 'x') \
    X(SessionId, "Session-ID", 0) \
    X(Subject, "Subject", 's') \
    X(SubscriptionState, "Subscription-State", 0) \
    X(Supported, "Supported", 'k') \
    X(TargetDialog, "Target-Dialog", 0) \
    X(Timestamp, "Timestamp", 0) \
    X(To, "To", 't') \
    X(Unsupported, "Unsupported", 0) \
    X(UserAgent, "User-Agent", 0) \
    X(Via, "Via", 'v') \
    X(Warning, "Warning", 0) \
    X(WwwAuthenticate, "WWW-Authenticate", 0)
// clang-format on

enum class HeaderId : std::uint8_t {
#define X(id, name, compact) id,
    IMS_SIP_HEADERS(X)
#undef X
        Unknown
};

std::string_view header_name(HeaderId id);  // the full name; empty for Unknown
HeaderId header_id(std::string_view name);  // full or compact name, any case

}  // namespace ims::sip
