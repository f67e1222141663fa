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

}  // namespace

void Summary::add_first(const std::vector<Impu>& impus) {
    if (!impus.empty()) add("impu", impus.front().value());
}

void Summary::add_capabilities(const std::optional<cx::ServerCapabilities>& capabilities) {
    if (!capabilities) return;
    std::string numbers;
    for (const auto one : capabilities->mandatory_capability)
        numbers += (numbers.empty() ? "" : " ") + std::to_string(one);
    if (!numbers.empty()) add_written("mandatory_capability", std::move(numbers));
}

Summary::Summary(const cx::Request& request) {
    std::visit(overloaded{
                   [&](const cx::UserAuthorizationRequest& r) {
                       add("impi", r.user_name.value());
                       add("impu", r.public_identity.value());
                       add("visited_network", r.visited_network_identifier);
                       if (r.user_authorization_type) add("type", text(*r.user_authorization_type));
                   },
                   [&](const cx::ServerAssignmentRequest& r) {
                       if (r.user_name) add("impi", r.user_name->value());
                       add_first(r.public_identity);
                       add("server_name", r.server_name);
                       add("type", text(r.server_assignment_type));
                   },
                   [&](const cx::LocationInfoRequest& r) {
                       add("impu", r.public_identity.value());
                       if (r.originating_request) add("type", "ORIGINATING");
                   },
                   [&](const cx::MultimediaAuthRequest& r) {
                       add("impi", r.user_name.value());
                       add("impu", r.public_identity.value());
                       add("server_name", r.server_name);
                       if (r.sip_auth_data_item.sip_authentication_scheme)
                           add("scheme", *r.sip_auth_data_item.sip_authentication_scheme);
                       if (r.sip_auth_data_item.sip_authorization) add("type", "RESYNCHRONISATION");
                   },
                   [&](const cx::RegistrationTerminationRequest& r) {
                       add("impi", r.user_name.value());
                       add_first(r.public_identity);
                       add("type", text(r.deregistration_reason.reason_code));
                       if (r.deregistration_reason.reason_info)
                           add("reason", *r.deregistration_reason.reason_info);
                   },
                   [&](const cx::PushProfileRequest& r) { add("impi", r.user_name.value()); },
               },
               request);
}

Summary::Summary(const cx::Answer& answer) {
    add_written("result", diameter::text(cx::result(answer)));
    std::visit(overloaded{
                   [&](const cx::UserAuthorizationAnswer& a) {
                       if (a.server_name) add("server_name", *a.server_name);
                       add_capabilities(a.server_capabilities);
                   },
                   [&](const cx::ServerAssignmentAnswer& a) {
                       if (a.server_name) add("server_name", *a.server_name);
                       if (a.user_data)
                           add_written("user_data", std::to_string(a.user_data->size()) + " octets");
                   },
                   [&](const cx::LocationInfoAnswer& a) {
                       if (a.server_name) add("server_name", *a.server_name);
                       add_capabilities(a.server_capabilities);
                   },
                   [&](const cx::MultimediaAuthAnswer& a) {
                       if (a.sip_auth_data_item.empty()) return;
                       add_written("items", std::to_string(a.sip_auth_data_item.size()));
                       if (const auto& scheme = a.sip_auth_data_item.front().sip_authentication_scheme)
                           add("scheme", *scheme);
                   },
                   [](const cx::RegistrationTerminationAnswer&) {},
                   [](const cx::PushProfileAnswer&) {},
               },
               answer);
}

}  // namespace ims::trace
