#pragma once
#include "common/diameter/codec/avp.hpp"
#include "common/diameter/codec/codec.hpp"

#include <type_traits>

// The AVPs of every command and group, once, for both directions: `Io` is the Writer or the Reader. Order and
// occurrence are those of the ABNF. Private to common/diameter/codec.
namespace ims::diameter::codec {

template <class Io, class T>
using Of = std::conditional_t<Io::writes, const T, T>;

// ---- groups of TS 29.229 (6.3)

template <class Io>
void members(Io& io, Of<Io, cx::SupportedFeatures>& g) {
    io.required(Avp::VendorId, g.vendor_id);
    io.required(Avp::FeatureListId, g.feature_list_id);
    io.required(Avp::FeatureList, g.feature_list);
    io.mandatory_bit(g.mandatory);
}
template <class Io>
void members(Io& io, Of<Io, cx::ServerCapabilities>& g) {
    io.many(Avp::MandatoryCapability, g.mandatory_capability);
    io.many(Avp::OptionalCapability, g.optional_capability);
    io.many(Avp::ServerName, g.server_name);
}
template <class Io>
void members(Io& io, Of<Io, cx::SipDigestAuthenticate>& g) {
    io.required(Avp::DigestRealm, g.digest_realm);
    io.optional(Avp::DigestAlgorithm, g.digest_algorithm);
    io.required(Avp::DigestQop, g.digest_qop);
    io.required(Avp::DigestHa1, g.digest_ha1);
}
template <class Io>
void members(Io& io, Of<Io, cx::SipAuthDataItem>& g) {
    io.optional(Avp::SipItemNumber, g.sip_item_number);
    io.optional(Avp::SipAuthenticationScheme, g.sip_authentication_scheme);
    io.optional(Avp::SipAuthenticate, g.sip_authenticate);
    io.optional(Avp::SipAuthorization, g.sip_authorization);
    io.optional(Avp::SipAuthenticationContext, g.sip_authentication_context);
    io.optional(Avp::ConfidentialityKey, g.confidentiality_key);
    io.optional(Avp::IntegrityKey, g.integrity_key);
    io.optional(Avp::SipDigestAuthenticate, g.sip_digest_authenticate);
    io.optional(Avp::FramedIpAddress, g.framed_ip_address);
    io.optional(Avp::FramedIpv6Prefix, g.framed_ipv6_prefix);
    io.optional(Avp::FramedInterfaceId, g.framed_interface_id);
    io.many(Avp::LineIdentifier, g.line_identifier);
}
template <class Io>
void members(Io& io, Of<Io, cx::ChargingInformation>& g) {
    io.optional(Avp::PrimaryEventChargingFunctionName, g.primary_event_charging_function_name);
    io.optional(Avp::SecondaryEventChargingFunctionName, g.secondary_event_charging_function_name);
    io.optional(Avp::PrimaryChargingCollectionFunctionName, g.primary_charging_collection_function_name);
    io.optional(Avp::SecondaryChargingCollectionFunctionName, g.secondary_charging_collection_function_name);
}
template <class Io>
void members(Io& io, Of<Io, cx::SubscriptionInfo>& g) {
    io.required(Avp::CallIdSipHeader, g.call_id_sip_header);
    io.required(Avp::FromSipHeader, g.from_sip_header);
    io.required(Avp::ToSipHeader, g.to_sip_header);
    io.required(Avp::RecordRoute, g.record_route);
    io.required(Avp::Contact, g.contact);
}
template <class Io>
void members(Io& io, Of<Io, cx::PCscfSubscriptionInfo>& g) {
    io.required(Avp::CallIdSipHeader, g.call_id_sip_header);
    io.required(Avp::FromSipHeader, g.from_sip_header);
    io.required(Avp::ToSipHeader, g.to_sip_header);
    io.required(Avp::Contact, g.contact);
}
template <class Io>
void members(Io& io, Of<Io, cx::RestorationInfo>& g) {
    io.required(Avp::Path, g.path);
    io.required(Avp::Contact, g.contact);
    io.optional(Avp::InitialCseqSequenceNumber, g.initial_cseq_sequence_number);
    io.optional(Avp::CallIdSipHeader, g.call_id_sip_header);
    io.optional(Avp::SubscriptionInfo, g.subscription_info);
    io.optional(Avp::PcscfSubscriptionInfo, g.p_cscf_subscription_info);
}
template <class Io>
void members(Io& io, Of<Io, cx::ScscfRestorationInfo>& g) {
    io.required(Avp::UserName, g.user_name);
    io.at_least_one(Avp::RestorationInfo, g.restoration_info);
    io.optional(Avp::RegistrationTimeOut, g.registration_time_out);
    io.optional(Avp::SipAuthenticationScheme, g.sip_authentication_scheme);
}
template <class Io>
void members(Io& io, Of<Io, cx::DeregistrationReason>& g) {
    io.required(Avp::ReasonCode, g.reason_code);
    io.optional(Avp::ReasonInfo, g.reason_info);
}
template <class Io>
void members(Io& io, Of<Io, cx::IdentityWithEmergencyRegistration>& g) {
    io.required(Avp::UserName, g.user_name);
    io.required(Avp::PublicIdentity, g.public_identity);
}
template <class Io>
void members(Io& io, Of<Io, cx::AllowedWafWwsfIdentities>& g) {
    io.many(Avp::WebrtcAuthenticationFunctionName, g.webrtc_authentication_function_name);
    io.many(Avp::WebrtcWebServerFunctionName, g.webrtc_web_server_function_name);
}

// ---- commands of TS 29.229 (6.1), without head and tail

template <class Io>
void members(Io& io, Of<Io, cx::UserAuthorizationRequest>& c) {
    io.required(Avp::UserName, c.user_name);
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.required(Avp::PublicIdentity, c.public_identity);
    io.required(Avp::VisitedNetworkIdentifier, c.visited_network_identifier);
    io.optional(Avp::UserAuthorizationType, c.user_authorization_type);
    io.optional(Avp::UarFlags, c.uar_flags);
}
template <class Io>
void members(Io& io, Of<Io, cx::UserAuthorizationAnswer>& c) {
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.optional(Avp::ServerName, c.server_name);
    io.optional(Avp::ServerCapabilities, c.server_capabilities);
}
template <class Io>
void members(Io& io, Of<Io, cx::ServerAssignmentRequest>& c) {
    io.optional(Avp::UserName, c.user_name);
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.many(Avp::PublicIdentity, c.public_identity);
    io.optional(Avp::WildcardedPublicIdentity, c.wildcarded_public_identity);
    io.required(Avp::ServerName, c.server_name);
    io.required(Avp::ServerAssignmentType, c.server_assignment_type);
    io.required(Avp::UserDataAlreadyAvailable, c.user_data_already_available);
    io.optional(Avp::ScscfRestorationInfo, c.scscf_restoration_info);
    io.optional(Avp::MultipleRegistrationIndication, c.multiple_registration_indication);
    io.optional(Avp::SessionPriority, c.session_priority);
    io.optional(Avp::SarFlags, c.sar_flags);
}
template <class Io>
void members(Io& io, Of<Io, cx::ServerAssignmentAnswer>& c) {
    io.optional(Avp::UserName, c.user_name);
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.optional(Avp::UserData, c.user_data);
    io.optional(Avp::ChargingInformation, c.charging_information);
    io.grouped_list(Avp::AssociatedIdentities, Avp::UserName, c.associated_identities);
    io.optional(Avp::LooseRouteIndication, c.loose_route_indication);
    io.many(Avp::ScscfRestorationInfo, c.scscf_restoration_info);
    io.grouped_list(Avp::AssociatedRegisteredIdentities, Avp::UserName, c.associated_registered_identities);
    io.optional(Avp::ServerName, c.server_name);
    io.optional(Avp::WildcardedPublicIdentity, c.wildcarded_public_identity);
    io.optional(Avp::PriviledgedSenderIndication, c.priviledged_sender_indication);
    io.optional(Avp::AllowedWafWwsfIdentities, c.allowed_waf_wwsf_identities);
}
template <class Io>
void members(Io& io, Of<Io, cx::LocationInfoRequest>& c) {
    io.presence(Avp::OriginatingRequest, c.originating_request);
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.required(Avp::PublicIdentity, c.public_identity);
    io.optional(Avp::UserAuthorizationType, c.user_authorization_type);
    io.optional(Avp::SessionPriority, c.session_priority);
}
template <class Io>
void members(Io& io, Of<Io, cx::LocationInfoAnswer>& c) {
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.optional(Avp::ServerName, c.server_name);
    io.optional(Avp::ServerCapabilities, c.server_capabilities);
    io.optional(Avp::WildcardedPublicIdentity, c.wildcarded_public_identity);
    io.optional(Avp::LiaFlags, c.lia_flags);
}
template <class Io>
void members(Io& io, Of<Io, cx::MultimediaAuthRequest>& c) {
    io.required(Avp::UserName, c.user_name);
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.required(Avp::PublicIdentity, c.public_identity);
    io.required(Avp::SipAuthDataItem, c.sip_auth_data_item);
    io.required(Avp::SipNumberAuthItems, c.sip_number_auth_items);
    io.required(Avp::ServerName, c.server_name);
}
template <class Io>
void members(Io& io, Of<Io, cx::MultimediaAuthAnswer>& c) {
    io.optional(Avp::UserName, c.user_name);
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.optional(Avp::PublicIdentity, c.public_identity);
    io.number_of(Avp::SipNumberAuthItems, c.sip_auth_data_item);
    io.many(Avp::SipAuthDataItem, c.sip_auth_data_item);
}
template <class Io>
void members(Io& io, Of<Io, cx::RegistrationTerminationRequest>& c) {
    io.required(Avp::UserName, c.user_name);
    io.grouped_list(Avp::AssociatedIdentities, Avp::UserName, c.associated_identities);
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.many(Avp::PublicIdentity, c.public_identity);
    io.required(Avp::DeregistrationReason, c.deregistration_reason);
    io.optional(Avp::RtrFlags, c.rtr_flags);
}
template <class Io>
void members(Io& io, Of<Io, cx::RegistrationTerminationAnswer>& c) {
    io.grouped_list(Avp::AssociatedIdentities, Avp::UserName, c.associated_identities);
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.many(Avp::IdentityWithEmergencyRegistration, c.identity_with_emergency_registration);
}
template <class Io>
void members(Io& io, Of<Io, cx::PushProfileRequest>& c) {
    io.required(Avp::UserName, c.user_name);
    io.many(Avp::SupportedFeatures, c.supported_features);
    io.optional(Avp::UserData, c.user_data);
    io.optional(Avp::ChargingInformation, c.charging_information);
    io.optional(Avp::SipAuthDataItem, c.sip_auth_data_item);
    io.optional(Avp::AllowedWafWwsfIdentities, c.allowed_waf_wwsf_identities);
}
template <class Io>
void members(Io& io, Of<Io, cx::PushProfileAnswer>& c) {
    io.many(Avp::SupportedFeatures, c.supported_features);
}

// ---- RFC 6733

template <class Io>
void members(Io& io, Of<Io, VendorSpecificApplicationId>& g) {
    io.required(Avp::VendorId, g.vendor_id);
    io.optional(Avp::AuthApplicationId, g.auth_application_id);
    io.optional(Avp::AcctApplicationId, g.acct_application_id);
}
template <class Io>
void members(Io& io, Of<Io, CapabilitiesExchangeRequest>& c) {
    io.required(Avp::OriginHost, c.origin_host);
    io.required(Avp::OriginRealm, c.origin_realm);
    io.at_least_one(Avp::HostIpAddress, c.host_ip_address);
    io.required(Avp::VendorId, c.vendor_id);
    io.required(Avp::ProductName, c.product_name);
    io.optional(Avp::OriginStateId, c.origin_state_id);
    io.many(Avp::SupportedVendorId, c.supported_vendor_id);
    io.many(Avp::AuthApplicationId, c.auth_application_id);
    io.many(Avp::InbandSecurityId, c.inband_security_id);
    io.many(Avp::AcctApplicationId, c.acct_application_id);
    io.many(Avp::VendorSpecificApplicationId, c.vendor_specific_application_id);
    io.optional(Avp::FirmwareRevision, c.firmware_revision);
}
template <class Io>
void members(Io& io, Of<Io, CapabilitiesExchangeAnswer>& c) {
    io.required(Avp::ResultCode, c.result_code);
    io.optional(Avp::ErrorMessage, c.error_message);
    members(io, c.capabilities);
}
template <class Io>
void members(Io& io, Of<Io, DisconnectPeerRequest>& c) {
    io.required(Avp::OriginHost, c.origin_host);
    io.required(Avp::OriginRealm, c.origin_realm);
    io.required(Avp::DisconnectCause, c.disconnect_cause);
}
template <class Io>
void members(Io& io, Of<Io, DisconnectPeerAnswer>& c) {
    io.required(Avp::ResultCode, c.result_code);
    io.required(Avp::OriginHost, c.origin_host);
    io.required(Avp::OriginRealm, c.origin_realm);
}
template <class Io>
void members(Io& io, Of<Io, DeviceWatchdogRequest>& c) {
    io.required(Avp::OriginHost, c.origin_host);
    io.required(Avp::OriginRealm, c.origin_realm);
    io.optional(Avp::OriginStateId, c.origin_state_id);
}
template <class Io>
void members(Io& io, Of<Io, DeviceWatchdogAnswer>& c) {
    io.required(Avp::ResultCode, c.result_code);
    io.required(Avp::OriginHost, c.origin_host);
    io.required(Avp::OriginRealm, c.origin_realm);
    io.optional(Avp::OriginStateId, c.origin_state_id);
}

}  // namespace ims::diameter::codec
