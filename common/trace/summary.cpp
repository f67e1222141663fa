#include "common/trace/summary.hpp"

#include "common/base/result.hpp"

namespace ims::trace {

namespace {

std::string_view text(cx::ServerAssignmentType type) {
    using Type = cx::ServerAssignmentType;
    switch (type) {
        case Type::NoAssignment: return "NO_ASSIGNMENT";
        case Type::Registration: return "REGISTRATION";
        case Type::ReRegistration: return "RE_REGISTRATION";
        case Type::UnregisteredUser: return "UNREGISTERED_USER";
        case Type::TimeoutDeregistration: return "TIMEOUT_DEREGISTRATION";
        case Type::UserDeregistration: return "USER_DEREGISTRATION";
        case Type::TimeoutDeregistrationStoreServerName: return "TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME";
        case Type::UserDeregistrationStoreServerName: return "USER_DEREGISTRATION_STORE_SERVER_NAME";
        case Type::AdministrativeDeregistration: return "ADMINISTRATIVE_DEREGISTRATION";
        case Type::AuthenticationFailure: return "AUTHENTICATION_FAILURE";
        case Type::AuthenticationTimeout: return "AUTHENTICATION_TIMEOUT";
        case Type::DeregistrationTooMuchData: return "DEREGISTRATION_TOO_MUCH_DATA";
    }
    return {};
}

std::string_view text(cx::UserAuthorizationType type) {
    using Type = cx::UserAuthorizationType;
    switch (type) {
        case Type::Registration: return "REGISTRATION";
        case Type::DeRegistration: return "DE_REGISTRATION";
        case Type::RegistrationAndCapabilities: return "REGISTRATION_AND_CAPABILITIES";
    }
    return {};
}

std::string_view text(cx::ReasonCode code) {
    switch (code) {
        case cx::ReasonCode::PermanentTermination: return "PERMANENT_TERMINATION";
        case cx::ReasonCode::NewServerAssigned: return "NEW_SERVER_ASSIGNED";
        case cx::ReasonCode::ServerChange: return "SERVER_CHANGE";
        case cx::ReasonCode::RemoveSCscf: return "REMOVE_S_CSCF";
    }
    return {};
}

void add(Summary& s, std::string_view name, std::string_view value) {
    s.emplace_back(name, std::string{value});
}
void add_first(Summary& s, const std::vector<Impu>& impus) {
    if (!impus.empty()) add(s, "impu", impus.front().value());
}
void add(Summary& s, const std::optional<cx::ServerCapabilities>& capabilities) {
    if (!capabilities) return;
    std::string numbers;
    for (const auto one : capabilities->mandatory_capability)
        numbers += (numbers.empty() ? "" : " ") + std::to_string(one);
    if (!numbers.empty()) add(s, "mandatory_capability", numbers);
}

}  // namespace

Summary summary_of(const cx::Request& request) {
    Summary s;
    s.reserve(6);
    std::visit(overloaded{
                   [&](const cx::UserAuthorizationRequest& r) {
                       add(s, "impi", r.user_name.value());
                       add(s, "impu", r.public_identity.value());
                       add(s, "visited_network", r.visited_network_identifier);
                       if (r.user_authorization_type) add(s, "type", text(*r.user_authorization_type));
                   },
                   [&](const cx::ServerAssignmentRequest& r) {
                       if (r.user_name) add(s, "impi", r.user_name->value());
                       add_first(s, r.public_identity);
                       add(s, "server_name", r.server_name);
                       add(s, "type", text(r.server_assignment_type));
                   },
                   [&](const cx::LocationInfoRequest& r) {
                       add(s, "impu", r.public_identity.value());
                       if (r.originating_request) add(s, "type", "ORIGINATING");
                   },
                   [&](const cx::MultimediaAuthRequest& r) {
                       add(s, "impi", r.user_name.value());
                       add(s, "impu", r.public_identity.value());
                       add(s, "server_name", r.server_name);
                       if (r.sip_auth_data_item.sip_authentication_scheme)
                           add(s, "scheme", *r.sip_auth_data_item.sip_authentication_scheme);
                       if (r.sip_auth_data_item.sip_authorization) add(s, "type", "RESYNCHRONISATION");
                   },
                   [&](const cx::RegistrationTerminationRequest& r) {
                       add(s, "impi", r.user_name.value());
                       add_first(s, r.public_identity);
                       add(s, "type", text(r.deregistration_reason.reason_code));
                       if (r.deregistration_reason.reason_info)
                           add(s, "reason", *r.deregistration_reason.reason_info);
                   },
                   [&](const cx::PushProfileRequest& r) { add(s, "impi", r.user_name.value()); },
               },
               request);
    return s;
}

Summary summary_of(const cx::Answer& answer) {
    Summary s;
    s.reserve(4);
    add(s, "result", diameter::text(cx::result(answer)));
    std::visit(overloaded{
                   [&](const cx::UserAuthorizationAnswer& a) {
                       if (a.server_name) add(s, "server_name", *a.server_name);
                       add(s, a.server_capabilities);
                   },
                   [&](const cx::ServerAssignmentAnswer& a) {
                       if (a.server_name) add(s, "server_name", *a.server_name);
                       if (a.user_data) add(s, "user_data", std::to_string(a.user_data->size()) + " octets");
                   },
                   [&](const cx::LocationInfoAnswer& a) {
                       if (a.server_name) add(s, "server_name", *a.server_name);
                       add(s, a.server_capabilities);
                   },
                   [&](const cx::MultimediaAuthAnswer& a) {
                       if (a.sip_auth_data_item.empty()) return;
                       add(s, "items", std::to_string(a.sip_auth_data_item.size()));
                       if (const auto& scheme = a.sip_auth_data_item.front().sip_authentication_scheme)
                           add(s, "scheme", *scheme);
                   },
                   [](const cx::RegistrationTerminationAnswer&) {},
                   [](const cx::PushProfileAnswer&) {},
               },
               answer);
    return s;
}

}  // namespace ims::trace
