#pragma once
#include "common/sip/message/header_id.hpp"
#include "common/sip/message/values.hpp"

// The typed headers: message.get<h::Contact>(). Each tag says its id, its value and whether one line may hold
// a comma separated list of values. Source clause beside each; RFC 3261 section 20 where none is named.
namespace ims::sip::h {

template <HeaderId Id, class V, bool List>
struct Tag {
    using Value = V;
    static constexpr HeaderId id = Id;
    static constexpr bool list = List;
};

using Word = std::string;  // the trimmed value as it stands
using Number = std::uint32_t;

struct Via : Tag<HeaderId::Via, ViaValue, true> {};
struct From : Tag<HeaderId::From, NameAddr, false> {};
struct To : Tag<HeaderId::To, NameAddr, false> {};
struct CallId : Tag<HeaderId::CallId, Word, false> {};
struct CSeq : Tag<HeaderId::CSeq, CSeqValue, false> {};
struct MaxForwards : Tag<HeaderId::MaxForwards, Number, false> {};
struct Contact : Tag<HeaderId::Contact, ContactValue, true> {};
struct Route : Tag<HeaderId::Route, NameAddr, true> {};
struct RecordRoute : Tag<HeaderId::RecordRoute, NameAddr, true> {};
struct Path : Tag<HeaderId::Path, NameAddr, true> {};                  // RFC 3327
struct ServiceRoute : Tag<HeaderId::ServiceRoute, NameAddr, true> {};  // RFC 3608
struct Expires : Tag<HeaderId::Expires, Number, false> {};
struct MinExpires : Tag<HeaderId::MinExpires, Number, false> {};
struct RetryAfter : Tag<HeaderId::RetryAfter, TokenParams, false> {};
struct ContentLength : Tag<HeaderId::ContentLength, Number, false> {};
struct ContentType : Tag<HeaderId::ContentType, TokenParams, false> {};
struct ContentDisposition : Tag<HeaderId::ContentDisposition, TokenParams, false> {};
struct Accept : Tag<HeaderId::Accept, TokenParams, true> {};
struct Allow : Tag<HeaderId::Allow, Word, true> {};
struct AllowEvents : Tag<HeaderId::AllowEvents, Word, true> {};  // RFC 6665
struct Supported : Tag<HeaderId::Supported, Word, true> {};
struct Require : Tag<HeaderId::Require, Word, true> {};
struct ProxyRequire : Tag<HeaderId::ProxyRequire, Word, true> {};
struct Unsupported : Tag<HeaderId::Unsupported, Word, true> {};
struct WwwAuthenticate : Tag<HeaderId::WwwAuthenticate, AuthValue, false> {};
struct ProxyAuthenticate : Tag<HeaderId::ProxyAuthenticate, AuthValue, false> {};
struct Authorization : Tag<HeaderId::Authorization, AuthValue, false> {};
struct ProxyAuthorization : Tag<HeaderId::ProxyAuthorization, AuthValue, false> {};
struct AuthenticationInfo : Tag<HeaderId::AuthenticationInfo, AuthValue, false> {};
struct UserAgent : Tag<HeaderId::UserAgent, Word, false> {};
struct Server : Tag<HeaderId::Server, Word, false> {};
struct Subject : Tag<HeaderId::Subject, Word, false> {};
struct Date : Tag<HeaderId::Date, Word, false> {};
struct Timestamp : Tag<HeaderId::Timestamp, Word, false> {};
struct Warning : Tag<HeaderId::Warning, Word, true> {};
struct Priority : Tag<HeaderId::Priority, Word, false> {};
struct Event : Tag<HeaderId::Event, TokenParams, false> {};                          // RFC 6665
struct SubscriptionState : Tag<HeaderId::SubscriptionState, TokenParams, false> {};  // RFC 6665
struct RSeq : Tag<HeaderId::RSeq, Number, false> {};                                 // RFC 3262
struct RAck : Tag<HeaderId::RAck, RAckValue, false> {};                              // RFC 3262
struct SessionExpires : Tag<HeaderId::SessionExpires, TokenParams, false> {};    // RFC 4028, token = seconds
struct MinSE : Tag<HeaderId::MinSE, TokenParams, false> {};                      // RFC 4028, token = seconds
struct MaxBreadth : Tag<HeaderId::MaxBreadth, Number, false> {};                 // RFC 5393
struct FlowTimer : Tag<HeaderId::FlowTimer, Number, false> {};                   // RFC 5626
struct PAssertedIdentity : Tag<HeaderId::PAssertedIdentity, NameAddr, true> {};  // RFC 3325
struct PPreferredIdentity : Tag<HeaderId::PPreferredIdentity, NameAddr, true> {};   // RFC 3325
struct PAssociatedUri : Tag<HeaderId::PAssociatedUri, NameAddr, true> {};           // RFC 7315; may be empty
struct PCalledPartyId : Tag<HeaderId::PCalledPartyId, NameAddr, false> {};          // RFC 7315
struct PServedUser : Tag<HeaderId::PServedUser, NameAddr, false> {};                // RFC 5502
struct PProfileKey : Tag<HeaderId::PProfileKey, NameAddr, false> {};                // RFC 5002
struct PUserDatabase : Tag<HeaderId::PUserDatabase, NameAddr, false> {};            // RFC 4457
struct PPreferredService : Tag<HeaderId::PPreferredService, Word, true> {};         // RFC 6050
struct PAssertedService : Tag<HeaderId::PAssertedService, Word, true> {};           // RFC 6050
struct PVisitedNetworkId : Tag<HeaderId::PVisitedNetworkId, TokenParams, true> {};  // RFC 7315
struct PAccessNetworkInfo : Tag<HeaderId::PAccessNetworkInfo, TokenParams, true> {
};  // RFC 7315, 24.229 7.2A.4
struct PChargingVector : Tag<HeaderId::PChargingVector, TokenParams, false> {
};  // 24.229 7.2A.5; all in params
struct PChargingFunctionAddresses : Tag<HeaderId::PChargingFunctionAddresses, TokenParams, false> {
};                                                                      // all in params
struct PEarlyMedia : Tag<HeaderId::PEarlyMedia, TokenParams, true> {};  // RFC 5009
struct PPrivateNetworkIndication : Tag<HeaderId::PPrivateNetworkIndication, TokenParams, false> {
};                                                                                 // RFC 7316
struct FeatureCaps : Tag<HeaderId::FeatureCaps, TokenParams, true> {};             // RFC 6809, token "*"
struct SecurityClient : Tag<HeaderId::SecurityClient, TokenParams, true> {};       // RFC 3329
struct SecurityServer : Tag<HeaderId::SecurityServer, TokenParams, true> {};       // RFC 3329
struct SecurityVerify : Tag<HeaderId::SecurityVerify, TokenParams, true> {};       // RFC 3329
struct AcceptContact : Tag<HeaderId::AcceptContact, TokenParams, true> {};         // RFC 3841, token "*"
struct RejectContact : Tag<HeaderId::RejectContact, TokenParams, true> {};         // RFC 3841
struct RequestDisposition : Tag<HeaderId::RequestDisposition, Word, true> {};      // RFC 3841
struct Geolocation : Tag<HeaderId::Geolocation, NameAddr, true> {};                // RFC 6442
struct GeolocationRouting : Tag<HeaderId::GeolocationRouting, Word, false> {};     // RFC 6442
struct GeolocationError : Tag<HeaderId::GeolocationError, TokenParams, false> {};  // RFC 6442
struct ResourcePriority : Tag<HeaderId::ResourcePriority, Word, true> {};          // RFC 4412
struct HistoryInfo : Tag<HeaderId::HistoryInfo, NameAddr, true> {};                // RFC 7044
struct Privacy : Tag<HeaderId::Privacy, std::vector<std::string>, false> {};       // RFC 3323, ';' separated
struct TargetDialog : Tag<HeaderId::TargetDialog, TokenParams, false> {};          // RFC 4538
struct Replaces : Tag<HeaderId::Replaces, TokenParams, false> {};                  // RFC 3891
struct ReferTo : Tag<HeaderId::ReferTo, NameAddr, false> {};                       // RFC 3515
struct ReferredBy : Tag<HeaderId::ReferredBy, NameAddr, false> {};                 // RFC 3892
struct RestorationInfo : Tag<HeaderId::RestorationInfo, TokenParams, false> {};    // 24.229 7.2.11
struct ResponseSource : Tag<HeaderId::ResponseSource, TokenParams, false> {};  // 24.229 7.2.17, all in params
struct RelayedCharge : Tag<HeaderId::RelayedCharge, Word, false> {};           // 24.229 7.2.12
struct Reason : Tag<HeaderId::Reason, TokenParams, true> {};                   // RFC 3326
struct SessionId : Tag<HeaderId::SessionId, TokenParams, false> {};            // RFC 7989
struct InReplyTo : Tag<HeaderId::InReplyTo, Word, true> {};

}  // namespace ims::sip::h
