#pragma once
#include "common/diameter/codec/codec.hpp"

#include <vector>

// Cx commands with every AVP they can have, and the usual ones.
namespace ims::diameter::samples {

inline Octets octets(std::size_t n, std::uint8_t first) {
    Octets o(n);
    for (auto& x : o) x = first++;
    return o;
}

inline const Impi impi{"001010000000001@ims.mnc001.mcc001.3gppnetwork.org"};
inline const Impu impu{"sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org"};

inline cx::SipAuthDataItem every_auth_data_member() {
    cx::SipAuthDataItem item;
    item.sip_item_number = 1;
    item.sip_authentication_scheme = "Digest-AKAv1-MD5";
    item.sip_authenticate = octets(32, 1);
    item.sip_authorization = octets(8, 0x80);
    item.sip_authentication_context = octets(5, 9);
    item.confidentiality_key = octets(16, 0x40);
    item.integrity_key = octets(16, 0x60);
    item.sip_digest_authenticate = cx::SipDigestAuthenticate{"realm", "MD5", "auth", "0123456789abcdef"};
    item.framed_ip_address = octets(4, 10);
    item.framed_ipv6_prefix = octets(18, 0);
    item.framed_interface_id = 0x0123456789abcdefULL;
    item.line_identifier = {octets(3, 1), octets(6, 7)};
    return item;
}
inline cx::ScscfRestorationInfo every_restoration_member() {
    cx::RestorationInfo info;
    info.path = "<sip:term@pcscf.example;lr>";
    info.contact = "<sip:ue@192.0.2.1>";
    info.initial_cseq_sequence_number = 7;
    info.call_id_sip_header = "a84b4c76e66710";
    info.subscription_info =
        cx::SubscriptionInfo{"c", "<sip:a>;tag=1", "<sip:b>;tag=2", "<sip:r;lr>", "<sip:c>"};
    info.p_cscf_subscription_info = cx::PCscfSubscriptionInfo{"c2", "<sip:a>", "<sip:b>", "<sip:c>"};
    cx::ScscfRestorationInfo group;
    group.user_name = impi;
    group.restoration_info = {info, info};
    group.registration_time_out = 0xdeadbeef;
    group.sip_authentication_scheme = "SIP Digest";
    return group;
}
inline cx::ChargingInformation every_charging_name() {
    return {"aaa://ocf1.example", "aaa://ocf2.example", "aaa://cdf1.example:3868;transport=tcp",
            "aaas://cdf2.example"};
}
inline const std::vector<cx::SupportedFeatures> features{{cx::vendor_3gpp, 1, 0x3, true},
                                                         {13019, 2, 0x8, false}};

inline std::vector<cx::Request> full_requests() {
    cx::UserAuthorizationRequest uar{
        impi, impu, "visited.example", cx::UserAuthorizationType::DeRegistration, 1, features};
    cx::ServerAssignmentRequest sar;
    sar.user_name = impi;
    sar.public_identity = {impu, Impu{"tel:+15551234"}};
    sar.wildcarded_public_identity = "sip:list!.*!@example.com";
    sar.server_name = "sip:scscf.example:6060";
    sar.server_assignment_type = cx::ServerAssignmentType::DeregistrationTooMuchData;
    sar.user_data_already_available = cx::UserDataAlreadyAvailable::AlreadyAvailable;
    sar.scscf_restoration_info = every_restoration_member();
    sar.multiple_registration_indication = 1;
    sar.session_priority = 4;
    sar.sar_flags = 1;
    sar.supported_features = features;
    cx::LocationInfoRequest lir{impu, true, cx::UserAuthorizationType::RegistrationAndCapabilities, 0,
                                features};
    cx::MultimediaAuthRequest mar{impi,    impu, every_auth_data_member(), 3, "sip:scscf.example:6060",
                                  features};
    cx::RegistrationTerminationRequest rtr{impi,   {impi, Impi{"other@example.com"}},
                                           {impu}, {cx::ReasonCode::RemoveSCscf, "G\xc3\xbc\xc3\xa4\xc3\xae"},
                                           1,      features};
    cx::PushProfileRequest ppr{impi,
                               "<IMSSubscription/>",
                               every_charging_name(),
                               every_auth_data_member(),
                               cx::AllowedWafWwsfIdentities{{"waf1", "waf2"}, {"wwsf"}},
                               features};
    return {uar, sar, lir, mar, rtr, ppr};
}

inline std::vector<cx::Answer> full_answers() {
    const cx::ServerCapabilities capabilities{{1, 2}, {3}, {"sip:s1.example", "sip:s2.example"}};
    cx::UserAuthorizationAnswer uaa{ExperimentalResultCode::SubsequentRegistration, "sip:s.example",
                                    capabilities, features};
    cx::ServerAssignmentAnswer saa;
    saa.result = ResultCode::Success;
    saa.user_name = impi;
    saa.user_data = "<IMSSubscription/>";
    saa.charging_information = every_charging_name();
    saa.associated_identities = {impi, Impi{"b@example"}};
    saa.associated_registered_identities = {impi};
    saa.loose_route_indication = 1;
    saa.scscf_restoration_info = {every_restoration_member(), every_restoration_member()};
    saa.server_name = "sip:s.example";
    saa.wildcarded_public_identity = "sip:list!.*!@example.com";
    saa.priviledged_sender_indication = 1;
    saa.allowed_waf_wwsf_identities = cx::AllowedWafWwsfIdentities{{"waf"}, {}};
    saa.supported_features = features;
    cx::LocationInfoAnswer lia{ExperimentalResultCode::UnregisteredService,
                               "sip:s.example",
                               capabilities,
                               "sip:w!.*!@e",
                               1,
                               features};
    cx::MultimediaAuthAnswer maa{
        ResultCode::Success, impi, impu, {every_auth_data_member(), every_auth_data_member()}, features};
    cx::RegistrationTerminationAnswer rta{ResultCode::LimitedSuccess, {impi}, {{impi, impu}}, features};
    cx::PushProfileAnswer ppa{ExperimentalResultCode::ErrorTooMuchData, features};
    return {uaa, saa, lia, maa, rta, ppa};
}

inline cx::MultimediaAuthRequest usual_mar() {
    cx::MultimediaAuthRequest mar;
    mar.user_name = impi;
    mar.public_identity = impu;
    mar.sip_auth_data_item.sip_authentication_scheme = "Digest-AKAv1-MD5";
    mar.server_name = "sip:scscf.ims.mnc001.mcc001.3gppnetwork.org:6060";
    return mar;
}
inline cx::MultimediaAuthAnswer usual_maa() {
    cx::SipAuthDataItem item;
    item.sip_authentication_scheme = "Digest-AKAv1-MD5";
    item.sip_authenticate = octets(32, 1);
    item.sip_authorization = octets(8, 0x80);
    item.confidentiality_key = octets(16, 0x40);
    item.integrity_key = octets(16, 0x60);
    return {ResultCode::Success, impi, impu, {item}, {}};
}

inline codec::Head head() {
    codec::Head h;
    h.session_id = "scscf.ims.mnc001.mcc001.3gppnetwork.org;1734567890;42";
    h.origin_host = "scscf.ims.mnc001.mcc001.3gppnetwork.org";
    h.origin_realm = "ims.mnc001.mcc001.3gppnetwork.org";
    h.destination_realm = "ims.mnc001.mcc001.3gppnetwork.org";
    return h;
}
inline codec::Header header(std::uint32_t hop_by_hop = 0x11223344, std::uint32_t end_to_end = 0x55667788) {
    codec::Header h;
    h.hop_by_hop = hop_by_hop;
    h.end_to_end = end_to_end;
    return h;
}

}  // namespace ims::diameter::samples
