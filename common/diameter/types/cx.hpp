#pragma once
#include "common/base/strong.hpp"
#include "common/base/text.hpp"
#include "common/diameter/types/result.hpp"
#include "common/ims/identity.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// Cx commands (TS 29.229 6.1) as plain structs; members are the AVPs' names. An empty vector or an absent
// optional is an absent AVP. Session-Id, Origin-*, Auth-Session-State, Vendor-Specific-Application-Id,
// Destination-Realm and Proxy-Info belong to the codec and the node, not here.
namespace ims::cx {

using diameter::ExperimentalResultCode;
using diameter::Result;
using diameter::ResultCode;

constexpr std::uint32_t application_id = 16777216;
constexpr std::uint32_t vendor_3gpp = 10415;

enum class ServerAssignmentType : std::uint32_t {
    NoAssignment = 0,
    Registration = 1,
    ReRegistration = 2,
    UnregisteredUser = 3,
    TimeoutDeregistration = 4,
    UserDeregistration = 5,
    TimeoutDeregistrationStoreServerName = 6,
    UserDeregistrationStoreServerName = 7,
    AdministrativeDeregistration = 8,
    AuthenticationFailure = 9,
    AuthenticationTimeout = 10,
    DeregistrationTooMuchData = 11,
};
enum class UserAuthorizationType : std::uint32_t {
    Registration = 0,
    DeRegistration = 1,
    RegistrationAndCapabilities = 2
};
enum class UserDataAlreadyAvailable : std::uint32_t { NotAvailable = 0, AlreadyAvailable = 1 };
enum class ReasonCode : std::uint32_t {
    PermanentTermination = 0,
    NewServerAssigned = 1,
    ServerChange = 2,
    RemoveSCscf = 3
};

namespace scheme {                                                         // SIP-Authentication-Scheme
inline constexpr std::string_view digest_aka_v1_md5 = "Digest-AKAv1-MD5";  // AKAv2 as well
inline constexpr std::string_view sip_digest = "SIP Digest";
inline constexpr std::string_view nass_bundled = "NASS-Bundled";
inline constexpr std::string_view early_ims = "Early-IMS-Security";
inline constexpr std::string_view unknown = "Unknown";
}  // namespace scheme

namespace feature {  // Feature-List of Feature-List-ID 1 (29.229 7.1.1)
inline constexpr std::uint32_t sifc = 1U << 0;
inline constexpr std::uint32_t alias_ind = 1U << 1;
inline constexpr std::uint32_t ims_restoration_ind = 1U << 2;
inline constexpr std::uint32_t p_cscf_restoration = 1U << 3;
}  // namespace feature

struct SupportedFeatures {
    std::uint32_t vendor_id = vendor_3gpp;
    std::uint32_t feature_list_id = 1;
    std::uint32_t feature_list = 0;
    bool mandatory = false;  // M bit, in a request: its sender cannot do without them (29.229 7.2.1)
    bool operator==(const SupportedFeatures&) const = default;
};
struct ServerCapabilities {
    std::vector<std::uint32_t> mandatory_capability;
    std::vector<std::uint32_t> optional_capability;
    std::vector<std::string> server_name;
    bool operator==(const ServerCapabilities&) const = default;
};
struct SipDigestAuthenticate {
    std::string digest_realm;
    std::optional<std::string> digest_algorithm;  // absent = MD5
    std::string digest_qop = "auth";
    std::string digest_ha1;  // lower-case hexadecimal
    bool operator==(const SipDigestAuthenticate&) const = default;
};
struct SipAuthDataItem {
    std::optional<std::uint32_t> sip_item_number;
    std::optional<std::string> sip_authentication_scheme;
    std::optional<Octets> sip_authenticate;   // RAND || AUTN
    std::optional<Octets> sip_authorization;  // MAA: XRES; MAR resynchronisation: RAND || AUTS
    std::optional<Octets> sip_authentication_context;
    std::optional<Octets> confidentiality_key;
    std::optional<Octets> integrity_key;
    std::optional<SipDigestAuthenticate> sip_digest_authenticate;
    std::optional<Octets> framed_ip_address;
    std::optional<Octets> framed_ipv6_prefix;
    std::optional<std::uint64_t> framed_interface_id;
    std::vector<Octets> line_identifier;
    bool operator==(const SipAuthDataItem&) const = default;
};
struct ChargingInformation {
    std::optional<std::string> primary_event_charging_function_name;
    std::optional<std::string> secondary_event_charging_function_name;
    std::optional<std::string> primary_charging_collection_function_name;
    std::optional<std::string> secondary_charging_collection_function_name;
    bool operator==(const ChargingInformation&) const = default;
};
struct SubscriptionInfo {
    std::string call_id_sip_header, from_sip_header, to_sip_header, record_route, contact;
    bool operator==(const SubscriptionInfo&) const = default;
};
struct PCscfSubscriptionInfo {
    std::string call_id_sip_header, from_sip_header, to_sip_header, contact;
    bool operator==(const PCscfSubscriptionInfo&) const = default;
};
struct RestorationInfo {
    std::string path;
    std::string contact;
    std::optional<std::uint32_t> initial_cseq_sequence_number;
    std::optional<std::string> call_id_sip_header;
    std::optional<SubscriptionInfo> subscription_info;
    std::optional<PCscfSubscriptionInfo> p_cscf_subscription_info;
    bool operator==(const RestorationInfo&) const = default;
};
struct ScscfRestorationInfo {
    Impi user_name;
    std::vector<RestorationInfo> restoration_info;
    std::optional<std::uint32_t> registration_time_out;  // seconds since 1900 (Time)
    std::optional<std::string> sip_authentication_scheme;
    bool operator==(const ScscfRestorationInfo&) const = default;
};
struct DeregistrationReason {
    ReasonCode reason_code = ReasonCode::PermanentTermination;
    std::optional<std::string> reason_info;
    bool operator==(const DeregistrationReason&) const = default;
};
struct IdentityWithEmergencyRegistration {
    Impi user_name;
    Impu public_identity;
    bool operator==(const IdentityWithEmergencyRegistration&) const = default;
};
struct AllowedWafWwsfIdentities {
    std::vector<std::string> webrtc_authentication_function_name;
    std::vector<std::string> webrtc_web_server_function_name;
    bool operator==(const AllowedWafWwsfIdentities&) const = default;
};

// ---- 300
struct UserAuthorizationRequest {
    Impi user_name;
    Impu public_identity;
    std::string visited_network_identifier;
    std::optional<UserAuthorizationType> user_authorization_type;
    std::optional<std::uint32_t> uar_flags;  // bit 0: emergency registration
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const UserAuthorizationRequest&) const = default;
};
struct UserAuthorizationAnswer {
    Result result = ResultCode::UnableToComply;
    std::optional<std::string> server_name;
    std::optional<ServerCapabilities> server_capabilities;
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const UserAuthorizationAnswer&) const = default;
};
// ---- 301
struct ServerAssignmentRequest {
    std::optional<Impi> user_name;
    std::vector<Impu> public_identity;
    std::optional<std::string> wildcarded_public_identity;
    std::string server_name;
    ServerAssignmentType server_assignment_type = ServerAssignmentType::NoAssignment;
    UserDataAlreadyAvailable user_data_already_available = UserDataAlreadyAvailable::NotAvailable;
    std::optional<ScscfRestorationInfo> scscf_restoration_info;
    std::optional<std::uint32_t> multiple_registration_indication;
    std::optional<std::uint32_t> session_priority;
    std::optional<std::uint32_t> sar_flags;
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const ServerAssignmentRequest&) const = default;
};
struct ServerAssignmentAnswer {
    Result result = ResultCode::UnableToComply;
    std::optional<Impi> user_name;
    std::optional<std::string> user_data;  // the XML
    std::optional<ChargingInformation> charging_information;
    std::vector<Impi> associated_identities;
    std::vector<Impi> associated_registered_identities;
    std::optional<std::uint32_t> loose_route_indication;
    std::vector<ScscfRestorationInfo> scscf_restoration_info;
    std::optional<std::string> server_name;
    std::optional<std::string> wildcarded_public_identity;
    std::optional<std::uint32_t> priviledged_sender_indication;  // spelling of the standard
    std::optional<AllowedWafWwsfIdentities> allowed_waf_wwsf_identities;
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const ServerAssignmentAnswer&) const = default;
};
// ---- 302
struct LocationInfoRequest {
    Impu public_identity;
    bool originating_request = false;
    std::optional<UserAuthorizationType> user_authorization_type;
    std::optional<std::uint32_t> session_priority;
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const LocationInfoRequest&) const = default;
};
struct LocationInfoAnswer {
    Result result = ResultCode::UnableToComply;
    std::optional<std::string> server_name;
    std::optional<ServerCapabilities> server_capabilities;
    std::optional<std::string> wildcarded_public_identity;
    std::optional<std::uint32_t> lia_flags;
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const LocationInfoAnswer&) const = default;
};
// ---- 303
struct MultimediaAuthRequest {
    Impi user_name;
    Impu public_identity;
    SipAuthDataItem sip_auth_data_item;
    std::uint32_t sip_number_auth_items = 1;
    std::string server_name;
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const MultimediaAuthRequest&) const = default;
};
struct MultimediaAuthAnswer {
    Result result = ResultCode::UnableToComply;
    std::optional<Impi> user_name;
    std::optional<Impu> public_identity;
    std::vector<SipAuthDataItem> sip_auth_data_item;  // SIP-Number-Auth-Items is their number
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const MultimediaAuthAnswer&) const = default;
};
// ---- 304, HSS to S-CSCF
struct RegistrationTerminationRequest {
    Impi user_name;
    std::vector<Impi> associated_identities;
    std::vector<Impu> public_identity;
    DeregistrationReason deregistration_reason;
    std::optional<std::uint32_t> rtr_flags;
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const RegistrationTerminationRequest&) const = default;
};
struct RegistrationTerminationAnswer {
    Result result = ResultCode::UnableToComply;
    std::vector<Impi> associated_identities;
    std::vector<IdentityWithEmergencyRegistration> identity_with_emergency_registration;
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const RegistrationTerminationAnswer&) const = default;
};
// ---- 305, HSS to S-CSCF
struct PushProfileRequest {
    Impi user_name;
    std::optional<std::string> user_data;
    std::optional<ChargingInformation> charging_information;
    std::optional<SipAuthDataItem> sip_auth_data_item;
    std::optional<AllowedWafWwsfIdentities> allowed_waf_wwsf_identities;
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const PushProfileRequest&) const = default;
};
struct PushProfileAnswer {
    Result result = ResultCode::UnableToComply;
    std::vector<SupportedFeatures> supported_features;
    bool operator==(const PushProfileAnswer&) const = default;
};

using Request = std::variant<UserAuthorizationRequest, ServerAssignmentRequest, LocationInfoRequest,
                             MultimediaAuthRequest, RegistrationTerminationRequest, PushProfileRequest>;
using Answer = std::variant<UserAuthorizationAnswer, ServerAssignmentAnswer, LocationInfoAnswer,
                            MultimediaAuthAnswer, RegistrationTerminationAnswer, PushProfileAnswer>;

std::string_view name(const Request& r);  // "UAR"
std::string_view name(const Answer& a);   // "UAA"
const Result& result(const Answer& a);

// ---- between a core and its shell

using RequestId = Strong<struct CxRequestIdTag, std::uint64_t>;

struct Send {  // effect: chosen by the core, id unique in the process
    RequestId id;
    Request request;
    std::optional<std::string> destination_host;  // else any peer of the realm
};
struct AnswerArrived {  // event
    RequestId id;
    Answer answer;
    std::string origin_host;
};
struct SendFailed {  // event: no answer will come
    enum class Reason : std::uint8_t { NoPeer, Timeout, PeerLost, Protocol };
    RequestId id;
    Reason reason = Reason::NoPeer;
    std::string detail;  // "no open connection to hss.ims.example", "DIAMETER_UNABLE_TO_DELIVER (3002)"
};
struct RequestArrived {  // event: answer with Reply of the same id
    RequestId id;
    Request request;
    std::string origin_host;
    std::string origin_realm;
};
struct Reply {  // effect
    RequestId id;
    Answer answer;
};

}  // namespace ims::cx
