#pragma once
#include "common/sip/message/headers.hpp"

// Calls `visit(h::X{})` for every typed header.
namespace ims::sip {

template <class... H, class Visit>
void visit_each(Visit&& visit) {
    (visit(H{}), ...);
}

template <class Visit>
void for_every_header(Visit&& visit) {
    using namespace h;
    visit_each<Via, From, To, CallId, CSeq, MaxForwards, Contact, Route, RecordRoute, Path, ServiceRoute,
               Expires, MinExpires, RetryAfter, ContentLength, ContentType, ContentDisposition, Accept, Allow,
               AllowEvents, Supported, Require, ProxyRequire, Unsupported, WwwAuthenticate, ProxyAuthenticate,
               Authorization, ProxyAuthorization, AuthenticationInfo, UserAgent, Server, Subject, Date,
               Timestamp, Warning, Priority, Event, SubscriptionState, RSeq, RAck, SessionExpires, MinSE,
               MaxBreadth, FlowTimer, PAssertedIdentity, PPreferredIdentity, PAssociatedUri, PCalledPartyId,
               PServedUser, PProfileKey, PUserDatabase, PPreferredService, PAssertedService,
               PVisitedNetworkId, PAccessNetworkInfo, PChargingVector, PChargingFunctionAddresses,
               PEarlyMedia, PPrivateNetworkIndication, FeatureCaps, SecurityClient, SecurityServer,
               SecurityVerify, AcceptContact, RejectContact, RequestDisposition, Geolocation,
               GeolocationRouting, GeolocationError, ResourcePriority, HistoryInfo, Privacy, TargetDialog,
               Replaces, ReferTo, ReferredBy, RestorationInfo, ResponseSource, RelayedCharge, Reason,
               SessionId, InReplyTo>(visit);
}

}  // namespace ims::sip
